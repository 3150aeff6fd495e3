"""A rule is written once in Python: in ``ballast.model``. The rest of the product takes it from there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "offchain" / "ballast" / "model"

EVERYWHERE: Final = {"check", "load", "pack", "unpack"}
"""Names that say nothing without that of their module."""
OTHERWISE: Final = {
    "keeper/compute.py": {"written"},  # which pages were, of all
    "transact/answers.py": {"position"},  # in a list of words
    "studies/figures/coprocessors.py": {"shares"},  # of tasks, in a caption
    "sim/market/epochs.py": {"mature"},  # on the market's ledger, which has one keeper and no word
    "scoring/scores.py": {"score"},  # of a density: the derivative of its logarithm
    "studies/report/points.py": {"remaining"},  # of rewards, after slashes
    "studies/planning/forecast.py": {"score"},  # of a forecast
    "studies/peers/web3_tasks.py": {"rate"},  # of transactions, a second
    "sim/period/auctions.py": {"auction"},  # the phase of a period
    "sim/workload/table.py": {"reward"},  # a column of a trace
}
"""Functions that share a rule's name and are something else."""


def functions(path: Path) -> Iterator[str]:
    """Public functions a file defines at its top level."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name


def product() -> Iterator[tuple[str, Path]]:
    """All files of the product but the model's, by name."""
    package = ROOT / "offchain" / "ballast"
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if not name.startswith(("model/", "sim/")):
            yield name, path
    for path in sorted((ROOT / "sim").rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), path


def test_no_rule_is_defined_a_second_time() -> None:
    rules = {name for path in MODEL.glob("*.py") for name in functions(path)} - EVERYWHERE
    assert {"weighed", "amplifier", "accrue", "clock_prices", "price"} <= rules
    assert {"entry_step", "leads", "rescue_until", "account_of", "for_operator"} <= rules
    again = {name: rules.intersection(functions(path)) for name, path in product()}
    assert {name: found for name, found in again.items() if found} == OTHERWISE
