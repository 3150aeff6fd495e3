"""The one door to Numba in the simulation."""

from __future__ import annotations

from pathlib import Path

from ballast import model
from ballast.machine_code import compiler

HERE = Path(__file__).parent
MODEL = Path(model.__file__).parent
SOURCES = (
    HERE / "scenario.py",
    *(HERE / "market").glob("*.py"),
    *(HERE / "period").glob("*.py"),
    *MODEL.glob("*.py"),
)
"""What compiled functions are made of: the market, a period, the numbers of scenarios, and the twins."""

compiled = compiler(HERE, SOURCES, counted=False)
"""Compile a function that creates no arrays, on its first call."""

allocating = compiler(HERE, SOURCES)
"""Compile a function that creates arrays, on its first call."""
