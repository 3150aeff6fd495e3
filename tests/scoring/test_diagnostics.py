"""Diagnostics: they pass a right model, fail a wrong one, and agree with closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.diagnostic import acorr_ljungbox

from ballast.errors import GasModelError
from ballast.scoring import GasModel
from ballast.scoring.coordinates import Coordinates
from ballast.scoring.diagnostics import (
    kolmogorov_smirnov,
    ljung_box,
    lyapunov_exponent,
    persistence,
    score_derivatives,
)
from ballast.scoring.forgetting import NOWHERE

RIGHT = [
    ("bernoulli", {"omega": 0.05, "alpha": 0.5, "beta": 0.9}),
    ("binomial", {"omega": 0.05, "alpha": 0.05, "beta": 0.9}),
    ("beta", {"omega": 0.05, "alpha": 0.05, "beta": 0.9, "precision": 6.0}),
    ("poisson", {"omega": 0.1, "alpha": 0.1, "beta": 0.9}),
    ("negbin", {"omega": 0.1, "alpha": 0.1, "beta": 0.9, "dispersion": 0.5}),
    ("gaussian", {"omega": 0.1, "alpha": 0.3, "beta": 0.9, "variance": 2.0}),
    ("student_t", {"omega": 0.1, "alpha": 0.3, "beta": 0.9, "scale": 2.0, "df": 4.0}),
    ("exponential", {"omega": 0.1, "alpha": 0.1, "beta": 0.9}),
    ("gamma", {"omega": 0.1, "alpha": 0.05, "beta": 0.9, "shape": 2.0}),
]


@pytest.mark.parametrize(("name", "params"), RIGHT)
def test_transforms_of_the_right_model_are_uniform_and_independent(name: str, params: dict[str, float]) -> None:
    model = GasModel(name, trials=9 if name == "binomial" else None)
    y = model.simulate(params, 3_000, np.random.default_rng(21))
    y[::50] = np.nan
    found = model.diagnose(y, params, np.random.default_rng(1))
    assert np.isnan(found.pit[::50]).all()
    assert 0.0 < np.nanmin(found.pit) < 0.01 < 0.99 < np.nanmax(found.pit) < 1.0
    for statistic in (found.uniformity, found.autocorrelation, found.heteroskedasticity):
        assert statistic.p_value > 0.005
    assert np.nanvar(found.residuals) == pytest.approx(1.0, abs=0.1)
    assert found.stationary
    assert found.invertible


def test_wrong_models_are_seen() -> None:
    rng = np.random.default_rng(5)
    overdispersed = GasModel("negbin").simulate({**RIGHT[3][1], "dispersion": 0.6}, 2_000, rng)
    fit = GasModel("poisson").fit(overdispersed)
    assert fit.diagnose(rng).uniformity.p_value < 1e-6
    moving = GasModel("gaussian", scaling="inverse").simulate(
        {"omega": 0.0, "alpha": 0.5, "beta": 0.95, "variance": 1.0}, 2_000, rng
    )
    params = {"omega": 0.0, "alpha": 0.0, "beta": 0.0, "variance": float(moving.var())}
    assert GasModel("gaussian").diagnose(moving, params, rng).autocorrelation.p_value < 1e-6
    garch = GasModel("gaussian", "variance").simulate(
        {"omega": 0.0, "alpha": 0.4, "beta": 0.95, "mean": 0.0}, 2_000, rng
    )
    params["variance"] = float(garch.var())
    assert GasModel("gaussian").diagnose(garch, params, rng).heteroskedasticity.p_value < 1e-6


def test_ljung_box_against_statsmodels() -> None:
    values = np.random.default_rng(3).normal(size=200).cumsum()[::7]
    expected = acorr_ljungbox(values, lags=[4])
    found = ljung_box(values, 4)
    assert found.value == pytest.approx(expected["lb_stat"].iloc[0])
    assert found.p_value == pytest.approx(expected["lb_pvalue"].iloc[0])
    with pytest.raises(GasModelError, match="29 lags for 29 observations"):
        ljung_box(values, len(values))


def test_kolmogorov_smirnov_by_hand() -> None:
    # 0.1, 0.2, 0.9: the distribution function of the values is farthest from its place after the second
    assert kolmogorov_smirnov(np.array([0.9, np.nan, 0.1, 0.2])).value == pytest.approx(2 / 3 - 0.2)


def test_persistence() -> None:
    # roots of x^2 - 0.5 x - 0.24 are 0.8 and -0.3
    assert persistence(np.array([[0.5, 0.1], [0.24, 0.0]])) == pytest.approx(0.8)
    model = GasModel("poisson", parametrization="level")
    params = {"omega": 0.1, "alpha": 0.1, "beta": 1.02}
    assert not model.diagnose([1, 2, 1], params, np.random.default_rng(1), lags=1).stationary


def test_exponent_and_bound_of_the_bernoulli_filter() -> None:
    model = GasModel("bernoulli")
    params = {"omega": 0.05, "alpha": 0.9, "beta": 0.95}
    y = model.simulate(params, 500, np.random.default_rng(2))
    found = model.diagnose(y, params, np.random.default_rng(1))
    p = model.filter(y, params).parameters["mean"]
    assert found.exponent == pytest.approx(np.log(np.abs(0.95 - 0.9 * p * (1 - p))).mean(), abs=1e-6)
    # the derivative is beta - alpha p (1 - p), so at most beta
    assert found.exponent < found.bound < math.log(0.95)


def test_exponent_is_the_rate_at_which_starts_are_forgotten() -> None:
    params = {"omega": 0.02, "alpha1": -0.03, "alpha2": 0.06, "beta1": 0.75, "beta2": 0.2}
    model = GasModel("poisson", p=2, q=2)
    y = model.simulate(params, 400, np.random.default_rng(2))
    mean = model.filter(y, params).parameters["mean"][0]
    near = GasModel("poisson", p=2, q=2, initial={"mean": mean * 1.001})
    gap = np.abs(near.filter(y, params).f["mean"] - model.filter(y, params).f["mean"])
    rate = math.log(gap[250] / gap[0]) / 250
    found = model.diagnose(y[:250], params, np.random.default_rng(1))
    assert found.exponent == pytest.approx(rate, abs=0.02)
    assert math.isnan(found.bound)


def test_a_filter_that_does_not_forget() -> None:
    # inverse scaling turns a rare success into a jump: its derivative grows without bound
    model = GasModel("bernoulli", scaling="inverse", links={"mean": "logit"})
    y = np.tile([1.0, 0.0], 20)
    found = model.diagnose(y, {"omega": 0.0, "alpha": 1.3, "beta": 0.9}, np.random.default_rng(1))
    assert found.bound >= found.exponent > 0.0
    assert not found.invertible


def test_exponent_of_several_series_is_their_mean() -> None:
    model = GasModel("binomial", trials=np.array([[3, 9], [5, 1], [7, 2]]))
    params = {"omega": 0.1, "alpha": 0.4, "beta": 0.9}
    parts = model.layout.unpack(model.layout.pack(params))
    y = np.array([[1.0, 8.0], [5.0, 0.0], [2.0, 1.0]])
    together = score_derivatives(model, parts, model.filter(y, params))
    assert together.shape == (6, 1, 1)
    path = model.filter(y, params).f["mean"].T.ravel()
    share = 1.0 / (1.0 + np.exp(-path))
    expected = -model.data(y).trials.T.ravel() * share * (1.0 - share)
    assert together[:, 0, 0] == pytest.approx(expected, rel=1e-6)
    assert lyapunov_exponent(parts, together) == pytest.approx(np.log(np.abs(0.9 + 0.4 * expected)).mean(), rel=1e-6)


def test_a_derivative_of_zero_counts_as_the_smallest() -> None:
    model = GasModel("poisson")
    parts = model.layout.unpack(model.layout.pack({"omega": 0.1, "alpha": 0.5, "beta": 0.5}))
    derivatives = np.array([-1.0, 0.0])[:, None, None]
    assert lyapunov_exponent(parts, derivatives) == -math.inf
    expected = 0.5 * (math.log(0.1) + math.log(math.hypot(0.5, 0.1)))
    assert lyapunov_exponent(parts, derivatives, 0.1) == pytest.approx(expected)


def test_one_series_only() -> None:
    with pytest.raises(GasModelError, match="one series"):
        GasModel("poisson").diagnose([[1, 2]], {"omega": 0.1, "alpha": 0.1, "beta": 0.5}, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("name", "options", "series"),
    [
        ("student_t", {}, 1),
        ("student_t", {"time_varying": ("location", "scale"), "p": 2, "q": 3}, 1),
        ("poisson", {"parametrization": "level", "p": 2}, 3),
        ("gaussian", {"time_varying": "variance", "links": {"variance": "identity"}, "scaling": "inverse"}, 2),
        ("binomial", {"scaling": "inverse_sqrt", "q": 2}, 1),
    ],
)
def test_exponents_of_many_points_are_those_of_their_paths(name: str, options: dict[str, Any], series: int) -> None:
    rng = np.random.default_rng(8)
    model = GasModel(name, trials=7 if name == "binomial" else None, **options)
    y = rng.integers(0, 8, (80, series)).astype(float)
    y[::9] = np.nan
    coordinates = Coordinates(model, model.data(y))
    k = coordinates.varying
    points = [coordinates.start(coordinates.guesses[0], (alpha,) * k, (0.6,) * k) for alpha in (-0.02, 0.05, 0.3)]
    found = coordinates.exponents(np.array(points), 0.1)
    assert len(set(found)) == len(points)
    for point, exponent in zip(points, found, strict=True):
        parts, path = coordinates.path(point)
        assert exponent == pytest.approx(lyapunov_exponent(parts, score_derivatives(model, parts, path), 0.1), rel=1e-9)


def test_an_exponent_of_no_path_is_told() -> None:
    model = GasModel("gaussian", time_varying="variance", links={"variance": "identity"}, scaling="unit")
    coordinates = Coordinates(model, model.data(np.random.default_rng(0).normal(size=50)))
    point = coordinates.start(coordinates.guesses[0], (-5.0,), (0.5,))
    assert coordinates.exponents(point[None], 0.1) == [NOWHERE]
