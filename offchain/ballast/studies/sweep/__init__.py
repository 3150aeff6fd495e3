"""Sweeps: many runs on Dask, at points of the scenario's parameters and for many seeds, as one tidy table."""
