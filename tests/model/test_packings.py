"""Every packing keeps every field over its full range, and what the words of classes and tasks are used for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Any

import pytest

from ballast.errors import ModelError
from ballast.model import (
    activity,
    balance_packing,
    card_packing,
    class_packing,
    dated_amount,
    fault_packing,
    keeper_packing,
    load_curve,
    mandate_packing,
    move_packing,
    reputation_filter,
    share_packing,
    slash_split,
    task_packing,
)
from ballast.model.class_packing import Auction
from ballast.model.constants import BPS, COPROCESSOR, MAX_AMOUNT, MAX_TASK_SLOTS, OPERATOR, PPM
from ballast.model.task_packing import TaskTerms
from tests.model.properties import amounts, any_word, fields, given, integers, lists, ppm

Packing = tuple[Any, Callable[[Any], int], Callable[[int], Any], dict[str, int]]

AUCTION_WIDTHS = {
    "steps": 6,
    "step_seconds": 16,
    "cap": 10,
    "floor_": 10,
    "tick": 10,
    "idle": 10,
    "bonus": 10,
    "malus": 13,
    "weight": 12,
    "level": 10,
    "hard": 1,
    "min_reputation": 10,
    "collateral": 22,
    "stake_share": 14,
    "operator_share": 14,
    "submit_seconds": 18,
    "rescue_seconds": 18,
    "challenge_seconds": 18,
    "fee": 11,
    "slash_factor": 20,
}
PROGRESS_WIDTHS = {
    "sequence": 32,
    "executor": 32,
    "step": 6,
    "status": 3,
    "own": 1,
    "rescued": 1,
    "x": 14,
    "rho": 20,
    "price": 20,
    "time": 40,
    "window": 18,
    "difficulty": 32,
    "capacity": 32,
}
TASK_TERMS_WIDTHS = {
    "sequence": 32,
    "class_id": 27,
    "opened": 36,
    "difficulty": 32,
    "reward": 92,
    "outcome": 3,
    "rising": 1,
    "complexity": 16,
    "start": 10,
    "min_reputation": 7,
}
FAULT_WIDTHS = {
    "executor": 32,
    "harmed": 32,
    "collateral": 96,
    "reward": 96,
    "factor": 20,
    "x": 14,
    "opened": 40,
    "proved": 1,
    "released": 32,
    "task": 80,
}
FILTER_WIDTHS = {
    "omega": -24,
    "beta": 20,
    "alpha": 24,
    "gamma": 24,
    "drift": 20,
    "newcomer": -24,
    "stale_epochs": 8,
    "n0": 96,
}
CURVE_WIDTHS = {"a": -32, "b": 14, "c": -32, "d": 31, "e": -33, "f": 14, "g": 32, "h": 30, "i": -32}
SPLIT_WIDTHS = {
    "lateness_floor": 20,
    "compensation": 20,
    "finder": 20,
    "burn": 20,
    "budget": 20,
    "rebate": 24,
    "keeper_budget": 20,
}
ACTIVITY_WIDTHS = {
    "capacity": 32,
    "next_capacity": 32,
    "load": 32,
    "role": 8,
    "epoch": 24,
    "clock": 20,
    "bonus": 40,
    "overload": 20,
}
KEEPER_WIDTHS = {"bond": 96, "epoch": 24, "at_risk": 32, "unpaid": 32, "poked": 32}
OPENING_WIDTHS = {
    "min_reputation": 10,
    "complexity": 16,
    "min_reward": 80,
    "gain": 11,
    "target": 10,
    "start": 20,
    "avs": 32,
    "wrong_factor": 20,
}
UNITS = {
    "auction": {
        **dict.fromkeys(
            ("cap", "floor_", "tick", "idle", "bonus", "malus", "weight", "level", "min_reputation"), 1_000
        ),
        **dict.fromkeys(("stake_share", "operator_share", "fee"), 100),
    },
    "opening": {"min_reputation": 1_000, "gain": 100, "target": 1_000},
    "terms": {"start": 1_000, "min_reputation": 10_000},
}
"""What fields count that do not count ones."""
CARD_WIDTHS = {"account": 32, "slots": 16, "complexity": 16, "role": 2, "reputation": 20, "epoch": 24}

PACKINGS: dict[str, Packing] = {
    "activity": (activity.Activity, activity.pack, activity.unpack, ACTIVITY_WIDTHS),
    "card": (card_packing.Card, card_packing.pack, card_packing.unpack, CARD_WIDTHS),
    "auction": (Auction, class_packing.pack_auction, class_packing.auction, AUCTION_WIDTHS),
    "opening": (class_packing.Opening, class_packing.pack_opening, class_packing.opening, OPENING_WIDTHS),
    "terms": (TaskTerms, task_packing.pack_terms, task_packing.terms, TASK_TERMS_WIDTHS),
    "progress": (task_packing.TaskProgress, task_packing.pack_progress, task_packing.progress, PROGRESS_WIDTHS),
    "keeper": (keeper_packing.KeeperRecord, keeper_packing.pack, keeper_packing.unpack, KEEPER_WIDTHS),
    "slash": (slash_split.SlashTerms, slash_split.pack, slash_split.unpack, SPLIT_WIDTHS),
    "filter": (reputation_filter.FilterParameters, reputation_filter.pack, reputation_filter.unpack, FILTER_WIDTHS),
    "curve": (load_curve.Curve, load_curve.pack, load_curve.unpack, CURVE_WIDTHS),
}


def counted(name: str, record: Any) -> Any:
    """Turn a record of what the bits of a word say into one of what they mean."""
    return replace(record, **{field: unit * getattr(record, field) for field, unit in UNITS.get(name, {}).items()})


@pytest.mark.parametrize("name", PACKINGS)
def test_each_field_alone(name: str) -> None:
    """Each field at its largest (and most negative) value, all others zero: no overlap, no lost bit, no gap."""
    kind, pack, unpack, widths = PACKINGS[name]
    assert list(widths) == [f.name for f in dataclass_fields(kind)]
    zeros = dict.fromkeys(widths, 0)
    used = 0
    for field, width in widths.items():
        values = [2**width - 1] if width > 0 else [2 ** (-width - 1) - 1, -(2 ** (-width - 1)), -1]
        for value in values:
            instance = counted(name, kind(**{**zeros, field: value}))
            assert unpack(pack(instance)) == instance
        ones = pack(counted(name, kind(**{**zeros, field: values[-1]})))
        assert ones & used == 0, f"{field} overlaps"
        used |= ones
    assert used == 2 ** sum(abs(w) for w in widths.values()) - 1
    assert used < 2**256


def test_a_word_counts_in_the_units_given_here() -> None:
    """What lies between is lost, so the contracts refuse it."""
    for name, (kind, pack, unpack, widths) in PACKINGS.items():
        one = counted(name, kind(**dict.fromkeys(widths, 1)))
        more = replace(one, **{field: 2 * unit - 1 for field, unit in UNITS.get(name, {}).items()})
        assert unpack(pack(more)) == one


def round_trip(name: str) -> Callable[..., None]:
    """Property of one packing."""
    kind, pack, unpack, widths = PACKINGS[name]

    @given(instance=fields(kind, **widths))
    def check(instance: Any) -> None:
        record = counted(name, instance)
        assert unpack(pack(record)) == record

    return check


@pytest.mark.parametrize("name", PACKINGS)
def test_round_trip(name: str) -> None:
    """All fields at once, over their full ranges."""
    round_trip(name)()


@given(fault=fields(fault_packing.Fault, **FAULT_WIDTHS))
def test_fault_round_trip(fault: Any) -> None:
    """Both words, and the two fields that are read alone."""
    first, second = fault_packing.pack(fault)
    assert max(first, second) < 2**256
    assert fault_packing.unpack(first, second) == fault
    assert fault_packing.executor(first) == fault.executor
    assert fault_packing.released(second) == fault.released


sums = integers(0, 2**111 - 1)


@given(account=integers(0, 2**32 - 1), free_in=sums, free_out=sums, locked_in=sums, locked_out=sums)
def test_move_round_trip(account: int, free_in: int, free_out: int, locked_in: int, locked_out: int) -> None:
    """The account, whether anything locked changes, and both changes together."""
    word = move_packing.move(account, free_in, free_out, locked_in, locked_out)
    assert 0 <= word < 2**256
    assert move_packing.account_of(word) == account
    assert move_packing.locks(word) == (locked_in != locked_out)
    assert move_packing.net(word) == (free_in - free_out + locked_in - locked_out) * 2**144 % 2**256


@given(changes=lists(integers(-(2**97), 2**97), 80), rest=integers(-1, 1))
def test_net_changes_add_up_to_nothing_only_if_they_do(changes: list[int], rest: int) -> None:
    """In any mixture of signs, to the unit."""
    changes = [*changes, rest - sum(changes)]
    nets = [move_packing.net(move_packing.move(9, max(c, 0), 0, 0, max(-c, 0))) for c in changes]
    assert (sum(nets) % 2**256 == 0) == (rest == 0)


def test_move_by_hand() -> None:
    """A loss of one is all ones."""
    word = move_packing.move(3, 0, 1, 5, 0)
    assert word == (3 << 224) | ((2**112 - 1) << 112) | 5
    assert move_packing.account_of(word) == 3
    assert move_packing.locks(word)
    assert move_packing.net(word) == 4 << 144


@given(free=amounts, locked=amounts, epoch=integers(0, 2**24 - 1), date=integers(0, 2**64 - 1))
def test_balances_and_dates_round_trip(free: int, locked: int, epoch: int, date: int) -> None:
    """Every field over its full range, and what is read of it alone."""
    word = balance_packing.pack(free, locked, epoch)
    assert balance_packing.unpack(word) == (free, locked, epoch)
    assert (balance_packing.free(word), balance_packing.locked(word)) == (free, locked)
    assert balance_packing.epoch_of(word) == epoch
    assert balance_packing.stake(word) == free + locked
    assert balance_packing.unmarked(word) == balance_packing.pack(free, locked, 0)
    assert not balance_packing.gathers(word)
    gathering = balance_packing.gathering(word)
    assert balance_packing.gathers(gathering)
    assert balance_packing.unpack(gathering) == (free, locked, epoch)
    assert balance_packing.marked(gathering, 9) == balance_packing.pack(free, locked, 9)
    assert max(word, dated_amount.pack(free, date)) < 2**256
    assert dated_amount.unpack(dated_amount.pack(free, date)) == (free, date)
    assert dated_amount.amount(dated_amount.pack(free, date)) == free


def test_balances_by_hand() -> None:
    """Where the fields are."""
    assert balance_packing.pack(1, 2, 3) == 1 | 2 << 96 | 3 << 192
    assert dated_amount.pack(1, 2) == 1 | 2 << 96
    assert share_packing.pack(1, 2, 3) == 1 | 2 << 24 | 3 << 96


@given(before=amounts, after=amounts, locked=amounts, epoch=integers(0, 2**24 - 1))
def test_a_moved_balance_is_the_sum(before: int, after: int, locked: int, epoch: int) -> None:
    """Changes as moves say them; the other balance and the mark stay, and nothing leaves the range."""
    word = balance_packing.pack(before, locked, epoch)
    assert balance_packing.moved(word, move_packing.move(3, after, before, 0, 0)) == balance_packing.pack(
        after, locked, epoch
    )
    assert balance_packing.moved(word, move_packing.move(3, 0, 0, 0, locked)) == balance_packing.pack(before, 0, epoch)
    for name, change in (
        ("free", move_packing.move(3, 0, before + 1, 0, 0)),
        ("free", move_packing.move(3, MAX_AMOUNT - before + 1, 0, 0, 0)),
        ("locked", move_packing.move(3, 0, 0, 0, locked + 1)),
        ("locked", move_packing.move(3, 0, 0, MAX_AMOUNT - locked + 1, 0)),
    ):
        with pytest.raises(ModelError, match=f"escrow: {name} out of range"):
            balance_packing.moved(word, change)


@given(epoch=integers(0, 2**24 - 1), weight=integers(0, 2**72 - 1), bound=integers(0, 2**160 - 1))
def test_shares(epoch: int, weight: int, bound: int) -> None:
    """What is packed is read again, in a word of 256 bits."""
    word = share_packing.pack(epoch, weight, bound)
    assert word < 2**256
    assert share_packing.unpack(word) == (epoch, weight, bound)
    total = share_packing.pack_total(epoch, bound >> 56)
    assert share_packing.total(total, epoch) == bound >> 56
    assert share_packing.total(total, epoch + 1) == 0


@given(word=any_word)
def test_fields_read_alone(word: int) -> None:
    """A single field of a word is the field of the whole."""
    terms = task_packing.terms(word)
    assert task_packing.outcome(word) == terms.outcome
    assert load_curve.kink(word) == load_curve.unpack(word).f
    assert card_packing.account_of(word) == card_packing.unpack(word).account
    live = word & ~(7 << 219)
    for outcome in (task_packing.LIVE, task_packing.SETTLED, task_packing.FORFEITED):
        ended = task_packing.with_outcome(live, outcome)
        assert task_packing.outcome(ended) == outcome
        assert ended & ~(7 << 219) == live


@given(
    progress=fields(task_packing.TaskProgress, **PROGRESS_WIDTHS), status=integers(0, 7), time=integers(0, 2**40 - 1)
)
def test_progress_moves_on(progress: task_packing.TaskProgress, status: int, time: int) -> None:
    """Its status changes, or its status and time, and nothing else."""
    word = task_packing.pack_progress(progress)
    later = replace(progress, status=status)
    assert task_packing.progress(task_packing.with_status(word, status)) == later
    assert task_packing.progress(task_packing.with_status_at(word, status, time)) == replace(later, time=time)


@given(remaining=amounts, opening=any_word, start=integers(0, 2**20 - 1), reward=amounts)
def test_a_mandate_keeps_what_remains_beside_the_opening_word(
    remaining: int, opening: int, start: int, reward: int
) -> None:
    """All of the class's word below its start price; a reward is drawn and put back by arithmetic on the word."""
    word = mandate_packing.pack(remaining, opening, start)
    assert word < 2**243
    assert (mandate_packing.remaining(word), mandate_packing.start(word)) == (remaining, start)
    terms = class_packing.opening(mandate_packing.opening(word))
    assert terms == replace(class_packing.opening(opening), start=0, avs=0, wrong_factor=0)
    assert mandate_packing.with_start(word, 7) == mandate_packing.pack(remaining, opening, 7)
    drawn = min(reward, remaining)
    assert word - drawn == mandate_packing.pack(remaining - drawn, opening, start)
    assert word - drawn + drawn == word


def test_a_suspended_mandate_has_no_opening_word() -> None:
    """And none of a class that exists is zero, whatever its other terms: the minimum reward is at least 1."""
    assert mandate_packing.opening(mandate_packing.pack(MAX_AMOUNT, 0, PPM)) == 0
    least = class_packing.pack_opening(class_packing.Opening(0, 0, 1, 0, 0, 0, 0, 0))
    assert mandate_packing.opening(mandate_packing.pack(0, least, 0)) == least > 0


def test_a_card_has_room_for_every_participant() -> None:
    """The widths hold the largest numbers the registries let in."""
    largest = card_packing.Card(2**32 - 1, MAX_TASK_SLOTS, card_packing.MAX_COMPLEXITY, COPROCESSOR, PPM, 2**24 - 1)
    assert card_packing.unpack(card_packing.pack(largest)) == largest
    assert OPERATOR < COPROCESSOR


def auction(**changes: int) -> Auction:
    """Build a class of which only some terms matter."""
    return Auction(**{**dict.fromkeys(AUCTION_WIDTHS, 0), **changes})


@given(share=integers(0, 2**22 - 1), amount=amounts)
def test_collateral_penalty_and_fee_are_rounded_up(share: int, amount: int) -> None:
    """Against the executor, the operator and the payer: at least the exact share, by less than a unit."""
    exact = share * amount
    for rounded in (
        class_packing.collateral(auction(collateral=share), amount, 0),
        class_packing.collateral(auction(stake_share=share), 0, amount),
        class_packing.penalty(auction(operator_share=share), amount),
        class_packing.fee(auction(fee=share), amount, 0),
    ):
        assert (rounded - 1) * PPM < exact <= rounded * PPM


@given(share=integers(0, 2**22 - 1), stake_share=ppm, reward=amounts, backing=amounts)
def test_collateral_is_the_larger_of_the_tasks_and_the_executors(
    share: int, stake_share: int, reward: int, backing: int
) -> None:
    """By either alone."""
    both = auction(collateral=share, stake_share=stake_share)
    alone = (class_packing.collateral(both, reward, 0), class_packing.collateral(both, 0, backing))
    assert class_packing.collateral(both, reward, backing) == max(alone)


def test_fee_is_at_least_the_minimum() -> None:
    """The larger of the two."""
    assert class_packing.fee(auction(fee=20_000), 1_000, 19) == 20
    assert class_packing.fee(auction(fee=20_000), 1_000, 20) == 20
    assert class_packing.fee(auction(fee=20_000), 1_000, 21) == 21


@given(price=ppm, reward=amounts)
def test_pay(price: int, reward: int) -> None:
    """Never above the reward, rounded down."""
    pay = task_packing.pay(reward, price)
    assert pay * PPM <= reward * price < (pay + 1) * PPM
    assert pay <= reward


def test_record_price_and_load_fit_their_bits() -> None:
    """The widths a task's progress keeps for them."""
    assert PPM < 2**20
    assert BPS + 1 < 2**14
