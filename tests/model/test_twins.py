"""A module and its Python twin have the same functions: what one of them has alone stands here with the reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "contracts" / "modules"
MODEL = ROOT / "offchain" / "ballast" / "model"

WITHOUT_TWIN: Final = {"epoch_parameter", "ownable_2step"}
"""Modules that are storage and guards and have no formula."""
WITHOUT_MODULE: Final = {"__init__", "_evm", "parameters"}
"""Files of the model that twin no module: the EVM's arithmetic; defaults and bounds of a deployment."""
IN_VYPER: Final = {
    "epoch_clock": {"__init__", "clock", "_epoch"},  # deployment, and the present moment
}
IN_PYTHON: Final = {
    "epoch_clock": {"check", "seconds_into", "start_of"},  # the constructor's check; times for those who wait
    "load_curve": {"designed", "table"},  # curves made from what they should pay
    "page_packing": {"pack", "logit"},  # keepers write and read whole pages
    "reputation_filter": {"weighed"},  # the step of those with fees, apart for the market's compiled loop
}


def in_vyper(path: Path) -> set[str]:
    """Functions of a module."""
    return set(re.findall(r"^def (\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE))


def in_python(path: Path) -> set[str]:
    """Functions of a twin, those without an underscore."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}


def test_modules_and_twins_are_files_of_the_same_names() -> None:
    modules = {path.stem for path in MODULES.glob("*.vy")}
    twins = {path.stem for path in MODEL.glob("*.py")}
    assert modules - twins == WITHOUT_TWIN
    assert twins - modules == WITHOUT_MODULE


@pytest.mark.parametrize(
    "name", sorted({path.stem for path in MODULES.glob("*.vy")} - WITHOUT_TWIN - {"constants", "reasons"})
)
def test_a_module_and_its_twin_have_the_same_functions(name: str) -> None:
    vyper = in_vyper(MODULES / f"{name}.vy") - IN_VYPER.get(name, set())
    python = in_python(MODEL / f"{name}.py") - IN_PYTHON.get(name, set())
    assert vyper
    assert {f"_{function}" for function in python} == vyper
    assert IN_PYTHON.get(name, set()) <= in_python(MODEL / f"{name}.py")
