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
    MOST_ASKED,
    TRAITS,
    WEIGHT_OF_NOW,
    asking,
    auctioned_benefit,
    delegated_benefit,
    feel,
    first_setback,
    makes_effort,
    own_benefit,
    record_at_stake,
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


def faring(late_rate: float, wrong_rate: float) -> Any:
    """How somebody fares who expects so much of itself."""
    fares = np.zeros(1, FORTUNE)
    fares["late_rate"], fares["wrong_rate"] = late_rate, wrong_rate
    return fares[0]


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
        assert makes_effort(m, m.classes[1], t, someone(effort=effort), 0.75, 0.25) is made


def test_effort_that_adds_no_chance_is_made_only_if_it_is_free() -> None:
    m, _ = market()
    t = task(reward=1_000_000, price=900_000)
    assert makes_effort(m, m.classes[1], t, someone(effort=0.0), 0.6, 0.6)
    assert not makes_effort(m, m.classes[1], t, someone(effort=1e-12), 0.6, 0.6)
    assert not makes_effort(m, m.classes[1], t, someone(effort=0.0), 0.5, 0.6)


def test_who_shirks_makes_no_effort_at_any_price() -> None:
    m, _ = market()
    t = task(reward=1_000_000, price=900_000)
    assert makes_effort(m, m.classes[1], t, someone(effort=0.1), 1.0, 0.0)
    assert not makes_effort(m, m.classes[1], t, someone(effort=0.1, shirks=1), 1.0, 0.0)


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
    who = someone(effort=effort / 128)
    assert makes_effort(m, m.classes[1], task(reward=reward, price=paid, x=x), who, careful, careless) is expected


def test_a_record_at_stake_makes_effort_worth_more() -> None:
    """A handicap of 0.1 of 48 points, and a record of 0.8 that forgets 2% an epoch: 0.048 times 0.16 / 0.18."""
    m, c = market()
    worth = c.reputation_handicap / PPM * 0.48 * 0.16 / (0.16 + 0.02)
    assert record_at_stake(m, m.classes[1], 800_000) == pytest.approx(worth) == pytest.approx(0.04266667)
    assert record_at_stake(m, m.classes[1], PPM) == record_at_stake(m, m.classes[1], 0) == 0
    m.accounts[5]["reputation"] = 800_000
    t = task(reward=1_000_000, price=500_000, executor=5)
    without = (500_000 + late(c, 1_000_000, "idle_neutral", 0)) * 0.5 / 1e6
    for effort, made in ((without + 0.5 * worth - 1e-9, True), (without + 0.5 * worth + 1e-9, False)):
        assert makes_effort(m, m.classes[1], t, someone(effort=effort), 0.75, 0.25) is made


# Delegation


@given(
    factor=integers(1, 100),
    collateral=integers(98, 400),
    rates=integers(0, 90).flatmap(lambda a: integers(0, 90).map(lambda b: (a / 100, b / 100))),
    cost=integers(0, PPM),
    clock=choice("falling", "rising"),
    price=integers(0, 100),
    x=integers(0, 10_000),
    more_late=integers(0, 30),
)
def test_benefits_are_those_of_the_paper(
    factor: int,
    collateral: int,
    rates: tuple[float, float],
    cost: int,
    clock: str,
    price: int,
    x: int,
    more_late: int,
) -> None:
    """Own: ``r p - s (1 - p) - cost``; delegated: ``(r - b) p - s (1 - p)``; shares of the reward; s as at first."""
    m, c = market(clock=clock, slashing=factor / 100, collateral=collateral / 100)
    too_late, wrong = min(rates[0] + more_late / 100, 0.99), rates[1]
    p = (1 - too_late) * (1 - wrong)
    lock = class_packing.collateral(c, PPM)
    penalty = class_packing.penalty(c, lock) / PPM
    slashed = too_late * late(c, PPM, "idle_neutral", x) / PPM + (1 - too_late) * wrong * lock / PPM
    # paid 98% by itself less the fee, and keeps the other 2%
    income = 0.98 * (1 - FEE / PPM) + 0.02
    who = someone(cost=cost, cost_heavy=cost // 2)
    for heavy, spent in ((False, cost), (True, cost // 2)):
        expected = income * p - slashed - penalty * (1 - p) - spent / PPM
        own = own_benefit(m, m.classes[1], who, faring(*rates), x, more_late / 100, heavy)
        assert own == pytest.approx(expected, abs=1e-12)
    compensation = slash_split.split(late(c, PPM, "idle_neutral", 0), DEFAULT_SLASH)[0] / PPM
    expected = (1 - price / 100) * p - (penalty - compensation) * (1 - p)
    setback = first_setback(m, m.classes[1])
    assert delegated_benefit(price / 100, p, setback) == pytest.approx(expected, abs=1e-12)


def test_who_may_find_nobody_weighs_what_follows() -> None:
    assert auctioned_benefit(1.0, 0.1, 0.7) == 0.1
    assert auctioned_benefit(0.75, 0.1, 0.5) == pytest.approx(0.2)
    assert auctioned_benefit(0.75, 0.1, 0.0) == pytest.approx(0.075)


# Asking


@given(
    cost=integers(0, PPM),
    markup=integers(0, PPM),
    caution=integers(0, 64),
    rho=integers(0, PPM),
    factor=integers(1, 100),
    preset=choice(*PRESETS),
)
def test_plain_asks_cover_cost_markup_and_slashes_by_the_record(
    cost: int, markup: int, caution: int, rho: int, factor: int, preset: str
) -> None:
    m, c = market(preset, slashing=factor / 100)
    who = someone(cost=cost, growth=cost // 10, markup=markup, caution=caution / 32)
    idle, full = late(c, PPM, preset, 0), late(c, PPM, preset, 10_000)
    risk = caution / 32 * (1 - rho / PPM)
    base, slope, steep = asking(m, m.classes[1], who, faring(0.5, 0.5), rho, 0, 0.0, 0.3)
    assert base == pytest.approx(cost + markup + risk * idle, abs=1)
    assert slope == pytest.approx(cost // 10 + risk * (full - idle), abs=1)
    assert base <= cost + markup + risk * idle + 1e-6
    assert steep == 0


@given(
    cost=integers(0, PPM),
    rates=integers(0, 60).flatmap(lambda a: integers(0, 60).map(lambda b: (a / 100, b / 100))),
    factor=integers(1, 100),
    preset=choice(*PRESETS),
    overload=integers(0, 30),
    back=integers(0, 4),
)
def test_at_what_it_asks_a_bidder_breaks_even(
    cost: int, rates: tuple[float, float], factor: int, preset: str, overload: int, back: int
) -> None:
    """At no load, at F and at full load: price less fee when all is well, less cost, forfeits and slashes, is nothing.

    Of the fees paid so far ``back`` of four have come back as uptime rewards.
    """
    m, c = market(preset, slashing=factor / 100)
    m.ledger["fees"], m.ledger["uptime"] = 4_000, 1_000 * back
    who, kink = someone(cost=cost, growth=cost // 10), int(m.rules[0]["kink"])
    lock = class_packing.collateral(c, PPM)
    base, slope, steep = asking(m, m.classes[1], who, faring(*rates), 0, 1, 0.0, overload / 100)
    for x, more_late in ((0, 0.0), (kink, 0.0), (10_000, overload / 100 if kink < 10_000 else 0.0)):
        asked = base + slope * x / 10_000 + steep * max(x - kink, 0) / 10_000
        in_time, right = 1 - min(rates[0] + more_late, 0.99), 1 - rates[1]
        lost = in_time * (1 - right) * lock + (1 - in_time) * late(c, PPM, preset, x)
        gained = asked * (1 - FEE / PPM * (1 - back / 4)) * in_time * right - cost - cost // 10 * x / 10_000 - lost
        if asked < 3.9 * PPM:
            assert gained == pytest.approx(0, abs=5)
    assert slope >= 0
    assert (slope + steep) * (10_000 - kink) >= -10_000


@given(cost=integers(0, PPM), markup=integers(1, 100), covers=integers(0, 1), overload=integers(0, 30))
def test_a_markup_adds_its_share_and_leads_no_higher_than_nine_tenths(
    cost: int, markup: int, covers: int, overload: int
) -> None:
    """At no load, at F and at full load; who needs more than nine tenths of the reward to break even asks that."""
    m, _ = market()
    who, kink = someone(cost=cost, growth=cost // 10), int(m.rules[0]["kink"])
    lines = [
        asking(m, m.classes[1], who, faring(0.02, 0.03), PPM, covers, more, overload / 100)
        for more in (0.0, markup / 100)
    ]
    for x in (0, kink, 10_000) if covers else (0, 10_000):
        plain, marked = (b + s * x / 10_000 + t * max(x - kink, 0) / 10_000 for b, s, t in lines)
        assert marked == pytest.approx(max(min(plain * (1 + markup / 100), 0.9 * PPM), plain), abs=5)


def test_who_expects_to_fail_asks_more_and_nobody_asks_without_bound() -> None:
    m, _ = market()
    who = someone(cost=600_000)
    asks = [
        asking(m, m.classes[1], who, faring(late_rate, wrong), 0, 1, 0.0, 0.3)[0]
        for late_rate, wrong in ((0.0, 0.0), (0.02, 0.0), (0.02, 0.03), (0.02, 0.4), (2.0, 2.0))
    ]
    assert asks == sorted(set(asks))
    assert asks[3] > PPM
    assert asks[4] == MOST_ASKED


# Moods


def test_moods_follow_what_an_account_gains_in_a_period() -> None:
    m, _ = market()
    fortune = np.zeros(4, FORTUNE)
    fortune["active"] = 1, 1, 0, 1
    mood = unrest = total = 0.0
    for gained, locked, spent in ((100, 0, 30.5), (-50, 20, 10.0), (500, -20, 0.25)):
        m.accounts["free"] += gained
        m.accounts["locked"] += locked
        fortune["spent"] += spent
        feel(m, fortune, 1, 4)
        away = gained + locked - spent - mood
        mood += WEIGHT_OF_NOW * away
        unrest = (1 - WEIGHT_OF_NOW) * (unrest + WEIGHT_OF_NOW * away**2)
        total += gained + locked - spent
        assert fortune["mood"].tolist() == [0, pytest.approx(mood), 0, pytest.approx(mood)]
        assert fortune["unrest"].tolist() == [0, pytest.approx(unrest), 0, pytest.approx(unrest)]
        assert fortune["before"].tolist() == [0, *[pytest.approx(total)] * 3]
