"""The filter once more, in plain Python, one observation at a time and with numeric derivatives."""

from __future__ import annotations

import math

import numpy as np

from ballast.scoring import scores
from ballast.scoring.links import Array, from_predictor
from ballast.scoring.model import GasModel

STEP = 1e-5


def information_matrix(model: GasModel, theta: Array, f: list[float], trials: float) -> Array:
    """Fisher information of the linked parameters: links by differences."""
    places = model.layout.varying
    links = [model.links[name] for name in model.time_varying]
    slopes = [
        float(from_predictor(link, np.array(v + STEP)) - from_predictor(link, np.array(v - STEP))) / (2 * STEP)
        for link, v in zip(links, f, strict=True)
    ]
    matrix = np.empty((len(f), len(f)))
    for a, i in enumerate(places):
        for b, j in enumerate(places):
            known = scores.information(model.density.code, min(i, j), max(i, j), trials, theta)
            matrix[a, b] = known * slopes[a] * slopes[b]
    return matrix


def scaled_score(model: GasModel, static: Array, f: list[float], y: float, trials: float = 1.0) -> Array:
    """Scaled score of the linked parameters, the gradient by differences of the log density."""

    def theta_at(values: list[float]) -> Array:
        theta = static.copy()
        for place, name, value in zip(model.layout.varying, model.time_varying, values, strict=True):
            theta[place] = from_predictor(model.links[name], np.array(value))
        return theta

    gradient = np.empty(len(f))
    for i in range(len(f)):
        above, below = list(f), list(f)
        above[i] += STEP
        below[i] -= STEP
        change = scores.log_density(model.density.code, y, trials, theta_at(above))
        change -= scores.log_density(model.density.code, y, trials, theta_at(below))
        gradient[i] = change / (2 * STEP)
    if model.scaling == "unit":
        return gradient
    inverse = np.linalg.inv(information_matrix(model, theta_at(f), f, trials))
    if model.scaling == "inverse":
        return np.asarray(inverse @ gradient)
    factor = np.linalg.cholesky(np.linalg.inv(inverse))
    return np.asarray(np.linalg.solve(factor, gradient))


def path(
    model: GasModel, y: Array, omega: float, b: Array, x: Array, alpha: list[float], beta: list[float], static: Array
) -> list[float]:
    """Linked values of a single time-varying parameter."""
    level = model.parametrization == "level"
    base = omega + x @ b
    start = 0.0 if level else (omega + x.mean(axis=0) @ b) / (1 - sum(beta))
    g: list[float] = []
    s: list[float] = []
    f: list[float] = []
    for t, observed in enumerate(y):
        if t == 0:
            g.append(float(start))
        else:
            value = 0.0 if level else float(base[t])
            value += sum(c * (g[t - 1 - j] if t - 1 - j >= 0 else float(start)) for j, c in enumerate(beta))
            value += sum(c * s[t - 1 - j] for j, c in enumerate(alpha) if t - 1 - j >= 0)
            g.append(value)
        f.append(g[t] + (float(base[t]) if level else 0.0))
        s.append(0.0 if math.isnan(observed) else float(scaled_score(model, static, [f[t]], observed)[0]))
    return f
