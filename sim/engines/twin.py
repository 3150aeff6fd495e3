"""The model alone: nothing is carried out, and there is nothing to compare with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ballast.model.parameters import NetworkParameters
from ballast.sim.engines import TWIN
from ballast.sim.engines.engine import GENESIS, Business, Member


class Twin:
    """The engine that does nothing but count what is paid in.

    Parameters
    ----------
    parameters : NetworkParameters
        Of the contracts that there would be.
    """

    name: str = TWIN
    measures_gas = False
    follows = False

    def __init__(self, parameters: NetworkParameters) -> None:
        self.entry_fee: Final = parameters.entry_fee
        self._tokens = 0
        self.genesis = GENESIS
        self.gas_used = 0
        self.transactions = 0
        self.compared_at: list[float] = []

    def pay_in(self, deposits: Sequence[int]) -> None:
        """Count deposits and the entry fees that come with them, token units."""
        self._tokens += sum(deposits) + len(deposits) * self.entry_fee

    def set_up(self, business: Business, /) -> None:
        """Count what is paid in."""
        self.pay_in(business.deposits)

    def admit(self, _first: int, deposits: Sequence[int], _members: Sequence[Member], /) -> None:
        """Count what is paid in."""
        self.pay_in(deposits)

    def dismiss(self, *_: object) -> None:
        """Do nothing: who leaves withdraws nothing."""

    def resize(self, *_: object) -> None:
        """Do nothing: the market has done it."""

    def begin_epoch(self, *_: object) -> None:
        """Do nothing: the market has done it."""

    def carry_out(self, *_: object) -> None:
        """Do nothing: the market has done it."""

    def compare(self, *_: object) -> None:
        """Note when the period was done."""
        self.compared_at.append(time.perf_counter())

    def wait(self) -> None:
        """Do nothing: nothing is under way."""

    def close(self) -> None:
        """Do nothing: nothing was started."""

    def snapshot(self) -> dict[str, Any]:
        """Return what was paid in."""
        return {"tokens": np.array(self._tokens)}

    def restore(self, stored: dict[str, Any], /) -> None:
        """Go on with what was paid in."""
        self._tokens = int(stored["tokens"])

    def token_balance(self) -> int:
        """All that was paid in, since nobody withdraws."""
        return self._tokens
