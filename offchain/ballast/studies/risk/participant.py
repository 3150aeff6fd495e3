"""What ``ballast risk`` is asked about one participant, or about everybody in a scenario, and the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ballast.errors import ParameterError
from ballast.model.constants import BPS
from ballast.model.load_curve import kink, pack
from ballast.sim.period.beliefs import strain
from ballast.sim.run import Progress
from ballast.sim.scenario import Scenario
from ballast.studies.measures import warmed_up
from ballast.studies.risk.amounts import Outcomes
from ballast.studies.risk.analysis import (
    LoadLimit,
    RiskReport,
    Span,
    analyse,
    break_even_ask,
    factors,
    load_limit,
    span_of,
)
from ballast.studies.risk.lines import Exposure, TaskLine, TrackRecord, delegated_line, executor_line, own_line
from ballast.studies.risk.records import COPROCESSOR, OPERATOR, exposures, see

Floats = npt.NDArray[np.float64]
COUNTED: Final = re.compile(r"(\d{1,12})/(\d{1,12})")
"""A record: good tasks of all."""
PATHS_OF_ALL: Final = 1_000
"""Paths of each participant of a scenario at most: there are hundreds of them."""


def track_record(name: str, text: str) -> TrackRecord:
    """Read a record, as ``97/100``, or a chance, as ``0.97``.

    Raises
    ------
    ParameterError
        With the option, what it was given, and what would be right.
    """
    wrong = f"{name} is {text!r}: give good/all, as 97/100, or a chance from 0 to 1, as 0.97"
    if match := COUNTED.fullmatch(text.strip()):
        good, every = map(int, match.groups())
        if not good <= every or every == 0:
            raise ParameterError(wrong)
        return TrackRecord(good, every)
    try:
        chance = float(text)
    except ValueError:
        raise ParameterError(wrong) from None
    if not 0.0 <= chance <= 1.0:
        raise ParameterError(wrong)
    return TrackRecord(chance)


@dataclass(frozen=True)
class Asked:
    """The question, as the options of the command have it."""

    role: str
    stake: float
    capacity: int
    volume: float
    reward: float
    reward_spread: float
    price: float
    cost: float
    load: float
    in_time: str
    right: str
    own: float
    their_in_time: str | None
    their_right: str | None
    dispersion: float
    overload: float
    correlation: float
    horizon: int
    paths: int
    ruin: float
    failures: float


@dataclass(frozen=True)
class OneAnswer:
    """The risk of one participant.

    Attributes
    ----------
    report : RiskReport
        Profit and loss, and ruin.
    profit : array of shape (paths, epochs)
        Token units.
    break_even : float or None
        Price from which own execution pays, share of the reward; None if it executes nothing.
    limit : LoadLimit or None
        Largest load at which a further task pays.
    """

    report: RiskReport
    profit: Floats
    break_even: float | None
    limit: LoadLimit | None

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        limit = None if self.limit is None else asdict(self.limit)
        return self.report.to_json() | {"break_even": self.break_even, "load_limit": limit}


def answer_one(asked: Asked, scenario: Scenario) -> OneAnswer:
    """Say what one participant may lose, under the terms of a scenario's contracts.

    Raises
    ------
    ParameterError
        If a record is none.
    """
    amounts = Outcomes(scenario.network(), scenario.task_class())
    in_time, right = track_record("--in-time", asked.in_time), track_record("--right", asked.right)
    theirs = [
        own if text is None else track_record(name, text)
        for name, text, own in (
            ("--their-in-time", asked.their_in_time, in_time),
            ("--their-right", asked.their_right, right),
        )
    ]
    base = TaskLine(
        *(asked.volume, asked.reward, asked.price, asked.cost, 0.0, 0.0, in_time, right),
        reward_spread=asked.reward_spread,
        dispersion=asked.dispersion,
        strained=asked.overload * strain(kink(pack(amounts.network.chosen_curve)), asked.load * BPS),
        carry=min(amounts.terms.challenge_seconds / amounts.network.epoch_seconds, 1.0),
    )
    mine = amounts.backed_by(asked.capacity, asked.reward)
    executed = executor_line(mine, asked.price, asked.load, base)
    lines: tuple[TaskLine, ...] = (executed,)
    if asked.role == OPERATOR:
        lines = operator_lines(asked, amounts, base, *theirs)
    needed = mine.least_stake(asked.capacity, asked.reward)
    exposure = Exposure(asked.role, asked.stake, needed, lines)
    rng = np.random.default_rng(scenario.seed)
    factor = factors(asked.paths, asked.horizon, rng)
    report, profit = analyse(exposure, factor, asked.correlation, asked.ruin, rng)
    executes = asked.role == COPROCESSOR
    return OneAnswer(
        report,
        profit,
        break_even_ask(mine, executed) if executes else None,
        load_limit(mine, executed, asked.overload) if executes else None,
    )


def operator_lines(
    asked: Asked, amounts: Outcomes, base: TaskLine, in_time: TrackRecord, right: TrackRecord
) -> tuple[TaskLine, ...]:
    """Own and delegated tasks of an operator; a share of 0 or 1 leaves one of them.

    Nothing is said of the executors' stakes, so these lock what the reward asks for.
    """
    mine = amounts.backed_by(asked.capacity, asked.reward)
    own = own_line(mine, asked.load, replace(base, tasks=asked.volume * asked.own))
    late_slash = float(amounts.late_by_load[round(asked.load * BPS)])
    given = replace(base, tasks=asked.volume * (1.0 - asked.own), in_time=in_time, right=right, carry=0.0)
    lines = own, delegated_line(amounts, asked.price, late_slash, given)
    return tuple(line for line in lines if line.tasks > 0)


@dataclass(frozen=True)
class Everybody:
    """The risk of all participants of a scenario.

    Attributes
    ----------
    reports : dict
        By account.
    together : dict
        Profit of all of a role over the horizon, by role.
    """

    reports: Mapping[int, RiskReport]
    together: Mapping[str, Span]

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "participants": {str(account): report.to_json() for account, report in self.reports.items()},
            "together": {role: asdict(span) for role, span in self.together.items()},
        }


def answer_all(asked: Asked, scenario: Scenario, progress: Progress) -> Everybody:
    """Say what everybody in a scenario may lose, by what each knows when the warm-up of a run ends.

    Raises
    ------
    ParameterError
        If the scenario cannot be looked at.
    """
    known = exposures(see(scenario, warmed_up(scenario)))
    rng = np.random.default_rng(scenario.seed)
    factor = factors(min(asked.paths, PATHS_OF_ALL), asked.horizon, rng)
    reports: dict[int, RiskReport] = {}
    sums: dict[str, Any] = {}
    for number, (account, exposure) in enumerate(known.items()):
        report, profit = analyse(exposure, factor, asked.correlation, asked.ruin, rng)
        reports[account] = report
        sums[exposure.role] = sums.get(exposure.role, 0.0) + profit
        progress(number + 1, len(known))
    return Everybody(reports, {role: span_of({"together": profit}) for role, profit in sums.items()})
