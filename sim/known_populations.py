"""Populations by name: what public figures say of people, as fields of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from ballast.errors import ParameterError
from ballast.names import check_names
from ballast.sim.scenario import Scenario


@dataclass(frozen=True)
class KnownPopulation:
    """A population.

    Attributes
    ----------
    about : str
        Who they are.
    fields : mapping
        Fields of a scenario, and their values.
    evidence : str
        What was seen of people like that.
    assumed : str
        What nobody has seen.
    """

    about: str
    fields: Mapping[str, Any]
    evidence: str
    assumed: str


POPULATIONS: Final = {
    "uniform": KnownPopulation(
        "all alike but for what is drawn",
        {"bad_share": 0.0},
        "thousands of hosts of desktop grids in 2007: errors widespread, rare for a host, not correlated; "
        "Spark in September 2024, when allocators looked at retrievals: over 70 providers above 90%",
        "how far people differ: punctuality is beta (60, 1), quality beta (80, 2)",
    ),
    "mixed": KnownPopulation(
        "a fifth of the operators and of the coprocessors have 40% of their results wrong",
        {"bad_share": 0.2},
        "a public checker's report of 23 storage providers: 12 at 0%, 6 at 75 to 100%; Spark in April 2024, when "
        "nothing depended on it: 1.22% of the retrievals succeed, no provider above 90%",
        "the share of the bad and how bad they are, since none of these had a collateral at stake for a result",
    ),
}
"""By name. ``docs/simulation.md`` says more of the evidence."""
OWN: Final = "own"
"""Name of a population that a scenario describes itself."""
FIELDS: Final = tuple(dict.fromkeys(name for known in POPULATIONS.values() for name in known.fields))
"""Fields that populations decide."""


def inhabited(scenario: Scenario, name: str) -> Scenario:
    """Scenario with the people of a population."""
    return scenario if name == OWN else replace(scenario, **POPULATIONS[name].fields)


def peopled(scenario: Scenario, names: Sequence[str] | None = None) -> dict[str, Scenario]:
    """Scenario with each of some populations, by name.

    Parameters
    ----------
    scenario : Scenario
        If it departs from the default in a field that populations decide, its people are its own, and the only ones.
    names : sequence of str, optional
        Some of ``POPULATIONS``; by default all.

    Raises
    ------
    ParameterError
        If a name is not known, or the scenario has people of its own and names are given.
    """
    own = [field for field in FIELDS if getattr(scenario, field) != getattr(Scenario, field)]
    if names is None:
        return {name: inhabited(scenario, name) for name in ((OWN,) if own else POPULATIONS)}
    check_names("--population", names, POPULATIONS)
    if own:
        raise ParameterError(
            f"{own[0]} is {getattr(scenario, own[0])}, and --population decides it: give one of the two"
        )
    return {name: inhabited(scenario, name) for name in POPULATIONS if name in names}


def described(name: str) -> dict[str, Any]:
    """Say of a population what JSON holds of it."""
    return {"about": "those of the scenario"} if name == OWN else asdict(POPULATIONS[name])
