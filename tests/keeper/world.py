"""A small network on an Anvil of its own, with a clock the test sets and keepers that have accounts and funds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from eth_account import Account
from eth_account.signers.local import LocalAccount

from ballast.chain.anvil import Anvil
from ballast.chain.rpc import JsonRpc
from ballast.client.contracts import CollateralEscrow, GasReputation, Order, Submission, TaskRegistry
from ballast.deployment import TOKEN, Deployment, deploy
from ballast.deployment.file import ContractType
from ballast.devnet import DERIVATION, MNEMONIC, Devnet, populate
from ballast.keeper.keeper import Keeper
from ballast.keeper.metrics import KeeperMetrics
from ballast.keeper.report import PassReport
from ballast.keeper.settings import KeeperSettings
from ballast.model import page_packing
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.transact.journal import Journal
from ballast.transact.log import nothing
from ballast.transact.nodes import Nodes

GENESIS = 1_800_000_000
EPOCH_SECONDS = 600
HALF = EPOCH_SECONDS // 2
KEEPER_FUNDS = 10**6
SETTINGS = KeeperSettings(confirmations=0, stuck_blocks=2, rest_seconds=0.05, timeout_seconds=5.0)


def key(index: int) -> LocalAccount:
    """Key of one of Anvil's accounts."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"{DERIVATION}/{index}")
    return account


class Patient(Keeper):
    """Keeper whose passes end when an Anvil that mines at once has done so: it answers a moment earlier."""

    rpc: JsonRpc

    def once(self) -> PassReport:
        """Make one pass."""
        report = super().once()
        tries = 500 if report.actions and self.rpc.call("anvil_getAutomine") else 0
        for _ in range(tries):
            if self.rpc.call("txpool_status")["pending"] == "0x0":
                break
            time.sleep(0.001)
        return report


@dataclass
class World:
    """What a test works with."""

    anvil: Anvil
    net: Devnet
    keepers: list[LocalAccount]
    opened: list[Journal | Nodes] = field(default_factory=list)

    @property
    def deployment(self) -> Deployment:
        """The protocol."""
        return self.net.deployment

    @property
    def stranger(self) -> LocalAccount:
        """Key with ether and no escrow account."""
        return key(6 + len(self.keepers))

    def key_of(self, address: str) -> LocalAccount:
        """Key of one of the first of Anvil's accounts."""
        return next(k for k in map(key, range(12)) if k.address == address)

    def close(self) -> None:
        """Close the journals and the connections of all keepers made so far."""
        while self.opened:
            self.opened.pop().close()

    def contract(self, kind: type[ContractType]) -> ContractType:
        """Give one of the contracts."""
        return self.deployment.contract(kind)

    @property
    def reputation(self) -> GasReputation:
        """The contract the keeper is for."""
        return self.contract(GasReputation)

    def account_of(self, address: str) -> int:
        """Escrow account of an address."""
        return self.contract(CollateralEscrow).account_of(address).read(self.anvil.rpc)

    @property
    def now(self) -> int:
        """Timestamp of the newest block."""
        return int(self.anvil.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    @property
    def epoch(self) -> int:
        """Epoch of the newest block."""
        return (self.now - self.deployment.genesis) // EPOCH_SECONDS + 1

    def go(self, epoch: int, clock: int = 5) -> None:
        """Mine a block at a second of an epoch."""
        moment = self.deployment.genesis + (epoch - 1) * EPOCH_SECONDS + clock
        self.anvil.rpc.call("evm_setNextBlockTimestamp", moment)
        self.anvil.rpc.call("evm_mine")

    def mine(self, blocks: int = 1) -> None:
        """Mine blocks a second apart."""
        for _ in range(blocks):
            self.wait(1)

    def wait(self, seconds: int) -> None:
        """Mine a block some seconds later."""
        self.anvil.rpc.call("evm_setNextBlockTimestamp", self.now + seconds)
        self.anvil.rpc.call("evm_mine")

    def keeper(
        self,
        which: int = 0,
        settings: KeeperSettings = SETTINGS,
        journal: str = "sqlite://",
        urls: list[str] | None = None,
        checkpoint: Callable[[str], None] = nothing,
        metrics: KeeperMetrics | None = None,
    ) -> Keeper:
        """Make a keeper; its journal and connections are closed at the end of the test."""
        opened = Journal.open(journal)
        nodes = Nodes(urls or [self.anvil.url], settings.timeout_seconds, rest_seconds=settings.rest_seconds)
        self.opened += [opened, nodes]
        chosen = self.keepers[which]
        made = Patient(self.deployment, nodes, chosen, opened, settings, checkpoint=checkpoint, metrics=metrics)
        made.rpc = self.anvil.rpc
        return made

    def work(self) -> None:
        """Have an operator execute two tasks itself, deliver one and settle it; the other will be overdue."""
        registry = self.contract(TaskRegistry)
        operator = self.net.having("operator")[0]
        orders = [Order(slot, 100, 10_000, own=True) for slot in (0, 1)]
        registry.open_tasks(self.net.class_id, orders, True).send(self.anvil.rpc, operator.address)
        self.wait(10)
        first = self.task(operator.account, 0)
        registry.submit([Submission(first, 1)], True).send(self.anvil.rpc, operator.address)
        self.wait(ClassParameters().challenge_seconds + 10)
        registry.settle([first], True).send(self.anvil.rpc, operator.address)

    def task(self, operator: int, slot: int) -> int:
        """Task in a slot that was used once."""
        return (operator << 48) | (slot << 32) | 1

    def page_words(self) -> list[int]:
        """All page words."""
        count = self.contract(CollateralEscrow).account_count().read(self.anvil.rpc)
        return list(self.reputation.page_words(0, -(-count // 8)).read(self.anvil.rpc))

    def posted(self, epoch: int) -> int:
        """Pages with a word for an epoch."""
        return sum(page_packing.epoch_of(w) == epoch for w in self.page_words()[epoch & 1 :: 2])


@contextmanager
def world(*flags: str, keepers: int = 2, parameters: NetworkParameters | None = None) -> Iterator[World]:
    """Run a network; it starts in epoch 1, its members' capacities count from epoch 2."""
    operators = coprocessors = 2
    first = 2 + operators + coprocessors
    parameters = parameters or NetworkParameters(epoch_seconds=EPOCH_SECONDS)
    with Anvil("--accounts", str(first + keepers + 1), *flags, timestamp=GENESIS) as anvil:
        net = populate(anvil.rpc, deploy(anvil.rpc, parameters), operators, coprocessors)
        keys = [key(first + i) for i in range(keepers)]
        made = World(anvil, net, keys)
        escrow = made.contract(CollateralEscrow)
        for each in keys:
            escrow.open_account().send(anvil.rpc, each.address)
            escrow.deposit(made.account_of(each.address), KEEPER_FUNDS).send(anvil.rpc, each.address)
        try:
            yield made
        finally:
            made.close()


def codes(report: PassReport) -> set[str]:
    """Codes of a report but that of the pass itself."""
    return set(report.codes) - {"PASS"}


__all__ = ["EPOCH_SECONDS", "HALF", "SETTINGS", "TOKEN", "World", "codes", "key", "world"]
