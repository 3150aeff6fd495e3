"""An executor is late on purpose, and a sibling finds the lateness, rescues the task and is paid.

The slash stands: a tenth of it is burned and a quarter goes to the pool, so the pair always ends below what the work
would have earned, even if the operator that is compensated belongs to it.
"""

from __future__ import annotations

import boa

from tests.support.books import Books, check_skipped
from tests.support.contract_words import BURN, CALLER, POOL
from tests.support.protocol import Market


def honest(market: Market) -> dict[int, tuple[int, int]]:
    """Do the work; what changed in the balances of all."""
    with boa.env.anchor():
        books = Books(market)
        task = market.award()
        market.submit(task)
        market.wait(61)
        market.registry.settle([task], True)
        return books.changes()


def rescued(market: Market, own: bool = False) -> dict[int, tuple[int, int]]:
    """Be late, be found and rescued by the rival; what changed in the balances of all."""
    with boa.env.anchor():
        books = Books(market)
        task = market.open(own=own)
        if not own:
            market.bid(task)
        market.wait(620)
        market.registry.slash([task], market.rival_account, True, sender=market.rival)
        market.registry.take_over([market.order(task)], True, sender=market.rival)
        market.wait(1)
        market.submit(task, who=market.rival)
        market.wait(61)
        market.registry.settle([task], True)
        return books.changes()


def test_a_pair_earns_less_than_by_working(market: Market) -> None:
    """9,604 for the work; 9,604 - 1,000 + 250 for the play."""
    assert honest(market) == {
        market.coprocessor_account: (9_604, 0),
        market.operator_account: (200, 0),
        POOL: (196, -10_000),
    }
    assert rescued(market) == {
        market.coprocessor_account: (-1_000, 0),
        market.rival_account: (9_604 + 250, 0),
        market.operator_account: (200 + 400, 0),
        BURN: (100, 0),
        POOL: (196 + 250, -10_000),
    }


def test_with_the_operator_in_the_ring_it_still_loses(market: Market) -> None:
    """Operator, executor and sibling together: 9,804 for the work, 350 less for the play."""
    ring = (market.operator_account, market.coprocessor_account, market.rival_account)
    by_work = sum(sum(honest(market).get(account, (0, 0))) for account in ring)
    by_play = sum(sum(rescued(market).get(account, (0, 0))) for account in ring)
    assert (by_work, by_play) == (9_804, 9_804 - 350)


def test_with_the_avs_in_the_ring_it_still_loses(market: Market) -> None:
    """An operator late with its own task compensates its AVS: burn and pool share are lost all the same."""
    changes = rescued(market, own=True)
    ring = (market.avs_account, market.operator_account, market.rival_account)
    # the reward left the mandate, so to the AVS it is money out
    assert sum(changes.get(account, (0, 0))[0] for account in ring) - 10_000 == -196 - 350


def test_the_late_executor_is_no_rescuer(market: Market) -> None:
    """It would have its collateral back for a tenth of it, and time as it likes."""
    task = market.late()
    market.registry.slash([task], market.rival_account, True)
    check_skipped(
        market,
        lambda strict: market.registry.take_over([market.order(task)], strict, sender=market.coprocessor_address),
        task,
        CALLER,
    )
