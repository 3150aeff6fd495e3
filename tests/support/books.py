"""What calls changed: balances of all accounts, and items a batch skipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.chain import events, refused
from tests.support.contract_words import REASONS
from tests.support.protocol import Protocol


class Books:
    """All balances at one moment, to be compared with later.

    Parameters
    ----------
    protocol : Protocol
        Whose escrow to watch.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.before = self._read()

    def _read(self) -> dict[int, tuple[int, int]]:
        """Free and locked balances by account."""
        words = self.protocol.escrow.balance_words(0, self.protocol.escrow.account_count())
        return {account: (word & (2**96 - 1), word >> 96) for account, word in enumerate(words)}

    def changes(self) -> dict[int, tuple[int, int]]:
        """Compare with then: changes of free and locked balances, of every account that has any."""
        found = {}
        for account, (free, locked) in self._read().items():
            free_before, locked_before = self.before.get(account, (0, 0))
            if (free, locked) != (free_before, locked_before):
                found[account] = (free - free_before, locked - locked_before)
        return found


def check_skipped(protocol: Protocol, call: Callable[[bool], Any], item: int, code: int) -> None:
    """Fail unless a call with one bad item reverts when strict, and else reports that item and moves no money."""
    with refused(REASONS[code]):
        call(True)
    books = Books(protocol)
    call(False)
    assert events(protocol.registry, "Skipped") == [(item, code)]
    assert books.changes() == {}
