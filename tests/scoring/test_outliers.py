"""Outliers do not spoil a fit: the best of several starts is found, the same each time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ballast.scoring import GasModel
from ballast.scoring.borders import INVERTIBILITY
from ballast.scoring.invertible import Region
from ballast.scoring.links import Array

N = 300
LOCATION = {"omega": 0.2, "alpha": 0.3, "beta": 0.8, "scale": 1.0, "df": 5.0}
SCALE = {"omega": 0.02, "alpha": 0.1, "beta": 0.95, "location": 0.2, "df": 6.0}
BOTH = {"omega_location": 0.1, "alpha_location": 0.3, "beta_location": 0.9, "omega_scale": 0.02}
BOTH |= {"alpha_scale": 0.1, "beta_scale": 0.9, "df": 6.0}
MODELS: list[tuple[str, dict[str, Any], dict[str, float]]] = [
    ("student_t", {}, LOCATION),
    ("student_t", {"time_varying": "scale"}, SCALE),
    ("student_t", {"time_varying": ("location", "scale")}, BOTH),
    ("gamma", {}, {"omega": 0.05, "alpha": 0.1, "beta": 0.9, "shape": 2.0}),
    ("negbin", {}, {"omega": 0.2, "alpha": 0.1, "beta": 0.9, "dispersion": 0.4}),
]
PLACES = {"first": [0], "middle": [N // 2], "last": [N - 1], "1%": [50, 150, 250], "4%": list(range(7, N, 25))}


def spoilt(name: str, options: dict[str, Any], true: dict[str, float], places: list[int], size: float) -> Array:
    """Simulate a series with outliers."""
    y = GasModel(name, **options).simulate(true, N, np.random.default_rng(5))
    y[places] = np.round(size * (1.0 + 0.1 * np.arange(len(places))))
    return y


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("name", "options", "true"), MODELS)
def test_no_other_start_finds_more(name: str, options: dict[str, Any], true: dict[str, float], place: str) -> None:
    model = GasModel(name, **options)
    y = spoilt(name, options, true, PLACES[place], 1e4 if name == "student_t" else 60.0)
    fit = model.fit(y)
    assert fit.converged, fit.message
    assert fit.loglik >= model.loglik(y, true)
    heavier = true | ({"df": 1.5} if "df" in true else {})
    for start in (true, heavier):
        other = model.fit(y, start=start)
        assert fit.loglik >= other.loglik - 1e-4 or not other.converged
    assert model.fit(y).params == fit.params


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_one_outlier_moves_a_student_fit_little(place: str) -> None:
    clean = GasModel("student_t").simulate(LOCATION, N, np.random.default_rng(5))
    fit = GasModel("student_t").fit(clean)
    for size in (1e3, 1e6):
        found = GasModel("student_t").fit(spoilt("student_t", {}, LOCATION, PLACES[place], size))
        assert found.params["scale"] == pytest.approx(fit.params["scale"], rel=0.2)
        assert found.params["beta"] == pytest.approx(fit.params["beta"], abs=0.15)


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("beta", [0.0, 0.8])
def test_one_outlier_of_any_size_leaves_a_gaussian_its_maximum(place: str, beta: float) -> None:
    # the outlier is all that the likelihood sees, so a fit must count in the deviation with it
    true = {"omega": 0.2, "alpha": 0.3 * (beta > 0.0), "beta": beta, "variance": 1.0}
    for size in (1e4, 1e6, 1e8):
        y = spoilt("gaussian", {}, true, PLACES[place], size)
        fit = GasModel("gaussian").fit(y)
        assert fit.converged, fit.message
        assert fit.params["variance"] == pytest.approx(y.var(), rel=0.1)


def autocorrelated(n: int, kind: str, seed: int) -> Array:
    """Draw a series without outliers: independent, autoregressive or around a random level."""
    rng = np.random.default_rng(1000 + seed)
    y, e = np.zeros(n), rng.standard_t(5, n)
    if kind == "level":
        return np.asarray(0.3 * rng.normal(size=n).cumsum() + e)
    for t in range(n):
        y[t] = 0.8 * (kind == "autoregressive") * y[t - 1] * (t > 0) + e[t]
    return y


@pytest.mark.parametrize("n", [60, 150])
@pytest.mark.parametrize("kind", ["independent", "autoregressive", "level"])
@pytest.mark.parametrize("seed", range(3))
def test_one_gross_outlier_leaves_a_maximum_or_a_border(n: int, kind: str, seed: int) -> None:
    clean = autocorrelated(n, kind, seed)
    model = GasModel("student_t")
    expected = model.fit(clean)
    # every size and every place, one with another
    for size, place in zip((10.0, 100.0, 1e3, 1e4), (0, n // 2, n - 1, 0), strict=True):
        y = clean.copy()
        y[place] = np.round(size * clean.std())
        fit = model.fit(y)
        assert fit.converged, fit.message
        assert fit.loglik >= model.loglik(y, expected.params)
        assert not fit.borders or fit.diagnose(np.random.default_rng(0)).exponent < 0.0
        away = np.abs(np.arange(n) - place) > 5
        moved = (fit.filtered.f["location"] - expected.filtered.f["location"])[away]
        assert np.sqrt(np.mean(moved**2)) < 0.5 * clean.std()


@pytest.mark.parametrize(
    ("kind", "n", "seed", "size", "place"),
    [
        # a maximum with beta below zero, and a hill that only the estimates without the outlier lead to
        ("independent", 150, 22, 10.0, 50),
        ("level", 60, 21, 1e3, 59),
        # the highest climb is rough, and a lower one ends at a maximum
        ("autoregressive", 60, 22, 10.0, 20),
        # all are rough, though some path forgets its start
        ("autoregressive", 60, 24, 100.0, 30),
    ],
)
def test_the_estimates_without_an_outlier_lead_no_higher(kind: str, n: int, seed: int, size: float, place: int) -> None:
    y = autocorrelated(n, kind, seed)
    model = GasModel("student_t")
    clean = model.fit(y).params
    y[place] = np.round(size * y.std())
    fit = model.fit(y)
    assert fit.converged, fit.message
    other = model.fit(y, start=clean)
    assert fit.loglik >= other.loglik - 1e-4 or not other.converged


def test_a_start_against_the_score_is_taken_or_told_to_lead_nowhere() -> None:
    # the climb ends rough, and no start is left of those that follow their scores
    y = autocorrelated(150, "independent", 22)
    model = GasModel("student_t")
    start = model.fit(y).params
    assert start["alpha"] < 0.0
    y[50] = np.round(10.0 * y.std())
    assert model.fit(y, start=start).loglik > model.loglik(y, start)


def test_a_fit_at_the_border_of_invertibility() -> None:
    # an outlier at the end of a short series: df falls, alpha grows against it, and the likelihood is rough
    y = autocorrelated(60, "autoregressive", 0)
    clean = GasModel("student_t").fit(y)
    y[-1] = np.round(100.0 * y.std())
    model = GasModel("student_t")
    fit = model.fit(y)
    assert fit.converged
    assert fit.borders == (INVERTIBILITY,)
    assert "at the border of invertibility" in fit.message
    assert fit.diagnose(np.random.default_rng(0)).exponent < 0.0
    assert not fit.errors_known
    assert np.isnan(list(fit.standard_errors.values())).all()
    # the search there knows no unit either
    for unit, zero in ((1e3, 7.0), (1e-3, 0.0), (7.0, 11.0), (13.0, 1.0)):
        other = model.fit(unit * y + zero)
        for name in ("alpha", "beta", "df"):
            factor = unit**2 if name == "alpha" else 1.0
            assert other.params[name] == pytest.approx(factor * fit.params[name], rel=1e-6)
    # what the message of a fit without a maximum advises
    y[-1] = np.nan
    mended = model.fit(y)
    assert mended.errors_known
    assert mended.params["scale"] == pytest.approx(clean.params["scale"], rel=0.1)


def test_a_path_that_does_not_forget_its_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    y = autocorrelated(60, "autoregressive", 0)
    y[-1] = np.round(100.0 * y.std())
    monkeypatch.setattr(Region, "climb", lambda *_: ([], None))
    fit = GasModel("student_t").fit(y)
    assert not fit.converged
    assert "does not forget its start" in fit.message
    assert fit.diagnose(np.random.default_rng(0)).exponent > 0.0
