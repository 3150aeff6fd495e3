"""The model of risk: amounts, the copula, simulated epochs against enumeration, measures of risk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from ballast.model import load_curve, slash_split
from ballast.model.constants import BPS, PPM
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.studies.risk.amounts import Outcomes
from ballast.studies.risk.analysis import analyse, break_even_ask, factors, load_limit
from ballast.studies.risk.copula import given_factor
from ballast.studies.risk.epochs import CAUSES, CORRELATED, DELEGATED, LATE, WRONG, counts, simulate_epochs
from ballast.studies.risk.lines import Exposure, TaskLine, TrackRecord, delegated_line, executor_line, own_line
from ballast.studies.risk.pooled import common_prior, scatter
from ballast.studies.risk.quantities import (
    expected_shortfall,
    falls_below,
    shortfall_by_cause,
    stake_for,
    value_at_risk,
)

AMOUNTS = Outcomes(NetworkParameters(), ClassParameters())
LINE = TaskLine(2.0, 100.0, 0.9, 0.5, 0.2, 1.0, TrackRecord(0.9), TrackRecord(0.8))
NORMAL = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
"""Equally likely values of a standard normal."""


def exposed(*lines: TaskLine, stake: float = 1_000.0) -> Exposure:
    """Somebody with some lines."""
    return Exposure("coprocessor", stake, 100.0, lines)


# Amounts


def test_amounts_are_those_of_the_protocol() -> None:
    curve = load_curve.pack(AMOUNTS.network.chosen_curve)
    for x in (0, 8_000, 9_000, BPS):
        expected = slash_split.late_amount(
            PPM, PPM, AMOUNTS.terms.slash_factor, load_curve.amplifier(curve, x), AMOUNTS.network.slash.lateness_floor
        )
        assert AMOUNTS.late_by_load[x] == pytest.approx(expected / PPM, abs=1e-6)
    assert AMOUNTS.late_by_load[BPS] == pytest.approx(2 * AMOUNTS.late_by_load[0], abs=2e-6)
    assert (AMOUNTS.collateral, AMOUNTS.wrong, AMOUNTS.penalty) == (1.0, 1.0, 0.05)
    assert AMOUNTS.compensation(0.5) == pytest.approx(0.2)
    assert AMOUNTS.fee(0.5) == pytest.approx(0.01)


def test_what_an_executor_locks_grows_with_its_stake_and_the_penalty_does_not() -> None:
    terms = replace(AMOUNTS.terms, stake_share=250_000, wrong_factor=700_000)
    mine = Outcomes(AMOUNTS.network, terms).backed_by(capacity=1_000, reward=5_000.0)  # a stake of two rewards
    assert (mine.collateral, mine.wrong, mine.penalty) == (1.0, 1.0, 0.05)
    more = mine.backed_by(capacity=8_000, reward=5_000.0)
    assert (more.collateral, more.penalty) == (4.0, 0.05)
    assert more.wrong == pytest.approx(2.8)
    assert more.late_by_load[0] == pytest.approx(4 * AMOUNTS.late_by_load[0])
    assert AMOUNTS.backed_by(8_000, 5_000.0) is AMOUNTS


def test_the_stake_needed_is_that_of_the_capacity_or_of_a_task() -> None:
    assert AMOUNTS.least_stake(capacity=1_000, reward=500.0) == 10_000
    assert AMOUNTS.least_stake(capacity=10, reward=500.0) == 500


def test_other_terms_change_both_slashes_and_keep_the_penalty_in_its_bound() -> None:
    other = AMOUNTS.at(slash_factor=0.02, collateral=3.0)
    assert (other.wrong, other.late_by_load[0]) == (3.0, pytest.approx(0.06))
    assert other.penalty == pytest.approx(0.03)
    mild = Outcomes(AMOUNTS.network, replace(AMOUNTS.terms, wrong_factor=200_000))
    assert mild.at(slash_factor=0.5, collateral=4.0).wrong == 2.0  # no less than a late result costs


# Copula


@pytest.mark.parametrize(("chance", "correlation"), [(0.02, 0.0), (0.02, 0.3), (0.4, 0.9)])
def test_the_mean_over_the_factor_is_the_margin(chance: float, correlation: float) -> None:
    assert given_factor(chance, correlation, NORMAL).mean() == pytest.approx(chance, rel=2e-3)


def test_two_tasks_fail_together_as_often_as_a_bivariate_normal_says() -> None:
    both = (given_factor(0.1, 0.4, NORMAL) ** 2).mean()
    quantile = norm.ppf(0.1)
    expected = multivariate_normal.cdf([quantile, quantile], cov=[[1.0, 0.4], [0.4, 1.0]])
    assert both == pytest.approx(expected, rel=3e-3)


def test_a_low_factor_is_bad() -> None:
    assert (np.diff(given_factor(0.1, 0.3, np.linspace(-3, 3, 20))) < 0).all()


# Lines


def test_a_record_is_a_beta_and_a_known_chance_is_certain() -> None:
    rng = np.random.default_rng(1)
    few, many = (TrackRecord(0.9 * n, n).draws(20_000, rng) for n in (10, 1_000))
    assert few.mean() == pytest.approx(9.5 / 11, abs=2e-3)
    assert few.std() == pytest.approx(np.sqrt(9.5 * 1.5 / 11**2 / 12), rel=0.03)
    assert many.std() < few.std() / 5
    assert set(TrackRecord(0.9).draws(5, rng)) == {0.9}


def test_a_record_has_the_prior_that_all_records_are_worth() -> None:
    record = TrackRecord(9.0, 10.0, (27.0, 3.0))
    assert record.mean == pytest.approx(36 / 40)
    assert record.draws(40_000, np.random.default_rng(1)).mean() == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize(("a", "b"), [(30.0, 2.0), (2.0, 1.0)])
def test_the_prior_of_all_is_the_law_of_their_chances(a: float, b: float) -> None:
    rng = np.random.default_rng(3)
    tasks = rng.integers(0, 200, 5_000).astype(float)
    good = rng.binomial(tasks.astype(int), rng.beta(a, b, len(tasks))).astype(float)
    assert list(common_prior(good, tasks)) == pytest.approx([a, b], rel=0.1)


def test_who_are_alike_count_as_one_record_and_who_differ_most_as_jeffreys() -> None:
    tasks = np.full(50, 100.0)
    good, bad = common_prior(np.full(50, 97.0), tasks)
    assert good + bad == pytest.approx(5_000)
    assert good / (good + bad) == pytest.approx(0.97, abs=1e-3)
    assert sum(common_prior(np.repeat([0.0, 100.0], 25), tasks)) == pytest.approx(1.0)


def test_blocks_scatter_by_what_is_in_them() -> None:
    tasks = np.zeros((15, 2), dtype=np.int64)
    tasks[3, 0] = 15
    tasks[:, 1] = 7
    # a third of the blocks of five has all of it, three an epoch where one is the mean
    assert scatter(tasks).tolist() == pytest.approx([3**2 / 3 - 1, 0.0])


def test_a_coprocessor_breaks_even_where_its_mean_profit_is_nothing() -> None:
    line = executor_line(AMOUNTS, price=0.9, load=0.5, line=LINE)
    assert line.paid == pytest.approx(0.9 * 0.98)
    # (1 - fee) b p q = cost + p (1 - q) l + (1 - p) s
    price = (0.5 + 0.9 * 0.2 * 1.0 + 0.1 * 0.1) / (0.98 * 0.9 * 0.8)
    assert break_even_ask(AMOUNTS, line) == pytest.approx(price)
    assert line.expected(line.break_even) == pytest.approx(0.0)


def test_overload_and_a_load_above_f_raise_what_breaks_even() -> None:
    idle, full = (executor_line(AMOUNTS, 0.9, load, LINE) for load in (0.5, 1.0))
    assert full.late == pytest.approx(2 * idle.late, abs=2e-6)
    assert replace(idle, strained=0.3).break_even > idle.break_even


def test_a_delegated_task_that_fails_costs_the_penalty_less_the_compensation() -> None:
    line = delegated_line(AMOUNTS, price=0.8, late_slash=0.1, line=LINE)
    assert line.paid == pytest.approx(0.2)
    assert line.cost == 0.0
    assert line.late == pytest.approx(0.05 - 0.4 * 0.1)
    assert line.late_rescued == pytest.approx(-0.4 * 0.1)
    assert line.wrong == pytest.approx(0.05 - 0.4 * 1.0)


def test_an_operator_pays_slash_and_penalty_for_its_own_failures() -> None:
    line = own_line(AMOUNTS, load=0.5, line=LINE)
    assert [line.late, line.wrong] == pytest.approx([0.15, 1.05])
    assert line.paid == pytest.approx(1 - 0.02 * 0.98)


# Epochs


def law(line: TaskLine, number: int) -> dict[float, float]:
    """Law of the profit of an epoch with a number of tasks of equal reward, by enumeration."""
    in_time, right = line.in_time.mean, line.right.mean
    lost = 1 - in_time
    outcomes = {
        line.paid: in_time * right + lost * 0.0,
        -line.wrong: in_time * (1 - right),
        -line.late: lost * (1 - line.rescued),
        line.paid - line.late_rescued: lost * line.rescued,
    }
    found: dict[float, float] = defaultdict(float)
    for each in product(outcomes.items(), repeat=number):
        profit = sum(value - line.cost for value, _ in each) * line.reward
        found[round(profit, 6)] += float(np.prod([chance for _, chance in each]))
    return found


@pytest.mark.parametrize("rescued", [0.0, 0.4])
def test_an_epoch_has_the_law_that_enumeration_gives(rescued: float) -> None:
    line = replace(LINE, past=((2, 0, 100.0),), rescued=rescued, late_rescued=-0.05)
    paths = 40_000
    causes = simulate_epochs(exposed(line), np.zeros((paths, 2)), 0.0, np.random.default_rng(2))
    profit = np.sum(list(causes.values()), axis=0)[:, 0]
    expected = law(line, 2)
    assert sum(expected.values()) == pytest.approx(1.0)
    assert set(np.round(profit, 6)) <= set(expected)
    for value, chance in expected.items():
        came = np.isclose(profit, value, atol=1e-6).mean()
        assert came == pytest.approx(chance, abs=4.5 * np.sqrt(chance * (1 - chance) / paths) + 1e-4)


def test_what_is_carried_is_spent_now_and_decided_an_epoch_later() -> None:
    sure = replace(LINE, in_time=TrackRecord(1.0), right=TrackRecord(1.0), past=((3, 2, 100.0), (0, 0, 100.0)))
    profit = np.sum(
        list(simulate_epochs(exposed(sure), np.zeros((50, 4)), 0.0, np.random.default_rng(3)).values()), axis=0
    )
    # 3 tasks of 100 are worked on in every other epoch for 150; one brings 90 then, two 180 in the next
    assert {tuple(np.round(row)) for row in profit} <= {(-60.0, 180.0, -60.0), (180.0, -60.0, 180.0)}


def test_correlation_keeps_the_mean_and_worsens_the_tail() -> None:
    rng = np.random.default_rng(4)
    factor = factors(20_000, 1, rng)
    line = replace(LINE, tasks=20.0, late=0.6)
    means, tails, common = [], [], []
    for correlation in (0.0, 0.3):
        causes = simulate_epochs(exposed(line), factor, correlation, np.random.default_rng(5))
        profit = np.sum(list(causes.values()), axis=0)[:, 0]
        means.append(profit.mean())
        tails.append(expected_shortfall(profit, 0.99))
        common.append(causes[CORRELATED].mean())
    assert means[1] == pytest.approx(means[0], abs=15.0)
    assert tails[1] > tails[0] + 300.0
    assert common[0] == pytest.approx(0.0, abs=1e-6)
    assert common[1] < -50.0


def test_losses_have_the_cause_they_have() -> None:
    rng = np.random.default_rng(6)
    late = replace(LINE, in_time=TrackRecord(0.0))
    wrong = replace(LINE, in_time=TrackRecord(1.0), right=TrackRecord(0.0))
    for line, cause, loss in ((late, LATE, 0.2), (wrong, WRONG, 1.0), (replace(late, delegated=True), DELEGATED, 0.2)):
        causes = simulate_epochs(exposed(replace(line, past=((1, 0, 100.0),))), np.zeros((10, 3)), 0.0, rng)
        assert causes[cause].mean() == pytest.approx(-100.0 * loss, abs=1e-3)
        others = [c for c in CAUSES if c not in (cause, "earned")]
        assert all(abs(causes[c]).max() < 1e-3 for c in others)


@pytest.mark.parametrize("dispersion", [0.4, 1.0, 2.5])
def test_numbers_of_tasks_have_mean_and_dispersion(dispersion: float) -> None:
    drawn = counts(np.full(40_000, 6.0), dispersion, (40_000, 1), np.random.default_rng(7))
    assert drawn.mean() == pytest.approx(6.0, abs=0.06)
    assert drawn.var() / drawn.mean() == pytest.approx(dispersion, rel=0.04)


def test_rewards_spread_as_asked_and_split_between_outcomes() -> None:
    line = replace(LINE, in_time=TrackRecord(1.0), right=TrackRecord(0.5), paid=1.0, wrong=0.0, cost=0.0)
    line = replace(line, reward_spread=0.8, dispersion=0.01, tasks=4.0)
    causes = simulate_epochs(exposed(line), np.zeros((40_000, 2)), 0.0, np.random.default_rng(8))
    profit = np.sum(list(causes.values()), axis=0)[:, 0]
    # five tasks begin with a chance of 0.8 and are good with one of 0.5: a mean of 2, and a variance of 1.2
    assert profit.mean() == pytest.approx(200.0, rel=0.02)
    assert profit.var() == pytest.approx(100.0**2 * (2 * 0.64 + 1.2), rel=0.05)


def test_a_thin_record_has_a_fatter_tail_over_a_horizon() -> None:
    thin, thick = TrackRecord(8, 10), TrackRecord(800, 1_000)
    short = []
    for record in (thin, thick):
        line = replace(LINE, in_time=record, right=TrackRecord(1.0), late=1.0)
        causes = simulate_epochs(exposed(line), np.zeros((4_000, 31)), 0.0, np.random.default_rng(9))
        short.append(expected_shortfall(np.sum(list(causes.values()), axis=0).sum(axis=1), 0.95))
    assert short[0] > short[1] + 500.0


# Quantities


def test_value_at_risk_and_shortfall_of_a_hundred_outcomes() -> None:
    profit = np.arange(100.0) - 50.0
    assert value_at_risk(profit, 0.95) == 46.0
    assert expected_shortfall(profit, 0.95) == 48.0
    assert value_at_risk(profit, 0.99) == expected_shortfall(profit, 0.99) == 50.0


def test_shortfall_by_cause_adds_up() -> None:
    rng = np.random.default_rng(10)
    causes = {"a": rng.normal(size=1_000), "b": 3 * rng.normal(size=1_000)}
    parts = shortfall_by_cause(causes, 0.95)
    assert sum(parts.values()) == pytest.approx(expected_shortfall(causes["a"] + causes["b"], 0.95))
    assert parts["b"] > parts["a"]


def test_ruin_counts_the_lowest_point_and_the_stake_needed_is_just_enough() -> None:
    profit = np.array([[-5.0, 10.0], [-3.0, -1.0], [2.0, 2.0], [1.0, -2.0]])
    assert falls_below(profit, 5.0, 0.0) == 0.25
    assert falls_below(profit, 5.0, 1.0) == 0.5
    assert [stake_for(profit, chance) for chance in (0.0, 0.25, 0.5, 1.0)] == [5.0, 4.0, 1.0, 0.0]
    assert falls_below(profit, stake_for(profit, 0.25) + 1e-9, 0.0) == 0.25


# Decisions


def test_the_largest_load_falls_with_overload_and_costs() -> None:
    line = executor_line(AMOUNTS, 0.9, 0.5, replace(LINE, in_time=TrackRecord(0.98), right=TrackRecord(0.98)))
    loads = [load_limit(AMOUNTS, line, overload).load for overload in (0.0, 0.6, 0.9)]
    assert loads[0] == 1.0
    assert loads[0] > loads[1] > loads[2] > 0.8  # type: ignore[operator]
    limit = load_limit(AMOUNTS, line, 0.6)
    assert limit.at_full < 0 < limit.at_kink
    assert load_limit(AMOUNTS, replace(line, cost=0.95), 0.3).load is None


def test_at_the_largest_load_a_task_pays_nothing() -> None:
    line = executor_line(AMOUNTS, 0.9, 0.5, replace(LINE, in_time=TrackRecord(0.98), right=TrackRecord(0.98)))
    load = load_limit(AMOUNTS, line, 0.6).load
    assert load is not None
    strained = ((load - 0.8) / 0.2) ** 2
    there = executor_line(AMOUNTS, 0.9, load, replace(line, strained=0.6 * strained))
    assert there.expected(there.paid) == pytest.approx(0.0, abs=2e-3)


def test_more_stake_means_less_ruin() -> None:
    line = executor_line(AMOUNTS, 0.7, 0.5, LINE)
    chances = []
    for stake in (100.0, 400.0, 3_000.0):
        rng = np.random.default_rng(11)
        report, _ = analyse(exposed(line, stake=stake), factors(2_000, 20, rng), 0.0, 0.05, rng)
        chances.append(report.ruin)
        assert report.short >= report.ruin
    assert chances[0] > chances[1] > chances[2]
    rng = np.random.default_rng(11)
    again, _ = analyse(exposed(line, stake=report.stake_needed + 1e-6), factors(2_000, 20, rng), 0.0, 0.05, rng)
    assert again.ruin == pytest.approx(0.05, abs=1e-3)
