"""Ways around the cost of calls: storage read from the chain's state, and reverts without a trace of the call stack."""

from __future__ import annotations

from typing import Any

import boa
from eth_utils import keccak


class Storage:
    """Variables of a deployed contract by their names.

    Parameters
    ----------
    contract
        A contract deployed on the in-process chain.
    """

    def __init__(self, contract: Any) -> None:
        self.address = contract.address
        layout = contract.compiler_data.storage_layout["storage_layout"]
        self._slots = {name: entry["slot"] for name, entry in layout.items() if "slot" in entry}
        self._hashed: dict[tuple[int, int], int] = {}

    def _read(self, slot: int) -> int:
        return int(boa.env.evm.get_storage(self.address, slot))

    def word(self, variable: str, index: int = 0) -> int:
        """Word of a variable, or an element of a static array of words."""
        return self._read(self._slots[variable] + index)

    def mapped(self, variable: str, key: int) -> int:
        """Word of a mapping, at a number or at an address taken as a number."""
        base = self._slots[variable]
        slot = self._hashed.get((base, key))
        if slot is None:
            slot = int.from_bytes(keccak(base.to_bytes(32, "big") + key.to_bytes(32, "big")), "big")
            self._hashed[base, key] = slot
        return self._read(slot)

    def live(self) -> int:
        """How many of the slots ever written hold something."""
        written = boa.env.sstore_trace.get(self.address, set())
        return sum(self._read(slot) != 0 for slot in written)


def refuse(function: Any, *args: Any, sender: str, reason: str) -> None:
    """Call a contract's function and expect it to revert with a reason.

    Ten times faster than ``boa.reverts``, which takes a picture of every frame and of all storage first.
    """
    data = function.prepare_calldata(*args)
    computation = boa.env.execute_code(function.contract.address, sender=sender, data=data)
    assert computation.is_error, f"did not revert: {reason}"
    assert reason.encode() in computation.output, f"reverted, but not with: {reason}"
