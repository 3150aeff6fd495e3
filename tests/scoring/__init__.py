"""Score-driven models: scores, filter, estimation, forecasts, diagnostics, published cases and the command."""
