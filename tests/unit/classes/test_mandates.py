"""Budgets an AVS gives an operator for a class, and takes back."""

from __future__ import annotations

import pytest

from tests.support.chain import events, refused
from tests.support.contract_words import POOL
from tests.support.protocol import Market, Protocol

OPERATOR = 77  # any number: a mandate binds nobody


@pytest.fixture
def avs(protocol: Protocol) -> tuple[str, int]:
    """Give an AVS with 1,000 units and a class, number 1."""
    who, number = protocol.account("avs", deposit=1_000)
    protocol.task_class(who)
    return who, number


def test_money_of_a_mandate_is_locked_in_the_pool_account(protocol: Protocol, avs: tuple[str, int]) -> None:
    """It leaves the AVS's free balance at once, so that every reward is there when a task opens."""
    who, number = avs
    protocol.classes.fund_mandate(1, OPERATOR, 300, sender=who)
    assert protocol.registry.mandate_of(1, OPERATOR) == 300
    assert protocol.escrow.balances(number)[:2] == (700, 0)
    assert protocol.escrow.balances(POOL)[:2] == (0, 300)


def test_mandates_add_up_by_class_and_operator(protocol: Protocol, avs: tuple[str, int]) -> None:
    """Funding one leaves the others alone."""
    who, _ = avs
    protocol.task_class(who)
    for class_id, operator, amount in ((1, OPERATOR, 300), (1, OPERATOR, 20), (1, OPERATOR + 1, 5), (2, OPERATOR, 7)):
        protocol.classes.fund_mandate(class_id, operator, amount, sender=who)
    assert protocol.registry.mandate_of(1, OPERATOR) == 320
    assert protocol.registry.mandate_of(1, OPERATOR + 1) == 5
    assert protocol.registry.mandate_of(2, OPERATOR) == 7
    assert protocol.locked(POOL) == 332


def test_reducing_returns_the_money(protocol: Protocol, avs: tuple[str, int]) -> None:
    """To the AVS's free balance, all of it if it likes."""
    who, number = avs
    protocol.classes.fund_mandate(1, OPERATOR, 300, sender=who)
    protocol.classes.reduce_mandate(1, OPERATOR, 100, sender=who)
    assert (protocol.registry.mandate_of(1, OPERATOR), protocol.free(number), protocol.locked(POOL)) == (200, 800, 200)
    protocol.classes.reduce_mandate(1, OPERATOR, 200, sender=who)
    assert (protocol.registry.mandate_of(1, OPERATOR), protocol.free(number), protocol.locked(POOL)) == (0, 1_000, 0)


def test_changes_are_announced(protocol: Protocol, avs: tuple[str, int]) -> None:
    """With what remains."""
    who, _ = avs
    protocol.classes.fund_mandate(1, OPERATOR, 300, sender=who)
    assert events(protocol.classes, "MandateChanged") == [(1, OPERATOR, 300)]
    protocol.classes.reduce_mandate(1, OPERATOR, 100, sender=who)
    assert events(protocol.classes, "MandateChanged") == [(1, OPERATOR, 200)]


@pytest.mark.parametrize("function", ["fund_mandate", "reduce_mandate"])
@pytest.mark.parametrize("amount", [0, 2**96])
def test_refused_amounts(protocol: Protocol, avs: tuple[str, int], function: str, amount: int) -> None:
    """Nothing, and more than a balance can hold."""
    with refused("class: amount"):
        getattr(protocol.classes, function)(1, OPERATOR, amount, sender=avs[0])


def test_no_more_than_the_avs_has(protocol: Protocol, avs: tuple[str, int]) -> None:
    """Its free balance is the limit, to the unit."""
    who, number = avs
    with refused("class: stake backs capacity"):
        protocol.classes.fund_mandate(1, OPERATOR, 1_001, sender=who)
    protocol.classes.fund_mandate(1, OPERATOR, 1_000, sender=who)
    assert protocol.free(number) == 0


def test_locked_funds_cannot_be_given(protocol: Protocol, avs: tuple[str, int]) -> None:
    """They are stake, but not free."""
    who, _ = avs
    protocol.reputation.bond(600, sender=who)
    with refused("escrow: free out of range"):
        protocol.classes.fund_mandate(1, OPERATOR, 401, sender=who)
    protocol.classes.fund_mandate(1, OPERATOR, 400, sender=who)


def test_stake_behind_a_capacity_cannot_be_given(protocol: Protocol, avs: tuple[str, int]) -> None:
    """An AVS that takes part itself keeps what its capacity of 60 needs."""
    who, _ = avs
    protocol.participants.register(2, 60, 0, 0, sender=who)
    with refused("class: stake backs capacity"):
        protocol.classes.fund_mandate(1, OPERATOR, 401, sender=who)
    protocol.classes.fund_mandate(1, OPERATOR, 400, sender=who)


def test_no_more_than_remains_can_be_taken_back(protocol: Protocol, avs: tuple[str, int]) -> None:
    """Not even where another mandate of the AVS would cover it."""
    who, _ = avs
    protocol.classes.fund_mandate(1, OPERATOR, 300, sender=who)
    protocol.classes.fund_mandate(1, OPERATOR + 1, 300, sender=who)
    with refused("registry: mandate exhausted"):
        protocol.classes.reduce_mandate(1, OPERATOR, 301, sender=who)


@pytest.mark.parametrize("function", ["fund_mandate", "reduce_mandate", "suspend_mandate"])
def test_only_the_classes_own_avs(protocol: Protocol, avs: tuple[str, int], function: str) -> None:
    """Not another account, not an address without one, and nobody for a class that does not exist."""
    who, _ = avs
    other, _ = protocol.account("other")
    call = getattr(protocol.classes, function)
    amount = () if function == "suspend_mandate" else (1,)
    with refused("class: not the caller's"):
        call(1, OPERATOR, *amount, sender=other)
    with refused("class: not the caller's"):
        call(2, OPERATOR, *amount, sender=who)
    with refused("class: no escrow account"):
        call(1, OPERATOR, *amount, sender=protocol.stranger)


def test_a_suspended_mandate_can_be_reduced_and_not_drawn(market: Market) -> None:
    """Reducing does not end the suspension, funding does, with all terms of the class; other mandates go on."""
    number = market.operator_account
    before = market.registry.mandate_of(market.class_id, number)
    other = market.other_class()
    word = market.registry.eval(f"self._mandates[{market.class_id}][{number}]")
    market.classes.suspend_mandate(market.class_id, number, sender=market.avs)
    assert events(market.classes, "MandateSuspended") == [(market.class_id, number)]
    market.classes.reduce_mandate(market.class_id, number, 50_000, sender=market.avs)
    assert market.registry.mandate_of(market.class_id, number) == before - 50_000
    with refused("registry: mandate exhausted"):
        market.open()
    market.open(class_id=other)
    market.classes.fund_mandate(market.class_id, number, 50_000, sender=market.avs)
    assert market.registry.eval(f"self._mandates[{market.class_id}][{number}]") == word
    market.open(slot=1)


def test_rewards_of_open_tasks_return_to_a_suspended_mandate(market: Market) -> None:
    """And it stays suspended."""
    number = market.operator_account
    task = market.open()
    left = market.registry.mandate_of(market.class_id, number)
    market.classes.suspend_mandate(market.class_id, number, sender=market.avs)
    market.wait(16)
    market.registry.expire([task], True, sender=market.operator_address)
    assert market.registry.mandate_of(market.class_id, number) == left + 10_000
    with refused("registry: mandate exhausted"):
        market.open()


def test_goes_on_while_all_is_paused(protocol: Protocol, avs: tuple[str, int]) -> None:
    """No pause keeps an AVS from its money."""
    who, number = avs
    for contract in (protocol.registry, protocol.participants):
        contract.pause(True, sender=protocol.owner)
    protocol.escrow.pause_deposits(True, sender=protocol.owner)
    protocol.classes.fund_mandate(1, OPERATOR, 300, sender=who)
    protocol.classes.reduce_mandate(1, OPERATOR, 300, sender=who)
    assert protocol.free(number) == 1_000
