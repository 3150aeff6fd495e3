"""Giving participants reputations through an honest-looking keeper."""

from __future__ import annotations

from tests.support.contract_words import logits
from tests.support.protocol import Protocol

THREE_QUARTERS = 1_098_612  # logit whose reputation is 750,000 ppm: the logarithm of 3
ONE_QUARTER = -THREE_QUARTERS
ONE_TENTH = -2_197_225


def give_logits(protocol: Protocol, values: dict[int, int]) -> None:
    """Post logits of accounts of one page for the last epoch, zeros for its others, and wait until they hold."""
    pages = {account // 8 for account in values}
    assert len(pages) == 1, "one page at a time"
    keeper, _ = protocol.account("keeper", deposit=8 * protocol.settings["bond_per_value"])
    protocol.reputation.bond(8 * protocol.settings["bond_per_value"], sender=keeper)
    page = pages.pop()
    words = logits(*(values.get(page * 8 + place, 0) for place in range(8)))
    protocol.reputation.post(protocol.epoch - 1, page, [words], sender=keeper)
    protocol.next_epoch()
