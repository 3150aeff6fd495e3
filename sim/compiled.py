"""The one door to Numba in the simulation.

Machine code holds the functions it calls and the numbers it reads. Whoever replaces one of them in its module changes
nothing, so a run looks first whether anybody did.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from ballast import model
from ballast.errors import ReplacedError
from ballast.machine_code import compiler

HERE = Path(__file__).parent
MODEL = Path(model.__file__).parent
SOURCES = (
    HERE / "compiled.py",
    HERE / "scenario.py",
    HERE / "kinds.py",
    HERE / "moments.py",
    HERE / "bidders.py",
    HERE / "handicaps.py",
    HERE / "batch.py",
    HERE / "machines.py",
    *(HERE / "market").glob("*.py"),
    *(HERE / "period").glob("*.py"),
    *(HERE / "allocations").glob("*.py"),
    *MODEL.glob("*.py"),
)
"""What compiled functions are made of: how they are compiled, the market, a period, rules of allocation, trials of
traces, the numbers of scenarios, and the twins."""

compiled = compiler(HERE, SOURCES, counted=False, inlined=True)
"""Compile a function that creates no arrays, on its first call, and into those that call it: a call would copy the
market, some 170 numbers, and cost more than most functions do."""

allocating = compiler(HERE, SOURCES)
"""Compile a function that creates arrays, on its first call."""

ROOMS: Final = (
    "ballast.model.",
    "ballast.sim.market.",
    "ballast.sim.period.",
    "ballast.sim.allocations.",
    "ballast.sim.bidders",
    "ballast.sim.handicaps",
    "ballast.sim.batch",
)
"""Where modules begin of which machine code holds functions and numbers."""
HOMES: Final = (Path(model.__file__).parents[1], Path(os.__file__).parent)
"""Folders in which functions are written that those modules may have: Ballast itself, and Python's own library."""
KnownFunctions = dict[tuple[str, str], object]
"""Functions and numbers by the names of their modules and their own."""


def functions() -> KnownFunctions:
    """Functions and numbers of all rooms that are loaded, as they are now.

    Raises
    ------
    ReplacedError
        If one was written elsewhere: it was replaced before anything was compiled.
    """
    found: KnownFunctions = {}
    for module, content in list(sys.modules.items()):
        if not module.startswith(ROOMS):
            continue
        for name, value in vars(content).items():
            if isinstance(value, int | float) or (callable(value) and not isinstance(value, type)):
                code = getattr(getattr(value, "py_func", value), "__code__", None)
                if code and not any(Path(code.co_filename).is_relative_to(home) for home in HOMES):
                    raise replaced(module, name)
                found[module, name] = value
    return found


def check_functions(known: KnownFunctions) -> None:
    """Refuse to go on with a function or a number that was replaced: machine code would not notice.

    Raises
    ------
    ReplacedError
        With the name of the first.
    """
    for (module, name), value in known.items():
        now = getattr(sys.modules[module], name, None)
        if now is not value and not (isinstance(value, int | float) and now == value):
            raise replaced(module, name)


def replaced(module: str, name: str) -> ReplacedError:
    """Say what was replaced, and what to do instead."""
    return ReplacedError(
        f"{module}.{name} was replaced, and the market's machine code would go on with what it was compiled from: put "
        "it back, and give ballast.simulate a workload, a population, parameters or a curve of your own; to change a "
        "rule, change its source"
    )
