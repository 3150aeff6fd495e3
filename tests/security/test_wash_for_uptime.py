"""A ring of friends (an AVS, its operator, its coprocessors) trades with itself to collect uptime rewards.

The reward is at most nine tenths of the fees that the claimant's own tasks paid into the pool, however rich the pool
is, and operators get none. So the ring pays for every round, late and rescued tasks included.
"""

from __future__ import annotations

from tests.support.contract_words import POOL
from tests.support.protocol import Market


def endow(market: Market) -> None:
    """Let a patron make the pool so rich that budgets bind nobody."""
    patron, _ = market.account("patron", deposit=0)
    market.token.mint(patron, 10**9)
    market.escrow.deposit(POOL, 10**9, sender=patron)


def wealth(market: Market) -> int:
    """Sum up what the ring owns: balances of all members, and what remains of the mandate."""
    members = (market.avs_account, market.operator_account, market.coprocessor_account, market.rival_account)
    owned = sum(market.escrow.stake_of(member) for member in members)
    return int(owned + market.registry.mandate_of(market.class_id, market.operator_account))


def claim_all(market: Market) -> None:
    """Claim for every member in this epoch and the next, twice each, in case that pays."""
    members = [market.avs_account, market.operator_account, market.coprocessor_account, market.rival_account]
    market.claim(members + members)
    market.claim(members)


def test_a_ring_is_poorer_after_every_epoch(market: Market) -> None:
    """Five tasks of price 9,800 an epoch: 980 of fees go in, 882 come out."""
    endow(market)
    for _ in range(4):
        before = wealth(market)
        tasks = [market.open(slot=slot, difficulty=10) for slot in range(5)]
        for task in tasks:
            market.bid(task)
        market.wait(500)
        for task in tasks:
            market.submit(task)
        market.wait(61)
        market.registry.settle(tasks, True)
        assert wealth(market) == before - 980
        market.next_epoch()
        claim_all(market)
        assert wealth(market) == before - 980 + 882


def test_two_coprocessors_do_not_share_one_fee(market: Market) -> None:
    """One is late and slashed, the other rescues: only the one that was paid has a fee to get back.

    Of the slash of 1,000 the ring gets the operator's 400 and the finder's 250; 350 are gone, and of the fee of 196
    come back 176.
    """
    endow(market)
    before = wealth(market)
    task = market.late()
    market.registry.slash([task], market.rival_account, True)
    market.registry.take_over([market.order(task)], True, sender=market.rival)
    market.wait(1)
    market.submit(task, who=market.rival)
    market.wait(61)
    market.registry.settle([task], True)
    market.next_epoch()
    claim_all(market)
    assert wealth(market) == before - 350 - 196 + 176


def test_own_execution_earns_nothing(market: Market) -> None:
    """An operator working for itself pays the fee and claims none of it."""
    endow(market)
    before = wealth(market)
    task = market.open(own=True)
    market.wait(1)
    market.submit(task, who=market.operator_address)
    market.wait(61)
    market.registry.settle([task], True)
    market.next_epoch()
    claim_all(market)
    assert wealth(market) == before - 196
