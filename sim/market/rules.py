"""The rules the market plays by: the functions of ``ballast.model`` themselves, compiled.

Nothing is written again here but what needs more than 64 bits in the model, or would be slow: the market keeps a load
curve as a table, and divides long numbers in parts. ``tests/sim/market/test_rules.py`` holds each against its original.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any, Final

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
from ballast.sim.compiled import compiled, functions
from ballast.sim.market.records import Market

# What takes the place of a function or class of the model

Measured: Any = namedtuple("Measured", activity.Activity.__slots__)  # type: ignore[misc]
"""An activity."""

FACTOR_BITS: Final = 24
"""Of the smaller of two factors, at most."""


@compiled
def kink_kept(market: Market) -> int:
    """F of the market's curve, basis points."""
    return int(market.rules[0].kink)


@compiled
def rate_kept(market: Market, x: int) -> int:
    """Rate of the market's curve at a load, ppm."""
    return int(market.rates[x])


@compiled
def scaled_in_parts(number: int, numerator: int, denominator: int) -> int:
    """Product ``number * numerator / denominator``, rounded towards zero, as `ballast.model.reputation_filter.scaled`.

    By long division, in digits as large as leave everything within 64 bits: for one factor of 24 bits, a denominator
    up to 2**61, and another factor up to 2**38 times the denominator in magnitude.
    """
    bits = FACTOR_BITS if denominator < 1 << 38 else 12 if denominator < 1 << 50 else 1
    left, digits = abs(number), numerator
    if digits >> FACTOR_BITS:
        left, digits = digits, left
    quotient, rest = left // denominator * digits, 0
    left %= denominator
    for shift in range(FACTOR_BITS - bits, -1, -bits):
        rest = (rest << bits) + left * (digits >> shift & (1 << bits) - 1)
        quotient += rest // denominator << shift
        rest %= denominator
    return quotient if number >= 0 else -quotient


@compiled
def pro_rata_in_bits(budget: int, weight: int, total_weight: int) -> int:
    """Divide a budget by weight, ``budget * weight / total_weight``, as `ballast.model.uptime_reward.pro_rata`.

    By long multiplication, a bit of the weight at a time: for a total up to 2**61 that the weight does not exceed.
    """
    whole, part = budget // total_weight, budget % total_weight
    quotient, rest, left = 0, 0, 62
    while left > 0:
        left -= 1
        quotient, rest = quotient * 2, rest * 2
        if weight >> left & 1:
            quotient, rest = quotient + whole, rest + part
        while rest >= total_weight:
            quotient, rest = quotient + 1, rest - total_weight
    return quotient


# what was replaced before could not be derived, and should not
functions()
derived = deriver(
    compiled,
    {
        activity.Activity: Measured,
        load_curve.kink: kink_kept,
        load_curve.rate: rate_kept,
        reputation_filter.scaled: scaled_in_parts,
        uptime_reward.pro_rata: pro_rata_in_bits,
    },
)
"""Compile a function of the model with all it calls, on its first call."""

# The rules. Those of a curve take the market in place of its packed word, those of an activity an account's record.

accrue: Any = derived(activity.accrue)
next_epoch: Any = derived(activity.next_epoch)
amplifier: Any = derived(load_curve.amplifier)
load_bps = derived(activity.load_bps)
position = derived(epoch_clock.position)
collateral_of = derived(class_packing.collateral)
penalty_of = derived(class_packing.penalty)
fee_of = derived(class_packing.fee)
delegated = derived(fee_record.delegated)
for_coprocessor = derived(gates.for_coprocessor)
for_operator = derived(gates.for_operator)
entry_rising = derived(dutch_auction.entry_rising)
entry_falling = derived(dutch_auction.entry_falling)
of_load: Any = derived(discounts.of_load)
of_record = derived(discounts.of_record)
lowered = derived(controller.lowered)
raised = derived(controller.raised)
present_step = derived(deadlines.present_step)
awarded = derived(deadlines.awarded)
due = derived(deadlines.due)
rescue_until = derived(deadlines.rescue_until)
challenge_until = derived(deadlines.challenge_until)
pay_of = derived(task_packing.pay)
task_number_of = derived(task_number.pack)
late_amount = derived(slash_split.late_amount)
wrong_amount = derived(slash_split.wrong_amount)
split = derived(slash_split.split)
idle = derived(reputation_filter.idle)
weighed = derived(reputation_filter.weighed)
reward = derived(uptime_reward.reward)
reward_weight = derived(uptime_reward.weight)
reward_bound = derived(uptime_reward.bound)
