"""A keeper posts a good record once and then everybody is kept from posting, so that it lasts for ever.

Eight epochs after the last one posted (``stale_epochs``) no reputation is above a newcomer's, and a bad one stays bad.
Anyone can poke in between.
"""

from __future__ import annotations

from tests.support.keeper import give_logits
from tests.support.protocol import Market

GOOD, BAD = 3_000_000, -3_000_000


def posted_in_two(market: Market) -> None:
    """Post for epoch 1 a good record for the coprocessor and a bad one for its rival; they hold from epoch 3."""
    give_logits(market, {market.coprocessor_account: GOOD, market.rival_account: BAD})
    assert market.epoch == 3


def held(market: Market) -> tuple[int, int]:
    """Logits of both that hold now."""
    accounts = (market.coprocessor_account, market.rival_account)
    return market.reputation.logit(accounts[0]), market.reputation.logit(accounts[1])


def test_silence_takes_a_good_record_and_keeps_a_bad_one(market: Market) -> None:
    """Posted for epoch 1, it holds up to epoch 9, and not in epoch 10."""
    posted_in_two(market)
    while market.epoch < 9:
        assert held(market) == (GOOD, BAD)
        market.next_epoch()
    assert held(market) == (GOOD, BAD)
    for _ in range(3):
        market.next_epoch()
        assert held(market) == (0, BAD)


def test_a_poke_after_silence_does_not_revive_the_record(market: Market) -> None:
    """The step starts from what holds, which is the newcomer's value by then; the bad one stays."""
    posted_in_two(market)
    for _ in range(7):
        market.next_epoch()
    assert market.epoch == 10
    market.reputation.poke([0])
    market.next_epoch()
    assert held(market) == (0, BAD)


def test_whoever_has_the_record_can_keep_it_alive(market: Market) -> None:
    """A poke within the eight epochs is enough: the record lasts, but for the drift."""
    posted_in_two(market)
    for _ in range(5):
        market.next_epoch()
    market.reputation.poke([0])
    for _ in range(3):
        market.next_epoch()
    assert market.epoch == 11
    assert held(market) == (GOOD - 30_000, BAD)
