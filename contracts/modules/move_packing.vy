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
def _account_of(word: uint256) -> uint256:
    """
    @notice The account that changes.
    """
    return word >> 224


@internal
@pure
def _locks(word: uint256) -> bool:
    """
    @notice Whether locked funds change.
    """
    return word & (2**112 - 1) != 0


@internal
@pure
def _net(word: uint256) -> uint256:
    """
    @notice Change of an account's free and locked funds together, in two's complement of 112 bits, above 144 zeros.
    @dev Such numbers are added up without a look at overflows. The sum of some thousands, each of less than 2**97, is
         zero only if the changes cancel out.
    """
    return unsafe_add(word >> 112, word) << 144
