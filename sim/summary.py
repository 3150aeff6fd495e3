"""The summary of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ballast.model.constants import BPS
from ballast.model.parameters import ContractParameters
from ballast.sim.bidders import Fractions
from ballast.sim.engines.engine import Engine
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.steps import EXPIRED, FAILED, FORFEITED, SETTLED
from ballast.sim.pace import gap_of, start_up
from ballast.sim.state import RunState

BY_CLASS: Final = ("ended", "settled", "failed", "forfeited", "unsold", "late", "auctioned", "reward", "price")
"""What is counted of the tasks of a class: how they ended; whose first executor was late; which were sold; and rewards
and prices of those that were settled, token units."""


def count_by_class(by_class: Integers, tasks: Records) -> None:
    """Add tasks that ended to the counts of their classes."""
    settled = tasks["outcome"] == SETTLED
    counted = {
        "ended": 1,
        "settled": settled,
        "failed": tasks["outcome"] == FAILED,
        "forfeited": tasks["outcome"] == FORFEITED,
        "unsold": tasks["outcome"] == EXPIRED,
        "late": tasks["late"],
        "auctioned": tasks["own"] == 0,
        "reward": tasks["reward"] * settled,
        "price": tasks["price"] * settled,
    }
    for column, name in enumerate(BY_CLASS):
        np.add.at(by_class[:, column], tasks["class_id"], counted[name])


def classes_of(state: RunState) -> dict[str, dict[str, int]]:
    """Tell what became of the tasks of each class by name, of a scenario with classes of its own."""
    if not state.scenario.classes:
        return {}
    names = [*state.scenario.class_terms(), "wash"]
    rows = zip(names, state.by_class[1:].tolist(), strict=True)
    return {name: dict(zip(BY_CLASS, row, strict=True)) for name, row in rows if name != "wash" or row[0]}


def summarise(
    state: RunState, engine: Engine, seconds: float, gas: int, spans: Fractions, first: int
) -> dict[str, Any]:
    """Everything a run has to say.

    Parameters
    ----------
    state : RunState
        Of a run that is over.
    engine : Engine
        What carried it out.
    seconds : float
        How long the periods took.
    gas : int
        Gas they used.
    spans : array of float
        Seconds of each period carried out, the latest last.
    first : int
        Period the run began with, or went on from.
    """
    market, scenario = state.world.market, state.scenario
    ledger = market.ledger[0]
    tally = {name: state.periods[name].sum() for name in state.periods.dtype.names or ()}
    opened = int(tally["opened"])
    expected, realised = int(tally["operators_expected"]), int(tally["operators_realised"])
    opened_now = int(state.periods["opened"][first:].sum())
    accounts_sum = int(market.accounts["free"].sum() + market.accounts["locked"].sum())
    escrow_balance = engine.token_balance()
    parameters = state.asked.to_table()
    parameters["workload"] = scenario.workload.name if scenario.workload else None
    done = state.counts[-len(spans) :]
    heavy = state.demand.difficulty[state.demand.heavy]
    seconds_each = state.pace * np.sqrt(middle_of(heavy)) + gap_of(scenario) / 2
    tenth = max(1, len(spans) // 10)
    return {
        "engine": engine.name,
        "seed": scenario.seed,
        "parameters": parameters,
        "contracts": ContractParameters(state.parameters, scenario.task_class()).to_table(),
        "workload": state.workload.notes,
        "classes": classes_of(state),
        "tasks_opened": opened,
        "tasks_unplaced": int(tally["unplaced"]),
        "tasks_waited": int(np.count_nonzero(state.waited)),
        "tasks_waiting": len(state.queue),
        "longest_wait": int(state.waited.max(initial=0)),
        "start_up": start_up(scenario),
        "tasks_self_executed": int(tally["self_executed"]),
        "tasks_auctioned": int(tally["auctioned"]),
        "at_a_time": at_a_time(state.periods["auctioned"], seconds_each / state.parameters.epoch_seconds),
        "room": room(state.people[1].capacity, heavy),
        "tasks_unsold": int(tally["unsold"]),
        "tasks_settled": int(tally["settled"]),
        "tasks_live": int(state.periods["live"][-1]),
        "tasks_failed": int(tally["failed"]),
        "tasks_forfeited": int(tally["forfeited"]),
        "tasks_late": int(tally["late"]),
        "tasks_rescued": int(tally["rescued"]),
        "slashed_total": int(ledger["slashed"]),
        "slash_burned": int(ledger["burned"]),
        "slash_compensation": int(ledger["compensated"]),
        "slash_finder": int(ledger["found"]),
        "slash_pool": int(ledger["pooled"]),
        "fees_paid": int(ledger["fees"]),
        "uptime_paid": int(ledger["uptime"]),
        "keepers_paid": int(ledger["keepers"]),
        "reward_paid": int(ledger["rewards"]),
        "price_paid": int(ledger["prices"]),
        "capacity_used": round(float(state.periods["capacity_used"][start_up(scenario) :].mean()), 4),
        "operators_capacity_used": round(
            float(state.periods["operators_capacity_used"][start_up(scenario) :].mean()), 4
        ),
        "operators_load_mean": round(float(state.periods["operators_load_mean"][start_up(scenario) :].mean()) / BPS, 4),
        "operators_expected": expected,
        "operators_realised": realised,
        "operators_realised_share": round(realised / expected, 4) if expected else None,
        "gas_used": gas if engine.measures_gas else None,
        "gas_per_task": round(gas / opened_now, 1) if engine.measures_gas and opened_now else None,
        "transactions": engine.transactions,
        "wall_seconds": round(seconds, 3),
        "tasks_per_second": round(opened_now / seconds, 1),
        "rate_first_tenth": round(_rate(done[:tenth], spans[:tenth]), 1),
        "rate_last_tenth": round(_rate(done[-tenth:], spans[-tenth:]), 1),
        "escrow_balance": escrow_balance,
        "accounts_sum": accounts_sum,
        "conserved": escrow_balance == accounts_sum,
        "state_digest": state.digest.hex(),
    }


def middle_of(difficulty: Integers) -> float:
    """Give the middle one of some difficulties, 1 if there is none."""
    return float(np.median(difficulty)) if len(difficulty) else 1.0


def room(capacity: Integers, difficulty: Integers) -> int:
    """Count the tasks of the middle difficulty that coprocessors of some capacities can hold at a time."""
    return int((capacity // middle_of(difficulty)).sum())


def at_a_time(auctioned: Integers, stay: float) -> int:
    """Count the auctioned tasks that would be under way at a time, at most, if all were sold.

    Parameters
    ----------
    auctioned : array of shape (periods,)
        Tasks auctioned in each period.
    stay : float
        Periods that a task of the middle difficulty is under way.
    """
    window = int(np.ceil(stay))
    return int(np.convolve(auctioned, np.ones(window)).max() * stay / window)


def unsold(summary: Mapping[str, Any]) -> str:
    """Say why tasks of a run found no coprocessor, and what would help, if it was for lack of room; else nothing."""
    known = [summary.get(name) for name in ("tasks_unsold", "tasks_auctioned", "at_a_time", "room")]
    lost, auctioned, most, there = (value if isinstance(value, int) else 0 for value in known)
    if None in known or not lost or there >= most:
        return ""
    helps = "more coprocessors or more periods" if summary["parameters"].get("workload") else "a lower utilisation"
    return (
        f"{lost:,} of {auctioned:,} auctioned tasks found no coprocessor: there is room for {there:,} of the middle "
        f"size, and up to {most:,} would have been under way at a time; {helps} would help"
    )


def _rate(tasks: Integers, seconds: Fractions) -> float:
    return float(tasks.sum() / max(seconds.sum(), 1e-9))
