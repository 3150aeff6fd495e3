"""Whether all engines come to the same end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from offchain.errors import DivergenceError, ParameterError
from sim.run import ENGINES, Run, run_on
from sim.scenario import Scenario

OWN = frozenset(
    (
        *("engine", "wall_seconds", "tasks_per_second", "rate_first_tenth", "rate_last_tenth"),
        *("gas_used", "gas_per_task", "transactions"),
    )
)
"""Figures of a summary that belong to the engine; all others belong to the scenario."""


def run_engine(scenario: Scenario, name: str, progress: Callable[[int, int], None] | None = None) -> Run:
    """Run a scenario on the engine of a name.

    Raises
    ------
    ParameterError
        If there is no such engine.
    DivergenceError
        If its contracts do not do what the model predicts: with period, field, account and both values.
    """
    if name not in ENGINES:
        raise ParameterError(f"--engines has {name!r}: give some of {', '.join(ENGINES)}, separated by commas")
    return run_on(scenario, name, progress)


def compared(summaries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Compare runs of one scenario on several engines.

    Parameters
    ----------
    summaries : sequence of dict
        Of the runs.

    Returns
    -------
    list of dict
        By engine: tasks, seconds, rate, tokens and digest.

    Raises
    ------
    DivergenceError
        If two differ in anything but speed and gas, naming the first figure that does and both values.
    """
    first = summaries[0]
    for other in summaries[1:]:
        for name in first:
            if name not in OWN and first[name] != other[name]:
                raise DivergenceError(
                    f"{name} differs: {first['engine']} has {first[name]}, {other['engine']} has {other[name]}"
                )
    return [
        {
            "engine": s["engine"],
            "seed": s["seed"],
            "tasks": s["tasks_opened"],
            "seconds": s["wall_seconds"],
            "tasks_per_second": s["tasks_per_second"],
            "tokens": s["escrow_balance"],
            "conserved": s["conserved"],
            "state_digest": s["state_digest"],
        }
        for s in summaries
    ]
