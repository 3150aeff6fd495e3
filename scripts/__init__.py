"""Scripts for Ape: ``ape run <name>``."""
