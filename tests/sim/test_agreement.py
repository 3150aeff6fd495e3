"""Small markets of many kinds on the contracts: every account as predicted after every period, every logit right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ballast.errors import DivergenceError
from ballast.model.load_curve import PRESETS
from ballast.model.parameters import ContractParameters
from ballast.sim import run
from ballast.sim.engines.contracts import StateWords, abi_words
from ballast.sim.engines.evm import EvmEngine
from ballast.sim.engines.twin import Twin
from ballast.sim.scenario import HEAVY, HEAVY_COMPLEXITY, LIGHT, LIGHT_COMPLEXITY, Scenario, load, with_contracts
from ballast.sim.state import FIRST_OPERATOR

BASE = Scenario(operators=4, coprocessors=5, periods=6, tasks_per_period=40, seed=5)


class AuditedEngine(EvmEngine):
    """The contracts in this process; one also computes each posted logit itself, as for a challenge."""

    def _compare(self, expected: StateWords, epoch: int, period: int) -> None:
        super()._compare(expected, epoch, period)
        reputation, selector = self._addresses["GasReputation"], self._selectors["GasReputation", "computed"]
        for account, posted in enumerate(expected["logits"]):
            answer = int.from_bytes(self._call(reputation, selector + abi_words(account))) & 0xFFFFFF
            if answer != posted:
                raise DivergenceError(f"period {period}: logit of account {account}: {answer:#x}, posted {posted:#x}")


def trace(folder: Path, jobs: int, size: int = 1) -> Path:
    """Trace of jobs of five users, in which some periods have many and some have none."""
    path = folder / "trace.swf"
    lines = []
    for i in range(jobs):
        submitted = i * i % 997 + (400 if i * i % 997 > 600 else 0)
        seconds = size * (5 + i * 7 % 60)
        fields = [i + 1, submitted, 0, seconds, 1 + i % 4, *(-1,) * 6, i % 5, *(-1,) * 6]
        lines.append(" ".join(map(str, fields)))
    path.write_text("\n".join(lines) + "\n")
    return path


KINDS: dict[str, dict[str, Any]] = {
    "start prices that stay": {"start_gain": 0.0, "utilisation": 1.2},
    "start prices that jump": {"start_gain": 0.2, "start_target": 0.5, "utilisation": 1.2},
    "start prices that jump, and large asks": {"start_gain": 0.2, "markup": 0.3, "bad_share": 0.2},
    "bad records find nothing": {
        **{"hard_quality": True, "record_weight": 4.0, "bad_share": 0.5, "wrong_factor": 0.4, "collateral": 2.5},
        **{"utilisation": 0.5, "periods": 10},
    },
    "load counts for nothing": {"load_bonus": 0.0, "load_malus": 0.0, "record_weight": 0.0},
    "load counts for much": {"load_bonus": 1.0, "load_malus": 8.0, "utilisation": 1.2},
    **{f"preset {name}": {"preset": name, "utilisation": 1.2, "tasks_per_period": 30} for name in PRESETS},
    "high slashing": {"slashing": 1.0, "effort": 1.5, "careless": 0.5},
    "coming and going": {"leaving": 0.1, "entry": 1.0, "periods": 8, "tasks_per_period": 30},
    "overload": {"utilisation": 2.0, "operators": 6},
    "few watch": {"watch": 2, "coprocessors": 6, "utilisation": 1.0},
    "few watch, and wait": {"watch": 2, "coprocessors": 6, "utilisation": 1.0, "waiting": True, "record_weight": 0.2},
    "tasks that live for periods": {"work": 2.5, "periods": 16, "effort": 0.8},
    "evenly, without deliberation": {"deliberate": False, "mandate_weight": 0.0, "heavy_share": 0.2},
    "bursts": {"arrivals": "heavy_tailed", "stress": "burst"},
    "drift": {"drift": 0.5, "stress": "quality_drift"},
    "outage": {"stress": "outage"},
    "starting anew": {"stress": "whitewashing", "effort": 0.9, "careless": 0.1, "periods": 24},
    "trading with itself": {"stress": "wash_trading"},
    "failing together": {"stress": "correlated_failure", "utilisation": 1.0},
}


def agree(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> run.Run:
    """Run a scenario on the contracts and on the twin."""
    monkeypatch.setitem(run.ENGINES, "evm", AuditedEngine)
    chain = run.run_on(scenario, "evm")
    assert chain.summary["conserved"]
    assert chain.summary["state_digest"] == run.run_on(scenario, "twin").summary["state_digest"]
    return chain


@pytest.mark.parametrize("kind", KINDS)
def test_the_contracts_agree(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = replace(BASE, **KINDS[kind])
    found = agree(scenario, monkeypatch)
    assert found.periods["settled"].sum() > 50
    if scenario.utilisation > 1:
        assert found.periods["above_kink"].sum() > 0
        assert found.periods["unsold"].sum() > 10
    if scenario.slashing == 1:
        assert found.periods["shirked"].sum() > 50
        assert found.periods["failed"].sum() > 0
    if scenario.entry > 0:
        assert (found.world.fortune["active"][FIRST_OPERATOR:] == 0).sum() > 3
        assert found.turnover.entered > 3
    assert (found.periods["sold_later"].sum() > 0) == scenario.waiting
    if scenario.work > 0:
        assert found.periods["live"][-8:].min() > 2 * BASE.tasks_per_period
        assert found.periods["late"].sum() > 5
    if scenario.stress == "correlated_failure":
        assert found.periods["late"].max() > 5


@pytest.mark.parametrize(
    ("waves", "epoch_seconds", "played"),
    [
        *((waves, 320, waves) for waves in (1, 2, 8, 20)),
        *((waves, 1_031, played) for waves, played in ((1, 4), (64, 64))),
        *((1, 61, 1), (2, 61, 2), (3, 61, 3), (7, 127, 7), (8, 997, 17)),
    ],
)
def test_the_contracts_agree_however_a_period_is_cut(
    waves: int, epoch_seconds: int, played: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into one wave or many, and into waves of unequal length."""
    own = ContractParameters(replace(BASE.network(), epoch_seconds=epoch_seconds))
    scenario = replace(with_contracts(BASE, own, "here"), waves=waves, utilisation=1.0, periods=12)
    found = agree(scenario, monkeypatch)
    assert found.moments.waves == played
    assert found.periods["settled"].sum() > 50


def test_the_contracts_agree_where_half_of_the_hosts_cannot_take_heavy_tasks() -> None:
    """Which they never execute: not in an auction, not by a rescue."""
    scenario = replace(BASE, coprocessors=10, periods=8, utilisation=1.2, incentives=False, room_worth=False)
    digests = []
    for engine, able in ((Twin, HEAVY_COMPLEXITY), (Twin, LIGHT_COMPLEXITY), (EvmEngine, LIGHT_COMPLEXITY)):
        people = run.Run(scenario).people
        hosts = people[1].traits
        hosts["complexity"][::2], hosts["punctuality"] = able, 0.8
        executed: set[tuple[int, int]] = set()

        def note(found: run.Run, executed: set[tuple[int, int]] = executed) -> None:
            for who in ("executor", "culprit"):
                executed.update(zip(found.tasks["class_id"].tolist(), found.tasks[who].tolist(), strict=True))

        found = run.Run(scenario, watch=note, people=people)
        digests.append(found.execute(engine(scenario.network()))["state_digest"])
        weak, strong = (set(range(found.first_coprocessor + i, found.first_coprocessor + 10, 2)) for i in (0, 1))
        heavy, light = ({account for class_id, account in executed if class_id == each} for each in (HEAVY, LIGHT))
        assert bool(weak & heavy) == (able == HEAVY_COMPLEXITY)
        assert weak & light
        assert strong <= heavy
        assert found.periods["rescued"].sum() > 0
    assert digests[0] != digests[1] == digests[2]


def test_the_contracts_agree_where_the_stake_is_behind_every_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large machines lock more than the reward asks for, and a wrong result costs a share of that."""
    own = ContractParameters(replace(BASE.network(), stake_per_unit=10_000))
    scenario = replace(
        with_contracts(BASE, own, "here"), stake_share=0.02, wrong_factor=0.4, hard_quality=True, bad_share=0.3
    )
    found = agree(replace(scenario, periods=10, effort=0.5), monkeypatch)
    market, slashed = found.world.market, found.summary["slashed_total"]
    backing = market.accounts["capacity"][found.first_coprocessor :] * 10_000
    assert (backing.max() * 0.02 > found.workload.reward).any()
    assert (backing.max() * 0.02 < found.workload.reward).any()
    assert found.periods["forfeited"].sum() > 5
    assert found.periods["rescued"].sum() > 0
    assert slashed != run.run_on(replace(found.asked, stake_share=0.0)).summary["slashed_total"]
    assert slashed != run.run_on(replace(found.asked, wrong_factor=1.0)).summary["slashed_total"]


@pytest.mark.parametrize("name", ["market", "classes"])
def test_the_contracts_agree_on_a_scenario_that_comes_along(name: str) -> None:
    scenario = replace(load(name), operators=6, coprocessors=8, tasks_per_period=60, periods=6)
    twin, chain = (run.run_on(scenario, engine) for engine in ("twin", "evm"))
    assert chain.summary["state_digest"] == twin.summary["state_digest"]
    assert chain.periods["settled"].sum() > 100


def test_the_contracts_agree_on_a_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = agree(replace(BASE, workload=trace(tmp_path, 150), periods=8), monkeypatch)
    assert found.periods["opened"].min() == 0


def test_the_contracts_agree_when_slashes_cut_capacities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poor = replace(BASE, stake=1.0, collateral=0.98, utilisation=1.0, effort=0.8, careless=0.3)
    found = agree(replace(poor, workload=trace(tmp_path, 150, size=10_000), periods=8), monkeypatch)
    coprocessors = slice(found.first_coprocessor, found.first_coprocessor + BASE.coprocessors)
    assert (found.world.market.accounts["next_capacity"][coprocessors] < found.people[1].capacity).any()


def test_the_contracts_agree_when_operators_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hopeless = replace(
        BASE,
        bad_share=1.0,
        exits=True,
        deliberate=False,
        slashing=1.0,
        effort=2.0,
        careless=0.1,
        collateral=4.0,
        seed=12,
    )
    found = agree(replace(hopeless, workload=trace(tmp_path, 1_500), periods=30, utilisation=0.3), monkeypatch)
    assert found.periods["operators_active"][-1] < BASE.operators
    assert found.summary["tasks_unplaced"] > 10
