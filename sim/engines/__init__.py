"""Engines: what carries out the steps of a scenario."""
