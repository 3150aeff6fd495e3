"""A score-driven model of the tasks that come: simulated, fitted, and carried on into the next periods."""

import numpy as np

import ballast

model = ballast.GasModel("poisson", time_varying=("mean",), scaling="inverse")
truth = {"omega": 0.2, "alpha": 0.15, "beta": 0.95}
counts = model.simulate(truth, 600, np.random.default_rng(3))

fit = model.fit(counts)
print(f"converged: {fit.converged}")
for name, value in truth.items():
    print(f"{name}: {fit.params[name]:.2f}, in truth {value}")

forecast = fit.forecast(5, np.random.default_rng(4))
print("next five means:", np.round(forecast.mean, 1))
