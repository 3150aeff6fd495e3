"""Ballast, an open compute market that keeps its own load in balance.

``import ballast`` offers this, and nothing is loaded before it is asked for:

===========================  ==========================================================================================
`ballast.simulate`           run a scenario, with tasks, participants, parameters or a curve of your own
`ballast.Scenario`           what is run; `ballast.load` reads one by its name or from a file
`ballast.workload`           tasks of your own
`ballast.population`         the operators and coprocessors a run would have, to be changed
`ballast.NetworkParameters`  what the contracts are deployed with
`ballast.load_curve`         the load curve; ``designed`` makes one, ``PRESETS`` has those with a name
`ballast.Results`            what a run gives: ``periods``, ``accounts``, ``summary``
`ballast.GasModel`           a score-driven model of a series: ``simulate``, ``fit``, and from a fit ``forecast``
`ballast.BallastError`       what every mistake raises
===========================  ==========================================================================================

Everything else may be imported too (``docs/python.md``), and may change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ballast.errors import BallastError
    from ballast.model import load_curve
    from ballast.model.parameters import NetworkParameters
    from ballast.scoring import GasModel
    from ballast.sim.given import workload
    from ballast.sim.library import Results, population, simulate
    from ballast.sim.scenario import Scenario, load

__all__ = [
    "BallastError",
    "GasModel",
    "NetworkParameters",
    "Results",
    "Scenario",
    "load",
    "load_curve",
    "population",
    "simulate",
    "workload",
]

_HOMES = {
    "BallastError": "ballast.errors",
    "GasModel": "ballast.scoring",
    "NetworkParameters": "ballast.model.parameters",
    "Results": "ballast.sim.library",
    "Scenario": "ballast.sim.scenario",
    "load": "ballast.sim.scenario",
    "population": "ballast.sim.library",
    "simulate": "ballast.sim.library",
    "workload": "ballast.sim.given",
}

if not TYPE_CHECKING:  # else every name would be one of type Any

    def __getattr__(name: str) -> Any:
        """Load what is asked for."""
        if name == "load_curve":
            return import_module("ballast.model.load_curve")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
