# pragma version 0.4.3
"""
@title Token that charges on transfer
@license MIT
@notice An ERC-20 that can keep a fee of what a receiver gets, take one from the sender on top, or change anyone's
        balance. For tests only.
"""

balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
kept: public(uint256)  # of what the receiver gets, token units
added: public(uint256)  # to what the sender gives, token units


@external
def mint(to: address, amount: uint256):
    """
    @notice Creates tokens.
    """
    self.balanceOf[to] += amount


@external
def rebase(holder: address, amount: uint256):
    """
    @notice Sets a balance.
    """
    self.balanceOf[holder] = amount


@external
def charge(kept: uint256, added: uint256):
    """
    @notice Sets the fees.
    """
    self.kept = kept
    self.added = added


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Allows a spender to move the caller's tokens.
    """
    self.allowance[msg.sender][spender] = amount
    return True


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Sends the caller's tokens.
    """
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(sender: address, to: address, amount: uint256) -> bool:
    """
    @notice Sends tokens on an allowance.
    """
    self.allowance[sender][msg.sender] -= amount
    self._move(sender, to, amount)
    return True


@internal
def _move(sender: address, to: address, amount: uint256):
    """
    @notice Moves tokens and charges for it.
    """
    self.balanceOf[sender] -= amount + self.added
    self.balanceOf[to] += amount - self.kept
