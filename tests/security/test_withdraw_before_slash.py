"""A debtor sees its slash coming and takes its money out first.

Collateral is locked from the bid on, and only free funds thaw, for at least the longest life of a task. So the debtor
can take out what it does not owe, never what it does.
"""

from __future__ import annotations

from tests.support.books import Books
from tests.support.chain import refused
from tests.support.contract_words import BURN, POOL
from tests.support.protocol import DAY, STAKE, Market


def test_whoever_takes_out_all_it_can_still_pays(market: Market) -> None:
    """Everything free thaws, and yet the collateral of 10,000 loses its tenth."""
    task = market.award()
    debtor = market.coprocessor_address
    with refused("escrow: not enough free"):
        market.escrow.thaw(STAKE - 10_000 + 1, sender=debtor)
    market.escrow.thaw(STAKE - 10_000, sender=debtor)
    market.wait(601)
    books = Books(market)
    market.registry.slash([task], market.rival_account, True, sender=market.stranger)
    assert books.changes() == {
        market.coprocessor_account: (9_000, -10_000),
        market.operator_account: (400, 0),
        market.rival_account: (250, 0),
        BURN: (100, 0),
        POOL: (250, 0),
    }
    # 9,000 of stake back the capacity of 900 that is left
    with refused("escrow: stake backs capacity"):
        market.escrow.thaw(1, sender=debtor)
    market.wait(14 * DAY)
    market.escrow.withdraw(debtor, sender=debtor)
    assert market.token.balanceOf(debtor) == STAKE - 10_000
    assert market.escrow.balances(market.coprocessor_account) == (9_000, 0, 0, 0)


def test_the_thaw_outlasts_the_task(market: Market) -> None:
    """A thaw begun before the bid frees nothing that the bid locks: what thaws is no collateral."""
    debtor = market.coprocessor_address
    market.escrow.thaw(STAKE - 10_000, sender=debtor)
    task = market.open(reward=10_001)
    with refused("escrow: free out of range"):
        market.bid(task)
    small = market.open(slot=1)
    market.bid(small)
    assert market.escrow.balances(market.coprocessor_account)[:3] == (0, 10_000, STAKE - 10_000)
    market.wait(603)
    with refused("escrow: still thawing"):
        market.escrow.withdraw(debtor, sender=debtor)
    market.registry.slash([small], 0, True)
    assert market.escrow.balances(market.coprocessor_account)[:3] == (9_000, 0, STAKE - 10_000)


def test_the_court_finds_the_collateral_after_five_days(market: Market) -> None:
    """A wrong result is proved long after the executor asked for its money: all of the collateral is still there."""
    task = market.award()
    market.submit(task)
    market.registry.hold([task], True, sender=market.court)
    market.escrow.thaw(STAKE - 10_000, sender=market.coprocessor_address)
    market.wait(5 * DAY)
    market.registry.overturn([task], 0, True, sender=market.court)
    assert market.escrow.balances(market.coprocessor_account)[:3] == (0, 0, STAKE - 10_000)
