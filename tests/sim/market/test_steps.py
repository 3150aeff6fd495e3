"""Steps of a task's life: what moves between which accounts, against the amounts of the twins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from ballast.model import activity, class_packing, dutch_auction, load_curve, slash_split, task_packing
from ballast.model.constants import BURN_ACCOUNT, COPROCESSOR, MAX_TASK_SLOTS, OPERATOR, POOL_ACCOUNT, PPM
from ballast.model.load_curve import PRESETS
from ballast.model.parameters import DEFAULT_SLASH, ClassParameters, NetworkParameters
from ballast.sim.engines.engine import GENESIS
from ballast.sim.market import rules, steps
from ballast.sim.market.records import CLASS, TASK, Market, new_market
from tests.model.properties import choice, given, integers, lists

AVS, KEEPER, WORKER_OPERATOR, WORKER, RESCUER = 2, 3, 4, 5, 6
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


def case(reward: int, collateral: int, factor: int, preset: str = "idle_neutral", **more: int) -> Case:
    """Market in epoch 2, second 1, where the operator has opened a task of class 1."""
    parameters = NetworkParameters(epoch_seconds=EPOCH_SECONDS, preset=preset)
    c = ClassParameters(collateral=collateral, slash_factor=factor, operator_share=factor // 2).auction(FEE)
    c = replace(c, **more)
    m = new_market(parameters, GENESIS, 8, 1, 1, 4)
    for name in CLASS.names or ():
        m.classes[1][name] = getattr(c, name, 0)
    m.classes[1]["avs"] = AVS
    steps.set_time(m, GENESIS + 100)
    for _ in range(5):
        steps.open_account(m, FUNDS)
    for account, role in ((WORKER_OPERATOR, OPERATOR), (WORKER, COPROCESSOR), (RESCUER, COPROCESSOR)):
        steps.register(m, account, role, 1_000)
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
        steps.win(found.m, found.t, WORKER, 2, x, 77, price)


def test_opening_locks_the_penalty_and_takes_the_newest_free_slot() -> None:
    found = case(100_000, PPM, 100_000)
    m, t = found.m, found.t
    penalty = class_packing.penalty(found.c, class_packing.collateral(found.c, 100_000))
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


@given(step=integers(0, 7), rising=choice(0, 1))
def test_a_bid_is_awarded_when_its_step_ends_and_paid_the_price_of_the_step(step: int, rising: int) -> None:
    found = case(1_000_003, PPM, 100_000)
    m, t, c = found.m, found.t, found.c
    t.rising = rising
    start, floor_ = rules.clock_prices(m.classes[1], rising)
    assert (start, floor_) == task_packing.clock_prices(c, rising)
    price = dutch_auction.price_at(start, floor_, c.steps, step)
    steps.win(m, t, WORKER, step, 1_000, 5, price)
    assert t.time == t.opened + (step + 1) * c.step_seconds
    assert t.due == t.time + c.submit_seconds
    as_packed = task_packing.TaskTerms(1, 1, int(t.opened), 100, 1_000_003, 0, rising, 0)
    assert t.price == task_packing.price(c, as_packed, step, 0)
    assert found.locked()[WORKER] == class_packing.collateral(c, 1_000_003)
    assert m.accounts[WORKER]["load"] == 100


def test_own_execution_is_paid_the_highest_price_from_the_moment_it_begins() -> None:
    found = case(1_000_003, PPM, 100_000)
    steps.set_time(found.m, int(found.m.ledger[0]["now"]) + 20)
    steps.take_own(found.m, found.t)
    t = found.t
    as_packed = task_packing.TaskTerms(1, 1, int(t.opened), 100, 1_000_003, 0, 0, 0)
    assert t.price == task_packing.price(found.c, as_packed, 0, 1)
    assert (t.opened, t.time, t.due) == (found.m.ledger[0]["now"],) * 2 + (t.opened + found.c.submit_seconds,)
    assert t.x == activity.load_bps(100, 1_000)


@given(reward=reward, own=choice(True, False), proved=choice(True, False), **terms)
def test_a_slash_is_split_to_the_unit(
    reward: int, own: bool, proved: bool, collateral: int, factor: int, x: int, preset: str
) -> None:
    found = case(reward, collateral, factor, preset)
    won(found, own, x)
    m, t, c = found.m, found.t, found.c
    lock = class_packing.collateral(c, reward)
    curve = load_curve.pack(PRESETS[preset])
    amount = lock
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


@given(reward=reward, own=choice(True, False), price=integers(500_000, 980_000), collateral=terms["collateral"])
def test_settling_pays_price_margin_and_fee(reward: int, own: bool, price: int, collateral: int) -> None:
    found = case(reward, collateral, 100_000)
    won(found, own, price=price)
    m, t, c = found.m, found.t, found.c
    steps.submit(m, t)
    lock = class_packing.collateral(c, reward)
    paid = reward * (980_000 if own else price) // PPM
    fee = class_packing.fee(c, paid, 100 * int(m.rules[0]["fee_per_unit"]))
    free, locked, burned = found.free(), found.locked(), int(m.accounts["locked"].sum())
    executor = WORKER_OPERATOR if own else WORKER
    steps.settle(m, t, 0)
    free[WORKER_OPERATOR] += reward - paid + class_packing.penalty(c, lock)
    free[executor] += paid - fee + lock
    free[POOL_ACCOUNT] += fee
    locked[WORKER_OPERATOR] -= class_packing.penalty(c, lock)
    locked[executor] -= lock
    locked[POOL_ACCOUNT] -= reward
    assert (found.free(), found.locked()) == (free, locked)
    assert burned - int(m.accounts["locked"].sum()) == reward + lock + class_packing.penalty(c, lock)
    assert found.records() == [(fee, fee), (0, 0) if own else (fee, fee), (0, 0)]
    assert m.mandates[1, WORKER_OPERATOR] == reward
    assert [int(m.ledger[0][name]) for name in ("fees", "rewards", "prices")] == [fee, reward, paid]
    assert (t.outcome, m.tops[0], m.accounts[executor]["load"]) == (task_packing.SETTLED, 4, 0)


@pytest.mark.parametrize("outcome", [task_packing.EXPIRED, task_packing.FAILED, task_packing.FORFEITED])
@pytest.mark.parametrize("own", [False, True])
def test_an_end_without_payment_gives_the_reward_back(outcome: int, own: bool) -> None:
    found = case(100_003, 1_000_000, 100_000)
    expired = outcome == task_packing.EXPIRED
    if not expired:
        won(found, own)
    m, t, c = found.m, found.t, found.c
    penalty = class_packing.penalty(c, class_packing.collateral(c, 100_003))
    free, locked = found.free(), found.locked()
    steps.end_unpaid(m, t, 0, outcome)
    free[WORKER_OPERATOR if expired else AVS] += penalty
    locked[WORKER_OPERATOR] -= penalty
    assert (found.free(), found.locked()) == (free, locked)
    assert m.mandates[1, WORKER_OPERATOR] == 2 * 100_003
    fee = 0 if expired else class_packing.fee(c, int(t.price), 100)
    assert found.records() == [(fee, 0), (0, 0) if own or expired else (fee, 0), (0, 0)]
    assert (t.outcome, m.tops[0]) == (outcome, 4)


def test_a_rescuer_takes_over_price_and_lock_and_the_late_one_keeps_the_mark() -> None:
    found = case(100_003, 1_000_000, 100_000)
    won(found, own=False)
    m, t, c = found.m, found.t, found.c
    steps.slash(m, t, KEEPER, False)
    steps.end_fault(m, WORKER, 100)
    price = int(t.price)
    steps.set_time(m, int(m.ledger[0]["now"]) + 195)
    steps.take_over(m, t, RESCUER)
    fee = class_packing.fee(c, price, 100)
    assert (t.culprit, t.executor, t.status, t.rescued, t.price) == (WORKER, RESCUER, task_packing.WON, 1, price)
    assert (t.x, t.time, t.due) == (1_000, m.ledger[0]["now"], m.ledger[0]["now"] + c.submit_seconds)
    assert found.records() == [(0, 0), (fee, 0), (0, 0)]
    assert found.locked()[WORKER : RESCUER + 1] == [0, class_packing.collateral(c, 100_003)]
    assert m.accounts["load"][[WORKER, RESCUER]].tolist() == [0, 100]


@given(stake=integers(0, 30_000), load=integers(0, 1_000), released=integers(0, 1_000))
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
