"""What is mutated, and which tests a mutant meets."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import pytest

from tests.mutants.__main__ import kept, whole
from tests.mutants.sources import UNIT, code, contracts_with, sources, stages
from tests.mutants.trees import SURVIVED, Mutant, Tree, compiled, mutated

ROOT = Path(__file__).resolve().parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
SOURCE = '''# pragma version 0.4.3
"""
@notice At the head: 1.
"""
from contracts.modules import constants

LIMIT: constant(uint256) = 2**32  # accounts

struct Pair:
    first: uint256


@internal
@pure
def _sum(
    a: uint256,
    b: uint256,
) -> uint256:
    """
    @notice Adds 1 and 2.
    """
    # never more
    c: uint256 = (
        a + b
    )
    return c  # 1
'''


def test_only_what_does_something_is_mutated() -> None:
    lines = code(SOURCE)
    assert len(lines) == SOURCE.count("\n")
    kept = {number: line.strip() for number, line in enumerate(lines, start=1) if line.strip()}
    assert kept == {7: "LIMIT: constant(uint256) = 2**32", 23: "c: uint256 = (", 24: "a + b", 25: ")", 26: "return c"}


def test_a_mutant_differs_in_one_line() -> None:
    changed = mutated(SOURCE, Mutant("", 24, "        a - b"))
    assert changed == SOURCE.replace("a + b", "a - b")


@pytest.mark.parametrize("path", sources(ROOT), ids=lambda path: path.stem)
def test_each_source_is_part_of_a_contract_and_meets_tests(path: Path) -> None:
    assert contracts_with(path, ROOT)
    assert all((ROOT / folder).is_dir() for stage in stages(path, ROOT) for folder in stage)


def test_the_parts_of_a_contract_are_found_however_far() -> None:
    """The curve is in the activity word of participants, whose module others take."""
    modules = ROOT / "contracts" / "modules"
    assert contracts_with(modules / "slash_split.vy", ROOT) == ["Slasher"]
    assert contracts_with(modules / "class_packing.vy", ROOT) == ["ClassRegistry", "TaskRegistry"]
    assert contracts_with(modules / "ownable_2step.vy", ROOT) == sorted(UNIT)


def test_verdicts_hold_as_long_as_the_mutants_can_be_drawn() -> None:
    """Those of a source that has changed do not, nor those on survivors if there are more tests now."""
    noticed, survivor, gone = (Mutant("a.vy", number, "x") for number in (1, 2, 3))
    rows = [[*noticed, "FAILED"], [*survivor, SURVIVED], [*gone, "FAILED"]]
    assert kept(rows, [survivor, noticed], again=False) == {noticed: "FAILED", survivor: SURVIVED}
    assert kept(rows, [survivor, noticed], again=True) == {noticed: "FAILED"}


def test_a_tree_needs_no_tests_that_were_run_before(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "One.vy").touch()
    tree = Tree(tmp_path, "tree-1")
    assert (tree.folder / "contracts" / "One.vy").exists()
    assert not (tree.folder / "build").exists()


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", ""])
def test_there_is_something_to_count(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="give a whole number from 1 on"):
        whole(text)


def test_mutants_said_to_be_the_same_are_of_the_present_sources() -> None:
    for row in tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]:
        lines = [line.strip() for line in (ROOT / row["path"]).read_text(encoding="utf-8").splitlines()]
        assert row["line"] in lines
        assert row["mutant"] not in (row["line"], "")
        assert row["reason"]


@pytest.mark.parametrize(
    ("line", "compiles"),
    [("2**32", True), ("3**999", False), ("1**32", False), ("two", False)],
)
def test_what_the_compiler_cannot_take_does_not_compile(line: str, compiles: bool, tmp_path: Path) -> None:
    """Be it in a contract, or in a module of one."""
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    head = "# pragma version 0.4.3\n"
    (contracts / "Alone.vy").write_text(f"{head}LIMIT: public(constant(uint256)) = {line}\n")
    (contracts / "part.vy").write_text(f"{head}LIMIT: constant(uint256) = {line}\n")
    (contracts / "Whole.vy").write_text(
        f"{head}from contracts import part\nHERE: public(constant(uint256)) = part.LIMIT\n"
    )
    assert (compiled(tmp_path, "Alone") is not None) is compiles
    assert (compiled(tmp_path, "Whole") is not None) is compiles
