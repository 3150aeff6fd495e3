"""A market with one number wrong."""

from __future__ import annotations

from typing import Any, Final

import pytest

from ballast.sim import run
from ballast.sim.engines import replay
from ballast.sim.market.records import Market
from ballast.sim.market.storage_words import storage_words

FIELDS: Final = {
    "balances": ("free", 5),
    "activity": ("bonus", 7),
    "fees": ("good_fees", 6),
    "logits": ("next_logit", 4),
}
"""What the engines compare: a column of the market that is part of it, and an account to spoil."""


def spoil(monkeypatch: pytest.MonkeyPatch, field: str, after: int) -> int:
    """Add one to a number of the market, unseen by any step, just before its state is looked at for the n-th time.

    Returns
    -------
    int
        The account.
    """
    run.get_ready()  # which looks at a market of its own
    column, account = FIELDS[field]
    looks: list[int] = []

    def looked_at(m: Market, *arguments: Any) -> Any:
        looks.append(1)
        if len(looks) == after:
            m.accounts[account][column] += 1
        return storage_words(m, *arguments)

    for module in (run, replay):
        monkeypatch.setattr(module, "storage_words", looked_at)
    return account
