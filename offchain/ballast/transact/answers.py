"""What answers of a node must look like: each function reads one, and raises NodeError if it makes no sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ballast.errors import NodeError

WORD: Final = 2**256
HIGHEST: Final = 2**63
"""Above every block number, timestamp and nonce; what a database column holds."""
GAS: Final = range(21_000, 2**32)
"""What a transaction may take."""
DIGEST: Final = 66
"""Length of 32 bytes as hex."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transaction in a block, as a node shows it; fees in wei."""

    hash: str
    receiver: str
    data: str
    gas: int
    max_fee: int
    tip: int


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


def code(answer: Any) -> str:
    """Read bytes, given as hex; null for none."""
    if answer is None:
        return ""
    if not isinstance(answer, str) or not answer.startswith("0x"):
        raise NodeError("what should be bytes is not")
    return f"0x{bytes.fromhex(answer[2:]).hex()}"


def waiting_of(sender: str, answer: Any) -> dict[int, Waiting]:
    """Read the transactions of a sender in a block, by nonce; null for no block is good."""
    found = {}
    for told in (answer or {}).get("transactions", []):
        if isinstance(told, dict) and str(told.get("from", "")).lower() == sender.lower():
            price = told.get("gasPrice") or "0x0"
            found[position(told["nonce"])] = Waiting(
                hash=digest(told["hash"]),
                receiver=code(told.get("to")),
                data=code(told.get("input") or "0x"),
                gas=position(told["gas"]),
                max_fee=quantity(told.get("maxFeePerGas") or price),
                tip=quantity(told.get("maxPriorityFeePerGas") or price),
            )
    return found
