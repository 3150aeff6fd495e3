"""Amounts, times and hashes as people read them."""

from __future__ import annotations

import re
import time
from typing import Final

POWERS: Final = {"ether": 18, "gwei": 9}
HASH: Final = re.compile(r"\b0x[0-9a-fA-F]{40,}\b")
DIGITS: Final = 6
"""Digits after the point of an amount in ether or gwei, at most; less than that shows none that counts."""


def wei(amount: int, unit: str) -> str:
    """Amount of wei in ether or gwei, rounded down, and never to zero if it is not."""
    whole, part = divmod(amount, 10 ** POWERS[unit])
    digits = f"{part:0{POWERS[unit]}d}"
    kept = digits[:DIGITS]
    if part and not whole and not kept.strip("0"):
        kept = digits[: len(digits) - len(digits.lstrip("0")) + 1]
    return f"{whole:,}{'.' if kept.rstrip('0') else ''}{kept.rstrip('0')} {unit}"


def tokens(amount: int, symbol: str | None = None, decimals: int | None = None) -> str:
    """Amount of token units, and what that is in the token's own count."""
    told = f"{amount:,} token unit{'' if amount == 1 else 's'}"
    if symbol is None or decimals is None:
        return told
    whole, part = divmod(amount, 10**decimals)
    return f"{told} ({whole:,}{f'.{part:0{decimals}d}' if decimals else ''} {symbol})"


def short(text: str) -> str:
    """Text whose hashes and addresses are cut in the middle."""
    return HASH.sub(lambda found: f"{found[0][:6]}…{found[0][-4:]}", text)


def moment(timestamp: int) -> str:
    """Time of day in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp))


def duration(seconds: int) -> str:
    """Length of time in its two greatest units."""
    parts = []
    for name, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        parts.append((count, name))
    while len(parts) > 1 and parts[0][0] == 0:
        del parts[0]
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count or len(parts) == 1)
