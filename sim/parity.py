"""Whether all engines come to the same end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ballast.errors import DivergenceError

OWN = frozenset(
    (
        *("engine", "wall_seconds", "tasks_per_second", "rate_first_tenth", "rate_last_tenth"),
        *("gas_used", "gas_per_task", "transactions"),
    )
)
"""Figures of a summary that belong to the engine; all others belong to the scenario."""


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
