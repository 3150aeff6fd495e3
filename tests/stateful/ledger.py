"""Tasks and participants as the ledger of a run knows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ballast.model import activity, class_packing, deadlines, load_curve, task_packing
from tests.stateful.ground import CAPACITY, STAKE_PER_UNIT, Actor, TaskClass
from tests.support.contract_words import DISPUTED, NOBODY

OPEN = NOBODY


@dataclass
class Job:
    """A task as the ledger knows it."""

    number: int
    task_class: TaskClass
    operator: Actor
    slot: int
    opened: int
    difficulty: int
    reward: int
    status: int = OPEN
    executor: int = 0
    own: bool = False
    rising: bool = False
    rescued: bool = False
    step: int = 0
    x: int = 0
    rho: int = 0
    capacity: int = 0
    start: int = 0
    min_reputation: int = 0
    ppm: int = 0
    time: int = 0
    due: int = 0
    upheld: bool = False

    def collateral_at(self, capacity: int) -> int:
        """Say what an executor of some capacity locks."""
        return class_packing.collateral(self.task_class.auction, self.reward, capacity * STAKE_PER_UNIT)

    @property
    def collateral(self) -> int:
        """What its executor has locked."""
        return self.collateral_at(self.capacity)

    @property
    def penalty(self) -> int:
        """What its operator locks."""
        return class_packing.penalty(self.task_class.auction, self.collateral_at(0))

    @property
    def price(self) -> int:
        """What its executor is to be paid."""
        return task_packing.pay(self.reward, self.ppm)

    @property
    def fee(self) -> int:
        """Protocol's part of the price."""
        return class_packing.fee(self.task_class.auction, self.price, self.difficulty)

    @property
    def closing(self) -> int:
        """Timestamp at which its clock has run down."""
        c = self.task_class.auction
        return deadlines.closing(self.opened, c.steps, c.step_seconds)

    @property
    def rescue_end(self) -> int:
        """Last timestamp for a second chance, or for a rescue."""
        seconds = self.task_class.auction.rescue_seconds
        if self.status == OPEN:
            return deadlines.chance_until(self.closing, seconds)
        return deadlines.rescue_until(self.due, int(self.rescued), seconds)

    @property
    def window_end(self) -> int:
        """Last timestamp at which it cannot be settled yet: of the challenge, or of a hold."""
        if self.status == DISPUTED:
            return deadlines.dispute_until(self.time)
        return deadlines.challenge_until(self.time, self.task_class.auction.challenge_seconds)


@dataclass
class Member:
    """A participant as the ledger knows it."""

    actor: Actor
    role: int
    complexity: int = 0
    capacity: int = CAPACITY
    next_capacity: int = CAPACITY
    load: int = 0
    registered: bool = True
    history: list[tuple[int, int, int]] = field(default_factory=list)  # since when, load, capacity

    @property
    def room(self) -> int:
        """Largest load it may reach."""
        return min(self.capacity, self.next_capacity)

    def note(self, now: int) -> None:
        """Remember load and capacity from now on."""
        self.history.append((now, self.load, self.capacity))

    def measured(self, start: int, end: int, curve: int) -> tuple[int, int]:
        """Capacity at the end of a time, and the integral of f over it, from the history alone."""
        capacity = bonus = 0
        for i, (since, load, units) in enumerate(self.history):
            until = self.history[i + 1][0] if i + 1 < len(self.history) else end
            if since < end:
                capacity = units
            seconds = min(until, end) - max(since, start)
            if seconds > 0 and units > 0:
                x = activity.load_bps(load, units)
                if x <= load_curve.kink(curve):
                    bonus += seconds * load_curve.rate(curve, x)
        return capacity, bonus
