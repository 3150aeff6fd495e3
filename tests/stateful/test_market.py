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
from tests.stateful.world import Job, World

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

    @precondition(lambda self: not self.world.opening_paused and any(not job.rising for job in self.world.unsold()))
    @rule(i=index)
    def reopen(self, i: int) -> None:
        """Auction an unsold task again."""
        self.world.reopen(self.one([job for job in self.world.unsold() if not job.rising], i))
        self.world.check("reopen")

    @precondition(lambda self: not self.world.opening_paused and any(map(self.world.can_execute, self.world.unsold())))
    @rule(i=index)
    def self_execute(self, i: int) -> None:
        """Execute an unsold task oneself."""
        self.world.self_execute(self.one([job for job in self.world.unsold() if self.world.can_execute(job)], i))
        self.world.check("self_execute")

    @precondition(lambda self: self.world.expired(anyone=False))
    @rule(i=index, anyone=st.booleans(), poison=poison)
    def expire(self, i: int, anyone: bool, poison: bool) -> None:
        """End unsold tasks: those of one operator, or all."""
        world = self.world
        operator = self.one(world.expired(anyone=False), i).operator
        jobs = [job for job in world.expired(anyone=False) if job.operator == operator]
        sender = operator.address
        if anyone and world.expired(anyone=True):
            jobs, sender = world.expired(anyone=True), self.ground.stranger
        world.expire(jobs, sender, poison)
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

    # Funds

    @precondition(lambda self: not self.world.deposits_paused)
    @rule(i=index, amount=st.integers(1, 8_000))
    def deposit(self, i: int, amount: int) -> None:
        """Put tokens in."""
        self.world.deposit(self.one(self.ground.actors, i), amount)
        self.world.check("deposit")

    @rule(i=index, part=st.integers(1, 4))
    def thaw(self, i: int, part: int) -> None:
        """Start to take out a part of what backs nothing."""
        actor = self.one(self.ground.actors, i)
        amount = self.world.spendable(actor.account) * part // 4
        if amount:
            self.world.thaw(actor, amount)
        else:
            self.world.overthaw(actor)
        self.world.check("thaw")

    @precondition(lambda self: self.thawing())
    @rule(i=index, cancel=st.booleans())
    def withdraw_or_cancel(self, i: int, cancel: bool) -> None:
        """Take out what has thawed, or put it back."""
        actor = self.one(self.thawing(), i)
        if cancel:
            self.world.cancel_thaw(actor)
        else:
            self.world.withdraw(actor)
        self.world.check("withdraw")

    @rule(c=index, o=index, amount=st.integers(1, 5_000), more=st.booleans())
    def change_mandate(self, c: int, o: int, amount: int, more: bool) -> None:
        """Give an operator more or less to draw on."""
        world, task_class, operator = self.world, self.ground.task_classes[c % 3], self.one(self.ground.operators, o)
        remaining = world.mandates[task_class.number, operator.account]
        if more and amount <= world.free[task_class.avs.account]:
            world.fund(task_class, operator, amount)
        elif remaining:
            world.reduce(task_class, operator, min(amount, remaining))
        world.check("change_mandate")

    # Membership

    @rule(i=index, capacity=st.integers(1, 2 * CAPACITY))
    def resize(self, i: int, capacity: int) -> None:
        """Change a capacity, or come back."""
        member = self.one(list(self.world.members.values()), i)
        if member.registered:
            self.world.resize(member, capacity)
        elif not self.world.bidding_paused:
            self.world.rejoin(member, capacity)
        self.world.check("resize")

    @rule(i=index)
    def leave(self, i: int) -> None:
        """Leave, or come back."""
        member = self.one(list(self.world.members.values()), i)
        if member.registered:
            self.world.leave(member)
        elif not self.world.bidding_paused:
            self.world.rejoin(member, CAPACITY)
        self.world.check("leave")

    # Pool and keeper

    @precondition(lambda self: self.world.epoch > 2)
    @rule(back=st.integers(1, 4))
    def claim(self, back: int) -> None:
        """Claim uptime rewards of one of the last epochs."""
        self.world.claim(max(1, self.world.epoch - back))
        self.world.check("claim")

    @precondition(lambda self: self.world.unposted())
    @rule(i=index)
    def post(self, i: int) -> None:
        """Post a page of zeros, or have a page computed."""
        world, page = self.world, self.one(self.world.unposted(), i)
        if world.bond + 8_000 <= world.free[self.ground.keeper.account] and not world.bond:
            world.add_bond(16_000)
        if world.can_post():
            world.post_zeros(page)
        else:
            world.poke(page)
        world.check("post")

    @precondition(lambda self: self.world.zeros)
    @rule(i=index, j=index)
    def challenge(self, i: int, j: int) -> None:
        """Challenge a posted value."""
        page = self.one(sorted(self.world.zeros), i)
        active = [account for account, epoch in self.world.fees if epoch == self.world.epoch - 1 and account // 8 == page]
        account = self.one(active or [8 * page], j)
        self.world.challenge(self.one(self.ground.actors, j), account)
        self.world.check("challenge")

    @rule(flush=st.booleans())
    def collect_or_flush(self, flush: bool) -> None:
        """Pay the keeper, or burn."""
        if flush and self.world.free[0]:
            self.world.flush()
        else:
            self.world.collect()
        self.world.check("collect")

    # Governance

    @rule(what=st.sampled_from(("opening_paused", "bidding_paused", "deposits_paused")))
    def pause(self, what: str) -> None:
        """Stop one thing for the first time, then allow everything again."""
        world = self.world
        paused = [name for name in ("opening_paused", "bidding_paused", "deposits_paused") if getattr(world, name)]
        for name in paused or [what]:
            world.pause(name, not paused)
        world.check("pause")

    @precondition(lambda self: not self.world.governed)
    @rule()
    def govern(self) -> None:
        """Change the rules from the next epoch on."""
        self.world.govern()
        self.world.check("govern")

    # Choosing

    @staticmethod
    def one(choices: Any, i: int) -> Any:
        """One of a sequence."""
        return choices[i % len(choices)]

    def bidders(self) -> list[Actor]:
        """Coprocessors that are registered."""
        return [actor for actor in self.ground.coprocessors if self.world.members[actor.account].registered]

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


def test_job_ends_are_known() -> None:
    """The ledger's tasks start without an executor."""
    assert Job.__dataclass_fields__["status"].default == 0
