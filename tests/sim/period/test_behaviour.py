"""How participants decide, against the formulas in plain Python."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ballast.model import class_packing, load_curve, slash_split
from ballast.model.constants import PPM
from ballast.model.load_curve import PRESETS
from ballast.model.parameters import DEFAULT_SLASH, NetworkParameters
from ballast.sim.engines.engine import GENESIS
from ballast.sim.market.records import CLASS, TASK, Market, new_market
from ballast.sim.period.behaviour import (
    FORTUNE,
    TRAITS,
    WEIGHT_OF_NOW,
    asking,
    delegated_benefit,
    feel,
    makes_effort,
    own_benefit,
)
from ballast.sim.scenario import Scenario
from tests.model.properties import choice, given, integers

FEE = NetworkParameters().fee


def market(preset: str = "idle_neutral", **more: Any) -> tuple[Market, class_packing.Auction]:
    """Market with one class, and the class."""
    scenario = Scenario(preset=preset, **more)
    m = new_market(scenario.network(), GENESIS, 8, 1, 1, 1)
    c = scenario.task_class().auction(FEE)
    for name in CLASS.names or ():
        m.classes[1][name] = getattr(c, name, 0)
    return m, c


def someone(**traits: Any) -> Any:
    """Participant with some traits."""
    who = np.zeros(1, TRAITS)
    for name, value in traits.items():
        who[name] = value
    return who[0]


def task(**known: int) -> Any:
    """Task of which some things are known."""
    t = np.zeros(1, TASK)
    t["class_id"] = 1
    for name, value in known.items():
        t[name] = value
    return t[0]


def late(c: class_packing.Auction, reward: int, preset: str, x: int) -> int:
    """Slash of a late result at a load."""
    amplifier = load_curve.amplifier(load_curve.pack(PRESETS[preset]), x)
    lock = class_packing.collateral(c, reward)
    return slash_split.late_amount(reward, lock, c.slash_factor, amplifier, DEFAULT_SLASH.lateness_floor)


# Effort


@pytest.mark.parametrize(
    ("x", "worth"),
    [
        (0, 0.375),  # (500,000 + 250,000) (0.75 - 0.25) of 1,000,000; a bonus rate amplifies nothing
        (8_000, 0.375),
        (10_000, 0.5),  # twice the slash at full load
    ],
)
def test_effort_is_made_if_it_is_worth_exactly_its_cost_and_not_for_less(x: int, worth: float) -> None:
    m, _ = market("smooth", slashing=0.25)
    t = task(reward=1_000_000, price=500_000, x=x)
    for effort, made in ((worth, True), (np.nextafter(worth, 1), False), (0.0, True)):
        who = someone(careless=0.25, effort=effort)
        assert makes_effort(m, m.classes[1], t, who, 0.75) is made


def test_effort_that_adds_no_chance_is_made_only_if_it_is_free() -> None:
    m, _ = market()
    t = task(reward=1_000_000, price=900_000)
    assert makes_effort(m, m.classes[1], t, someone(careless=0.6, effort=0.0), 0.6)
    assert not makes_effort(m, m.classes[1], t, someone(careless=0.6, effort=1e-12), 0.6)
    assert not makes_effort(m, m.classes[1], t, someone(careless=0.6, effort=0.0), 0.5)


def test_who_shirks_makes_no_effort_at_any_price() -> None:
    m, _ = market()
    t = task(reward=1_000_000, price=900_000)
    assert makes_effort(m, m.classes[1], t, someone(effort=0.1), 1.0)
    assert not makes_effort(m, m.classes[1], t, someone(effort=0.1, shirks=1), 1.0)


@given(
    reward=integers(1_000, 10**9),
    price=integers(0, PPM),
    x=integers(0, 10_000),
    factor=integers(1, 100),
    preset=choice(*PRESETS),
    chances=integers(0, 64).flatmap(lambda a: integers(0, 64).map(lambda b: (a / 64, b / 64))),
    effort=integers(0, 128),
)
def test_effort_follows_the_formula(
    reward: int, price: int, x: int, factor: int, preset: str, chances: tuple[float, float], effort: int
) -> None:
    m, c = market(preset, slashing=factor / 100)
    paid = reward * price // PPM
    careful, careless = chances
    expected = (paid + late(c, reward, preset, x)) * Fraction(careful - careless) >= Fraction(effort, 128) * reward
    who = someone(careless=careless, effort=effort / 128)
    assert makes_effort(m, m.classes[1], task(reward=reward, price=paid, x=x), who, careful) is expected


# Delegation


@given(
    factor=integers(1, 100),
    collateral=integers(98, 400),
    chances=integers(0, 100).flatmap(lambda a: integers(0, 100).map(lambda b: (a / 100, b / 100))),
    cost=integers(0, PPM),
    clock=choice("falling", "rising"),
    price=integers(0, 100),
)
def test_benefits_are_those_of_the_paper(
    factor: int, collateral: int, chances: tuple[float, float], cost: int, clock: str, price: int
) -> None:
    """Own: ``r p - s (1 - p) - cost``; delegated: ``(r - b) p - penalty (1 - p)``; shares of the reward."""
    m, c = market(clock=clock, slashing=factor / 100, collateral=collateral / 100)
    p = chances[0] * chances[1]
    lock = class_packing.collateral(c, PPM)
    penalty = class_packing.penalty(c, lock) / PPM
    risk = late(c, PPM, "idle_neutral", 0) / PPM + penalty
    # paid 98% by itself less the fee, and keeps the other 2%
    income = 0.98 * (1 - FEE / PPM) + 0.02
    who = someone(punctuality=chances[0], quality=chances[1], cost=cost, cost_heavy=cost // 2)
    for heavy, spent in ((False, cost), (True, cost // 2)):
        expected = income * p - risk * (1 - p) - spent / PPM
        assert own_benefit(m, m.classes[1], who, heavy) == pytest.approx(expected, abs=1e-12)
    expected = (1 - price / 100) * p - penalty * (1 - p)
    assert delegated_benefit(m.classes[1], price / 100, p) == pytest.approx(expected, abs=1e-12)


# Asking


@given(
    cost=integers(0, PPM),
    markup=integers(0, PPM),
    caution=integers(0, 64),
    rho=integers(0, PPM),
    factor=integers(1, 100),
    preset=choice(*PRESETS),
)
def test_asks_cover_cost_markup_and_expected_slashes(
    cost: int, markup: int, caution: int, rho: int, factor: int, preset: str
) -> None:
    m, c = market(preset, slashing=factor / 100)
    who = someone(cost=cost, growth=cost // 10, markup=markup, caution=caution / 32)
    idle, full = late(c, PPM, preset, 0), late(c, PPM, preset, 10_000)
    risk = caution / 32 * (1 - rho / PPM)
    base, slope = asking(m, m.classes[1], who, rho)
    assert base == pytest.approx(cost + markup + risk * idle, abs=1)
    assert slope == pytest.approx(cost // 10 + risk * (full - idle), abs=1)
    assert base <= cost + markup + risk * idle + 1e-6


# Moods


def test_moods_follow_what_an_account_gains_in_a_period() -> None:
    m, _ = market()
    fortune = np.zeros(4, FORTUNE)
    fortune["active"] = 1, 1, 0, 1
    mood = total = 0.0
    for gained, locked, spent in ((100, 0, 30.5), (-50, 20, 10.0), (500, -20, 0.25)):
        m.accounts["free"] += gained
        m.accounts["locked"] += locked
        fortune["spent"] += spent
        feel(m, fortune, 1, 4)
        mood += WEIGHT_OF_NOW * (gained + locked - spent - mood)
        total += gained + locked - spent
        assert fortune["mood"].tolist() == [0, pytest.approx(mood), 0, pytest.approx(mood)]
        assert fortune["before"].tolist() == [0, *[pytest.approx(total)] * 3]
