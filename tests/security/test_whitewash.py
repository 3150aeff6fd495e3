"""A participant with a bad record washes it: it idles, leaves and returns, or starts anew under another address.

Idling closes a hundredth of the distance to the newcomer value an epoch. A record belongs to an account, an address
keeps its account for ever, and a new one burns the entry fee to start below the level that honest work reaches.
"""

from __future__ import annotations

import pytest

from tests.support.books import Books
from tests.support.chain import refused
from tests.support.contract_words import BURN
from tests.support.keeper import give_logits
from tests.support.protocol import FILTER, Market

BAD = -4_000_000
HONEST = 731_059  # reputation at logit 1, where omega / (1 - beta) = 0.02 / 0.02 leads


def idle(market: Market) -> int:
    """Let an epoch pass in which the coprocessor does nothing and somebody pokes; its logit then."""
    market.reputation.poke([0])
    market.next_epoch()
    return int(market.reputation.logit(market.coprocessor_account))


def test_idling_washes_slowly_and_never_beyond_a_newcomer(market: Market) -> None:
    """A hundredth of the distance an epoch, rounded towards where it was."""
    give_logits(market, {market.coprocessor_account: BAD})
    assert [idle(market) for _ in range(4)] == [-3_960_000, -3_920_400, -3_881_196, -3_842_385]


def test_idling_loses_a_good_record_too(market: Market) -> None:
    """A name made long ago does not last for ever."""
    give_logits(market, {market.coprocessor_account: 4_000_000})
    assert [idle(market) for _ in range(2)] == [3_960_000, 3_920_400]


def test_leaving_and_returning_keeps_the_record(market: Market) -> None:
    """Registering makes no new account, nor does opening one again."""
    give_logits(market, {market.coprocessor_account: BAD})
    market.participants.leave(sender=market.coprocessor_address)
    market.participants.register(2, 1_000, 5, 0, sender=market.coprocessor_address)
    assert market.reputation.logit(market.coprocessor_account) == BAD
    with refused("escrow: account exists"):
        market.escrow.open_account(sender=market.coprocessor_address)


def test_a_new_address_costs_the_entry_fee_and_starts_low(market: Market) -> None:
    """100 are burned; the newcomer's reputation is a half, below that of whoever just works."""
    books = Books(market)
    _, number = market.coprocessor("reborn")
    assert books.changes()[BURN] == (market.settings["entry_fee"], 0)
    assert market.reputation.reputation(number) == 500_000
    give_logits(market, {market.rival_account: 1_000_000})
    assert market.reputation.reputation(market.rival_account) == HONEST


@pytest.mark.parametrize("newcomer", [1_000_000, 1_000_001])
def test_a_newcomer_is_never_as_good_as_honest_work(market: Market, newcomer: int) -> None:
    """The owner cannot make starting anew worthwhile: the newcomer value stays below the level of honest work."""
    with refused("reputation: level"):
        market.reputation.set_parameters((*FILTER[:5], newcomer, *FILTER[6:]), sender=market.owner)
    market.reputation.set_parameters((*FILTER[:5], 999_999, *FILTER[6:]), sender=market.owner)
