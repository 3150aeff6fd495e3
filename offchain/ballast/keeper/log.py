"""Conditions a keeper can be in, one code each, and the structured log that tells of them."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

import orjson

from ballast.keeper import units

Say = Callable[..., None]
"""``say(code, **fields)``: tells of a condition."""


class Code(Enum):
    """A condition: its level and what it means."""

    STARTED = ("info", "the keeper began its work")
    SERVING = ("info", "metrics and health are served")
    STOPPED = ("info", "the keeper ended its work as it was asked to")
    PASS = ("info", "a pass is complete")
    SENT = ("info", "a transaction was handed to the nodes")
    CONFIRMED = ("info", "a transaction has the confirmations asked for")
    DRY_RUN = ("info", "this would have been sent")
    BOUNDARY = ("info", "the new epoch has no confirmed block yet")
    BOUNDARY_LONG = ("error", "half of the epoch is over and none of its blocks has the confirmations asked for")
    WAITS_TURN = ("info", "another keeper's turn comes first")
    RESENT = ("info", "a transaction the nodes had lost was handed to them again")
    ADOPTED = ("info", "a transaction of this key that the journal did not know was found waiting")
    REPLACED = ("warning", "a transaction that waited too long, or became wrong, was replaced at a higher fee")
    CANCELLED = ("warning", "a transaction no longer wanted was replaced by an empty one")
    SUPERSEDED = ("warning", "another transaction of this key took the nonce")
    REVERTED = ("warning", "a transaction of the keeper was included and reverted")
    SIMULATION_REVERTS = ("info", "an action was not sent since its simulation reverts: somebody else was first")
    SIMULATION_FAILED = ("warning", "an action was not sent since no node could simulate it")
    WRONG_VALUE = ("warning", "a keeper posted a value other than the computed one")
    OWN_WRONG_VALUE = ("error", "this keeper's own post differs from the computed value")
    VALUE_MISMATCH = ("error", "the contract computes another value than the keeper from what a node told it")
    REORG = ("warning", "blocks seen before are no longer part of the chain")
    NODE_FAILED = ("warning", "a node gave no usable answer")
    NODE_LAGS = ("warning", "a node is behind the others")
    NODE_AHEAD = ("warning", "a node tells of newer blocks than most nodes have; they are not followed")
    NODE_LIES = ("error", "a node told of a block that does not fit the chain")
    NODES_DISAGREE = ("error", "nodes contradict each other; nothing is done until they agree")
    STALE_HEAD = ("warning", "the newest block has not changed for long")
    CHAIN_ERROR = ("warning", "the pass ended early since the chain could not be read or written")
    INTERNAL_ERROR = ("error", "something ended early by a fault nobody thought of; the keeper goes on")
    SEND_ERROR = ("warning", "the nodes reported an error for a transaction; the chain will tell what became of it")
    UNKNOWN_IN_FLIGHT = ("warning", "a transaction of this key that nobody can show waits for inclusion")
    FEE_CAP = ("warning", "gas costs more than the highest price allowed; waiting")
    UNDERFUNDED = ("error", "the account cannot pay for a transaction")
    LOW_BALANCE = ("warning", "the account will run dry")
    NOT_WORTH_IT = ("info", "an action was not sent since it costs more than it brings")
    NO_ACCOUNT = ("error", "the address has no escrow account, so that it cannot post")
    BOND_SHORT = ("error", "the bond does not cover the pages that are to be posted")
    EPOCH_LOST = ("error", "an epoch ended with pages that nobody wrote")
    JOURNAL_DETACHED = ("error", "the journal cannot be written; the keeper goes on from the chain alone")
    JOURNAL_GAP = ("warning", "an entry that no database can hold was left out of the journal")
    NOT_ALONE = ("error", "another keeper may be working with this key; nothing is sent")
    JOURNAL_BACK = ("info", "the journal can be written again and is complete")

    def __init__(self, level: str, meaning: str) -> None:
        self.level = level
        self.meaning = meaning


LOGGER = logging.getLogger("ballast.keeper")


def _utc(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, code, message, and the condition's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, Any] = {
            "time": _utc(record),
            "level": record.levelname.lower(),
            "code": getattr(record, "code", "LOG"),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return orjson.dumps(line, default=str, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


class TextLines(logging.Formatter):
    """One line of text for each condition: time, level, code, message, and those of its fields that matter."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        code, fields = getattr(record, "code", "LOG"), getattr(record, "fields", {})
        names = SHOWN.get(code, [name for name in fields if name not in ("epoch", "items")])
        told = [f"{_label(name)}={_brief(code, name, fields[name])}" for name in names if name in fields]
        line = f"{_utc(record)} {record.levelname.lower():<7} {code} {record.getMessage()}"
        return " ".join(f"{line}{': ' if told else ''}{' '.join(told)}".split())


FORMATS: Final = {"text": TextLines, "json": JsonLines}
SHOWN: Final = {
    "PASS": ("epoch", "block", "missing", "in_flight"),
    "CONFIRMED": ("kind", "mined_block", "hash"),
    "REVERTED": ("kind", "mined_block", "hash"),
    "SENT": ("kind", "nonce", "hash"),
}
"""Fields of which the text tells, of conditions that have many; of others it tells all."""
WEI: Final = {"balance": "ether", "cost": "ether", "needed": "ether", "base_fee": "gwei", "max_fee": "gwei"}
"""What fields in wei are told in."""


def _label(name: str) -> str:
    return "block" if name == "mined_block" else name


def _brief(code: str, name: str, value: Any) -> str:
    if name in WEI and code != "BOND_SHORT":  # that one counts tokens
        return units.wei(int(value), WEI[name]).replace(" ", "")
    if isinstance(value, str):
        return units.short(value)
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def to_stderr(form: str | None) -> None:
    """Send the log to stderr.

    Parameters
    ----------
    form : str or None
        ``text`` or ``json``; text on a terminal, else JSON, if None.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[form or ("text" if sys.stderr.isatty() else "json")]())
    LOGGER.handlers = [handler]
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    for library in ("sqlalchemy", "websockets"):  # what fails there is told as a condition
        logging.getLogger(library).setLevel(logging.CRITICAL)


def fault(error: Exception) -> str:
    """Tell of a fault without what it was about, which may be secret: its type, and where it came from."""
    place = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"


def nothing(*_: Any, **__: Any) -> None:
    """Take anything and do nothing: for what need not be told."""


def write(code: Code, **fields: Any) -> None:
    """Log a condition."""
    level = getattr(logging, code.level.upper())
    LOGGER.log(level, code.meaning, extra={"code": code.name, "fields": plain(fields)})


def plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields as JSON can hold them: integers beyond 64 bits as text."""
    return {k: str(v) if isinstance(v, int) and abs(v) >= 2**63 else v for k, v in fields.items()}
