"""What participants believe of chances, compiled: of others by their records, of themselves by how they fared.

A record is a filtered logit: its sigmoid is pulled towards a level and moved by loads, so it is not the chance of
success. At rest the filter's step is 0, so the share of good results is

    y = rho + ((1 - beta) phi - omega - gamma g) / alpha

with g the epoch's load term. From y, the class and the load comes the chance that a coprocessor succeeds at a task,
p(v, c, a) of the paper: ``a + b (y - 0.95) + c e``, where e is what overload adds (`strain`). The coefficients of a
class are a linear regression of outcomes on what the winner's record showed and on its strain, by least squares, in
which older periods count less. It begins at the record itself, less what is risky about the class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ballast.model.constants import BPS, PPM
from ballast.sim.compiled import compiled
from ballast.sim.market.records import Market, Records

LATE_AT_FIRST, WRONG_AT_FIRST = 0.02, 0.03
"""What a participant expects of itself before it has done anything: results that are late, and wrong."""
TASKS_AT_FIRST: Final = 20
"""Tasks that this counts as."""
SPECIAL_WRONG: Final = 0.5
"""Wrong results of a specialist in its class, as a multiple of what it has elsewhere."""
SLOWEST: Final = 0.005
"""Weight of a task in what a participant expects of itself, at least."""
LEAST: Final = 0.01
"""Chance that nobody's falls below."""
KEPT: Final = 0.98
"""What evidence of a period is worth one period later."""
AT_FIRST: Final = 20.0
"""Tasks that the first beliefs count as; they do not fade."""
TELLING_FROM: Final = 150
"""Tasks that somebody has done before its record counts as evidence: until then the filter moves to its rest."""
TYPICAL: Final = 0.95
"""What a record typically shows; others are seen as distances from it."""
SPREAD_OF_RECORDS, SPREAD_OF_STRAINS = 0.03, 0.2
"""Standard deviations of the tasks that the first beliefs count as."""
WEIGHT_OF_NOW: Final = 0.1
"""Weight of a period in the price to expect, in the chance that a task is sold, and in what a failure costs."""
FIRST_PRICE: Final = 0.98
"""Price to expect before the first auction, as a share of the reward."""
FIRST_SALE: Final = 1.0
"""Chance to expect before the first auction that a task is sold: that nobody takes one has to be seen."""


@compiled
def strain(kink: int, x: float) -> float:
    """Give what overload adds: 0 up to F, 1 at full load, and in between the square of the way."""
    return float((max(x - kink, 0.0) / max(BPS - kink, 1)) ** 2)


@compiled
def shown(market: Market, account: int) -> float:
    """Give the share of good results that an account's record shows, free of the filter's own pull."""
    rules, account_row = market.rules[0], market.accounts[account]
    if rules.alpha == 0:
        return float(account_row.reputation / PPM)
    bonus = min(account_row.closed_bonus / rules.epoch_seconds / rules.peak, 1.0)
    load_term = bonus - account_row.closed_overload / rules.epoch_seconds
    pull = (1.0 - rules.beta / PPM) * account_row.logit - rules.omega - rules.gamma * load_term
    return float(min(max(account_row.reputation / PPM + pull / rules.alpha, 0.0), 1.0))


@compiled
def chance(beliefs: Any, class_id: int, record: float, strained: float) -> float:
    """Give the chance that a coprocessor succeeds at a task of a class, by what its record shows and its strain."""
    by = beliefs[class_id].success
    expected = by[0] + by[1] * (record - TYPICAL) + by[2] * strained
    return float(min(max(expected, LEAST), 1.0))


@compiled
def learn_of_oneself(fares: Any, late: float, wrong: float) -> None:
    """Learn from a task of one's own that came to its end: 1 for late or wrong, less what overload explains."""
    weight = max(1.0 / (fares.tasks + TASKS_AT_FIRST), SLOWEST)
    fares.late_rate += weight * (late - fares.late_rate)
    fares.wrong_rate += weight * (wrong - fares.wrong_rate)


@compiled
def learn_of_room(fares: Any, task: Any) -> None:
    """Learn from a task whose work is over whether room was full at the end of a wave since its auction."""
    weight = max(1.0 / (fares.tasks + TASKS_AT_FIRST), SLOWEST)
    fares.full_rate += weight * ((1.0 if fares.filled >= task.opened else 0.0) - fares.full_rate)


@compiled
def expected_of_oneself(fares: Any, more_late: float) -> tuple[float, float]:
    """Chances that a result comes in time, and that it is then right, that a participant expects of itself."""
    in_time = 1.0 - min(max(fares.late_rate, 0.0) + more_late, 1.0 - LEAST)
    return in_time, 1.0 - min(max(fares.wrong_rate, 0.0), 1.0 - LEAST)


@compiled
def right_in_class(right: float, who: Any, task_class: Any) -> float:
    """Give the chance that a result in a class is right, of somebody whose results are with a chance of ``right``.

    A specialist of the class has fewer of them wrong. What is risky about its tasks spoils anybody's.
    """
    if who.special > 0 and who.special == task_class.number:
        right = 1.0 - (1.0 - right) * SPECIAL_WRONG
    return float(right * (1.0 - task_class.risk / PPM))


@compiled
def own_fault(wrong: float, who: Any, task_class: Any) -> float:
    """Give what an outcome, 1 if it was wrong, says of the executor: its mean is the chance to be wrong elsewhere."""
    fault = 1.0 - (1.0 - wrong) / max(1.0 - task_class.risk / PPM, LEAST)
    return float(fault / SPECIAL_WRONG if who.special > 0 and who.special == task_class.number else fault)


@compiled
def expected_in_class(fares: Any, more_late: float, who: Any, task_class: Any) -> tuple[float, float]:
    """Chances of a result in time, and then of a right one, that a participant expects of itself in a class."""
    in_time, right = expected_of_oneself(fares, more_late)
    return in_time, max(right_in_class(right, who, task_class), LEAST)


BELIEFS: Final = np.dtype(
    [
        ("success", np.float64, 3),
        ("evidence", np.float64, 9),
        ("price", np.float64),
        ("safety", np.float64),
        ("sold", np.float64, 2),
        ("sale", np.float64),
        ("offered", np.float64, 2),
        ("setback", np.float64),
        ("failed", np.float64, 2),
    ],
    align=True,
)
"""What everybody believes of coprocessors and auctions; one row a class, from 1 on.

``success`` are the coefficients of the chance of success: constant, by what a record shows beyond what is typical, by
strain. ``evidence`` are the sums behind them: of tasks, records beyond what is typical, their squares, strains, records
times strains, squares of strains; of good results, these times records, and times strains. ``price`` is what auctions
have cost of late, as a share of the reward; ``safety`` the chance that a task does not fail for reasons of its own: 1
less the risk of the class. ``sale`` is the chance that a task that is auctioned is sold, by rewards, since large tasks
find room less often; ``setback`` what it has cost an operator of late, as a share of the reward, if the executor it
found was late or wrong.

The others are sums of the period, token units: ``sold`` rewards and prices of tasks that were settled after an auction,
``offered`` rewards of tasks that were sold, and of those given up or taken back since nobody bid for them, ``failed``
rewards, and benefits of the operators, of tasks that ended and whose first executor was late or wrong."""


def first_beliefs(classes: int, risks: Sequence[float] = ()) -> Records:
    """Beliefs before anything is learnt: what the record shows is the chance, whatever the load, but for risks.

    What a failure costs follows from the terms of a class: it is entered when that is registered.

    Parameters
    ----------
    classes : int
        Their number.
    risks : sequence of float, optional
        Of each, the chance that a task fails for reasons of its own.
    """
    beliefs = np.zeros(classes + 1, BELIEFS)
    beliefs["safety"] = 1.0
    beliefs["safety"][1 : 1 + len(risks)] -= risks
    beliefs["success"] = np.outer(beliefs["safety"], [TYPICAL, 1.0, 0.0])
    beliefs["price"], beliefs["sale"] = FIRST_PRICE, FIRST_SALE
    return beliefs


@compiled
def forget_sums(beliefs: Records) -> None:
    """Begin the sums of a period."""
    for class_id in range(1, len(beliefs)):
        for place in range(2):
            beliefs[class_id].sold[place] = beliefs[class_id].offered[place] = beliefs[class_id].failed[place] = 0.0


@compiled
def observe(beliefs: Records, kink: int, task: Any, good: float) -> None:
    """Take in how somebody who won a task in an auction did: 1 for a good result."""
    sums, y, e = beliefs[task.class_id].evidence, task.record / PPM - TYPICAL, strain(kink, float(task.loaded))
    for place, value in enumerate((1.0, y, y * y, e, y * e, e * e, good, good * y, good * e)):
        sums[place] += value


@compiled
def conclude(beliefs: Records) -> None:
    """Draw the conclusions from a period."""
    for class_id in range(1, len(beliefs)):
        if beliefs[class_id].sold[0] > 0:
            price = beliefs[class_id].sold[1] / beliefs[class_id].sold[0]
            beliefs[class_id].price += WEIGHT_OF_NOW * (price - beliefs[class_id].price)
        offered = beliefs[class_id].offered.sum()
        if offered > 0:
            beliefs[class_id].sale += WEIGHT_OF_NOW * (beliefs[class_id].offered[0] / offered - beliefs[class_id].sale)
        if beliefs[class_id].failed[0] > 0:
            setback = -beliefs[class_id].failed[1] / beliefs[class_id].failed[0]
            beliefs[class_id].setback += WEIGHT_OF_NOW * (setback - beliefs[class_id].setback)
        fit(beliefs, class_id)
        for place in range(9):
            beliefs[class_id].evidence[place] *= KEPT


@compiled
def fit(beliefs: Records, class_id: int) -> None:
    """Solve the three normal equations of a class, by elimination, with the tasks that the first beliefs count as."""
    n, y, yy, e, ye, ee, g, gy, ge = beliefs[class_id].evidence
    # lower triangle of L D L', with the right-hand side carried along
    d0 = n + AT_FIRST
    l10, l20 = y / d0, e / d0
    slope, bend = AT_FIRST * SPREAD_OF_RECORDS**2, AT_FIRST * SPREAD_OF_STRAINS**2
    d1 = yy + slope - l10 * y
    l21 = (ye - l10 * e) / d1
    d2 = ee + bend - l20 * e - l21 * (ye - l10 * e)
    z0 = g + AT_FIRST * TYPICAL * beliefs[class_id].safety
    z1 = gy + slope * beliefs[class_id].safety - l10 * z0
    z2 = ge - l20 * z0 - l21 * z1
    c = z2 / d2
    b = z1 / d1 - l21 * c
    a = z0 / d0 - l10 * b - l20 * c
    beliefs[class_id].success[0], beliefs[class_id].success[1], beliefs[class_id].success[2] = a, b, c
