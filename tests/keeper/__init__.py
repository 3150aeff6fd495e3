"""The keeper under faults: real nodes, real journals, real kills."""
