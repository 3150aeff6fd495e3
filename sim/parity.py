"""Whether all engines come to the same end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offchain.errors import DivergenceError, ParameterError
from sim.run import ENGINES, check_engine
from sim.scenario import Scenario

OWN = frozenset(
    (
        *("engine", "wall_seconds", "tasks_per_second", "rate_first_tenth", "rate_last_tenth"),
        *("gas_used", "gas_per_task", "transactions"),
    )
)
"""Figures of a summary that belong to the engine; all others belong to the scenario."""


def check_engines(scenario: Scenario, names: Sequence[str]) -> None:
    """Refuse engines that there are not or that cannot carry a scenario out, before any of them runs.

    Raises
    ------
    ParameterError
        With the first of them.
    """
    if len(set(names)) < len(names) or set(names) == {"twin"}:
        raise ParameterError(f"--engines is {','.join(names)}: give each once, and one to compare the twin with")
    for name in names:
        if name not in ENGINES:
            raise ParameterError(f"--engines has {name!r}: give some of {', '.join(ENGINES)}, separated by commas")
    scenario.validate()
    for name in names:
        check_engine(scenario, name)


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
