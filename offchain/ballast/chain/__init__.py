"""Talking to a chain: JSON-RPC, a local Anvil, compiled contracts, deployment."""
