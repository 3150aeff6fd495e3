"""What the slasher tells: rates, budgets, claims."""

from __future__ import annotations

import pytest

from tests.support.chain import refused
from tests.support.protocol import SLASH_TERMS, Market, Protocol

OTHER_CURVE = (200_000_000, 5_000, 0, 200_000_000, -500_000_000, 9_000, 22_500_000, 900_000_000, 0)


@pytest.mark.parametrize("x", [10_001, 2**14, 2**256 - 1])
def test_rate_of_no_load(protocol: Protocol, x: int) -> None:
    """Refused from just above one."""
    with refused("slasher: load above one"):
        protocol.slasher.rate(x)


def test_rate_is_of_the_curve_in_force(protocol: Protocol) -> None:
    """At 90 % f is 0.274999 and amplifies; from the boundary on that is F, with nothing and no amplifier."""
    protocol.slasher.set_curve(OTHER_CURVE, sender=protocol.owner)
    protocol.wait(3_599)
    assert protocol.slasher.rate(9_000) == (274_999, 1_274_999)
    protocol.wait(1)
    assert protocol.slasher.rate(9_000) == (0, 1_000_000)


def test_terms_are_those_in_force(protocol: Protocol) -> None:
    """Every field changes at the boundary."""
    other = (1, 2, 3, 100_004, 5, 6, 7)
    protocol.slasher.set_terms(other, sender=protocol.owner)
    protocol.wait(3_599)
    assert protocol.slasher.terms() == SLASH_TERMS
    protocol.wait(1)
    assert protocol.slasher.terms() == other


@pytest.mark.parametrize("epoch", [0, 1, 2, 3, 2**24, 2**256 - 1])
def test_budget_of_no_closed_epoch(protocol: Protocol, epoch: int) -> None:
    """Zeros, also for an epoch that is over and not closed."""
    protocol.next_epoch()
    assert protocol.slasher.budget_of(epoch) == (0, 0)
    assert protocol.slasher.weight_of(epoch) == 0


@pytest.mark.parametrize("account", [0, 1, 3, 10**6, 2**32, 2**256 - 1])
def test_nothing_waits_at_first(market: Market, account: int) -> None:
    """Neither for an account nor for a number nobody opened."""
    assert market.slasher.share_of(account) == (0, 0, 0)


def test_keeper_budget_is_that_of_the_last_closing(protocol: Protocol) -> None:
    """Nothing before the first."""
    assert protocol.slasher.keeper_budget() == 0
    protocol.next_epoch()
    assert protocol.slasher.keeper_budget() == 0
