"""What a sweep keeps of a run: one row of figures."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from ballast.sim.period.world import TALLY
from ballast.sim.run import Run
from ballast.sim.scenario import Scenario
from ballast.studies.measures import measured, warmed_up

SPEED: Final = ("wall_seconds", "tasks_per_second", "rate_first_tenth", "rate_last_tenth")
"""Figures of a summary that are not of the market but of the machine."""
STOCKS: Final = ("operators_active", "coprocessors_active", "operators_earned", "coprocessors_earned")
"""Columns of a tally that are kept as they stand at the end."""
OUTCOMES: Final = ("served", "welfare", "price", "faults", "slashes")
"""Those of ``ballast.studies.measures.MEASURES`` by which points are compared."""


def parameters(scenario: Scenario) -> dict[str, Any]:
    """Fields of a scenario as columns, each of its own kind throughout; classes of tasks by their names."""
    return {f.name: _plain(getattr(scenario, f.name), getattr(Scenario, f.name)) for f in fields(scenario)}


def _plain(value: Any, default: Any) -> Any:
    if default is None:
        return value.name if isinstance(value, Path) else None
    if isinstance(default, tuple):
        return ",".join(kind.name for kind in value)
    return type(default)(value)


def row_of(run: Run, scenario: Scenario) -> dict[str, Any]:
    """Everything a run has to say in one row.

    Parameters
    ----------
    run : Run
        A run that is over.
    scenario : Scenario
        What it was asked to run.

    Returns
    -------
    dict
        The scenario's parameters; ``OUTCOMES``; how ``STOCKS`` stand at the end; numbers of the summary but those of
        ``SPEED``; means over the periods after the warm-up of the other columns of
        ``ballast.sim.period.world.TALLY``, and of who is active, as ``mean_...``; ``state_digest``.
    """
    columns = parameters(scenario)
    summary = {
        name: value
        for name, value in run.summary.items()
        if isinstance(value, (int, float)) and name not in columns and name not in SPEED
    }
    after = run.periods[warmed_up(run.scenario) :]
    means = {f"mean_{name}": float(after[name].mean()) for name in TALLY.names or () if "earned" not in name}
    stocks = {name: int(run.periods[name][-1]) for name in STOCKS}
    found = measured(run)
    outcomes = {name: found[name] for name in OUTCOMES}
    return columns | outcomes | stocks | summary | means | {"state_digest": run.summary["state_digest"]}
