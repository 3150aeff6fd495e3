"""What stresses cost: the books balance, pairs differ by the stress alone, and the words say what the numbers do."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ballast.cli import main
from ballast.sim.known_populations import OWN, POPULATIONS
from ballast.sim.period.pool import living
from ballast.sim.run import run_on
from ballast.sim.scenario import CALM, STRESSED, Scenario
from ballast.studies import measures
from ballast.studies.stress.books import COLUMNS, PARTIES, Books, books_of
from ballast.studies.stress.study import MEASURES, Pair, StressFinding, measured, recovery, said, study
from tests.sim.period.test_play import watched

SMALL = Scenario(operators=10, coprocessors=10, periods=30, tasks_per_period=100, seed=5)
OPTIONS = ("--operators", "5", "--coprocessors", "5", "--periods", "6", "--tasks-per-period", "30", "--workers", "1")


def ballast(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner(mix_stderr=False).invoke(main, ["stress", *map(str, arguments)])


def finding_of(stress: str, seeds: int = 3, **changes: Any) -> StressFinding:
    """Look at one stress."""
    return study(replace(SMALL, **changes), seeds, [stress]).findings[0]


def column(books: Books, name: str) -> float:
    """Sum of a column over all periods."""
    return float(books.periods[:, COLUMNS.index(name)].sum())


@pytest.mark.parametrize("stress", [CALM, *STRESSED])
def test_all_gains_add_up_to_what_was_done_less_its_cost(stress: str) -> None:
    books = books_of(replace(SMALL, stress=stress, careless=0.1, entry=0.3, leaving=0.01))
    done = column(books, "settled_reward") - column(books, "cost")
    assert sum(books.gains(books.attackers).values()) == pytest.approx(done, abs=1)
    assert (books.gains(books.attackers)["attackers"] != 0) == (len(books.attackers) > 0)


def test_gains_of_participants_are_their_profits_less_entry_fees() -> None:
    run, books = run_on(SMALL), books_of(SMALL)
    profit = run.history["profit"].sum(axis=0)[4 : len(books.gain)]
    np.testing.assert_allclose(books.gain[4:], profit - int(run.world.market.rules[0]["entry_fee"]), atol=1)
    assert books.digest == run.digest.hex()


def test_without_a_ring_measures_are_those_of_sweeps() -> None:
    run, books = run_on(SMALL), books_of(SMALL)
    after = books.periods[books.steady :]
    assert measured(after) == pytest.approx({name: measures.measured(run)[name] for name in MEASURES})


def test_what_a_ring_trades_with_itself_is_no_task_and_costs_it_no_work() -> None:
    run, seen = watched(replace(SMALL, stress="wash_trading"))
    tasks = np.concatenate(seen)
    washed = tasks["class_id"] == run.scenario.wash_class
    wash, honest = tasks[washed], tasks[~washed]
    books = books_of(run.scenario)
    assert len(wash) > 0
    live = living(run.world.pool)
    live = live[live["class_id"] != run.scenario.wash_class]
    assert column(books, "ended") + len(live) == SMALL.periods * SMALL.tasks_per_period
    assert column(books, "ended") >= len(honest) >= column(books, "executed") > column(books, "faulted") > 0
    assert column(books, "ended_reward") >= honest["reward"].sum()
    assert column(books, "settled_reward") == honest["reward"][honest["outcome"] == 1].sum()
    assert np.isin(wash["executor"][wash["executor"] > 0], books.attackers).all()
    assert not wash["late"].any()
    assert not wash["wrong"].any()
    spent = sum(run.world.fortune["spent"])
    assert spent == pytest.approx(column(books, "cost"))
    assert not ((honest["executor"] > 0) & (honest["price"] == 0)).any()


@pytest.mark.parametrize("stress", ["burst", "wash_trading"])
def test_tasks_that_a_stress_adds_change_nobody(stress: str) -> None:
    stressed, calm = (run_on(replace(SMALL, stress=name)) for name in (stress, CALM))
    for ours, theirs in zip(stressed.people, calm.people, strict=True):
        np.testing.assert_array_equal(ours.capacity, theirs.capacity)
        np.testing.assert_array_equal(ours.funds, theirs.funds)


def test_a_stress_without_effect_gives_zero() -> None:
    # Effort costs more than anything to be won by it: nobody makes any, and who shirks on purpose does as all do.
    finding = finding_of("shirking", effort=2.0)
    for party in PARTIES:
        assert finding.moved(party).mean == 0
    for name in MEASURES:
        assert finding.estimates(name)[2].mean == 0
    assert finding.earned()[2].mean == 0
    assert "whether the attack pays cannot be told" in said(finding)


def test_who_shirks_where_slashes_hurt_loses_by_it() -> None:
    finding = finding_of("shirking", 8, careless=0.1, slashing=0.5)
    assert finding.earned()[2].sign == -1
    assert finding.more().mean < 0
    assert said(finding).startswith("shirking: the attack does not pay: each of 2 attackers earns ")
    # Who is late so often soon asks too much to win: most of the faults come before the measures begin.
    stressed, calm = (
        np.sum([books.periods for books in side], axis=0)
        for side in zip(*((pair.stressed, pair.calm) for pair in finding.pairs), strict=True)
    )
    assert measured(stressed[:10])["faults"] > 1.5 * measured(calm[:10])["faults"]


def test_an_attack_that_pays_is_said_to() -> None:
    calm = replace(books_with([100] * 30, [10] * 30), gain=np.array([0.0, 0, 0, 0, 40, 50, 50]), first_entrant=7)
    calm.periods[:, COLUMNS.index("ended_reward")] = 10
    pairs = []
    for more in (4.0, 5.0, 6.0):
        # An account that came later is the ring's too, and no other member of it.
        gain = np.array([0.0, 0, 0, 0, 40 - more, 50, 50 + more, 7.0])
        pairs.append(Pair("whitewashing", replace(calm, gain=gain, attackers=np.array([6, 7])), calm))
    finding = StressFinding("whitewashing", pairs)
    assert finding.members == 1
    assert finding.earned()[2].mean == 12
    assert finding.more().mean == pytest.approx(12 / 50)
    assert finding.moved("operators").mean == pytest.approx(-5 / 300)
    assert finding.moved("coprocessors").mean == 0
    assert "the attack pays: each of 1 attackers earns 12 ± 2 token units more than without it (+24.00%" in said(
        finding
    )
    assert "others that lose, of all rewards: operators 1.67% ± 0.83" in said(finding)


def test_a_whitewasher_pays_for_every_account() -> None:
    shirking, washing = (finding_of(name, careless=0.05, periods=40) for name in ("shirking", "whitewashing"))
    books = washing.pairs[0].stressed
    assert len(books.attackers) > washing.members == shirking.members == 2
    fee = 2 * SMALL.network().entry_fee
    opened = len(books.gain) - len(shirking.pairs[0].stressed.gain)
    assert opened == len(books.attackers) - 2
    assert washing.pairs[0].gains()[0]["burned"] >= fee / 2 * (opened + len(shirking.pairs[0].stressed.gain) - 2)


def test_a_network_loses_by_an_outage_and_recovers() -> None:
    finding = finding_of("outage", 8, utilisation=1.5)
    assert finding.estimates("served")[2].sign == -1
    assert "the network loses" in said(finding)
    assert finding.members == 0
    assert finding.pairs[0].span == slice(10, 20)
    assert finding.to_json()["recovered_after"] is not None


def test_pairs_are_alike_until_the_stress_begins() -> None:
    pair = finding_of("quality_drift").pairs[0]
    np.testing.assert_array_equal(pair.stressed.periods[:10], pair.calm.periods[:10])
    assert (pair.stressed.periods[10:] != pair.calm.periods[10:]).any()


def books_with(settled: list[int], faulted: list[int]) -> Books:
    """Books of 100 tasks a period, of which some were settled and some late or wrong."""
    periods = np.zeros((len(settled), len(COLUMNS)))
    periods[:, [COLUMNS.index("ended"), COLUMNS.index("executed")]] = 100
    periods[:, COLUMNS.index("settled")], periods[:, COLUMNS.index("faulted")] = settled, faulted
    return Books(np.zeros(6), np.zeros(0, dtype=np.int64), 5, 6, periods, "", 0)


@pytest.mark.parametrize(
    ("stress", "settled", "faulted", "periods"),
    [
        ("outage", [100] * 10 + [50] * 10 + [100] * 10, [10] * 30, 0),
        ("outage", [100] * 10 + [50] * 12 + [100] * 8, [10] * 30, 1),  # one bad period of five is within a tenth
        ("outage", [100] * 20 + [89] * 10, [10] * 30, None),
        ("quality_drift", [100] * 30, [10] * 10 + [20] * 10 + [10] * 10, 10),
        ("quality_drift", [100] * 30, [10] * 10 + [20] * 20, None),
    ],
)
def test_recovery_is_counted_from_the_end_or_from_what_stays(
    stress: str, settled: list[int], faulted: list[int], periods: int | None
) -> None:
    pair = Pair(stress, books_with(settled, faulted), books_with([100] * 30, [10] * 30))
    assert recovery([pair]) == periods


def test_everything_is_written_and_printed(tmp_path: Path) -> None:
    result = ballast(*OPTIONS, "--seeds", 2, "--stress", "collusion,burst", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    lines = [line.split(":")[0] for line in result.stdout.splitlines() if "welfare " in line and "instead of" in line]
    assert lines == ["burst", "collusion"] * len(POPULATIONS)
    written = json.loads((tmp_path / "out" / "stress.json").read_text())
    assert list(written) == list(POPULATIONS)
    with (tmp_path / "out" / "stress.csv").open() as stream:
        rows = {(row["population"], row["stress"], row["what"]): row for row in csv.DictReader(stream)}
    assert len(rows) == len(POPULATIONS) * (2 * (len(MEASURES) + len(PARTIES)) + 1)
    again = json.loads(ballast(*OPTIONS, "--seeds", 2, "--stress", "collusion,burst", "--json").stdout)
    for population, found in written.items():
        assert f"population {population}: 2 seeds from 1001 on, 6 periods" in result.stdout
        assert list(found["stresses"]) == ["burst", "collusion"]
        assert found["seeds"] == [1_001, 1_002]
        assert found["parameters"].items() >= POPULATIONS[population].fields.items()
        difference = found["stresses"]["collusion"]["earned_each"]["difference"]["mean"]
        assert float(rows[population, "collusion", "earned_each"]["difference"]) == pytest.approx(difference)
        assert again[population] | {"date": ""} == found | {"date": ""}
        assert found["scenario"]["name"] == "market"
        assert {"seed", "versions"} <= found.keys()


def test_a_scenario_with_a_stress_is_looked_at_under_this_one(tmp_path: Path) -> None:
    """And with its own people, if it has some."""
    (tmp_path / "s.toml").write_text('[ours]\nstress = "outage"\nbad_share = 0.4\n')
    result = ballast("--scenario", tmp_path / "s.toml", *OPTIONS, "--seeds", 2, "--json")
    found = json.loads(result.stdout)
    assert list(found) == [OWN]
    assert list(found[OWN]["stresses"]) == ["outage"]
    assert found[OWN]["parameters"]["bad_share"] == 0.4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--stress", "flood"], "--stress has 'flood': give some of burst, outage"),
        (["--stress", "none"], "--stress has 'none'"),
        (["--stress", ""], "--stress has ''"),
        (["--seeds", "1"], "--seeds is 1"),
        (["--population", "martians"], "--population has 'martians': give some of uniform, mixed"),
        (["--utilisation", "0"], "--utilisation is 0.0"),
        (["--scenario", "nowhere"], "scenario nowhere is unknown"),
        (["--out", "."], "--out . exists"),
    ],
)
def test_bad_arguments_end_in_one_line(arguments: list[str], message: str) -> None:
    result = ballast(*arguments)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert message in result.stderr
