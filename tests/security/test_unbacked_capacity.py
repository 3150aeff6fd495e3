"""Stake that backs a capacity leaves by a side door: a mandate, an operator's penalty, a keeper's bond.

Each unit of capacity needs 10 of stake. What the owner can move is refused; what it loses trims the capacity at once,
and anyone can trim. Otherwise the same stake would back the capacity of one identity after the other.
"""

from __future__ import annotations

from tests.support.chain import events, refused
from tests.support.contract_words import BURN, logits
from tests.support.protocol import Market


def test_a_mandate_is_funded_from_what_backs_nothing(market: Market) -> None:
    """Of 10,007 a capacity of 1,000 leaves 7 to spend; the sibling that would draw the rest gets nothing."""
    who, number = market.account("thin", deposit=10_007)
    market.participants.register(2, 1_000, 5, 0, sender=who)
    class_id = market.task_class(who)
    with refused("class: stake backs capacity"):
        market.classes.fund_mandate(class_id, market.operator_account, 8, sender=who)
    market.classes.fund_mandate(class_id, market.operator_account, 7, sender=who)
    with refused("class: stake backs capacity"):
        market.classes.fund_mandate(class_id, market.operator_account, 1, sender=who)
    assert market.escrow.stake_of(number) == market.participants.required_stake(number) == 10_000


def test_a_shrinking_capacity_lets_stake_out_at_the_boundary(market: Market) -> None:
    """While the larger capacity counts in the epoch's shares, its stake stays."""
    who, _ = market.account("thin", deposit=10_000)
    market.participants.register(2, 1_000, 5, 0, sender=who)
    class_id = market.task_class(who)
    market.next_epoch()
    market.participants.resize(1, sender=who)
    with refused("class: stake backs capacity"):
        market.classes.fund_mandate(class_id, market.operator_account, 1, sender=who)
    market.next_epoch()
    market.classes.fund_mandate(class_id, market.operator_account, 9_990, sender=who)


def test_a_penalty_trims_the_operator(market: Market) -> None:
    """An operator with 10,000 loses 500 to an AVS that may be its sibling, and gets 400: 990 units are left."""
    who, number = market.account("thin", deposit=10_000)
    market.participants.register(1, 1_000, 5, 8, sender=who)
    market.classes.fund_mandate(market.class_id, number, 10_000, sender=market.avs)
    market.next_epoch()
    task = market.registry.open_tasks(market.class_id, [(0, 100, 10_000, False, 0)], True, sender=who)
    market.bid(task)
    market.wait(603)
    market.registry.slash([task], 0, True)
    market.wait(601)
    market.registry.fail([task], True)
    assert market.escrow.stake_of(number) == 10_000 + 400 - 500
    assert market.participants.load_of(number) == (0, 990, 990)


def test_an_overturned_result_trims_executor_and_operator(market: Market) -> None:
    """The executor's 10,000 are all gone, and with them its capacity; the operator's penalty is not."""
    thin, executor = market.account("thin", deposit=10_000)
    market.participants.register(2, 1_000, 5, 0, sender=thin)
    boss, operator = market.account("thin operator", deposit=500)
    market.participants.register(1, 50, 5, 8, sender=boss)
    market.classes.fund_mandate(market.class_id, operator, 10_000, sender=market.avs)
    market.slasher.set_terms((50_000, 0, 0, 100_000, 0, 0, 0), sender=market.owner)
    market.next_epoch()
    task = market.registry.open_tasks(market.class_id, [(0, 100, 10_000, False, 0)], True, sender=boss)
    market.bid(task, thin)
    market.wait(3)
    market.submit(task, who=thin)
    market.registry.hold([task], True, sender=market.court)
    market.registry.overturn([task], 0, True, sender=market.court)
    assert (market.escrow.stake_of(executor), market.escrow.stake_of(operator)) == (0, 0)
    assert market.participants.load_of(executor) == (0, 0, 0)
    assert market.participants.load_of(operator) == (0, 0, 0)


def test_a_lost_bond_trims_the_keeper(market: Market) -> None:
    """A coprocessor whose stake is its bond lies once: 2,000 are left, and 200 units."""
    who, number = market.account("thin", deposit=10_000)
    market.participants.register(2, 1_000, 5, 0, sender=who)
    market.reputation.bond(8_000, sender=who)
    market.next_epoch()
    market.reputation.post(market.epoch - 1, 0, [logits(0, 0, 0, 0, 1)], sender=who)
    market.reputation.challenge(market.epoch - 1, [0], 0)
    assert events(market.reputation, "CapacityCut") == [(number, 200)]
    assert market.participants.load_of(number) == (0, 200, 200)
    assert market.free(BURN) == 100 * 5 + 8_000


def test_trimming_spares_what_is_backed(market: Market) -> None:
    """A stranger that trims everybody changes nothing."""
    accounts = (market.operator_account, market.coprocessor_account, market.rival_account)
    for account in accounts:
        market.participants.trim(account, sender=market.stranger)
        assert events(market.participants, "CapacityCut") == []
        assert market.participants.load_of(account) == (0, 1_000, 1_000)
