"""Slashes never exceed the collateral, and their shares sum exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ballast.errors import ModelError, ParameterError
from ballast.model import slash_split
from ballast.model.constants import MAX_AMPLIFIER, PPM
from ballast.model.slash_split import (
    MAX_BUDGET,
    MAX_FINDER,
    MAX_LATENESS_FLOOR,
    MAX_REBATE,
    MAX_RETURNED,
    MIN_BURN,
    SlashTerms,
)
from tests.model.properties import amounts, assume, built, given, integers, ppm

SLASH_TERMS = SlashTerms(50_000, 400_000, 250_000, 100_000, 100_000, 900_000, 50_000)
checked: Any = built(
    SlashTerms,
    lateness_floor=integers(0, MAX_LATENESS_FLOOR),
    compensation=integers(0, MAX_RETURNED),
    finder=integers(0, MAX_FINDER),
    burn=integers(MIN_BURN, PPM),
    budget=integers(0, MAX_BUDGET),
    rebate=integers(0, MAX_REBATE),
    keeper_budget=integers(0, MAX_BUDGET),
)
late = {
    "reward": amounts,
    "collateral": amounts,
    "factor": ppm,
    "amplifier": integers(PPM, MAX_AMPLIFIER),
    "lateness_floor": integers(0, MAX_LATENESS_FLOOR),
}


@given(**late)
def test_late_amount(reward: int, collateral: int, factor: int, amplifier: int, lateness_floor: int) -> None:
    """At most the collateral, at most the exact formula, and below it by less than a ppm of each product and a unit."""
    slash = slash_split.late_amount(reward, collateral, factor, amplifier, lateness_floor)
    assert 0 <= slash <= collateral
    by_floor, by_load = reward * lateness_floor * PPM, collateral * factor * amplifier // PPM
    exact = min(collateral * PPM**2, max(by_floor, by_load * PPM))
    assert slash * PPM**2 <= exact < (slash + 1) * PPM**2 + collateral * PPM


@given(**late)
def test_late_amount_grows(reward: int, collateral: int, factor: int, amplifier: int, lateness_floor: int) -> None:
    """More collateral, more load or a larger factor never lower a slash."""
    slash = slash_split.late_amount(reward, collateral, factor, amplifier, lateness_floor)
    assert slash_split.late_amount(reward, collateral + 1, factor, amplifier, lateness_floor) >= slash
    assert slash_split.late_amount(reward, collateral, factor + 1, amplifier, lateness_floor) >= slash
    assert slash_split.late_amount(reward, collateral, factor, amplifier + 1, lateness_floor) >= slash


def test_late_amount_by_hand() -> None:
    """The load's amount, the floor, the cap, and both roundings."""
    assert slash_split.late_amount(1_000, 1_000, 200_000, 1_500_000, 50_000) == 300
    assert slash_split.late_amount(1_000, 1_000, 10_000, PPM, 50_000) == 50
    assert slash_split.late_amount(1_000, 30, 10_000, PPM, 50_000) == 30
    assert slash_split.late_amount(1_000, 1_000, 500_000, MAX_AMPLIFIER, 0) == 1_000
    assert slash_split.late_amount(39, 1_000, 0, PPM, 50_000) == 1  # 1.95
    assert slash_split.late_amount(0, 999, 200_001, PPM, 0) == 199  # 199.8
    assert slash_split.late_amount(0, 10**12, 1, 1_999_999, 0) == 10**6  # s m = 1.999999 ppm, rounded to one


@given(amount=amounts, terms=checked)
def test_shares_sum_exactly(amount: int, terms: SlashTerms) -> None:
    """Nothing is lost or made; the finder's share is rounded up, and the pool takes the dust of the others."""
    assume(terms.compensation + terms.finder <= MAX_RETURNED)
    assume(terms.compensation + terms.finder + terms.burn <= PPM)
    slash_split.check(terms)
    compensation, finder, burn, pool = slash_split.split(amount, terms)
    assert compensation + finder + burn + pool == amount
    for share, part in ((terms.compensation, compensation), (terms.burn, burn)):
        assert part * PPM <= amount * share < (part + 1) * PPM
    assert (finder - 1) * PPM < amount * terms.finder <= finder * PPM
    assert pool >= 0
    assert finder <= -(-amount // 4)
    assert compensation + finder <= -(-amount * 3 // 4)
    assert burn >= amount // 10
    assert slash_split.unpack(slash_split.pack(terms)) == terms


def test_split_by_hand() -> None:
    """The finder's share rounded up, the others down, six units of nineteen to the pool."""
    assert slash_split.split(19, SLASH_TERMS) == (7, 5, 1, 6)
    assert slash_split.split(1, SLASH_TERMS) == (0, 1, 0, 0)
    assert slash_split.split(19, replace(SLASH_TERMS, finder=0)) == (7, 0, 1, 11)
    assert slash_split.split(0, SLASH_TERMS) == (0, 0, 0, 0)


REFUSALS = [
    ("slash_split: lateness floor", {"lateness_floor": MAX_LATENESS_FLOOR + 1}),
    ("slash_split: lateness floor", {"lateness_floor": -1}),
    ("slash_split: finder share", {"finder": MAX_FINDER + 1}),
    ("slash_split: finder share", {"finder": -1}),
    ("slash_split: burn share", {"burn": MIN_BURN - 1}),
    ("slash_split: compensation share", {"compensation": PPM + 1}),
    ("slash_split: compensation share", {"compensation": -1}),
    ("slash_split: returned shares", {"compensation": 500_001}),
    ("slash_split: returned shares", {"compensation": 750_001, "finder": 0}),
    ("slash_split: shares exceed one", {"burn": 350_001}),
    ("slash_split: shares exceed one", {"compensation": 500_000, "burn": 250_001}),
    ("slash_split: budget", {"budget": MAX_BUDGET + 1}),
    ("slash_split: budget", {"budget": -1}),
    ("slash_split: budget", {"keeper_budget": MAX_BUDGET + 1}),
    ("slash_split: budget", {"keeper_budget": -1}),
    ("slash_split: rebate", {"rebate": MAX_REBATE + 1}),
    ("slash_split: rebate", {"rebate": -1}),
]


@pytest.mark.parametrize(("reason", "change"), REFUSALS)
def test_check_refuses(reason: str, change: dict[str, int]) -> None:
    """One share out of its bounds by the least amount, and the contract's reason."""
    with pytest.raises(ParameterError) as refusal:
        slash_split.check(replace(SLASH_TERMS, **change))
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    "terms",
    [
        SLASH_TERMS,
        SlashTerms(0, 0, 0, MIN_BURN, 0, 0, 0),
        SlashTerms(MAX_LATENESS_FLOOR, 400_000, MAX_FINDER, MIN_BURN, MAX_BUDGET, MAX_REBATE, MAX_BUDGET),
        SlashTerms(0, MAX_RETURNED, 0, PPM - MAX_RETURNED, 0, 0, 0),
        SlashTerms(0, MAX_RETURNED - MAX_FINDER, MAX_FINDER, MIN_BURN, 0, 0, 0),
        SlashTerms(0, 0, 0, PPM, 0, 0, 0),
    ],
)
def test_check_accepts_bounds(terms: SlashTerms) -> None:
    """Shares at their bounds."""
    slash_split.check(terms)


def test_unchecked_shares_revert() -> None:
    """Shares above one revert without a reason, as the contract's arithmetic does."""
    with pytest.raises(ModelError, match=r"^arithmetic$"):
        slash_split.split(1_000, replace(SLASH_TERMS, compensation=PPM))
