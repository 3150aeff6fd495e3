"""The participant registry: roles, capacities and loads."""

from __future__ import annotations

from ballast.chain.contract import Call, function
from ballast.client.contracts.shared import Clocked


class ParticipantRegistry(Clocked):
    """Operators and coprocessors, and the load curve."""

    @function
    def register(self, role: int, capacity: int, complexity: int, slots: int) -> Call[None]:
        """Make the caller an operator (role 1) or a coprocessor (2, without slots)."""

    @function
    def resize(self, capacity: int) -> Call[None]:
        """Change the caller's capacity from the next epoch on."""

    @function
    def leave(self) -> Call[None]:
        """End the caller's participation."""

    @function
    def load_for_bid(self, account: int) -> Call[tuple[int, int, int, int]]:
        """As `load_of`, and the packed load curve in force now; reverts while bidding is paused."""

    @function
    def load_of(self, account: int) -> Call[tuple[int, int, int]]:
        """Load, capacity, and the largest load that may be reached, all in resource units."""

    @function
    def change_load(self, account: int, added: int, removed: int) -> Call[None]:
        """Add and remove load. Task registry only."""

    @function
    def end_fault(self, account: int, released: int) -> Call[None]:
        """Remove load after a slash, and trim the capacity. Task registry only."""

    @function
    def trim(self, account: int) -> Call[None]:
        """Trim a capacity that has lost its stake."""

    @function
    def schedule_curve(self, curve: int) -> Call[None]:
        """Put a packed load curve into force with the next epoch. Slasher only."""

    @function
    def pause(self, paused: bool) -> Call[None]:
        """Stop or allow registering and bidding. Owner only."""

    @function
    def required_stake(self, account: int) -> Call[int]:
        """Stake that an account's capacity, present and scheduled, needs."""

    @function
    def activity_words(self, first: int, count: int) -> Call[tuple[int, ...]]:
        """Words of ``activity`` of consecutive accounts as last stored, at most 64."""

    @function
    def activity_in(self, account: int, epoch: int) -> Call[int]:
        """Word of ``activity`` of an epoch that is over, complete to its end; 0 if it is forgotten."""

    @function
    def curve_in(self, epoch: int) -> Call[int]:
        """Load curve in force in an epoch, packed as in ``load_curve``."""

    @function
    def ESCROW(self) -> Call[str]:
        """Address of the escrow."""

    @function
    def TASK_REGISTRY(self) -> Call[str]:
        """Address of the task registry."""

    @function
    def SLASHER(self) -> Call[str]:
        """Address of the slasher."""

    @function
    def STAKE_PER_UNIT(self) -> Call[int]:
        """Stake that a unit of capacity needs."""
