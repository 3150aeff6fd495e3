"""Engines: what carries out the steps of a scenario.

``twin`` is the model alone, ``anvil`` the contracts on a real node. Both give the same state digest for the same
scenario and seed.
"""
