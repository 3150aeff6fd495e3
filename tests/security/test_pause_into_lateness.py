"""The owners pause everything they can, so that executors miss their deadlines and are slashed.

Pauses stop new business only: delivering, rescuing, being paid, leaving and taking money out go on.
"""

from __future__ import annotations

from tests.support.books import Books
from tests.support.chain import refused
from tests.support.contract_words import POOL
from tests.support.protocol import DAY, Market


def pause_all(market: Market) -> None:
    """Pause whatever can be paused, and check that new business has stopped."""
    market.escrow.pause_deposits(True, sender=market.owner)
    market.participants.pause(True, sender=market.owner)
    market.registry.pause(True, sender=market.owner)
    with refused("registry: paused"):
        market.open(slot=63)
    with refused("participants: paused"):
        market.registry.bid([], True, sender=market.rival)
    with refused("escrow: deposits paused"):
        market.escrow.deposit(POOL, 1, sender=market.rival)


def test_executors_deliver_and_are_paid(market: Market) -> None:
    """Work awarded before the pause is submitted and settled, to the unit."""
    task = market.award()
    own = market.open(own=True, slot=1)
    pause_all(market)
    market.wait(1)
    market.submit(task)
    market.submit(own, who=market.operator_address)
    market.wait(61)
    books = Books(market)
    market.registry.settle([task, own], True)
    assert books.changes() == {
        market.coprocessor_account: (9_604 + 10_000, -10_000),
        market.operator_account: (700 + 10_000 + 500 + 10_000 - 196, -500 - 10_500),
        POOL: (392, -20_000),
    }


def test_a_leading_bid_made_before_the_pause_can_be_honoured(market: Market) -> None:
    """The award comes with time, without a transaction anybody could stop."""
    task = market.open()
    market.bid(task)
    pause_all(market)
    market.wait(602)
    market.submit(task)
    assert market.participants.load_of(market.coprocessor_account)[0] == 0


def test_a_rescuer_comes_through(market: Market) -> None:
    """Operators depend on rescuers, who need no bid: taking over, delivering and settling go on."""
    task = market.late()
    pause_all(market)
    market.registry.slash([task], 0, True)
    market.registry.take_over([market.order(task)], True, sender=market.rival)
    market.wait(1)
    market.submit(task, who=market.rival)
    market.wait(61)
    books = Books(market)
    market.registry.settle([task], True)
    assert books.changes()[market.operator_account] == (700, -500)
    assert books.changes()[market.rival_account] == (9_604 + 10_000, -10_000)


def test_everybody_can_leave_with_what_is_theirs(market: Market) -> None:
    """Shrinking, leaving, thawing and withdrawing are not the owners' to stop."""
    pause_all(market)
    who, number = market.coprocessor_address, market.coprocessor_account
    market.participants.resize(500, sender=who)
    market.participants.leave(sender=who)
    market.next_epoch()
    market.escrow.thaw(10**9, sender=who)
    market.wait(14 * DAY)
    market.escrow.withdraw(who, sender=who)
    assert market.token.balanceOf(who) == 10**9
    assert market.escrow.stake_of(number) == 0
    market.classes.reduce_mandate(market.class_id, market.operator_account, 10**9, sender=market.avs)
    assert market.free(market.avs_account) == 10**10


def test_an_open_task_ends_without_loss(market: Market) -> None:
    """Nobody could bid during the pause: the operator has its penalty back, the AVS its reward."""
    task = market.open()
    pause_all(market)
    market.wait(16)
    books = Books(market)
    market.registry.expire([task], True, sender=market.operator_address)
    assert books.changes() == {market.operator_account: (500, -500)}
    assert market.registry.mandate_of(market.class_id, market.operator_account) == 10**9
