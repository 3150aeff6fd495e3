"""What of stresses is put into the page: those of a study, or the one a run was under, beside the same seed without."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from ballast.errors import MissingResultError, ResultsError, UserError
from ballast.sim.result_files import STRESS
from ballast.sim.scenario import CALM, Scenario, of_table
from ballast.studies.figures.results import RunResults
from ballast.studies.stress.books import books_of
from ballast.studies.stress.study import WHO, Pair, StressFinding

Row = tuple[str, str, str, str]
SIDES: Final = ("calm", "stressed", "difference")


@dataclass(frozen=True)
class Told:
    """A stress on the page.

    Attributes
    ----------
    name, of, said : str
        Its name, which runs it was looked at in, and the line on it.
    measures : sequence of Row
        Name; without the stress, with it, and the difference, percent.
    moved : sequence of (str, str)
        Party, and what it gained or lost, percent of all rewards.
    """

    name: str
    of: str
    said: str
    measures: Sequence[Row]
    moved: Sequence[tuple[str, str]]


def read_stresses(directory: Path) -> list[Told]:
    """Read ``stress.json`` of a directory, as ``ballast stress`` writes it; nothing if there is none.

    Raises
    ------
    ResultsError
        If the file is nothing of that kind.
    """
    path = directory / STRESS
    if not path.exists():
        return []
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        told = []
        for population, study in document.items():
            periods = study["parameters"]["periods"]
            extent = f"population {population}, {len(study['seeds'])} seeds of {periods:,} periods"
            told += [_told(name, extent, found) for name, found in study["stresses"].items()]
        if not told:
            raise ValueError("no stress")
        return told
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror}") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ResultsError(f"{path} is nothing that ballast stress has written") from None


def of_run(run: RunResults) -> list[Told]:
    """Run a stressed scenario again, and the same seed without its stress; nothing for a run that had none.

    Raises
    ------
    MissingResultError
        If it cannot be run again, or ends otherwise than the run did.
    """
    parameters = run.parameters
    stress = parameters.get("stress", CALM)
    if stress == CALM:
        return []
    if parameters.get("workload") is not None:
        raise MissingResultError("the run's trace is not in its directory")
    unknown = parameters.keys() - {field.name for field in fields(Scenario)}
    if unknown:
        raise MissingResultError(f"this version knows no parameter {min(unknown)}")
    try:
        scenario = of_table(parameters, str(run.directory))
        stressed, calm = (books_of(replace(scenario, stress=name)) for name in (stress, CALM))
    except UserError as error:
        raise MissingResultError(str(error)) from None
    if stressed.digest != run.summary.get("state_digest"):
        raise MissingResultError("run again by this version, it ends otherwise")
    return [_told(stress, "this run", StressFinding(stress, [Pair(stress, stressed, calm)]).to_json())]


def _told(name: str, extent: str, found: Mapping[str, Any]) -> Told:
    parties = [party for party in WHO if party != "attackers" or "members" in found]
    return Told(
        name,
        extent,
        str(found["said"]),
        [(title, *(_percent(sides[side], side) for side in SIDES)) for title, sides in found["measures"].items()],
        [(WHO[party], _percent(found["moved"][party], SIDES[2])) for party in parties],
    )


def _percent(given: Mapping[str, float | None], side: str) -> str:
    mean, half = given["mean"], given["half"]
    if mean is None:
        return "not known"
    sign = "+" if side == SIDES[2] else ""
    return f"{100 * mean:{sign}.2f}" + (f" ± {100 * half:.2f}" if half and sign else "")
