"""The way out of the escrow: thawing, cancelling, withdrawing."""

from __future__ import annotations

import boa
import pytest

from tests.support.chain import NOBODY, events, refused
from tests.support.contract_words import move
from tests.support.protocol import DAY, Protocol

DELAY = 14 * DAY


@pytest.fixture
def alice(protocol: Protocol) -> tuple[str, int]:
    """Give an account with 1,000 free units."""
    return protocol.account("alice", deposit=1_000)


def test_thaw_takes_free_funds_until_a_moment(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The amount leaves the free balance and may go 14 days later."""
    who, number = alice
    protocol.escrow.thaw(400, sender=who)
    assert protocol.escrow.balances(number) == (600, 0, 400, protocol.now + DELAY)


def test_thaw_is_announced(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The event says how much and until when."""
    who, number = alice
    protocol.escrow.thaw(400, sender=who)
    assert events(protocol.escrow, "ThawStarted") == [(number, 400, protocol.now + DELAY)]


def test_a_second_thaw_joins_the_first_and_restarts_the_delay(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Otherwise one unit thawed early would carry everything out at once."""
    who, number = alice
    protocol.escrow.thaw(400, sender=who)
    protocol.wait(DAY)
    protocol.escrow.thaw(100, sender=who)
    assert protocol.escrow.balances(number) == (500, 0, 500, protocol.now + DELAY)


def test_everything_may_thaw_without_capacity(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Who backs no capacity may leave with all."""
    who, number = alice
    protocol.escrow.thaw(1_000, sender=who)
    assert protocol.escrow.balances(number)[:3] == (0, 0, 1_000)


@pytest.mark.parametrize(("amount", "reason"), [(0, "escrow: zero amount"), (1_001, "escrow: not enough free")])
def test_thaw_refuses_amounts(protocol: Protocol, alice: tuple[str, int], amount: int, reason: str) -> None:
    """Nothing, and more than there is."""
    with refused(reason):
        protocol.escrow.thaw(amount, sender=alice[0])


def test_locked_funds_do_not_thaw(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Collateral in use cannot be withdrawn from under a task."""
    who, number = alice
    protocol.escrow.move([move(number, -300, 300)], sender=protocol.registry.address)
    with refused("escrow: not enough free"):
        protocol.escrow.thaw(701, sender=who)


@pytest.mark.parametrize("locked", [0, 200])
def test_thaw_leaves_the_stake_behind_a_capacity(protocol: Protocol, alice: tuple[str, int], locked: int) -> None:
    """A capacity of 60 at 10 units of stake needs 600, free or locked."""
    who, number = alice
    protocol.participants.register(2, 60, 0, 0, sender=who)
    protocol.escrow.move([move(number, -locked, locked)], sender=protocol.registry.address)
    with refused("escrow: stake backs capacity"):
        protocol.escrow.thaw(401, sender=who)
    protocol.escrow.thaw(400, sender=who)
    assert protocol.escrow.balances(number)[:3] == (600 - locked, locked, 400)


def test_thawing_funds_back_nothing(protocol: Protocol, alice: tuple[str, int]) -> None:
    """What already thaws no longer counts as stake."""
    who, _ = alice
    protocol.participants.register(2, 60, 0, 0, sender=who)
    protocol.escrow.thaw(400, sender=who)
    with refused("escrow: stake backs capacity"):
        protocol.escrow.thaw(1, sender=who)


def test_cancel_returns_all_that_thaws(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Nothing is left thawing."""
    who, number = alice
    protocol.escrow.thaw(400, sender=who)
    protocol.escrow.cancel_thaw(sender=who)
    assert events(protocol.escrow, "ThawCancelled") == [(number, 400)]
    assert protocol.escrow.balances(number) == (1_000, 0, 0, 0)


def test_withdraw_pays_out_when_the_delay_has_passed(protocol: Protocol, alice: tuple[str, int]) -> None:
    """To the very second, to any receiver, and the rest stays."""
    who, number = alice
    receiver = boa.env.generate_address()
    protocol.escrow.thaw(400, sender=who)
    protocol.wait(DELAY)
    protocol.escrow.withdraw(receiver, sender=who)
    assert protocol.token.balanceOf(receiver) == 400
    assert protocol.escrow.balances(number) == (600, 0, 0, 0)


def test_withdraw_is_announced(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The event names account, receiver and amount."""
    who, number = alice
    protocol.escrow.thaw(400, sender=who)
    protocol.wait(DELAY)
    protocol.escrow.withdraw(protocol.stranger, sender=who)
    assert events(protocol.escrow, "Withdrawn") == [(number, protocol.stranger, 400)]


def test_withdraw_waits_to_the_second(protocol: Protocol, alice: tuple[str, int]) -> None:
    """One second early is early."""
    who, _ = alice
    protocol.escrow.thaw(400, sender=who)
    protocol.wait(DELAY - 1)
    with refused("escrow: still thawing"):
        protocol.escrow.withdraw(who, sender=who)


def test_withdraw_refuses_the_zero_address(protocol: Protocol, alice: tuple[str, int]) -> None:
    """A forgotten receiver must not burn the money."""
    who, _ = alice
    protocol.escrow.thaw(400, sender=who)
    protocol.wait(DELAY)
    with refused("escrow: zero receiver"):
        protocol.escrow.withdraw(NOBODY, sender=who)


def test_withdraw_to_the_escrow_itself_is_refused(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The tokens would stay without belonging to anybody."""
    who, _ = alice
    protocol.escrow.thaw(400, sender=who)
    protocol.wait(DELAY)
    with refused("escrow: token took a fee"):
        protocol.escrow.withdraw(protocol.escrow.address, sender=who)


def test_withdraw_pays_once(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The second call finds nothing."""
    who, _ = alice
    protocol.escrow.thaw(400, sender=who)
    protocol.wait(DELAY)
    protocol.escrow.withdraw(who, sender=who)
    with refused("escrow: nothing thawing"):
        protocol.escrow.withdraw(who, sender=who)


def test_nothing_thaws_after_a_cancelled_thaw(protocol: Protocol, alice: tuple[str, int]) -> None:
    """Neither to withdraw nor to cancel again."""
    who, _ = alice
    protocol.escrow.thaw(400, sender=who)
    protocol.escrow.cancel_thaw(sender=who)
    protocol.wait(DELAY)
    with refused("escrow: nothing thawing"):
        protocol.escrow.withdraw(who, sender=who)
    with refused("escrow: nothing thawing"):
        protocol.escrow.cancel_thaw(sender=who)


@pytest.mark.parametrize(("function", "arguments"), [("thaw", (1,)), ("cancel_thaw", ()), ("withdraw", (NOBODY,))])
def test_only_for_account_holders(protocol: Protocol, function: str, arguments: tuple[object, ...]) -> None:
    """An address without account owns nothing here."""
    with refused("escrow: no account"):
        getattr(protocol.escrow, function)(*arguments, sender=protocol.stranger)


def test_the_way_out_stays_open_while_paused(protocol: Protocol, alice: tuple[str, int]) -> None:
    """The pause stops what comes in, never what goes out."""
    who, number = alice
    protocol.escrow.pause_deposits(True, sender=protocol.owner)
    protocol.escrow.thaw(400, sender=who)
    protocol.escrow.cancel_thaw(sender=who)
    protocol.escrow.thaw(1_000, sender=who)
    protocol.wait(DELAY)
    protocol.escrow.withdraw(who, sender=who)
    protocol.escrow.flush_burned()
    assert protocol.token.balanceOf(who) == 1_000
    assert protocol.escrow.balances(number) == (0, 0, 0, 0)
