"""Something to do on the chain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do on the chain.

    Attributes
    ----------
    kind : str
        What is done: the name of a contract's function.
    epoch : int
        Epoch it is for, in whatever count its sender keeps.
    items : tuple of str
        Units of work; no two transactions with one in common are ever under way.
    arguments : tuple
        Of the contract's function.
    gain : int
        What it brings the sender, token units.
    must_pay : bool
        Whether it is to be done only if the gain is worth more than the gas.
    """

    kind: str
    epoch: int
    items: tuple[str, ...]
    arguments: tuple[object, ...]
    gain: int = 0
    must_pay: bool = False
