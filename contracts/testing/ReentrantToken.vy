# pragma version 0.4.3
"""
@title Token that calls back
@license MIT
@notice An ERC-20 that calls a chosen contract in the middle of the next transfer, before the tokens move or after. For
        tests only.
"""

balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
calls: public(uint256)  # made so far, failed ones included
failures: public(uint256)
_target: address
_data: Bytes[2048]
_after: bool


@external
def mint(to: address, amount: uint256):
    """
    @notice Creates tokens.
    """
    self.balanceOf[to] += amount


@external
def arm(target: address, data: Bytes[2048], after: bool):
    """
    @notice Prepares one call for the next transfer.
    """
    self._target = target
    self._data = data
    self._after = after


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
    @notice Moves tokens, with the prepared call before or after.
    """
    if not self._after:
        self._call()
    self.balanceOf[sender] -= amount
    self.balanceOf[to] += amount
    if self._after:
        self._call()


@internal
def _call():
    """
    @notice Makes the prepared call once and notes whether it failed.
    """
    target: address = self._target
    if target == empty(address):
        return
    self._target = empty(address)
    self.calls += 1
    if not raw_call(target, self._data, revert_on_failure=False):
        self.failures += 1
