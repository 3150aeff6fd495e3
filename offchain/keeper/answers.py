"""What answers of a node must look like: each function reads one, and raises NodeError if it makes no sense."""

from __future__ import annotations

from typing import Any, Final

from offchain.errors import NodeError

WORD: Final = 2**256
HIGHEST: Final = 2**63
"""Above every block number, timestamp and nonce; what a database column holds."""
GAS: Final = range(21_000, 2**32)
"""What a transaction may take."""
DIGEST: Final = 66
"""Length of 32 bytes as hex."""


def anything(answer: Any) -> Any:
    """Take an answer as it is."""
    return answer


def quantity(answer: Any) -> int:
    """Read a number of at most 256 bits, given as hex."""
    number = int(answer, 16) if isinstance(answer, str) and answer.startswith("0x") else -1
    if not 0 <= number < WORD:
        raise NodeError("what should be a number is none")
    return number


def position(answer: Any) -> int:
    """Read a block number, a timestamp or a nonce."""
    number = quantity(answer)
    if number >= HIGHEST:
        raise NodeError("a number is higher than it can be")
    return number


def estimate(answer: Any) -> int:
    """Read an estimate of gas."""
    number = quantity(answer)
    if number not in GAS:
        raise NodeError("an estimate of gas is not what a transaction can take")
    return number


def digest(answer: Any) -> str:
    """Read 32 bytes, given as hex."""
    if not isinstance(answer, str) or len(answer) != DIGEST:
        raise NodeError("what should be 32 bytes is not")
    quantity(answer)
    return answer


def mined(answer: Any) -> Any:
    """Check a receipt; null for none is good."""
    if answer is not None:
        digest(answer["blockHash"])
        position(answer["blockNumber"])
        position(answer["gasUsed"])
        quantity(answer["status"])
        quantity(answer.get("effectiveGasPrice") or "0x0")
    return answer


def accounts_of(answer: Any) -> set[int]:
    """Read the accounts that logs have as their first indexed argument."""
    return {int(digest(log["topics"][1]), 16) for log in answer}
