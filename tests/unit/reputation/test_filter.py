"""The filter's step as the contract computes it for the last epoch, worked out by hand.

phi' = omega + beta phi + alpha (k / n - rho) + gamma g, with omega 0.02, beta 0.98, alpha 1, gamma 0.02; without a
finished task phi drifts by a hundredth towards the newcomer's value of 0; below an n0 of 1,000 it is n parts of the
one and the rest of the other.
"""

from __future__ import annotations

import pytest

from tests.support.keeper import give_logits
from tests.support.protocol import FILTER, Market, Protocol

FIRST_LOGIT = 102_442
"""196 of 1,000 parts of 520,000 + 2,666."""
FULL = 51_000
"""Reward of a task whose fee is n0."""


def finish(market: Market, reward: int = FULL, good: bool = True, slot: int = 0) -> None:
    """Finish a task of the coprocessor in the present epoch that was executed in the last."""
    task = market.award(reward=reward, slot=slot)
    if good:
        market.submit(task)
        market.next_epoch()
        market.registry.settle([task], True)
    else:
        market.wait(601)
        market.registry.slash([task], 0, True)
        market.next_epoch()
        market.registry.fail([task], True)


def computed(market: Market, load: int = 0) -> int:
    """Spend the rest of the epoch at a load of the coprocessor; what the filter makes of it."""
    market.participants.change_load(market.coprocessor_account, load, 0, sender=market.registry.address)
    market.next_epoch()
    return int(market.reputation.computed(market.coprocessor_account))


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        # omega 20,000; half of alpha 500,000; f(0) / max f = 0.133326 of gamma 2,666
        (0, 522_666),
        # gamma in full
        (500, 540_000),
        # two thirds of gamma, 13,333 of 13,333.32
        (600, 533_333),
        # f is zero at F
        (800, 520_000),
        # above F the time counts against it: gamma lost in full
        (900, 500_000),
    ],
)
def test_good_task(market: Market, load: int, expected: int) -> None:
    """One good task, at each load."""
    finish(market)
    assert computed(market, load) == expected


@pytest.mark.parametrize(("load", "expected"), [(0, -477_334), (500, -460_000), (900, -500_000)])
def test_bad_task(market: Market, load: int, expected: int) -> None:
    """One failed task: the surprise is minus a half."""
    finish(market, good=False)
    assert computed(market, load) == expected


@pytest.mark.parametrize(
    ("reward", "expected"),
    [
        # fee 1,000 is n0, so the weight is full
        (FULL, 520_000 + 2_666),
        # fee 981: 981 of 1,000 parts
        (50_050, 512_735),
        # fee 19,600, above n0: no more than full
        (1_000_000, 520_000 + 2_666),
    ],
)
def test_weight_of_the_evidence(market: Market, reward: int, expected: int) -> None:
    """Full from n0 on, in proportion below."""
    finish(market, reward)
    assert computed(market) == expected


@pytest.mark.parametrize("overload", [900, 1_800])
def test_time_above_f_counts_against(market: Market, overload: int) -> None:
    """A quarter or half of the epoch above F, the rest idle: both shares rounded down to ppm, their sum too."""
    finish(market)
    market.wait(3_600 - overload)
    market.participants.change_load(market.coprocessor_account, 900, 0, sender=market.registry.address)
    market.next_epoch()
    # 2,700 s or 1,800 s at 19,999: means 14,999 and 9,999, of 0.15 that is 99,993 and 66,660 ppm
    g = {900: 99_993 - 250_000, 1_800: 66_660 - 500_000}[overload]
    expected = 520_000 - abs(g) * 20_000 // 10**6
    assert market.reputation.computed(market.coprocessor_account) == expected


@pytest.mark.parametrize(
    ("phi", "expected"),
    [
        # sigma(1) = 0.731059
        (1_000_000, 980_000 + 20_000 + 268_941 + 2_666),
        # sigma(-1) = 0.268941
        (-1_000_000, -980_000 + 20_000 + 731_059 + 2_666),
        # 0.98 of 7 and of -7 rounded towards zero
        (7, 6 + 20_000 + 499_998 + 2_666),
        (-7, -6 + 20_000 + 500_002 + 2_666),
    ],
)
def test_the_present_logit_counts(market: Market, phi: int, expected: int) -> None:
    """By beta, and by the reputation it expects the result with; sigma(7e-6) is 0.500002, sigma(-7e-6) 0.499998."""
    give_logits(market, {market.coprocessor_account: phi})
    finish(market)
    assert computed(market) == expected


@pytest.mark.parametrize(
    ("phi", "good", "expected"),
    [
        # 990,000 and 196 / 1,000 of what separates it from 980,000 + 20,000 + 268,941 + 2,666
        (1_000_000, True, 990_000 + 55_194),
        # -1,000,000, and towards -980,000 + 20,000 - 268,941 + 2,666
        (-1_000_000, False, -1_000_000 - 44_349),
    ],
)
def test_weak_evidence_is_weighed_with_idling(market: Market, phi: int, good: bool, expected: int) -> None:
    """196 of 1,000 parts of what the evidence says and the rest of what idling does, rounded towards the latter."""
    give_logits(market, {market.coprocessor_account: phi})
    finish(market, 10_000, good)
    assert computed(market) == expected


@pytest.mark.parametrize(
    ("phi", "expected"),
    [
        (0, 0),
        (1_000_000, 990_000),
        (-1_000_000, -1_000_000),
        (150, 149),
        (-150, -150),
        (99, 99),
        (8_000_000, 7_920_000),
        (-8_000_000, -8_000_000),
    ],
)
def test_without_a_finished_task_it_drifts(market: Market, phi: int, expected: int) -> None:
    """A hundredth of what exceeds the newcomer's value, rounded towards zero; what is below it stays."""
    give_logits(market, {market.coprocessor_account: phi})
    market.next_epoch()
    assert market.reputation.computed(market.coprocessor_account) == expected


def test_drift_ends_at_the_newcomers_value(market: Market) -> None:
    """Wherever that lies: from 0 towards -500,000 by a hundredth, whatever the load."""
    parameters = (*FILTER[:5], -500_000, *FILTER[6:])
    market.reputation.set_parameters(parameters, sender=market.owner)
    give_logits(market, {market.coprocessor_account: 0})
    assert computed(market, 500) == -5_000


@pytest.mark.parametrize(
    ("phi", "good", "load", "parameters"),
    [
        # 0.98 of 8 and 2 are 9.84
        (8_000_000, True, 0, (2_000_000, *FILTER[1:])),
        # 0.74 of -8, -2 and gamma of -0.345 for an epoch above F are -8.265
        (-8_000_000, False, 900, (-2_000_000, 740_000, 6_900_000, 345_000, 10_000, -8_000_000, 8, 1_000)),
    ],
)
def test_is_clamped(market: Market, phi: int, good: bool, load: int, parameters: tuple[int, ...]) -> None:
    """At 8 and at -8."""
    market.reputation.set_parameters(parameters, sender=market.owner)
    give_logits(market, {market.coprocessor_account: phi})
    finish(market, good=good)
    assert computed(market, load) == phi


def test_operators_have_reputations_too(worked: Market) -> None:
    """The same step for an idle operator with one good task."""
    assert worked.reputation.computed(worked.operator_account) == FIRST_LOGIT


def test_load_of_the_whole_epoch_counts(worked: Market) -> None:
    """17 s at 10 % (f = 0.052784), the rest idle: mean 20,153, of 0.15 that is 134,353 ppm, of gamma 2,687."""
    assert worked.reputation.computed(worked.coprocessor_account) == 102_446


def test_computed_is_about_the_last_epoch(worked: Market) -> None:
    """An epoch later the task is history, and the account drifts from where it is."""
    worked.next_epoch()
    assert worked.reputation.computed(worked.operator_account) == 0


def test_parameters_of_the_epoch_count(worked: Market) -> None:
    """Scheduled in epoch 3, so what 2 measured is judged by the old ones, and what 3 measures too."""
    worked.reputation.set_parameters((50_000, *FILTER[1:]), sender=worked.owner)
    assert worked.reputation.computed(worked.operator_account) == FIRST_LOGIT


def test_nobody_is_a_newcomer(protocol: Protocol) -> None:
    """Accounts nobody opened have the newcomer's value, so that a page of eight is always defined."""
    protocol.next_epoch()
    assert protocol.reputation.computed(10**6) == 0
    assert protocol.reputation.reputation(10**6) == 500_000
