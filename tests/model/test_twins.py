"""Every pure Vyper module has a twin with the same functions, arguments, fields and constants."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from ballast.model import constants, reasons

MODULES = Path(__file__).resolve().parents[2] / "contracts" / "modules"
STATEFUL = {"epoch_parameter", "ownable_2step"}
NAMES = sorted(p.stem for p in MODULES.glob("*.vy") if p.stem not in STATEFUL)
CONSTANT = re.compile(r"^([A-Z][A-Z0-9_]*): constant\(\w+\) = ([^#\n]+)", re.M)
FUNCTION = re.compile(r"^@internal\n@(?:pure|view)\ndef _(\w+)\(([^)]*)\)", re.M)
ALONE = {
    "epoch_clock": {"check", "seconds_into", "start_of"},  # the constructor's check; times for those who wait
    "fee_record": {"pack"},  # the module packs while it adds
    "load_curve": {"designed", "table"},  # curves made from what they should pay
    "page_packing": {"pack", "logit"},  # keepers write and read whole pages
    "reputation_filter": {"weighed"},  # the step of those with fees, apart for the market's compiled loop
}
"""Functions that a twin has and its module has not."""
WITHOUT_MODULE = {"__init__", "_evm", "keccak", "layout", "layouts", "parameter_files", "parameters", "task_number"}
"""Files of the model that twin no module: the EVM's arithmetic, how words are laid out, defaults and bounds of a
deployment, and numbers of tasks, which the contracts make in passing."""
STRUCT = re.compile(r"^struct (\w+):\n((?:    .+\n)+)", re.M)


def source(name: str) -> str:
    """Text of a Vyper module."""
    return (MODULES / f"{name}.vy").read_text()


def twin(name: str) -> Any:
    """Python twin of a module."""
    return importlib.import_module(f"ballast.model.{name}")


@pytest.mark.parametrize("name", [*NAMES, "epoch_parameter"])
def test_constants(name: str) -> None:
    """Each constant has the same name and value."""
    known = dict(vars(constants)) | {"constants": constants}
    found = CONSTANT.findall(source(name))
    for constant, expression in found:
        known[constant] = eval(expression, {"__builtins__": {}}, known)
        assert getattr(twin(name), constant) == known[constant], constant
    if name in ("constants", "reasons", "load_curve"):
        assert found


@pytest.mark.parametrize("name", NAMES)
def test_functions(name: str) -> None:
    """Each function has the same name and arguments; those of the epoch clock begin with what the contract stores."""
    stored = ["genesis", "epoch_seconds"] if name == "epoch_clock" else []
    for function, arguments in FUNCTION.findall(source(name)):
        if name == "epoch_clock" and not arguments:
            continue  # the present moment, which the twin takes as an argument
        wanted = stored + [a.split(":")[0].strip() for a in arguments.split(",") if a.strip()]
        assert list(inspect.signature(getattr(twin(name), function)).parameters) == wanted, function


@pytest.mark.parametrize("name", sorted({*NAMES} - {"constants", "reasons"}))
def test_a_twin_has_no_functions_of_its_own(name: str) -> None:
    """But for those listed."""
    own = {
        function
        for function, value in vars(twin(name)).items()
        if inspect.isfunction(value) and value.__module__ == twin(name).__name__ and not function.startswith("_")
    }
    in_module = {function.removeprefix("_") for function in re.findall(r"^def (\w+)\(", source(name), re.M)}
    assert own - in_module == ALONE.get(name, set())


def test_files_of_the_model_are_those_of_the_modules() -> None:
    """But for those listed."""
    twins = {path.stem for path in Path(constants.__file__).parent.glob("*.py")}
    modules = {path.stem for path in MODULES.glob("*.vy")}
    assert modules - twins == {"ownable_2step"}
    assert twins - modules == WITHOUT_MODULE


@pytest.mark.parametrize("name", NAMES)
def test_structs(name: str) -> None:
    """Each struct has the same fields in the same order."""
    for struct, body in STRUCT.findall(source(name)):
        wanted = [line.split(":")[0].strip() for line in body.splitlines()]
        assert [f.name for f in fields(getattr(twin(name), struct))] == wanted, struct


def test_texts() -> None:
    """Each code of a reason has a text of its own, and an unknown one the last."""
    codes = [v for k, v in vars(reasons).items() if k.isupper() and isinstance(v, int)]
    assert sorted(codes) == list(range(1, len(codes) + 1)) == sorted(reasons.TEXTS)
    assert len({reasons.text(c) for c in codes}) == len(codes)
    assert max(len(reasons.text(c)) for c in codes) <= 32
    assert reasons.text(0) == reasons.text(99) == reasons.TEXTS[max(codes)]
