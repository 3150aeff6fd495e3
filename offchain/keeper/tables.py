"""Tables of the journal, and a transaction as the keeper sees it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, String, Table, Text

VERSION: Final = "1"

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

META = Table("meta", METADATA, Column("name", String(32), primary_key=True), Column("value", Text, nullable=False))

BLOCKS = Table(
    "blocks",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(66), nullable=False),
    Column("timestamp", BigInteger, nullable=False),
)

OBSERVATIONS = Table(
    "observations",
    METADATA,
    Column("epoch", Integer, nullable=False),
    Column("block_hash", String(66), nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("inputs", LargeBinary, nullable=False),
    PrimaryKeyConstraint("epoch", "block_hash"),
)

TRANSACTIONS = Table(
    "transactions",
    METADATA,
    Column("hash", String(66), primary_key=True),
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
)

EVENTS = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("code", String(32), nullable=False),
    Column("detail", Text, nullable=False),
)


@dataclass(slots=True)
class Transaction:
    """A transaction of the keeper's key.

    Attributes
    ----------
    hash, sender, nonce, receiver, data, gas, max_fee, tip, raw
        The transaction; fees in wei, ``raw`` signed and empty if the keeper only saw it waiting.
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
        values = dict(row)
        wei = {name: int(values[name]) for name in ("max_fee", "tip", "gas_price")}
        return cls(**{**values, **wei, "items": tuple(values["items"].split())})
