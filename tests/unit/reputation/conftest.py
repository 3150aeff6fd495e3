"""A market whose second epoch saw one finished task, and a keeper with a bond for sixteen values."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.support.contract_words import POOL
from tests.support.protocol import Market

BOND = 1_000


class Keeper(NamedTuple):
    """A keeper of reputations."""

    address: str
    account: int


@pytest.fixture
def worked(market: Market) -> Market:
    """Give the market in the first second of epoch 3; the pool is rich enough to pay keepers.

    In epoch 2 operator and coprocessor finished a task worth a fee of 196. Accounts: AVS 2, operator 3, coprocessor 4,
    rival 5.
    """
    market.token.mint(market.avs, 10**6)
    market.escrow.deposit(POOL, 10**6, sender=market.avs)
    task = market.award()
    market.submit(task)
    market.wait(61)
    market.registry.settle([task], True)
    market.next_epoch()
    return market


@pytest.fixture
def keeper(worked: Market) -> Keeper:
    """Give a keeper, account 6, with a bond of 16,000."""
    who, number = worked.account("keeper", deposit=50_000)
    worked.reputation.bond(16 * BOND, sender=who)
    return Keeper(who, number)
