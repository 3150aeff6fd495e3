"""Published estimates, and whether the models here reproduce them.

Lake Huron's levels are part of R and of this file. The other series are read from files of one column with a header.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy import optimize, special

from ballast.scoring.links import Array
from ballast.scoring.model import GasModel
from ballast.table import read_table

# fmt: off
LAKE_HURON: Final = (
    580.38, 581.86, 580.97, 580.80, 579.79, 580.39, 580.42, 580.82, 581.40, 581.32, 581.44, 581.68,
    581.17, 580.53, 580.01, 579.91, 579.14, 579.16, 579.55, 579.67, 578.44, 578.24, 579.10, 579.09,
    579.35, 578.82, 579.32, 579.01, 579.00, 579.80, 579.83, 579.72, 579.89, 580.01, 579.37, 578.69,
    578.19, 578.67, 579.55, 578.92, 578.09, 579.37, 580.13, 580.14, 579.51, 579.24, 578.66, 578.86,
    578.05, 577.79, 576.75, 576.75, 577.82, 578.64, 580.58, 579.48, 577.38, 576.90, 576.94, 576.24,
    576.84, 576.85, 576.90, 577.79, 578.18, 577.51, 577.23, 578.42, 579.61, 579.05, 579.26, 579.22,
    579.38, 579.10, 577.95, 578.12, 579.75, 580.85, 580.41, 579.96, 579.61, 578.76, 578.18, 577.21,
    577.13, 579.10, 578.25, 577.91, 576.89, 575.96, 576.80, 577.68, 578.38, 578.52, 579.74, 579.31,
    579.89, 579.96,
)
# fmt: on
"""Level of Lake Huron, 1875 to 1972, feet (Brockwell and Davis 1991, Time Series: Theory and Methods, series A)."""


STEP: Final = 1e-3
"""Width of the differences that optimisers take for derivatives if not told otherwise: R's `optim` (``ndeps``)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure and the one found here.

    Attributes
    ----------
    name : str
        What it is.
    expected : str
        As printed, with all its digits.
    got : float
        As found.
    required : int
        Significant digits that must agree; fewer than printed where the source's optimiser had stopped early.
    """

    name: str
    expected: str
    got: float
    required: int

    @property
    def digits(self) -> int:
        """Significant digits that agree: got is within half a unit of the last of them."""
        value = float(self.expected)
        first = math.floor(math.log10(abs(value)))
        for digits in range(printed(self.expected), 0, -1):
            # a hair more than half, for a figure on the edge of rounding
            if abs(self.got - value) <= 0.5000001 * 10.0 ** (first - digits + 1):
                return digits
        return 0

    @property
    def agrees(self) -> bool:
        """Whether enough digits agree."""
        return self.digits >= self.required

    @property
    def verdict(self) -> str:
        """Say how well it agrees: in all digits printed, in as many as are asked for, or in fewer."""
        if self.digits == printed(self.expected):
            return "agrees"
        return "close" if self.agrees else "DISAGREES"


def printed(number: str) -> int:
    """Count the significant digits of a printed number."""
    return len(number.lstrip("-").replace(".", "").lstrip("0"))


def figure(name: str, expected: str, got: float, required: int | None = None) -> Figure:
    """Make a figure of which by default all printed digits must agree."""
    return Figure(name, expected, got, printed(expected) if required is None else required)


@dataclass(frozen=True, slots=True)
class Case:
    """A published case.

    Attributes
    ----------
    name, source : str
        What it is, and where it was published.
    file : str
        File of its data in the folder of data; empty if they are here.
    figures : callable
        Its figures, given its data.
    """

    name: str
    source: str
    file: str
    figures: Callable[[Array], list[Figure]]

    def run(self, folder: Path | None) -> list[Figure] | None:
        """Figures of the case; None if its data are not in the folder.

        Raises
        ------
        TableError
            If the file cannot be used.
        """
        if not self.file:
            return self.figures(np.array(LAKE_HURON))
        path = folder / self.file if folder else None
        return self.figures(read_table(path).only().numbers()) if path and path.exists() else None


def _lake_huron(y: Array) -> list[Figure]:
    model = GasModel("gaussian", regressors=np.arange(1.0, len(y) + 1.0), parametrization="level")
    fit = model.fit(y - 570.0)
    published = {"omega": "9.989", "x1": "-0.020", "alpha": "0.464", "beta": "0.665", "variance": "0.457"}
    return [figure(name, value, fit.params[name]) for name, value in published.items()]


def _bookshop(y: Array) -> list[Figure]:
    model = GasModel("exponential")
    published = {"omega": "-0.00089754", "alpha": "0.04992815", "beta": "0.96278385"}
    fit = model.fit(y)
    there = model.loglik(y, {name: float(value) for name, value in published.items()})
    return [
        figure("loglik at the published estimates", "-5571.078", there),
        *(figure(name, value, fit.params[name]) for name, value in published.items()),
        figure("loglik", "-5571.078", fit.loglik),
        figure("loglik of the gamma density", "-5565.939", GasModel("gamma").fit(y).loglik),
    ]


def by_differences(function: Callable[[Array], float], start: Array) -> Array:
    """Find the point near another at which a function's central differences of width `STEP` vanish."""
    steps = STEP * np.eye(len(start))

    def slopes(point: Array) -> Array:
        return np.array([(function(point + step) - function(point - step)) / (2.0 * STEP) for step in steps])

    found: Array = optimize.root(slopes, start, tol=1e-10).x
    return found


def _inflation(y: Array) -> list[Figure]:
    # The source's scale parameter is the square of ours, so its linked value is twice ours and its score half: its
    # omega is twice ours and its alpha four times. It estimates the logits of df, alpha and beta within bounds.
    model = GasModel("student_t", ("location", "scale"))
    factors = np.array([1.0, 2.0, 1.0, 4.0, 1.0, 1.0, 1.0])
    names = ("omega_location", "omega_scale", "alpha_location", "alpha_scale", "beta_location", "beta_scale", "df")
    printed_there = ("0.03736", "-0.25993", "0.07173", "0.45372", "0.94317", "0.85560", "6.5261")
    low = np.array([0.0, 0.0, 0.0, 0.0, 4.0])
    width = np.array([10.0, 10.0, 0.9999, 0.9999, 46.0])

    def linked(theirs: Array) -> Array:
        return np.concatenate((theirs[:2], special.logit((theirs[2:] - low) / width)))

    def unlinked(point: Array) -> Array:
        return np.concatenate((point[:2], low + width * special.expit(point[2:])))

    def loglik(theirs: Array) -> float:
        return model.loglik(y, dict(zip(names, (theirs / factors).tolist(), strict=True)))

    published = np.array([float(value) for value in printed_there])
    fit = model.fit(y)
    highest = factors * [fit.params[name] for name in names]
    stopped = unlinked(by_differences(lambda point: loglik(unlinked(point)), linked(highest)))
    digits = {"beta_scale": 4}
    return [
        figure("loglik at the published estimates", "-178.2", loglik(published)),
        figure("AIC at the published estimates", "370.4", 2.0 * (len(names) - loglik(published))),
        *(figure(*row, digits.get(row[0])) for row in zip(names, printed_there, stopped.tolist(), strict=True)),
        figure("unconditional location", "0.6575", stopped[0] / (1.0 - stopped[4])),
        figure("unconditional squared scale", "0.1653", math.exp(stopped[1] / (1.0 - stopped[5]))),
        *(figure(f"{row[0]} at the maximum", *row[1:], 3) for row in zip(names, printed_there, highest, strict=True)),
        figure("loglik at the maximum", "-178.2", fit.loglik),
        figure("AIC at the maximum", "370.4", fit.aic),
    ]


def _exchange_rate(y: Array) -> list[Figure]:
    model = GasModel(
        "gaussian",
        time_varying=("variance",),
        links={"variance": "identity"},
        scaling="inverse",
        initial={"variance": float(y.var(ddof=1))},
    )
    fit = model.fit(y)
    published = {"mean": "-0.00616637", "omega": "0.01076059", "alpha": "0.15341134", "beta": "0.95928587"}
    return [
        *(figure(name, value, fit.params[name]) for name, value in published.items()),
        figure("loglik", "-1106.5866", fit.loglik),
    ]


CASES: Final = (
    Case("Lake Huron, Gaussian mean around a trend", "R package gasmodel 0.6.2, tests", "", _lake_huron),
    Case(
        "Bookshop orders, exponential durations",
        "R package gasmodel 0.6.2, vignette on bookshop orders",
        "bookshop_duration_adj.csv",
        _bookshop,
    ),
    Case(
        "US inflation, Student-t location and scale",
        "Ardia, Boudt and Catania (2019), Journal of Statistical Software 88(6)",
        "cpichg.csv",
        _inflation,
    ),
    Case(
        "Mark/pound returns, Gaussian variance: GARCH(1,1)",
        "ScoreDrivenModels.jl, tests; data of Bollerslev and Ghysels (1996), JBES 14(2)",
        "bg96.csv",
        _exchange_rate,
    ),
)
