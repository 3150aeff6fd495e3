"""Scores and information against the log density itself: differences, sums and integrals, no sampling."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy import special

from ballast.scoring import scores
from ballast.scoring.links import Array
from ballast.scoring.special import digamma, trigamma
from tests.scoring.points import POINTS, density, expectation, observations, vector

IDS = [f"{name}-{theta}" for name, _, theta in POINTS]


@pytest.mark.parametrize(("name", "trials", "values"), POINTS, ids=IDS)
def test_score_is_the_derivative_of_the_log_density(name: str, trials: float, values: tuple[float, ...]) -> None:
    code, theta = density(name).code, vector(values)
    for i in range(len(values)):
        step = np.zeros(3)
        step[i] = 1e-5 * theta[i]
        for y in observations(name, trials):
            above = scores.log_density(code, y, trials, theta + step)
            below = scores.log_density(code, y, trials, theta - step)
            assert scores.score(code, i, y, trials, theta) == pytest.approx((above - below) / (2 * step[i]), rel=2e-7)


def _score_of(code: int, i: int, trials: float, theta: Array, y: float) -> float:
    return scores.score(code, i, y, trials, theta)


@pytest.mark.parametrize(("name", "trials", "values"), POINTS, ids=IDS)
def test_density_is_one_in_all_and_the_expected_score_zero(name: str, trials: float, values: tuple[float, ...]) -> None:
    chosen, theta = density(name), vector(values)
    assert expectation(chosen, trials, theta, lambda _: 1.0) == pytest.approx(1.0, abs=1e-9)
    for i in range(len(values)):
        mean = expectation(chosen, trials, theta, partial(_score_of, chosen.code, i, trials, theta))
        assert mean == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize(("name", "trials", "values"), POINTS, ids=IDS)
def test_information_is_the_covariance_of_the_scores(name: str, trials: float, values: tuple[float, ...]) -> None:
    chosen, theta = density(name), vector(values)
    for j in range(len(values)):
        for i in range(j + 1):

            def product(y: float, i: int = i, j: int = j) -> float:
                first = scores.score(chosen.code, i, y, trials, theta)
                return first * scores.score(chosen.code, j, y, trials, theta)

            exact = expectation(chosen, trials, theta, product)
            assert scores.information(chosen.code, i, j, trials, theta) == pytest.approx(exact, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize(("name", "trials", "values"), POINTS, ids=IDS)
def test_distribution_function_belongs_to_the_density(name: str, trials: float, values: tuple[float, ...]) -> None:
    chosen, theta = density(name), vector(values)
    thetas = {p.name: np.array([value]) for p, value in zip(chosen.parameters, values, strict=True)}
    number = np.array([trials])
    for bound in observations(name, trials):
        if chosen.discrete:
            below = sum(np.exp(scores.log_density(chosen.code, float(y), trials, theta)) for y in range(int(bound) + 1))
            assert chosen.cdf(np.array([bound]), number, thetas)[0] == pytest.approx(below, abs=1e-12)
        else:
            step = 1e-5
            ends = [chosen.cdf(np.array([bound + side]), number, thetas)[0] for side in (-step, step)]
            slope = np.exp(scores.log_density(chosen.code, bound, trials, theta))
            assert (ends[1] - ends[0]) / (2 * step) == pytest.approx(slope, rel=1e-4, abs=1e-9)
            assert 0.0 <= ends[0] <= ends[1] <= 1.0


def test_known_values() -> None:
    # found by quadrature and summation, apart from this code
    beta, student, negbin = vector((0.8, 12.0)), vector((0.0, 2.0**0.5, 5.0)), vector((6.0, 0.4))
    assert scores.score(scores.BETA, 0, 0.7, 1.0, beta) == pytest.approx(-8.50293, abs=5e-6)
    assert scores.score(scores.BETA, 1, 0.7, 1.0, beta) == pytest.approx(0.0189257, abs=5e-8)
    assert scores.information(scores.BETA, 0, 0, 1.0, beta) == pytest.approx(89.99028, abs=5e-6)
    assert scores.information(scores.BETA, 0, 1, 1.0, beta) == pytest.approx(-0.182478, abs=5e-7)
    assert scores.information(scores.BETA, 1, 1, 1.0, beta) == pytest.approx(0.00396342, abs=5e-9)
    assert scores.information(scores.STUDENT_T, 0, 0, 1.0, student) == pytest.approx(0.375)
    assert scores.information(scores.NEGBIN, 1, 1, 1.0, negbin) == pytest.approx(1.451934, abs=5e-7)


def test_dispersion_information_survives_a_probability_of_zero_that_underflows() -> None:
    # mean 3,000 and dispersion 1 / 2,000: P(y = 0) = exp(-1,833)
    m, a = 3_000.0, 1 / 2_000
    y = np.arange(0, 6_000)
    log_p = special.gammaln(y + 1 / a) - special.gammaln(1 / a) - special.gammaln(y + 1)
    log_p += y * np.log(a * m / (1 + a * m)) - np.log1p(a * m) / a
    s = (y - m) / (a * (1 + a * m)) + (np.log1p(a * m) + special.psi(1 / a) - special.psi(y + 1 / a)) / a**2
    exact = float((np.exp(log_p) * s**2).sum())
    assert scores.information(scores.NEGBIN, 1, 1, 1.0, vector((m, a))) == pytest.approx(exact, rel=1e-5)


def test_digamma_and_trigamma() -> None:
    for x in np.logspace(-6, 8, 60):
        assert digamma(x) == pytest.approx(special.psi(x), rel=1e-12)
        assert trigamma(x) == pytest.approx(special.polygamma(1, x), rel=1e-12)


def test_student_influence_falls_beyond_the_scale() -> None:
    theta = vector((0.0, 2.0, 5.0))
    peak = 2.0 * 5.0**0.5
    values = [scores.score(scores.STUDENT_T, 0, e, 1.0, theta) for e in (0.5 * peak, peak, 2 * peak, 20 * peak)]
    assert values[0] < values[1] > values[2] > values[3] > 0.0
