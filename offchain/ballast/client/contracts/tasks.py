"""The task registry: tasks from their opening to their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ballast.chain.contract import Call, function
from ballast.client.contracts.shared import Clocked


@dataclass(frozen=True, slots=True)
class Order:
    """A task to be opened.

    Attributes
    ----------
    slot : int
        One of the operator's, free.
    difficulty : int
        Resource units.
    reward : int
        Token units.
    own : bool
        Whether the operator executes it itself.
    min_reputation : int
        Smallest reputation of whoever executes it, beside that of the class: a whole percent, ppm.
    """

    slot: int
    difficulty: int
    reward: int
    own: bool
    min_reputation: int = 0


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid for a task, or a take-over of one, with the terms that the task must have.

    Attributes
    ----------
    task : int
        Its number.
    class_id : int
        Its class.
    difficulty : int
        Resource units.
    reward : int
        Token units.
    min_price : int
        Lowest price taken, before the fee, ppm of the reward.
    max_load : int
        Highest load taken, with the task, basis points.
    """

    task: int
    class_id: int
    difficulty: int
    reward: int
    min_price: int
    max_load: int


@dataclass(frozen=True, slots=True)
class Submission:
    """A task's result.

    Attributes
    ----------
    task : int
        Its number.
    result : int
        256 bits, such as a hash of what was computed.
    """

    task: int
    result: int


class TaskRegistry(Clocked):
    """Tasks, their auctions, and mandates.

    With `strict` a list whose items do not all apply reverts; without, items that do not apply are skipped.
    """

    @function
    def open_tasks(self, class_id: int, orders: Sequence[Order], strict: bool) -> Call[int]:
        """Open tasks of a class on the caller's mandate; the number of the last one, 0 for none."""

    @function
    def reopen(self, task: int) -> Call[None]:
        """Give a task of the caller's that nobody bid for a last call."""

    @function
    def self_execute(self, task: int) -> Call[None]:
        """Have the caller execute a task of its own that nobody bid for."""

    @function
    def bid(self, orders: Sequence[Bid], strict: bool) -> Call[None]:
        """Bid for tasks, in the order given."""

    @function
    def submit(self, submissions: Sequence[Submission], strict: bool) -> Call[None]:
        """Submit results of tasks awarded to the caller."""

    @function
    def take_over(self, orders: Sequence[Bid], strict: bool) -> Call[None]:
        """Take over late tasks whose executors were slashed."""

    @function
    def settle(self, tasks: Sequence[int], strict: bool) -> Call[None]:
        """Pay submitted tasks whose time for a challenge is over."""

    @function
    def slash(self, tasks: Sequence[int], finder: int, strict: bool) -> Call[None]:
        """Slash the executors of overdue tasks; the finder's account, 0 for none, has its share."""

    @function
    def fail(self, tasks: Sequence[int], strict: bool) -> Call[None]:
        """End late tasks that nobody rescued in time."""

    @function
    def expire(self, tasks: Sequence[int], strict: bool) -> Call[None]:
        """End tasks that nobody bid for."""

    @function
    def multicall(self, calls: Sequence[Call[Any]]) -> Call[None]:
        """Take several steps in one transaction, all or none: at most four calls of this contract."""

    @function
    def hold(self, tasks: Sequence[int], strict: bool) -> Call[None]:
        """Hold submitted tasks for a dispute. Court only."""

    @function
    def uphold(self, tasks: Sequence[int], strict: bool) -> Call[None]:
        """Let the results of held tasks stand. Court only."""

    @function
    def overturn(self, tasks: Sequence[int], finder: int, strict: bool) -> Call[None]:
        """Forfeit held tasks whose results are wrong; the finder's account, 0 for none, has its share. Court only."""

    @function
    def enroll(self, owner: str, account: int, role: int, complexity: int, slots: int) -> Call[None]:
        """Keep what tasks need to know of a participant. Participant registry only."""

    @function
    def add_class(self, auction: int, opening: int) -> Call[int]:
        """Keep the words of a class; its number. Class registry only."""

    @function
    def change_mandate(self, class_id: int, operator: int, increase: int, decrease: int) -> Call[None]:
        """Change what an operator may draw. Class registry only."""

    @function
    def suspend_mandate(self, class_id: int, operator: int) -> Call[None]:
        """Let an operator draw nothing. Class registry only."""

    @function
    def pause(self, paused: bool) -> Call[None]:
        """Stop or allow opening tasks. Owner only."""

    @function
    def card(self, owner: str) -> Call[int]:
        """Word of ``card_packing``: what tasks need to know of an address."""

    @function
    def avs_of(self, class_id: int) -> Call[int]:
        """Account of a class's AVS, 0 for no class."""

    @function
    def mandate_of(self, class_id: int, operator: int) -> Call[int]:
        """Rest of what an operator may draw on a class."""

    @function
    def class_words(self, class_id: int) -> Call[tuple[int, int]]:
        """Words of ``class_packing``: auction and opening."""

    @function
    def task_words(self, task: int) -> Call[tuple[int, int, int]]:
        """Terms and progress in a task's slot, words of ``task_packing``, and the result."""

    @function
    def fees_in(self, account: int, epoch: int) -> Call[tuple[int, int]]:
        """Fees of tasks that ended in an epoch, and of the good ones among them; zeros if it is forgotten."""

    @function
    def fee_words(self, first: int, count: int, epoch: int) -> Call[tuple[int, ...]]:
        """Words of ``fee_record`` of consecutive accounts in the place of an epoch, at most 64."""

    @function
    def ESCROW(self) -> Call[str]:
        """Address of the escrow."""

    @function
    def PARTICIPANTS(self) -> Call[str]:
        """Address of the participant registry."""

    @function
    def SLASHER(self) -> Call[str]:
        """Address of the slasher."""

    @function
    def REPUTATION(self) -> Call[str]:
        """Address of the reputation contract."""

    @function
    def CLASS_REGISTRY(self) -> Call[str]:
        """Address of the class registry."""

    @function
    def COURT(self) -> Call[str]:
        """Who may hold tasks and decide on them."""

    @function
    def FEE_PER_UNIT(self) -> Call[int]:
        """Least fee for a unit of difficulty."""

    @function
    def STAKE_PER_UNIT(self) -> Call[int]:
        """Stake a unit of capacity needs."""

    @function
    def paused(self) -> Call[bool]:
        """Whether opening tasks is stopped."""

    @function
    def class_count(self) -> Call[int]:
        """Classes there are; their numbers begin with 1."""
