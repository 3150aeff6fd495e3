"""A participant leaves so that there is nobody to slash, to fine, or to remember.

Leaving needs load 0, so an executor in flight must stay. What still waits goes on without the participant: locks stay
locked, and slash, penalty and record need neither role nor consent.
"""

from __future__ import annotations

from tests.support.books import Books
from tests.support.chain import refused
from tests.support.contract_words import BURN, POOL
from tests.support.protocol import Market

AWARD_FEE = 196  # 2 % of the price of 9,800


def test_an_executor_cannot_leave_before_it_is_slashed(market: Market) -> None:
    """Not while it works, not when it is overdue; after the slash it may."""
    task = market.award()
    with refused("participants: load in flight"):
        market.participants.leave(sender=market.coprocessor_address)
    market.wait(601)
    with refused("participants: load in flight"):
        market.participants.leave(sender=market.coprocessor_address)
    market.registry.slash([task], 0, True)
    market.participants.leave(sender=market.coprocessor_address)
    market.wait(600)
    market.registry.fail([task], True)
    assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (AWARD_FEE, 0)


def test_an_executor_that_left_after_submitting_loses_its_collateral(market: Market) -> None:
    """The result was wrong: all 10,000 are slashed, and the failure is in the record."""
    task = market.award()
    market.submit(task)
    market.participants.leave(sender=market.coprocessor_address)
    market.registry.hold([task], True, sender=market.court)
    books = Books(market)
    market.registry.overturn([task], market.rival_account, True, sender=market.court)
    assert books.changes() == {
        market.coprocessor_account: (0, -10_000),
        market.operator_account: (4_000, -500),
        market.rival_account: (2_500, 0),
        market.avs_account: (500, 0),
        BURN: (1_000, 0),
        POOL: (2_500, 0),
    }
    assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (AWARD_FEE, 0)


def test_an_operator_that_left_pays_its_penalty(market: Market) -> None:
    """Delegated tasks are no load of its own, so it may go; its penalty of 500 and its share of the record stay."""
    task = market.late()
    market.participants.leave(sender=market.operator_address)
    market.registry.slash([task], 0, True)
    market.wait(600)
    books = Books(market)
    market.registry.fail([task], True, sender=market.stranger)
    assert books.changes() == {market.operator_account: (0, -500), market.avs_account: (500, 0)}
    assert market.registry.fees_in(market.operator_account, market.epoch) == (AWARD_FEE // 4, 0)
