"""Tasks that differ: classes with terms, rewards and risks of their own, specialists, and records brought along."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ballast.errors import DivergenceError, ParameterError, WorkloadError
from ballast.model.constants import PPM
from ballast.model.fixed_point import sigmoid
from ballast.model.parameters import ClassParameters, ContractParameters
from ballast.sim import checkpoint
from ballast.sim.engines import TWIN
from ballast.sim.engines.engine import Business
from ballast.sim.engines.evm import EvmEngine
from ballast.sim.engines.twin import Twin
from ballast.sim.given import workload
from ballast.sim.kinds import MAX_KINDS, TERMS, WITHOUT_EFFECT, TaskKind, kinds_of
from ballast.sim.library import population, simulate
from ballast.sim.market.records import CLASS
from ballast.sim.market.steps import EXPIRED, FORFEITED, SETTLED
from ballast.sim.pace import SLACK, fitted, gap_of, held, pace_of, start_up
from ballast.sim.period.behaviour import COST_ELSEWHERE, FORTUNE, SPECIAL_COST, TRAITS, dearness, own_benefit
from ballast.sim.period.beliefs import (
    LEAST,
    SPECIAL_WRONG,
    TYPICAL,
    conclude,
    expected_in_class,
    first_beliefs,
    own_fault,
    right_in_class,
)
from ballast.sim.population import by_need, draw_people, needed_levels
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import HEAVY, HEAVY_COMPLEXITY, LIGHT, Scenario, from_table, load, of_table
from ballast.sim.state import FIRST_OPERATOR
from ballast.sim.stresses import stress_named
from ballast.sim.summary import BY_CLASS
from ballast.sim.workload import UNIT_REWARD, workload_of
from ballast.sim.workload.synthetic import MEAN_DIFFICULTY, synthetic

SHIPPED = load("classes")
SHORT = replace(SHIPPED, periods=12)
KINDS = SHIPPED.classes
BASE = Scenario(operators=50, coprocessors=50, tasks_per_period=500)


def changed(number: int, **changes: Any) -> Scenario:
    """Short scenario one of whose classes is another."""
    kinds = [replace(kind, **changes) if i == number else kind for i, kind in enumerate(KINDS)]
    return replace(SHORT, classes=tuple(kinds))


# What the scenario covers


def test_all_that_a_class_may_have_is_off_its_default_in_the_scenario_that_is_shipped() -> None:
    default, usual = ClassParameters(), SHIPPED.task_class()
    assert set(TERMS) | set(WITHOUT_EFFECT) == {f.name for f in fields(ClassParameters)}
    # a share of a stake has no effect without more stake behind a unit: test_agreement.py has that
    for name in set(TERMS) - {"stake_share"}:
        given = [getattr(kind, name) for kind in KINDS if getattr(kind, name) is not None]
        assert set(given) - {getattr(default, name), getattr(usual, name)}, name
    for name in ("difficulty", "reward", "reward_power", "slack"):
        assert {getattr(kind, name) for kind in KINDS} - {getattr(TaskKind, name)}, name
    for name in ("specialists", "records", "records_spread", "classes"):
        assert getattr(SHIPPED, name) != getattr(Scenario, name)
    assert len(KINDS) == 5
    assert sum(kind.share for kind in KINDS) < 1


@pytest.fixture(scope="module")
def digest() -> str:
    """Of the scenario that is shipped, in its first periods."""
    return str(run_on(SHORT).summary["state_digest"])


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (i, f.name)
        for i, kind in enumerate(KINDS)
        for f in fields(TaskKind)
        if f.name not in ("name", "share", "min_reward") and getattr(kind, f.name) not in (None, f.default)
    ],
)
def test_each_of_it_has_an_effect(number: int, name: str, digest: str) -> None:
    """But for the smallest reward, which refuses tasks."""
    default = 940_000 if name == "start" else next(f.default for f in fields(TaskKind) if f.name == name)
    assert run_on(changed(number, **{name: default})).summary["state_digest"] != digest


@pytest.mark.parametrize("name", ["specialists", "records", "records_spread"])
def test_specialists_and_records_have_an_effect(name: str, digest: str) -> None:
    without = {name: 0.0} | ({"records_spread": 0.0} if name == "records" else {})
    assert run_on(replace(SHORT, **without)).summary["state_digest"] != digest  # type: ignore[arg-type]


def test_other_terms_have_none() -> None:
    terms = replace(
        SHORT.task_class(),
        audit_share=1_000,
        comparator=2,
        tolerance=3,
        adjudicator="0x" + "11" * 20,
        submit_seconds=905,
    )
    assert {name for name in WITHOUT_EFFECT if getattr(terms, name) != getattr(ClassParameters(), name)} == set(
        WITHOUT_EFFECT
    )
    same = replace(terms, **{name: getattr(ClassParameters(), name) for name in WITHOUT_EFFECT})
    both = (simulate(SHORT, parameters=ContractParameters(SHORT.network(), each)).summary for each in (terms, same))
    first, second = (summary["state_digest"] for summary in both)
    assert first == second


def test_rewards_below_the_smallest_of_a_class_are_refused() -> None:
    with pytest.raises(WorkloadError, match=r"and its class asks for at least 1000000: give more reward"):
        run_on(changed(0, min_reward=1_000_000))


# On the contracts


@pytest.mark.parametrize("stress", ["none", "wash_trading"])
def test_the_contracts_agree(stress: str) -> None:
    """With a class for each kind of tasks; that of a ring comes last."""
    scenario = replace(SHORT, stress=stress, periods=10)
    chain, twin = (run_on(scenario, engine) for engine in ("evm", TWIN))
    assert chain.summary["state_digest"] == twin.summary["state_digest"]
    assert chain.summary["classes"] == twin.summary["classes"]
    names = ["light", "heavy", *(kind.name for kind in KINDS), *(["wash"] if stress == "wash_trading" else [])]
    assert list(chain.summary["classes"]) == names
    assert all(counts["settled"] > 5 for counts in chain.summary["classes"].values())
    assert chain.summary["tasks_rescued"] > 0


class Harsher(EvmEngine):
    """Contracts one of whose classes slashes more than the model knows."""

    def set_up(self, business: Business, /) -> None:
        """Register it with twice the slash factor."""
        terms = business.offers[-1].terms
        harsher = replace(terms, slash_factor=2 * terms.slash_factor)
        offers = [*business.offers[:-1], business.offers[-1]._replace(terms=harsher)]
        super().set_up(replace(business, offers=offers))


def test_a_term_that_the_contracts_do_not_have_is_noticed() -> None:
    engine = Harsher(SHORT.network())
    try:
        with pytest.raises(DivergenceError, match="balances of account"):
            Run(SHORT).execute(engine)
    finally:
        engine.close()


# Tasks


def test_tasks_are_of_the_classes_as_their_shares_say() -> None:
    scenario = replace(SHIPPED, tasks_per_period=4_000)
    tasks = workload_of(scenario, np.random.default_rng(1))
    numbers = tasks.class_numbers(scenario.wash_class)
    for number, kind in enumerate(KINDS, HEAVY + 1):
        own = numbers == number
        assert own.mean() == pytest.approx(kind.share, rel=0.03)
        assert tasks.heavy[own].all() == kind.heavy
        mean = kind.difficulty * MEAN_DIFFICULTY
        assert tasks.difficulty[own].mean() == pytest.approx(mean, rel=0.02)
        pay = tasks.reward[own] / (
            UNIT_REWARD * kind.reward * mean * (tasks.difficulty[own] / mean) ** kind.reward_power
        )
        assert 0.89 < pay.min() < 0.91
        assert 1.09 < pay.max() < 1.11
    left = 1 - sum(kind.share for kind in KINDS)
    assert (numbers == HEAVY).mean() == pytest.approx(0.6 * left, rel=0.03)
    assert (numbers == LIGHT).mean() == pytest.approx(0.4 * left, rel=0.03)


def test_without_classes_tasks_are_what_they_were() -> None:
    """The same draws: where shares are tiny, all other tasks are the same."""
    plain = synthetic(BASE, np.random.default_rng(1))
    tiny = replace(BASE, classes=(TaskKind("rare", 0.000001, difficulty=3.0),))
    some = synthetic(tiny, np.random.default_rng(1))
    for name in ("difficulty", "reward", "heavy", "kind"):
        assert np.array_equal(getattr(plain, name), getattr(some, name))


def test_hard_tasks_and_bursts_bring_the_classes_too() -> None:
    for stress in ("hard_tasks", "burst", "double_demand", "bursty"):
        scenario = replace(SHIPPED, stress=stress, periods=30, tasks_per_period=2_000)
        demand = workload_of(scenario, np.random.default_rng(1))
        came = stress_named(stress)(scenario, np.random.default_rng(2)).workload(demand)
        inside = (came.period >= 10) & (came.period < 20)
        counts = np.bincount(came.kind[inside], minlength=6) / inside.sum()
        if stress == "hard_tasks":
            assert came.heavy[inside].mean() == pytest.approx(0.9, abs=0.001)
            assert counts[2:] == pytest.approx([kind.share * 0.9 / 0.77 for kind in KINDS[1:]], rel=0.06)
        else:
            assert counts[1:] == pytest.approx([kind.share for kind in KINDS], rel=0.08)


# Time and capacity


def test_a_class_has_the_time_that_its_own_largest_task_needs() -> None:
    tasks = workload_of(SHIPPED, np.random.default_rng(1))
    ready, pace, gap = fitted(SHIPPED, tasks), pace_of(SHIPPED, tasks), gap_of(SHIPPED)
    for number, kind in enumerate(ready.classes, 1):
        largest = tasks.difficulty[tasks.kind == number].max()
        needed = int(np.ceil((kind.slack or SLACK) * pace * np.sqrt(float(largest)))) + 2 * gap
        assert kind.submit_seconds == (needed if KINDS[number - 1].submit_seconds is None else 900)
    largest = tasks.difficulty[tasks.kind == 0].max()
    assert ready.submit_seconds == int(np.ceil(SLACK * pace * np.sqrt(float(largest)))) + 2 * gap
    assert (fitted(ready, tasks), pace_of(ready, tasks)) == (ready, pace)
    assert start_up(ready) == -(-max(kind.submit_seconds or 0 for kind in ready.classes) // 320)


def test_work_is_faster_where_a_class_has_less_time() -> None:
    tasks = workload_of(SHIPPED, np.random.default_rng(1))
    hurried = changed(2, submit_seconds=500)
    pace, largest = pace_of(hurried, tasks), float(tasks.difficulty[tasks.kind == 3].max())
    assert pace == pytest.approx((500 - 80) / (2.0 * np.sqrt(largest)))
    assert pace < pace_of(SHIPPED, tasks)
    with pytest.raises(ParameterError) as caught:
        run_on(replace(hurried, work=3.0))
    assert "the result of the largest task of class training may take" in str(caught.value)
    assert "and has 500: give less work, or submit_seconds of" in str(caught.value)


def test_capacity_is_as_able_as_the_load_asks_for() -> None:
    """Of each complexity, and all that is above it, there is as much as of the load that asks for it."""
    scenario = replace(SHIPPED, coprocessors=400, tasks_per_period=8_000, operators=50)
    tasks = workload_of(scenario, np.random.default_rng(1))
    _, people = draw_people(scenario, tasks, np.random.default_rng(2))
    asked = np.array([terms.complexity for terms in scenario.class_terms().values()])
    asked_of = asked[tasks.class_numbers(scenario.wash_class) - 1]
    able, capacity = people.traits["complexity"], people.capacity
    assert set(able.tolist()) == {4, 6, 8, 10, 12}
    assert held(scenario, tasks, tasks.heavy) / capacity.sum() == pytest.approx(scenario.utilisation, rel=0.001)
    for level in (6, 8, 10, 12):
        use = held(scenario, tasks, asked_of >= level) / capacity[able >= level].sum()
        assert use == pytest.approx(scenario.utilisation, rel=0.05)
    assert able[np.argmax(capacity)] == 12
    assert able[capacity == capacity.max()].max() == 12


def test_the_largest_is_the_most_able_even_if_hardly_anything_asks_for_it() -> None:
    levels, capacity = np.array([2, 5]), np.array([10, 99, 10])
    found = by_need(levels, np.array([1.0, 0.0]), capacity, np.random.default_rng(1))
    assert found.tolist() == [2, 5, 2]


def test_without_classes_all_are_able() -> None:
    tasks = workload_of(BASE, np.random.default_rng(1))
    levels, shares = needed_levels(BASE, tasks)
    assert (levels.tolist(), shares.tolist()) == ([HEAVY_COMPLEXITY], [1.0])


def test_the_utilisation_asked_for_comes_out() -> None:
    found = run_on(SHIPPED)
    assert found.summary["capacity_used"] == pytest.approx(SHIPPED.utilisation, rel=0.15)


def test_who_cannot_do_a_class_never_executes_its_tasks() -> None:
    executed: list[Any] = []

    def watch(run: Run) -> None:
        executed.append(run.tasks[run.tasks["executor"] > 0].copy())

    run = run_on(SHORT, watch=watch)
    tasks = np.concatenate(executed)
    asked = np.array([0, *(terms.complexity for terms in SHORT.class_terms().values())])
    assert (run.world.traits["complexity"][tasks["executor"]] >= asked[tasks["class_id"]]).all()
    assert (run.world.traits["complexity"][run.first_coprocessor :][: SHORT.coprocessors] < asked.max()).any()


# Risk


RISKY = replace(
    BASE,
    periods=200,
    classes=(
        TaskKind("safe", 0.3),
        TaskKind("risky", 0.3, risk=100_000),
        TaskKind("hard", 0.2, complexity=14, risk=30_000),
    ),
)


def sold(scenario: Scenario, first: int) -> Any:
    """Tasks that were sold in an auction and ended from a period on."""
    seen: list[Any] = []

    def watch(run: Run) -> None:
        if run.done >= first:
            seen.append(run.tasks[(run.tasks["own"] == 0) & (run.tasks["outcome"] != EXPIRED)].copy())

    run_on(scenario, watch=watch)
    return np.concatenate(seen)


def test_a_class_goes_wrong_as_often_as_its_risk_says_whoever_does_it() -> None:
    """Where nobody is ever wrong by itself."""
    scenario = replace(RISKY, periods=60)
    people = Run(scenario).people
    for group in people:
        group.traits["quality"] = 1.0
    ended: list[Any] = []
    run = Run(scenario, watch=lambda r: ended.append(r.tasks.copy()), people=people)
    run.execute(Twin(scenario.network()))
    tasks = np.concatenate(ended)
    tasks = tasks[(tasks["outcome"] == SETTLED) | (tasks["outcome"] == FORFEITED)]
    for number, risk in enumerate((0.0, 0.0, 0.0, 0.1, 0.03), LIGHT):
        wrong = tasks["wrong"][tasks["class_id"] == number]
        assert len(wrong) > 1_000
        assert abs(wrong.mean() - risk) <= 4 * np.sqrt(risk * (1 - risk) / len(wrong))


@pytest.mark.parametrize("bad_share", [0.0, 0.2])
def test_by_class_and_quintile_as_many_succeed_as_was_believed(bad_share: float) -> None:
    tasks = np.concatenate([sold(replace(RISKY, seed=seed, bad_share=bad_share), 100) for seed in (101, 102)])
    good = (tasks["outcome"] == SETTLED) & (tasks["late"] == 0)
    believed = tasks["chance"] / 1e6
    means = []
    for number in range(HEAVY, RISKY.wash_class):
        own = np.flatnonzero(tasks["class_id"] == number)
        means.append(believed[own].mean())
        for fifth in np.array_split(own[np.argsort(believed[own], kind="stable")], 5):
            error = np.sqrt(good[fifth].var() / len(fifth))
            assert abs(good[fifth].mean() - believed[fifth].mean()) < 0.01 + 3 * error
    assert means[1] - means[2] == pytest.approx(0.1, abs=0.025)


def test_beliefs_of_a_class_begin_with_its_risk() -> None:
    beliefs = first_beliefs(3, [0.0, 0.2])
    for _ in range(2):
        assert beliefs["success"][1] == pytest.approx([TYPICAL, 1.0, 0.0])
        assert beliefs["success"][2] == pytest.approx([0.8 * TYPICAL, 0.8, 0.0])
        assert beliefs["success"][3] == pytest.approx([TYPICAL, 1.0, 0.0])
        conclude(beliefs)  # nothing was seen


def test_a_class_of_a_parameter_file_has_its_risk_too() -> None:
    small = replace(BASE, periods=12)
    counts = []
    for risk in (0, 300_000):
        terms = replace(small.task_class(), risk=risk, submit_seconds=1_200)
        counts.append(simulate(small, parameters=ContractParameters(small.network(), terms)).summary["tasks_forfeited"])
    assert counts[1] > 3 * counts[0]


def someone(**traits: float) -> Any:
    """Participant with some traits."""
    who = np.zeros(1, TRAITS)
    for name, value in traits.items():
        who[name] = value
    return who[0]


def of_class(number: int, **terms: int) -> Any:
    """Class with some terms."""
    record = np.zeros(1, CLASS)
    record["number"] = number
    for name, value in terms.items():
        record[name] = value
    return record[0]


@pytest.mark.parametrize(("special", "risk"), [(0, 0), (0, 250_000), (4, 0), (4, 250_000), (5, 250_000)])
def test_what_one_learns_of_oneself_is_free_of_class_and_risk(special: int, risk: int) -> None:
    """On average an outcome says how often one is wrong elsewhere; and what follows from that is what is expected."""
    who, task_class, wrong = someone(special=special), of_class(4, risk=risk), 0.1
    right = right_in_class(1 - wrong, who, task_class)
    assert right == pytest.approx((1 - wrong * (SPECIAL_WRONG if special == 4 else 1)) * (1 - risk / PPM))
    mean = right * own_fault(0.0, who, task_class) + (1 - right) * own_fault(1.0, who, task_class)
    assert mean == pytest.approx(wrong)
    fares = np.zeros(1, FORTUNE)
    fares["late_rate"], fares["wrong_rate"] = 0.2, wrong
    assert expected_in_class(fares[0], 0.05, who, task_class) == pytest.approx((0.75, right))
    assert expected_in_class(fares[0], 0.0, who, of_class(4, risk=PPM))[1] == LEAST


# Costs and specialists


@pytest.mark.parametrize(
    ("special", "dearer", "times"),
    [(0, 0, 1.0), (4, 0, SPECIAL_COST), (5, 0, COST_ELSEWHERE), (0, -200_000, 0.8), (4, 250_000, 1.25 * SPECIAL_COST)],
)
def test_work_costs_as_class_and_specialty_say(special: int, dearer: int, times: float) -> None:
    who, task_class = someone(special=special), of_class(4, dearer=dearer)
    assert dearness(who, task_class) == pytest.approx(times)


def test_a_larger_reward_makes_work_cheaper_by_as_much() -> None:
    for reward, dearer in ((1.0, 0), (1.25, -200_000), (0.5, PPM), (2.0, -500_000)):
        assert TaskKind("any", 0.1, reward=reward).dearer == dearer


def test_specialists_do_more_of_their_class_and_are_right_more_often() -> None:
    scenario = replace(RISKY, periods=60, specialists=0.5, seed=6)
    ended: list[Any] = []
    run = run_on(scenario, watch=lambda r: ended.append(r.tasks.copy()))
    tasks = np.concatenate(ended)
    tasks = tasks[(tasks["own"] == 0) & np.isin(tasks["outcome"], (SETTLED, FORFEITED))]
    special = run.world.traits["special"]
    assert (special[run.first_coprocessor :] > 0).sum() == 25
    assert set(special[special > 0].tolist()) <= set(range(LIGHT, scenario.wash_class))
    own = special[tasks["executor"]] == tasks["class_id"]
    among = np.array([(special[run.first_coprocessor :] == number).sum() for number in range(scenario.wash_class)]) / 50
    assert own.mean() > 1.5 * among[tasks["class_id"]].mean()
    safe = tasks["class_id"] == HEAVY + 1
    usual = 1.0 - run.world.quality[tasks["executor"]]
    for some, share in ((safe & own, SPECIAL_WRONG), (safe & ~own, 1.0)):
        expected = share * usual[some].mean()
        error = np.sqrt(expected * (1.0 - expected) / some.sum())
        assert abs(tasks["wrong"][some].mean() - expected) < 3.0 * error < 0.75 * expected
    # nobody is a specialist of what it cannot do
    asked = np.array([0, *(terms.complexity for terms in scenario.class_terms().values())])
    assert (asked[special] <= run.world.traits["complexity"]).all()


def test_operators_that_are_specialists_keep_more_of_their_class() -> None:
    kept: list[float] = []
    special: Any = None
    for share in (1.0, 0.0):
        ended: list[Any] = []
        run = run_on(replace(SHORT, specialists=share), watch=lambda r, ended=ended: ended.append(r.tasks.copy()))  # type: ignore[misc]
        tasks = np.concatenate(ended)
        special = run.world.traits["special"] if special is None else special
        theirs = special[tasks["operator"]] == tasks["class_id"]
        kept.append(tasks["own"][theirs].mean())
    assert (special[FIRST_OPERATOR : FIRST_OPERATOR + SHORT.operators] > 0).all()
    assert kept[0] > 1.1 * kept[1] > 0


def test_who_is_no_specialist_of_a_class_asks_more_for_it() -> None:
    run = run_on(replace(SHORT, periods=1, specialists=1.0))
    bidders, special = run.world.bidders, run.world.traits["special"]
    count = int(bidders.size[0])
    known = special[bidders.account[:count]]
    generalists = run_on(replace(SHORT, periods=1, specialists=0.0)).world
    usual = dict(zip(generalists.bidders.account.tolist(), generalists.bidders.base.T.tolist(), strict=True))
    for place, account in enumerate(bidders.account[:count].tolist()):
        for number in range(LIGHT, SHORT.wash_class):
            base, before = bidders.base[number, place], usual[account][number]
            if before < PPM:
                assert (base < before) == (known[place] == number)


def test_operators_count_the_risk_of_their_own_work() -> None:
    run = run_on(replace(SHORT, periods=2))
    market, fares = run.world.market, np.zeros(1, FORTUNE)[0]
    proof = HEAVY + 1 + [kind.name for kind in KINDS].index("proof")
    terms, who = market.classes[proof].copy(), someone(cost_heavy=500_000)
    risky = own_benefit(market, terms, who, fares, 0, 0, 0.0, True)
    terms["risk"] = 0
    safe = own_benefit(market, terms, who, fares, 0, 0, 0.0, True)
    wrong, penalty, paid = 0.9 * 1.5, 0.05 * 1.5, 1 - 0.98 * 0.02
    assert safe - risky == pytest.approx(0.06 * (paid + wrong + penalty))


# Records


def test_records_are_drawn_as_asked_and_posted_with_the_first_epoch() -> None:
    scenario = replace(SHORT, periods=3, operators=300, coprocessors=500)
    reputations: list[Any] = []
    run = Run(scenario, watch=lambda r: reputations.append(r.world.market.accounts["reputation"].copy()))
    run.execute(Twin(scenario.network()))
    record = run.world.traits["record"]
    people = slice(FIRST_OPERATOR, FIRST_OPERATOR + 800)
    assert record[people].mean() / PPM == pytest.approx(0.8, abs=0.015)
    assert record[people].std() / PPM == pytest.approx(0.1, abs=0.01)
    newcomer = sigmoid(scenario.network().filter.newcomer)
    assert (reputations[0][: people.stop] == newcomer).all()
    assert np.abs(reputations[1][people] - record[people]).max() <= 1
    assert (reputations[1][: people.start] == newcomer).all()


def test_records_without_learning_stay() -> None:
    run = run_on(replace(SHORT, learning=False, records_spread=0.0))
    people = slice(FIRST_OPERATOR, FIRST_OPERATOR + 50)
    assert np.abs(run.world.market.accounts["reputation"][people] - 800_000).max() <= 1


def test_who_enters_later_brings_nothing() -> None:
    run = run_on(replace(SHORT, entry=2.0))
    entrants = slice(run.first_coprocessor + SHORT.coprocessors, None)
    assert run.turnover.entered > 5
    assert (run.world.traits["record"][entrants] == 0).all()
    assert (run.world.traits["complexity"][entrants][: run.turnover.entered] > 0).all()


def test_records_of_a_population_of_ones_own_are_posted_too() -> None:
    plain = replace(BASE, periods=3)
    people = population(plain)
    people[1].traits["record"][::2] = 900_000
    ended = simulate(plain, population=people).accounts
    reputation = ended["reputation"][plain.operators :]
    assert reputation[::2].mean() > reputation[1::2].mean() + 100_000


# Going on, and telling


def test_a_stopped_run_goes_on_to_the_same_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_on(SHORT).summary
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)

    def progress(done: int, _: int) -> None:
        if done >= 5 * SHORT.tasks_per_period:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_on(SHORT, progress=progress, kept_in=tmp_path / "kept")
    again = run_on(SHORT, kept_in=tmp_path / "kept").summary
    for name in ("state_digest", "classes", "tasks_opened"):
        assert again[name] == whole[name]


def test_the_summary_tells_what_became_of_each_class() -> None:
    summary = run_on(SHORT).summary
    assert list(summary["classes"]) == list(SHORT.class_terms())
    for name in ("settled", "failed", "forfeited", "unsold", "late"):
        assert sum(counts[name] for counts in summary["classes"].values()) == summary[f"tasks_{name}"]
    for name in ("reward", "price"):
        assert sum(counts[name] for counts in summary["classes"].values()) == summary[f"{name}_paid"]
    for counts in summary["classes"].values():
        assert set(counts) == set(BY_CLASS)
        assert counts["ended"] == sum(counts[name] for name in ("settled", "failed", "forfeited", "unsold"))
    assert run_on(replace(BASE, periods=2)).summary["classes"] == {}
    assert of_table(json.loads(json.dumps(summary["parameters"])), "summary") == SHORT


# What is refused


def test_what_a_class_leaves_out_is_as_for_heavy_tasks() -> None:
    scenario = replace(Scenario(slashing=0.02, collateral=2.0), classes=(TaskKind("plain", 0.5),))
    assert scenario.class_terms()["plain"] == replace(scenario.task_class(), submit_seconds=1_200)
    cheap = replace(scenario, classes=(TaskKind("plain", 0.5, slash_factor=9_001),)).class_terms()["plain"]
    assert (cheap.slash_factor, cheap.operator_share) == (9_001, 4_500)
    cheap.validate()


def table(text: str) -> Scenario:
    """Scenario of a file's text."""
    return from_table(tomllib.loads(text), "here")


ONE = '[[classes]]\nname = "one"\nshare = 0.5\n'
NUMBER = "give a number from"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("classes = 3", "classes is 3: give tables [[classes]]"),
        ('classes = "one"', "classes is 'one': give tables [[classes]]"),
        ("classes = [3]", "classes has 3: give tables [[classes]]"),
        (ONE + "riks = 3", "'riks' is no field of a class (did you mean risk?)"),
        (ONE + "audit_share = 3", "audit_share of a class has no effect in a simulation: leave it out"),
        ("[[classes]]\nshare = 0.5", "class 1 has no name: give one"),
        ('[[classes]]\nname = "one"', "class one has no share: give one"),
        (
            ONE.replace("one", "heavy"),
            "classes: name is 'heavy': give small letters, digits, - and _, at most 32, and none of light, heavy, wash",
        ),
        (ONE.replace("one", "One"), "classes: name is 'One': give small letters"),
        (ONE.replace('"one"', "3"), "classes: name is 3: give small letters"),
        (ONE.replace("0.5", "0"), f"class one: share is 0: {NUMBER} 1e-06 to 1"),
        (ONE.replace("0.5", "1.5"), f"class one: share is 1.5: {NUMBER} 1e-06 to 1"),
        (ONE.replace("0.5", "nan"), f"class one: share is nan: {NUMBER} 1e-06 to 1"),
        (ONE.replace("0.5", "true"), f"class one: share is True: {NUMBER} 1e-06 to 1"),
        (ONE + "difficulty = 5", f"class one: difficulty is 5: {NUMBER} 0.05 to 4"),
        (ONE + 'difficulty = "2"', f"class one: difficulty is '2': {NUMBER} 0.05 to 4"),
        (ONE + "reward = 0", f"class one: reward is 0: {NUMBER} 0.05 to 20"),
        (ONE + "reward_power = 3", f"class one: reward_power is 3: {NUMBER} 0 to 2"),
        (ONE + "slack = 0.5", f"class one: slack is 0.5: {NUMBER} 1 to 100"),
        (ONE + ONE, "classes: two are named one: give each a name of its own"),
        (
            ONE + ONE.replace("one", "two").replace("0.5", "0.6"),
            "classes have shares of 1.1 together: at most 1; what is left is light and heavy",
        ),
        ("".join(ONE.replace("one", f"n{i}") for i in range(7)), f"classes are 7: give at most {MAX_KINDS}"),
        (ONE + "risk = 0.1", "class one: risk is 0.1: must be an integer from 0 to 1000000 (ppm)"),
        (ONE + "complexity = -1", "class one: complexity is -1: must be from 0 to 65535 (levels)"),
        (ONE + "collateral = 5_000_000", "class one: collateral is 5000000: must be from"),
        (ONE + 'slash_factor = "x"', "class one: slash_factor is 'x': must be an integer from"),
        (
            ONE + "operator_share = 60_000",
            "class one: operator_share is 60000: must be from 0 to 50000 (half of slash_factor)",
        ),
        (ONE + "cap = 990_000\ncollateral = 980_000", "class one: collateral is 980000: must be from 990000"),
        (
            ONE + "start = 990_000",
            "class one: start is 990000: must be from 100000 to 980000 (ppm of the reward, between floor and cap)",
        ),
        (
            ONE + "wrong_factor = 90_000",
            "class one: wrong_factor is 90000: must be from 100000 to 1000000 (ppm, at least slash_factor)",
        ),
        ("[ours]\ncollateral = 50.0\n" + ONE, "class one: collateral is 50000000: must be from"),
        (
            "[ours]\nerrors = false\n" + ONE + "risk = 1",
            "class one: risk is 1, and errors is false: give no risk, or let results be wrong",
        ),
        (
            '[ours]\nworkload = "jobs.swf"\n' + ONE,
            "classes are given, and a workload, whose jobs have none: give one of them",
        ),
        (
            ONE.replace("0.5", "1") + "min_executor_reputation = 600_000",
            "classes ask for reputations of 600000 and more, and newcomers have 500000: give a class that they can "
            "enter, or records",
        ),
        (
            ONE.replace("0.5", "1") + "min_operator_reputation = 600_000",
            "classes ask for reputations of 600000 and more",
        ),
        ("[ours]\nspecialists = 1.1", "--specialists is 1.1: give a number from 0 to 1"),
        ("[ours]\nrecords = 1.0", "--records is 1.0: give a number from 0 to 0.999"),
        (
            "[ours]\nrecords_spread = 0.1",
            "--records-spread is 0.1, and records is 0.0: give less than 0, or another mean",
        ),
        (
            "[ours]\nrecords = 0.9\nrecords_spread = 0.3",
            "--records-spread is 0.3, and records is 0.9: give less than 0.3, or another mean",
        ),
    ],
)
def test_what_no_class_can_be_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(ParameterError) as caught:
        table(text)
    told = str(caught.value)
    assert told.startswith(f"here: {says}")
    assert "\n" not in told


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"steps": 40, "step_seconds": 2}, "class lookup: waves is 8, and epoch_seconds 320: a wave is as long as"),
        ({"steps": 2, "step_seconds": 1}, "class lookup: steps and step_seconds make a clock of 2 seconds"),
        ({"rescue_seconds": 9}, "class lookup: rescue_seconds is 9: a run looks at its tasks every"),
        ({"submit_seconds": 20}, "class lookup: submit_seconds is 20: a run looks at its tasks every"),
    ],
)
def test_a_class_whose_terms_no_period_has_room_for_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError) as caught:
        run_on(changed(0, **changes))
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ([KINDS[0]], "classes are of another type: give a tuple of TaskKind"),
        (("one",), "classes are of another type: give a tuple of TaskKind"),
        (None, "classes are of another type: give a tuple of TaskKind"),
    ],
)
def test_what_is_no_tuple_of_classes_is_refused(kinds: Any, says: str) -> None:
    with pytest.raises(ParameterError) as caught:
        simulate(replace(BASE, classes=kinds))
    assert str(caught.value) == says


def test_tasks_of_ones_own_have_no_classes() -> None:
    with pytest.raises(WorkloadError, match=r"^classes are given, and a workload, whose tasks have none: give one"):
        simulate(SHORT, workload=workload([0, 1], [5, 6]))


def test_classes_that_newcomers_cannot_enter_are_fine_beside_others_or_with_records() -> None:
    strict = kinds_of([{"name": "one", "share": 1.0, "min_executor_reputation": 600_000}], "here")
    replace(BASE, classes=(replace(strict[0], share=0.9),)).validate()
    replace(BASE, classes=strict, records=0.8).validate()
    with pytest.raises(ParameterError, match="give a class that they can enter"):
        replace(BASE, classes=strict).validate()


@pytest.mark.parametrize(("name", "value"), [("special", 9), ("special", -1), ("record", PPM + 1)])
def test_participants_beyond_bounds_are_refused(name: str, value: int) -> None:
    drawn = population(replace(BASE, periods=2))
    drawn[1].traits[name][3] = value
    with pytest.raises(ParameterError, match=rf"^coprocessors: {name} has {value}: give numbers from 0 to"):
        simulate(replace(BASE, periods=2), population=drawn)
