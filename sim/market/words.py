"""The state as the contracts store it: words of 256 bits, in four parts of 64 each, least significant first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ballast.model._evm import unsigned
from ballast.model.page_packing import LOGIT_BITS
from ballast.sim.market.records import Market

Words = npt.NDArray[np.uint64]


def words_of(m: Market, epoch: int, posted: int) -> dict[str, Words]:
    """Words of all accounts at the end of an epoch.

    Parameters
    ----------
    m : Market
        The market.
    epoch : int
        The present epoch; fee records of others count as empty.
    posted : int
        Accounts on pages posted for the last epoch; there is no word for the others yet.

    Returns
    -------
    dict
        By field (``balances``, ``activity``, ``fees``, ``logits``) an array of shape (accounts, 4).
    """
    a: Any = m.accounts[: m.ledger[0]["accounts"]].view(np.recarray)
    u = {name: a[name].astype(np.uint64) for name in a.dtype.names}
    zero = np.zeros(len(a), dtype=np.uint64)
    half, mask = np.uint64(32), np.uint64(2**32 - 1)

    def word(*parts: Any) -> Words:
        return np.stack(parts, axis=1)

    def at_96(low: Any, high: Any, top: Any) -> Words:
        return word(low, (high & mask) << half, high >> half, top)

    written = a["n"] > 0
    logits = np.where(np.arange(len(a)) < posted, unsigned(a["next_logit"], LOGIT_BITS), 0).astype(np.uint64)
    return {
        "balances": at_96(u["free"], u["locked"], zero),
        "activity": word(
            u["capacity"] | (u["next_capacity"] << half),
            u["load"] | (u["role"] << half) | (u["epoch"] << np.uint64(40)),
            u["clock"] | (u["bonus"] << np.uint64(20)) | (u["overload"] << np.uint64(60)),
            u["overload"] >> np.uint64(4),
        ),
        "fees": at_96(u["n"], u["k"], np.where(written, np.uint64(epoch), zero)),
        "logits": word(logits, zero, zero, zero),
    }


def integers(words: Words) -> list[int]:
    """Words as Python's integers."""
    raw = np.ascontiguousarray(words, dtype="<u8").tobytes()
    return [int.from_bytes(raw[i : i + 32], "little") for i in range(0, len(raw), 32)]
