"""What nodes mean by their errors: one table of the phrases and codes of the clients and providers there are.

Texts are compared as lower-case words, so that "AlreadyKnown", "already known" and "ALREADY_KNOWN" are one.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final


class Kind(StrEnum):
    """What an error of a node means."""

    REVERTED = "reverted"
    KNOWN = "already known"
    REPLACEMENT_UNDERPRICED = "replacement underpriced"
    NONCE_TOO_LOW = "nonce too low"
    FEE_BELOW_BASE = "fee cap below base fee"
    UNDERPRICED = "underpriced"
    FUNDS = "insufficient funds"
    INTRINSIC_GAS = "less gas than needed to start"
    GAS_LIMIT = "gas limit exceeded"
    BATCH = "batch too large, or none allowed"
    RATE = "rate limited"
    PRUNED = "history or state pruned"
    NO_BLOCK = "block not found"
    RANGE = "range too large"
    SIZE = "too large in another way"
    NO_METHOD = "method not found"
    NO_BLOCK_HASH = "block by hash not understood"
    OTHER = "anything else"


GAP: Final = r"(?:\w+ ){0,9}?"
MAX_READ: Final = 1_000
"""Characters of a text that are looked at."""
# Between two words there may be no space, and "~" stands for some other words. The first row that fits decides, so what
# is more special comes first.
_PHRASES: Final = (
    (Kind.REVERTED, r"revert(ed|s)?"),
    (
        Kind.REPLACEMENT_UNDERPRICED,
        r"replace(ment)? ~(underpriced|not allowed|fee too low)|could not replace existing"
        r"|insufficient gas price to replace|(with|has) (the )?same nonce",
    ),
    (
        Kind.KNOWN,
        r"already (been )?(known|imported|exists?|present|submitted|received|sent|seen|pending|queued)"
        r"|(known|duplicate) (tx|txn|transaction)"
        r"|(tx|txn|transaction) with (the )?same hash"
        r"|already in (the )?((tx|transaction) )?(mem ?pool|pool|cache|queue)",
    ),
    (Kind.NONCE_TOO_LOW, r"nonce (is )?too (low|small|old)|(old|stale) nonce|nonce (expired|has already been used)"),
    (Kind.FEE_BELOW_BASE, r"((less|lower|smaller) than|below) ~base fee"),
    (
        Kind.UNDERPRICED,
        r"underpriced|(fee|gas price|tip|tip cap) (is )?too low( to compete)?|(gas price|fee|tip) ~below ~minimum",
    ),
    (
        Kind.FUNDS,
        r"insufficient (funds?|balance)|cost exceeds (account )?balance|not (have )?enough (funds|balance)"
        r"|lack of funds?|out of balance",
    ),
    (Kind.INTRINSIC_GAS, r"intrinsic gas(?! too high)|floor data gas|(transaction )?gas is too low"),
    (
        Kind.GAS_LIMIT,
        r"exceeds ~gas limit|gas limit (is )?(too high|exceeded|reached|greater)|gas required exceeds"
        r"|intrinsic gas too high|gas is beyond limit",
    ),
    (
        Kind.BATCH,
        r"batch\w* ~(too (large|big|many|long)|limit\w*|exceed\w*|max\w*|size|unsupported|disabled"
        r"|not (supported|allowed|enabled|permitted))"
        r"|(max\w*|limit\w*|exceed\w*|too (large|big|many|long)|unsupported|disabled) ~batch\w*",
    ),
    (
        Kind.RATE,
        r"rate (limit\w*|exceeded)|too many requests?|requests? ~(rate|count|limit|quota) ~(exceeded|reached)"
        r"|compute units?|per (second|minute|day)|throughput|quota|throttl\w*|slow down|(busy|overloaded)",
    ),
    (
        Kind.PRUNED,
        r"missing trie node|pruned|historical|archive|(state|history) ~(not available|unavailable|missing|expired)"
        r"|no state available|old data not available|required data unavailable|distance to target block"
        r"|only serves recent blocks",
    ),
    (
        Kind.NO_BLOCK,
        r"(header|block|resource|hash) ~(not (be )?found|not (currently )?canonical|does not exist|out of range)"
        r"|block out of range error|unknown (block|header)|(could not|cannot) find ~block|beyond ~head|unfinalized",
    ),
    (
        Kind.RANGE,
        r"(range|ranges|span) ~(too (large|wide|big|long)|limit\w*|exceed\w*|max\w*|greater|over|above|more)"
        r"|(exceed\w*|max\w*|limit\w*|up to|at most|only|over|large|wide|reduc\w*|smaller|narrow\w*|many)"
        r" ~(range|ranges|blocks)|(too many|more than|exceed\w*|max\w*) ~(results?|logs|events)"
        r"|log response size|result (set )?too large|query ~(time ?out|timed out)",
    ),
    (
        Kind.SIZE,
        r"(request|response|body|entity|payload|message|content|answer) ~(too (large|big|long)|exceed\w*|limit\w*)"
        r"|oversized|limit exceeded|exceeds? ~(limit|maximum)",
    ),
    (
        Kind.NO_METHOD,
        r"methods? ~(not (found|enabled|allowed|supported|available|implemented|exist|permitted)|unsupported)"
        r"|(unknown|unsupported|no such) (rpc )?method|not implemented|not whitelisted",
    ),
)
TABLE: Final = tuple(
    (kind, re.compile(rf"\b({phrases.replace(' ', ' ?').replace('~', GAP)})\b")) for kind, phrases in _PHRASES
)
REVERT_CODE: Final = 3
CODES: Final = {
    REVERT_CODE: Kind.REVERTED,
    -32601: Kind.NO_METHOD,
    -32604: Kind.NO_METHOD,
    4444: Kind.PRUNED,
    429: Kind.RATE,
    -32005: Kind.SIZE,
}
"""What a code means where the words say nothing; most codes mean something else with each client."""
INVALID_PARAMS: Final = -32602
UNREAD_HASH: Final = re.compile(
    r"\b(invalid (argument|params?|parameters?|block|type|request)|unmarshal|deseriali[sz]e|parse|expected|unsupported"
    r"|not supported|must be|0x prefix|block parameter|block ?hash|eip ?1898|to buffer)\b"
)
"""Words about a parameter that was not understood."""
LACKS: Final = {
    Kind.NO_BLOCK_HASH: "cannot read at a block hash (EIP-1898)",
    Kind.PRUNED: "no longer has the history or state asked for",
}
"""What a node cannot do, said of it."""


def kind_of(code: Any, message: str, data: Any = None, *, pinned: bool = False) -> Kind:
    """Tell what an error of a node means.

    Parameters
    ----------
    code, message, data
        Of the JSON-RPC error; some clients put into the data what matters.
    pinned : bool
        Whether the request names its block by hash, in the form of EIP-1898.
    """
    more = data if isinstance(data, str) and not data.startswith("0x") else ""
    text = plain(f"{message[:MAX_READ]} {more[:MAX_READ]}")
    if code == REVERT_CODE:
        return Kind.REVERTED
    for kind, pattern in TABLE:
        if pattern.search(text):
            return kind
    if pinned and (code == INVALID_PARAMS or UNREAD_HASH.search(text)):
        return Kind.NO_BLOCK_HASH
    return CODES.get(code, Kind.OTHER) if isinstance(code, int) else Kind.OTHER


def plain(text: str) -> str:
    """Text as lower-case words."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return " ".join(re.findall(r"[a-z0-9]+", apart.lower()))
