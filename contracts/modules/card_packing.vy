# pragma version 0.4.3
"""
@title Cards
@license MIT
@notice What tasks need to know of a participant, in one word: who it is, what it may do, and its reputation as read
        last, which holds for an epoch. Python twin: ballast.model.card_packing.
@dev From the lowest bit: account 32, slots 16, complexity 16, role 2, reputation 20, epoch 24.
"""

struct Card:
    account: uint256  # escrow account
    slots: uint256  # task slots of an operator
    complexity: uint256  # of the hardest class it executes
    role: uint256  # OPERATOR or COPROCESSOR, 0 if not registered
    reputation: uint256  # as read last, ppm
    epoch: uint256  # of the reading

MAX_COMPLEXITY: constant(uint256) = 2**16 - 1


@internal
@pure
def _pack(c: Card) -> uint256:
    """
    @notice The word of a card whose fields are within their bounds.
    """
    low: uint256 = c.account | (c.slots << 32) | (c.complexity << 48) | (c.role << 64)
    return low | (c.reputation << 66) | (c.epoch << 86)


@internal
@pure
def _unpack(word: uint256) -> Card:
    """
    @notice The card of a word.
    """
    return Card(
        account=word & (2**32 - 1),
        slots=(word >> 32) & (2**16 - 1),
        complexity=(word >> 48) & (2**16 - 1),
        role=(word >> 64) & 3,
        reputation=(word >> 66) & (2**20 - 1),
        epoch=word >> 86,
    )


@internal
@pure
def _account_of(word: uint256) -> uint256:
    """
    @notice The account in a card's word.
    """
    return word & (2**32 - 1)
