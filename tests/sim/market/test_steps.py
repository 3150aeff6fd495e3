"""Steps of a task's life: what moves between which accounts, against the amounts of the twins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from ballast.model import activity, class_packing, discounts, load_curve, slash_split, task_packing
from ballast.model.constants import BPS, BURN_ACCOUNT, COPROCESSOR, MAX_TASK_SLOTS, OPERATOR, POOL_ACCOUNT, PPM
from ballast.model.load_curve import PRESETS
from ballast.model.parameters import DEFAULT_SLASH, ClassParameters, NetworkParameters
from ballast.sim.engines.engine import GENESIS
from ballast.sim.market import steps
from ballast.sim.market.records import CLASS, TASK, Market, new_market
from tests.model.properties import choice, given, integers, lists

AVS, KEEPER, WORKER_OPERATOR, WORKER, RESCUER = 2, 3, 4, 5, 6
OTHER_CLASS = 2
CAPACITY = 1_000
"""Of everybody, resource units."""
FUNDS = 10**13
EPOCH_SECONDS = 270
FEE = 20_000

reward = integers(1_000, 10**10)
terms = {
    "collateral": integers(980_000, 4_000_000),
    "factor": integers(1, PPM),
    "x": integers(0, 10_000),
    "preset": choice(*PRESETS),
}


@dataclass
class Case:
    """A market with one task, opened by account 4 for an AVS."""

    m: Market
    t: Any
    c: class_packing.Auction

    def lock(self, capacity: int = CAPACITY) -> int:
        """Collateral of somebody of a capacity."""
        return class_packing.collateral(self.c, int(self.t.reward), capacity * int(self.m.rules[0]["stake_per_unit"]))

    def penalty(self) -> int:
        """Penalty that the operator locks, whoever executes."""
        return class_packing.penalty(self.c, class_packing.collateral(self.c, int(self.t.reward), 0))

    def free(self) -> list[int]:
        """Free funds of the first accounts."""
        found: list[int] = self.m.accounts["free"][: RESCUER + 1].tolist()
        return found

    def locked(self) -> list[int]:
        """Locked funds of the first accounts."""
        found: list[int] = self.m.accounts["locked"][: RESCUER + 1].tolist()
        return found

    def records(self) -> list[tuple[int, int]]:
        """Fees of finished tasks and of the good ones, of the operator, the worker and the rescuer."""
        return [(int(a["fees"]), int(a["good_fees"])) for a in self.m.accounts[WORKER_OPERATOR : RESCUER + 1]]


def case(reward: int, collateral: int, factor: int, preset: str = "idle_neutral", **more: Any) -> Case:
    """Market in epoch 2, second 1, where the operator has opened a task of class 1."""
    parameters = NetworkParameters(epoch_seconds=EPOCH_SECONDS, preset=preset, stake_per_unit=10_000)
    share = factor // 2 // class_packing.BASIS_POINT * class_packing.BASIS_POINT
    chosen = ClassParameters(collateral=collateral, slash_factor=factor, operator_share=share, **more)
    c, opening = chosen.auction(FEE), chosen.opening(AVS)
    m = new_market(parameters, GENESIS, 8, 2, 1, 4)
    for class_id in (1, OTHER_CLASS):
        for name in CLASS.names or ():
            m.classes[class_id][name] = getattr(c, name, getattr(opening, name, 0))
    steps.set_time(m, GENESIS + 100)
    for _ in range(5):
        steps.open_account(m, FUNDS)
    for account, role in ((WORKER_OPERATOR, OPERATOR), (WORKER, COPROCESSOR), (RESCUER, COPROCESSOR)):
        steps.register(m, account, role, CAPACITY)
    steps.fund_mandate(m, 1, WORKER_OPERATOR, 2 * reward)
    steps.set_time(m, GENESIS + EPOCH_SECONDS + 1)
    tasks = np.zeros(1, TASK)
    tasks["operator"], tasks["class_id"], tasks["difficulty"], tasks["reward"] = WORKER_OPERATOR, 1, 100, reward
    t = tasks.view(np.recarray)[0]
    steps.start_task(m, t, 0)
    return Case(m, t, c)


def won(found: Case, own: bool, x: int = 1_000, price: int = 900_000) -> None:
    """Have the task won by the worker at a load and price, or by its operator."""
    if own:
        steps.take_own(found.m, found.t)
        found.t.x = x
    else:
        steps.win(found.m, found.t, WORKER, 2, x, price)


def test_opening_locks_the_penalty_and_takes_the_newest_free_slot() -> None:
    found = case(100_000, PPM, 100_000)
    m, t = found.m, found.t
    penalty = found.penalty()
    assert penalty == 5_000
    assert (t.slot, t.number, t.opened) == (0, (WORKER_OPERATOR << 48) | 1, GENESIS + EPOCH_SECONDS + 1)
    assert found.locked()[WORKER_OPERATOR] == penalty
    assert m.mandates[1, WORKER_OPERATOR] == 100_000
    other = np.zeros(1, TASK).view(np.recarray)[0]
    other.operator, other.class_id, other.difficulty, other.reward = WORKER_OPERATOR, 1, 1, 1_000
    steps.start_task(m, other, 0)
    assert (other.slot, other.number) == (1, (WORKER_OPERATOR << 48) | (1 << 32) | 1)
    steps.finish(m, t, 0, task_packing.EXPIRED)
    steps.start_task(m, other, 0)
    assert (other.slot, other.number) == (0, (WORKER_OPERATOR << 48) | 2)
    assert 10_000 * MAX_TASK_SLOTS < 2**31


@pytest.mark.parametrize("share", [0, 400_000])
@given(step=integers(0, 7), price=integers(1, PPM), rising=choice(0, 1))
def test_a_bid_is_awarded_when_its_step_ends_and_paid_the_price_it_entered_at(
    share: int, step: int, price: int, rising: int
) -> None:
    found = case(1_000_003, PPM, 100_000, stake_share=share)
    m, t, c = found.m, found.t, found.c
    t.rising = rising
    steps.win(m, t, WORKER, step, 1_000, price)
    assert t.time == t.opened + (step + 1) * c.step_seconds
    assert t.due == t.time + c.submit_seconds
    assert (t.price, t.step, t.x, t.capacity) == (1_000_003 * price // PPM, step, 1_000, CAPACITY)
    backing = CAPACITY * int(m.rules[0]["stake_per_unit"])
    assert found.locked()[WORKER] == max(1_000_003, -(-backing * share // PPM))
    assert m.accounts[WORKER]["load"] == 100


def test_own_execution_is_paid_the_cap_from_the_moment_it_begins() -> None:
    found = case(1_000_003, PPM, 100_000, cap=870_000, start=500_000)
    steps.put_up(found.m, found.t)
    steps.set_time(found.m, int(found.m.ledger[0]["now"]) + 20)
    steps.take_own(found.m, found.t)
    t = found.t
    assert t.price == 1_000_003 * 870_000 // PPM
    assert (t.opened, t.time, t.due) == (found.m.ledger[0]["now"],) * 2 + (t.opened + found.c.submit_seconds,)
    assert (t.x, t.capacity) == (activity.load_bps(100, CAPACITY), CAPACITY)


# Start prices


def auctions(found: Case, *left: bool) -> list[int]:
    """Put tasks up for auction one after the other, and leave some; the start prices frozen."""
    frozen = []
    for each in left:
        steps.put_up(found.m, found.t)
        frozen.append(int(found.t.start))
        if each:
            steps.leave_unsold(found.m, found.t)
    return frozen


LEARNING: dict[str, Any] = {"start": 500_000, "floor": 300_000, "cap": 700_000, "start_target": 200_000}


def test_where_all_is_sold_the_start_price_falls_to_the_floor() -> None:
    """By a fifth of the gain of 9,900: 1,980 at a time, of which a task keeps whole permille."""
    found = case(1_000, PPM, 100_000, start_gain=9_900, **LEARNING)
    assert auctions(found, *[False] * 3) == [500_000, 498_000, 496_000]
    assert found.m.starts[1, WORKER_OPERATOR] == 500_000 - 3 * 1_980
    assert auctions(found, *[False] * 200)[-1] == 300_000 == found.m.starts[1, WORKER_OPERATOR]


def test_where_a_first_auction_leaves_all_the_start_price_rises_to_the_cap() -> None:
    """By four fifths of the gain."""
    found = case(1_000, PPM, 100_000, start_gain=9_900, **LEARNING)
    assert auctions(found, *[True] * 3) == [500_000, 507_000, 515_000]
    assert found.m.starts[1, WORKER_OPERATOR] == 500_000 + 3 * (9_900 - 1_980)
    assert auctions(found, *[True] * 200)[-1] == 700_000 == found.m.starts[1, WORKER_OPERATOR]


def test_where_the_share_left_is_the_target_the_start_price_stays() -> None:
    found = case(1_000, PPM, 100_000, start_gain=9_900, **LEARNING)
    for _ in range(30):
        auctions(found, True, False, False, False, False)
        assert found.m.starts[1, WORKER_OPERATOR] == 500_000


def test_in_a_burst_tasks_are_put_up_before_any_is_left() -> None:
    """The price falls with each of them, and rises again when they turn out to be left."""
    found = case(1_000, PPM, 100_000, start_gain=9_900, **LEARNING)
    auctions(found, *[False] * 10)
    for _ in range(10):
        steps.leave_unsold(found.m, found.t)
    assert found.m.starts[1, WORKER_OPERATOR] == 500_000 + 10 * (9_900 - 1_980)


def test_without_a_gain_the_start_price_stays() -> None:
    found = case(1_000, PPM, 100_000, start_gain=0, **LEARNING)
    assert set(auctions(found, *[True, False] * 20)) == {500_000}


def test_a_start_price_belongs_to_one_mandate_and_begins_when_it_is_funded_first() -> None:
    found = case(1_000, PPM, 100_000, start_gain=9_900, **LEARNING)
    m = found.m
    steps.fund_mandate(m, OTHER_CLASS, WORKER_OPERATOR, 10)
    steps.fund_mandate(m, 1, RESCUER, 10)
    auctions(found, True)
    expected = np.zeros_like(m.starts)
    expected[1, WORKER_OPERATOR], expected[OTHER_CLASS, WORKER_OPERATOR], expected[1, RESCUER] = 507_920, *[500_000] * 2
    assert m.starts.tolist() == expected.tolist()
    steps.fund_mandate(m, 1, WORKER_OPERATOR, 10)
    assert m.starts[1, WORKER_OPERATOR] == 507_920


@pytest.mark.parametrize("preset", PRESETS)
def test_discounts_of_a_class_are_written_for_all_loads(preset: str) -> None:
    found = case(1_000, PPM, 100_000, preset)
    m, c, curve = found.m, found.c, load_curve.pack(PRESETS[preset])
    steps.write_table(m, 1)
    assert m.discounts[1].tolist() == [discounts.of_load(curve, c.idle, c.bonus, c.malus, x) for x in range(BPS + 1)]
    assert not m.discounts[OTHER_CLASS].any()


def test_the_last_call_keeps_the_price_that_the_first_auction_began_at() -> None:
    found = case(1_000, PPM, 100_000, start_gain=9_900, **LEARNING)
    steps.put_up(found.m, found.t)
    steps.set_time(found.m, int(found.m.ledger[0]["now"]) + 16)
    steps.reopen(found.m, found.t)
    t = found.t
    assert (t.start, t.rising, t.opened) == (500_000, 1, found.m.ledger[0]["now"])
    assert found.m.starts[1, WORKER_OPERATOR] == 507_920


# Slashes and ends


@given(
    reward=reward,
    own=choice(True, False),
    proved=choice(True, False),
    share=choice(0, 1_000, 200_000),
    more=integers(0, PPM),
    **terms,
)
def test_a_slash_is_split_to_the_unit(
    reward: int, own: bool, proved: bool, share: int, more: int, collateral: int, factor: int, x: int, preset: str
) -> None:
    """A late result costs by the load; a wrong one the larger of the reward and a share of all that is locked."""
    wrong_factor = factor + (PPM - factor) * more // PPM
    found = case(reward, collateral, factor, preset, stake_share=share, wrong_factor=wrong_factor)
    won(found, own, x)
    m, t = found.m, found.t
    lock = found.lock()
    curve = load_curve.pack(PRESETS[preset])
    amount = min(lock, max(reward, lock * wrong_factor // PPM))
    if not proved:
        amplifier = load_curve.amplifier(curve, x)
        amount = slash_split.late_amount(reward, lock, factor, amplifier, DEFAULT_SLASH.lateness_floor)
    compensation, finder, burned, pooled = slash_split.split(amount, DEFAULT_SLASH)
    free, locked = found.free(), found.locked()
    executor = WORKER_OPERATOR if own else WORKER
    assert steps.slash(m, t, KEEPER, proved) == amount
    for account, change in (
        (executor, lock - amount),
        (AVS if own else WORKER_OPERATOR, compensation),
        (KEEPER, finder),
        (BURN_ACCOUNT, burned),
        (POOL_ACCOUNT, pooled),
    ):
        free[account] += change
    locked[executor] -= lock
    assert (found.free(), found.locked()) == (free, locked)
    sums = ("slashed", "compensated", "found", "burned", "pooled")
    assert [int(m.ledger[0][name]) for name in sums] == [amount, compensation, finder, burned, pooled]
    assert t.status == (task_packing.WON if proved else task_packing.LATE)


@given(
    reward=reward,
    own=choice(True, False),
    price=integers(500_000, 980_000),
    share=choice(0, 200_000),
    collateral=terms["collateral"],
)
def test_settling_pays_price_margin_and_fee(reward: int, own: bool, price: int, share: int, collateral: int) -> None:
    found = case(reward, collateral, 100_000, stake_share=share)
    won(found, own, price=price)
    m, t, c = found.m, found.t, found.c
    steps.submit(m, t)
    lock, penalty = found.lock(), found.penalty()
    paid = reward * (c.cap if own else price) // PPM
    fee = class_packing.fee(c, paid, 100 * int(m.rules[0]["fee_per_unit"]))
    free, locked, burned = found.free(), found.locked(), int(m.accounts["locked"].sum())
    executor = WORKER_OPERATOR if own else WORKER
    steps.settle(m, t, 0)
    free[WORKER_OPERATOR] += reward - paid + penalty
    free[executor] += paid - fee + lock
    free[POOL_ACCOUNT] += fee
    locked[WORKER_OPERATOR] -= penalty
    locked[executor] -= lock
    locked[POOL_ACCOUNT] -= reward
    assert (found.free(), found.locked()) == (free, locked)
    assert burned - int(m.accounts["locked"].sum()) == reward + lock + penalty
    assert found.records() == [(fee, fee), (0, 0) if own else (fee, fee), (0, 0)]
    assert m.mandates[1, WORKER_OPERATOR] == reward
    assert [int(m.ledger[0][name]) for name in ("fees", "rewards", "prices")] == [fee, reward, paid]
    assert (t.outcome, m.tops[0], m.accounts[executor]["load"]) == (task_packing.SETTLED, 4, 0)


@pytest.mark.parametrize("outcome", [task_packing.EXPIRED, task_packing.FAILED, task_packing.FORFEITED])
@pytest.mark.parametrize("own", [False, True])
def test_an_end_without_payment_gives_the_reward_back(outcome: int, own: bool) -> None:
    found = case(100_003, 1_000_000, 100_000, stake_share=200_000)
    expired = outcome == task_packing.EXPIRED
    if not expired:
        won(found, own)
    m, t, c = found.m, found.t, found.c
    penalty = found.penalty()
    free, locked = found.free(), found.locked()
    steps.end_unpaid(m, t, 0, outcome)
    free[WORKER_OPERATOR if expired else AVS] += penalty
    locked[WORKER_OPERATOR] -= penalty
    assert (found.free(), found.locked()) == (free, locked)
    assert m.mandates[1, WORKER_OPERATOR] == 2 * 100_003
    fee = 0 if expired else class_packing.fee(c, int(t.price), 100)
    # what somebody else failed in counts a quarter for the operator
    assert found.records() == [(fee if own else fee // 4, 0), (0, 0) if own or expired else (fee, 0), (0, 0)]
    assert (t.outcome, m.tops[0]) == (outcome, 4)


@pytest.mark.parametrize("at_cap", [True, False])
def test_a_rescuer_takes_over_at_the_cap_or_the_price_and_the_late_one_keeps_the_mark(at_cap: bool) -> None:
    found = case(100_003, 1_000_000, 100_000, cap=950_000, start=950_000, stake_share=200_000)
    steps.resize(found.m, RESCUER, 2 * CAPACITY)
    steps.set_time(found.m, int(found.m.ledger[0]["now"]) + EPOCH_SECONDS)
    won(found, own=False)
    m, t, c = found.m, found.t, found.c
    steps.slash(m, t, KEEPER, False)
    steps.end_fault(m, WORKER, 100)
    price = int(t.price)
    assert price == 100_003 * 900_000 // PPM
    steps.set_time(m, int(m.ledger[0]["now"]) + 195)
    steps.take_over(m, t, RESCUER, at_cap)
    fee = class_packing.fee(c, price, 100)
    paid = 100_003 * 950_000 // PPM if at_cap else price
    assert (t.culprit, t.executor, t.status, t.rescued, t.price) == (WORKER, RESCUER, task_packing.WON, 1, paid)
    assert (t.x, t.capacity) == (500, 2 * CAPACITY)
    assert (t.time, t.due) == (m.ledger[0]["now"], m.ledger[0]["now"] + c.submit_seconds)
    assert found.records() == [(0, 0), (fee, 0), (0, 0)]
    assert found.locked()[WORKER : RESCUER + 1] == [0, found.lock(2 * CAPACITY)]
    assert found.lock(2 * CAPACITY) == 2 * found.lock() > 100_003
    assert m.accounts["load"][[WORKER, RESCUER]].tolist() == [0, 100]


@given(stake=integers(0, 30_000_000), load=integers(0, 1_000), released=integers(0, 1_000))
def test_capacity_is_held_to_what_the_stake_covers(stake: int, load: int, released: int) -> None:
    found = case(1_000, PPM, 100_000)
    m = found.m
    a = m.accounts[WORKER]
    load = max(load, released)
    steps.change_load(m, WORKER, load)
    a["free"], a["locked"] = stake // 3, stake - stake // 3
    steps.end_fault(m, WORKER, released)
    bound = min(1_000, max(stake // int(m.rules[0]["stake_per_unit"]), load - released))
    assert (a["capacity"], a["next_capacity"], a["load"]) == (bound, bound, load - released)
    assert steps.room_of(m, WORKER) == steps.capacity_of(m, WORKER) == bound


@given(
    preset=choice(*PRESETS),
    changes=lists(choice(*range(0, 200, 7)).flatmap(lambda s: integers(0, 1_000).map(lambda x: (s, x))), 12),
)
def test_activity_is_that_of_the_twin(preset: str, changes: list[tuple[int, int]]) -> None:
    """Loads that change at moments of several epochs; between them the twin accrues."""
    found = case(1_000, PPM, 100_000, preset)
    m, curve = found.m, load_curve.pack(PRESETS[preset])
    expected = activity.Activity(0, 1_000, 0, COPROCESSOR, 1, 100, 0, 0)
    moment = EPOCH_SECONDS
    for seconds, load in changes:
        moment += seconds
        steps.set_time(m, GENESIS + moment)
        epoch, clock = divmod(moment, EPOCH_SECONDS)
        if expected.epoch != epoch + 1:
            expected = activity.next_epoch(expected, epoch + 1)
        expected = activity.accrue(expected, curve, clock)
        steps.change_load(m, WORKER, load - expected.load)
        expected.load = load
        names = ["capacity", "next_capacity", "load", "role", "epoch", "clock", "bonus", "overload"]
        assert activity.Activity(*m.accounts[names][WORKER].tolist()) == expected
        if expected.epoch != epoch + 1:
            expected = activity.next_epoch(expected, epoch + 1)


def test_next_epoch_keeps_the_load() -> None:
    """The contract carries a load over an epoch's border; nothing in a run does."""
    found = case(1_000, PPM, 100_000)
    m = found.m
    steps.change_load(m, WORKER, 400)
    steps.set_time(m, int(m.ledger[0]["now"]) + EPOCH_SECONDS)
    steps.touch(m, WORKER)
    assert m.accounts[WORKER]["load"] == 400


def test_who_leaves_takes_its_capacity_with_it_at_the_next_border() -> None:
    found = case(1_000, PPM, 100_000)
    m = found.m
    steps.leave(m, WORKER)
    a = m.accounts[WORKER]
    assert a["role"] == COPROCESSOR | activity.LEFT
    assert (steps.capacity_of(m, WORKER), steps.room_of(m, WORKER)) == (1_000, 0)
    steps.set_time(m, int(m.ledger[0]["now"]) + EPOCH_SECONDS)
    assert (steps.capacity_of(m, WORKER), steps.room_of(m, WORKER)) == (0, 0)
