# pragma version 0.4.3
"""
@title Token without return values
@license MIT
@notice Moves tokens like an ERC-20 but returns nothing, as some old tokens do. For tests only.
"""

balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])


@external
def mint(to: address, amount: uint256):
    """
    @notice Creates tokens.
    """
    self.balanceOf[to] += amount


@external
def approve(spender: address, amount: uint256):
    """
    @notice Allows a spender to move the caller's tokens.
    """
    self.allowance[msg.sender][spender] = amount


@external
def transfer(to: address, amount: uint256):
    """
    @notice Sends the caller's tokens.
    """
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount


@external
def transferFrom(sender: address, to: address, amount: uint256):
    """
    @notice Sends tokens on an allowance.
    """
    self.allowance[sender][msg.sender] -= amount
    self.balanceOf[sender] -= amount
    self.balanceOf[to] += amount
