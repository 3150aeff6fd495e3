"""A market under arbitrary steps: invariants I1 to I6, I8, I10 and I11 after every one of them, and at the end."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, ClassVar

import boa
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.stateful.ground import CAPACITY, Actor, Ground
from tests.stateful.world import World

RUNS = 2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 200
STEPS = 50
ENDS = (
    *("settled", "expired", "failed", "forfeited", "rescued", "reopened", "sold again", "own", "own settled"),
    *("displaced", "late rescuer", "upheld", "undecided", "amplified", "capacity cut", "resized", "left", "rejoined"),
    *("claimed", "corrected"),
)

index = st.integers(0, 11)
mask = st.integers(0, 2**12 - 1)
poison = st.booleans()
size = st.tuples(st.integers(20, 400), st.integers(4, 10), st.booleans())


class Market(RuleBasedStateMachine):
    """Chooses steps, mostly such as apply; `World` knows what they do."""

    ground: ClassVar[Ground]
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(boa.env.anchor())
        self.world = World(self.ground)

    def teardown(self) -> None:
        """End every run by getting everything out."""
        with self.stack:
            self.world.drain()
            self.reached.update(self.world.reached)

    @initialize(seconds=st.integers(0, 3_599))
    def begin(self, seconds: int) -> None:
        """Start anywhere in an epoch."""
        self.world.wait(seconds)

    # Time

    @rule(which=st.sampled_from((0, 0, 0, 1, 1, 2, 3, 5)))
    def wait_for_something(self, which: int) -> None:
        """Go to one of the next moments at which something becomes possible or impossible."""
        moments = self.world.moments()
        self.world.wait(moments[min(which, len(moments) - 1)])
        self.world.check("wait")

    @rule(seconds=st.sampled_from((1, 2, 7, 60, 3_600, 20_000)))
    def wait(self, seconds: int) -> None:
        """Let some time pass."""
        self.world.wait(seconds)
        self.world.check("wait")

    # Operators

    @precondition(lambda self: not self.world.opening_paused and any(map(self.world.slots, self.ground.operators)))
    @rule(o=index, c=index, sizes=st.lists(size, min_size=1, max_size=4), poison=poison)
    def open_tasks(self, o: int, c: int, sizes: list[tuple[int, int, bool]], poison: bool) -> None:
        """Open tasks."""
        able = [operator for operator in self.ground.operators if self.world.slots(operator)]
        self.world.open_tasks(able[o % len(able)], self.ground.task_classes[c % 3], sizes, poison)
        self.world.check("open_tasks")

    @precondition(lambda self: self.world.expired(anyone=False))
    @rule(i=index, how=st.sampled_from(("reopen", "self_execute", "expire", "expire all")), poison=poison)
    def second_chance(self, i: int, how: str, poison: bool) -> None:
        """Auction an unsold task again, execute it oneself, or end all of an operator's unsold tasks, or everybody's."""
        world = self.world
        unsold = [] if world.opening_paused else world.unsold()
        fresh = [job for job in unsold if not job.rising]
        feasible = [job for job in unsold if world.can_execute(job)]
        if how == "reopen" and fresh:
            world.reopen(self.one(fresh, i))
            world.check("reopen")
        elif how == "self_execute" and feasible:
            world.self_execute(self.one(feasible, i))
            world.check("self_execute")
        elif how == "expire all" and world.expired(anyone=True):
            world.expire(world.expired(anyone=True), self.ground.stranger, poison)
            world.check("expire")
        else:
            operator = self.one(world.expired(anyone=False), i).operator
            jobs = [job for job in world.expired(anyone=False) if job.operator == operator]
            world.expire(jobs, operator.address, poison)
            world.check("expire")

    # Coprocessors

    @precondition(lambda self: not self.world.bidding_paused and self.world.biddable() and self.bidders())
    @rule(
        i=index,
        which=mask,
        min_price=st.sampled_from((1, 1, 1, 600_000, 850_000, 999_999)),
        max_load=st.sampled_from((10_000, 10_000, 6_000)),
        poison=poison,
    )
    def bid(self, i: int, which: int, min_price: int, max_load: int, poison: bool) -> None:
        """Bid for tasks."""
        jobs = self.world.pick(self.world.biddable(), which)
        bidders = self.bidders()
        self.world.bid(bidders[i % len(bidders)], jobs, min_price, max_load, poison)
        self.world.check("bid")

    @precondition(lambda self: self.world.awarded())
    @rule(i=index, which=mask, poison=poison)
    def submit(self, i: int, which: int, poison: bool) -> None:
        """Submit results."""
        executor = self.one(self.world.awarded(), i).executor
        jobs = [job for job in self.world.awarded() if job.executor == executor]
        self.world.submit(self.world.pick(jobs, which), poison)
        self.world.check("submit")

    @precondition(lambda self: self.world.rescuable() and self.bidders())
    @rule(i=index, which=mask, poison=poison)
    def take_over(self, i: int, which: int, poison: bool) -> None:
        """Rescue late tasks."""
        bidders = self.bidders()
        self.world.take_over(bidders[i % len(bidders)], self.world.pick(self.world.rescuable(), which), poison)
        self.world.check("take_over")

    # Anyone

    @precondition(lambda self: self.world.due_for_settlement())
    @rule(which=mask, poison=poison)
    def settle(self, which: int, poison: bool) -> None:
        """Settle tasks."""
        self.world.settle(self.world.pick(self.world.due_for_settlement(), which), poison)
        self.world.check("settle")

    @precondition(lambda self: self.world.overdue())
    @rule(which=mask, finder=index, poison=poison)
    def slash(self, which: int, finder: int, poison: bool) -> None:
        """Slash for lateness, to the profit of somebody or nobody."""
        self.world.slash(self.world.pick(self.world.overdue(), which), finder, poison)
        self.world.check("slash")

    @precondition(lambda self: self.world.failed())
    @rule(which=mask, poison=poison)
    def fail(self, which: int, poison: bool) -> None:
        """End tasks past rescue."""
        self.world.fail(self.world.pick(self.world.failed(), which), poison)
        self.world.check("fail")

    # The court

    @precondition(lambda self: self.world.contestable())
    @rule(which=mask, poison=poison)
    def hold(self, which: int, poison: bool) -> None:
        """Hold tasks for a dispute."""
        self.world.hold(self.world.pick(self.world.contestable(), which), poison)
        self.world.check("hold")

    @precondition(lambda self: self.world.held())
    @rule(which=mask, overturn=st.booleans(), finder=index, poison=poison)
    def decide(self, which: int, overturn: bool, finder: int, poison: bool) -> None:
        """Decide disputes."""
        jobs = self.world.pick(self.world.held(), which)
        if overturn:
            self.world.overturn(jobs, finder, poison)
        else:
            self.world.uphold(jobs, poison)
        self.world.check("overturn" if overturn else "uphold")

    # Beside the tasks

    @rule(
        i=index,
        what=st.sampled_from(("deposit", "thaw", "overthaw", "withdraw", "cancel", "fund", "reduce", "flush")),
        amount=st.integers(1, 8_000),
    )
    def funds(self, i: int, what: str, amount: int) -> None:
        """Move funds into, out of and within the escrow."""
        world, actor = self.world, self.one(self.ground.actors, i)
        task_class, operator = self.one(self.ground.task_classes, i), self.one(self.ground.operators, amount)
        mandate = world.mandates[task_class.number, operator.account]
        spendable = world.spendable(actor.account)
        if what == "deposit" and not world.deposits_paused:
            world.deposit(actor, amount)
        elif what == "thaw" and spendable:
            world.thaw(actor, min(amount, spendable))
        elif what == "withdraw" and self.thawing():
            world.withdraw(self.one(self.thawing(), i))
        elif what == "cancel" and self.thawing():
            world.cancel_thaw(self.one(self.thawing(), i))
        elif what == "fund" and amount <= world.free[task_class.avs.account]:
            world.fund(task_class, operator, amount)
        elif what == "reduce" and mandate:
            world.reduce(task_class, operator, min(amount, mandate))
        elif what == "flush" and world.free[0]:
            world.flush()
        else:
            world.overthaw(actor)
        world.check("funds")

    @rule(i=index, what=st.sampled_from(("resize", "resize", "resize", "leave")), capacity=st.integers(200, 2 * CAPACITY))
    def membership(self, i: int, what: str, capacity: int) -> None:
        """Change a capacity, leave or come back."""
        member = self.one(list(self.world.members.values()), i)
        if not member.registered:
            if not self.world.bidding_paused:
                self.world.rejoin(member, capacity)
        elif what == "leave":
            self.world.leave(member)
        else:
            self.world.resize(member, capacity)
        self.world.check("membership")

    @rule(i=index, what=st.sampled_from(("claim", "post", "post", "poke", "challenge", "challenge", "collect")))
    def pool(self, i: int, what: str) -> None:
        """Claim uptime rewards, keep the reputations, be paid for it."""
        world = self.world
        if what == "post" and world.unposted() and self.bonded() and world.can_post():
            world.post_zeros(self.one(world.unposted(), i))
        elif what == "challenge" and world.zeros:
            active = [account for account, epoch in world.fees if epoch == world.epoch - 1 and account // 8 in world.zeros]
            world.challenge(self.one(self.ground.actors, i), self.one(active or [8 * min(world.zeros)], i))
        elif what == "collect":
            world.collect()
        elif what == "claim" or not world.unposted():
            world.claim(max(1, world.epoch - 1 - i % 4))
        else:
            world.poke(self.one(world.unposted(), i))
        world.check("pool")

    @rule(what=st.sampled_from(("opening_paused", "bidding_paused", "deposits_paused", "rules")))
    def govern(self, what: str) -> None:
        """Change the rules from the next epoch on, once; stop one thing, or allow everything again."""
        world = self.world
        paused = [name for name in ("opening_paused", "bidding_paused", "deposits_paused") if getattr(world, name)]
        if paused:
            for name in paused:
                world.pause(name, False)
        elif what != "rules":
            world.pause(what, True)
        elif not world.governed:
            world.govern()
        world.check("govern")

    # Choosing

    @staticmethod
    def one(choices: Any, i: int) -> Any:
        """One of a sequence."""
        return choices[i % len(choices)]

    def bidders(self) -> list[Actor]:
        """Coprocessors that are registered."""
        return [actor for actor in self.ground.coprocessors if self.world.members[actor.account].registered]

    def bonded(self) -> bool:
        """Whether the keeper has a bond; if it can, it has one now."""
        if not self.world.bond and self.world.free[self.ground.keeper.account] >= 16_000:
            self.world.add_bond(16_000)
        return self.world.bond > 0

    def thawing(self) -> list[Actor]:
        """Actors with funds on their way out."""
        return [actor for actor in self.ground.actors if self.world.thawing[actor.account]]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Give the deployment all runs start from."""
    with boa.env.anchor():
        yield Ground()


def test_market(ground: Ground) -> None:
    """No sequence of steps breaks an invariant, and the sequences tried reach every end a task can have."""
    Market.ground = ground
    Market.reached.clear()
    run_state_machine_as_test(Market, settings=settings(max_examples=RUNS, stateful_step_count=STEPS))
    assert not [end for end in ENDS if not Market.reached[end]], Market.reached

