"""Task class words; twin of ``contracts/modules/class_packing.vy``.

What the task registry keeps of a class: the auction word, read at every step of a task, and the opening word, read
when a mandate is funded and where a task ends badly.

Both hold the fields of a record, `Auction` and `Opening`, in their order from the lowest bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.model import layout
from ballast.model.constants import PPM
from ballast.model.layout import bits

PERMILLE: Final = PPM // 1000
"""Unit of prices, discounts and gates in a word, ppm."""
BASIS_POINT: Final = PPM // 10_000
"""Unit of shares in a word, ppm."""
WHOLE: Final = PPM // BASIS_POINT
"""A share of one in a word."""


@dataclass(frozen=True, slots=True)
class Auction:
    """Terms of a class that matter at every step of a task.

    Attributes
    ----------
    steps : int
        K.
    step_seconds : int
        Length of a step.
    cap, floor_ : int
        Highest and lowest price, ppm of the reward.
    tick : int
        By how much the falling clock falls each step, ppm of the reward.
    idle, bonus, malus : int
        Discount for load: where f is zero, ppm of the reward; by how much f lessens it up to F, and adds to it above F,
        ppm of f.
    weight, level : int
        Discount for a record: what a missing share of good results costs, and the reputation from which nothing is
        missing, ppm.
    hard : int
        1 if the discount for the record does not give way in the last call.
    min_reputation : int
        Of the executor, ppm.
    collateral : int
        Ppm of the reward, at least.
    stake_share : int
        Collateral as a share of the stake behind the executor's capacity, at least, ppm.
    operator_share : int
        Of the collateral by the reward, the operator's penalty, ppm.
    submit_seconds, rescue_seconds, challenge_seconds : int
        Windows of a task's life.
    fee : int
        Ppm of the price.
    slash_factor : int
        s, ppm.
    """

    steps: int = bits(6)
    step_seconds: int = bits(16)
    cap: int = bits(10, unit=PERMILLE)
    floor_: int = bits(10, unit=PERMILLE)
    tick: int = bits(10, unit=PERMILLE)
    idle: int = bits(10, unit=PERMILLE)
    bonus: int = bits(10, unit=PERMILLE)
    malus: int = bits(13, unit=PERMILLE)
    weight: int = bits(12, unit=PERMILLE)
    level: int = bits(10, unit=PERMILLE)
    hard: int = bits(1)
    min_reputation: int = bits(10, unit=PERMILLE)
    collateral: int = bits(22)
    stake_share: int = bits(14, unit=BASIS_POINT)
    operator_share: int = bits(14, unit=BASIS_POINT)
    submit_seconds: int = bits(18)
    rescue_seconds: int = bits(18)
    challenge_seconds: int = bits(18)
    fee: int = bits(11, unit=BASIS_POINT)
    slash_factor: int = bits(20, highest=True)


@dataclass(frozen=True, slots=True)
class Opening:
    """Terms of a class that matter when a task begins or ends badly.

    A mandate holds those below the AVS, and its own start price.

    Attributes
    ----------
    min_reputation : int
        Of the operator, ppm.
    complexity : int
        Of its tasks.
    min_reward : int
        Token units.
    gain : int
        By how much a task that the first auction left moves the start price, ppm of the reward.
    target : int
        Share of the tasks that the first auction shall leave, ppm.
    start : int
        Start price of a new mandate, ppm of the reward.
    avs : int
        Escrow account.
    wrong_factor : int
        Share of the collateral that a wrong result costs, ppm; at least the reward.
    """

    min_reputation: int = bits(10, unit=PERMILLE)
    complexity: int = bits(16)
    min_reward: int = bits(80)
    gain: int = bits(11, unit=BASIS_POINT)
    target: int = bits(10, unit=PERMILLE)
    start: int = bits(20)
    avs: int = bits(32)
    wrong_factor: int = bits(20, highest=True)


def pack_auction(a: Auction) -> int:
    """Auction word of a checked class."""
    return layout.pack(a)


def auction(word: int) -> Auction:
    """Fields of an auction word."""
    return layout.unpack(Auction, word)


def cap_of(a: int) -> int:
    """Highest price in an auction word, ppm of the reward."""
    return auction(a).cap


def floor_of(a: int) -> int:
    """Lowest price in an auction word, ppm of the reward."""
    return auction(a).floor_


def challenge_seconds_of(a: int) -> int:
    """Time for a challenge in an auction word."""
    return auction(a).challenge_seconds


def stake_share_of(a: int) -> int:
    """Share of the stake behind the executor's capacity in an auction word, ppm."""
    return auction(a).stake_share


def slash_factor_of(a: int) -> int:
    """Share s in an auction word, ppm."""
    return auction(a).slash_factor


def pack_opening(o: Opening) -> int:
    """Word of a checked class for the opening of tasks."""
    return layout.pack(o)


def opening(word: int) -> Opening:
    """Fields of an opening word."""
    return layout.unpack(Opening, word)


def collateral(a: Auction, reward: int, backing: int) -> int:
    """Collateral an executor locks for a task: l of the paper, by the task and by the executor.

    Parameters
    ----------
    a : Auction
        The task's class.
    reward : int
        Token units.
    backing : int
        Stake that backs the executor's capacity, token units.

    Returns
    -------
    int
        Token units, both shares rounded up: against the executor.
    """
    # in parts, so that numbers of 64 bits do for the market's machine code
    by_stake = backing // PPM * a.stake_share + (backing % PPM * a.stake_share + PPM - 1) // PPM
    return max((reward * a.collateral + PPM - 1) // PPM, by_stake)


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
