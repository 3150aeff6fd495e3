"""The one door to Numba in the score-driven models."""

from __future__ import annotations

from pathlib import Path

from ballast.machine_code import compiler

HERE = Path(__file__).parent

compiled = compiler(HERE, HERE.glob("*.py"))
"""Compile a numeric function on its first call; divisions follow IEEE 754 and never raise."""

inlined = compiler(HERE, HERE.glob("*.py"), inlined=True)
"""Likewise a small one, into its callers."""
