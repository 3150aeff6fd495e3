"""What a run is judged by: every measure has one definition, here, for comparisons, sweeps and claims alike.

A run begins with newcomers' reputations. So all measures are of the periods after a warm-up, and of the tasks that come
in them.

``W``, the welfare, is the value of what was done less the cost of doing it, as a share of the rewards offered::

    W = (sum of rewards of settled tasks - sum of costs of all work, effort included) / sum of rewards of all tasks

Prices, fees, uptime rewards, slashes and penalties move money from one participant to another and cancel out; what is
burned of a slash is counted as moved to all holders of the token. A task that fails is worth nothing, and what was
spent on it is lost. ``B``, the benefit, is the paper's sum (section 2.2), in which slashes and penalties are a loss::

    B = W - (slashes + penalties of operators) / sum of rewards of all tasks
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ballast.model.constants import BPS
from ballast.sim.market.records import Records
from ballast.sim.run import Run

WARM_UP: Final = Fraction(3, 10)
"""Share of a run's periods that is left out: trust, price and load are steady after it (``studies.drift``)."""


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
    "served": Measure("served", "settled tasks, share of all that came", True),
    "fill": Measure("fill", "auctioned tasks somebody won, share of the auctioned", True),
    "idle_expired": Measure(
        "idle exp.", "tasks that expired while a coprocessor had room and funds for them, share of the auctioned", False
    ),
    "price": Measure("price", "price of settled auctioned tasks, share of their rewards", False),
    "jain": Measure("Jain", "Jain index of the coprocessors' loads at a period's height, mean of the periods", True),
    "load_p95": Measure("p95 load", "95th percentile of those loads, mean of the periods", False),
    "above_f": Measure("above F", "wins at a load above F, share of the wins", False),
    "late": Measure("late", "tasks whose first executor was late, share of the tasks executed", False),
    "faults": Measure("faults", "tasks whose first executor was late or wrong, share of the tasks executed", False),
    "failures": Measure("failures", "tasks failed or forfeited, share of the tasks executed", False),
    "slashes": Measure("slashes", "slashes, share of the rewards of all tasks", False),
    "welfare": Measure("welfare", "W: settled rewards less costs of work, share of the rewards of all tasks", True),
    "benefit": Measure("benefit", "B: W less slashes and penalties, share of the rewards of all tasks", True),
}
"""By name; all are fractions."""

EFFICIENCY: Final = {
    "efficiency_lp": Measure("of bound", "worth of the market's assignments, share of the optimum's bound", True),
    "efficiency_patient": Measure(
        "of bound, patient", "the same, share of the bound if nobody is loaded beyond what it accepts", True
    ),
}
"""By name; of the periods that are compared with the optimum."""


def ratio(part: float, whole: float) -> float:
    """Quotient, or not a number of nothing."""
    return float(part / whole) if whole else float("nan")


def warmed_up(periods: int) -> int:
    """First period after the warm-up of a run, given the number of its periods; the last one at most."""
    return min(math.ceil(WARM_UP * periods), periods - 1)


def of_periods(periods: Records) -> dict[str, float]:
    """Measures that periods alone decide: all of ``MEASURES`` but those that are shares of what came.

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
    executed = total["opened"] - total["unsold"]
    return {
        "fill": ratio(wins, total["auctioned"]),
        "idle_expired": ratio(total["idle_expired"], total["auctioned"]),
        "price": ratio(total["auctioned_price"], total["auctioned_reward"]),
        "jain": float(periods["load_jain"].mean()),
        "load_p95": float(periods["load_p95"].mean()) / BPS,
        "above_f": ratio(total["above_kink"], wins),
        "late": ratio(total["late"], executed),
        "faults": ratio(total["late"] + total["forfeited"], executed),
        "failures": ratio(total["failed"] + total["forfeited"], executed),
    }


def measured(run: Run) -> dict[str, float]:
    """All of ``MEASURES`` of a run that is over, after its warm-up; not a number where there is nothing to measure."""
    first = warmed_up(len(run.periods))
    periods, rewards = run.periods[first:], run.workload.reward[run.workload.period >= first]
    came, offered = len(rewards), float(rewards.sum())
    slashes, penalties = (ratio(float(periods[name].sum()), offered) for name in ("slashed", "penalties"))
    welfare = ratio(float(periods["settled_reward"].sum()) - float(periods["cost"].sum()), offered)
    whole = {
        "served": ratio(float(periods["settled"].sum()), came),
        "slashes": slashes,
        "welfare": welfare,
        "benefit": welfare - slashes - penalties,
    }
    found = of_periods(periods) | whole
    return {name: found[name] for name in MEASURES}
