"""Tables of the journal, and a transaction as its sender sees it.

A journal may hold the rows of several networks, such as a devnet and the one that was started after it. Every row says
which network it is of, and `ballast.transact.journal` reads and writes those of one network alone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    column,
    delete,
    insert,
    inspect,
    literal,
    select,
    table,
    update,
)
from sqlalchemy.schema import DropTable

VERSION: Final = "2"
UNKEYED: Final = "1"
"""Version of journals whose rows name no network: all are of the one in the table ``meta``."""

# States of a transaction
INTENT: Final = "intent"
"""Written down; it may have been sent or not."""
SENT: Final = "sent"
MINED: Final = "mined"
"""Included, and may still be undone."""
CONFIRMED: Final = "confirmed"
REVERTED: Final = "reverted"
SUPERSEDED: Final = "superseded"
"""Another transaction of the key took its nonce."""
OPEN: Final = (INTENT, SENT, MINED)

METADATA = MetaData()


def _network() -> Column[str]:
    return Column("network", String(96), nullable=False)


META = Table("meta", METADATA, Column("name", String(32), primary_key=True), Column("value", Text, nullable=False))

BLOCKS = Table(
    "blocks",
    METADATA,
    _network(),
    Column("number", BigInteger, nullable=False),
    Column("hash", String(66), nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    PrimaryKeyConstraint("network", "number"),
)

OBSERVATIONS = Table(
    "observations",
    METADATA,
    _network(),
    Column("epoch", Integer, nullable=False),
    Column("block_hash", String(66), nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("inputs", LargeBinary, nullable=False),
    PrimaryKeyConstraint("network", "epoch", "block_hash"),
)

TRANSACTIONS = Table(
    "transactions",
    METADATA,
    _network(),
    Column("hash", String(66), nullable=False),
    Column("sender", String(42), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("items", Text, nullable=False),
    Column("receiver", String(42), nullable=False),
    Column("data", Text, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("max_fee", String(40), nullable=False),
    Column("tip", String(40), nullable=False),
    Column("raw", Text, nullable=False),
    Column("sent_block", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("mined_block", BigInteger, nullable=False),
    Column("mined_hash", String(66), nullable=False),
    Column("gas_used", BigInteger, nullable=False),
    Column("gas_price", String(40), nullable=False),
    PrimaryKeyConstraint("network", "hash"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    _network(),
    Column("epoch", Integer, nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("code", String(32), nullable=False),
    Column("detail", Text, nullable=False),
)

KEYED: Final = (BLOCKS, OBSERVATIONS, TRANSACTIONS, EVENTS)


def version_of(connection: Connection) -> str | None:
    """Version of the journal in a database; None if there is no journal."""
    if not inspect(connection).has_table(META.name):
        return None
    return connection.execute(select(META.c.value).where(META.c.name == "version")).scalar()


def upgrade(connection: Connection) -> None:
    """Give the rows of an unkeyed journal the network it is of, all of them or none."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # its driver would begin after the tables were changed
    network = connection.execute(select(META.c.value).where(META.c.name == "network")).scalar() or ""
    quote = connection.dialect.identifier_preparer.quote
    for each in KEYED:
        connection.exec_driver_sql(f"ALTER TABLE {quote(each.name)} RENAME TO {quote(_before(each))}")
    METADATA.create_all(connection)
    for each in KEYED:
        names = [c.name for c in each.c if c.name not in ("network", "id")]
        old = table(_before(each), *(column(name) for name in [*names, *(["id"] if each is EVENTS else [])]))
        rows = select(literal(network), *(old.c[name] for name in names))
        rows = rows.order_by(old.c["id"]) if each is EVENTS else rows
        connection.execute(insert(each).from_select(["network", *names], rows))
        connection.execute(DropTable(Table(_before(each), MetaData())))
    connection.execute(delete(META).where(META.c.name == "network"))
    connection.execute(update(META).where(META.c.name == "version").values(value=VERSION))


def _before(keyed: Table) -> str:
    return f"{keyed.name}_{UNKEYED}"


@dataclass(slots=True)
class Transaction:
    """A transaction of the key.

    Attributes
    ----------
    hash, sender, nonce, receiver, data, gas, max_fee, tip, raw
        The transaction; fees in wei, ``raw`` signed and empty if it was only seen waiting.
    kind : str
        What it does.
    epoch : int
        Epoch it is for.
    items : tuple of str
        Units of work it does.
    sent_block : int
        Newest block when it was sent.
    state : str
        One of the states above.
    mined_block : int
        Block it is included in, 0 for none.
    mined_hash : str
        That block's hash.
    gas_used, gas_price : int
        Of the receipt; the price in wei.
    """

    hash: str
    sender: str
    nonce: int
    kind: str
    epoch: int
    items: tuple[str, ...]
    receiver: str
    data: str
    gas: int
    max_fee: int
    tip: int
    raw: str
    sent_block: int
    state: str = INTENT
    mined_block: int = 0
    mined_hash: str = ""
    gas_used: int = 0
    gas_price: int = 0

    def row(self) -> dict[str, Any]:
        """Values of its row; wei as text, since they outgrow 64 bits."""
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        wei = {name: str(values[name]) for name in ("max_fee", "tip", "gas_price")}
        return {**values, **wei, "items": " ".join(self.items)}

    @classmethod
    def of(cls, row: Any) -> Transaction:
        """Transaction of a row."""
        values = {name: value for name, value in dict(row).items() if name != "network"}
        wei = {name: int(values[name]) for name in ("max_fee", "tip", "gas_price")}
        return cls(**{**values, **wei, "items": tuple(values["items"].split())})
