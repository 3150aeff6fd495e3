"""A participant changes its role to get a rebate on a fee that the other side of the task was already rebated.

Every fee is in two records, the executor's and the operator's, but only coprocessors claim, and a role is for ever.
"""

from __future__ import annotations

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import POOL
from tests.support.protocol import Market

FOR_EVER = "participants: role is for ever"


def settled(market: Market) -> None:
    """Have the coprocessor do the operator's task, with a pool rich enough for all rebates."""
    patron, _ = market.account("patron", deposit=0)
    market.token.mint(patron, 10**9)
    market.escrow.deposit(POOL, 10**9, sender=patron)
    task = market.award()
    market.submit(task)
    market.wait(61)
    market.registry.settle([task], True)


def test_an_operator_does_not_come_back_as_a_coprocessor(market: Market) -> None:
    """Neither at once nor epochs later; it may only return to what it was."""
    market.participants.leave(sender=market.operator_address)
    for _ in range(7):
        with refused(FOR_EVER):
            market.participants.register(2, 1_000, 0, 0, sender=market.operator_address)
        market.next_epoch()
    market.participants.register(1, 1_000, 5, 64, sender=market.operator_address)


def test_a_coprocessor_does_not_come_back_as_an_operator(market: Market) -> None:
    """The role is kept in the same word for both."""
    market.participants.leave(sender=market.coprocessor_address)
    with refused(FOR_EVER):
        market.participants.register(1, 1_000, 5, 64, sender=market.coprocessor_address)


def test_one_fee_one_rebate(market: Market) -> None:
    """The fee of 196 is in two records; of the two claims one pays 176, though both have left by then."""
    settled(market)
    for account in (market.operator_account, market.coprocessor_account):
        assert market.registry.fees_in(account, market.epoch) == (196, 196)
    market.participants.leave(sender=market.operator_address)
    market.participants.leave(sender=market.coprocessor_address)
    market.next_epoch()
    books = Books(market)
    market.slasher.claim([market.operator_account, market.coprocessor_account])
    assert events(market.slasher, "UptimeSkipped") == [(market.operator_account, market.epoch - 1)]
    market.claim([market.operator_account, market.coprocessor_account])
    assert books.changes() == {market.coprocessor_account: (176, 0), POOL: (-176, 0)}


def test_leaving_and_returning_claims_once(market: Market) -> None:
    """A new registration does not forget what was claimed."""
    settled(market)
    market.next_epoch()
    market.claim([market.coprocessor_account])
    market.participants.leave(sender=market.coprocessor_address)
    market.participants.register(2, 1_000, 0, 0, sender=market.coprocessor_address)
    books = Books(market)
    market.claim([market.coprocessor_account])
    assert books.changes() == {}
