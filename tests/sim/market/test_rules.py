"""The rules the market plays by, each against the function of the model it was compiled of, on random cases."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import fields
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest

from ballast.errors import ModelError
from ballast.machine_code import deriver
from ballast.model import (
    activity,
    class_packing,
    controller,
    deadlines,
    discounts,
    dutch_auction,
    epoch_clock,
    fee_record,
    gates,
    load_curve,
    reputation_filter,
    slash_split,
    task_number,
    task_packing,
    uptime_reward,
)
from ballast.model.constants import BPS, MAX_LOGIT, PPM
from ballast.model.layout import layout_of
from ballast.model.parameters import DEFAULT_SLASH, NetworkParameters
from ballast.sim.engines.engine import GENESIS
from ballast.sim.market import rules
from ballast.sim.market.records import ACCOUNT, CLASS, RULES, Market, new_market

CASES: Final = 2_000
FEES: Final = 2**61 // PPM
"""Fees of an account in an epoch, with room for a product with a million."""

Case = tuple[tuple[Any, ...], tuple[Any, ...]]
"""Arguments of the compiled function, and of the model's."""


class Draw(random.Random):
    """Random numbers that often lie at the ends of their range, and are small or large alike."""

    def whole(self, low: int, high: int) -> int:
        """Draw a number of a closed range."""
        kind = self.randrange(8)
        if kind < 2:
            return (low, high)[kind]
        if kind < 5:
            return self.randint(low, high)
        return min(high, low + self.getrandbits(self.randint(1, 61)) % (high - low + 1))


def record(kind: np.dtype[np.void], instance: Any) -> Any:
    """Record with the fields of a dataclass."""
    row: npt.NDArray[Any] = np.zeros(1, kind)
    for field in fields(instance):
        if field.name in (kind.names or ()):
            row[0][field.name] = getattr(instance, field.name)
    return row.view(np.recarray)[0]


def filters(draw: Draw) -> tuple[Any, reputation_filter.FilterParameters]:
    """Draw the terms of a filter."""
    p = reputation_filter.FilterParameters(
        omega=draw.whole(-reputation_filter.MAX_OMEGA, reputation_filter.MAX_OMEGA),
        beta=draw.whole(0, PPM),
        alpha=draw.whole(0, reputation_filter.MAX_ALPHA),
        gamma=draw.whole(0, reputation_filter.MAX_ALPHA // 20),
        drift=draw.whole(0, PPM),
        newcomer=draw.whole(-MAX_LOGIT, MAX_LOGIT),
        stale_epochs=2,
        n0=draw.whole(1, draw.choice((FEES, 2**61))),
    )
    return record(RULES, p), p


def classes(draw: Draw) -> tuple[Any, class_packing.Auction]:
    """Draw the terms of a class, each of all that its bits hold."""
    c = class_packing.Auction(
        **{part.name: draw.whole(0, 2**part.bits - 1) * part.unit for part in layout_of(class_packing.Auction)}
    )
    return record(CLASS, c), c


def activities(draw: Draw, clock: int) -> tuple[Any, activity.Activity]:
    """Draw the activity of an account up to a moment of its epoch."""
    capacity = draw.whole(0, activity.MAX_UNITS)
    a = activity.Activity(
        capacity=capacity,
        next_capacity=draw.whole(0, activity.MAX_UNITS),
        load=draw.whole(0, draw.choice((capacity, activity.MAX_UNITS))),
        role=draw.whole(0, 7),
        epoch=draw.whole(0, 2**24 - 1),
        clock=draw.whole(0, clock),
        bonus=draw.whole(0, 2**40 - 1),
        overload=draw.whole(0, 2**20 - 1),
    )
    return record(ACCOUNT, a), a


def curves() -> list[tuple[Market, int]]:
    """Markets of all curves by name, and the packed words of these curves."""
    return [
        (new_market(NetworkParameters(preset=preset), GENESIS, 4, 1, 1, 1), load_curve.pack(curve))
        for preset, curve in load_curve.PRESETS.items()
    ]


CURVES: Final = curves()


def same(*arguments: int) -> Case:
    """Numbers are the same to both."""
    return arguments, arguments


def with_class(draw: Draw, *more: int) -> Case:
    """Terms of a class, and numbers."""
    compiled, plain = classes(draw)
    return (compiled, *more), (plain, *more)


def of_weighed(draw: Draw) -> Case:
    compiled, plain = filters(draw)
    n = draw.whole(1, FEES)
    numbers = (
        draw.whole(-MAX_LOGIT, MAX_LOGIT),
        draw.whole(0, PPM),
        n,
        draw.whole(0, n),
        draw.whole(0, PPM),
        draw.whole(0, PPM),
    )
    return (compiled, *numbers), (plain, *numbers)


def of_idle(draw: Draw) -> Case:
    (compiled, plain), phi = filters(draw), draw.whole(-MAX_LOGIT, MAX_LOGIT)
    return (compiled, phi), (plain, phi)


def of_accrue(draw: Draw) -> Case:
    (m, word), clock = draw.choice(CURVES), draw.whole(0, activity.MAX_EPOCH_SECONDS)
    a, plain = activities(draw, clock)
    return (a, m, clock), (plain, word, clock)


def of_next_epoch(draw: Draw) -> Case:
    (a, plain), epoch = activities(draw, 0), draw.whole(0, 2**24 - 1)
    return (a, epoch), (plain, epoch)


def of_amplifier(draw: Draw) -> Case:
    (m, word), x = draw.choice(CURVES), draw.whole(0, BPS)
    return (m, x), (word, x)


def of_split(draw: Draw) -> Case:
    amount = draw.whole(0, 2**43)
    return (amount, record(RULES, DEFAULT_SLASH)), (amount, DEFAULT_SLASH)


def of_late_amount(draw: Draw) -> Case:
    collateral = draw.whole(0, 2**21)
    return same(draw.whole(0, 2**41), collateral, draw.whole(0, PPM), draw.whole(PPM, 2 * PPM), draw.whole(0, PPM))


def of_reward(draw: Draw) -> Case:
    weight = draw.whole(0, 2**60)
    return same(draw.whole(0, 2**62), weight, max(weight + draw.whole(0, 2**60), 1), draw.whole(0, 2**62))


def of_wrong_amount(draw: Draw) -> Case:
    reward = draw.whole(0, 2**41)
    return same(reward, draw.choice((reward, draw.whole(0, 2**42))), draw.whole(0, PPM))


def of_discount(draw: Draw) -> Case:
    (m, word), x = draw.choice(CURVES), draw.whole(0, BPS)
    terms = draw.whole(0, PPM), draw.whole(0, PPM), draw.whole(0, 8 * PPM)
    return (m, *terms, x), (word, *terms, x)


def of_falling(draw: Draw) -> Case:
    start, tick = draw.whole(0, PPM), draw.whole(1, PPM)
    discount = draw.choice((draw.whole(0, 9 * PPM), draw.randrange(64) * tick))
    ask = draw.choice((draw.whole(0, PPM + 1), max(start - draw.randrange(64) * tick, 0)))
    return same(start, draw.whole(0, PPM), draw.whole(2, 63), tick, ask, discount, draw.whole(0, 65))


def of_rising(draw: Draw) -> Case:
    """Ask a little below the cap as often as anywhere, so that discounts give way."""
    cap = draw.whole(1, PPM)
    start = draw.choice((cap, draw.whole(0, cap)))
    ask = draw.choice((draw.whole(0, PPM + 1), max(cap - draw.randrange(50_000), 0)))
    discount = draw.whole(0, 8 * PPM), draw.choice((0, draw.whole(0, 4 * PPM), draw.randrange(50_000)))
    return same(start, draw.whole(0, cap), cap, draw.whole(2, 63), ask, *discount, draw.randrange(2), draw.whole(0, 65))


def of_collateral(draw: Draw) -> Case:
    """Back capacities with all the stake that 64 bits of token units hold."""
    return with_class(draw, draw.whole(0, 2**40), draw.whole(0, draw.choice((2**42, 2**62))))


def of_moments(draw: Draw) -> Case:
    opened = draw.whole(0, 2**40)
    return same(opened, draw.whole(1, 2**16 - 1), opened + draw.whole(0, 2**23))


def of_gate(draw: Draw) -> Case:
    """Small numbers, so that each bound is met."""
    return same(draw.randrange(9), *(draw.randrange(5) for _ in range(8)))


RULES_OF_THE_MARKET: Final[dict[str, tuple[Any, Callable[[Draw], Case]]]] = {
    "accrue": (activity.accrue, of_accrue),
    "next_epoch": (activity.next_epoch, of_next_epoch),
    "amplifier": (load_curve.amplifier, of_amplifier),
    "load_bps": (activity.load_bps, lambda d: same(*(d.whole(0, activity.MAX_UNITS) for _ in range(2)))),
    "position": (epoch_clock.position, lambda d: same(GENESIS, d.whole(60, 10**6), GENESIS + d.whole(0, 2**40))),
    "collateral_of": (class_packing.collateral, of_collateral),
    "penalty_of": (class_packing.penalty, lambda d: with_class(d, d.whole(0, 2**42))),
    "fee_of": (class_packing.fee, lambda d: with_class(d, d.whole(0, 2**42), d.whole(0, 2**42))),
    "for_coprocessor": (gates.for_coprocessor, of_gate),
    "for_operator": (gates.for_operator, lambda d: same(*(d.randrange(4) for _ in range(4)))),
    "entry_falling": (dutch_auction.entry_falling, of_falling),
    "entry_rising": (dutch_auction.entry_rising, of_rising),
    "of_load": (discounts.of_load, of_discount),
    "of_record": (discounts.of_record, lambda d: same(d.whole(0, 4 * PPM), d.whole(0, PPM), d.whole(0, PPM))),
    "lowered": (controller.lowered, lambda d: same(*(d.whole(0, PPM) for _ in range(4)))),
    "raised": (controller.raised, lambda d: same(*(d.whole(0, PPM) for _ in range(3)))),
    "delegated": (fee_record.delegated, lambda d: same(d.whole(0, 2**61))),
    "present_step": (deadlines.present_step, of_moments),
    "awarded": (deadlines.awarded, lambda d: same(d.whole(0, 2**40), d.randrange(63), d.whole(1, 2**16 - 1))),
    "due": (deadlines.due, lambda d: same(d.whole(0, 2**40), d.whole(1, 2**18 - 1))),
    "rescue_until": (deadlines.rescue_until, lambda d: same(d.whole(0, 2**40), d.randrange(2), d.whole(1, 2**18 - 1))),
    "challenge_until": (deadlines.challenge_until, lambda d: same(d.whole(0, 2**40), d.whole(1, 2**18 - 1))),
    "pay_of": (task_packing.pay, lambda d: same(d.whole(0, 2**42), d.whole(0, PPM))),
    "task_number_of": (
        task_number.pack,
        lambda d: same(d.whole(0, 2**14), d.whole(0, 2**10), d.whole(0, 2**31)),
    ),
    "late_amount": (slash_split.late_amount, of_late_amount),
    "wrong_amount": (slash_split.wrong_amount, of_wrong_amount),
    "split": (slash_split.split, of_split),
    "idle": (reputation_filter.idle, of_idle),
    "weighed": (reputation_filter.weighed, of_weighed),
    "reward": (uptime_reward.reward, of_reward),
    "reward_weight": (uptime_reward.weight, lambda d: same(d.whole(0, 2**31), d.whole(0, 2**31))),
    "reward_bound": (uptime_reward.bound, lambda d: same(d.whole(0, FEES), d.whole(0, PPM))),
}


CODES: Final = {"for_coprocessor": 6, "for_operator": 3}
"""Different results of rules that have few."""


def test_every_rule_of_the_market_is_tried() -> None:
    """So that the next one is not left out."""
    derived = {name for name, value in vars(rules).items() if hasattr(value, "py_func") and "model" in value.__module__}
    assert derived == set(RULES_OF_THE_MARKET)


def flat(result: Any) -> Any:
    """Fields of an activity as a tuple; other results as they are."""
    if isinstance(result, activity.Activity):
        return tuple(getattr(result, field.name) for field in fields(result))
    return result


@pytest.mark.parametrize("name", RULES_OF_THE_MARKET)
def test_a_rule_is_the_models_to_the_unit(name: str) -> None:
    plain, case = RULES_OF_THE_MARKET[name]
    compiled, draw = getattr(rules, name), Draw(name)
    results = set()
    for _ in range(CASES):
        arguments, others = case(draw)
        expected = flat(plain(*others))
        assert compiled(*arguments) == expected, others
        results.add(expected)
    assert len(results) >= CODES.get(name, CASES // 100)


def test_what_the_model_refuses_the_compiled_rule_refuses() -> None:
    with pytest.raises(ModelError, match="arithmetic"):
        rules.position(GENESIS, 60, GENESIS - 1)


# How a rule is compiled


def modules() -> Iterator[ModuleType]:
    """Two modules, one of which calls the other's functions by name and by way of the module."""
    inner = ModuleType("inner")
    exec("def twice(x):\n    return 2 * x\ndef thrice(x):\n    return twice(x) + x\n", vars(inner))
    yield inner
    outer = ModuleType("outer")
    vars(outer).update(inner=inner, twice=vars(inner)["twice"], BASE=7)
    exec("def outer(x):\n    return twice(x) + inner.twice(x) + inner.thrice(x) + BASE\n", vars(outer))
    yield outer


def test_all_that_a_function_calls_is_compiled_once_and_substitutes_count_everywhere() -> None:
    inner, outer = modules()
    compiled: list[str] = []

    def note(function: Any) -> Any:
        compiled.append(function.__name__)
        return function

    plain: Any = outer.outer
    assert deriver(note, {})(plain)(1) == plain(1) == 14
    assert sorted(compiled) == ["outer", "thrice", "twice"]
    derived = deriver(note, {inner.twice: lambda x: 100 * x})
    assert derived(plain)(1) == 100 + 100 + 101 + 7
    assert derived(plain) is derived(plain)
    assert plain(1) == 14
