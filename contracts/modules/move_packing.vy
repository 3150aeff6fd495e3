# pragma version 0.4.3
"""
@title Balance moves
@license MIT
@notice One account's change of free and locked funds in one word, the only language in which contracts move funds.
        Python twin: ballast.model.move_packing.
@dev From the lowest bit: locked 112, free 112 (both two's complement), account 32.
"""


@internal
@pure
def _move(account: uint256, free_in: uint256, free_out: uint256, locked_in: uint256, locked_out: uint256) -> uint256:
    """
    @notice The word of a change.
    @param free_in Token units added to the free balance, below 2**111 like the others.
    """
    free: uint256 = unsafe_sub(free_in, free_out) & (2**112 - 1)
    locked: uint256 = unsafe_sub(locked_in, locked_out) & (2**112 - 1)
    return (account << 224) | (free << 112) | locked


@internal
@pure
def _unpack(word: uint256) -> (uint256, uint256, uint256):
    """
    @notice Account, change of its free funds, change of its locked funds, both in two's complement of 256 bits.
    """
    free: int256 = convert(convert(word << 32, bytes32), int256) >> 144
    locked: int256 = convert(convert(word << 144, bytes32), int256) >> 144
    return word >> 224, convert(convert(free, bytes32), uint256), convert(convert(locked, bytes32), uint256)
