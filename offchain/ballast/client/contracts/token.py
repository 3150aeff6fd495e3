"""The settlement token."""

from __future__ import annotations

from ballast.chain.contract import Call, Contract, function


class MockToken(Contract):
    """An ERC-20 token. Anyone can `mint` the test token; other tokens need not have that function."""

    @function
    def mint(self, to: str, amount: int) -> Call[None]:
        """Make tokens."""

    @function
    def approve(self, spender: str, amount: int) -> Call[bool]:
        """Let a spender take the caller's tokens, up to an amount."""

    @function
    def transfer(self, to: str, amount: int) -> Call[bool]:
        """Send the caller's tokens."""

    @function
    def transferFrom(self, sender: str, to: str, amount: int) -> Call[bool]:
        """Send tokens that their owner lets the caller take."""

    @function
    def name(self) -> Call[str]:
        """Name."""

    @function
    def symbol(self) -> Call[str]:
        """Sign that stands for the token."""

    @function
    def decimals(self) -> Call[int]:
        """Digits behind the point when people read an amount."""

    @function
    def balanceOf(self, owner: str) -> Call[int]:
        """Tokens of an address."""

    @function
    def allowance(self, owner: str, spender: str) -> Call[int]:
        """Tokens that a spender may take of an owner's."""

    @function
    def totalSupply(self) -> Call[int]:
        """All tokens there are."""
