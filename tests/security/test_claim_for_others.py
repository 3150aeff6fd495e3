"""A stranger claims the newest epoch for a victim, so that its older claims count as made.

Each epoch has a tag of its own. Claims in any order, by anybody, pay each epoch once, and always to the account itself.
"""

from __future__ import annotations

from itertools import permutations

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import POOL
from tests.support.protocol import Market

REWARD = 176  # nine tenths of the fee of 196


@pytest.fixture
def busy(market: Market) -> Market:
    """Give a market whose coprocessor earned the same in epochs 2 to 5; now is epoch 6."""
    market.token.mint(market.avs, 10**8)
    market.escrow.deposit(POOL, 10**8, sender=market.avs)
    for _ in range(4):
        task = market.award()
        market.submit(task)
        market.wait(61)
        market.registry.settle([task], True)
        market.next_epoch()
    assert market.epoch == 6
    return market


def test_the_newest_first_costs_nothing(busy: Market) -> None:
    """All four epochs are paid in each order tried, each once."""
    for order in list(permutations((2, 3, 4, 5)))[::-5]:
        with boa.env.anchor():
            books = Books(busy)
            for epoch in order:
                for _ in range(2):
                    busy.slasher.claim(epoch, [busy.coprocessor_account], sender=busy.stranger)
            assert books.changes() == {busy.coprocessor_account: (4 * REWARD, 0), POOL: (-4 * REWARD, 0)}


def test_a_claim_in_a_later_round_of_the_ring_does_not_open_an_older_epoch(busy: Market) -> None:
    """Epoch 6 takes the place of epoch 2 in the ring: 2 is over, 3 to 5 stay as they were."""
    busy.slasher.claim(3, [busy.coprocessor_account])
    task = busy.award()
    busy.submit(task)
    busy.wait(61)
    busy.registry.settle([task], True)
    busy.next_epoch()
    books = Books(busy)
    for epoch in (6, 5, 4, 3):
        busy.slasher.claim(epoch, [busy.coprocessor_account], sender=busy.stranger)
    assert events(busy.slasher, "UptimeSkipped") == [(busy.coprocessor_account, 3)]
    assert books.changes() == {busy.coprocessor_account: (3 * REWARD, 0), POOL: (-3 * REWARD, 0)}
    with refused("slasher: epoch not claimable"):
        busy.slasher.claim(2, [busy.coprocessor_account])


def test_claiming_before_there_is_anything_takes_nothing_away(market: Market) -> None:
    """A claim that pays zero is no claim: it leaves no tag."""
    market.next_epoch()
    market.slasher.claim(market.epoch - 1, [market.coprocessor_account], sender=market.stranger)
    assert not market.slasher.claimed(market.coprocessor_account, market.epoch - 1)
    for epoch in (market.epoch, market.epoch + 1, 0):
        with refused("slasher: epoch not claimable"):
            market.slasher.claim(epoch, [market.coprocessor_account])
