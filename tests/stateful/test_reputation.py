"""Reputations under arbitrary keepers: invariant I9 after every step, and at the end."""

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
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.stateful.ground import Actor
from tests.stateful.keepers import EPOCH_SECONDS, FILTERS, HALF, Ground, Keeper, Order, World

RUNS = 2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 200
STEPS = 50
ENDS = (
    *("posted", "poked", "corrected", "refused challenge", "carried", "stale", "replay refused", "late post refused"),
    *("bond too small", "second post ignored", "second post refused", "parameters changed", "page added", "held on"),
    *("lie held", "clamped", "paid", "budget short", "collected", "bond at risk", "unbonded", "not posted", "good"),
    *("bad", "overloaded", "last second of posting", "challenge too late", "parameters changed again", "page refused"),
)

number = st.integers(0, 2**12 - 1)
when = st.tuples(
    st.sampled_from(("", "", "", "", "next", "next", "next", "clock", "clock", "few", "many", "edge")),
    st.integers(2, 9),
    st.sampled_from((0, 1, HALF - 1, HALF, EPOCH_SECONDS - 1)),
)
order = st.builds(
    Order, st.sampled_from((30, 250, 500, 900)), st.integers(4, 90), st.booleans(), st.sampled_from((True, True, False))
)
Moment = tuple[str, int, int]
LIES = ("none", "off by one", "another's", "old", "rotated", "wild")
WILD = (2**23 - 1, -(2**23), 8_000_001, -8_000_000, 1_098_612)


class Keepers(RuleBasedStateMachine):
    """Chooses steps; `World` does them and knows what must follow."""

    ground: ClassVar[Ground]
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(boa.env.anchor())
        self.world = World(self.ground)

    def teardown(self) -> None:
        """End every run by getting every bond back."""
        with self.stack:
            self.world.drain()
            self.reached.update(self.world.reached)

    @initialize(seconds=st.integers(0, EPOCH_SECONDS - 1))
    def begin(self, seconds: int) -> None:
        """Start anywhere in an epoch."""
        self.world.wait(seconds)

    @rule(
        when=when,
        who=st.sampled_from((0, 0, 1, 2, 2, 2)),
        lie=st.sampled_from(LIES),
        first=st.integers(0, 3),
        count=st.integers(1, 4),
        which=number,
        late=st.sampled_from((False, False, False, True)),
        old=st.sampled_from((0, 0, 0, 0, 0, 0, 0, 1, 2)),
        doubts=st.sampled_from((0, 0, 0, 1, 2, 9)),
    )
    def post(
        self, when: Moment, who: int, lie: str, first: int, count: int, which: int, late: bool, old: int, doubts: int
    ) -> None:
        """Post pages: right ones by the honest keepers, any by the liar; look at some while the bond is at risk."""
        self.go(when)
        world = self.world
        if not late and (world.clock >= HALF or not world.unwritten()):
            world.go(1, 0)
        keeper = world.keepers[who]
        pages = [world.right(page) for page in range(first, first + count)]
        if old and old < world.last:
            world.post(keeper, world.last - old, first, pages)
        else:
            if not late:
                pages = pages[: max(1, world.page_count - first)]
                first = min(first, world.page_count - 1)
                pages = [world.right(first + i) for i in range(len(pages))]
            if not keeper.honest:
                self.twist(pages, lie, first, which)
            world.post(keeper, world.last, first, pages, junk=which % 3 * 12_345)
        world.check()
        if doubts:
            self.money(keeper, 3)
            self.doubt(which, doubts, self.ground.keepers[0].account)
            world.check()

    @rule(when=when, who=number, pages=st.lists(st.integers(0, 4), min_size=1, max_size=3), late=st.booleans())
    def poke(self, when: Moment, who: int, pages: list[int], late: bool) -> None:
        """Have pages computed."""
        self.go(when)
        world = self.world
        if not late and not world.unwritten():
            world.go(1, HALF)
        if who % 4:
            pages = [page % world.page_count for page in pages]
        senders = [None, *self.ground.keepers, self.ground.avs]
        world.poke(self.one(senders, who), pages)
        world.check()

    @rule(when=when, who=number, which=number, many=st.integers(1, 3), finder=st.integers(0, 15))
    def challenge(self, when: Moment, who: int, which: int, many: int, finder: int) -> None:
        """Challenge pages, wrong or right; what no one challenges comes to hold."""
        self.go(when)
        world = self.world
        sender = self.one([self.ground.avs, *self.ground.keepers], who)
        name = {0: 0, 1: 2**32}.get(finder, sender.account)
        if which % 8:
            self.doubt(which, many, name, sender)
        else:
            world.challenge(sender, world.last - 1, [which % world.page_count], name)
        world.check()

    @rule(
        when=when,
        what=st.sampled_from(("trade", "trade", "money", "trade", "money", "join", "govern")),
        which=number,
        who=number,
        orders=st.lists(order, min_size=1, max_size=4),
        busy=st.sampled_from((20, 20, 600, 20_000, 39_000)),
    )
    def aside(self, when: Moment, what: str, which: int, who: int, orders: list[Order], busy: int) -> None:
        """Trade, move bonds, be paid, join, change the rules."""
        self.go(when)
        world = self.world
        if what == "trade":
            operator, executor = self.one(self.ground.operators, who), self.one(world.coprocessors, which)
            world.trade(operator, executor, orders, busy)
        elif what == "money":
            at_risk = [keeper for keeper in world.keepers if keeper.fresh]
            self.money(self.one(at_risk or world.keepers, who), which)
        elif what == "join":
            world.join()
        else:
            world.govern(self.one(FILTERS, which))
        world.check()

    def doubt(self, which: int, many: int, finder: int, sender: Actor | None = None) -> None:
        """Challenge some pages that are wrong, and one that may be right."""
        world = self.world
        sender = sender or self.ground.avs
        wrong = world.wrong()
        pages = wrong[which % max(1, len(wrong)) :][:many]
        world.challenge(sender, world.last, [*pages, which % world.page_count], finder)

    def money(self, keeper: Keeper, which: int) -> None:
        """Collect, or change a bond, to the last unit or beyond it."""
        world = self.world
        spare = keeper.bond - keeper.fresh * 1_000
        match which % 6:
            case 0 | 1:
                world.collect(keeper)
            case 2:
                world.unbond(keeper, spare)
            case 3:
                world.unbond(keeper, spare + 1)
            case 4:
                world.bond(keeper, 1 + which * 10)
            case _:
                world.bond(keeper, 24_000)

    def twist(self, pages: list[list[int]], lie: str, first: int, which: int) -> None:
        """Make some of the pages wrong, if the lie makes a difference."""
        place = which % 8
        page = which % len(pages)
        values = pages[page]
        records = self.world.pages[first + page]
        match lie:
            case "off by one":
                values[place] += 1 if which & 8 else -1
            case "another's":
                values[place] = self.world.computed((which >> 3) % (8 * self.world.page_count))
            case "old":
                if records:
                    values[:] = records[max(records)].values
            case "rotated":
                values[:] = values[1:] + values[:1]
            case "wild":
                values[place] = self.one(WILD, which)
            case _:
                pass

    # Choosing

    def go(self, moment: Moment) -> None:
        """Stay, or go to a moment that matters."""
        what, epochs, clock = moment
        match what:
            case "next":
                self.world.go(1, clock if clock < HALF else 0)
            case "clock":
                self.world.go(0, clock)
            case "few":
                self.world.go(epochs, clock)
            case "edge":
                edges = self.world.edges() or [1]
                self.world.go(edges[min(epochs // 2 - 1, len(edges) - 1)], clock)
            case "many":
                self.world.go(4 * epochs, clock)
            case _:
                pass

    @staticmethod
    def one(choices: Any, i: int) -> Any:
        """One of a sequence."""
        return choices[i % len(choices)]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Give the deployment all runs start from."""
    with boa.env.anchor():
        yield Ground()


def test_reputation(ground: Ground) -> None:
    """No sequence of steps breaks I9, and the sequences tried reach all that can happen to a page."""
    Keepers.ground = ground
    Keepers.reached.clear()
    run_state_machine_as_test(Keepers, settings=settings(max_examples=RUNS, stateful_step_count=STEPS))
    print("reputation runs reached", dict(sorted(Keepers.reached.items())))
    assert not [end for end in ENDS if not Keepers.reached[end]], Keepers.reached
