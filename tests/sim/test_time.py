"""Time that flows: nobody's number matters, nor how tasks are cut into periods, and the load is the one asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import spearmanr

import ballast
from ballast.model.parameters import ContractParameters
from ballast.sim.market.steps import SETTLED
from ballast.sim.population import Population
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import ALLOCATIONS, Scenario, with_contracts
from ballast.sim.state import FIRST_OPERATOR

N = 20
BASE = Scenario(operators=N, coprocessors=N, periods=24, tasks_per_period=200)
SEEDS = 30


def log(folder: Path) -> Path:
    """Write a log as they are: users are numbered as they appear, and the first ask for most."""
    path = folder / "log.csv"
    users = [min(i * i % 997 // 7 % 40, i * 31 % 40) for i in range(4_000)]
    rows = [f"{i},{10 + i * 17 % 400},{user}" for i, user in enumerate(users)]
    path.write_text("\n".join(["submit,duration,user", *rows]) + "\n")
    return path


def alike(people: tuple[Population, Population]) -> tuple[Population, Population]:
    """Give all of a kind what the first of them has, so that they are equals whenever they have the same load."""
    for group in people:
        for column in (group.traits, group.capacity, group.funds):
            column[:] = column[0]
    return people


KINDS: dict[str, dict[str, Any]] = {
    "a market": {},
    "one in which few watch": {"watch": 3},
    "one whose hosts fail together": {"stress": "correlated_failure"},
    "a log": {"workload": Path("log.csv")},
    **{
        f"equals under {rule}": {"allocation": rule, "tasks_per_period": 40, "utilisation": 0.3} for rule in ALLOCATIONS
    },
}


def of_a_run(seed: int, kind: str, folder: Path) -> dict[str, float]:
    """Rank correlations of participants' numbers with how they fare."""
    change = KINDS[kind] | ({"workload": log(folder)} if "workload" in KINDS[kind] else {})
    scenario = replace(BASE, seed=seed, **change)
    sums = np.zeros((4, N))

    def watch(run: Run) -> None:
        sold = run.tasks[(run.tasks["own"] == 0) & (run.tasks["outcome"] == SETTLED)]
        row = sold["operator"] - FIRST_OPERATOR
        for place, weights in enumerate((None, sold["rising"], sold["price"], sold["reward"])):
            sums[place] += np.bincount(row, weights, minlength=N)

    people = alike(Run(scenario).people) if kind.startswith("equals") else None
    run = run_on(scenario, watch=watch, people=people)
    auctioned, again, paid, worth = sums
    found: dict[str, Any] = {"price": paid / worth, "second chances": again / auctioned}
    for group, first in (("operators", FIRST_OPERATOR), ("coprocessors", run.first_coprocessor)):
        those = slice(first, first + N)
        fortune = run.world.fortune[those]
        found[f"{group}' income"] = fortune["income"] - fortune["slashed"]
        found[f"{group}' load"] = run.history["load"][:, those].mean(axis=0)
        found[f"{group}' reputation"] = run.world.market.accounts["reputation"][those]
    varied = {name: values for name, values in found.items() if np.ptp(values) > 0}
    return dict.fromkeys(found, 0.0) | {
        name: float(spearmanr(np.arange(N), values).statistic) for name, values in varied.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_goes_with_a_participants_number(kind: str, tmp_path: Path) -> None:
    """Over thirty seeds no mean rank correlation is further from 0 than three and a half of its standard errors."""
    runs = [of_a_run(seed, kind, tmp_path) for seed in range(100, 100 + SEEDS)]
    for name in runs[0]:
        values = np.array([run[name] for run in runs])
        assert abs(values.mean()) <= 3.5 * values.std(ddof=1) / np.sqrt(SEEDS), name


Order = npt.NDArray[np.int64]


def renumbered(seed: int, rule: str, operators: Order, coprocessors: Order) -> Run:
    """Run a market with its participants in other orders, in which nobody is late or wrong."""
    scenario = replace(BASE, periods=10, seed=seed, allocation=rule, exits=True, overload=0.0)
    rng = np.random.default_rng(seed)
    size = rng.integers(100_000, 1_000_000, 1_000)
    tasks = ballast.workload(np.arange(1_000) // 100, size, operator=rng.integers(0, N, 1_000))
    people = ballast.population(scenario, workload=tasks)
    for group in people:
        group.traits["punctuality"] = group.traits["careless"] = group.traits["quality"] = 1
    first, second = (
        replace(group, traits=group.traits[order], capacity=group.capacity[order], funds=group.funds[order])
        for group, order in zip(people, (operators, coprocessors), strict=True)
    )
    return run_on(
        scenario, workload=replace(tasks, operator=np.argsort(operators)[tasks.operator]), people=(first, second)
    )


@pytest.mark.parametrize(("rule", "least"), [("dutch", 9), ("second_price", 10), ("shortest_queue", 4)])
def test_permuting_the_numbers_of_participants_permutes_the_results(rule: str, least: int) -> None:
    """To the token unit, as long as nothing is drawn among participants.

    Who looks at a late task is drawn, so nobody is late here. Among equals a hash of the number decides, or an order
    that is drawn, so a market in ten may differ, where loads in basis points are equal; by the shortest queue, where
    nothing else decides, half of them. With everything that is drawn, the test above holds on average.
    """
    same = 0
    for seed in range(10):
        orders = [np.random.default_rng(seed + 50).permutation(N), np.random.default_rng(seed + 90).permutation(N)]
        one, other = renumbered(seed, rule, np.arange(N), np.arange(N)), renumbered(seed, rule, *orders)
        assert one.periods["sold_early"].sum() + one.periods["sold_again"].sum() > 200
        accounts, others = (run.world.market.accounts for run in (one, other))
        same += all(
            accounts[first : first + N][order].tolist() == others[first : first + N].tolist()
            for first, order in zip((FIRST_OPERATOR, one.first_coprocessor), orders, strict=True)
        )
    assert same >= least


def in_units(seed: int, money: int = 1, work: int = 1) -> list[tuple[int, ...]]:
    """List the ends of all tasks of a market that counts in other units of money or of work; prices in the first unit.

    Rewards are so round that no price, no collateral and no fee is rounded.
    """
    scenario = replace(BASE, periods=10, seed=seed)
    rng = np.random.default_rng(seed)
    size = np.rint(rng.lognormal(4.5, 0.5, 1_000)).astype(np.int64)
    reward = 10_000_000 * (1 + size // 30)
    period, heavy = np.arange(1_000) // 100, rng.random(1_000) < 0.6
    people = ballast.population(scenario, workload=ballast.workload(period, size, reward, heavy))
    own = replace(
        scenario.network(),
        fee=100_000,
        entry_fee=money * 1_000_000,
        stake_per_unit=money * 100 // work,
        fee_per_unit=money * 10 // work,
        filter=replace(scenario.network().filter, n0=money * scenario.network().filter.n0),
    )
    scenario = with_contracts(scenario, ContractParameters(own), "here")
    first, second = (replace(group, capacity=work * group.capacity, funds=money * group.funds) for group in people)
    seen: list[tuple[int, ...]] = []

    def watch(run: Run) -> None:
        names = ("number", "executor", "culprit", "outcome", "step", "x", "price")
        seen.extend(
            zip(*(run.tasks[name].tolist() for name in names[:-1]), (run.tasks["price"] / money).tolist(), strict=True)
        )

    run_on(
        scenario,
        workload=ballast.workload(period, work * size, money * reward, heavy),
        people=(first, second),
        watch=watch,
    )
    return seen


@pytest.mark.parametrize("unit", ["money", "work"])
def test_the_unit_in_which_money_or_work_is_counted_does_not_matter(unit: str) -> None:
    for seed in (1, 2, 3):
        plain, other = in_units(seed), in_units(seed, **{unit: 10})
        assert len(plain) > 800
        assert [task[:-1] for task in plain] == [task[:-1] for task in other]
        # where a discount gives way in the last call a price is an ask, which counts rewards that are rounded
        assert [task[-1] for task in plain] == pytest.approx([task[-1] for task in other], rel=3e-6)


@cache
def outcome(seeds: tuple[int, ...], **changes: Any) -> dict[str, float]:
    """Find what comes of a market after its first third, as means over seeds."""
    rows = []
    for seed in seeds:
        run = run_on(replace(Scenario(operators=40, coprocessors=40, seed=seed), **changes))
        after = run.periods[len(run.periods) // 3 :]
        rows.append(
            {
                "price": after["auctioned_price"].sum() / after["auctioned_reward"].sum(),
                "settled": after["settled"].sum() / after["opened"].sum(),
                "jain": after["load_jain"].mean() / 1.0,
                "utilisation": after["capacity_used"].mean(),
                "welfare": (after["settled_reward"].sum() - after["cost"].sum()) / after["settled_reward"].sum(),
            }
        )
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def test_the_same_tasks_cut_into_other_periods_have_the_same_outcome() -> None:
    few = outcome((1, 2, 3), periods=30, tasks_per_period=400)
    many = outcome((1, 2, 3), periods=300, tasks_per_period=40)
    for name, value in few.items():
        assert many[name] == pytest.approx(value, abs=0.05), name


def test_from_fifty_participants_of_a_kind_on_their_number_does_not_matter() -> None:
    """Neither below nor above the number that sees one auction."""
    few, *more = (
        outcome((1, 2, 3, 4), operators=n, coprocessors=n, periods=30, tasks_per_period=10 * n) for n in (50, 100, 200)
    )
    for many in more:
        for name, value in few.items():
            assert many[name] == pytest.approx(value, abs=0.02 if name != "welfare" else 0.04), name


@pytest.mark.parametrize("asked", [0.3, 0.5, 0.75])
def test_the_utilisation_asked_for_is_the_one_that_comes_out(asked: float) -> None:
    assert outcome((1, 2, 3), periods=30, tasks_per_period=400, utilisation=asked)["utilisation"] == pytest.approx(
        asked, rel=0.08
    )


def test_no_period_begins_idle() -> None:
    """After the start the load of every period is near that of all."""
    run = run_on(Scenario(seed=5))
    load = run.periods["capacity_used"][run.summary["start_up"] :]
    assert load.min() > 0.9 * load.mean()
    assert (run.periods["live"][run.summary["start_up"] :] > 0).all()
