"""Forecasters on series whose future is known, and scores by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ballast.errors import PlanError
from ballast.scoring import GasModel
from ballast.studies.planning.forecast import (
    FORECASTERS,
    QUANTILES,
    Array,
    DemandForecast,
    ets,
    futures,
    naive_error,
    nb2_gas,
    origins,
    pinball,
    score,
    seasonal_naive,
)


def seasonal(periods: int, season: int, waves: int = 1) -> Array:
    """Means that go from 37 to 164 and back ``waves`` times a season."""
    return 100.0 * np.exp(0.5 * np.cos(2.0 * np.pi * waves * np.arange(periods) / season))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", list(FORECASTERS))
@pytest.mark.parametrize("season", [12, 13])
def test_a_season_is_carried_on(name: str, season: int) -> None:
    rng = np.random.default_rng(2)
    mean = seasonal(25 * season, season)
    history, truth = rng.poisson(mean[: 23 * season]).astype(float), mean[23 * season :]
    drawn = futures(name, history, season, 2 * season, 400, rng)
    assert drawn.shape == (2 * season, 400)
    assert np.abs(np.median(drawn, axis=1) / truth - 1.0).mean() < (0.15 if name == "seasonal_naive" else 0.06)


def test_the_strongest_waves_are_found_among_many() -> None:
    rng = np.random.default_rng(3)
    mean = seasonal(8 * 84, 84, waves=12)
    drawn = nb2_gas(rng.poisson(mean[: 7 * 84]).astype(float), 84, 84, 300, rng)
    assert np.abs(drawn.mean(axis=1) / mean[7 * 84 :] - 1.0).mean() < 0.08


def test_intervals_of_the_gas_model_hold_what_they_say() -> None:
    params = {"omega": 3.0, "alpha": 0.1, "beta": 0.5, "dispersion": 0.1}
    model = GasModel("negbin", ("mean",), "inverse_sqrt", parametrization="level")
    y = model.simulate(params, 340, np.random.default_rng(5))
    made = [DemandForecast.of(o, nb2_gas(y[:o], 2, 20, 500, np.random.default_rng(o))) for o in range(200, 340, 20)]
    coverage = score(y, 2, made).coverage
    assert 0.4 < coverage[0.5] < 0.6
    assert 0.83 < coverage[0.9] < 0.97


def test_exponential_smoothing_is_not_below_zero() -> None:
    rng = np.random.default_rng(6)
    assert ets(rng.poisson(0.3, 60).astype(float), 6, 12, 200, rng).min() >= 0.0


def test_naive_repeats_a_season_without_errors_and_widens_with_each() -> None:
    rng = np.random.default_rng(7)
    history = np.tile([5.0, 9.0, 2.0], 4)
    repeated = seasonal_naive(history, 3, 7, 20, rng)
    assert (repeated == np.array([5.0, 9.0, 2.0, 5.0, 9.0, 2.0, 5.0])[:, None]).all()
    walk = 1_000.0 + np.cumsum(rng.normal(size=400))
    spread = seasonal_naive(walk, 4, 12, 4_000, rng).std(axis=1)
    assert spread[4] > 1.2 * spread[3] > 1.2 * 0.9 * spread[0]
    assert spread[8] > 1.1 * spread[7]


def test_futures_stop_at_ten_times_the_most() -> None:
    rng = np.random.default_rng(8)
    history = rng.poisson(np.exp(np.linspace(0.0, 8.0, 60))).astype(float)
    assert futures("ets", history, 7, 60, 400, rng).max() == 10.0 * history.max()


def test_a_demand_the_gas_model_cannot_follow_is_refused_in_words() -> None:
    history = np.zeros(200)
    history[5] = 1.0
    with pytest.raises(PlanError, match=r"the GAS model does not fit: .*; give fewer --periods or a smaller --season"):
        futures("nb2_gas", history, 7, 100, 500, np.random.default_rng(1))


def test_pinball_by_hand() -> None:
    truth, forecast = np.array([10.0, 10.0]), np.array([8.0, 14.0])
    assert pinball(truth, forecast, 0.9) == pytest.approx((0.9 * 2 + 0.1 * 4) / 2)
    assert pinball(truth, forecast, 0.5) == pytest.approx((1.0 + 2.0) / 2)


def test_naive_error_by_hand() -> None:
    assert naive_error(np.array([1.0, 2.0, 4.0, 2.0, 1.0]), 2) == pytest.approx((3 + 0 + 3) / 3)
    with pytest.raises(PlanError, match="repeat exactly every 2 periods"):
        naive_error(np.array([1.0, 2.0, 1.0, 2.0]), 2)


def flat(origin: int, *medians: float) -> DemandForecast:
    """Forecast whose outer quantiles are 2 and its quartiles 1 from the median."""
    rows = [[m - 2, m - 1, m, m + 1, m + 2, m + 2] for m in medians]
    return DemandForecast(origin, np.array(medians), np.array(rows, dtype=float))


def test_scores_by_hand() -> None:
    history = np.array([1.0, 3.0, 2.0, 5.0, 6.0, 8.0, 4.0, 4.0])
    # Errors 0 and 2 over the naive's (1 + 2) / 2 of the first four, then 3 and 0 over its (1 + 2 + 4 + 3) / 4.
    scores = score(history, 2, [flat(4, 6.0, 10.0), flat(6, 7.0, 4.0)])
    assert scores.mase == pytest.approx(((0 + 2) / 2 / 1.5 + (3 + 0) / 2 / 2.5) / 2)
    assert scores.coverage == {0.5: 0.5, 0.9: 0.75}
    assert scores.pinball[0.5] == pytest.approx((0 + 1 + 1.5 + 0) / 4)
    assert scores.pinball[0.05] == pytest.approx((0.05 * 2 + 0.05 * 0 + 0.95 * 1 + 0.05 * 2) / 4)
    assert scores.loss == pytest.approx(np.mean([scores.pinball[q] for q in QUANTILES]))


def test_windows_end_with_the_history_and_leave_three_seasons() -> None:
    assert origins(periods=40, season=6, horizon=5, windows=4) == [20, 25, 30, 35]
    assert origins(periods=38, season=6, horizon=5, windows=4)[0] == 18
    with pytest.raises(PlanError, match="4 windows of 5 leave 17 of 37 periods to learn from, and 3 seasons of 6"):
        origins(periods=37, season=6, horizon=5, windows=4)
