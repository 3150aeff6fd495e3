# pragma version 0.4.3
"""
@title Token that can refuse politely
@license MIT
@notice An ERC-20 whose transfers, once it is told so, return false instead of reverting; it may even move the tokens
        all the same. For tests only.
"""

balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
refusing: public(bool)
moving: public(bool)


@external
def mint(to: address, amount: uint256):
    """
    @notice Creates tokens.
    """
    self.balanceOf[to] += amount


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Allows a spender to move the caller's tokens.
    """
    self.allowance[msg.sender][spender] = amount
    return True


@external
def refuse(refusing: bool, moving: bool):
    """
    @notice Sets whether transfers return false, and whether those move tokens all the same.
    """
    self.refusing = refusing
    self.moving = moving


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Sends the caller's tokens.
    """
    return self._move(msg.sender, to, amount)


@external
def transferFrom(sender: address, to: address, amount: uint256) -> bool:
    """
    @notice Sends tokens on an allowance.
    """
    self.allowance[sender][msg.sender] -= amount
    return self._move(sender, to, amount)


@internal
def _move(sender: address, to: address, amount: uint256) -> bool:
    """
    @notice Moves tokens, unless the token refuses and does not mean it.
    """
    if not self.refusing or self.moving:
        self.balanceOf[sender] -= amount
        self.balanceOf[to] += amount
    return not self.refusing
