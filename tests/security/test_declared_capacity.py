"""Somebody declares capacity that does no work, so that those who work have less of the uptime rewards.

Only who finished a task well shares an epoch, and its share is capacity times the bonus that its load earned. In all
stories the coprocessor does the same work: half of its 1,000 units for 517 seconds.
"""

from __future__ import annotations

from dataclasses import astuple

import pytest

from ballast.model.load_curve import PRESETS
from tests.support.books import Books
from tests.support.contract_words import POOL
from tests.support.protocol import Market

GIANT = 2**32 - 1  # the largest capacity there can be


@pytest.fixture
def rich() -> Market:
    """Give a market with the default curve, which pays nothing for idleness, and a pool of a million."""
    market = Market(curve=astuple(PRESETS["idle_neutral"]))
    market.token.mint(market.avs, 10**6)
    market.escrow.deposit(POOL, 10**6, sender=market.avs)
    market.next_epoch()
    return market


def join(market: Market, name: str, role: int, capacity: int = GIANT) -> str:
    """Register somebody with a capacity; its address."""
    who, _ = market.account(name, deposit=10 * capacity + 10**8)
    market.participants.register(role, capacity, 5, 8 if role == 1 else 0, sender=who)
    return who


def work(market: Market, *beside: str) -> None:
    """Have the coprocessor do its work in this epoch, and others a task of one unit each in the same time."""
    tiny = {who: market.open(slot=1 + i, difficulty=1, reward=10**6) for i, who in enumerate(beside)}
    for who, task in tiny.items():
        market.bid(task, who)
    task = market.award(difficulty=500, reward=10**8)
    market.wait(500)
    market.submit(task)
    for who, other in tiny.items():
        market.submit(other, who=who)
    market.wait(61)
    market.registry.settle([task, *tiny.values()], True)
    market.next_epoch()


def rewards(market: Market, *beside: str) -> tuple[int, int]:
    """Claim for the coprocessor, the operator and others: what the coprocessor had, and the epoch's whole budget."""
    members = (market.coprocessor_address, market.operator_address, *beside)
    books = Books(market)
    market.claim([market.escrow.account_of(who) for who in members])
    reward = books.changes()[market.coprocessor_account][0]
    budget, claimed = market.slasher.budget_of(market.epoch - 2)
    assert claimed <= budget
    return reward, budget


@pytest.mark.parametrize("role", [1, 2])
def test_idle_giants_take_nothing(rich: Market, role: int) -> None:
    """Beside an idle operator or coprocessor of four billion units the work earns the whole budget."""
    giant = join(rich, "giant", role)
    rich.next_epoch()
    work(rich)
    reward, budget = rewards(rich, giant)
    assert reward == budget > 0


def test_capacity_of_the_last_second_takes_nothing(rich: Market) -> None:
    """Registered in the last second of one epoch, gone in the first of the next: it counts nowhere."""
    rich.wait(3_599)
    giant = join(rich, "giant", 2)
    rich.wait(1)
    rich.participants.leave(sender=giant)
    work(rich)
    reward, budget = rewards(rich, giant)
    assert reward == budget > 0


def test_the_smallest_load_weighs_as_a_basis_point_at_most(rich: Market) -> None:
    """One unit of load on 10,000,000 declared ones weighs as 1,000 units of load would: f(0.01 %) of them all.

    f is 150,000 ppm at half load and 34 at a basis point. So who wants half of the budget needs a stake 4,400 times
    that of all who work, and gets no more than the rebate on what it paid for.
    """
    giant = join(rich, "giant", 2, 10**7)
    rich.next_epoch()
    rate = rich.slasher.rate(1)[0]
    work(rich, giant)
    reward, budget = rewards(rich, giant)
    assert rate == 34
    assert reward == budget * 1_000 * 150_000 // (1_000 * 150_000 + 10**7 * rate)


def test_declaring_more_earns_little_more(rich: Market) -> None:
    """Of two machines with the same work the one that declares tenfold has 59 % of what both get, not ten elevenths."""
    boaster = join(rich, "boaster", 2, 10_000)
    rich.next_epoch()
    tasks = [rich.open(slot=i, difficulty=500, reward=10**8) for i in range(2)]
    rich.bid(tasks[0])
    rich.bid(tasks[1], boaster)
    rich.wait(500)
    rich.submit(tasks[0])
    rich.submit(tasks[1], who=boaster)
    rich.wait(61)
    rich.registry.settle(tasks, True)
    rich.next_epoch()
    reward, budget = rewards(rich, boaster)
    assert 0.3 < reward / budget < 0.5


def test_a_late_entry_is_too_late(rich: Market) -> None:
    """Who is entered once others may be paid would change their shares; it has to come in the epoch after its work."""
    work(rich)
    rich.next_epoch()
    books = Books(rich)
    rich.claim([rich.coprocessor_account])
    assert books.changes() == {}
