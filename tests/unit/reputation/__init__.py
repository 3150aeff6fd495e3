"""The GAS reputation."""
