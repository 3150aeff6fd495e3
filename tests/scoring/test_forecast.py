"""Forecasts and simulated series against what the model says of them in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from ballast.errors import GasModelError
from ballast.scoring import GasModel

GAUSSIAN = {"omega": 0.6, "alpha": 0.4, "beta": 0.7, "variance": 1.5}


def test_gaussian_means_and_intervals() -> None:
    model = GasModel("gaussian", scaling="inverse")
    y = model.simulate(GAUSSIAN, 100, np.random.default_rng(1))
    forecast = model.forecast(y, GAUSSIAN, 6, np.random.default_rng(2), coverage=0.9, draws=200_000)
    state = model.filter(y, GAUSSIAN).state
    f = 0.6 + state.g[-1, 0, 0]
    for h in range(6):
        # innovations of variance 1.5 enter the mean with weight 0.4 and fade by 0.7
        mean = 2.0 + 0.7**h * (f - 2.0)
        deviation = np.sqrt(1.5 * (1.0 + sum(0.16 * 0.49**j for j in range(h))))
        assert forecast.mean[h] == pytest.approx(mean, abs=0.02)
        assert forecast.lower[h] == pytest.approx(mean - 1.6448536 * deviation, abs=0.03)
        assert forecast.upper[h] == pytest.approx(mean + 1.6448536 * deviation, abs=0.03)
    known = forecast.parameters["mean"]
    assert known.lower[0] == known.upper[0] == pytest.approx(f)
    assert known.upper[3] - known.lower[3] > 1.0


def test_lags_go_on_where_the_filter_ended() -> None:
    model = GasModel("poisson", p=2, q=2)
    params = {"omega": 0.2, "alpha1": 0.1, "alpha2": -0.05, "beta1": 0.5, "beta2": 0.3}
    y = model.simulate(params, 60, np.random.default_rng(1))
    forecast = model.forecast(y, params, 1, np.random.default_rng(1), draws=5)
    longer = model.filter([*y, np.nan], params).parameters["mean"][-1]
    assert forecast.parameters["mean"].mean[0] == pytest.approx(longer)


def test_future_regressors_and_trials() -> None:
    x = np.array([0.0, 1.0, 0.0, 1.0])
    model = GasModel("binomial", regressors=x, trials=20, parametrization="level")
    params = {"omega": 0.0, "x1": 2.0, "alpha": 0.01, "beta": 0.2}
    y = [10, 17, 11, 18]
    forecast = model.forecast(y, params, 2, np.random.default_rng(1), regressors=[1.0, 0.0], trials=[100, 10])
    assert forecast.mean[0] == pytest.approx(100 / (1 + np.exp(-2.0)), rel=0.05)
    assert forecast.mean[1] == pytest.approx(5.0, rel=0.05)
    with pytest.raises(GasModelError, match=r"shape \(0, 0\); it must be \(2, 1\)"):
        model.forecast(y, params, 2, np.random.default_rng(1))


def test_same_generator_same_draws() -> None:
    model = GasModel("negbin")
    params = {"omega": 0.1, "alpha": 0.1, "beta": 0.9, "dispersion": 0.5}
    y = model.simulate(params, 50, np.random.default_rng(7), series=3)
    assert y.shape == (50, 3)
    assert (y == model.simulate(params, 50, np.random.default_rng(7), series=3)).all()
    assert (y != model.simulate(params, 50, np.random.default_rng(8), series=3)).any()


DRAWN: list[tuple[str, dict[str, float], float, float]] = [
    # mean and variance of a draw while the parameter stands still
    ("bernoulli", {"omega": 0.4}, 1 / (1 + np.exp(-0.4)), np.exp(-0.4) / (1 + np.exp(-0.4)) ** 2),
    ("beta", {"omega": 0.0, "precision": 4.0}, 0.5, 0.25 / 5.0),
    ("poisson", {"omega": np.log(3.0)}, 3.0, 3.0),
    ("negbin", {"omega": np.log(3.0), "dispersion": 0.5}, 3.0, 7.5),
    ("gaussian", {"omega": -2.0, "variance": 2.5}, -2.0, 2.5),
    ("student_t", {"omega": 1.0, "scale": 2.0, "df": 12.0}, 1.0, 4.8),
    ("exponential", {"omega": np.log(2.0)}, 2.0, 4.0),
    ("gamma", {"omega": np.log(2.0), "shape": 5.0}, 2.0, 0.8),
]


@pytest.mark.parametrize(("name", "params", "mean", "variance"), DRAWN)
def test_draws_have_the_moments_of_their_density(
    name: str, params: dict[str, float], mean: float, variance: float
) -> None:
    still = {"alpha": 0.0, "beta": 0.0} | params
    y = GasModel(name).simulate(still, 1, np.random.default_rng(1), series=200_000)
    assert y.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / y.size))
    assert y.var() == pytest.approx(variance, rel=0.03)


def test_refused() -> None:
    model, rng = GasModel("poisson", regressors=[1.0, 2.0]), np.random.default_rng(1)
    params = {"omega": 0.1, "x1": 0.1, "alpha": 0.1, "beta": 0.5}
    with pytest.raises(GasModelError, match="fewer rows than the 3 observations"):
        model.simulate(params, 3, rng)
    plain = {"omega": 0.1, "alpha": 0.1, "beta": 0.5}
    for arguments, message in (
        ({"horizon": 0}, "horizon is 0"),
        ({"horizon": 1, "draws": 2.5}, "draws is 2.5"),
        ({"horizon": 1, "coverage": 1.0}, "coverage is 1.0"),
    ):
        with pytest.raises(GasModelError, match=message):
            GasModel("poisson").forecast([1, 2], plain, rng=rng, **arguments)
    with pytest.raises(GasModelError, match="takes one series"):
        GasModel("poisson").forecast([[1, 2]], plain, 1, rng)


def test_means_too_large_to_draw_from_are_refused() -> None:
    with pytest.raises(GasModelError, match="at step 1 a simulated poisson cannot be drawn from"):
        GasModel("poisson").simulate({"omega": 50.0, "alpha": 0.0, "beta": 0.0}, 3, np.random.default_rng(1))
