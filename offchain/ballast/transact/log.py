"""Conditions a sender can be in, one code each, and the structured log that tells of them."""

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

from ballast.transact import units

Say = Callable[..., None]
"""``say(condition, **fields)``: tells of a condition."""


class Condition(Enum):
    """A condition; those of one kind of sender are members of a class made from this one.

    Attributes
    ----------
    level : str
        ``info``, ``warning`` or ``error``.
    meaning : str
        What it means.
    shown : tuple of str
        Fields the text tells of, if not all.
    in_wei : bool
        Whether its amounts are in wei, and not in token units.
    """

    def __init__(self, level: str, meaning: str, shown: tuple[str, ...] = (), in_wei: bool = True) -> None:
        self.level = level
        self.meaning = meaning
        self.shown = shown
        self.in_wei = in_wei


class Code(Condition):
    """Conditions of every sender."""

    SERVING = ("info", "metrics and health are served")
    SENT = ("info", "a transaction was handed to the nodes", ("kind", "nonce", "hash"))
    CONFIRMED = ("info", "a transaction has the confirmations asked for", ("kind", "mined_block", "hash"))
    DRY_RUN = ("info", "this would have been sent")
    RESENT = ("info", "a transaction the nodes had lost was handed to them again")
    ADOPTED = ("info", "a transaction of this key that the journal did not know was found waiting")
    REPLACED = ("warning", "a transaction that waited too long, or became wrong, was replaced at a higher fee")
    CANCELLED = ("warning", "a transaction no longer wanted was replaced by an empty one")
    SUPERSEDED = ("warning", "another transaction of this key took the nonce")
    REVERTED = ("warning", "a transaction of this key was included and reverted", ("kind", "mined_block", "hash"))
    SIMULATION_REVERTS = ("info", "an action was not sent since its simulation reverts: somebody else was first")
    SIMULATION_FAILED = ("warning", "an action was not sent since no node could simulate it")
    REORG = ("warning", "blocks seen before are no longer part of the chain")
    NODE_FAILED = ("warning", "a node gave no usable answer")
    NODE_LAGS = ("warning", "a node is behind the others")
    NODE_AHEAD = ("warning", "a node tells of newer blocks than most nodes have; they are not followed")
    NODE_LIES = ("error", "a node told of a block that does not fit the chain")
    NODES_DISAGREE = ("error", "nodes contradict each other; nothing is done until they agree")
    STALE_HEAD = ("warning", "the newest block has not changed for long")
    CHAIN_ERROR = ("warning", "the pass ended early since the chain could not be read or written")
    INTERNAL_ERROR = ("error", "something ended early by a fault nobody thought of; the work goes on")
    SEND_ERROR = ("warning", "the nodes reported an error for a transaction; the chain will tell what became of it")
    UNKNOWN_IN_FLIGHT = ("warning", "a transaction of this key that nobody can show waits for inclusion")
    FEE_CAP = ("warning", "gas costs more than the highest price allowed; waiting")
    UNDERFUNDED = ("error", "the account cannot pay for a transaction")
    NOT_WORTH_IT = ("info", "an action was not sent since it costs more than it brings")
    JOURNAL_DETACHED = ("error", "the journal cannot be written; the work goes on from the chain alone")
    JOURNAL_GAP = ("warning", "an entry that no database can hold was left out of the journal")
    NOT_ALONE = ("error", "another sender may be working with this key; nothing is sent")
    JOURNAL_BACK = ("info", "the journal can be written again and is complete")


LOGGER = logging.getLogger("ballast.transact")


def _utc(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))


def _name(record: logging.LogRecord) -> str:
    """Code of a condition; another name for what a library logs."""
    condition = getattr(record, "condition", None)
    return condition.name if isinstance(condition, Condition) else "LOG"


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, code, message, and the condition's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, Any] = {
            "time": _utc(record),
            "level": record.levelname.lower(),
            "code": _name(record),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return orjson.dumps(line, default=str, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


class TextLines(logging.Formatter):
    """One line of text for each condition: time, level, code, message, and those of its fields that matter."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        condition, fields = getattr(record, "condition", None), getattr(record, "fields", {})
        names = (condition and condition.shown) or [name for name in fields if name not in ("epoch", "items")]
        in_wei = condition is None or condition.in_wei
        told = [f"{_label(name)}={_brief(name, fields[name], in_wei)}" for name in names if name in fields]
        line = f"{_utc(record)} {record.levelname.lower():<7} {_name(record)} {record.getMessage()}"
        return " ".join(f"{line}{': ' if told else ''}{' '.join(told)}".split())


FORMATS: Final = {"text": TextLines, "json": JsonLines}
WEI: Final = {"balance": "ether", "cost": "ether", "needed": "ether", "base_fee": "gwei", "max_fee": "gwei"}
"""What fields in wei are told in."""


def _label(name: str) -> str:
    return "block" if name == "mined_block" else name


def _brief(name: str, value: Any, in_wei: bool) -> str:
    if in_wei and name in WEI:
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


def write(condition: Condition, **fields: Any) -> None:
    """Log a condition."""
    level = getattr(logging, condition.level.upper())
    LOGGER.log(level, condition.meaning, extra={"condition": condition, "fields": plain(fields)})


def plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields as JSON can hold them: integers beyond 64 bits as text."""
    return {k: str(v) if isinstance(v, int) and abs(v) >= 2**63 else v for k, v in fields.items()}
