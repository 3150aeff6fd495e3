"""The deployment all runs start from: actors of every role, three classes unlike each other, a filled pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ballast.model import class_packing
from ballast.model.parameters import ClassParameters
from tests.support.protocol import Protocol

STAKE_PER_UNIT = 10
CAPACITY = 1_000
SLOTS = 4
GIFT = 1_000_000
POCKET = 2_000_000

CLASSES = (
    # An ordinary one: quick, and newcomers are paid half.
    ClassParameters(floor=300_000),
    # A dear one: quality before everything, all of the collateral at stake, time enough to be held.
    ClassParameters(
        steps=4,
        step_seconds=30,
        start=800_001,
        start_gain=70_000,
        start_target=300_000,
        cap=900_000,
        floor=400_000,
        tick=100_000,
        idle_discount=150_000,
        record_weight=200_000,
        hard_quality=1,
        collateral=2_000_000,
        operator_share=500_000,
        submit_seconds=900,
        rescue_seconds=400,
        challenge_seconds=900,
        slash_factor=1_000_000,
        complexity=1,
    ),
    # A slow one, over epochs, with gates.
    ClassParameters(
        steps=2,
        step_seconds=600,
        start=900_000,
        start_gain=0,
        cap=900_000,
        floor=300_000,
        tick=300_000,
        idle_discount=0,
        load_malus=200_000,
        record_weight=0,
        stake_share=300_000,
        wrong_factor=600_000,
        min_executor_reputation=450_000,
        min_operator_reputation=400_000,
        collateral=1_500_000,
        operator_share=200_000,
        submit_seconds=10_800,
        rescue_seconds=7_200,
        challenge_seconds=3_600,
        slash_factor=400_000,
    ),
)


@dataclass(frozen=True)
class Actor:
    """Somebody with an escrow account."""

    address: str
    account: int


@dataclass(frozen=True)
class TaskClass:
    """A registered class."""

    number: int
    avs: Actor
    auction: class_packing.Auction
    opening: class_packing.Opening


class Ground(Protocol):
    """Two AVSs, three operators, three coprocessors and a keeper, at the start of the second epoch.

    A coprocessor's stake covers its capacity and little more, so that a slash cuts it.
    """

    def __init__(self) -> None:
        super().__init__(stake_per_unit=STAKE_PER_UNIT)
        self.sponsor = self.actor("sponsor", 0)
        self.escrow.deposit(1, GIFT, sender=self.sponsor.address)
        self.avss = [self.actor(f"avs {i}", 200_000) for i in range(2)]
        self.operators = [self.actor(f"operator {i}", 40_000) for i in range(3)]
        self.coprocessors = [self.actor(f"coprocessor {i}", 13_000 + 12_000 * i) for i in range(3)]
        self.keeper = self.actor("keeper", 30_000)
        for i, operator in enumerate(self.operators):
            self.participants.register(1, CAPACITY, 5 - 2 * i, SLOTS, sender=operator.address)
        for i, coprocessor in enumerate(self.coprocessors):
            self.participants.register(2, CAPACITY, 5 - 2 * i, 0, sender=coprocessor.address)
        self.task_classes = [self._class(self.avss[i > 0], terms) for i, terms in enumerate(CLASSES)]
        self.mandates = {}
        for i, c in enumerate(self.task_classes):
            for operator in self.operators:
                self.mandates[c.number, operator.account] = 0
            for operator in self.operators[i // 2 : i // 2 + 2]:
                self.classes.fund_mandate(c.number, operator.account, 25_000, sender=c.avs.address)
                self.mandates[c.number, operator.account] = 25_000
        self.next_epoch()

    @property
    def actors(self) -> list[Actor]:
        """Everybody with an account."""
        return [self.sponsor, *self.avss, *self.operators, *self.coprocessors, self.keeper]

    def actor(self, name: str, deposit: int) -> Actor:
        """Somebody new, with tokens left in the pocket."""
        who, number = self.account(name, deposit)
        self.token.mint(who, POCKET)
        return Actor(who, number)

    def _class(self, avs: Actor, terms: ClassParameters) -> TaskClass:
        number = self.task_class(avs.address, terms)
        words: tuple[Any, Any] = self.registry.class_words(number)
        return TaskClass(number, avs, class_packing.auction(words[0]), class_packing.opening(words[1]))
