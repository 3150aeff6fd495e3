"""What a run asks of an engine, and the engine that is nothing but this: the twin."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ballast.model.parameters import ClassParameters, NetworkParameters

GENESIS = 1_700_000_000

Word = int
Bid = tuple[int, ...]
"""Task, class, difficulty, reward, smallest price in ppm, largest load in basis points."""
State = dict[str, list[Word]]
"""By field (``balances``, ``activity``, ``fees``, ``logits``), one word an account."""


class Engine:
    """The twin: every step happens as the model says, on no chain at all.

    Other engines carry the same steps out on contracts, and compare.

    Parameters
    ----------
    parameters : NetworkParameters
        What to deploy.

    Attributes
    ----------
    genesis : int
        Start of epoch 1.
    gas_used, transactions : int
        What was spent so far, if the engine measures it.
    compared_at : list of float
        When each period was done, by ``time.perf_counter``.
    """

    name = "twin"
    measures_gas = False
    carries_out = False
    """Whether it wants to know of every step."""

    def __init__(self, parameters: NetworkParameters) -> None:
        del parameters
        self.genesis = GENESIS
        self.gas_used = 0
        self.transactions = 0
        self.compared_at: list[float] = []
        self._tokens = 0

    def close(self) -> None:
        """Stop whatever was started."""

    # Stopping and going on

    def snapshot(self) -> dict[str, Any]:
        """Give the arrays that make up the engine's state."""
        return {"tokens": np.array(self._tokens)}

    def restore(self, stored: dict[str, Any]) -> None:
        """Take over the state of a snapshot."""
        self._tokens = int(stored["tokens"])

    # Phases

    def barrier(self) -> None:
        """Have what follows executed after what came before, whoever sends it."""

    def mine(self, timestamp: int) -> None:
        """Execute what was put together since the last phase as one block at a timestamp."""

    def wait(self) -> None:
        """Wait until everything is done; raises what went wrong."""

    # Set-up

    def open_accounts(self, deposits: Sequence[int], entry_fee: int, first: int = 2) -> None:
        """Open the next accounts, from a first one on, with deposits, token units."""
        del first
        self._tokens += sum(deposits) + len(deposits) * entry_fee

    def register(self, account: int, role: int, capacity: int, complexity: int, slots: int) -> None:
        """Register a participant."""

    def leave(self, account: int) -> None:
        """End a participation."""

    def add_class(self, avs: int, terms: ClassParameters) -> None:
        """Register a class of an AVS."""

    def fund_mandate(self, avs: int, class_id: int, operator: int, amount: int) -> None:
        """Fund an operator's mandate."""

    def bond(self, keeper: int, amount: int) -> None:
        """Lock a keeper's bond."""

    # Steps of tasks

    def open(self, operator: int, class_id: int, orders: Sequence[tuple[int, int, int, bool]]) -> None:
        """Open tasks: slot, difficulty, reward, own."""

    def bid(self, bidder: int, bids: Sequence[Bid]) -> None:
        """Bid for tasks."""

    def reopen(self, operator: int, task: int) -> None:
        """Reopen a task on the rising clock."""

    def self_execute(self, operator: int, task: int) -> None:
        """Take an unsold task into own execution."""

    def submit(self, executor: int, results: Sequence[tuple[int, int]]) -> None:
        """Submit results: task, result."""

    def slash(self, keeper: int, tasks: Sequence[int]) -> None:
        """Slash overdue tasks; the keeper is the finder."""

    def take_over(self, rescuer: int, order: Bid) -> None:
        """Take a late task over."""

    def hold(self, tasks: Sequence[int]) -> None:
        """Hold submitted tasks."""

    def overturn(self, tasks: Sequence[int], finder: int) -> None:
        """Overturn held tasks."""

    def settle(self, keeper: int, tasks: Sequence[int]) -> None:
        """Settle submitted tasks."""

    def fail(self, keeper: int, tasks: Sequence[int]) -> None:
        """Fail late tasks."""

    def expire(self, keeper: int, tasks: Sequence[int]) -> None:
        """Expire unsold tasks."""

    # Epochs

    def claim(self, keeper: int, epoch: int, accounts: Sequence[int]) -> None:
        """Claim uptime rewards."""

    def post(self, keeper: int, epoch: int, first_page: int, pages: Sequence[int]) -> None:
        """Post pages of logits."""

    def collect(self, keeper: int) -> None:
        """Collect a keeper's pay."""

    # Comparing

    def compare(self, expected: State, epoch: int, period: int) -> None:
        """Compare the state at the end of a period with the model's.

        Parameters
        ----------
        expected : dict
            By field, one word an account.
        epoch : int
            Present epoch.
        period : int
            For messages.
        """
        del expected, epoch, period
        self.compared_at.append(time.perf_counter())

    def token_balance(self) -> int:
        """Token units the escrow holds: of the twin, all that was paid in, since nobody withdraws."""
        return self._tokens
