"""The protocol on a real Anvil, through the same doors its users have: deployer, Ape script, command line."""
