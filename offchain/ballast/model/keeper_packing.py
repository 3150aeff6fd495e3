"""Keeper words; twin of ``contracts/modules/keeper_packing.vy``.

What stands behind the reputations a keeper posts, and what it has earned by them. From the lowest bit: bond 96, epoch
24, values at risk 32, values unpaid 32, values poked 32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.errors import ModelError
from ballast.model._evm import ARITHMETIC

MAX_VALUES: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class KeeperRecord:
    """What is known of a keeper.

    Attributes
    ----------
    bond : int
        Token units.
    epoch : int
        Epoch of the last post or poke.
    at_risk : int
        Values posted in that epoch, open to challenge until it ends.
    unpaid : int
        Values of earlier epochs, which can no longer be challenged.
    poked : int
        Values computed by the contract in that epoch, due when it has ended.
    """

    bond: int
    epoch: int
    at_risk: int
    unpaid: int
    poked: int


def pack(k: KeeperRecord) -> int:
    """Word of a keeper whose fields are within their bounds."""
    return k.bond | (k.epoch << 96) | (k.at_risk << 120) | (k.unpaid << 152) | (k.poked << 184)


def unpack(word: int) -> KeeperRecord:
    """Record of a word."""
    return KeeperRecord(
        bond=word & (2**96 - 1),
        epoch=(word >> 96) & (2**24 - 1),
        at_risk=(word >> 120) & (2**32 - 1),
        unpaid=(word >> 152) & (2**32 - 1),
        poked=word >> 184,
    )


def mature(word: int, epoch: int) -> KeeperRecord:
    """Record of a word in an epoch.

    Values it posted or poked before are due, as many as the word can count.
    """
    k = unpack(word)
    if k.epoch == epoch:
        return k
    due = min(k.unpaid + k.at_risk + k.poked, MAX_VALUES)
    return KeeperRecord(bond=k.bond, epoch=0, at_risk=0, unpaid=due, poked=0)


def corrected(word: int, values: int, bond: int) -> int:
    """Word of a keeper after pages of its last post proved wrong: they are not at risk any more, and their bond lost.

    Parameters
    ----------
    word : int
        The keeper's word so far.
    values : int
        Values in the pages.
    bond : int
        What they put at risk, token units.

    Raises
    ------
    ModelError
        If the word is smaller than what is taken from it.
    """
    taken = bond + (values << 120)
    if word < taken:
        raise ModelError(ARITHMETIC)
    return word - taken
