"""A rule is written once in Vyper, in ``contracts/modules``, and once in Python, in ``ballast.model``.

The rest of the product takes it from there. A class or a struct has a name of its own, so that a search for it finds
nothing else.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
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
    "studies/report/front.py": {"moved"},  # what a stress did
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
IN_CONTRACTS: Final = {"GasReputation": {"_holding", "_marks"}}
"""Functions that read from storage what the rule of that name takes."""


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
    assert {"weighed", "amplifier", "accrue", "delegated", "of_load"} <= rules
    assert {"entry_falling", "leads", "rescue_until", "account_of", "for_operator"} <= rules
    again = {name: rules.intersection(functions(path)) for name, path in product()}
    assert {name: found for name, found in again.items() if found} == OTHERWISE


def types(path: Path) -> Iterator[tuple[str, bool]]:
    """Public types a file defines at its top level, and whether each is a class rather than a name for other types."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield name, True
            case ast.Assign(targets=[ast.Name(id=name)]) if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name):
                yield name, False


def test_no_other_type_has_the_name_of_a_class() -> None:
    """Two files may have the same short name for an array of numbers."""
    homes: defaultdict[str, list[str]] = defaultdict(list)
    classes = set()
    files = [*product(), *((f"{path.parent.name}/{path.name}", path) for path in MODEL.glob("*.py"))]
    files += [(f"scripts/{path.name}", path) for path in (ROOT / "scripts").glob("*.py")]
    for file, path in files:
        for name, is_class in types(path):
            homes[name].append(file)
            if is_class:
                classes.add(name)
    assert {"SlashTerms", "TaskTerms", "Market", "GasModel", "Deployment"} <= classes
    assert {name: homes[name] for name in classes if len(homes[name]) > 1} == {}


def test_no_two_structs_have_one_name() -> None:
    contracts = ROOT / "contracts"
    files = [*contracts.glob("*.vy"), *contracts.glob("modules/*.vy"), *contracts.glob("interfaces/*.vyi")]
    found = [name for path in files for name in re.findall(r"^struct (\w+):", path.read_text(), re.MULTILINE)]
    assert {"SlashTerms", "TaskTerms", "Auction", "Order"} <= set(found)
    assert len(found) == len(set(found))


def vyper_functions(path: Path) -> set[str]:
    """Names of the internal functions of a Vyper file."""
    return set(re.findall(r"^def (_[a-z]\w*)\(", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_no_contract_defines_a_rule_of_a_module() -> None:
    contracts = ROOT / "contracts"
    rules = {name for path in (contracts / "modules").glob("*.vy") for name in vyper_functions(path)}
    assert {"_entry_falling", "_leads", "_rescue_until", "_account_of", "_for_operator"} <= rules
    again = {path.stem: rules.intersection(vyper_functions(path)) for path in contracts.glob("*.vy")}
    assert {name: found for name, found in again.items() if found} == IN_CONTRACTS
