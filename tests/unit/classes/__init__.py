"""The class registry."""
