"""A market under arbitrary steps: all invariants but I9, after every one of them and at the end.

I7 is tried on every slash of two tasks or more, and every run ends with some that nobody delivers.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

import boa
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.stateful.ground import CAPACITY, Actor, Ground
from tests.stateful.world import World
from tests.support.contract_words import BURN

RUNS = 2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 200
STEPS = 50
ENDS = (
    *("settled", "expired", "failed", "forfeited", "rescued", "own", "own settled", "displaced", "upheld", "left"),
    *("resized", "claimed", "sold again", "amplified", "capacity cut", "rejoined", "reopened"),
    *("late rescuer", "undecided", "slashed together", "one executor's together", "two rules' together", "suspended"),
    "too complex",
)

SWITCHES = ("opening_paused", "bidding_paused", "deposits_paused")

index = st.integers(0, 11)
mask = st.integers(0, 2**12 - 1)
poison = st.booleans()
size = st.tuples(st.integers(20, 400), st.integers(4, 10), st.sampled_from((False, False, False, True)))
after = st.sampled_from((-1, -1, -1, -1, 0, 0, 0, 1, 2, 4, 9))
trade = st.sampled_from(("bid", "open_tasks", "bid", "take_over", "reopen", "self_execute"))
outcome = st.sampled_from(
    ("submit", "slash", "take_over", "settle", "submit", "take_over", "hold", "overturn", "uphold", "fail", "expire")
)
Aside = tuple[str, int, int, int] | None
aside = st.sampled_from((False, False, False, True)).flatmap(
    lambda some: (
        st.tuples(
            st.sampled_from(("pool", "funds", "pool", "membership", "funds", "govern")),
            st.integers(0, 23),
            index,
            st.integers(1, 8_000),
        )
        if some
        else st.none()
    )
)


class Market(RuleBasedStateMachine):
    """Chooses steps that apply; `World` does them and knows what must follow.

    Rules are few and broad, because Hypothesis leaves out half of a machine's rules in an average run. Each first goes
    to that of the next moments (``after``) at which something becomes possible or impossible, and may do something
    ``aside`` of the tasks.
    """

    ground: ClassVar[Ground]
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(boa.env.anchor())
        self.world = World(self.ground)

    def teardown(self) -> None:
        """End every run by some tasks that are slashed, and by getting everything out."""
        with self.stack:
            self.world.leave_undone()
            self.world.drain()
            self.reached.update(self.world.reached)

    @initialize(seconds=st.integers(0, 3_599))
    def begin(self, seconds: int) -> None:
        """Start anywhere in an epoch."""
        self.world.wait(seconds)

    @rule(
        after=after,
        aside=aside,
        wish=trade,
        i=index,
        which=mask,
        sizes=st.lists(size, min_size=1, max_size=4),
        min_price=st.sampled_from((1, 1, 1, 1, 600_000, 850_000, 999_999)),
        max_load=st.sampled_from((10_000, 10_000, 10_000, 6_000)),
        poison=poison,
    )
    def trade(self, after: int, aside: Aside, wish: str, i: int, which: int, poison: bool, **terms: Any) -> None:
        """Find executors for tasks."""
        self.go(after, aside)
        self.step(wish, i, which, poison, **terms)

    @rule(after=after, aside=aside, wish=outcome, i=index, which=mask, poison=poison)
    def conclude(self, after: int, aside: Aside, wish: str, i: int, which: int, poison: bool) -> None:
        """Bring tasks to an end."""
        self.go(after, aside)
        self.step(wish, i, which, poison)

    def step(
        self,
        wish: str,
        i: int,
        which: int,
        poison: bool,
        sizes: Sequence[tuple[int, int, bool]] = ((250, 8, False), (100, 5, False)),
        min_price: int = 1,
        max_load: int = 10_000,
    ) -> None:
        """Take the step wished for, or another for which there is a task; open tasks if there is none."""
        world = self.world
        ready = self.ready()
        able = [name for name in ready if ready[name]]
        others = [name for name in able if name != "open_tasks"] or able or ["wait"]
        name = wish if wish in able else self.one(others, which)
        choices = ready.get(name, [])
        jobs = world.pick(choices, which)
        match name:
            case "wait":
                pass
            case "open_tasks":
                world.open_tasks(self.one(choices, i), self.one(self.ground.task_classes, which), sizes, poison)
            case "bid":
                world.bid(self.one(self.bidders(), i), jobs, min_price, max_load, poison)
            case "take_over":
                world.take_over(self.one(self.bidders(), i), jobs, poison)
            case "submit":
                executor = self.one(choices, i).executor
                world.submit([job for job in choices if job.executor == executor], poison)
            case "slash" | "overturn":
                getattr(world, name)(jobs, i, poison)
            case "reopen" | "self_execute":
                getattr(world, name)(self.one(choices, i))
            case "expire":
                sender = self.ground.stranger
                if not world.expired(anyone=True):
                    operator = self.one(choices, i).operator
                    jobs = [job for job in choices if job.operator == operator]
                    sender = operator.address
                world.expire(jobs, sender, poison)
            case _:
                getattr(world, name)(jobs, poison)
        world.check(name)

    def ready(self) -> dict[str, list[Any]]:
        """Tasks that are ready for a step, by its name; for opening one, operators with a free slot."""
        world = self.world
        on = not world.opening_paused
        return {
            "open_tasks": [operator for operator in self.ground.operators if on and world.slots(operator)],
            "bid": world.biddable() if self.bidders() and not world.bidding_paused else [],
            "submit": world.awarded(),
            "settle": world.due_for_settlement(),
            "slash": world.overdue(),
            "take_over": world.rescuable() if self.bidders() else [],
            "fail": world.failed(),
            "hold": world.contestable(),
            "uphold": world.held(),
            "overturn": world.held(),
            "reopen": [job for job in world.unsold() if on and not job.rising],
            "self_execute": [job for job in world.unsold() if on and world.can_execute(job)],
            "expire": world.expired(anyone=True) or world.expired(anyone=False),
        }

    def funds(self, how: int, i: int, amount: int) -> None:
        """Move funds into, out of and within the escrow."""
        world, actor = self.world, self.one(self.ground.actors, i)
        task_class, operator = self.one(self.ground.task_classes, i), self.one(self.ground.operators, amount)
        mandate = world.mandates[task_class.number, operator.account]
        spendable = world.spendable(actor.account)
        thawing = [actor for actor in self.ground.actors if world.thawing[actor.account]]
        whats = ("deposit", "thaw", "overthaw", "withdraw", "cancel", "fund", "reduce", "flush")
        what = self.one((*whats, "fund", "deposit", "reduce", "suspend"), how)
        if what == "deposit" and not world.deposits_paused:
            world.deposit(actor, amount)
        elif what == "thaw" and spendable:
            world.thaw(actor, min(amount, spendable))
        elif what == "withdraw" and thawing:
            world.withdraw(self.one(thawing, i))
        elif what == "cancel" and thawing:
            world.cancel_thaw(self.one(thawing, i))
        elif what == "fund" and amount <= world.free[task_class.avs.account]:
            world.fund(task_class, operator, amount)
        elif what == "reduce" and mandate:
            world.reduce(task_class, operator, min(amount, mandate))
        elif what == "suspend" and mandate:
            world.suspend(task_class, operator)
        elif what == "flush" and world.free[BURN]:
            world.flush()
        elif what == "overthaw":
            world.overthaw(actor)

    def membership(self, how: int, i: int, amount: int) -> None:
        """Change a capacity, leave or come back."""
        member = self.one(list(self.world.members.values()), i)
        capacity = 200 + amount % (2 * CAPACITY)
        if not member.registered:
            if not self.world.bidding_paused:
                self.world.rejoin(member, capacity)
        elif how % 4 == 0:
            self.world.leave(member)
        else:
            self.world.resize(member, capacity)

    def pool(self, how: int, i: int, amount: int) -> None:
        """Claim uptime rewards, keep the reputations, be paid for it."""
        world = self.world
        last = world.epoch - 1
        active = [account for (account, epoch), (all_, _) in world.fees.items() if epoch == last and all_]
        pages = world.unposted()
        pages = [page for page in pages if any(account // 8 == page for account in active)] or pages
        posted = [account // 8 for account in active if account // 8 in world.zeros]
        if world.claimable() and how % 3:
            world.claim()
        elif world.zeros and how % 4:
            world.challenge(self.one(self.ground.actors, amount), self.one(posted or [min(world.zeros)], i))
        elif pages and how % 4 and self.bonded() and world.can_post():
            world.post_zeros(self.one(pages, i))
        elif pages and how % 2:
            world.poke(self.one(pages, i))
        elif how % 8:
            world.collect()
        else:
            world.claim()

    def govern(self, how: int, i: int, amount: int) -> None:
        """Stop one thing, or change the rules from the next epoch on, once."""
        del i, amount
        switch = self.one(SWITCHES, how)
        if how % 4 or self.world.governed:
            self.world.pause(switch, not getattr(self.world, switch))
        else:
            self.world.govern()

    # Choosing

    def go(self, after: int, aside: Aside) -> None:
        """Go to one of the next moments that matter, or stay; then do something beside the tasks, or nothing."""
        moments = self.world.moments()
        if after >= 0:
            self.world.wait(moments[min(after, len(moments) - 1)])
            # a share is entered in one epoch and paid in a later one: chance alone seldom claims in both
            if self.world.claimable():
                self.world.claim()
        if aside is None and after < 0:
            for switch in SWITCHES:
                if getattr(self.world, switch):
                    self.world.pause(switch, False)
        elif aside:
            what, how, i, amount = aside
            getattr(self, what)(how, i, amount)
            self.world.check(what)

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
    print("market runs reached:", ", ".join(f"{end} {number}" for end, number in sorted(Market.reached.items())))
    assert not [end for end in ENDS if not Market.reached[end]], Market.reached
