"""Ways around the cost of calls: storage read from the chain's state, and reverts without a trace of the call stack."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import boa
from eth_utils import keccak

from tests.support.contract_words import BURN, POOL, fields

FIXED = 64  # slots: what is larger than this is an array by account or task


class Storage:
    """Variables of a deployed contract by their names.

    Parameters
    ----------
    contract
        A contract deployed on the in-process chain.

    Attributes
    ----------
    fixed : frozenset of int
        Slots of the variables whose size the source fixes: single words, structs and small rings.
    """

    def __init__(self, contract: Any) -> None:
        self.name = contract.contract_name
        self.address = contract.address
        layout = contract.compiler_data.storage_layout["storage_layout"]
        own = {name: entry for name, entry in layout.items() if "slot" in entry}
        modules = [entry for name, entry in layout.items() if name not in own]
        self._slots = {name: entry["slot"] for name, entry in own.items()}
        variables = [*own.values(), *(entry for module in modules for entry in module.values())]
        self.fixed = frozenset(
            slot for e in variables if e["n_slots"] <= FIXED for slot in range(e["slot"], e["slot"] + e["n_slots"])
        )
        self._hashed: dict[tuple[int, int], int] = {}

    def _read(self, slot: int) -> int:
        return int(boa.env.evm.get_storage(self.address, slot))

    def slot(self, variable: str, index: int = 0) -> int:
        """Where a variable is, or an element of a static array of words."""
        return int(self._slots[variable]) + index

    def mapped_slot(self, variable: str, *keys: int) -> int:
        """Where a value of a mapping begins, at numbers or at addresses taken as numbers."""
        slot = self.slot(variable)
        for key in keys:
            base = slot
            if (base, key) not in self._hashed:
                self._hashed[base, key] = int.from_bytes(keccak(base.to_bytes(32, "big") + key.to_bytes(32, "big")))
            slot = self._hashed[base, key]
        return slot

    def word(self, variable: str, index: int = 0) -> int:
        """Word of a variable, or an element of a static array of words."""
        return self._read(self.slot(variable, index))

    def mapped(self, variable: str, key: int) -> int:
        """Word of a mapping, at a number or at an address taken as a number."""
        return self._read(self.mapped_slot(variable, key))

    def strays(self, places: Set[int]) -> int:
        """How many slots outside the places given hold something."""
        written: set[int] = boa.env.sstore_trace.get(self.address, set())
        return sum(self._read(slot) != 0 for slot in written - places)


def funds(escrow: Storage, account: int) -> tuple[int, int]:
    """Free and locked balance of an account.

    What slashes gather for the pool lies in the locked balance of the burn account for a while, and is the pool's.
    """
    free, locked, _, _ = fields(escrow.word("_balances", account), 96, 96, 24, 1)
    gathered = fields(escrow.word("_balances", BURN), 96, 96, 24, 1)[1]
    return free + gathered * (account == POOL), locked - gathered * (account == BURN)


def refuse(function: Any, *args: Any, sender: str, reason: str) -> None:
    """Call a contract's function and expect it to revert with a reason.

    Ten times faster than ``boa.reverts``, which takes a picture of every frame and of all storage first.
    """
    data = function.prepare_calldata(*args)
    computation = boa.env.execute_code(function.contract.address, sender=sender, data=data)
    assert computation.is_error, f"did not revert: {reason}"
    assert reason.encode() in computation.output, f"reverted, but not with: {reason}"
