"""Conditions a keeper can be in, one code each, and the structured log that tells of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from traceback import extract_tb
from typing import Any

import orjson

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


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, code, message, and the condition's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "code": getattr(record, "code", "LOG"),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return orjson.dumps(line, default=str, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


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
