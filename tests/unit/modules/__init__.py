"""Modules that keep state in several contracts."""
