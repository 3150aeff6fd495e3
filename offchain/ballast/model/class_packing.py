"""Task class words; twin of ``contracts/modules/class_packing.vy``.

What the task registry keeps of a class: the auction word, read at every step of a task, and the opening word, read
when a mandate is funded.

Auction word from the lowest bit: steps 6, step seconds 16, start 20, floor 20, handicap 19, reputation handicap 19,
minimum executor reputation 20, collateral 22, operator share 20, submit 18, rescue 18, challenge 18, fee 20, slash
factor 20.
Opening word: minimum operator reputation 20, complexity 16, minimum reward 96, avs 32.
"""

from __future__ import annotations

from dataclasses import dataclass

from ballast.model.constants import PPM


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

    steps: int
    step_seconds: int
    start: int
    floor_: int
    handicap: int
    reputation_handicap: int
    min_reputation: int
    collateral: int
    operator_share: int
    submit_seconds: int
    rescue_seconds: int
    challenge_seconds: int
    fee: int
    slash_factor: int


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

    min_reputation: int
    complexity: int
    min_reward: int
    avs: int


def pack_auction(a: Auction) -> int:
    """Auction word of a checked class."""
    low = a.steps | (a.step_seconds << 6) | (a.start << 22) | (a.floor_ << 42) | (a.handicap << 62)
    low |= (a.reputation_handicap << 81) | (a.min_reputation << 100) | (a.collateral << 120) | (a.operator_share << 142)
    low |= (a.submit_seconds << 162) | (a.rescue_seconds << 180) | (a.challenge_seconds << 198)
    return low | (a.fee << 216) | (a.slash_factor << 236)


def auction(word: int) -> Auction:
    """Fields of an auction word."""
    return Auction(
        steps=word & (2**6 - 1),
        step_seconds=(word >> 6) & (2**16 - 1),
        start=(word >> 22) & (2**20 - 1),
        floor_=(word >> 42) & (2**20 - 1),
        handicap=(word >> 62) & (2**19 - 1),
        reputation_handicap=(word >> 81) & (2**19 - 1),
        min_reputation=(word >> 100) & (2**20 - 1),
        collateral=(word >> 120) & (2**22 - 1),
        operator_share=(word >> 142) & (2**20 - 1),
        submit_seconds=(word >> 162) & (2**18 - 1),
        rescue_seconds=(word >> 180) & (2**18 - 1),
        challenge_seconds=(word >> 198) & (2**18 - 1),
        fee=(word >> 216) & (2**20 - 1),
        slash_factor=word >> 236,
    )


def pack_opening(o: Opening) -> int:
    """Word of a checked class for the opening of tasks."""
    return o.min_reputation | (o.complexity << 20) | (o.min_reward << 36) | (o.avs << 132)


def opening(word: int) -> Opening:
    """Fields of an opening word."""
    return Opening(
        min_reputation=word & (2**20 - 1),
        complexity=(word >> 20) & (2**16 - 1),
        min_reward=(word >> 36) & (2**96 - 1),
        avs=(word >> 132) & (2**32 - 1),
    )


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
