"""What a run is judged by: every measure has one definition, here, for comparisons, sweeps and claims alike.

A run begins with an empty market and newcomers' reputations. So all measures are of the periods after the start-up and
a warm-up. A task may end several periods after it came, so shares of tasks are of those that ended in these periods.

``W``, the welfare, is the value of what was done less the cost of doing it, as a share of the rewards of the tasks that
ended, or found no operator::

    W = (sum of rewards of settled tasks - sum of costs of all work, effort included) / sum of rewards

Prices, fees, uptime rewards, slashes and penalties move money from one participant to another and cancel out; what is
burned of a slash is counted as moved to all holders of the token. A task that fails is worth nothing, and what was
spent on it is lost. ``B``, the benefit, is the paper's sum (section 2.2), in which slashes and penalties are a loss::

    B = W - (slashes + penalties of operators) / sum of rewards
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ballast.model.constants import BPS
from ballast.sim.market.records import Records
from ballast.sim.pace import start_up
from ballast.sim.run import Run
from ballast.sim.scenario import Scenario

WARM_UP: Final = Fraction(3, 10)
"""Share of the periods after the start-up that is left out too: trust, price and load are steady after it
(``studies.drift``)."""


@dataclass(frozen=True)
class Measure:
    """One figure of a run.

    Attributes
    ----------
    title : str
        Short, for the head of a column.
    about : str
        Its definition.
    more_is_better : bool
        Which direction wins.
    """

    title: str
    about: str
    more_is_better: bool


MEASURES: Final = {
    "served": Measure("served", "settled tasks, share of those that ended or found no operator", True),
    "fill": Measure("fill", "auctioned tasks somebody won, share of those somebody won or nobody took", True),
    "idle_expired": Measure(
        "idle exp.",
        "tasks that expired while a coprocessor had room, funds and time for them, share of the same",
        False,
    ),
    "price": Measure("price", "price of settled auctioned tasks, share of their rewards", False),
    "jain": Measure("Jain", "Jain index of the coprocessors' loads, mean of the waves", True),
    "load_p95": Measure("p95 load", "95th percentile of those loads, mean of the waves", False),
    "above_f": Measure("above F", "wins at a load above F, share of the wins", False),
    "late": Measure("late", "tasks whose first executor was late, share of the executed that ended", False),
    "faults": Measure(
        "faults", "tasks whose first executor was late or wrong, share of the executed that ended", False
    ),
    "failures": Measure("failures", "tasks failed or forfeited, share of the executed that ended", False),
    "slashes": Measure("slashes", "slashes, share of the rewards of tasks that ended or found no operator", False),
    "welfare": Measure("welfare", "W: settled rewards less costs of work, share of the same rewards", True),
    "benefit": Measure("benefit", "B: W less slashes and penalties, share of the same rewards", True),
}
"""By name; all are fractions."""

AUCTIONS: Final = {
    "surplus": Measure(
        "surplus", "what buyers pay less what sellers get, share of the rewards of settled auctioned tasks", False
    ),
    "clock": Measure("clock", "time from opening to award, share of the clock, mean of the wins", False),
}
"""By name; of what rules of allocation differ in."""
EFFICIENCY: Final = {
    "efficiency_lp": Measure("of bound", "worth of the market's assignments, share of the optimum's bound", True),
}
"""By name; of the periods that are compared with the optimum."""


def ratio(part: float, whole: float) -> float:
    """Quotient, or not a number of nothing."""
    return float(part / whole) if whole else float("nan")


def warmed_up(scenario: Scenario) -> int:
    """First period that is measured: after the start-up of a run and a share of what follows; the last one at most.

    Parameters
    ----------
    scenario : Scenario
        Of the run, with the time for results that its tasks need (``ballast.sim.pace.fitted``).
    """
    first = start_up(scenario)
    return min(first + math.ceil(WARM_UP * (scenario.periods - first)), scenario.periods - 1)


def of_periods(periods: Records) -> dict[str, float]:
    """All of ``MEASURES``, of some periods.

    Parameters
    ----------
    periods : array of records
        Some periods of a run, or all, as in ``ballast.sim.period.world.TALLY``.

    Returns
    -------
    dict
        Fractions by name; not a number where nothing was there to measure.
    """
    total = {name: float(periods[name].sum()) for name in periods.dtype.names or ()}
    wins = total["sold_early"] + total["sold_later"] + total["sold_again"]
    executed = total["settled"] + total["failed"] + total["forfeited"]
    rewards = total["ended_reward"]
    welfare = ratio(total["settled_reward"] - total["cost"], rewards)
    return {
        "served": ratio(total["settled"], executed + total["unsold"] + total["unplaced"]),
        "fill": ratio(wins, wins + total["unsold"]),
        "idle_expired": ratio(total["idle_expired"], wins + total["unsold"]),
        "price": ratio(total["auctioned_price"], total["auctioned_reward"]),
        "jain": float(periods["load_jain"].mean()),
        "load_p95": float(periods["load_p95"].mean()) / BPS,
        "above_f": ratio(total["above_kink"], wins),
        "late": ratio(total["late"], executed),
        "faults": ratio(total["faults"], executed),
        "failures": ratio(total["failed"] + total["forfeited"], executed),
        "slashes": ratio(total["slashed"], rewards),
        "welfare": welfare,
        "benefit": welfare - ratio(total["slashed"] + total["penalties"], rewards),
    }


def measured(run: Run) -> dict[str, float]:
    """All of ``MEASURES`` of a run that is over, after its start-up and warm-up."""
    return of_periods(run.periods[warmed_up(run.scenario) :])


def of_auctions(run: Run) -> dict[str, float]:
    """All of ``AUCTIONS`` of a run that is over, after its start-up and warm-up; the clock is that of heavy tasks."""
    after = run.periods[warmed_up(run.scenario) :]
    total = {name: float(after[name].sum()) for name in ("surplus", "auctioned_reward", "steps")}
    wins = float(sum(after[name].sum() for name in ("sold_early", "sold_later", "sold_again")))
    return {
        "surplus": ratio(total["surplus"], total["auctioned_reward"]),
        "clock": ratio(total["steps"] + wins, wins * run.scenario.task_class().steps),
    }
