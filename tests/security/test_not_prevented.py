"""What the rules do not prevent: the section of that name in docs/security.md, shown to be so.

Each story begins with the words in bold that it shows; those that fail because the rules have changed are to change
together with the page. Silence that takes good records is in `test_stale_reputation`, under another title.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.support.books import Books
from tests.support.chain import refused
from tests.support.contract_words import BURN, POOL, logits, progress
from tests.support.protocol import Market
from tests.unit.reputation.test_post import set_account_count

PAGE = Path(__file__).parents[2] / "docs" / "security.md"


@pytest.fixture
def funded(market: Market) -> Market:
    """Give a market whose pool can pay."""
    market.token.mint(market.avs, 10**9)
    market.escrow.deposit(POOL, 10**9, sender=market.avs)
    return market


def settled(market: Market, task: int) -> None:
    """Let the coprocessor deliver a task it won, and the challenge window pass."""
    market.submit(task)
    market.wait(61)
    market.registry.settle([task], True)


def failed(market: Market, finder: int, reward: int = 10_000, slot: int = 0) -> None:
    """Let the rival win a task, be late with it and found, and the task fail."""
    task = market.open(reward=reward, slot=slot)
    market.bid(task, market.rival)
    market.wait(17 + 601)
    market.registry.slash([task], finder, True)
    market.wait(601)
    market.registry.fail([task], True)


def test_every_statement_of_the_page_is_shown() -> None:
    """The titles of the section are those of the stories below, in the order of the page."""
    section = PAGE.read_text().split("## What the rules do not prevent")[1].split("\n## ")[0]
    titles = re.findall(r"^- \*\*(.+?)\.?\*\*", section, re.MULTILINE)
    stories = [story.__doc__ for name, story in vars(sys.modules[__name__]).items() if name.startswith("test_")]
    stories.remove(test_every_statement_of_the_page_is_shown.__doc__)
    assert list(dict.fromkeys(story.split(":")[0] for story in stories)) == titles


def test_an_outage_makes_an_honest_executor_late(market: Market) -> None:
    """The chain stops, or a sequencer censors: no block from the award to the deadline, and the result is refused."""
    task = market.award()
    market.wait(601)
    with refused("registry: too late"):
        market.submit(task)
    books = Books(market)
    market.registry.slash([task], market.rival_account, True)
    assert books.changes()[market.coprocessor_account] == (9_000, -10_000)
    assert books.changes()[market.rival_account] == (250, 0)


def test_an_outage_leaves_an_auction_unsold(market: Market) -> None:
    """The chain stops, or a sequencer censors: seventeen seconds without a block, and nobody can bid any more."""
    task = market.open()
    market.wait(17)
    with refused("registry: too late"):
        market.bid(task)


def test_an_outage_of_half_an_epoch_makes_a_lie_hold(funded: Market) -> None:
    """The chain stops, or a sequencer censors: a wrong page of the last second is never challenged, and paid."""
    forger, number = funded.account("forger")
    funded.reputation.bond(8_000, sender=forger)
    books = Books(funded)
    funded.wait(1_799)
    funded.reputation.post(1, 0, [logits(0, 0, 0, 0, 8_000_000)], sender=forger)
    funded.wait(1_801)
    with refused("reputation: not the last epoch"):
        funded.reputation.challenge(1, [0], funded.rival_account)
    assert funded.reputation.logit(funded.coprocessor_account) == 8_000_000
    funded.reputation.collect(sender=forger)
    funded.reputation.unbond(8_000, sender=forger)
    assert books.changes()[number] == (8 * 10 + 8_000, -8_000)


def test_declared_capacity_wins_first(market: Market) -> None:
    """Capacity is declared, not proved: of equal machines the one that declares more takes all, at the top price."""
    boaster, number = market.account("boaster", deposit=10**6)
    market.participants.register(2, 10**5, 5, 0, sender=boaster)
    market.next_epoch()
    tasks = [market.open(slot=slot, difficulty=1_000) for slot in range(8)]
    market.registry.bid([market.order(task) for task in tasks], False, sender=market.coprocessor_address)
    market.registry.bid([market.order(task) for task in tasks], False, sender=boaster)
    won = [progress(market.registry.task_words(task)[1]) for task in tasks]
    assert {(word.executor, word.step) for word in won} == {(number, 0)}


@pytest.mark.parametrize(("capacity", "x", "slash"), [(100, 10_000, 1_999), (1_000, 1_000, 1_000)])
def test_declared_capacity_keeps_the_slash_low(market: Market, capacity: int, x: int, slash: int) -> None:
    """Capacity is declared, not proved: the same load is all of one machine, and a tenth of it on paper."""
    lazy, number = market.account("lazy", deposit=10**6)
    market.participants.register(2, capacity, 5, 0, sender=lazy)
    market.next_epoch()
    task = market.open(difficulty=100)
    market.bid(task, lazy)
    books = Books(market)
    assert progress(market.registry.task_words(task)[1]).x == x
    market.wait(17 + 601)
    market.registry.slash([task], 0, True)
    assert books.changes()[number] == (10_000 - slash, -10_000)


def test_declared_complexity_wins(market: Market) -> None:
    """Complexity is declared, not proved: who says it can do everything leads, and only failing costs it something."""
    boaster, number = market.coprocessor("boaster", capacity=10_000, complexity=2**16 - 1)
    market.next_epoch()
    task = market.open(class_id=market.other_class(complexity=5))
    market.bid(task)
    market.bid(task, boaster)
    books = Books(market)
    market.wait(17 + 601)
    market.registry.slash([task], 0, True)
    assert books.changes()[number] == (9_000, -10_000)


def test_a_ring_lets_an_operators_task_fail(market: Market) -> None:
    """An operator cannot refuse an executor but by its record: the ring loses 250; the operator 100 and its record."""
    books = Books(market)
    failed(market, market.coprocessor_account)
    changes = {account: sum(change) for account, change in books.changes().items()}
    assert changes == {
        market.rival_account: -1_000,
        market.coprocessor_account: 250,
        market.avs_account: 500,
        market.operator_account: 400 - 500,
        BURN: 100,
        POOL: 250,
    }
    market.next_epoch()
    assert market.reputation.computed(market.operator_account) < 0


def test_a_ring_buys_a_good_record(funded: Market) -> None:
    """A good reputation is cheap: twenty tasks of 52,000 among friends cost a twentieth of one, and lift to 93 %."""
    ring = (funded.avs_account, funded.operator_account, funded.coprocessor_account)

    def wealth() -> int:
        mandate = funded.registry.mandate_of(funded.class_id, funded.operator_account)
        return int(mandate + sum(funded.escrow.stake_of(account) for account in ring))

    before = wealth()
    for _ in range(20):
        task = funded.award(difficulty=400, reward=52_000)
        funded.wait(483)
        settled(funded, task)
        funded.next_epoch()
        funded.reputation.poke([0], sender=funded.stranger)
        funded.slasher.claim([funded.coprocessor_account])
    assert funded.reputation.reputation(funded.coprocessor_account) > 930_000
    funded.claim([funded.coprocessor_account])
    assert 0 < before - wealth() < 52_000 // 20


def test_a_lie_is_cheaper_in_gas_than_its_correction(funded: Market) -> None:
    """Correcting costs more gas than lying: also in a list the chain reads a record for each value it computes."""
    forger, number = funded.account("forger")
    set_account_count(funded, 256)
    funded.reputation.bond(8_000, sender=forger)
    funded.token.mint(funded.avs, 31 * 8_000)
    funded.escrow.deposit(number, 31 * 8_000, sender=funded.avs)
    funded.reputation.bond(31 * 8_000, sender=forger)

    def gas() -> int:
        return int(funded.reputation._computation.get_gas_used())

    funded.reputation.post(1, 0, [logits(8_000_000)] * 32, sender=forger)
    lying = gas()
    funded.reputation.challenge(1, list(range(32)), funded.rival_account)
    assert gas() > lying


def test_a_result_is_copied_and_paid(market: Market) -> None:
    """Results are public: who has the same job takes the result of the first from the chain, and is paid the same."""
    first, second = market.open(), market.open(slot=1)
    market.bid(first)
    market.bid(second, market.rival)
    market.wait(17)
    market.submit(first, result=0xBEEF)
    market.submit(second, result=market.registry.task_words(first)[2], who=market.rival)
    market.wait(61)
    books = Books(market)
    market.registry.settle([first, second], True)
    changes = books.changes()
    assert changes[market.rival_account] == changes[market.coprocessor_account] == (9_604 + 10_000, -10_000)


def test_a_slashed_executor_bids_again(market: Market) -> None:
    """A slashed executor bids again at once: in the same second, with the stake and the record it has left."""
    task = market.late()
    market.registry.slash([task], market.rival_account, True)
    again = market.open(slot=1)
    market.bid(again)
    assert progress(market.registry.task_words(again)[1]).executor == market.coprocessor_account


def test_the_whole_price_is_fee(market: Market) -> None:
    """`min_price` is gross: at the lowest price of 5,000 for 5,000 units of work, the fee leaves nothing."""
    strong, number = market.coprocessor("strong", capacity=10_000)
    market.next_epoch()
    task = market.open(difficulty=5_000, class_id=market.other_class(start=500_000))
    market.bid(task, strong, min_price=500_000)
    market.wait(3)
    market.submit(task, who=strong)
    market.wait(61)
    books = Books(market)
    market.registry.settle([task], True)
    assert books.changes()[number] == (10_000, -10_000)
