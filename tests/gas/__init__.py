"""Gas and code size, measured on a real Anvil."""
