# pragma version 0.4.3
"""
@title Reputation pages
@license MIT
@notice Eight logits in one word, who wrote them and for which epoch; and which pages of a group were written. A page
        has two words, by parity of the epoch. Python twin: ballast.model.page_packing.
@dev From the lowest bit. Page: eight logits of 24 bits in two's complement, epoch 24, poster 32.
     Marks: one bit for each of 232 pages, epoch 24.
"""

from contracts.modules import constants

LOGIT_BITS: constant(uint256) = 24
LOGITS: constant(uint256) = 2**192 - 1  # mask of a page's logits
GROUP: constant(uint256) = 232  # pages one word of marks covers


@internal
@pure
def _header(epoch: uint256, poster: uint256) -> uint256:
    """
    @notice What a page's word holds above its logits.
    @param poster Escrow account that posted it, 0 if it was poked.
    """
    return (epoch << 192) | (poster << 216)


@internal
@pure
def _bits(phi: int256, account: uint256) -> uint256:
    """
    @notice An account's logit at its place in a page.
    """
    bits: uint256 = convert(convert(phi, bytes32), uint256) & (2**LOGIT_BITS - 1)
    return bits << unsafe_mul(account % constants.PAGE, LOGIT_BITS)


@internal
@pure
def _epoch_of(word: uint256) -> uint256:
    """
    @notice The epoch a page was written for, 0 if it never was.
    """
    return (word >> 192) & (2**24 - 1)


@internal
@pure
def _poster(word: uint256) -> uint256:
    """
    @notice The escrow account that posted a page, 0 if it was poked or never written.
    """
    return word >> 216


@internal
@pure
def _written(word: uint256, account: uint256) -> (uint256, int256):
    """
    @notice The epoch a page was written for, 0 if it never was, and an account's logit in it, micro-logits.
    """
    offset: uint256 = unsafe_sub(232, unsafe_mul(account % constants.PAGE, LOGIT_BITS))
    return (word >> 192) & (2**24 - 1), convert(convert(word << offset, bytes32), int256) >> 232


@internal
@pure
def _holding(first: uint256, second: uint256, epoch: uint256) -> uint256:
    """
    @notice Of a page's two words the one that holds in an epoch: the newer of those written for an epoch at least two
            before; 0 if there is none.
    """
    first_epoch: uint256 = (first >> 192) & (2**24 - 1)
    second_epoch: uint256 = (second >> 192) & (2**24 - 1)
    if (unsafe_add(first_epoch, 2) > epoch or first_epoch < second_epoch) and unsafe_add(second_epoch, 2) <= epoch:
        return second
    return first if unsafe_add(first_epoch, 2) <= epoch else 0


@internal
@pure
def _bit(page: uint256) -> uint256:
    """
    @notice A page's bit in the marks of its group.
    """
    return 1 << (page % GROUP)


@internal
@pure
def _pack_marks(bits: uint256, epoch: uint256) -> uint256:
    """
    @notice The word of a group's marks.
    """
    return bits | (epoch << GROUP)


@internal
@pure
def _marks(word: uint256, epoch: uint256) -> uint256:
    """
    @notice Bits of a group's pages that were written for an epoch; none if the word holds another's.
    """
    return word & (2**GROUP - 1) if word >> GROUP == epoch else 0
