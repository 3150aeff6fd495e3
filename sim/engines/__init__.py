"""Engines: what carries out the steps of a scenario.

``twin`` is the model alone, ``evm`` the contracts in this process, ``anvil`` the contracts on a real node. All give the
same state digest for the same scenario and seed. `ballast.sim.run.ENGINES` has their classes, which take a while to
import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ballast.errors import ParameterError
from ballast.names import check_names
from ballast.sim.scenario import Scenario

TWIN: Final = "twin"
NAMES: Final = (TWIN, "evm", "anvil")
RESUMABLE: Final = (TWIN, "evm")
"""Engines that can go on with a run that was stopped."""


def check_engine(scenario: Scenario, engine: str) -> None:
    """Refuse a scenario that an engine cannot carry out.

    Raises
    ------
    ParameterError
        With the reason.
    """
    reason = scenario.off_chain()
    if reason and engine != TWIN:
        raise ParameterError(f"--engine is {engine}, and {reason}; give --engine {TWIN}")


def check_engines(scenario: Scenario, names: Sequence[str]) -> None:
    """Refuse engines that are unknown, too few to compare, or unable to carry a scenario out.

    Raises
    ------
    ParameterError
        With the first of them.
    """
    check_names("--engines", names, NAMES)
    if len(names) < 2 or len(set(names)) < len(names):
        raise ParameterError(f"--engines is {','.join(names)}: give at least two of {', '.join(NAMES)}, each once")
    scenario.validate()
    for name in names:
        check_engine(scenario, name)
