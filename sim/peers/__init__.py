"""What the bench compares the simulation's EVM with; installed only for it, in a place of its own."""
