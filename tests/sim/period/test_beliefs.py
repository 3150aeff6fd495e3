"""What participants believe: of others by their records, of themselves by how they fared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ballast.model import reputation_filter
from ballast.model.constants import PPM
from ballast.model.fixed_point import sigmoid
from ballast.sim.engines.engine import GENESIS
from ballast.sim.market.records import TASK, Market, Records, new_market
from ballast.sim.period.behaviour import FORTUNE
from ballast.sim.period.beliefs import (
    AT_FIRST,
    FIRST_PRICE,
    FIRST_SALE,
    KEPT,
    LEAST,
    SLOWEST,
    SPREAD_OF_RECORDS,
    SPREAD_OF_STRAINS,
    TASKS_AT_FIRST,
    TYPICAL,
    WEIGHT_OF_NOW,
    chance,
    conclude,
    expected_of_oneself,
    first_beliefs,
    learn_of_oneself,
    observe,
    shown,
    strain,
)
from ballast.sim.scenario import Scenario

KINK = 8_000


def market() -> Market:
    """Market with the default filter."""
    return new_market(Scenario().network(), GENESIS, 4, 1, 1, 1)


@pytest.mark.parametrize("share", [1.0, 0.97, 0.95, 0.9, 0.8, 0.6, 0.4])
@pytest.mark.parametrize("bonus", [0, 500_000])
def test_what_a_record_shows_is_the_share_of_good_results(share: float, bonus: int) -> None:
    """Where the filter comes to rest, its sigmoid is up to four points off; what it shows is within a tenth."""
    m = market()
    parameters, seconds, peak = Scenario().network().filter, int(m.rules[0]["epoch_seconds"]), int(m.rules[0]["peak"])
    phi, fees = parameters.newcomer, 10**9
    for _ in range(3_000):
        phi = reputation_filter.step(parameters, phi, fees, round(share * fees), bonus, 0)
    m.accounts[2]["logit"], m.accounts[2]["reputation"] = phi, sigmoid(phi)
    m.accounts[2]["closed_bonus"] = bonus * seconds * peak // PPM
    assert shown(m, 2) == pytest.approx(share, abs=0.001)
    if share in {1.0, 0.95}:
        assert abs(sigmoid(phi) / PPM - share) > 0.01


def test_strain_begins_at_f_and_is_one_at_full_load() -> None:
    assert [strain(KINK, x) for x in (0.0, 8_000.0, 9_000.0, 10_000.0)] == [0, 0, 0.25, 1]
    assert strain(10_000, 10_000.0) == 0


def test_before_anything_is_learnt_a_record_is_the_chance() -> None:
    beliefs = first_beliefs(2)
    assert chance(beliefs, 1, 0.9, 0.7) == pytest.approx(0.9)
    assert chance(beliefs, 1, 0.0, 0.0) == LEAST
    assert (beliefs["price"] == FIRST_PRICE).all()


def seen(beliefs: Records, class_id: int, record: float, loaded: int, good: float) -> None:
    """Let everybody see how somebody did."""
    t = np.zeros(1, TASK)
    t["class_id"], t["record"], t["loaded"] = class_id, round(record * PPM), loaded
    observe(beliefs, KINK, t[0], good)


def test_beliefs_are_the_least_squares_of_what_was_seen() -> None:
    """With the tasks that the first beliefs count as; older periods count less; each class by itself."""
    rng = np.random.default_rng(7)
    beliefs = first_beliefs(2)
    rows: list[tuple[float, ...]] = []
    outcomes: list[float] = []
    weights: list[float] = []
    for period in range(3):
        for _ in range(200):
            record, loaded = round(rng.uniform(0.8, 1), 6), int(rng.integers(5_000, 10_001))
            good = float(rng.random() < 0.6 * record + 0.3 - 0.3 * strain(KINK, float(loaded)))
            seen(beliefs, 1, record, loaded, good)
            rows.append((1.0, record - TYPICAL, strain(KINK, float(loaded))))
            outcomes.append(good)
            weights.append(KEPT ** (2 - period))
        conclude(beliefs)
    a, w = np.array(rows), np.array(weights)
    prior = AT_FIRST * np.diag([1.0, SPREAD_OF_RECORDS**2, SPREAD_OF_STRAINS**2])
    expected = np.linalg.solve(a.T * w @ a + prior, a.T * w @ outcomes + prior @ [TYPICAL, 1.0, 0.0])
    assert beliefs["success"][1] == pytest.approx(expected, abs=1e-9)
    assert beliefs["success"][2].tolist() == pytest.approx([TYPICAL, 1.0, 0.0])


def test_prices_follow_what_was_paid_by_class() -> None:
    beliefs = first_beliefs(2)
    beliefs["sold"][1] = 1_000, 700
    conclude(beliefs)
    assert beliefs["price"][1] == pytest.approx(FIRST_PRICE + WEIGHT_OF_NOW * (0.7 - FIRST_PRICE))
    assert beliefs["price"][2] == FIRST_PRICE


def test_what_finds_nobody_and_what_fails_is_learnt_by_class() -> None:
    beliefs = first_beliefs(3)
    beliefs["setback"][:] = 0.02
    beliefs["offered"][1], beliefs["offered"][2] = (900, 100), (0, 50)
    beliefs["failed"][1], beliefs["failed"][2] = (1_000, 300), (500, -50)
    conclude(beliefs)
    assert beliefs["sale"][1:] == pytest.approx([1 - WEIGHT_OF_NOW * 0.1, 1 - WEIGHT_OF_NOW, FIRST_SALE])
    assert beliefs["setback"][1:] == pytest.approx([0.02 - WEIGHT_OF_NOW * 0.32, 0.02 + WEIGHT_OF_NOW * 0.08, 0.02])


def test_one_learns_of_oneself_from_each_task() -> None:
    """At first a mean with the tasks it begins with, and from 200 tasks on a moving average."""
    fares: Any = np.zeros(1, FORTUNE)
    fares["late_rate"], fares["wrong_rate"] = 0.02, 0.03
    late, wrong = 0.02, 0.03
    for done in range(1, 400):
        fares["tasks"] = done
        learn_of_oneself(fares[0], float(done % 7 == 0) - 0.01, float(done % 5 == 0))
        weight = max(1 / (done + TASKS_AT_FIRST), SLOWEST)
        late += weight * (float(done % 7 == 0) - 0.01 - late)
        wrong += weight * (float(done % 5 == 0) - wrong)
    assert (fares["late_rate"][0], fares["wrong_rate"][0]) == pytest.approx((late, wrong))
    assert expected_of_oneself(fares[0], 0.1) == pytest.approx((1 - late - 0.1, 1 - wrong))
    fares["late_rate"], fares["wrong_rate"] = -0.5, 7.0
    assert expected_of_oneself(fares[0], 0.1) == pytest.approx((0.9, LEAST))
