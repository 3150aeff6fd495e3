"""A coprocessor splits itself into several identities to collect more uptime rewards with the same stake and work.

Stake is counted once, the reward is a share of capacity that works and of the fees paid, and both only add up. Rounding
is against whoever splits, and each identity burns an entry fee.
"""

from __future__ import annotations

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import BURN, POOL
from tests.support.protocol import Market


def endow(market: Market, amount: int) -> None:
    """Let a patron give to the pool."""
    patron, _ = market.account("patron", deposit=0)
    market.token.mint(patron, amount)
    market.escrow.deposit(POOL, amount, sender=patron)


def work(market: Market, difficulty_of: dict[str, int]) -> None:
    """Have each participant do one task of its difficulty, from the first second of the epoch to second 600."""
    tasks = {}
    for slot, (who, difficulty) in enumerate(difficulty_of.items()):
        tasks[who] = market.open(slot=slot, difficulty=difficulty, reward=20 * difficulty)
        market.bid(tasks[who], who)
    market.wait(600)
    for who, task in tasks.items():
        market.submit(task, who=who)
    market.wait(61)
    market.registry.settle(list(tasks.values()), True)


def test_halves_earn_no_more_than_the_whole(market: Market) -> None:
    """Capacity 1,000 at half load against twice 500 at half load, when the budget binds and not the fees."""
    books = Books(market)
    halves = [market.coprocessor(name, capacity=500) for name in ("left", "right")]
    assert books.changes()[BURN] == (200, 0)
    endow(market, 3_000)
    market.next_epoch()
    work(market, {market.coprocessor_address: 500, halves[0][0]: 250, halves[1][0]: 250})
    market.next_epoch()
    # fees are one a unit of difficulty, 1,000 in all; of the 4,000 in the pool 300 were set aside an epoch before
    budget = 370
    books = Books(market)
    accounts = [market.coprocessor_account, halves[0][1], halves[1][1]]
    market.claim(accounts)
    assert market.slasher.budget_of(market.epoch - 2) == (budget, 185 + 92 + 92)
    assert books.changes() == {
        POOL: (-369, 0),
        accounts[0]: (185, 0),
        accounts[1]: (92, 0),
        accounts[2]: (92, 0),
    }


def test_halves_get_no_more_of_their_fees_back(market: Market) -> None:
    """When the fees bind, 500 of them earn 450 in one hand, and 251 and 249 earn 225 and 224 in two."""
    halves = [market.coprocessor(name, capacity=500) for name in ("left", "right")]
    endow(market, 10**9)
    market.next_epoch()
    work(market, {market.coprocessor_address: 500, halves[0][0]: 251, halves[1][0]: 249})
    market.next_epoch()
    books = Books(market)
    accounts = [market.coprocessor_account, halves[0][1], halves[1][1]]
    market.claim(accounts)
    changes = books.changes()
    assert [changes[account][0] for account in accounts] == [450, 225, 224]


def test_idle_identities_earn_nothing(market: Market) -> None:
    """Whatever the curve grants an idle second, without fees there is nothing to get back; entry fees are burned."""
    books = Books(market)
    crowd = [market.coprocessor(f"idle {place}", capacity=10**8)[1] for place in range(5)]
    assert books.changes()[BURN] == (500, 0)
    endow(market, 10**9)
    market.next_epoch()
    market.next_epoch()
    books = Books(market)
    market.claim(crowd)
    assert events(market.slasher, "UptimeSkipped") == [(account, market.epoch - 1) for account in crowd]
    assert books.changes() == {}


def test_identities_share_no_stake(market: Market) -> None:
    """An identity without a deposit of its own has no capacity, however rich its sibling."""
    sibling, _ = market.account("sibling", deposit=9)
    with refused("participants: stake too small"):
        market.participants.register(2, 1, 5, 0, sender=sibling)
