"""Forecasts of the demand for heavy tasks, and the coprocessor capacity and stake they ask for."""
