"""Kinds of faults, each with when, where and how often at random."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, ClassVar

from ballast.errors import RpcError
from tests.keeper import disk, proxy
from tests.keeper.actor import SETTINGS, Actor
from tests.keeper.network import GWEI, WEALTH, Network
from tests.keeper.run import FEE, REORG, Fault
from tests.keeper.wire import SEND

SELF_TRANSFER_GAS = 21_000
DAY = 86_400
FULL = 2**24 - 1
"""Gas of a block that one transaction fills; no transaction may take more."""
EMPTY = 2**53
"""Gas of a block as Anvil has it without being told."""
INVALID = "0xfe"
"""Code that takes all gas."""


# What nodes do


class Messages(Fault):
    """Something happens to messages between a keeper and its first node, or all of its nodes."""

    what: ClassVar[tuple[str, ...]]
    methods: ClassVar[tuple[tuple[str, ...], ...]] = ((), (), (SEND,), ("eth_call",))
    most: ClassVar[int] = 10**9
    """How many messages it happens to."""

    def begin(self) -> None:
        """Disturb."""
        methods = self.rng.choice(self.methods)
        share = 1.0 if methods == (SEND,) else self.rng.choice((0.2, 0.5, 1.0))
        what = self.rng.choice(self.what)
        self._front = self.run.proxies if self.rng.random() < 0.5 else self.run.proxies[:1]
        self._disturbances = [proxy.Disturbance(what, share, methods, self.most) for _ in self._front]
        for p, disturbance in zip(self._front, self._disturbances, strict=True):
            p.disturb(disturbance)

    def over(self) -> None:
        """Answer as one should."""
        for p, disturbance in zip(self._front, self._disturbances, strict=True):
            p.end(disturbance)
            self.happened += self.most - disturbance.left


def of_messages(kind: str, *what: str, **more: object) -> type[Messages]:
    """Make a kind of fault of what happens to messages: that of its name, or one of some."""
    return type(kind, (Messages,), {"kind": kind, "what": what or (kind,), **more})


MESSAGES = (
    of_messages("refused"),
    of_messages("slow", most=2),  # each costs the keeper all of its patience
    of_messages("truncated", "truncated", "half JSON"),
    of_messages("duplicated"),
    of_messages("reordered"),
    of_messages("429"),
    of_messages("5xx", "5xx", "node error"),
    of_messages("reply lost", methods=((SEND,),)),
)


class Lags(Fault):
    """A node has not seen the last blocks."""

    kind = "lags"

    def begin(self) -> None:
        """Fall behind."""
        self._proxy = self.rng.choice(self.run.proxies[: len(self.run.urls)])
        self._proxy.lag = self.rng.randint(1, 8)

    def over(self) -> None:
        """Catch up."""
        self.happened = self._proxy.hits["lags"]
        self._proxy.lag = 0


class Lies(Fault):
    """One node of three tells wrong things about one block."""

    kind = "lies"
    nodes = 3

    def mined(self) -> None:
        """Begin to lie about one of the newest blocks."""
        self._proxy = self.run.proxies[self.rng.choice((0, 0, 1, 2))]
        self._proxy.lie = self.rng.choice((*proxy.LIES, "state", "state"))
        self._proxy.lied_about = self.run.network.head() - self.rng.choice((0, *[SETTINGS.confirmations] * 3))

    def over(self) -> None:
        """Tell the truth."""
        self.happened = self._proxy.hits["lies"]
        self._proxy.lie = ""


# What happens to the keeper


class Killed(Fault):
    """The keeper is killed at a write boundary."""

    kind = "killed"
    loses: ClassVar[bool] = False
    boundary: int = 0
    """At which boundary, counted from the first moment; 0 for one at random."""

    def interval(self, rng: Random) -> tuple[int, int]:
        """Choose a moment from which on it may happen."""
        return super().interval(rng)[0], self.last_moment

    def begin(self) -> None:
        """Choose the boundary, counted from now."""
        self._left = self.boundary or self.rng.randint(1, 12)

    def step(self) -> bool:
        """Let it live as a process of its own until it is killed."""
        if self.happened:
            return False
        left = self.run.actor.killed(self._left)
        if left == 0:
            self.happened, self.end = 1, self.run.moment + 1
            if self.loses:
                self.run.actor.lose_journal()
        else:
            self._left -= left - 1
        return True


class KilledForgetful(Killed):
    """The keeper is killed at a write boundary, and its journal is lost."""

    kind = "killed, journal lost"
    loses = True


class FullDisk(Fault):
    """The disk on which the journal lies is full."""

    kind = "full disk"

    @contextmanager
    def around(self) -> Iterator[None]:
        """Leave a few blocks free, or none."""
        actor = self.run.actor
        if not actor.enclosed:
            actor.enclose(self.rng.choice((0, 4_096, 16_384)), self.rng.random() < 0.7)
        yield
        self.happened += "JOURNAL_DETACHED" in actor.codes

    def over(self) -> None:
        """Make room before the keeper ends, or end it without any."""
        if self.run.actor.enclosed:
            self.run.actor.release(self.rng.random() < 0.7)


class SmallFiles(Fault):
    """No file of the keeper's can grow: the nearest to a full disk where none can be made."""

    kind = "full disk, imitated by a limit on the size of files"

    @contextmanager
    def around(self) -> Iterator[None]:
        """Leave it a few bytes, or none."""
        if self.rng.random() < 0.3:
            self.run.actor.stop()
        size = self.run.actor.path.stat().st_size if self.run.actor.path.exists() else 0
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.rng.choice((0, size, size + 4_096)), hard))
        self.happened += 1
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Locked(Fault):
    """Somebody else holds a lock on the journal."""

    kind = "locked journal"

    @contextmanager
    def around(self) -> Iterator[None]:
        """Hold it."""
        with contextlib.closing(sqlite3.connect(self.run.actor.path, isolation_level=None)) as other:
            with contextlib.suppress(sqlite3.DatabaseError):  # damaged by another fault: there is nothing to lock
                other.execute("BEGIN EXCLUSIVE")
                self.happened += 1
            yield
            with contextlib.suppress(sqlite3.DatabaseError):
                other.execute("ROLLBACK")


class Corrupt(Fault):
    """The journal is damaged, under a keeper that runs or one that is stopped."""

    kind = "corrupt journal"

    def interval(self, rng: Random) -> tuple[int, int]:
        """Happen when there is a journal."""
        first = rng.randrange(1, self.last_moment)
        return first, first + 1

    def begin(self) -> None:
        """Damage it."""
        path = self.run.actor.path
        if not path.exists():
            return
        if self.rng.random() < 0.5:
            self.run.actor.stop()
        size = path.stat().st_size
        how = self.rng.randrange(4)
        with path.open("r+b") as stream:
            if how == 0:
                stream.write(self.rng.randbytes(100))
            elif how == 1:
                stream.seek(self.rng.randrange(max(size, 1)))
                stream.write(self.rng.randbytes(4_096))
            elif how == 2:
                stream.truncate(self.rng.randrange(max(size, 1)))
            else:
                stream.truncate(0)
                stream.write(b"not a database" * 100)
        self.happened = 1


class Clock(Fault):
    """The machine's clock jumps."""

    kind = "clock jumps"

    @contextmanager
    def around(self) -> Iterator[None]:
        """Show another time."""
        real, offset = time.time, self.rng.choice((-30 * DAY, -3_600, 1_800, 3_600, 400 * DAY))
        time.time = lambda: real() + offset
        self.happened += 1
        try:
            yield
        finally:
            time.time = real


# What the chain does


class Reorg(Fault):
    """The last blocks are replaced by others, which hold the keeper's transactions too."""

    kind = "reorg with the post"
    quiet = REORG + 1
    undoes = True
    may_revert = True
    keeps: ClassVar[bool] = True
    depth: int = 0
    """Blocks to replace; 0 for a number at random."""

    def interval(self, rng: Random) -> tuple[int, int]:
        """Happen once."""
        first = rng.randrange(1, self.last_moment + 1)
        return first, first + 1

    def mined(self) -> None:
        """Replace up to 20 blocks, none of which ended an epoch."""
        network = self.run.network
        epoch_start = network.moment(self.run.moments[self.run.moment][0], 0)
        depth, known = 0, self.run.raw_by_hash()
        blocks: list[dict[str, Any]] = []
        wanted = self.depth or self.rng.randint(1, REORG)
        while depth < wanted:
            block = network.rpc.call("eth_getBlockByNumber", hex(network.head() - depth), False)
            if not self.keeps and int(block["timestamp"], 16) < epoch_start:
                break
            blocks.insert(0, block)
            depth += 1
        funds = network.rpc.call("eth_getBalance", self.run.actor.address, "latest")
        network.rpc.call("anvil_rollback", depth)
        network.rpc.call("anvil_setBalance", self.run.actor.address, funds)  # no matter of transactions here
        network.rpc.call("anvil_dropAllTransactions")
        if self.rng.random() < 0.3:
            self.run.step(self.run.actor)  # it looks while the new branch is still short
        for block in blocks:
            if self.keeps:
                for digest in block["transactions"]:
                    if digest in known:
                        with contextlib.suppress(RpcError):
                            network.rpc.call("eth_sendRawTransaction", known[digest])
            network.mine(max(int(block["timestamp"], 16), network.now()) + 1)  # looking may have taken a block
        network.mine(network.now() + 1)
        self.happened = depth


class ReorgWithout(Reorg):
    """The last blocks are replaced by others without any transaction of the keeper's."""

    kind = "reorg without the post"
    keeps = False


class Spike(Fault):
    """Gas costs more than a keeper offered, or more than it may ever pay."""

    kind = "fee spike"

    def begin(self) -> None:
        """Choose the height."""
        self._fee = self.rng.choice((20, 100, 450, 2_000)) * GWEI

    def block(self) -> None:
        """Set the price of the next block."""
        self.run.network.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(self._fee))
        self.happened += 1

    def over(self) -> None:
        """Let gas cost what it did."""
        self.run.network.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(FEE))


class Underfunded(Fault):
    """The keeper cannot pay for gas."""

    kind = "underfunded"

    def begin(self) -> None:
        """Take its funds."""
        self.run.network.rpc.call(
            "anvil_setBalance", self.run.actor.address, hex(self.rng.choice((0, 1, 10**9, 10**13)))
        )
        self.happened = 1

    def over(self) -> None:
        """Give them back."""
        self.run.network.rpc.call("anvil_setBalance", self.run.actor.address, hex(WEALTH))


class Stuck(Fault):
    """Blocks are full of others' transactions, which offer more, until the keeper's is replaced at a higher fee.

    The node itself keeps the keeper's transaction in its pool, and decides which replacement is dear enough.
    """

    kind = "stuck nonce"
    may_revert = True  # what waited until the window was over

    def interval(self, rng: Random) -> tuple[int, int]:
        """Be there for two moments at least: what is sent at one waits until the next."""
        first, end = super().interval(rng)
        first = min(first, self.last_moment - 2)
        return first, max(end, first + 2)

    def begin(self) -> None:
        """Let no block hold more than one transaction of the others; perhaps one of the keeper's key waits already."""
        self.share, self.bid = self.rng.choice((1.05, 1.2, 1.4)), 0
        self.waited: set[str] = set()
        network = self.run.network
        network.rpc.call("evm_setBlockGasLimit", hex(FULL))
        if self.rng.random() < 0.5:
            taken(network, self.run.actor, nonce_of(network, self.run.actor), 3 * GWEI)

    def block(self) -> None:
        """Offer more than the keeper's first transaction to wait does, for all of the next block."""
        network = self.run.network
        network.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(FEE))
        self.bid = self.bid or int(self.share * max(self._waiting().values(), default=0))
        if self.bid and not network.waiting(network.stranger.address):
            network.rpc.call("eth_sendTransaction", burning(network.stranger.address, self.bid))

    def _waiting(self) -> dict[str, int]:
        """Fees of the transactions of the keeper's key that wait, by their hash."""
        pool = self.run.network.rpc.call("txpool_content")["pending"]
        found = pool.get(self.run.actor.address.lower(), {}).values()
        return {t["hash"]: int(t["maxFeePerGas"], 16) for t in found}

    def step(self) -> bool:
        """Take down what waits although blocks were mined."""
        self.waited |= self._waiting().keys()
        self.happened = len(self.waited)
        return False

    def over(self) -> None:
        """Let all through."""
        self.run.network.rpc.call("evm_setBlockGasLimit", hex(EMPTY))


class Gap(Fault):
    """Transactions of the key wait in the node's pool with nonces beyond the next one."""

    kind = "nonce gap"

    def begin(self) -> None:
        """Send some; they are mined as soon as transactions of the keeper's fill the gap."""
        network, actor = self.run.network, self.run.actor
        gap = nonce_of(network, actor, "pending")
        for ahead in self.rng.sample((1, 2, 3), self.rng.randint(1, 2)):
            self.happened += taken(network, actor, gap + ahead, 5 * GWEI)


class Taken(Fault):
    """Somebody else uses the key: the nonce of a waiting transaction is spent by another."""

    kind = "nonce taken"

    def after(self) -> None:
        """Have another transaction mined before the keeper's."""
        network = self.run.network
        if self.happened or not network.waiting(self.run.actor.address):
            return
        network.rpc.call("anvil_dropAllTransactions")
        if taken(network, self.run.actor, nonce_of(network, self.run.actor), 5 * GWEI):
            network.mine(network.now() + 1)
            self.happened = 1


class Dropped(Fault):
    """The nodes forget what waits to be mined."""

    kind = "dropped by the nodes"

    def after(self) -> None:
        """Forget."""
        self.happened += self.run.network.waiting(self.run.actor.address)
        self.run.network.rpc.call("anvil_dropAllTransactions")


def nonce_of(network: Network, actor: Actor, block: str = "latest") -> int:
    """Nonce of a keeper's next transaction to be mined, or to be sent if the pending block is asked for."""
    return int(network.rpc.call("eth_getTransactionCount", actor.address, block), 16)


def burning(sender: str, fee: int) -> dict[str, str]:
    """Write a transaction that takes all gas of a block that holds `FULL`, at a fee."""
    fees = {"maxFeePerGas": hex(fee), "maxPriorityFeePerGas": hex(fee - FEE)}
    return {"from": sender, "data": INVALID, "gas": hex(FULL), **fees}


def taken(network: Network, actor: Actor, nonce: int, fee: int) -> bool:
    """Send a transaction of a keeper's key that does nothing; whether the node took it.

    It does not if another transaction has the nonce, if gas costs more, or if the account cannot pay.
    """
    try:
        network.rpc.call(SEND, self_transfer(actor, nonce, fee))
    except RpcError:
        return False
    return True


def self_transfer(actor: Actor, nonce: int, fee: int) -> str:
    """Sign a transaction that does nothing."""
    account = actor.poster.account
    signed = account.sign_transaction(
        {
            "chainId": actor.network.deployment.chain_id,
            "type": 2,
            "nonce": nonce,
            "maxFeePerGas": fee,
            "maxPriorityFeePerGas": min(fee, GWEI // 10),
            "gas": SELF_TRANSFER_GAS,
            "to": account.address,
            "value": 0,
        }
    )
    return f"0x{bytes(signed.raw_transaction).hex()}"


KINDS: tuple[type[Fault], ...] = (
    *MESSAGES,
    Lags,
    Lies,
    Killed,
    KilledForgetful,
    FullDisk if disk.mountable() else SmallFiles,
    Locked,
    Corrupt,
    Clock,
    Reorg,
    ReorgWithout,
    Spike,
    Underfunded,
    Stuck,
    Gap,
    Taken,
    Dropped,
)
