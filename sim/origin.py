"""What every file of results says of itself: scenario, seed, date and versions, in the same fields."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ballast.sim.scenario import Scenario

ALL: Final = ("ballast", "numpy")
"""Packages whose versions every file has."""


def origin(name: str, scenario: Scenario, base: Scenario) -> dict[str, Any]:
    """Name of a scenario, or of its file, and the fields that differ from it."""
    changed = [f.name for f in fields(Scenario) if getattr(scenario, f.name) != getattr(base, f.name)]
    return {"name": Path(name).stem, "changed": changed}


def stamp(scenario: Mapping[str, Any] | None, seed: int, *packages: str, **makers: str) -> dict[str, Any]:
    """Fields of a file of results.

    Parameters
    ----------
    scenario : mapping, optional
        As `origin` gives it; empty where only the parameters are known.
    seed : int
        From which all other seeds follow.
    packages : str
        Those that decided the result, besides ``ALL``.
    makers : str
        Versions, by name, of what made parts of the result elsewhere.
    """
    from importlib.metadata import version  # which takes a while, and is not needed before there are results

    return {
        "scenario": dict(scenario or {}),
        "seed": seed,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in (*ALL, *packages)}
        | makers,
    }
