"""The whole protocol on titanoboa, with actors named by their role.

``Protocol()`` deploys and wires everything; its methods are the few steps every test needs. Amounts are token units,
loads resource units, times seconds.
"""

from __future__ import annotations

from dataclasses import astuple, replace
from functools import cache
from pathlib import Path
from typing import Any

import boa

from ballast.model.parameters import ClassParameters
from ballast.model.reputation_filter import FilterParameters
from ballast.model.slash_split import SlashTerms
from tests.support.contract_words import terms

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
EPOCH_SECONDS = 3_600
DAY = 86_400
STAKE = 10**9
HUMP = (205_656_972, 5_000, 55_656_972, 150_000_000, -500_000_000, 8_000, 22_500_000, 788_888_889, -2_777_778)
SLASH_TERMS = astuple(SlashTerms(50_000, 400_000, 250_000, 100_000, 100_000, 900_000, 50_000))
PLAIN = ClassParameters(
    steps=8,
    step_seconds=2,
    floor=500_000,
    tick=60_000,
    start_gain=0,
    idle_discount=0,
    load_bonus=0,
    load_malus=0,
    record_weight=0,
)
"""A class whose clock falls from 0.98 of the reward by 0.06 every two seconds, alike for all who bid."""
FILTER = astuple(FilterParameters(20_000, 980_000, 1_000_000, 20_000, 10_000, 0, 8, 1_000))


def slash_terms(**changes: int) -> tuple[int, ...]:
    """Slash terms with some changed, as an argument."""
    return astuple(replace(SlashTerms(*SLASH_TERMS), **changes))


@cache
def deployer(name: str) -> Any:
    """Compiled contract by its path under ``contracts/``, without the suffix."""
    return boa.load_partial(str(CONTRACTS / f"{name}.vy"))


class Protocol:
    """A fresh deployment on the present titanoboa environment.

    Parameters
    ----------
    token : optional
        A deployed token to settle in; a plain mintable one by default.
    **changes
        Constructor settings that differ from the defaults below.
    """

    def __init__(self, token: Any = None, **changes: Any) -> None:
        settings: dict[str, Any] = {
            "entry_fee": 100,
            "thaw_seconds": 14 * DAY,
            "epoch_seconds": EPOCH_SECONDS,
            "stake_per_unit": 10,
            "fee": 20_000,
            "fee_per_unit": 1,
            "bond_per_value": 1_000,
            "pay_per_value": 10,
            "curve": HUMP,
            "terms": SLASH_TERMS,
            "filter": FILTER,
        }
        unknown = set(changes) - set(settings)
        assert not unknown, f"no such setting: {unknown}"
        settings.update(changes)
        self.settings = settings
        self.owner = boa.env.generate_address("owner")
        self.court = boa.env.generate_address("court")
        self.stranger = boa.env.generate_address("stranger")
        self.genesis = boa.env.timestamp
        self.token = token if token is not None else deployer("testing/MockToken").deploy()
        clock = (self.genesis, settings["epoch_seconds"])
        names = ("escrow", "participants", "classes", "registry", "slasher", "reputation")
        at = dict(zip(names, self._predict(len(names)), strict=True))
        self.escrow = deployer("CollateralEscrow").deploy(
            self.token.address,
            settings["entry_fee"],
            settings["thaw_seconds"],
            *clock,
            at["participants"],
            at["classes"],
            at["registry"],
            at["slasher"],
            at["reputation"],
            self.owner,
        )
        self.participants = deployer("ParticipantRegistry").deploy(
            at["escrow"],
            at["registry"],
            at["slasher"],
            *clock,
            settings["stake_per_unit"],
            settings["curve"],
            self.owner,
        )
        self.classes = deployer("ClassRegistry").deploy(at["escrow"], at["registry"], settings["fee"], self.owner)
        self.registry = deployer("TaskRegistry").deploy(
            at["escrow"],
            at["participants"],
            at["slasher"],
            at["reputation"],
            at["classes"],
            self.court,
            *clock,
            settings["fee_per_unit"],
            settings["stake_per_unit"],
            self.owner,
        )
        self.slasher = deployer("Slasher").deploy(
            at["escrow"], at["participants"], at["registry"], at["reputation"], *clock, settings["terms"], self.owner
        )
        self.reputation = deployer("GasReputation").deploy(
            at["escrow"],
            at["slasher"],
            at["participants"],
            at["registry"],
            *clock,
            settings["bond_per_value"],
            settings["pay_per_value"],
            settings["filter"],
            self.owner,
        )
        for name in names:
            assert getattr(self, name).address == at[name]

    @staticmethod
    def _predict(count: int) -> list[str]:
        """Addresses the next deployments will have."""
        with boa.env.anchor():
            probe = deployer("testing/MockToken")
            return [probe.deploy().address for _ in range(count)]

    # Time

    @property
    def now(self) -> int:
        """Timestamp of the next transaction."""
        return int(boa.env.timestamp)

    @property
    def epoch(self) -> int:
        """Number of the present epoch."""
        return int((self.now - self.genesis) // self.settings["epoch_seconds"] + 1)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        boa.env.time_travel(seconds=seconds)

    def next_epoch(self) -> None:
        """Go to the first second of the next epoch."""
        length = self.settings["epoch_seconds"]
        self.wait(length - (self.now - self.genesis) % length)

    # Actors

    def account(self, name: str, deposit: int = STAKE) -> tuple[str, int]:
        """Make an actor with an escrow account and a deposit; its address and account number."""
        who = boa.env.generate_address(name)
        self.token.mint(who, deposit + self.settings["entry_fee"])
        self.token.approve(self.escrow.address, 2**256 - 1, sender=who)
        number = self.escrow.open_account(sender=who)
        if deposit:
            self.escrow.deposit(number, deposit, sender=who)
        return who, number

    def operator(
        self, name: str = "operator", capacity: int = 1_000, complexity: int = 5, slots: int = 64
    ) -> tuple[str, int]:
        """Make a registered operator; call ``next_epoch`` before it needs capacity."""
        who, number = self.account(name)
        self.participants.register(1, capacity, complexity, slots, sender=who)
        return who, number

    def coprocessor(self, name: str = "coprocessor", capacity: int = 1_000, complexity: int = 5) -> tuple[str, int]:
        """Make a registered coprocessor; call ``next_epoch`` before it needs capacity."""
        who, number = self.account(name)
        self.participants.register(2, capacity, complexity, 0, sender=who)
        return who, number

    def task_class(self, avs: str, terms: ClassParameters | None = None) -> int:
        """Register a class of an AVS."""
        return int(self.classes.register_class(*(terms or PLAIN).arguments(), sender=avs))

    # Money

    def claim(self, accounts: list[int]) -> None:
        """Enter accounts for the last epoch, and have them paid in the first second of the next, by a stranger."""
        self.slasher.claim(accounts, sender=self.stranger)
        self.next_epoch()
        self.slasher.claim(accounts, sender=self.stranger)

    def free(self, account: int) -> int:
        """Free balance of an account."""
        return int(self.escrow.balances(account)[0])

    def locked(self, account: int) -> int:
        """Locked balance of an account."""
        return int(self.escrow.balances(account)[1])

    def total(self) -> int:
        """Sum of all accounts' free, locked and thawing balances."""
        return sum(sum(self.escrow.balances(i)[:3]) for i in range(self.escrow.account_count()))


class Market(Protocol):
    """A protocol with one AVS, a funded class, one operator and two coprocessors, in an epoch where all may work."""

    def __init__(self, terms: ClassParameters | None = None, **changes: Any) -> None:
        super().__init__(**changes)
        self.avs, self.avs_account = self.account("avs", 10 * STAKE)
        self.operator_address, self.operator_account = self.operator()
        self.coprocessor_address, self.coprocessor_account = self.coprocessor()
        self.rival, self.rival_account = self.coprocessor("rival")
        self.terms = terms or PLAIN
        self.class_id = self.task_class(self.avs, self.terms)
        self.classes.fund_mandate(self.class_id, self.operator_account, STAKE, sender=self.avs)
        self.next_epoch()

    def open(
        self,
        difficulty: int = 100,
        reward: int = 10_000,
        own: bool = False,
        slot: int = 0,
        class_id: int | None = None,
        min_reputation: int = 0,
    ) -> int:
        """Open a task; its number."""
        order = (slot, difficulty, reward, own, min_reputation)
        return int(self.registry.open_tasks(class_id or self.class_id, [order], True, sender=self.operator_address))

    def other_class(self, **changes: Any) -> int:
        """Register another class of the AVS, with a mandate for the operator."""
        class_id = self.task_class(self.avs, replace(PLAIN, **changes))
        self.classes.fund_mandate(class_id, self.operator_account, 10**6, sender=self.avs)
        return class_id

    def order(self, task: int, min_price: int = 1, max_load: int = 10_000) -> tuple[int, int, int, int, int, int]:
        """Name a task with the terms it has now, and a coprocessor's limits: an item of a bid or a take-over."""
        t = terms(self.registry.task_words(task)[0] if task < 2**80 else 0)
        return (task, t.class_id, t.difficulty, t.reward, min_price, max_load)

    def bid(self, task: int, who: str | None = None, min_price: int = 1, max_load: int = 10_000) -> None:
        """Bid for a task."""
        self.registry.bid([self.order(task, min_price, max_load)], True, sender=who or self.coprocessor_address)

    def award(self, **order: Any) -> int:
        """Open a task, bid for it, and wait until it is awarded."""
        task = self.open(**order)
        self.bid(task)
        self.wait(self.terms.steps * self.terms.step_seconds + 1)
        return task

    def submit(self, task: int, result: int = 7, who: str | None = None) -> None:
        """Submit a result."""
        self.registry.submit([(task, result)], True, sender=who or self.coprocessor_address)

    def late(self, **order: Any) -> int:
        """Open and award a task, and wait until it is overdue."""
        task = self.award(**order)
        self.wait(self.terms.submit_seconds + 1)
        return task
