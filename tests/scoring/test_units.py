"""A fit does not depend on the unit of the data, of a regressor, or on where the line has its zero."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ballast.scoring import GasModel
from ballast.scoring.kernel import SCALINGS
from ballast.scoring.links import Array

N = 150
FACTORS = (1e-6, 0.01, 1e4)
MODELS: list[tuple[str, dict[str, str], dict[str, float]]] = [
    # density, parameter and link, coefficients to simulate with (default links, unit scaling)
    ("gaussian", {"mean": "identity"}, {"omega": 0.3, "alpha": 0.3, "beta": 0.8, "variance": 1.0}),
    ("gaussian", {"variance": "log"}, {"omega": 0.1, "alpha": 0.3, "beta": 0.8, "mean": 0.4}),
    ("gaussian", {"variance": "identity"}, {"omega": 0.1, "alpha": 0.3, "beta": 0.8, "mean": 0.4}),
    ("student_t", {"location": "identity"}, {"omega": 0.3, "alpha": 0.3, "beta": 0.8, "scale": 1.0, "df": 4.0}),
    ("student_t", {"scale": "log"}, {"omega": 0.1, "alpha": 0.2, "beta": 0.8, "location": 0.3, "df": 5.0}),
    ("student_t", {"scale": "identity"}, {"omega": 0.1, "alpha": 0.2, "beta": 0.8, "location": 0.3, "df": 5.0}),
    ("exponential", {"mean": "log"}, {"omega": 0.1, "alpha": 0.2, "beta": 0.8}),
    ("exponential", {"mean": "identity"}, {"omega": 0.1, "alpha": 0.2, "beta": 0.8}),
    ("gamma", {"mean": "log"}, {"omega": 0.1, "alpha": 0.1, "beta": 0.8, "shape": 2.0}),
    ("gamma", {"mean": "identity"}, {"omega": 0.1, "alpha": 0.1, "beta": 0.8, "shape": 2.0}),
    ("gamma", {"shape": "log"}, {"omega": 0.1, "alpha": 0.2, "beta": 0.8, "mean": 2.0}),
]
POWERS = {"mean": 1, "location": 1, "scale": 1, "variance": 2, "shape": 0, "df": 0}
"""Powers of the factor by which parameters grow with the data."""


def series(name: str, varying: str, params: dict[str, float]) -> Array:
    """Simulate with default links."""
    return GasModel(name, varying).simulate(params, N, np.random.default_rng(12))


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize(("name", "link", "params"), MODELS)
def test_scaled_data_give_scaled_estimates(
    name: str, link: dict[str, str], params: dict[str, float], scaling: Any
) -> None:
    ((varying, function),) = link.items()
    y = series(name, varying, params)
    model = GasModel(name, varying, scaling, link)
    fit = model.fit(y)
    assert fit.converged
    for factor in FACTORS:
        scaled = model.fit(factor * y)
        assert scaled.converged
        assert scaled.loglik == pytest.approx(fit.loglik - N * math.log(factor), abs=1e-6)
        power = POWERS[varying]
        grown = factor**power if function == "identity" else 1.0
        beta = fit.params["beta"]
        expected = {
            name: value * factor ** POWERS.get(name, 0) for name, value in fit.params.items() if name in POWERS
        } | {
            "alpha": fit.params["alpha"] * grown ** {"unit": 2, "inverse_sqrt": 1, "inverse": 0}[scaling],
            "beta": beta,
            "omega": fit.params["omega"] * grown
            if function == "identity"
            else fit.params["omega"] + power * math.log(factor) * (1.0 - beta),
        }
        for coefficient, value in expected.items():
            error = scaled.standard_errors[coefficient]
            assert scaled.params[coefficient] == pytest.approx(value, abs=1e-3 * error), coefficient
            if coefficient != "omega":
                ratio = value / fit.params[coefficient]
                assert error == pytest.approx(fit.standard_errors[coefficient] * abs(ratio), rel=1e-3), coefficient


@pytest.mark.parametrize("scaling", SCALINGS)
def test_both_parameters_of_a_density_move_with_its_unit(scaling: Any) -> None:
    params = {"omega_location": 0.3, "alpha_location": 0.3, "beta_location": 0.8, "df": 5.0}
    params |= {"omega_scale": 0.02, "alpha_scale": 0.1, "beta_scale": 0.9}
    model = GasModel("student_t", ("location", "scale"), scaling)
    y = GasModel("student_t", ("location", "scale")).simulate(params, 250, np.random.default_rng(4))
    fit, scaled = model.fit(y), model.fit(1e-3 * y)
    assert scaled.loglik == pytest.approx(fit.loglik - 250 * math.log(1e-3), abs=1e-6)
    for name in ("beta_location", "beta_scale", "alpha_scale", "df"):
        assert scaled.params[name] == pytest.approx(fit.params[name], rel=1e-3)


def test_shifted_data_shift_the_level_alone() -> None:
    y = series("student_t", "location", MODELS[3][2])
    model = GasModel("student_t", parametrization="level")
    fit, shifted = model.fit(y), model.fit(y + 1e5)
    assert shifted.loglik == pytest.approx(fit.loglik, abs=1e-5)
    assert shifted.params["omega"] - 1e5 == pytest.approx(fit.params["omega"], abs=1e-3)
    assert shifted.params["alpha"] == pytest.approx(fit.params["alpha"], rel=1e-3)


LEVEL = {"parametrization": "level", "initial": "estimated"}


@pytest.mark.parametrize(
    ("name", "link", "params", "options"),
    [(*MODELS[0], {}), (*MODELS[0], LEVEL), (*MODELS[2], {}), (*MODELS[3], {}), (*MODELS[3], LEVEL)],
)
def test_a_level_far_from_zero_changes_the_level_alone(
    name: str, link: dict[str, str], params: dict[str, float], options: dict[str, Any]
) -> None:
    ((varying, _),) = link.items()
    y = series(name, varying, params)
    model = GasModel(name, varying, "inverse", link, **options)
    fit = model.fit(y)
    level = "mean" if "mean" in fit.params and varying != "mean" else "omega"
    for far in (1e3, 1e6, -1e9):
        moved = model.fit(y + far)
        assert moved.converged
        assert moved.loglik == pytest.approx(fit.loglik, abs=1e-4)
        for coefficient, value in fit.params.items():
            error = fit.standard_errors[coefficient]
            if coefficient in {level, "initial"}:
                grown = far if coefficient != "omega" or options else far * (1.0 - moved.params["beta"])
                assert moved.params[coefficient] - grown == pytest.approx(value, abs=0.01 * error), coefficient
            else:
                assert moved.params[coefficient] == pytest.approx(value, abs=1e-3 * error), coefficient
            if coefficient != "omega" or options:
                assert moved.standard_errors[coefficient] == pytest.approx(error, rel=1e-3), coefficient


NOISE: list[tuple[str, dict[str, Any], float]] = [
    # density, options, trend a step: nothing moves but by chance, so there are several maxima
    ("gaussian", {}, 0.0),
    ("gaussian", {"time_varying": "variance", "scaling": "inverse", "links": {"variance": "identity"}}, 0.0),
    ("student_t", {"time_varying": "scale", "scaling": "inverse", "links": {"scale": "identity"}}, 0.0),
    ("student_t", {"time_varying": ("location", "scale"), "scaling": "inverse"}, 0.02),
    ("exponential", {"scaling": "inverse", "links": {"mean": "identity"}}, 0.0),
    ("gamma", {"scaling": "inverse", "links": {"mean": "identity"}}, 0.0),
]


@pytest.mark.parametrize(("name", "options", "trend"), NOISE)
def test_of_several_maxima_the_same_is_found_in_any_unit(name: str, options: dict[str, Any], trend: float) -> None:
    rng = np.random.default_rng(1)
    y = rng.standard_t(3, 60) + trend * np.arange(60)
    if name in {"exponential", "gamma"}:
        y = rng.gamma(200.0, size=60) / 200.0
    model = GasModel(name, **options)
    fit = model.fit(y)
    for factor in FACTORS:
        scaled = model.fit(factor * y)
        assert scaled.loglik == pytest.approx(fit.loglik - 60 * math.log(factor), abs=1e-6)
        assert (scaled.converged, scaled.message) == (fit.converged, fit.message)
        for coefficient in fit.params:
            if coefficient.startswith(("beta", "df", "shape")):
                assert scaled.params[coefficient] == pytest.approx(fit.params[coefficient], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ["poisson", "gaussian"])
def test_a_scaled_regressor_has_a_scaled_coefficient(name: str) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=N) + 3.0
    y = rng.poisson(np.exp(0.3 * x)).astype(float)
    fit = GasModel(name, regressors=x).fit(y)
    for factor in FACTORS:
        scaled = GasModel(name, regressors=factor * x).fit(y)
        assert scaled.loglik == pytest.approx(fit.loglik, abs=1e-6)
        assert factor * scaled.params["x1"] == pytest.approx(fit.params["x1"], rel=1e-4)
        assert factor * scaled.standard_errors["x1"] == pytest.approx(fit.standard_errors["x1"], rel=1e-3)


@pytest.mark.parametrize(("name", "link", "params"), [MODELS[0], MODELS[2], MODELS[7]])
def test_what_follows_from_a_fit_is_scaled_too(name: str, link: dict[str, str], params: dict[str, float]) -> None:
    (varying,) = link
    y = series(name, varying, params)
    model = GasModel(name, varying, "inverse", link)
    fit, scaled = model.fit(y), model.fit(1e-6 * y)
    found, other = (each.diagnose(np.random.default_rng(1)) for each in (fit, scaled))
    assert not other.missing
    assert other.residuals == pytest.approx(found.residuals, abs=1e-4)
    assert other.exponent == pytest.approx(found.exponent, abs=1e-4)
    assert other.bound == pytest.approx(found.bound, abs=1e-4)
    ahead, after = (each.forecast(3, np.random.default_rng(1)) for each in (fit, scaled))
    assert 1e6 * after.mean == pytest.approx(ahead.mean, rel=1e-3, abs=1e-4)
    assert 1e6 * after.upper == pytest.approx(ahead.upper, rel=1e-3)
