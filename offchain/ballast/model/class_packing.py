"""Task class words; twin of ``contracts/modules/class_packing.vy``.

What the task registry keeps of a class: the auction word, read at every step of a task, and the opening word, read
when a mandate is funded and where a task ends badly.

Both hold the fields of a record, `Auction` and `Opening`, in their order from the lowest bit.
"""

from __future__ import annotations

from dataclasses import dataclass

from ballast.model import layout
from ballast.model.constants import PPM
from ballast.model.layout import bits


@dataclass(frozen=True, slots=True)
class Auction:
    """Terms of a class that matter at every step of a task.

    Attributes
    ----------
    steps : int
        K.
    step_seconds : int
        Length of a step.
    start, floor_ : int
        Ppm of the reward.
    handicap, reputation_handicap : int
        Ppm of the clock.
    min_reputation : int
        Of the executor, ppm.
    collateral : int
        Ppm of the reward.
    operator_share : int
        Of the collateral, the operator's penalty, ppm.
    submit_seconds, rescue_seconds, challenge_seconds : int
        Windows of a task's life.
    fee : int
        Ppm of the price.
    slash_factor : int
        s, ppm.
    """

    steps: int = bits(6)
    step_seconds: int = bits(16)
    start: int = bits(20)
    floor_: int = bits(20)
    handicap: int = bits(19)
    reputation_handicap: int = bits(19)
    min_reputation: int = bits(20)
    collateral: int = bits(22)
    operator_share: int = bits(20)
    submit_seconds: int = bits(18)
    rescue_seconds: int = bits(18)
    challenge_seconds: int = bits(18)
    fee: int = bits(20)
    slash_factor: int = bits(20)


@dataclass(frozen=True, slots=True)
class Opening:
    """Terms of a class that matter when a task begins or ends.

    Attributes
    ----------
    min_reputation : int
        Of the operator, ppm.
    complexity : int
        Of its tasks.
    min_reward : int
        Token units.
    avs : int
        Escrow account.
    """

    min_reputation: int = bits(20)
    complexity: int = bits(16)
    min_reward: int = bits(96)
    avs: int = bits(32)


def pack_auction(a: Auction) -> int:
    """Auction word of a checked class."""
    return layout.pack(a)


def auction(word: int) -> Auction:
    """Fields of an auction word."""
    return layout.unpack(Auction, word)


def pack_opening(o: Opening) -> int:
    """Word of a checked class for the opening of tasks."""
    return layout.pack(o)


def opening(word: int) -> Opening:
    """Fields of an opening word."""
    return layout.unpack(Opening, word)


def collateral(a: Auction, reward: int) -> int:
    """Collateral an executor locks for a task.

    Returns
    -------
    int
        Token units, rounded up: against the executor.
    """
    return (reward * a.collateral + PPM - 1) // PPM


def collateral_by_word(word: int, reward: int) -> int:
    """As `collateral`, for a slash, which needs little else of an auction word."""
    return collateral(auction(word), reward)


def slash_factor(word: int) -> int:
    """Slash factor in an auction word, ppm."""
    return auction(word).slash_factor


def penalty(a: Auction, collateral: int) -> int:
    """Penalty an operator locks for a task.

    Parameters
    ----------
    a : Auction
        The task's class.
    collateral : int
        The task's collateral, token units.

    Returns
    -------
    int
        Token units, rounded up: against the operator.
    """
    return (collateral * a.operator_share + PPM - 1) // PPM


def fee(a: Auction, price: int, minimum: int) -> int:
    """Protocol fee of a task: the class's share of the price, at least a minimum.

    Parameters
    ----------
    a : Auction
        The task's class.
    price : int
        Token units.
    minimum : int
        Fee per unit of difficulty times the difficulty, token units.

    Returns
    -------
    int
        Token units, the share of the price rounded up: against the payer.
    """
    return max((price * a.fee + PPM - 1) // PPM, minimum)
