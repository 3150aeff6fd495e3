"""What several of the contracts have."""

from __future__ import annotations

from ballast.chain.contract import Call, Contract, function


class Owned(Contract):
    """A contract with an owner, who hands over in two steps."""

    @function
    def owner(self) -> Call[str]:
        """Who owns it."""

    @function
    def pending_owner(self) -> Call[str]:
        """Who may accept the ownership, the zero address for nobody."""

    @function
    def offer_ownership(self, pending_owner: str) -> Call[None]:
        """Offer the ownership; the zero address withdraws an offer. Owner only."""

    @function
    def accept_ownership(self) -> Call[None]:
        """Take an offered ownership. The offered address only."""


class Clocked(Owned):
    """A contract that knows the epochs."""

    @function
    def clock(self) -> Call[tuple[int, int]]:
        """Start of epoch 1, and the seconds of an epoch."""
