"""Something to do on the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ballast.chain.contract import Call


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do on the chain.

    Attributes
    ----------
    call : Call
        What is done.
    epoch : int
        Epoch it is for, in whatever count its sender keeps.
    items : tuple of str
        Units of work; no two transactions with one in common are ever under way.
    gain : int
        What it brings the sender, token units.
    must_pay : bool
        Whether it is to be done only if the gain is worth more than the gas.
    """

    call: Call[Any]
    epoch: int
    items: tuple[str, ...]
    gain: int = 0
    must_pay: bool = False

    @property
    def kind(self) -> str:
        """What the journal calls it: the name of the contract's function."""
        return self.call.function
