"""An AVS binds an operator that did not ask for it, changes its terms, or has its task failed by an accomplice.

A mandate opens nothing: only the operator opens tasks, on terms that never change. And the penalty the AVS gains from a
failure is at most half of what the slash takes from the accomplice, whose finder gets back at most the other half.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.books import Books, check_skipped
from tests.support.chain import refused
from tests.support.contract_words import BURN, MANDATE, POOL
from tests.support.protocol import PLAIN, SLASH_TERMS, Market


def test_a_mandate_takes_nothing_from_the_operator(market: Market) -> None:
    """Funding moves the AVS's money and nobody else's; the AVS cannot open with it."""
    books = Books(market)
    market.classes.fund_mandate(market.class_id, market.operator_account, 5_000, sender=market.avs)
    assert books.changes() == {market.avs_account: (-5_000, 0), POOL: (0, 5_000)}
    with refused("registry: wrong role"):
        market.registry.open_tasks(market.class_id, [(0, 100, 1_000, False, 0)], True, sender=market.avs)


def test_an_operator_cannot_draw_anothers_mandate(market: Market) -> None:
    """An accomplice that is an operator opens on its own mandate only, and that is empty."""
    accomplice, _ = market.operator("accomplice")
    check_skipped(
        market,
        lambda strict: market.registry.open_tasks(
            market.class_id, [(0, 100, 1_000, False, 0)], strict, sender=accomplice
        ),
        0,
        MANDATE,
    )


def test_terms_never_change(market: Market) -> None:
    """Neither a new class nor a new fee touches an old class, with or without tasks open."""
    task = market.award()
    before = market.registry.class_words(market.class_id)
    harsher = replace(PLAIN, slash_factor=1_000_000, operator_share=500_000, collateral=4_000_000)
    assert market.task_class(market.avs, harsher) == market.class_id + 1
    market.classes.set_fee(200_000, sender=market.owner)
    assert market.registry.class_words(market.class_id) == before
    market.submit(task)
    market.wait(61)
    books = Books(market)
    market.registry.settle([task], True)
    assert books.changes() == {
        market.operator_account: (200 + 500, -500),
        market.coprocessor_account: (9_604 + 10_000, -10_000),
        POOL: (196, -10_000),
    }


def failed(market: Market) -> dict[int, tuple[int, int]]:
    """Let the operator's task fail through the coprocessor, found by the rival; what changed in all balances."""
    books = Books(market)
    task = market.late()
    market.registry.slash([task], market.rival_account, True)
    market.wait(601)
    market.registry.fail([task], True)
    return books.changes()


GREEDY = replace(PLAIN, collateral=4_000_000, slash_factor=100_000, operator_share=50_000)


@pytest.mark.parametrize(("finder", "gain"), [(1, -1_999), (100_000, -1_600), (250_000, -1_000)])
def test_the_ring_always_pays_a_quarter(finder: int, gain: int) -> None:
    """Collateral 40,000, slash 4,000, penalty 2,000: with the largest finder's share a quarter of the slash is lost."""
    market = Market(GREEDY)
    market.slasher.set_terms((*SLASH_TERMS[:2], finder, *SLASH_TERMS[3:]), sender=market.owner)
    market.next_epoch()
    changes = failed(market)
    found = -(-4_000 * finder // 10**6)
    assert changes == {
        market.coprocessor_account: (-4_000, 0),
        market.rival_account: (found, 0),
        market.avs_account: (2_000, 0),
        market.operator_account: (1_600 - 2_000, 0),
        BURN: (400, 0),
        POOL: (2_000 - found, 0),
    }
    ring = (market.avs_account, market.coprocessor_account, market.rival_account)
    assert sum(changes[account][0] for account in ring) == gain


def test_a_greedier_class_is_refused(market: Market) -> None:
    """An operator's share above half of the slash factor, by a basis point, would make the ring gain."""
    market.task_class(market.avs, GREEDY)
    with refused("class: operator share"):
        market.task_class(market.avs, replace(GREEDY, operator_share=50_100))
    with refused("class: operator share"):
        market.task_class(market.avs, replace(GREEDY, slash_factor=99_999))
