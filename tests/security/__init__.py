"""Attacks on the protocol, each told as a story that ends badly for the attacker."""
