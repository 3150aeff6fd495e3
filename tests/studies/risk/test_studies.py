"""The map of terms, what participants of a run know, and the back-test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from ballast.errors import ParameterError
from ballast.model import load_curve
from ballast.model.constants import BPS, PPM
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.sim.scenario import Scenario, load
from ballast.studies.risk.amounts import Outcomes
from ballast.studies.risk.backtest import ForecastJob, check_horizon, judge_run, quantile_coverage, ranks
from ballast.studies.risk.deterrence import LEAVES, SHIRKS, WORKS, Executor, cell_of, cheapest, map_of
from ballast.studies.risk.records import COPROCESSOR, OPERATOR, RunSeen, exposures, see
from ballast.studies.risk.simulated import Simulated, typical

AMOUNTS = Outcomes(NetworkParameters(), ClassParameters())
WHO = Executor(cost=0.6, effort=0.5, in_time=0.98, careless=0.6, right=0.99)
SMALL = Scenario(operators=6, coprocessors=8, periods=24, tasks_per_period=80, seed=2_001)


# Map


def unheeded(amounts: Outcomes) -> Outcomes:
    """Amounts of a class in which records count for nothing."""
    return replace(amounts, terms=replace(amounts.terms, record_weight=0))


def test_effort_pays_from_the_slash_on_that_theory_says() -> None:
    # the clock shows 0.98, so that effort pays if the slash is at least 0.5 / 0.38 - 0.98 = 0.3358
    blind = unheeded(AMOUNTS)
    assert cell_of(blind, WHO, 0.33, 1.0).verdict == SHIRKS
    assert cell_of(blind, WHO, 0.34, 1.0).verdict == WORKS
    assert cell_of(blind, WHO, 0.16, 2.0).verdict == SHIRKS
    assert cell_of(blind, WHO, 0.17, 2.0).verdict == WORKS


def at_rest(good: float, load: int) -> float:
    """Reputation at which nothing moves: ``(1 - beta) phi = omega + alpha (y - rho) + gamma f / max f``."""
    p, curve = AMOUNTS.network.filter, load_curve.pack(AMOUNTS.network.chosen_curve)
    bonus = p.gamma / PPM * load_curve.rate(curve, load) / load_curve.peak(curve)

    def step(rho: float) -> float:
        phi = np.log(rho / (1 - rho))
        return float(p.omega / PPM + p.alpha / PPM * (good - rho) + bonus - (1 - p.beta / PPM) * phi)

    return float(brentq(step, 0.01, 0.999))


@pytest.mark.parametrize(("good", "load"), [(0.97, 7_500), (0.78, 7_500), (0.6, 0)])
def test_a_reputation_rests_where_the_filter_does_not_move(good: float, load: int) -> None:
    assert AMOUNTS.reputation(good, load) == pytest.approx(PPM * at_rest(good, load), abs=200)


def test_a_record_that_falls_short_makes_effort_pay_earlier() -> None:
    """At the record of who works for half of the tasks, and by what a good result lifts later prices."""
    who = replace(WHO, effort=0.7, load=7_500)
    rho = at_rest((who.in_time + who.careless) / 2 * who.right, who.load)
    p = AMOUNTS.network.filter
    spread = rho * (1 - rho) * p.alpha / PPM
    record = AMOUNTS.terms.record_weight / PPM * spread / (1 - p.beta / PPM + spread)
    in_time = (who.in_time + who.careless) / 2
    for factor, verdict in ((-0.01, SHIRKS), (0.01, WORKS)):
        # what is asked by somebody who works for half: cost and slashes over what a task brings
        slash = 0.0
        for _ in range(50):
            lost = (1 - in_time) * slash + in_time * (1 - who.right)
            paid = (who.cost + lost) / (in_time * who.right * (1 - AMOUNTS.fee(1.0)))
            slash = who.effort / (who.in_time - who.careless) - record - paid
        assert 0.1 < slash < 1
        assert paid > AMOUNTS.auction_price(who.load, round(rho * PPM))
        assert cell_of(AMOUNTS, who, slash + factor, 1.0).verdict == verdict
    assert cell_of(unheeded(AMOUNTS), who, 0.9, 1.0).effort_price > cell_of(AMOUNTS, who, 0.9, 1.0).effort_price


def test_a_record_at_the_level_of_the_class_is_worth_nothing_more() -> None:
    assert AMOUNTS.worth_of_record(AMOUNTS.terms.record_level) == 0
    assert AMOUNTS.worth_of_record(AMOUNTS.terms.record_level - 1) > 0.5
    assert unheeded(AMOUNTS).worth_of_record(500_000) == 0


def test_nobody_stays_where_collaterals_of_wrong_results_cost_more_than_work_brings() -> None:
    # 0.98 * 0.99 * 0.98 * 0.98 = 0.932 less 0.6 leaves 0.332: at s = 0.1 that is 28 collaterals
    assert cell_of(AMOUNTS, WHO, 0.1, 26.0).verdict == WORKS
    assert cell_of(AMOUNTS, WHO, 0.1, 30.0).verdict == LEAVES


def test_an_executor_enters_where_its_load_lets_it_in() -> None:
    """Where f is largest at once, where it pays nothing a tick later, and at full load never."""
    curve = load_curve.pack(AMOUNTS.network.chosen_curve)
    best = max(range(BPS + 1), key=lambda x: load_curve.rate(curve, x) if x <= load_curve.kink(curve) else 0)
    terms = replace(AMOUNTS.terms, start=700_000, tick=60_000, idle_discount=60_000, load_malus=8_000_000)
    terms = replace(terms, load_bonus=-(-60 * PPM // load_curve.peak(curve)) * 1_000)
    amounts, kink = replace(AMOUNTS, terms=terms), load_curve.kink(curve)
    prices = [amounts.auction_price(load, PPM) for load in (best, kink, BPS)]
    assert prices == [pytest.approx(price) for price in (0.7, 0.64, 0.0)]
    worse = terms.record_level - 60_000 * PPM // terms.record_weight
    assert amounts.auction_price(kink, worse) == pytest.approx(0.58)


def test_the_cheapest_terms_are_those_at_which_effort_just_pays() -> None:
    cells = map_of(AMOUNTS, WHO)
    wanted = cheapest(cells, failures=0.05)
    assert wanted is not None
    cell, offer = wanted
    assert offer.failures == pytest.approx(1 - 0.98 * 0.99)
    assert offer.price == max(cell.working_price, cell.effort_price)
    assert all(c.working is None or c.working.price >= offer.price - 1e-9 for c in cells if c.collateral <= 4)
    sloppy = cheapest(cells, failures=0.5)
    assert sloppy is not None
    assert sloppy[1].price < offer.price
    assert cheapest(cells, failures=0.01) is None


def test_terms_that_contracts_do_not_take_are_no_offer() -> None:
    hard = replace(WHO, effort=1.9, cost=0.3)  # needs a slash of at least 4.02
    cells = map_of(unheeded(AMOUNTS), hard)
    assert cheapest(cells, 0.05) is None
    assert cheapest(cells, 0.05, most=50.0) is not None


def test_the_typical_executor_has_the_medians_of_the_scenario() -> None:
    who = typical(replace(SMALL, coprocessors=40))
    assert who.careless == 0.6
    assert who.effort == pytest.approx(0.2, rel=0.05)
    assert 0.4 < who.cost < 0.8 + 0.08
    assert who.load == 7_500


@pytest.mark.parametrize(
    ("shirked", "active", "sold", "verdict"),
    [(0.1, 1.0, 0.9, WORKS), (0.9, 1.0, 0.1, SHIRKS), (0.1, 0.2, 0.9, LEAVES), (0.1, 1.0, 0.1, LEAVES)],
)
def test_what_became_of_a_market_has_a_verdict(shirked: float, active: float, sold: float, verdict: str) -> None:
    assert Simulated(shirked, active, 0.1, sold, 0.9).verdict == verdict


# Records


@pytest.fixture(scope="module")
def seen() -> RunSeen:
    """Look at a small run until period 14."""
    return see(SMALL, 14)


def test_exposures_are_what_the_run_was(seen: RunSeen) -> None:
    found = exposures(seen)
    assert {each.role for each in found.values()} == {OPERATOR, COPROCESSOR}
    history = seen.run.history
    for account, exposure in found.items():
        if exposure.role == COPROCESSOR:
            (line,) = exposure.lines
            done = history["tasks"][seen.first : seen.until - 1, account]
            assert line.tasks == pytest.approx(done.mean())
            assert 0.5 < line.paid < 0.98
            assert 0.4 < line.cost < 0.9
            assert line.wrong == 1.0
            assert line.in_time.good <= line.in_time.tasks
            assert line.right.tasks == line.in_time.good
        else:
            assert {line.delegated for line in exposure.lines} <= {True, False}


def test_nothing_is_known_of_what_comes_later(seen: RunSeen) -> None:
    before = exposures(seen)
    for rows in seen.run.history.values():
        rows[seen.until :] = 0
    for name in ("free", "locked", "capacity"):
        seen.run.world.market.accounts[name] = 0
    for name in ("income", "spent", "tasks"):
        seen.run.world.fortune[name] = 0
    assert exposures(seen) == before


def test_true_chances_are_not_looked_at(seen: RunSeen) -> None:
    before = exposures(seen)
    seen.run.world.punctuality[:] = 0.0
    seen.run.world.quality[:] = 0.0
    seen.run.world.traits["punctuality"] = 0.0
    seen.run.world.traits["quality"] = 0.0
    assert exposures(seen) == before


def test_classes_of_their_own_are_refused() -> None:
    with pytest.raises(ParameterError, match="classes of its own"):
        see(load("classes"), 10)


# Back-test


def test_ranks_of_the_same_law_are_uniform_and_ties_lie_in_the_middle() -> None:
    rng = np.random.default_rng(1)
    found = ranks(rng.normal(size=20_000), rng.normal(size=20_000))
    assert [float((found <= q).mean()) for q in (0.05, 0.5, 0.95)] == pytest.approx([0.05, 0.5, 0.95], abs=0.012)
    assert ranks(np.zeros(99), 0.0) == 0.5
    assert ranks(np.arange(99.0), -1.0) == pytest.approx(0.005)


@pytest.mark.parametrize(("shift", "right"), [(0.0, True), (-0.3, False)])
def test_a_back_test_tells_a_calibrated_forecast_from_another(shift: float, right: bool) -> None:
    rng = np.random.default_rng(2)
    runs = []
    for _ in range(12):
        came = rng.normal(size=1_500) + shift
        of_run = ranks(rng.normal(size=4_000), came).tolist()
        runs.append({COPROCESSOR: {"epoch": of_run, "horizon": of_run}})
    found = quantile_coverage(runs)
    assert len(found) == 8
    assert all(each.within for each in found) is right
    assert found[0].outcomes == 12 * 1_500
    if not right:
        assert next(each for each in found if each.quantile == 0.5).share.mean > 0.55


def test_a_run_is_judged_on_every_participant_and_epoch_after_the_warm_up() -> None:
    found = judge_run(ForecastJob(SMALL, 5, 0.0))
    assert len(found[OPERATOR]["epoch"]) == 5 * len(found[OPERATOR]["horizon"])
    assert len(found[COPROCESSOR]["horizon"]) == 8
    every = np.concatenate([np.array(of_role[span]) for of_role in found.values() for span in of_role])
    assert 0 < every.min() < 0.3
    assert 0.7 < every.max() < 1
    assert judge_run(ForecastJob(SMALL, 5, 0.0)) == found


def test_a_horizon_longer_than_the_run_is_refused() -> None:
    with pytest.raises(ParameterError, match="--epochs is 30: after the warm-up a run has"):
        check_horizon(SMALL, 30)
