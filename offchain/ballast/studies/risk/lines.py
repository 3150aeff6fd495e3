"""What somebody is exposed to: lines of tasks, each with its volume, its margin and the records behind its chances."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ballast.studies.risk.amounts import Outcomes

Floats = npt.NDArray[np.float64]
PRIOR: Final = 0.5
"""Good and bad tasks that a record of which nothing else is known is thought to have beside those counted: Jeffreys'
prior of a chance."""


@dataclass(frozen=True)
class TrackRecord:
    """Tasks that went well, of all that were counted; or a chance that is known.

    Attributes
    ----------
    good : float
        Tasks, or the chance if ``tasks`` is 0.
    tasks : float
        All of them; 0 for a chance that is known.
    prior : tuple of float
        Good and bad tasks that it is thought to have beside those counted.
    """

    good: float
    tasks: float = 0.0
    prior: tuple[float, float] = (PRIOR, PRIOR)

    @property
    def mean(self) -> float:
        """Chance to expect."""
        return self.good if self.tasks == 0 else (self.good + self.prior[0]) / (self.tasks + sum(self.prior))

    def draws(self, count: int, rng: np.random.Generator) -> Floats:
        """Chances as likely as the record says: of a beta distribution."""
        if self.tasks == 0:
            return np.full(count, self.good)
        well, badly = self.prior
        return rng.beta(self.good + well, self.tasks - self.good + badly, count)


@dataclass(frozen=True)
class TaskLine:
    """Tasks of one kind that somebody does, or has done; amounts are shares of the reward.

    Attributes
    ----------
    tasks : float
        Mean number an epoch.
    reward : float
        Mean, token units.
    paid : float
        What a good result brings, before its cost.
    cost : float
        Of the work, whatever comes of it.
    late, wrong : float
        Lost with a late and with a wrong result; negative if compensations outweigh penalties.
    in_time, right : TrackRecord
        Of results in time; and of those in time, of right ones.
    delegated : bool
        Whether somebody else does the work.
    rescued : float
        Share of the late tasks that somebody takes over: they are paid as good ones, and lose ``late_rescued``.
    late_rescued : float
        Lost with a late task that is rescued; negative for a compensation.
    strained : float
        What overload adds to the chance that a result is late.
    reward_spread : float
        Standard deviation of a task's reward, as a share of the mean.
    dispersion : float
        Variance of the number of tasks of an epoch over its mean: 1 for Poisson, less where capacity is the limit.
    past : tuple of (int, int, float)
        Of past epochs the number of tasks, of those whose outcome came an epoch later, and the mean reward, token
        units: if there are some, epochs to come are drawn from them, in place of the laws of numbers and rewards.
    carry : float
        Share of the tasks whose outcome comes an epoch after their cost.
    paid_spread : float
        Standard deviation of ``paid`` from task to task.
    volume_error, paid_error : float
        What is not known of the volume (a share) and of ``paid``: standard deviations over the horizon.
    """

    tasks: float
    reward: float
    paid: float
    cost: float
    late: float
    wrong: float
    in_time: TrackRecord
    right: TrackRecord
    delegated: bool = False
    rescued: float = 0.0
    late_rescued: float = 0.0
    strained: float = 0.0
    reward_spread: float = 0.0
    dispersion: float = 1.0
    past: tuple[tuple[int, int, float], ...] = ()
    carry: float = 0.0
    paid_spread: float = 0.0
    volume_error: float = 0.0
    paid_error: float = 0.0

    @property
    def late_chance(self) -> float:
        """Chance to expect of a late result."""
        return min(1.0 - self.in_time.mean + self.strained, 1.0)

    @property
    def paid_chance(self) -> float:
        """Chance to expect that a task is paid: its result is good, or it is rescued."""
        late = self.late_chance
        return (1.0 - late) * self.right.mean + late * self.rescued

    def expected(self, paid: float) -> float:
        """Profit to expect of a task that brings ``paid``, as a share of its reward."""
        late = self.late_chance
        lost = late * (self.rescued * self.late_rescued + (1.0 - self.rescued) * self.late)
        lost += (1.0 - late) * (1.0 - self.right.mean) * self.wrong
        return paid * self.paid_chance - self.cost - lost

    @property
    def break_even(self) -> float:
        """``paid`` at which a task costs what it brings."""
        return -self.expected(0.0) / self.paid_chance if self.paid_chance > 0 else math.inf


@dataclass(frozen=True)
class Exposure:
    """Somebody who has a stake.

    Attributes
    ----------
    role : str
        ``coprocessor`` or ``operator``.
    stake : float
        Token units.
    needed : float
        Stake below which its capacity, or its next task, is no longer covered; token units.
    lines : tuple of TaskLine
        What it does.
    income : float
        Other income an epoch, as uptime rewards; token units.
    """

    role: str
    stake: float
    needed: float
    lines: tuple[TaskLine, ...]
    income: float = 0.0


def executor_line(amounts: Outcomes, price: float, load: float, line: TaskLine) -> TaskLine:
    """Fill in what a coprocessor's outcomes come to.

    Parameters
    ----------
    amounts : Outcomes
        Of the class.
    price : float
        Share of the reward.
    load : float
        At which tasks are won, 1 is full.
    line : TaskLine
        The rest.
    """
    late = float(amounts.late_by_load[round(load * (len(amounts.late_by_load) - 1))])
    return replace(line, paid=price - amounts.fee(price), late=late, wrong=amounts.wrong)


def delegated_line(amounts: Outcomes, price: float, late_slash: float, line: TaskLine) -> TaskLine:
    """Fill in what delegated tasks come to for their operator: a penalty less a compensation where they fail.

    Parameters
    ----------
    amounts : Outcomes
        Of the class.
    price : float
        Paid to executors, share of the reward.
    late_slash : float
        Slash of a late executor, share of the reward.
    line : TaskLine
        The rest.
    """
    back = amounts.compensation(late_slash)
    return replace(
        line,
        paid=1.0 - price,
        cost=0.0,
        late=amounts.penalty - back,
        late_rescued=-back,
        wrong=amounts.penalty - amounts.compensation(amounts.wrong),
        delegated=True,
    )


def own_line(amounts: Outcomes, load: float, line: TaskLine) -> TaskLine:
    """Fill in what tasks come to that an operator does itself: slash and penalty are both its own.

    Parameters are as for `executor_line`.
    """
    executed = executor_line(amounts, amounts.highest, load, line)
    return replace(
        executed,
        paid=1.0 - amounts.fee(amounts.highest),
        late=executed.late + amounts.penalty,
        late_rescued=executed.late,
        wrong=executed.wrong + amounts.penalty,
    )
