"""The escrow, which holds all tokens."""

from __future__ import annotations

from collections.abc import Sequence

from ballast.chain.contract import Call, function
from ballast.client.contracts.shared import Clocked


class CollateralEscrow(Clocked):
    """Accounts and their balances."""

    @function
    def open_account(self) -> Call[int]:
        """Open the caller's account for the entry fee, which the escrow must be allowed to take; its number."""

    @function
    def deposit(self, account: int, amount: int) -> Call[None]:
        """Move the caller's tokens, which the escrow must be allowed to take, into an account's free balance."""

    @function
    def flush_burned(self) -> Call[None]:
        """Send all that was burned to an address nobody has the key of."""

    @function
    def thaw(self, amount: int) -> Call[None]:
        """Begin to thaw free funds of the caller's; if some thaw already, the delay starts anew for all."""

    @function
    def cancel_thaw(self) -> Call[None]:
        """Return all that thaws to the caller's free balance."""

    @function
    def withdraw(self, receiver: str) -> Call[None]:
        """Send all that has thawed from the caller's account."""

    @function
    def move(self, moves: Sequence[int]) -> Call[None]:
        """Change balances by words of ``move_packing`` that add up to zero. The protocol's contracts only."""

    @function
    def pause_deposits(self, paused: bool) -> Call[None]:
        """Stop or allow deposits and new accounts. Owner only."""

    @function
    def stake_of(self, account: int) -> Call[int]:
        """Free and locked balance together: what backs a capacity."""

    @function
    def spendable_of(self, account: int) -> Call[int]:
        """Stake beyond what the account's capacity needs: what may leave it."""

    @function
    def balances(self, account: int) -> Call[tuple[int, int, int, int]]:
        """Free, locked and thawing balance, and the time from which the last can be withdrawn."""

    @function
    def balance_words(self, first: int, count: int) -> Call[tuple[int, ...]]:
        """Words of ``balance_packing`` of consecutive accounts, at most 64."""

    @function
    def pool_at_end_of(self, epoch: int) -> Call[int]:
        """Free balance of the pool when an epoch of late ended."""

    @function
    def TOKEN(self) -> Call[str]:
        """Address of the settlement token."""

    @function
    def ENTRY_FEE(self) -> Call[int]:
        """Price of opening an account."""

    @function
    def THAW_SECONDS(self) -> Call[int]:
        """How long funds thaw."""

    @function
    def PARTICIPANTS(self) -> Call[str]:
        """Address of the participant registry."""

    @function
    def CLASS_REGISTRY(self) -> Call[str]:
        """Address of the class registry."""

    @function
    def TASK_REGISTRY(self) -> Call[str]:
        """Address of the task registry."""

    @function
    def SLASHER(self) -> Call[str]:
        """Address of the slasher."""

    @function
    def REPUTATION(self) -> Call[str]:
        """Address of the reputation contract."""

    @function
    def account_of(self, owner: str) -> Call[int]:
        """Account of an address, 0 for none."""

    @function
    def owner_of(self, account: int) -> Call[str]:
        """Address that an account belongs to, the zero address for none."""

    @function
    def account_count(self) -> Call[int]:
        """Accounts there are, those of the burn and of the pool included."""

    @function
    def deposits_paused(self) -> Call[bool]:
        """Whether deposits and new accounts are stopped."""
