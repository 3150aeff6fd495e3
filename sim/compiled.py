"""The one door to Numba in the simulation."""

from __future__ import annotations

from pathlib import Path

from offchain import model
from offchain.machine_code import compiler

HERE = Path(__file__).parent
MODEL = Path(model.__file__).parent
SOURCES = (
    *(p for p in HERE.glob("*.py") if "from sim.compiled import" in p.read_text(encoding="utf-8")),
    HERE / "scenario.py",
    *(HERE / "market").glob("*.py"),
    *MODEL.glob("*.py"),
)
"""What compiled functions are made of: whatever comes through this door, the numbers of scenarios, and the twins."""

compiled = compiler(HERE, SOURCES, counted=False)
"""Compile a function that creates no arrays, on its first call."""

allocating = compiler(HERE, SOURCES)
"""Compile a function that creates arrays, on its first call."""
