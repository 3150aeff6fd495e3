"""What the bench compares with is asked the right question, and believed only if it did the same work.

The peers themselves are there for the bench only.
"""

from __future__ import annotations

import ast
import math
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ballast.errors import ChainError, PeerError
from ballast.evm.chain import encoded
from ballast.model import discounts, dutch_auction, load_curve, reputation_filter, slash_split
from ballast.model.constants import BPS, EPOCH_RING, PPM
from ballast.sim.period import behaviour
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import HEAVY, Scenario
from ballast.studies.peers import calls, market
from ballast.studies.peers.process import HERE, ask

SMALL = Scenario(operators=4, coprocessors=4, periods=2, tasks_per_period=30)


# verbs


@pytest.fixture
def recorded() -> calls.Recorder:
    """Record a small run."""
    recorder, tasks = calls.record_calls(SMALL)
    assert tasks == 60
    return recorder


def test_replaying_comes_to_the_recorded_state(recorded: calls.Recorder) -> None:
    seconds, words = calls.replay(recorded)
    assert seconds > 0
    assert len(words) == 5
    assert words == [recorded.chain.view(encoded(to), data).hex() for to, data in recorded.views]


def test_a_call_that_fails_in_the_replay_is_an_error(recorded: calls.Recorder) -> None:
    recorded.blocks.append(recorded.blocks[-1])
    with pytest.raises(ChainError, match=r"^call 0 of block \d+ failed: "):
        calls.replay(recorded)


def test_another_state_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"seconds": 1.0, "gas": 1, "words": ["00"], "version": "0"}
    monkeypatch.setattr(calls, "replay_on_verbs", lambda _: answer)
    with pytest.raises(PeerError, match="different states"):
        calls.measure_calls(SMALL, 1)


# Mesa


PERIODS = 6


@pytest.fixture(scope="module")
def run() -> Run:
    """Run a small market, long enough for tasks to end."""
    return run_on(replace(SMALL, periods=PERIODS))


@pytest.fixture(scope="module")
def stakes() -> Run:
    """Run one whose executors lock the whole stake behind their capacities for a task, if that is more."""
    return run_on(replace(SMALL, periods=PERIODS, stake_share=1.0, wrong_factor=0.5, utilisation=0.03))


def answer_of(run: Run) -> dict[str, Any]:
    """Answer of a peer that comes to the same as a run."""
    periods = [
        {name: int(tally[name]) for name in market.COUNTED}
        | {"price": int(tally["auctioned_price"]), "reward": int(tally["auctioned_reward"])}
        for tally in run.periods
    ]
    return {"seconds": 0.5, "paid_in": 10**9, "held": 10**9, "periods": periods, "version": "1.2"}


def alone(name: str) -> Any:
    """Take a function of the peer's source without its classes: these need Mesa, which is there for the bench only."""
    tree = ast.parse((HERE / "mesa_market.py").read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.Assign)]
    space: dict[str, Any] = {"math": math, "Any": Any}
    exec(compile(tree, name, "exec"), space)
    return space[name]


@pytest.mark.parametrize("fees", [0, 1, 400, 999, 1_000, 50_000])
@pytest.mark.parametrize(("logit", "good", "bonus", "overload"), [(1.5, 1.0, 0.4, 0.0), (-2.0, 0.25, 0.1, 0.3)])
def test_the_peer_steps_reputations_as_the_market(
    run: Run, fees: int, logit: float, good: float, bonus: float, overload: float
) -> None:
    rules = replace(run.scenario.network().filter, n0=1_000)
    terms = market.question(run, 1)["terms"] | {"n0": rules.n0}
    good_fees = int(fees * good)
    phi, paid, lost = (round(value * PPM) for value in (logit, bonus, overload))
    own = reputation_filter.step(rules, phi, fees, good_fees, paid, lost)
    assert alone("stepped")(terms, logit, fees, good_fees, bonus - overload) == pytest.approx(own / PPM, abs=1e-5)


def test_the_peer_asks_what_coprocessors_of_the_market_ask(run: Run) -> None:
    """At what they had learnt of themselves when the run was over; then of somebody who fails most of the time."""
    compare_asks(run)


def test_the_peer_asks_the_same_where_collaterals_grow_with_stakes(stakes: Run) -> None:
    terms, people = market.question(stakes, 1)["terms"], stakes.people[1]
    assert (people.capacity * terms["stake_per_unit"] * terms["stake_share"] > terms["worth"]).any()
    compare_asks(stakes)


def compare_asks(run: Run) -> None:
    """Compare what coprocessors of the market ask with what the peer has them ask."""
    terms, scenario = market.question(run, 1)["terms"], run.scenario
    world, task_class = run.world, run.world.market.classes[HEAVY]
    chain, price = world.market, run.world.beliefs["price"][HEAVY]
    fares = world.fortune[run.first_coprocessor :].copy()
    fares[0]["late_rate"], fares[0]["wrong_rate"] = 0.7, 0.4
    assert len(set(fares["wrong_rate"])) > 2
    fares["full_rate"] = 0.3
    budget = chain.budgets[(int(chain.ledger[0]["epoch"]) - 1) % EPOCH_RING]
    assert budget["total"] > 0
    curve = tuple(market.question(run, 1)["rates"][x] for x in (0, 5_000, 8_000))
    for account, how in enumerate(fares[: scenario.coprocessors], run.first_coprocessor):
        who, known = world.traits[account], chain.accounts[account]
        costs = who["cost"] / PPM, who["growth"] / PPM
        stakes = behaviour.at_stake(chain, task_class, who, how, account, run.pace, price)
        own = behaviour.asking(chain, task_class, who, how, 0, 1, scenario.markup, scenario.overload, account, stakes)
        backing = known["capacity"] * terms["stake_per_unit"] / terms["worth"]
        collateral = max(terms["collateral"], backing * terms["stake_share"])
        asked = alone("asking")(terms, *costs, how["late_rate"], how["wrong_rate"], collateral, stakes._asdict())
        assert asked == pytest.approx([each / PPM for each in own], abs=2e-5)
        epochs = behaviour.work_seconds(who, terms["size"], run.pace) / terms["epoch_seconds"]
        best = known["capacity"] * terms["peak"] * PPM * terms["epoch_seconds"]
        pool = budget["total"] * best / budget["weight"] * epochs / terms["worth"]
        good_fee, units = terms["fee"] * price * stakes.usual, terms["size"] / known["capacity"]
        assert alone("at_stake")(terms, known["reputation"] / PPM) == pytest.approx(stakes.record, abs=1e-9)
        gains = alone("load_gains")(terms, curve, units, pool, good_fee, stakes.record)
        assert gains == pytest.approx({name: getattr(stakes, name) for name in gains}, rel=1e-4)


def test_the_peer_is_told_of_the_same_people_tasks_and_terms(run: Run) -> None:
    told = market.question(run, 1)
    jobs = run.workload
    wave = run._wave
    assert told["tasks"] == [
        [[int(jobs.heavy[i]), int(jobs.difficulty[i]), int(jobs.reward[i]), int(wave[i])] for i in range(30)],
    ]
    assert (wave[0], wave[29]) == (0, 7)
    operator, coprocessor = told["operators"][3], told["coprocessors"][0]
    drawn, bidder = run.people[0].traits[3], run.people[1].traits[0]
    assert operator["funds"] == run.people[0].funds[3]
    assert operator["able"] == (drawn["complexity"] == 10)
    assert coprocessor["able"]
    assert operator["cost_heavy"] == drawn["cost_heavy"] / 1e6
    assert coprocessor["capacity"] == run.people[1].capacity[0]
    assert coprocessor["patience"] == bidder["patience"] / 1e4
    assert (coprocessor["quality"], coprocessor["speed"]) == (bidder["quality"], bidder["speed"])
    # the class as it is registered; 8 waves of 40 seconds, with bids a second after the turn
    terms, own = told["terms"], run.scenario.task_class()
    assert (terms["steps"], terms["step_seconds"], terms["hard"]) == (own.steps, own.step_seconds, False)
    for name in (*market.PRICES, *market.DISCOUNTS, *market.SHARES):
        assert terms[name] == getattr(own, name) / PPM
    assert (terms["stake_per_unit"], terms["delegated"]) == (run.scenario.network().stake_per_unit, 4)
    assert (terms["epoch_seconds"], terms["waves"], terms["gap"], terms["bid"] - terms["turn"]) == (320, 8, 40, 1)
    assert (terms["rescue_seconds"], terms["challenge_seconds"]) == (60, 60)
    assert (terms["pace"], terms["submit_seconds"]) == (run.pace, run.scenario.submit_seconds)
    assert (terms["slash_factor"], terms["kink"], terms["fee"], terms["watch"]) == (0.1, 0.8, 0.02, 100)
    assert (terms["overload"], terms["amplified"]) == (0.3, pytest.approx(2.0, abs=1e-5))
    # the curve, and how much it amplifies at full load
    curve = load_curve.pack(run.scenario.network().chosen_curve)
    assert [told["rates"][x] for x in (0, 5_000, 10_000)] == [load_curve.rate(curve, x) / PPM for x in (0, 5_000, BPS)]


@pytest.mark.parametrize("x", [0, 1, 2_500, 5_000, 7_999, 8_000, 8_001, 9_000, 10_000])
def test_the_peer_s_discounts_are_the_market_s(run: Run, x: int) -> None:
    terms, told = run.scenario.task_class(), market.question(run, 1)
    curve = load_curve.pack(run.scenario.network().chosen_curve)
    own = discounts.of_load(curve, terms.idle_discount, terms.load_bonus, terms.load_malus, x)
    assert alone("load_discount")(told["terms"], x / BPS, told["rates"][x]) == pytest.approx(own / PPM, abs=1e-6)
    rho = x * PPM // BPS
    own = discounts.of_record(terms.record_weight, terms.record_level, rho)
    assert alone("record_discount")(told["terms"], rho / PPM) == pytest.approx(own / PPM, abs=1e-6)


@pytest.mark.parametrize("hard", [0, 1])
@pytest.mark.parametrize(("start", "now"), [(700_000, 0), (700_000, 5), (980_000, 0), (700_000, 9)])
def test_the_peer_s_last_call_is_the_market_s(run: Run, start: int, now: int, hard: int) -> None:
    """Whatever is asked and whatever the discounts, where one gives way and where both do."""
    terms, told, entered = run.scenario.task_class(), market.question(run, 1)["terms"], 0
    told["hard"] = bool(hard)
    for asked, load, record in product((0, 650_000, 900_000, 980_000, 980_001), (0, 60_000, 2_000_000), (0, 450_000)):
        step, price = dutch_auction.entry_rising(
            start, terms.floor, terms.cap, terms.steps, asked, load, record, hard, now
        )
        found = alone("last_call")(told, *(each / PPM for each in (start, asked, load, record)), now)
        assert found == (step, pytest.approx(price / PPM, abs=2e-6))
        entered += step < terms.steps
    assert (entered > 0) == (now < terms.steps)


@pytest.mark.parametrize("collateral", [1.0, 1.5, 4.0])
@pytest.mark.parametrize("amplified", [1.0, 2.0])
def test_the_peer_s_slashes_are_the_market_s(run: Run, collateral: float, amplified: float) -> None:
    told = market.question(run, 1)["terms"] | {"wrong_factor": 0.5}
    locked, lowest = round(collateral * PPM), run.scenario.network().slash.lateness_floor
    factor = run.scenario.task_class().slash_factor
    late = slash_split.late_amount(PPM, locked, factor, round(amplified * PPM), lowest)
    assert alone("late_loss")(told, amplified, collateral) == pytest.approx(late / PPM)
    wrong = slash_split.wrong_amount(PPM, locked, PPM // 2)
    assert alone("wrong_loss")(told, collateral) == pytest.approx(wrong / PPM)


def test_a_peer_that_comes_to_the_same_is_believed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market, "ask", lambda *_: answer_of(run))
    played, name = market.mesa(run, PERIODS)
    assert (played.rate, name) == (60.0 * PERIODS, "Mesa 1.2")
    assert played.shares == market.twin(run, PERIODS).shares
    assert 0 < played.shares["price"] < 1
    assert played.shares["live"] > 0


def test_a_peer_that_does_something_else_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(period: int, changes: dict[str, int], **answer: int) -> str:
        given = answer_of(run)
        for name, change in changes.items():
            given["periods"][period][name] += change
        monkeypatch.setattr(market, "ask", lambda *_: {**given, **answer})
        with pytest.raises(PeerError) as caught:
            market.mesa(run, PERIODS)
        return str(caught.value)

    last = PERIODS - 1
    ended = sum(int(run.periods[last][name]) for name in market.ENDINGS)
    assert refused(last, {"settled": -1}) == (
        f"Mesa's market was given 30 tasks in period {last}, opened 30, ended {ended - 1}, and has {30 - ended} more "
        "under way"
    )
    assert "given 30 tasks in period 1, opened 29" in refused(1, {"opened": -1, "settled": -1})
    assert "ended" in refused(0, {"live": 1})
    assert refused(0, {}, held=10**9 - 1) == "Mesa's market holds 999999999 token units, 1000000000 were paid in"
    some = int(run.periods["settled"].sum()) // 10
    assert "another one: settled is" in refused(last, {"settled": -some, "failed": some})
    assert "another one: price is" in refused(last, {"price": int(run.periods["auctioned_price"].sum()) // 10})
    assert "another one: self_executed is" in refused(0, {"self_executed": 20})
    assert "another one: rescued is" in refused(0, {"rescued": 20})


# Both


@pytest.mark.parametrize("name", ["mesa", "verbs"])
def test_a_peer_that_is_not_installed_is_one_line(name: str) -> None:
    (script,) = HERE.glob(f"{name}_*.py")
    with pytest.raises(PeerError) as caught:
        ask(script.name, {}, Path(sys.executable))
    assert str(caught.value) == f"{script.name} did not run: ModuleNotFoundError: No module named '{name}'"


def test_an_environment_that_is_not_there_is_one_line() -> None:
    with pytest.raises(PeerError) as caught:
        ask("mesa_market.py", {}, Path("/no/such/python"))
    said = "/no/such/python cannot be run: No such file or directory; `make bench` installs it"
    assert str(caught.value) == said
