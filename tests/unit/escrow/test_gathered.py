"""The pool's share of a slash lies beside what is burned until an epoch is over, and is the pool's all the while."""

from __future__ import annotations

import random

import boa
import pytest

from tests.support.chain import refused
from tests.support.contract_words import BURN, POOL, fields, move
from tests.support.protocol import Protocol


class Till:
    """An account that loses and gains what slashes, gifts and payments move, and the escrow's words as they lie."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.escrow = protocol.escrow
        self.owner, self.number = protocol.account("alice", deposit=10**6)
        self.donor = str(boa.env.generate_address("donor"))
        protocol.token.mint(self.donor, 10**9)
        protocol.token.approve(protocol.escrow.address, 10**9, sender=self.donor)

    def slash(self, burned: int, pooled: int) -> None:
        """Take from the account what is burned and what the pool gets."""
        moves = [move(self.number, -burned - pooled), move(BURN, burned, pooled)]
        self.escrow.move(moves, sender=self.protocol.slasher.address)

    def slash_for_the_pool(self, burned: int, pooled: int, found: int) -> None:
        """Take from the account what is burned, what the pool gets, and what it gets as the finder."""
        moves = [move(self.number, -burned - pooled - found), move(POOL, found), move(BURN, burned, pooled)]
        self.escrow.move(moves, sender=self.protocol.slasher.address)

    def fund(self, amount: int) -> None:
        """Lock rewards of a mandate in the pool."""
        self.escrow.move([move(self.number, -amount), move(POOL, 0, amount)], sender=self.protocol.classes.address)

    def give(self, amount: int) -> None:
        """Make the pool a gift."""
        self.escrow.deposit(POOL, amount, sender=self.donor)

    def pay(self, amount: int) -> None:
        """Pay from the pool."""
        moves = [move(POOL, -amount), move(self.number, amount)]
        self.escrow.move(moves, sender=self.protocol.slasher.address)

    def word(self, account: int) -> tuple[int, ...]:
        """Free, locked, mark and whether it is gathered for, of an account, as they are stored."""
        slot = self.escrow.compiler_data.storage_layout["storage_layout"]["_balances"]["slot"]
        return fields(boa.env.evm.get_storage(self.escrow.address, slot + account), 96, 96, 24, 1)

    def funds(self) -> list[tuple[int, int]]:
        """Free and locked funds of the burn account and of the pool, as every view must tell them."""
        told = [self.escrow.balances(account)[:2] for account in (BURN, POOL)]
        assert [fields(word, 96, 96)[:2] for word in self.escrow.balance_words(0, 2)] == told
        assert self.escrow.balances(BURN)[2:] == self.escrow.balances(POOL)[2:] == (0, 0)
        return told


@pytest.fixture
def till(protocol: Protocol) -> Till:
    """Give it; one entry fee of 100 has been burned."""
    return Till(protocol)


def test_a_slash_writes_one_word_for_both(till: Till) -> None:
    """The first of an epoch notes in the pool's word that there is something; the views count the share at once."""
    till.give(5)
    assert till.word(POOL) == (5, 0, 1, 0)
    till.slash(20, 10)
    assert till.word(POOL) == (5, 0, 1, 1)
    assert till.word(BURN) == (120, 10, 1, 0)
    assert till.funds() == [(120, 0), (15, 0)]
    boa.env.sstore_trace.clear()
    till.slash(20, 10)
    slot = till.escrow.compiler_data.storage_layout["storage_layout"]["_balances"]["slot"]
    assert boa.env.sstore_trace[till.escrow.address] == {slot + BURN, slot + till.number}
    assert till.funds() == [(140, 0), (25, 0)]


def test_the_pools_next_change_in_a_later_epoch_takes_it_in(till: Till) -> None:
    """It was there when the epoch ended, before that change and after it."""
    till.slash(20, 10)
    till.protocol.next_epoch()
    assert till.escrow.pool_at_end_of(1) == 10
    till.give(5)
    assert till.word(POOL) == (15, 0, 2, 0)
    assert till.word(BURN) == (120, 0, 0, 0)
    assert till.funds() == [(120, 0), (15, 0)]
    assert till.escrow.pool_at_end_of(1) == 10


def test_the_next_slash_in_a_later_epoch_takes_it_in(till: Till) -> None:
    """Each epoch's slashes count for that epoch."""
    till.slash(20, 10)
    till.slash(2, 1)
    till.protocol.next_epoch()
    till.slash(30, 7)
    assert till.word(POOL) == (11, 0, 2, 1)
    assert till.word(BURN) == (152, 7, 2, 0)
    till.protocol.next_epoch()
    assert [till.escrow.pool_at_end_of(epoch) for epoch in (1, 2)] == [11, 18]


def test_a_change_of_the_pool_in_the_same_epoch_leaves_it(till: Till) -> None:
    """Before the slash or after it, and the end of the epoch counts all of it once."""
    till.slash(20, 10)
    till.give(5)
    assert till.word(POOL) == (5, 0, 1, 1)
    till.protocol.next_epoch()
    till.give(1)
    till.slash(20, 3)
    assert till.word(POOL) == (16, 0, 2, 1)
    assert till.word(BURN) == (140, 3, 2, 0)
    assert till.escrow.pool_at_end_of(1) == 15
    till.protocol.next_epoch()
    assert till.escrow.pool_at_end_of(2) == 19


def test_what_an_epoch_gathered_is_spent_from_the_next_on(till: Till) -> None:
    """Budgets are shares of what the pool had when an epoch ended, so nothing ever asks for it earlier."""
    till.slash(20, 10)
    with refused("escrow: free out of range"):
        till.pay(10)
    till.protocol.next_epoch()
    till.pay(10)
    assert till.funds() == [(120, 0), (0, 0)]
    assert till.escrow.pool_at_end_of(1) == 10


def test_a_locked_balance_of_the_pool_stays(till: Till) -> None:
    """The rewards of mandates are none of this."""
    till.fund(50)
    till.slash(20, 10)
    till.protocol.next_epoch()
    till.slash(20, 10)
    assert till.word(POOL) == (10, 50, 2, 1)
    assert till.funds() == [(140, 0), (20, 50)]


@pytest.mark.parametrize("changed", [False, True])
def test_the_pool_may_be_the_finder(till: Till, changed: bool) -> None:
    """Its share as a finder is free at once, the other is gathered; what the epoch before gathered is taken in once."""
    till.slash(20, 10)
    till.protocol.next_epoch()
    if changed:
        till.slash(0, 2)
    till.slash_for_the_pool(20, 7, 5)
    assert till.word(POOL) == (15, 0, 2, 1)
    assert till.word(BURN) == (140, 7 + 2 * changed, 2, 0)
    assert till.escrow.pool_at_end_of(1) == 10
    till.protocol.next_epoch()
    assert till.escrow.pool_at_end_of(2) == 22 + 2 * changed


def test_the_stake_of_either_is_what_its_word_holds(till: Till) -> None:
    """No capacity is backed by it; what is gathered counts once."""
    till.give(5)
    till.slash(20, 10)
    assert [till.escrow.stake_of(account) for account in (BURN, POOL)] == [130, 5]
    assert [till.escrow.spendable_of(account) for account in (BURN, POOL)] == [130, 5]


def test_burning_alone_touches_neither(till: Till) -> None:
    """An entry fee, a lost bond and a flush, in a later epoch, leave what was gathered and its mark."""
    till.slash(20, 10)
    till.protocol.next_epoch()
    till.protocol.account("bob")
    till.escrow.move([move(till.number, -5), move(BURN, 5)], sender=till.protocol.reputation.address)
    assert till.word(BURN) == (225, 10, 1, 0)
    till.escrow.flush_burned()
    assert till.word(BURN) == (0, 10, 1, 0)
    assert till.funds() == [(0, 0), (10, 0)]
    till.give(1)
    assert till.escrow.pool_at_end_of(1) == 10
    with refused("escrow: nothing burned"):
        till.escrow.flush_burned()


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_steps_leaves_the_books_right(till: Till, seed: int) -> None:
    """Slashes, gifts, payments out of what earlier epochs left, mandates, flushes and quiet epochs, against sums."""
    draw = random.Random(seed)
    burned, pool, spendable, rewards, ends = 100, 0, 0, 0, {0: 0}
    for _ in range(40):
        step = draw.choice(("slash", "slash", "find", "give", "pay", "fund", "flush", "wait", "wait"))
        if step == "slash":
            taken, pooled = draw.randrange(3) * 10, draw.randrange(3) * 7
            till.slash(taken, pooled)
            burned, pool = burned + taken, pool + pooled
        elif step == "find":
            taken, pooled, found = (draw.randrange(3) * share for share in (10, 7, 5))
            till.slash_for_the_pool(taken, pooled, found)
            burned, pool, spendable = burned + taken, pool + pooled + found, spendable + found
        elif step == "fund":
            amount = draw.randrange(1, 9)
            till.fund(amount)
            rewards += amount
        elif step == "give":
            amount = draw.randrange(1, 9)
            till.give(amount)
            pool, spendable = pool + amount, spendable + amount
        elif step == "pay" and spendable:
            amount = draw.randint(1, spendable)
            till.pay(amount)
            pool, spendable = pool - amount, spendable - amount
        elif step == "flush" and burned:
            till.escrow.flush_burned()
            burned = 0
        elif step == "wait":
            for _ in range(draw.choice((1, 1, 2, 7))):
                ends[till.protocol.epoch] = pool
                till.protocol.next_epoch()
            spendable = pool
        assert till.funds() == [(burned, 0), (pool, rewards)]
        held = till.protocol.token.balanceOf(till.escrow.address)
        assert held == burned + pool + rewards + till.escrow.stake_of(till.number)
        for epoch in range(max(1, till.protocol.epoch - 5), till.protocol.epoch):
            assert till.escrow.pool_at_end_of(epoch) == ends[epoch]
