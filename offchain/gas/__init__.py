"""Generalized autoregressive score models: filter, likelihood, estimation, simulation, forecasts and diagnostics.

``docs/gas.md`` explains them. Nothing here knows the market or its contracts.
"""

from offchain.gas.diagnostics import Diagnostics
from offchain.gas.engine import Filtered, State
from offchain.gas.forecast import Band, Forecast
from offchain.gas.model import GasModel
from offchain.gas.result import Fit

__all__ = ["Band", "Diagnostics", "Filtered", "Fit", "Forecast", "GasModel", "State"]
