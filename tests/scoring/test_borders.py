"""Parameters at a border: one verdict, errors for the others, never worse than the simpler model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ballast.scoring import GasModel
from ballast.scoring.links import Array


def counts(seed: int) -> Array:
    """Draw counts without overdispersion."""
    return np.random.default_rng(seed).poisson(4.0, 300).astype(float)


def plain(fit: Any, apart: str) -> dict[str, float]:
    """Estimates and errors of all coefficients but one."""
    return {
        f"{kind} {name}": value
        for kind, part in (("estimate", fit.params), ("error", fit.standard_errors))
        for name, value in part.items()
        if name != apart
    }


@pytest.mark.parametrize("scaling", ["unit", "inverse", "inverse_sqrt"])
@pytest.mark.parametrize("y", [counts(6), np.random.default_rng(1).binomial(10, 0.5, 300).astype(float)])
def test_without_overdispersion_the_negative_binomial_is_poisson(y: Array, scaling: Any) -> None:
    fit, simpler = (GasModel(name, scaling=scaling).fit(y) for name in ("negbin", "poisson"))
    assert fit.converged
    assert fit.message.endswith("dispersion is at the border: the simpler model poisson is as good")
    assert fit.loglik == pytest.approx(simpler.loglik, abs=1e-6)
    assert fit.params["dispersion"] < 1e-9
    assert math.isnan(fit.standard_errors["dispersion"])
    assert plain(fit, "dispersion") == pytest.approx(plain(simpler, ""), rel=1e-3, abs=1e-6)
    assert fit.errors_known
    band, expected = (each.band(np.random.default_rng(1), draws=50)["mean"].mean for each in (fit, simpler))
    assert band == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("scaling", ["unit", "inverse"])
def test_without_heavy_tails_student_is_gaussian(scaling: Any) -> None:
    y = np.random.default_rng(6).uniform(-1.0, 1.0, 300)
    fit, simpler = (GasModel(name, scaling=scaling).fit(y) for name in ("student_t", "gaussian"))
    assert fit.message.endswith("df is at the border: the simpler model gaussian is as good")
    assert fit.loglik == pytest.approx(simpler.loglik, abs=1e-6)
    assert fit.params["scale"] ** 2 == pytest.approx(simpler.params["variance"], rel=1e-4)
    for name in ("omega", "beta"):
        assert fit.standard_errors[name] == pytest.approx(simpler.standard_errors[name], rel=1e-3)


@pytest.mark.parametrize(
    ("name", "varying", "border"), [("negbin", ("mean", "dispersion"), "poisson"), ("student_t", ("df",), "gaussian")]
)
def test_a_time_varying_parameter_at_its_border(name: str, varying: tuple[str, ...], border: str) -> None:
    fit = GasModel(name, varying).fit(counts(6) if name == "negbin" else np.random.default_rng(6).uniform(-1, 1, 300))
    assert fit.converged
    (found,) = fit.borders
    assert found.simpler == border
    assert len(found.coefficients) == 3
    assert sum(math.isnan(error) for error in fit.standard_errors.values()) == 3


def test_overdispersion_and_heavy_tails_are_no_borders() -> None:
    rng = np.random.default_rng(3)
    for name, y in (
        ("negbin", rng.negative_binomial(4, 0.5, 300).astype(float)),
        ("student_t", rng.standard_t(5, 300)),
    ):
        fit = GasModel(name).fit(y)
        assert not fit.borders
        assert np.isfinite(list(fit.standard_errors.values())).all()


@pytest.mark.parametrize("seed", range(8))
def test_never_worse_than_the_simpler_model(seed: int) -> None:
    # near the border on either side of it
    rng = np.random.default_rng(seed)
    y = rng.negative_binomial(60, 60 / 64, 120).astype(float)
    assert GasModel("negbin").fit(y).loglik >= GasModel("poisson").fit(y).loglik - 1e-6
    z = rng.standard_t(40, 120)
    assert GasModel("student_t").fit(z).loglik >= GasModel("gaussian").fit(z).loglik - 1e-6


def test_a_random_walk_has_persistence_one() -> None:
    y = np.random.default_rng(1).normal(size=400).cumsum()
    fit = GasModel("gaussian", scaling="inverse").fit(y)
    assert fit.converged
    assert (
        "the persistence of mean is at the border: the simpler model with an integrated mean is as good" in fit.message
    )
    assert fit.params["beta"] == pytest.approx(1.0, abs=1e-8)
    assert math.isnan(fit.standard_errors["beta"])
    assert 0.0 < fit.standard_errors["alpha"] < 0.1
    assert fit.loglik == pytest.approx(fit.model.loglik(y, fit.params), abs=1e-6)


def test_a_constant_series_has_a_static_mean() -> None:
    fit = GasModel("poisson").fit(np.full(50, 5.0))
    assert "the score coefficient of mean is at the border" in fit.message
    assert fit.params["alpha"] == fit.params["beta"] == 0.0
    assert fit.params["omega"] == pytest.approx(math.log(5.0))
    # the information of the logarithm of a Poisson mean is the mean
    assert fit.standard_errors["omega"] == pytest.approx(1.0 / math.sqrt(250.0), rel=1e-4)


def test_both_borders_at_once() -> None:
    fit = GasModel("negbin").fit(np.full(50, 5.0))
    assert {border.what for border in fit.borders} == {"dispersion", "the score coefficient of mean"}
    assert fit.standard_errors["omega"] == pytest.approx(1.0 / math.sqrt(250.0), rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_a_trend_or_a_walk_with_two_varying_parameters_has_a_maximum(seed: int) -> None:
    # the variance comes to rest first, the mean is integrated after that
    rng = np.random.default_rng(1000 + seed)
    for y in (0.05 * np.arange(60) + rng.standard_t(5, 60), rng.normal(size=60).cumsum()):
        fit = GasModel("gaussian", ("mean", "variance"), "inverse").fit(y)
        assert fit.converged, fit.message
