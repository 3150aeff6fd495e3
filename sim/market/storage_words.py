"""The state as the contracts store it: words of 256 bits, in four parts of 64 each, least significant first.

Where a field lies is asked of the twin that packs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ballast.model import activity, balance_packing, fee_record
from ballast.model._evm import unsigned
from ballast.model.page_packing import LOGIT_BITS
from ballast.sim.market.records import Market

StorageWords = npt.NDArray[np.uint64]


def places(pack: Callable[..., int], *names: str) -> dict[str, int]:
    """Lowest bits of fields in the word that a packing makes of them."""
    return {name: pack(**{other: int(other == name) for other in names}).bit_length() - 1 for name in names}


BALANCES: Final = places(balance_packing.pack, "free", "locked", "epoch")
FEES: Final = places(fee_record.pack, "n", "k", "epoch")
ACTIVITY: Final = places(
    lambda **values: activity.pack(activity.Activity(**values)), *(f.name for f in fields(activity.Activity))
)


def packed(count: int, places: Mapping[str, int], columns: Mapping[str, Any]) -> StorageWords:
    """Words of some accounts, from columns that fit their fields."""
    words = np.zeros((count, 4), dtype=np.uint64)
    for name, column in columns.items():
        part, shift = divmod(places[name], 64)
        words[:, part] |= column << np.uint64(shift)
        if shift and part < 3:
            words[:, part + 1] |= column >> np.uint64(64 - shift)
    return words


def storage_words(market: Market, epoch: int, posted: int) -> dict[str, StorageWords]:
    """Words of all accounts at the end of an epoch.

    Parameters
    ----------
    market : Market
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
    accounts: Any = market.accounts[: market.ledger[0]["accounts"]].view(np.recarray)
    columns = {name: accounts[name].astype(np.uint64) for name in accounts.dtype.names}
    count = len(accounts)
    written = np.where(accounts["fees"] > 0, np.uint64(epoch), np.uint64(0))
    logits = np.where(np.arange(count) < posted, unsigned(accounts["next_logit"], LOGIT_BITS), 0).astype(np.uint64)
    return {
        "balances": packed(count, BALANCES, {name: columns[name] for name in ("free", "locked")}),
        "activity": packed(count, ACTIVITY, {name: columns[name] for name in ACTIVITY}),
        "fees": packed(count, FEES, {"n": columns["fees"], "k": columns["good_fees"], "epoch": written}),
        "logits": packed(count, {"alone": 0}, {"alone": logits}),
    }


def integers(words: StorageWords) -> list[int]:
    """Words as Python's integers."""
    raw = np.ascontiguousarray(words, dtype="<u8").tobytes()
    return [int.from_bytes(raw[i : i + 32], "little") for i in range(0, len(raw), 32)]
