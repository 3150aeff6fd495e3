"""Generalized autoregressive score models: filter, likelihood, estimation, simulation, forecasts and diagnostics.

``docs/gas.md`` explains them. Nothing here knows the market or its contracts.
"""

from offchain.gas.engine import Filtered, State
from offchain.gas.model import GasModel

__all__ = ["Filtered", "GasModel", "State"]
