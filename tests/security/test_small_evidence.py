"""Tiny tasks buy no reputation: below n0 an epoch counts in proportion to its fees, and as idle for the rest."""

from __future__ import annotations

from tests.support.keeper import give_logits
from tests.support.protocol import Market

EPOCHS = 12


def lived(market: Market, reward: int, good: bool) -> int:
    """Give the coprocessor one task in each of some epochs; the logit they lead to."""
    for _ in range(EPOCHS):
        if good:
            task = market.award(difficulty=1, reward=reward)
            market.submit(task)
            market.wait(61)
            market.registry.settle([task], True)
        else:
            task = market.late(difficulty=1, reward=reward)
            market.registry.slash([task], 0, True)
            market.wait(601)
            market.registry.fail([task], True)
        market.next_epoch()
        market.reputation.poke([0])
    return int(market.reputation.computed(market.coprocessor_account))


def test_one_unit_an_epoch_washes_nothing(market: Market) -> None:
    """A bad record with a unit of good fees an epoch is what idling leaves it, but for a thousandth of the way."""
    give_logits(market, {market.coprocessor_account: -4_000_000})
    market.reputation.poke([0])
    washed = lived(market, 50, good=True)
    assert market.registry.fees_in(market.coprocessor_account, market.epoch - 1) == (1, 1)
    assert -4_000_000 < washed < -4_000_000 + EPOCHS * 1_200


def test_who_fails_everything_never_rises(market: Market) -> None:
    """A newcomer that delivers nothing falls, however little it is about."""
    market.reputation.poke([0])
    assert lived(market, 500, good=False) < 0
    assert market.registry.fees_in(market.coprocessor_account, market.epoch - 1) == (10, 0)
