"""How participants decide, against the formulas in plain Python."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ballast.model import class_packing, load_curve, slash_split
from ballast.model.constants import BPS, PPM
from ballast.model.load_curve import PRESETS
from ballast.model.parameters import DEFAULT_SLASH, NetworkParameters
from ballast.sim.engines.engine import GENESIS
from ballast.sim.market.records import CLASS, TASK, Market, new_market
from ballast.sim.period.behaviour import (
    FORTUNE,
    MOST_ASKED,
    TRAITS,
    WEIGHT_OF_NOW,
    Stakes,
    asking,
    at_stake,
    auctioned_benefit,
    delegated_benefit,
    fee_share,
    feel,
    first_setback,
    makes_effort,
    own_benefit,
    record_at_stake,
)
from ballast.sim.period.beliefs import learn_of_room
from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from tests.model.properties import choice, given, integers

FEE = NetworkParameters().fee


def market(preset: str = "idle_neutral", **more: Any) -> tuple[Market, class_packing.Auction]:
    """Market with one class, and the class."""
    scenario = Scenario(preset=preset, **more)
    m = new_market(scenario.network(), GENESIS, 8, 1, 1, 1)
    c, opening = scenario.task_class().auction(FEE), scenario.task_class().opening()
    for name in CLASS.names or ():
        m.classes[1][name] = getattr(c, name, getattr(opening, name, 0))
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


def late(c: class_packing.Auction, reward: int, preset: str, x: int, backing: int = 0) -> int:
    """Slash of a late result at a load."""
    amplifier = load_curve.amplifier(load_curve.pack(PRESETS[preset]), x)
    lock = class_packing.collateral(c, reward, backing)
    return slash_split.late_amount(reward, lock, c.slash_factor, amplifier, DEFAULT_SLASH.lateness_floor)


def faring(late_rate: float, wrong_rate: float) -> Any:
    """How somebody fares who expects so much of itself."""
    fares = np.zeros(1, FORTUNE)
    fares["late_rate"], fares["wrong_rate"] = late_rate, wrong_rate
    return fares[0]


def straight(m: Market) -> Stakes:
    """Stakes of somebody who counts neither incentives nor room."""
    return at_stake(m, m.classes[1], someone(), faring(0.02, 0.03), 5, 1.0, 0.9)


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
    """A missing share of good results costs half of itself, and a record of 0.8 forgets 2% an epoch."""
    m, c = market(record_weight=0.5)
    worth = 0.5 * 0.16 / (0.16 + 0.02)
    assert record_at_stake(m, m.classes[1], 800_000) == pytest.approx(worth) == pytest.approx(0.4444444)
    assert record_at_stake(m, m.classes[1], c.level - 1) > 0.1
    for rho in (c.level, PPM, 0):  # nothing is missing, or an outcome moves nothing
        assert record_at_stake(m, m.classes[1], rho) == 0
    m.accounts[5]["reputation"] = 800_000
    t = task(reward=1_000_000, price=500_000, executor=5)
    without = (500_000 + late(c, 1_000_000, "idle_neutral", 0)) * 0.5 / 1e6
    for effort, made in ((without + 0.5 * worth - 1e-9, True), (without + 0.5 * worth + 1e-9, False)):
        assert makes_effort(m, m.classes[1], t, someone(effort=effort), 0.75, 0.25) is made


@pytest.mark.parametrize("wrong_factor", [1.0, 0.3])
def test_in_a_risky_class_effort_may_cost_what_a_wrong_result_costs(wrong_factor: float) -> None:
    """A tenth of the results is wrong: less often the price, and a slash of a share of 5,000,000, or the reward."""
    m, c = market(slashing=0.25, stake_share=0.5, wrong_factor=wrong_factor)
    m.classes[1]["risk"] = 100_000
    t = task(reward=1_000_000, price=500_000, capacity=1_000_000)
    slash = late(c, 1_000_000, "idle_neutral", 0, 10_000_000)
    assert slash == 1_250_000
    worth = (450_000 - 0.1 * 5_000_000 * wrong_factor + slash) * 0.5 / 1e6
    for effort, made in ((worth - 1e-9, True), (worth + 1e-9, False)):
        assert makes_effort(m, m.classes[1], t, someone(effort=effort), 0.75, 0.25) is made


# Delegation


@given(
    factor=integers(1, 100),
    collateral=integers(98, 400),
    rates=integers(0, 90).flatmap(lambda a: integers(0, 90).map(lambda b: (a / 100, b / 100))),
    cost=integers(0, PPM),
    wrong_factor=integers(1, 100),
    share=choice(0, 300_000),
    price=integers(0, 100),
    x=integers(0, 10_000),
    more_late=integers(0, 30),
)
def test_benefits_are_those_of_the_paper(
    factor: int,
    collateral: int,
    rates: tuple[float, float],
    cost: int,
    wrong_factor: int,
    share: int,
    price: int,
    x: int,
    more_late: int,
) -> None:
    """Own: ``r p - s (1 - p) - cost``; delegated: ``(r - b) p - s (1 - p)``; shares of the reward; s as at first."""
    m, c = market(slashing=factor / 100, collateral=collateral / 100, wrong_factor=wrong_factor / 100)
    m.classes[1]["stake_share"], m.classes[1]["worth"], m.accounts[5]["capacity"] = share, 1_000, 500
    c = replace(c, stake_share=share)
    too_late, wrong = min(rates[0] + more_late / 100, 0.99), rates[1]
    p = (1 - too_late) * (1 - wrong)
    # a stake of five times the reward of a usual task
    lock = class_packing.collateral(c, PPM, 5 * PPM)
    penalty = class_packing.penalty(c, class_packing.collateral(c, PPM, 0)) / PPM
    of_wrong = slash_split.wrong_amount(PPM, lock, max(wrong_factor, factor) * 10_000)
    slashed = too_late * late(c, PPM, "idle_neutral", x, 5 * PPM) / PPM + (1 - too_late) * wrong * of_wrong / PPM
    # paid 98% by itself less the fee, and keeps the other 2%
    income = 0.98 * (1 - FEE / PPM) + 0.02
    who = someone(cost=cost, cost_heavy=cost // 2)
    for heavy, spent in ((False, cost), (True, cost // 2)):
        expected = income * p - slashed - penalty * (1 - p) - spent / PPM
        own = own_benefit(m, m.classes[1], who, faring(*rates), 5, x, more_late / 100, heavy)
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
    base, slope, steep = asking(m, m.classes[1], who, faring(0.5, 0.5), rho, 0, 0.0, 0.3, 0, straight(m))
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
    lock = class_packing.collateral(c, PPM, 0)
    base, slope, steep = asking(m, m.classes[1], who, faring(*rates), 0, 1, 0.0, overload / 100, 0, straight(m))
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
        asking(m, m.classes[1], who, faring(0.02, 0.03), PPM, covers, more, overload / 100, 0, straight(m))
        for more in (0.0, markup / 100)
    ]
    for x in (0, kink, 10_000) if covers else (0, 10_000):
        plain, marked = (b + s * x / 10_000 + t * max(x - kink, 0) / 10_000 for b, s, t in lines)
        assert marked == pytest.approx(max(min(plain * (1 + markup / 100), 0.9 * PPM), plain), abs=5)


def test_who_expects_to_fail_asks_more_and_nobody_asks_without_bound() -> None:
    m, _ = market()
    who = someone(cost=600_000)
    asks = [
        asking(m, m.classes[1], who, faring(late_rate, wrong), 0, 1, 0.0, 0.3, 0, straight(m))[0]
        for late_rate, wrong in ((0.0, 0.0), (0.02, 0.0), (0.02, 0.03), (0.02, 0.4), (2.0, 2.0))
    ]
    assert asks == sorted(set(asks))
    assert asks[3] > PPM
    assert asks[4] == MOST_ASKED


# What a bidder has at stake

LATE, WRONG = 0.02, 0.03
GOOD = (1 - LATE) * (1 - WRONG)
UNITS = 0.125
"""Of the capacity, that a task of mean size takes."""


def placed(pool: int, **more: Any) -> Market:
    """Market in epoch 3, with a pool, tasks of 125 units and 125,000 tokens, and a bidder of 1,000 units of 10,000."""
    m, _ = market(**more)
    m.classes[1]["size"], m.classes[1]["worth"] = 125, 125_000
    m.ledger["epoch"] = 3
    weight = 10_000 * m.rules[0]["peak"] * m.rules[0]["epoch_seconds"]  # of that capacity, all at its best load
    m.budgets[2]["total"], m.budgets[2]["weight"] = pool, weight
    m.accounts[5]["capacity"], m.accounts[5]["reputation"] = 1_000, 800_000
    return m


def bidder(**more: Any) -> Any:
    """Bidder that counts incentives, on a machine of speed 1."""
    return someone(**{"cost": 600_000, "growth": 60_000, "speed": 1.0, "incentives": 1} | more)


def staked(m: Market, who: Any, full_rate: float = 0.0) -> Stakes:
    """Give what it has at stake where prices are 90%, and the task takes half an epoch."""
    fares = faring(LATE, WRONG)
    fares["full_rate"] = full_rate
    return at_stake(m, m.classes[1], who, fares, 5, 159.5 / np.sqrt(125), 0.9)


def asks(m: Market, who: Any, stakes: Stakes) -> tuple[float, float, float]:
    """Give what it asks at no load, at F, and at full load."""
    base, slope, steep = asking(m, m.classes[1], who, faring(LATE, WRONG), 0, 1, 0.0, 0.3, 0, stakes)
    return base, base + 0.8 * slope, base + slope + 0.2 * steep


@pytest.mark.parametrize(
    ("pool", "at_best"),
    [
        # a tenth of it, for half an epoch, of a reward of 125,000: all of it at B
        (100_000, 0.04),
        # no more than nine tenths of the fees of the four tasks that half a load is: 2% of 90%, if they are good
        (1_000_000, 0.9 * 4 * 0.02 * 0.9 * GOOD),
    ],
)
def test_the_load_of_a_task_counts_by_the_mean_slope_of_each_branch(pool: int, at_best: float) -> None:
    """Idle, it brings a quarter of what B has; at F it takes five twelfths of that, and the filter's load term of 6.4.

    Above F there is no bonus to lose. The filter's load term is 2% of what an outcome moves, times the eight tasks of a
    full load, five eighths of which are the way from F on.
    """
    m = placed(pool)
    record = record_at_stake(m, m.classes[1], 800_000)
    stakes = staked(m, bidder())
    assert stakes.record == record == pytest.approx(0.8888889)
    assert stakes.usual == pytest.approx(GOOD)
    assert stakes.idle == pytest.approx(at_best * UNITS / 0.5, rel=1e-4)
    assert stakes.kink == pytest.approx(-at_best * UNITS / 0.3 - 0.02 * record * 6.4 * UNITS / 0.3, rel=1e-4)
    assert stakes.full == pytest.approx(-0.02 * record * 8 * UNITS / 0.2, rel=1e-4)
    assert (stakes.fee, stakes.full_rate, stakes.price) == (0.02, 0.0, 0.9)


def test_who_counts_nothing_has_the_average_rebate_alone() -> None:
    m = placed(10**6)
    m.ledger["fees"], m.ledger["uptime"] = 4_000, 1_000
    stakes = staked(m, bidder(incentives=0), 0.5)
    assert stakes == Stakes(0.0, 0.0, 0.0, 0.0, 0.0, fee_share(m, m.classes[1]), 0.0, 0.9)
    assert stakes.fee == pytest.approx(0.015)
    assert staked(m, bidder()).fee == 0.02
    assert staked(m, bidder(incentives=0, room_worth=1), 0.5).full_rate == 0.5


@pytest.mark.parametrize("what", ["capacity", "worth", "budget", "alpha"])
def test_stakes_are_finite_where_there_is_nothing(what: str) -> None:
    m = placed(10**6)
    if what == "capacity":
        m.accounts[5]["capacity"] = 0
    elif what == "worth":
        m.classes[1]["worth"] = 0
    elif what == "budget":
        m.budgets[2]["weight"] = 0
    else:
        m.rules["alpha"] = m.rules["gamma"] = 0
    assert np.isfinite(staked(m, bidder())).all()


def test_an_ask_takes_off_what_a_task_brings_and_adds_what_it_takes() -> None:
    """``(1 - fee) b p q + record (p q - usual) + of_load = cost + p (1 - q) l + (1 - p) s``; then the room's worth."""
    m, c = market()
    stakes = Stakes(0.05, 0.9, 0.01, -0.03, -0.2, 0.02, 0.25, 0.95)
    who, kink = bidder(), int(m.rules[0]["kink"])
    expected = []
    for x, more_late, of_load, full_rate in ((0, 0.0, 0.01, 0.0), (kink, 0.0, -0.03, 0.25), (BPS, 0.3, -0.2, 0.25)):
        in_time, right = 1 - LATE - more_late, 1 - WRONG
        lost = in_time * WRONG * class_packing.collateral(c, PPM, 0) + (1 - in_time) * late(c, PPM, "idle_neutral", x)
        spent = 600_000 + 60_000 * x / BPS + lost - PPM * (0.05 * (in_time * right - 0.9) + of_load)
        even = spent / (0.98 * in_time * right)
        expected.append(even + full_rate * max(950_000 - even, 0))
    assert asks(m, who, stakes) == pytest.approx(expected, abs=3)
    assert expected[2] > 950_000 > expected[1]


def test_no_ask_is_below_nothing() -> None:
    m, _ = market()
    stakes = Stakes(0.0, 0.0, 5.0, 5.0, 5.0, 0.02, 0.0, 0.9)
    assert asks(m, bidder(), stakes) == (0, 0, 0)


def test_a_record_makes_tasks_dearer_that_are_likelier_to_fail() -> None:
    """An idle bidder's next result is as good as its others, so its ask stays; risk and overload spoil the share."""
    m, record = placed(0), []
    for reputation in (0, 940_000, 900_000, 700_000):
        m.accounts[5]["reputation"] = reputation
        record.append(asks(m, bidder(), staked(m, bidder())))
    idle, _, full = zip(*record, strict=True)
    assert len(set(idle)) == 1
    assert list(full) == sorted(set(full))
    m.classes[1]["risk"] = 200_000
    risky = asks(m, bidder(), staked(m, bidder()))
    m.accounts[5]["reputation"] = 0
    assert risky[0] > asks(m, bidder(), staked(m, bidder()))[0] + 5_000


def test_a_larger_pool_draws_bidders_towards_b_until_the_rebate_binds() -> None:
    lines = [asks(m, bidder(), staked(m, bidder())) for m in map(placed, (0, 50_000, 100_000, 10**6, 10**7))]
    idle, kink, full = zip(*lines, strict=True)
    assert list(idle[:4]) == sorted(set(idle[:4]), reverse=True)
    assert list(kink[:4]) == sorted(set(kink[:4]))
    assert idle[3:] == idle[4:] * 2
    assert full[:1] * 5 == pytest.approx(full, abs=3)


def test_who_is_often_full_asks_for_its_room_and_no_more_than_a_later_task_pays() -> None:
    m = placed(0)
    lines = [asks(m, bidder(room_worth=1), staked(m, bidder(room_worth=1), rate)) for rate in (0.0, 0.2, 0.6, 1.0)]
    idle, kink, full = zip(*lines, strict=True)
    assert len(set(idle)) == 1
    assert list(kink) == sorted(set(kink))
    assert kink[-1] == pytest.approx(900_000, abs=3)
    assert full[:1] * 4 == pytest.approx(full, abs=3)  # overload is dearer than any later task is paid
    assert lines[0] == asks(m, bidder(), staked(m, bidder(), 1.0))


def test_whether_room_is_full_before_work_is_over_is_learnt_task_by_task() -> None:
    """Full at the end of its own wave counts, as it is after its opening; full before does not."""
    fares, full_rate = faring(0.0, 0.0), 0.0
    for tasks, filled, full in ((0, 100, 1), (1, 99, 0), (2, 170, 1), (5_000, 0, 0)):
        fares["tasks"], fares["filled"] = tasks, filled
        learn_of_room(fares, task(opened=100))
        full_rate += max(1 / (tasks + 20), 0.005) * (full - full_rate)
        assert fares["full_rate"] == pytest.approx(full_rate)


def test_room_is_worth_something_only_where_it_is_scarce() -> None:
    roomy = Scenario(operators=10, coprocessors=10, periods=8, tasks_per_period=100, utilisation=0.05)
    busy = replace(roomy, utilisation=1.2)
    for scenario, scarce in ((roomy, False), (busy, True)):
        asked, given = (run_on(replace(scenario, room_worth=room)) for room in (True, False))
        rates = asked.world.fortune["full_rate"]
        assert bool(rates.max() > 0) is scarce
        assert (rates >= 0).all()
        assert (rates <= 1).all()
        assert (asked.digest != given.digest) is scarce
        still = run_on(replace(scenario, learning=False)).world.fortune["full_rate"]
        assert not still.any()


def test_incentives_change_a_run_and_break_even_off_knows_none() -> None:
    small = Scenario(operators=10, coprocessors=10, periods=6, tasks_per_period=100)
    assert run_on(small).digest != run_on(replace(small, incentives=False)).digest
    naive = replace(small, break_even=False)
    off = replace(naive, incentives=False, room_worth=False)
    assert run_on(naive).digest == run_on(off).digest


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
