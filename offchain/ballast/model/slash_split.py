"""Slash amounts and where they go; twin of ``contracts/modules/slash_split.vy``.

Terms are packed into one word, in the order of their fields from the lowest bit. What no share takes, and all dust,
goes to the pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.errors import ModelError, ParameterError
from ballast.model import layout
from ballast.model._evm import ARITHMETIC
from ballast.model.constants import PPM
from ballast.model.layout import row

MAX_LATENESS_FLOOR: Final = PPM // 2
MAX_FINDER: Final = PPM // 4
"""With the penalty, a half of the slash, a ring of AVS, executor and finder still pays a quarter."""
MAX_RETURNED: Final = PPM * 3 // 4
"""Compensation and finder: what a ring may get back of a slash."""
MIN_BURN: Final = PPM // 10
MAX_BUDGET: Final = PPM // 8
"""Four epochs' budgets never reserve more than half the pool."""
MAX_REBATE: Final = 10 * PPM


@dataclass(frozen=True, slots=True)
class SlashTerms:
    """Governed shares, all ppm: default, bounds, unit and bits of each.

    Attributes
    ----------
    lateness_floor : int
        Of the reward: least slash for a late result.
    compensation : int
        Of a slash, to the harmed operator.
    finder : int
        Of a slash, to the finder or rescuer.
    burn : int
        Of a slash, burned.
    budget : int
        Of the pool, set aside for uptime rewards each epoch.
    rebate : int
        Of the fees a claimant's own tasks paid: bound of its uptime reward.
    keeper_budget : int
        Of the pool, set aside for keepers each epoch.
    """

    lateness_floor: int = row(50_000, 0, MAX_LATENESS_FLOOR, "ppm of the reward", bits=20)
    compensation: int = row(400_000, 0, PPM, "ppm of a slash", bits=20)
    finder: int = row(250_000, 0, MAX_FINDER, "ppm of a slash", bits=20)
    burn: int = row(100_000, MIN_BURN, PPM, "ppm of a slash", bits=20)
    budget: int = row(100_000, 0, MAX_BUDGET, "ppm of the pool", bits=20)
    rebate: int = row(900_000, 0, MAX_REBATE, "ppm of the fees paid", bits=24)
    keeper_budget: int = row(50_000, 0, MAX_BUDGET, "ppm of the pool", bits=20)


def check(terms: SlashTerms) -> None:
    """Refuse shares out of their bounds.

    Raises
    ------
    ParameterError
        With the reason the contract reverts with.
    """
    if not 0 <= terms.lateness_floor <= MAX_LATENESS_FLOOR:
        raise ParameterError("slash_split: lateness floor")
    if not 0 <= terms.finder <= MAX_FINDER:
        raise ParameterError("slash_split: finder share")
    if terms.burn < MIN_BURN:
        raise ParameterError("slash_split: burn share")
    if not 0 <= terms.compensation <= PPM:
        raise ParameterError("slash_split: compensation share")
    if terms.compensation + terms.finder > MAX_RETURNED:
        raise ParameterError("slash_split: returned shares")
    if terms.compensation + terms.finder + terms.burn > PPM:
        raise ParameterError("slash_split: shares exceed one")
    if not (0 <= terms.budget <= MAX_BUDGET and 0 <= terms.keeper_budget <= MAX_BUDGET):
        raise ParameterError("slash_split: budget")
    if not 0 <= terms.rebate <= MAX_REBATE:
        raise ParameterError("slash_split: rebate")


def pack(terms: SlashTerms) -> int:
    """One word of terms that passed `check`."""
    return layout.pack(terms)


def unpack(word: int) -> SlashTerms:
    """Terms of a word."""
    return layout.unpack(SlashTerms, word)


def late_amount(reward: int, collateral: int, factor: int, amplifier: int, lateness_floor: int) -> int:
    """Slash for a late or missing result: ``max(lateness floor * reward, l * s * m)``, at most l.

    Parameters
    ----------
    reward, collateral : int
        Of the task, token units; the collateral is l.
    factor : int
        s, ppm.
    amplifier : int
        m(x) frozen when the task was won, ppm.
    lateness_floor : int
        Ppm of the reward.

    Returns
    -------
    int
        Token units; both products are rounded down, in favour of the slashed.
    """
    by_floor = reward * lateness_floor // PPM
    by_load = collateral * (factor * amplifier // PPM) // PPM
    return min(collateral, max(by_floor, by_load))


def wrong_amount(reward: int, collateral: int, factor: int) -> int:
    """Slash for a result proved wrong: ``max(reward, l * w)``, at most l.

    Parameters
    ----------
    reward, collateral : int
        Of the task, token units; the collateral is l.
    factor : int
        w, ppm.

    Returns
    -------
    int
        Token units; the product is rounded down, in favour of the slashed.
    """
    return min(collateral, max(reward, collateral * factor // PPM))


def split(amount: int, terms: SlashTerms) -> tuple[int, int, int, int]:
    """Shares of a slash.

    Returns
    -------
    compensation, finder, burn, pool : int
        Token units. The finder's is rounded up, so that somebody is paid for the smallest slash; the other two down,
        and the pool takes the rest, so they sum exactly.
    """
    compensation = amount * terms.compensation // PPM
    finder = (amount * terms.finder + PPM - 1) // PPM
    burn = amount * terms.burn // PPM
    pool = amount - compensation - finder - burn
    if pool < 0:
        raise ModelError(ARITHMETIC)
    return compensation, finder, burn, pool
