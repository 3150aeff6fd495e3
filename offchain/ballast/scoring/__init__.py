"""Generalized autoregressive score models: filter, likelihood, estimation, simulation, forecasts and diagnostics.

``docs/gas.md`` explains them. Nothing here knows the market or its contracts.
"""

from ballast.scoring.diagnostics import Diagnostics
from ballast.scoring.engine import Filtered, State
from ballast.scoring.forecast import Band, Forecast
from ballast.scoring.model import GasModel
from ballast.scoring.result import Fit

__all__ = ["Band", "Diagnostics", "Filtered", "Fit", "Forecast", "GasModel", "State"]
