"""The filter against plain recursions, and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ballast.errors import GasModelError
from ballast.scoring import GasModel
from ballast.scoring.kernel import SCALINGS
from ballast.scoring.links import to_predictor
from tests.scoring.points import POINTS, observations, vector
from tests.scoring.reference import path, scaled_score

BERNOULLI = {"omega": 0.02, "alpha": 0.3, "beta": 0.98}


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize(("name", "trials", "values"), POINTS)
def test_scaled_scores_of_all_parameters_together(
    name: str, trials: float, values: tuple[float, ...], scaling: Any
) -> None:
    density_ = GasModel(name, trials=trials if name == "binomial" else None).density
    names = tuple(p.name for p in density_.parameters)
    initial = dict(zip(names, values, strict=True))
    model = GasModel(name, names, scaling, initial=initial, trials=trials if name == "binomial" else None)
    y = np.array([observations(name, trials)])
    params = {f"{kind}_{n}": 0.5 for n in names for kind in ("omega", "alpha", "beta")}
    filtered = model.filter(y, params)
    f = [float(to_predictor(model.links[n], np.array(v))) for n, v in initial.items()]
    for column, observed in enumerate(y[0]):
        expected = scaled_score(model, vector(values), f, float(observed), trials)
        got = [filtered.scores[n][0, column] for n in names]
        assert got == pytest.approx(expected.tolist(), rel=2e-5, abs=2e-6)


def test_bernoulli_by_hand() -> None:
    model = GasModel("bernoulli", initial={"mean": 1 / (1 + math.exp(-1))})
    f, expected = 1.0, []
    y = [1, 1, 0, 1, 0, 0, 1]
    for observed in y:
        expected.append(f)
        f = 0.02 + 0.98 * f + 0.3 * (observed - 1 / (1 + math.exp(-f)))
    filtered = model.filter(y, BERNOULLI)
    assert filtered.f["mean"].tolist() == pytest.approx(expected, abs=1e-13)
    assert filtered.f["mean"][-1] == pytest.approx(0.588280000858, abs=1e-12)
    assert filtered.state.g[-1, 0, 0] + 0.02 == pytest.approx(0.703623280607, abs=1e-12)
    probability = filtered.parameters["mean"]
    likelihood = sum(math.log(p if observed else 1 - p) for observed, p in zip(y, probability, strict=True))
    assert filtered.loglik == pytest.approx(likelihood, abs=1e-12)


def test_gaussian_variance_is_garch() -> None:
    y = np.random.default_rng(3).normal(size=200)
    model = GasModel(
        "gaussian", ("variance",), links={"variance": "identity"}, scaling="inverse", initial={"variance": 1.3}
    )
    got = model.filter(y, {"mean": 0.1, "omega": 0.05, "alpha": 0.12, "beta": 0.93}).parameters["variance"]
    variance = 1.3
    for t, value in enumerate(y):
        assert got[t] == pytest.approx(variance, rel=1e-12)
        variance = 0.05 + 0.12 * (value - 0.1) ** 2 + (0.93 - 0.12) * variance


@pytest.mark.parametrize("parametrization", ["intercept", "level"])
@pytest.mark.parametrize("scaling", ["unit", "inverse_sqrt"])
def test_lags_regressors_and_gaps(parametrization: Any, scaling: Any) -> None:
    rng = np.random.default_rng(5)
    y = rng.poisson(3.0, 40).astype(float)
    y[[4, 5, 20]] = np.nan
    x = rng.normal(size=(40, 2))
    model = GasModel("poisson", scaling=scaling, p=2, q=3, regressors=x, parametrization=parametrization)
    alpha, beta, b = [0.1, -0.04], [0.5, 0.2, -0.1], np.array([0.1, -0.2])
    params = {"omega": 0.4, "x1": b[0], "x2": b[1]}
    params |= {f"alpha{i + 1}": a for i, a in enumerate(alpha)} | {f"beta{i + 1}": c for i, c in enumerate(beta)}
    filtered = model.filter(y, params)
    expected = path(model, y, 0.4, b, x, alpha, beta, np.ones(3))
    assert filtered.f["mean"].tolist() == pytest.approx(expected, abs=1e-7)
    assert filtered.scores["mean"][4] == 0.0
    assert filtered.log_density[4] == 0.0


@pytest.mark.parametrize("scaling", SCALINGS)
def test_one_lag_is_two_lags_of_which_one_is_zero(scaling: Any) -> None:
    rng = np.random.default_rng(6)
    y = rng.poisson(3.0, (25, 3)).astype(float)
    y[3, 1] = np.nan
    one = GasModel("negbin", scaling=scaling, regressors=rng.normal(size=25))
    two = GasModel("negbin", scaling=scaling, p=2, q=2, regressors=one.regressors[0])
    params = {"omega": 0.1, "x1": 0.2, "dispersion": 0.5}
    single = one.filter(y, params | {"alpha": 0.2, "beta": 0.8})
    double = two.filter(y, params | {"alpha1": 0.2, "alpha2": 0.0, "beta1": 0.8, "beta2": 0.0})
    assert single.f["mean"] == pytest.approx(double.f["mean"], abs=1e-12)
    assert single.scores["mean"] == pytest.approx(double.scores["mean"], abs=1e-12)
    assert single.state.g[-1] == pytest.approx(double.state.g[-1], abs=1e-12)


def test_level_is_the_unconditional_mean() -> None:
    y = np.random.default_rng(1).exponential(size=50)
    level = GasModel("exponential", parametrization="level").loglik(y, {"omega": 0.8, "alpha": 0.1, "beta": 0.9})
    intercept = GasModel("exponential").loglik(y, {"omega": 0.8 * (1 - 0.9), "alpha": 0.1, "beta": 0.9})
    assert level == pytest.approx(intercept, abs=1e-12)


def test_series_side_by_side_and_one_after_the_other() -> None:
    rng = np.random.default_rng(2)
    y = np.asfortranarray(rng.integers(0, 2, (30, 4)).astype(float))
    y.setflags(write=False)
    model = GasModel("bernoulli", p=2, q=2)
    params = {"omega": 0.1, "alpha1": 0.3, "alpha2": 0.1, "beta1": 0.6, "beta2": 0.2}
    together = model.filter(y, params)
    for n in range(4):
        assert (model.filter(y[:, n], params).f["mean"] == together.f["mean"][:, n]).all()
    first = model.filter(y[:13], params)
    rest = model.filter(y[13:], params, state=first.state)
    assert (np.vstack([first.f["mean"], rest.f["mean"]]) == together.f["mean"]).all()
    assert together.loglik == pytest.approx(sum(model.loglik(y[:, n], params) for n in range(4)))


def test_estimated_initial_value_is_a_coefficient() -> None:
    model = GasModel("poisson", initial="estimated")
    filtered = model.filter([3, 2, 1], {"omega": 0.1, "alpha": 0.1, "beta": 0.5, "initial": 1.7})
    assert filtered.f["mean"][0] == pytest.approx(1.7)


def test_no_trials_no_news() -> None:
    model = GasModel("binomial", trials=[10, 0, 10])
    filtered = model.filter([7, 0, 3], {"omega": 0.1, "alpha": 0.2, "beta": 0.5})
    f = filtered.f["mean"]
    assert f[1] == pytest.approx(0.1 + 0.5 * f[0] + 0.2 * (7 - 10 / (1 + math.exp(-f[0]))))
    assert f[2] == pytest.approx(0.1 + 0.5 * f[1])
    assert filtered.log_density[1] == 0.0


def test_extreme_predictors_stay_finite() -> None:
    for name, y in (("bernoulli", 1.0), ("poisson", 4.0), ("beta", 0.5), ("exponential", 0.0)):
        for omega in (-500.0, 500.0):
            model = GasModel(name)
            static = {"precision": 2.0} if name == "beta" else {}
            filtered = model.filter([y], {"omega": omega, "alpha": 0.1, "beta": 0.0} | static)
            assert np.isfinite(filtered.scores["mean"]).all()


def test_spellings() -> None:
    short = GasModel("student_t")
    assert short.coefficients == ("omega", "alpha", "beta", "scale", "df")
    y = [0.1, 0.5, -0.3]
    brief = short.loglik(y, {"omega": 0.1, "alpha": 0.2, "beta": 0.3, "scale": 1.0, "df": 5.0})
    long = {"omega_location": 0.1, "alpha1_mean": 0.2, "beta_location": 0.3, "scale": 1.0, "nu": 5.0}
    assert short.loglik(y, long) == brief
    both = GasModel("student_t", ("location", "scale"))
    assert both.coefficients[:3] == ("omega_location", "alpha_location", "beta_location")
    assert both.coefficients[3:] == ("omega_scale", "alpha_scale", "beta_scale", "df")


REFUSED_MODELS: list[tuple[dict[str, Any], str]] = [
    ({"density": "weibull"}, "must be one of bernoulli"),
    ({"density": "poisson", "scaling": "fisher"}, "must be one of unit"),
    ({"density": "poisson", "time_varying": ("variance",)}, "it has mean"),
    ({"density": "gaussian", "time_varying": ("mean", "location")}, "each once"),
    ({"density": "gaussian", "time_varying": ()}, "at least one"),
    ({"density": "poisson", "links": {"mean": "logit"}}, "must be log or identity"),
    ({"density": "gaussian", "links": {"variance": "log"}}, "is static"),
    ({"density": "poisson", "p": 0}, "p is 0"),
    ({"density": "poisson", "parametrization": "mean"}, "intercept, level"),
    ({"density": "poisson", "initial": {"mean": -1.0}}, "in its domain"),
    ({"density": "poisson", "initial": "zero"}, "unconditional, estimated"),
    ({"density": "poisson", "regressors": {"rate_of": [1.0]}}, "no parameter"),
    ({"density": "gaussian", "regressors": {"variance": [1.0]}}, "is static"),
    ({"density": "poisson", "regressors": [np.nan]}, "finite"),
    ({"density": "poisson", "regressors": "abc"}, "array of numbers"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED_MODELS)
def test_refused_models(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(GasModelError, match=message):
        GasModel(**arguments)


GOOD = {"omega": 0.0, "alpha": 0.1, "beta": 0.5}
REFUSED_CALLS: list[tuple[str, Any, dict[str, float], Any, str]] = [
    ("bernoulli", [0, 1, 2], GOOD, None, "time 2 is 2; bernoulli needs 0 or 1"),
    ("beta", [0.5, 1.0], GOOD | {"precision": 2.0}, None, "above 0 and below 1"),
    ("poisson", [[1, 2], [3, 0.5]], GOOD, None, "time 1 of series 1 is 0.5"),
    ("poisson", [1, np.inf], GOOD, None, "is inf"),
    ("exponential", [np.inf], GOOD, None, "is inf"),
    ("gamma", [np.inf], GOOD | {"shape": 2.0}, None, "is inf"),
    ("gaussian", [np.inf], GOOD | {"variance": 2.0}, None, "is inf"),
    ("gamma", [0.0], GOOD | {"shape": 2.0}, None, "gamma needs above 0"),
    ("poisson", [], GOOD, None, "empty"),
    ("poisson", [[[1]]], GOOD, None, "3 dimensions"),
    ("poisson", ["a"], GOOD, None, "array of numbers"),
    ("poisson", [1], {"omega": 0.0}, None, "without a value: alpha, beta"),
    ("poisson", [1], GOOD | {"gamma": 1.0}, None, "no coefficient 'gamma'"),
    ("poisson", [1], GOOD | {"beta_mean": 1.0}, None, "given twice"),
    ("poisson", [1], GOOD | {"beta": np.nan}, None, "finite number"),
    ("poisson", [1], GOOD | {"beta": 1.0}, None, "no unconditional mean"),
    ("gaussian", [1], GOOD | {"variance": 0.0}, None, "variance is 0.0; it must be above 0"),
    ("poisson", [1], GOOD, 3, "poisson has no trials"),
    ("binomial", [1], GOOD, None, "needs trials"),
    ("binomial", [4], GOOD, 3, "whole number from 0 to its number of trials"),
    ("binomial", [1], GOOD, 2.5, "trials must be whole"),
    ("binomial", [1, 2], GOOD, [3, 3, 3], "as many as observations"),
]


@pytest.mark.parametrize(("density", "y", "params", "trials", "message"), REFUSED_CALLS)
def test_refused_calls(density: str, y: Any, params: dict[str, float], trials: Any, message: str) -> None:
    with pytest.raises(GasModelError, match=message):
        GasModel(density).filter(y, params, trials=trials)


def test_rows_of_regressors_must_match() -> None:
    with pytest.raises(GasModelError, match="3 rows and y has 2"):
        GasModel("poisson", regressors=[1, 2, 3]).filter([1, 2], GOOD | {"x1": 0.1})


def test_leaving_the_domain_is_told() -> None:
    model = GasModel("poisson", links={"mean": "identity"}, initial={"mean": 1.0})
    with pytest.raises(GasModelError, match="at time 1, counted from 0, mean leaves its domain"):
        model.filter([0, 0, 0], {"omega": 0.0, "alpha": 2.0, "beta": 1.0})
