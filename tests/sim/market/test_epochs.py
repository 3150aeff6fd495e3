"""What happens between epochs, against the twins: reputations, the filter's step, uptime rewards, the keeper's pay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ballast.model import fixed_point, reputation_filter, uptime_reward
from ballast.model.activity import LEFT
from ballast.model.constants import COPROCESSOR, EPOCH_RING, MAX_LOGIT, OPERATOR, POOL_ACCOUNT, PPM
from ballast.model.load_curve import PRESETS
from ballast.model.parameters import DEFAULT_FILTER, DEFAULT_SLASH, NetworkParameters
from ballast.sim.engines.engine import GENESIS
from ballast.sim.market import epochs, rules, steps
from ballast.sim.market.records import Market, new_market
from tests.model.properties import choice, given, integers, lists

EPOCH_SECONDS = 270
FEES = 2**62 // PPM // 5
"""Most that an account can pay in an epoch: a fifth of the rewards of a run, which `ballast.sim.run.MAX_REWARDS`
bounds."""


def market(preset: str = "idle_neutral", accounts: int = 16) -> Market:
    """Market in which some accounts are open and nothing has happened."""
    m = new_market(NetworkParameters(epoch_seconds=EPOCH_SECONDS, preset=preset), GENESIS, accounts, 2, 2, 4)
    m.ledger[0]["accounts"] = accounts
    return m


def at_epoch(m: Market, epoch: int, second: int = 1) -> None:
    """Set the time."""
    steps.set_time(m, GENESIS + (epoch - 1) * EPOCH_SECONDS + second)


# Reputations


@pytest.fixture(scope="module")
def every_logit() -> Any:
    """All logits there can be, and the distance of each one's reputation to the nearest half, ppm."""
    logits = np.arange(-MAX_LOGIT, MAX_LOGIT + 1)
    exact = 1e6 / (1.0 + np.exp(-logits / 1e6))
    return logits, np.abs(exact - np.floor(exact) - 0.5)


def reputations(logits: Any, doubt: float = epochs.DOUBT) -> list[int]:
    """Reputations of many logits, by way of a market."""
    m = market(accounts=len(logits))
    m.accounts["logit"] = logits
    epochs.set_reputations(m, doubt)
    found: list[int] = m.accounts["reputation"].tolist()
    return found


def test_reputations_are_those_of_the_fixed_point_function(every_logit: Any) -> None:
    logits, distance = every_logit
    chosen = np.union1d(logits[::499], logits[distance < 1e-3])
    assert reputations(chosen) == [fixed_point.sigmoid(phi) for phi in chosen.tolist()]


def test_what_rounds_close_to_a_half_is_left_to_the_fixed_point_function(
    every_logit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits, distance = every_logit
    doubtful = logits[distance < epochs.DOUBT].tolist()
    assert len(doubtful) > 10
    asked: list[int] = []

    def sigmoid(phi: int) -> int:
        asked.append(phi)
        return phi % 7

    monkeypatch.setattr(fixed_point, "sigmoid", sigmoid)
    sure = np.array([-MAX_LOGIT, 0, 1_000_000, MAX_LOGIT])
    found = reputations(np.concatenate((sure, np.array(doubtful))))
    assert asked == doubtful
    assert found[4:] == [phi % 7 for phi in doubtful]


def test_all_of_it_can_be_left_to_the_fixed_point_function() -> None:
    logits = np.arange(-MAX_LOGIT, MAX_LOGIT + 1, 1_999)
    assert reputations(logits, doubt=1.0) == reputations(logits)


# The filter


@given(
    share=integers(-(10**9), 10**9),
    times=choice(1, 1, 8),
    numerator=integers(0, 2**24 - 1),
    denominator=integers(1, 61).flatmap(lambda bits: integers(1, 2**bits)) | choice(2**38, 2**50, 2**61),
)
def test_scaled_is_the_twin_where_64_bits_suffice(share: int, times: int, numerator: int, denominator: int) -> None:
    """Numbers up to eight times the denominator, since a logit is up to eight times a million."""
    number = denominator * share // 10**9 * times
    number = max(-(2**63) // 2, min(2**62, number))
    expected = reputation_filter.scaled(number, numerator, denominator)
    assert rules.scaled_in_parts(number, numerator, denominator) == expected
    turned = rules.scaled_in_parts(-numerator, abs(number), denominator)
    assert turned == reputation_filter.scaled(-numerator, abs(number), denominator)


@given(
    states=lists(
        choice(*(0,) * 2, *(1,) * 6).flatmap(
            lambda active: integers(0, FEES).map(lambda fees: active * fees),
        ),
        8,
    ),
    good=integers(0, PPM),
    logit=integers(-MAX_LOGIT, MAX_LOGIT),
    bonus=integers(0, 10**6),
    overload=integers(0, EPOCH_SECONDS),
    preset=choice(*PRESETS),
)
def test_post_is_the_filters_step(
    states: list[int], good: int, logit: int, bonus: int, overload: int, preset: str
) -> None:
    m = market(preset)
    at_epoch(m, 3)
    expected = []
    for i, fees in enumerate(states):
        a = m.accounts[2 + i]
        own = max(-MAX_LOGIT, min(MAX_LOGIT, logit + 50_000 * i))
        a["last_fees"], a["last_good_fees"], a["logit"] = fees, fees * good // PPM, own
        a["reputation"] = fixed_point.sigmoid(own)
        a["closed_bonus"], a["closed_overload"] = bonus * EPOCH_SECONDS + i, overload
        mean = (bonus * EPOCH_SECONDS + i) // EPOCH_SECONDS
        share = min(mean * PPM // int(m.rules[0]["peak"]), PPM)
        expected.append(
            reputation_filter.step(
                DEFAULT_FILTER, own, fees, fees * good // PPM, share, overload * PPM // EPOCH_SECONDS
            )
        )
    posted = epochs.post(m)
    assert m.accounts["next_logit"][2 : 2 + len(states)].tolist() == expected
    assert m.accounts["logit"][2] == max(-MAX_LOGIT, min(MAX_LOGIT, logit))
    assert posted == 16


# Rewards


@given(
    budget=integers(0, 10**12),
    capacity=integers(0, 2**31),
    others=integers(0, 2**58),
    bonus=integers(0, 2**27),
    fees=integers(0, FEES),
)
def test_claims_are_uptime_rewards(budget: int, capacity: int, others: int, bonus: int, fees: int) -> None:
    """Entered in epoch 6 for 5 beside others, paid in 7; operators and who did nothing are not."""
    m = market()
    at_epoch(m, 6)
    pool = 10**15
    m.accounts[POOL_ACCOUNT]["free"] = pool
    row = m.budgets[5 % EPOCH_RING]
    row["epoch"], row["total"], row["weight"] = 5, budget, others
    for account, role in ((3, OPERATOR), (4, COPROCESSOR), (6, COPROCESSOR | LEFT)):
        a = m.accounts[account]
        a["role"], a["closed_capacity"], a["closed_bonus"], a["last_good_fees"] = (role, capacity, bonus, fees)
    claimants = np.array([3, 4, 5, 6])
    epochs.claim(m, claimants)
    weight, bound = uptime_reward.weight(capacity, bonus), uptime_reward.bound(fees, DEFAULT_SLASH.rebate)
    earned = weight > 0 and bound > 0
    assert row["weight"] == others + earned * 2 * weight
    assert m.accounts["free"][POOL_ACCOUNT] == pool
    at_epoch(m, 7)
    m.accounts["closed_bonus"] = 0
    epochs.claim(m, claimants)
    epochs.claim(m, claimants)
    amount = uptime_reward.reward(budget, weight, others + 2 * weight, bound) if earned else 0
    assert m.accounts["free"][[3, 4, 5, 6]].tolist() == [0, amount, 0, amount]
    assert m.accounts["free"][POOL_ACCOUNT] == pool - 2 * amount
    assert row["claimed"] == m.ledger[0]["uptime"] == 2 * amount


@pytest.mark.parametrize(("epochs_later", "paid"), [(2, True), (4, True), (5, False)])
def test_a_share_waits_as_long_as_the_ring_holds_its_budget(epochs_later: int, paid: bool) -> None:
    m = market()
    m.accounts[POOL_ACCOUNT]["free"] = 10**9
    for epoch in range(2, 7):
        at_epoch(m, epoch)
        epochs.begin_epoch(m)
    row = m.accounts[4]
    row["role"], row["closed_capacity"], row["closed_bonus"], row["last_good_fees"] = COPROCESSOR, 100, 1_000, 10**9
    epochs.claim(m, np.array([4]))
    for epoch in range(7, 5 + epochs_later + 1):
        at_epoch(m, epoch)
        epochs.begin_epoch(m)
    epochs.claim(m, np.array([4]))
    assert (row["free"] > 0) == paid
    assert m.accounts["share_epoch"][4] == 0


def test_budgets_leave_what_older_epochs_still_hold() -> None:
    m = market()
    m.accounts[POOL_ACCOUNT]["free"] = 1_000_000
    held: list[tuple[int, int]] = []
    for epoch in range(2, 9):
        at_epoch(m, epoch)
        epochs.begin_epoch(m)
        closing = epoch - 1
        reserved = sum(total for number, total in held if number + EPOCH_RING > closing)
        expected = (1_000_000 - reserved) * DEFAULT_SLASH.budget // PPM
        row = m.budgets[closing % EPOCH_RING]
        assert (row["epoch"], row["total"], row["claimed"]) == (closing, expected, 0)
        assert m.ledger[0]["keeper_pot"] == (1_000_000 - reserved) * DEFAULT_SLASH.keeper_budget // PPM
        held.append((closing, expected))


def test_an_epoch_is_completed_as_the_twin_does(activity_case: Any) -> None:
    m, expected = activity_case
    at_epoch(m, 4)
    epochs.begin_epoch(m)
    names = ["closed_capacity", "closed_bonus", "closed_overload"]
    assert m.accounts[names][2:5].tolist() == expected


@pytest.fixture
def activity_case() -> Any:
    """Market with one account touched in the last epoch, one touched before, and one never; and what is expected."""
    m = market("hump")
    rates = m.rates.tolist()
    for account, capacity in ((2, 100), (3, 200), (4, 0)):
        at_epoch(m, 1, 101)
        if capacity:
            steps.register(m, account, COPROCESSOR, capacity)
    at_epoch(m, 3, 30)
    steps.change_load(m, 2, 90)
    at_epoch(m, 3, 130)
    steps.change_load(m, 2, -60)
    return m, [
        (100, 30 * rates[0] + 140 * rates[3_000], 100),
        (200, EPOCH_SECONDS * rates[0], 0),
        (0, 0, 0),
    ]


def test_the_keeper_is_paid_an_epoch_later_and_no_more_than_there_is() -> None:
    m = market(accounts=16)
    pay = int(m.rules[0]["pay_per_value"])
    m.accounts[POOL_ACCOUNT]["free"] = 2_000
    paid = []
    for epoch in (2, 3, 4):
        at_epoch(m, epoch)
        epochs.begin_epoch(m)
        pot = int(m.ledger[0]["keeper_pot"])
        epochs.post(m)
        paid.append((epochs.collect(m, 3), pot // pay * pay))
    (first, _), (second, pot), (third, other) = paid
    assert first == 0
    assert second == min(16 * pay, pot) == pot
    assert third == min((16 + 16) * pay - second, other)
    assert m.accounts["free"][3] == first + second + third == m.ledger[0]["keepers"]
    assert m.accounts["free"][POOL_ACCOUNT] == 2_000 - second - third
