"""Speed of score-driven models: ``python -m ballast.scoring.bench`` prints it.

Beside it stand the nearest packages on PyPI, on the same simulated data: insurance-gas, which has score-driven models
(Poisson, score divided by its information), and arch, whose GARCH(1,1) is the score-driven variance of a Gaussian.
Compilation is left out by a first call. Machines differ and share their cores, so quote the ratios.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from ballast.scoring.model import GasModel
from ballast.scoring.result import Fit

SEED: Final = 20130501
FITTED: Final = 5_718
"""Observations of the published series of bookshop orders."""
REPEATS: Final = 5


def seconds(call: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, Any]:
    """Shortest time of a call after a first one, and what it returned."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return min(times), result


def measure_speed() -> dict[str, float]:
    """Time filters and fits, here and with the peers.

    Returns
    -------
    dict of str to float
        Seconds by what was measured, and log-likelihoods at the estimates of each (names ending in ``loglik``).
    """
    rng = np.random.default_rng(SEED)
    found: dict[str, float] = {}
    bernoulli = GasModel("bernoulli")
    reputation = {"omega": 0.02, "alpha": 0.3, "beta": 0.98}
    for name, shape in (("filter 1 x 100,000", (1, 100_000)), ("filter 1,000 x 1,000", (1_000, 1_000))):
        y = (rng.random(shape) < 0.7).astype(np.float64)
        found[name] = seconds(partial(bernoulli.filter, y, reputation))[0]

    exponential = GasModel("exponential")
    durations = exponential.simulate({"omega": 0.0, "alpha": 0.05, "beta": 0.96}, FITTED, rng)
    found["fit exponential"] = seconds(lambda: exponential.fit(durations))[0]

    poisson = GasModel("poisson", scaling="inverse")
    counts = poisson.simulate({"omega": 0.1, "alpha": 0.1, "beta": 0.9}, FITTED, rng)
    found["fit Poisson"], fit = seconds(lambda: poisson.fit(counts))
    found["fit Poisson loglik"] = fit.loglik
    found["fit Poisson, insurance-gas"], found["fit Poisson, insurance-gas loglik"] = _insurance_gas(counts)

    variance = {"mean": 0.0, "omega": 0.05, "alpha": 0.1, "beta": 0.95}
    garch = GasModel("gaussian", ("variance",), "inverse", {"variance": "identity"}, initial={"variance": 1.0})
    returns = garch.simulate(variance, FITTED, rng)
    found["fit GARCH(1,1)"], fit = seconds(lambda: _garch(returns))
    found["fit GARCH(1,1) loglik"] = fit.loglik
    found["fit GARCH(1,1), arch"], found["fit GARCH(1,1), arch loglik"] = _arch(returns)
    return found


def _garch(returns: Any) -> Fit:
    start = {"variance": float(returns.var(ddof=1))}
    return GasModel("gaussian", ("variance",), "inverse", {"variance": "identity"}, initial=start).fit(returns)


def _insurance_gas(counts: Any) -> tuple[float, float]:
    from insurance_gas import GASModel

    # what it calls unit scaling multiplies a score already divided by the information
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        fit = GASModel("poisson", scaling="unit").fit(counts)
        return time.perf_counter() - start, float(fit.log_likelihood)


def _arch(returns: Any) -> tuple[float, float]:
    from arch import arch_model

    first = float(returns.var(ddof=1))
    taken, fit = seconds(
        lambda: arch_model(returns, mean="Constant", vol="GARCH", rescale=False).fit(disp="off", backcast=first)
    )
    return taken, float(fit.loglikelihood)


def show(found: dict[str, float], console: Console) -> None:
    """Print what `measure_speed` found."""
    table = Table(title="Score-driven models")
    table.add_column("what")
    table.add_column("seconds", justify="right")
    table.add_column("log-likelihood", justify="right")
    table.add_column("times as long", justify="right")
    for name, value in found.items():
        if name.endswith("loglik"):
            continue
        loglik = found.get(f"{name} loglik")
        own, _, peer = name.partition(", ")
        table.add_row(
            name,
            f"{value:.4f}",
            "" if loglik is None else f"{loglik:.3f}",
            f"{value / found[own]:.1f}" if own in found and peer else "",
        )
    console.print(table)


if __name__ == "__main__":
    show(measure_speed(), Console())
