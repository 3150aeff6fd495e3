"""Known results: the instrument reproduces them, and says so when it does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ballast.errors import CaseError
from ballast.sim.scenario import ALLOCATIONS
from ballast.studies.compare.printed import show_checks
from ballast.studies.compare.sanity import RANDOM, SERVERS, Check, checks, fullest, serve, servers, two_choices_stay


def test_everything_known_is_reproduced() -> None:
    for check in checks(1):
        print(f"{check.name}: oracle {check.oracle:.3f} ± {check.tolerance}, got {check.got:.3f}")
        assert check.within, check


def test_random_bins_are_as_full_as_the_multinomial_says() -> None:
    # E max = sum over k of P(max > k); P(max <= k) from Poisson counts, given their sum.
    lam, n, m = 10.0, 100, 1_000
    poisson = np.exp([-lam + j * math.log(lam) - math.lgamma(j + 1) for j in range(m + 1)])
    given_sum = math.exp(-n * lam + m * math.log(n * lam) - math.lgamma(m + 1))

    def at_most(k: int) -> float:
        of_one, of_all = np.where(np.arange(m + 1) <= k, poisson, 0.0), np.array([1.0])
        for _ in range(n):
            of_all = np.convolve(of_all, of_one[: k + 1])[: m + 1]
        return float(of_all[m]) / given_sum

    exact = 10 + sum(1 - at_most(k) for k in range(10, 45)) - 10
    assert exact == pytest.approx(8.76, abs=0.005)
    assert fullest(RANDOM, 1_000, np.random.default_rng(2)) == pytest.approx(exact, abs=0.15)


def test_turns_fill_all_bins_equally() -> None:
    assert fullest(ALLOCATIONS.index("round_robin"), 3, np.random.default_rng(3)) == 0


def test_two_choices_stay_as_in_the_published_table() -> None:
    assert two_choices_stay(0.9) == pytest.approx(2.6141, abs=5e-5)
    assert two_choices_stay(0.5) == pytest.approx(1.2657, abs=5e-5)


def test_an_empty_supermarket_without_arrivals_stays_empty() -> None:
    bidders, discounts, task, terms = servers(SERVERS)
    assert serve(bidders, discounts, task, terms, RANDOM, np.random.default_rng(1).random((1_000, 3)), 0.0) == 0
    assert bidders.load.sum() == 0


def test_a_miss_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CaseError, match="not reproduced: second"):
        show_checks([Check("first", 1.0, 0.1, 1.05), Check("second", 1.0, 0.1, 1.2)], False)
    shown = capsys.readouterr().out
    assert "yes" in shown
    assert "NO" in shown
