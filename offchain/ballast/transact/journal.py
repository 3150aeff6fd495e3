"""The journal: what a sender saw, meant to do and did.

A sender can do without it: what is true stands on the chain. So a journal that cannot be written (a full disk, a
lock, damage) stops nothing. What should have been written is kept in memory, in order, and follows when the journal can
be written again; until then the sender is as one that was started with an empty journal.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import orjson
from sqlalchemy import Executable, Select, Table, delete, event, func, insert, select, update
from sqlalchemy.engine import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    NoSuchModuleError,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool, StaticPool

from ballast.errors import JournalError, UserError
from ballast.transact.database import careful, hopeless, is_file, reason, secrets_in
from ballast.transact.lock import FileLock, Lock, ServerLock
from ballast.transact.log import nothing, plain
from ballast.transact.tables import (
    BLOCKS,
    CONFIRMED,
    EVENTS,
    KEYED,
    META,
    METADATA,
    OBSERVATIONS,
    OPEN,
    REVERTED,
    SENT,
    TRANSACTIONS,
    UNKEYED,
    VERSION,
    Transaction,
    upgrade,
    version_of,
)

LOCK_SECONDS: Final = 2.0
"""Longest wait for a lock or a connection."""
CONNECT_SECONDS: Final = 2
"""Longest wait for a database server."""
MAX_BACKLOG: Final = 10_000
KEPT_BLOCKS: Final = 512
KEPT_FINAL: Final = 128
"""Final transactions kept at hand, since a reorganisation may undo them."""
MAX_REASON: Final = 200
"""Characters of a failure that are told."""
MAX_NUMBER: Final = 2**63 - 1
"""Largest number a row holds."""

Writes = list[tuple[Executable, dict[str, Any] | None]]


class Journal:
    """A journal in a database.

    Use `open`. Writing never raises: see ``trouble``.

    Attributes
    ----------
    trouble : str
        Why the journal cannot be written at present; empty if it can.
    secrets : Secrets
        What its address holds that no message may.
    checkpoint : callable
        Called with ``journal:before:<what>`` and ``journal:after:<what>`` around every write.
    """

    def __init__(self, engine: Engine, url: URL) -> None:
        self._engine = engine
        self._url = url
        self.secrets = secrets_in(url)
        self._backlog: Writes = []
        self._ready = False
        self._transactions: dict[str, Transaction] = {}
        self._final: dict[str, Transaction] = {}
        self._left_out: list[str] = []
        self._network = ""
        self._keyed = True
        self._sender = ""
        self._blocks: dict[int, str] = {}
        self._lock: Lock | None = None
        self._alone = True
        self.trouble = ""
        self.checkpoint: Callable[[str], None] = nothing

    @classmethod
    def open(cls, url: str) -> Journal:
        """Open a journal, or make it.

        Parameters
        ----------
        url : str
            Such as ``sqlite:///journal.db`` or ``postgresql+pg8000://user@host/name``.

        Raises
        ------
        UserError
            If the address is not one of a database, or of a file in a folder that is not there.
        """
        parsed, engine = _engine(url)
        if is_file(parsed) and not Path(str(parsed.database)).resolve().parent.is_dir():
            raise UserError(f"the journal's folder {Path(str(parsed.database)).parent} does not exist")
        journal = cls(engine, parsed)
        journal._attempt()
        return journal

    @classmethod
    def to_read(cls, url: str, network: str) -> Journal | None:
        """Open a network's part of a journal, without changing it; None if there is none, or an empty file.

        Raises
        ------
        UserError
            If the address is not one of a database.
        JournalError
            If it cannot be read.
        """
        parsed, engine = _engine(url)
        path = Path(str(parsed.database))
        if is_file(parsed) and (not path.exists() or path.stat().st_size == 0):
            return None
        with contextlib.ExitStack() as stack:
            journal = stack.enter_context(cls(engine, parsed))
            journal._ready = True
            journal._network = network
            with journal._reading() as connection:
                version = version_of(connection)
            if version not in (UNKEYED, VERSION):
                why = "it holds no journal" if version is None else _written_by(version)
                raise JournalError(f"the journal {journal.name} cannot be read: {why}")
            journal._keyed = version != UNKEYED
            if not journal._keyed:
                stored = journal.read(select(META.c.value).where(META.c.name == "network"))
                if [row["value"] for row in stored] != [_unkeyed(network)]:
                    return None
            stack.pop_all()  # it stays open for whoever asked
            return journal

    @property
    def name(self) -> str:
        """Address without what may be secret."""
        return self._url.set(query={}).render_as_string(hide_password=True)

    def _reason(self, error: Exception) -> str:
        return self.secrets.hide(reason(error))[:MAX_REASON]

    def close(self) -> None:
        """Write what is left, and close the database."""
        self.retry()
        if self._lock is not None:
            self._lock.close()
        self._engine.dispose()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def claim(self, sender: str) -> None:
        """Make sure that no other process works with this journal and key; held until the journal is closed.

        If the database's server cannot be asked, `alone` tells later.

        Raises
        ------
        UserError
            If another process does.
        """
        self._sender = sender
        if is_file(self._url):
            self._lock = FileLock(Path(f"{self._url.database}.{sender.lower()}.lock"))
        elif self._url.get_backend_name() == "postgresql":
            self._lock = ServerLock(self._engine, sender)
        else:
            return
        self._alone = False
        try:
            self._alone = self._lock.take()
        except SQLAlchemyError:
            return
        except OSError as error:
            raise UserError(f"the lock beside the journal {self.name} cannot be opened: {error.strerror}") from None
        if not self._alone:
            raise UserError(self._busy)

    @property
    def _busy(self) -> str:
        return f"another process works with the key {self._sender} and this journal: stop it first"

    def alone(self) -> bool:
        """Whether no other process can work with the key that was claimed; if not, nothing may be sent.

        While the lock cannot be asked for, since the database's server is away, this is what was known last: a lock
        that was held cannot be taken there by another, and one that was never held does not show that there is none.
        """
        if self._lock is not None:
            with contextlib.suppress(OSError, SQLAlchemyError):
                self._alone = self._lock.take()
                if not self._alone:
                    self.trouble = self._busy  # the journal is the other's too
        return self._alone

    def bind(self, network: str) -> None:
        """Keep to the rows of a network from now on."""
        self._network = network
        if self._ready:
            self._ready = False  # what is open there is to be loaded
            self._attempt()

    def _own(self, table: Table) -> Any:
        """Condition that a row is of the network."""
        return table.c.network == self._network

    # Writing

    def _attempt(self) -> None:
        """Write the backlog, if the database lets us; what it can never hold is left out."""
        while not self._try():
            pass

    def _try(self) -> bool:
        """Write the backlog once; False if it is to be tried again without a part of it."""
        place = -1
        try:
            if self._lock is not None and (self.trouble or not self._ready) and not self._lock.take():
                raise OSError(self._busy)
            if not self._ready and is_file(self._url):
                os.close(os.open(str(self._url.database), os.O_CREAT, 0o600))  # SQLite would let everybody read it
            with self._engine.begin() as connection:
                if not self._ready:
                    self._prepare(connection)
                for statement, values in self._backlog:
                    place += 1
                    connection.execute(statement, values) if values else connection.execute(statement)
        except (SQLAlchemyError, OSError, OverflowError, ValueError, TypeError) as error:
            if place >= 0 and hopeless(error):
                self._left_out.append(self._reason(error))
                del self._backlog[place]
                return False
            self.trouble = self._reason(error)
            del self._backlog[:-MAX_BACKLOG]
            return True
        self._ready = True
        self._backlog.clear()
        self.trouble = ""
        return True

    def take_left_out(self) -> list[str]:
        """Why entries were left out since this was asked last."""
        found, self._left_out = self._left_out, []
        return found

    def _prepare(self, connection: Connection) -> None:
        """Make the tables, and load what is open."""
        if version_of(connection) == UNKEYED:
            upgrade(connection)
        METADATA.create_all(connection)
        stored = version_of(connection)
        if stored is None:
            connection.execute(insert(META).values(name="version", value=VERSION))
        elif stored != VERSION:
            raise OSError(_written_by(stored))
        if self._network:  # rows that were written before rows had a network name it without its beginning
            for keyed in KEYED:
                named = keyed.c.network == _unkeyed(self._network)
                connection.execute(update(keyed).where(named).values(network=self._network))
        of_network = self._own(TRANSACTIONS)
        rows = connection.execute(select(TRANSACTIONS).where(of_network, TRANSACTIONS.c.state.in_(OPEN))).mappings()
        loaded = {row["hash"]: Transaction.of(row) for row in rows}
        self._transactions = {**loaded, **self._transactions}
        past = select(TRANSACTIONS).where(of_network, TRANSACTIONS.c.state.in_((CONFIRMED, REVERTED)))
        latest = connection.execute(past.order_by(TRANSACTIONS.c.mined_block.desc()).limit(KEPT_FINAL)).mappings()
        self._final = {**{row["hash"]: Transaction.of(row) for row in reversed(latest.all())}, **self._final}
        blocks = connection.execute(select(BLOCKS.c.number, BLOCKS.c.hash).where(self._own(BLOCKS)))
        self._blocks = {**{row.number: row.hash for row in blocks}, **self._blocks}

    def _write(self, what: str, *writes: tuple[Executable, dict[str, Any] | None]) -> None:
        self.checkpoint(f"journal:before:{what}")
        self._backlog += writes
        if not self.trouble:  # else once a pass, in `retry`, since each try may take its time
            self._attempt()
        self.checkpoint(f"journal:after:{what}")

    def retry(self) -> None:
        """Try again to write what could not be written."""
        if self._backlog or not self._ready:
            self._attempt()

    # Transactions

    def open_transactions(self, sender: str) -> list[Transaction]:
        """Transactions of a key that are not final, by nonce, older ones first."""
        mine = [t for t in self._transactions.values() if t.sender == sender]
        return sorted(mine, key=lambda t: (t.nonce, t.max_fee))

    def add(self, transaction: Transaction) -> None:
        """Write down a transaction that is meant to be sent, or was found waiting."""
        self._transactions[transaction.hash] = transaction
        self._write(
            "transaction",
            (delete(TRANSACTIONS).where(self._own(TRANSACTIONS), TRANSACTIONS.c.hash == transaction.hash), None),
            (insert(TRANSACTIONS), {"network": self._network, **transaction.row()}),
        )

    def change(self, transaction: Transaction, **values: Any) -> None:
        """Write down what became of a transaction."""
        if all(getattr(transaction, name) == value for name, value in values.items()):
            return
        for name, value in values.items():
            setattr(transaction, name, value)
        if transaction.state not in OPEN:
            self._transactions.pop(transaction.hash, None)
        if transaction.state in (CONFIRMED, REVERTED):
            self._final[transaction.hash] = transaction
            for digest in list(self._final)[:-KEPT_FINAL]:
                del self._final[digest]
        row = {name: value for name, value in transaction.row().items() if name in values}
        same = self._own(TRANSACTIONS) & (TRANSACTIONS.c.hash == transaction.hash)
        self._write("outcome", (update(TRANSACTIONS).where(same).values(row), None))

    # Blocks

    def blocks(self) -> dict[int, str]:
        """Hashes of the blocks seen lately, by number."""
        return dict(self._blocks)

    def see(self, blocks: Sequence[tuple[int, str, int]]) -> None:
        """Write down blocks: number, hash, timestamp."""
        fresh = [b for b in blocks if b[0] <= MAX_NUMBER and self._blocks.get(b[0]) != b[1]]
        if not fresh:
            return
        self._blocks.update({number: digest for number, digest, _ in fresh})
        # one block far ahead, told of by mistake, must not push out all others
        far = max(number for number, _, _ in fresh) + KEPT_BLOCKS
        old = [number for number in self._blocks if number > far]
        old += sorted(number for number in self._blocks if number <= far)[:-KEPT_BLOCKS]
        for number in old:
            del self._blocks[number]
        numbers = [*old, *(number for number, _, _ in fresh)]
        rows = [{"network": self._network, "number": n, "hash": h, "timestamp": t} for n, h, t in fresh]
        self._write(
            "blocks",
            (delete(BLOCKS).where(self._own(BLOCKS), BLOCKS.c.number.in_(numbers)), None),
            *((insert(BLOCKS), row) for row in rows),
        )

    def rewind(self, number: int) -> None:
        """Forget the blocks after one, and that transactions after the last one left are final."""
        sent_block = max(self._blocks, default=number)
        left = max((n for n in self._blocks if n <= number), default=0)
        for transaction in [t for t in self._final.values() if t.mined_block > left]:
            self._transactions[transaction.hash] = self._final.pop(transaction.hash)
            self.change(transaction, state=SENT, mined_block=0, mined_hash="", sent_block=sent_block)
        self._blocks = {n: h for n, h in self._blocks.items() if n <= number}
        self._write("rewind", (delete(BLOCKS).where(self._own(BLOCKS), BLOCKS.c.number > number), None))

    # Observations and events

    def observe(self, epoch: int, number: int, block: str, accounts: int, inputs: dict[str, Any], keep: int) -> None:
        """Write down all that the values of an epoch follow from.

        Parameters
        ----------
        epoch : int
            The epoch that closed.
        number, block : int, str
            Block it was read at, number and hash.
        accounts : int
            Accounts it holds.
        inputs : dict
            What they are, as JSON holds it.
        keep : int
            Epochs to keep.
        """
        packed = zlib.compress(orjson.dumps(inputs), 1)
        key = (OBSERVATIONS.c.epoch == epoch) & (OBSERVATIONS.c.block_hash == block)
        row = {"epoch": epoch, "block_hash": block, "block_number": number, "accounts": accounts, "inputs": packed}
        old = epoch - keep
        self._write(
            "observation",
            (delete(OBSERVATIONS).where(self._own(OBSERVATIONS), key | (OBSERVATIONS.c.epoch <= old)), None),
            (delete(EVENTS).where(self._own(EVENTS), EVENTS.c.epoch <= old), None),
            (insert(OBSERVATIONS), {"network": self._network, **row}),
        )

    def tell(self, epoch: int, block: int, code: str, detail: dict[str, Any]) -> None:
        """Write down a condition and what is known of it."""
        row = {
            "network": self._network,
            "epoch": epoch,
            "block": block,
            "code": code,
            "detail": orjson.dumps(plain(detail), default=str).decode(),
        }
        self._write("event", (insert(EVENTS), row))

    # Reading

    def read(self, statement: Select[Any]) -> list[dict[str, Any]]:
        """Rows of a query, those of the network alone.

        Raises
        ------
        JournalError
            If the journal cannot be read.
        """
        for source in statement.get_final_froms():
            if self._keyed and source in KEYED:
                statement = statement.where(source.c.network == self._network)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise JournalError(f"the journal {self.name} cannot be read: {self._reason(error)}") from None

    def inputs_of(self, epoch: int) -> list[tuple[int, str, dict[str, Any]]]:
        """Observations of an epoch: block number, block hash, inputs; the latest first."""
        o = OBSERVATIONS.c
        wanted = select(o.block_number, o.block_hash, o.inputs).where(o.epoch == epoch)
        rows = self.read(wanted.order_by(o.block_number.desc()))
        return [(r["block_number"], r["block_hash"], orjson.loads(zlib.decompress(r["inputs"]))) for r in rows]

    def counts(self) -> dict[str, int]:
        """Transactions by state."""
        rows = self.read(select(TRANSACTIONS.c.state, func.count().label("n")).group_by(TRANSACTIONS.c.state))
        return {row["state"]: row["n"] for row in rows}


def _written_by(version: str) -> str:
    return f"written by another version ({version})"


def _unkeyed(network: str) -> str:
    """Name of a network as journals gave it whose rows have none: without its beginning."""
    return network.rpartition(":")[0]


def _engine(url: str) -> tuple[URL, Engine]:
    try:
        parsed = make_url(url)
        engine = create_engine(parsed, **_options(parsed))
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        raise UserError(
            "the journal's address is not usable: give one like sqlite:///journal.db or"
            " postgresql+pg8000://user@host/name"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", careful)
    return parsed, engine


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        pool = NullPool if is_file(url) else StaticPool
        return {"poolclass": pool, "connect_args": {"timeout": LOCK_SECONDS, "check_same_thread": False}}
    if url.get_backend_name() == "postgresql":
        wait = "timeout" if url.get_driver_name() == "pg8000" else "connect_timeout"
        return {"poolclass": NullPool, "connect_args": {wait: CONNECT_SECONDS}}
    return {"poolclass": NullPool}
