# pragma version 0.4.3
"""
@title Keeper words
@license MIT
@notice What stands behind the reputations a keeper posts, and what it has earned by them. Python twin:
        ballast.model.keeper_packing.
@dev From the lowest bit: bond 96, epoch 24, values at risk 32, values unpaid 32, values poked
     32.
"""

struct KeeperRecord:
    bond: uint256  # token units
    epoch: uint256  # of the last post or poke
    at_risk: uint256  # values posted in that epoch, open to challenge until it ends
    unpaid: uint256  # values of earlier epochs, which can no longer be challenged
    poked: uint256  # values computed by the contract in that epoch, due when it has ended

MAX_VALUES: constant(uint256) = 2**32 - 1


@internal
@pure
def _pack(k: KeeperRecord) -> uint256:
    """
    @notice The word of a keeper whose fields are within their bounds.
    """
    return k.bond | (k.epoch << 96) | (k.at_risk << 120) | (k.unpaid << 152) | (k.poked << 184)


@internal
@pure
def _unpack(word: uint256) -> KeeperRecord:
    """
    @notice The keeper of a word.
    """
    return KeeperRecord(
        bond=word & (2**96 - 1),
        epoch=(word >> 96) & (2**24 - 1),
        at_risk=(word >> 120) & (2**32 - 1),
        unpaid=(word >> 152) & (2**32 - 1),
        poked=word >> 184,
    )


@internal
@pure
def _mature(word: uint256, epoch: uint256) -> KeeperRecord:
    """
    @notice The keeper of a word in an epoch: values it posted or poked before are due, as many as the word can count.
    """
    k: KeeperRecord = self._unpack(word)
    if k.epoch == epoch:
        return k
    due: uint256 = min(k.unpaid + k.at_risk + k.poked, MAX_VALUES)
    return KeeperRecord(bond=k.bond, epoch=0, at_risk=0, unpaid=due, poked=0)


@internal
@pure
def _corrected(word: uint256, values: uint256, bond: uint256) -> uint256:
    """
    @notice A keeper's word after pages of its last post proved wrong: they are not at risk any more, and their bond
            is lost.
    @param values In the pages.
    @param bond What they put at risk, token units.
    """
    return word - (bond + (values << 120))
