"""One task of each ending, walked with Ape on Anvil: who is paid, who pays, and that nothing stays locked."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from ballast.devnet.population import CAPACITY
from ballast.model import class_packing, discounts, load_curve, slash_split, task_packing
from ballast.model.constants import BPS, PPM
from ballast.model.parameters import ClassParameters, NetworkParameters
from tests.integration.conftest import ROOT, listens

REWARD = 10_000
DIFFICULTY = 100
CLASS_TERMS = ClassParameters().auction(NetworkParameters().fee)
COLLATERAL = class_packing.collateral(CLASS_TERMS, REWARD, 0)
PENALTY = class_packing.penalty(CLASS_TERMS, COLLATERAL)
START = ClassParameters().start
X = DIFFICULTY * BPS // CAPACITY
DISCOUNT = discounts.of_load(
    load_curve.pack(NetworkParameters().chosen_curve), CLASS_TERMS.idle, CLASS_TERMS.bonus, CLASS_TERMS.malus, X
) + discounts.of_record(CLASS_TERMS.weight, CLASS_TERMS.level, PPM // 2)
PRICE = task_packing.pay(REWARD, START - -(-DISCOUNT // CLASS_TERMS.tick) * CLASS_TERMS.tick)
"""What a newcomer with nothing else to do is paid."""
FEE = class_packing.fee(CLASS_TERMS, PRICE, NetworkParameters().fee_per_unit * DIFFICULTY)
SLASH = NetworkParameters().slash
LATE = slash_split.late_amount(REWARD, COLLATERAL, CLASS_TERMS.slash_factor, PPM, SLASH.lateness_floor)
SETTLED = {"operator": REWARD - PRICE, "executor": PRICE - FEE, "pool": FEE, "mandate": -REWARD}


def slashed(amount: int) -> dict[str, int]:
    """Split a slash of the executor that the rival found."""
    harmed, found, burned, pooled = slash_split.split(amount, SLASH)
    return {"executor": -amount, "operator": harmed, "rival": found, "burn": burned, "pool": pooled}


def added(*parts: dict[str, int]) -> dict[str, int]:
    """Add changes up."""
    return {name: sum(part.get(name, 0) for part in parts) for name in {n for part in parts for n in part}}


PENALISED = {"operator": -PENALTY, "avs": PENALTY}
CAP = task_packing.pay(REWARD, CLASS_TERMS.cap)
CAP_FEE = class_packing.fee(CLASS_TERMS, CAP, NetworkParameters().fee_per_unit * DIFFICULTY)
RESCUED = {"operator": REWARD - CAP, "rival": CAP - CAP_FEE, "pool": CAP_FEE, "mandate": -REWARD}
ENDINGS = {
    "settled": (task_packing.SETTLED, SETTLED),
    "expired": (task_packing.EXPIRED, {}),
    "failed": (task_packing.FAILED, added(slashed(LATE), PENALISED)),
    "forfeited": (task_packing.FORFEITED, added(slashed(COLLATERAL), PENALISED)),
    "rescued": (task_packing.SETTLED, added(slashed(LATE), RESCUED)),
    "self_executed": (task_packing.SETTLED, {"operator": REWARD - CAP_FEE, "pool": CAP_FEE, "mandate": -REWARD}),
}


@pytest.fixture(scope="module")
def walked(only_ape: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Report of the program that walks."""
    del only_ape
    folder = tmp_path_factory.mktemp("walk")
    environment = {
        "HOME": str(folder),
        "APE_DATA_FOLDER": str(folder / "ape"),
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "tests.integration.walk_endings"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    nodes = json.loads((folder / "ape" / "processes" / "nodes.json").read_text())["nodes"]
    assert nodes
    assert not any(listens(node["http_uri"]) for node in nodes.values())
    return dict(json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{"))))


@pytest.mark.parametrize("ending", ENDINGS)
def test_ending(ending: str, walked: dict[str, Any]) -> None:
    outcome, changes = ENDINGS[ending]
    report = walked["endings"][ending]
    assert task_packing.terms(report["terms"]).outcome == outcome
    assert {name: change for name, change in report["changes"].items() if change} == {
        name: change for name, change in changes.items() if change
    }
    assert not any(report["unfinished"].values())
    assert report["surplus"] == 0


def test_marks_of_the_executor(walked: dict[str, Any]) -> None:
    marks = {name: task_packing.progress(report["progress"]) for name, report in walked["endings"].items()}
    assert [name for name, mark in marks.items() if mark.own] == ["self_executed"]
    assert [name for name, mark in marks.items() if mark.rescued] == ["rescued"]
    assert [name for name, mark in marks.items() if not mark.executor] == ["expired"]


def test_gas_limits_leave_room(walked: dict[str, Any]) -> None:
    # An estimate is made at the time of the last block; at the time of the next one more may have to be written.
    assert walked["room"] > 0.25
