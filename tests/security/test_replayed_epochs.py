"""A keeper posts again what was posted, for an epoch long over, for one not over, or too late in the epoch.

A page is written once for an epoch, only for the last one that ended, and only in the first half of the present one.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.chain import refused
from tests.support.contract_words import logits
from tests.support.protocol import Market

WINDOW = "reputation: not the last epoch"
OVER = "reputation: posting is over"
WRITTEN = "reputation: pages already posted"
GOOD = logits(0, 0, 0, 0, 1_000_000)
BAD = logits(0, 0, 0, 0, -1_000_000)


@pytest.fixture
def keeper(market: Market) -> str:
    """Give a keeper with bond for three pages of posts."""
    who, _ = market.account("keeper")
    market.reputation.bond(24_000, sender=who)
    return who


def test_a_page_is_posted_once(market: Market, keeper: str) -> None:
    """Neither its poster nor a rival replaces it in the same epoch, nor does a poke."""
    epoch = market.epoch - 1
    market.reputation.post(epoch, 0, [GOOD], sender=keeper)
    for word in (GOOD, BAD):
        with refused(WRITTEN):
            market.reputation.post(epoch, 0, [word], sender=keeper)
    rival, _ = market.account("rival keeper")
    market.reputation.bond(8_000, sender=rival)
    with refused(WRITTEN):
        market.reputation.post(epoch, 0, [BAD], sender=rival)
    market.reputation.poke([0])
    market.next_epoch()
    assert market.reputation.logit(market.coprocessor_account) == 1_000_000


def test_only_the_last_epoch_is_open(market: Market, keeper: str) -> None:
    """Not epoch 0, not the present one, not the next, and never again an older one."""
    for epoch in (0, market.epoch, market.epoch + 1, 2**24 + market.epoch - 1, 2**255):
        with refused(WINDOW):
            market.reputation.post(epoch, 0, [BAD], sender=keeper)
    market.reputation.post(1, 0, [GOOD], sender=keeper)
    for _ in range(5):
        market.next_epoch()
        for epoch in range(market.epoch - 1):
            with refused(WINDOW):
                market.reputation.post(epoch, 0, [BAD], sender=keeper)
            with refused(WINDOW):
                market.reputation.challenge(epoch, [0], 0)
    assert market.reputation.logit(market.coprocessor_account) == 1_000_000


def test_a_skipped_epoch_is_not_made_up_for(market: Market, keeper: str) -> None:
    """Epoch 2 goes by without a post; once epoch 3 is posted, epoch 2 cannot slip in before it."""
    market.reputation.post(1, 0, [GOOD], sender=keeper)
    market.next_epoch()
    market.next_epoch()
    market.reputation.post(3, 0, [BAD], sender=keeper)
    with refused(WINDOW):
        market.reputation.post(2, 0, [GOOD], sender=keeper)
    # what was posted for epoch 1 holds to the end of the epoch in which the new value can be challenged
    assert market.reputation.logit(market.coprocessor_account) == 1_000_000
    market.next_epoch()
    assert market.reputation.logit(market.coprocessor_account) == -1_000_000


def test_posting_ends_at_half_of_the_epoch(market: Market, keeper: str) -> None:
    """Second 1,799 is the last; what is refused puts nothing at risk."""
    market.wait(1_800)
    books = Books(market)
    with refused(OVER):
        market.reputation.post(market.epoch - 1, 0, [GOOD], sender=keeper)
    market.wait(1_799)
    with refused(OVER):
        market.reputation.post(market.epoch - 1, 0, [GOOD], sender=keeper)
    market.reputation.unbond(24_000, sender=keeper)
    assert books.changes() == {market.escrow.account_of(keeper): (24_000, -24_000)}
    market.reputation.bond(8_000, sender=keeper)
    market.wait(1 + 1_799)
    market.reputation.post(market.epoch - 1, 0, [GOOD], sender=keeper)
