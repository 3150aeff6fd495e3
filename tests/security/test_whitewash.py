"""A participant with a bad record washes it: it idles, leaves and returns, or starts anew under another address.

Idling heals nothing: a bad record stays, and only a good one fades, by a hundredth of what exceeds the newcomer value
an epoch. A record belongs to an account, an address keeps its account for ever, and a new one burns the entry fee to
start below the level that honest work reaches.
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


def test_idling_washes_nothing(market: Market) -> None:
    """A bad record is as bad after three days, be it poked or not."""
    give_logits(market, {market.coprocessor_account: BAD})
    assert {idle(market) for _ in range(72)} == {BAD}
    for _ in range(12):
        market.next_epoch()
    assert market.reputation.logit(market.coprocessor_account) == BAD


def test_idling_is_never_better_than_starting_anew(market: Market) -> None:
    """A good record fades towards the newcomer value from above; what is at it or below stays."""
    give_logits(market, {market.coprocessor_account: 50, market.rival_account: -1, market.operator_account: 0})
    idle(market)
    accounts = market.coprocessor_account, market.rival_account, market.operator_account
    assert [market.reputation.logit(account) for account in accounts] == [50, -1, 0]


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


@pytest.mark.parametrize("newcomer", [8_000_000, 8_000_001, -8_000_001])
def test_a_newcomer_is_never_as_good_as_the_best_record(market: Market, newcomer: int) -> None:
    """Where honest work leads to more than a logit can be, the newcomer value stays below the greatest logit."""
    leading = (2_000_000, *FILTER[1:5])
    with refused("reputation: newcomer"):
        market.reputation.set_parameters((*leading, newcomer, *FILTER[6:]), sender=market.owner)
    market.reputation.set_parameters((*leading, 7_999_999, *FILTER[6:]), sender=market.owner)


@pytest.mark.parametrize("newcomer", [1_000_000, 1_000_001])
def test_a_newcomer_is_never_as_good_as_honest_work(market: Market, newcomer: int) -> None:
    """The owner cannot make starting anew worthwhile: the newcomer value stays below the level of honest work."""
    with refused("reputation: level"):
        market.reputation.set_parameters((*FILTER[:5], newcomer, *FILTER[6:]), sender=market.owner)
    market.reputation.set_parameters((*FILTER[:5], 999_999, *FILTER[6:]), sender=market.owner)
