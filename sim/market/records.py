"""What the market knows, as records of 64-bit integers that Python and compiled code share.

Amounts are token units, loads and capacities resource units, fractions ppm, logits micro-logits, times seconds.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ballast.model import class_packing, load_curve, reputation_filter, slash_split
from ballast.model.constants import BPS, EPOCH_RING
from ballast.model.parameters import NetworkParameters

Integers = npt.NDArray[np.int64]
Fractions = npt.NDArray[np.float64]
Records = npt.NDArray[np.void]


def integer_record(*names: str) -> np.dtype[np.void]:
    """Record of 64-bit integers."""
    return np.dtype([(name, np.int64) for name in names], align=True)


ACCOUNT: Final = integer_record(
    *("free", "locked"),
    # activity, as in ballast.model.activity
    *("role", "capacity", "next_capacity", "load", "epoch", "clock", "bonus", "overload"),
    # of the last closed epoch, complete to its end
    *("closed_capacity", "closed_bonus", "closed_overload"),
    # the share of an epoch's budget that waits, as in ballast.model.share_packing
    *("share_epoch", "share_weight", "share_bound"),
    # fees of finished tasks and of the good ones, in the present epoch and in the last one
    *("fees", "good_fees", "last_fees", "last_good_fees"),
    # logit that holds now, logit posted last, and the reputation of the former
    *("logit", "next_logit", "reputation"),
)
"""One row an account; numbered as in the escrow: 0 burn, 1 pool, then everybody in the order of opening."""

CLASS: Final = integer_record(
    *class_packing.Auction.__slots__,
    *("avs", "complexity", "min_operator_reputation", "gain", "target", "start", "wrong_factor", "risk"),
    # not on chain: its number, by how much work costs more of the reward than elsewhere, ppm, and the mean difficulty
    # and reward of its tasks
    *("number", "dearer", "size", "worth"),
)
"""One row a class, from 1: the fields of ``class_packing.Auction``, the account of its AVS, what it asks of operators,
how start prices begin and move, what a wrong result costs, and its risk."""

TASK: Final = integer_record(
    # as opened
    *("number", "operator", "slot", "class_id", "difficulty", "reward", "opened", "start"),
    # as in ballast.model.task_packing, and what the executor is paid
    *("executor", "step", "x", "time", "due", "own", "rising", "rescued", "status", "outcome", "capacity", "price"),
    # how it went: when the work is done, bid that won (smallest price, largest load, round or -1), who took it after an
    # auction without a bid, whether the executor made an effort, was late or wrong; who was slashed before a rescue
    *("ready", "asked", "ceiling", "round", "second_chance", "effort", "late", "wrong", "culprit"),
    # of who won it, then: what its record showed and its chance to succeed as believed, both ppm, and its load
    *("record", "chance", "loaded"),
    # benefit of its operator, token units: expected when it was opened, and what came of it so far
    *("expected", "realised"),
)
"""One row a task."""

RULES: Final = integer_record(
    *("genesis", "epoch_seconds", "stake_per_unit", "fee_per_unit", "entry_fee", "bond_per_value", "pay_per_value"),
    *("best", "kink", "peak"),
    *slash_split.SlashTerms.__slots__,
    *reputation_filter.FilterParameters.__slots__,
)
"""What the contracts were deployed with; ``best`` and ``kink`` are B and F, basis points, ``peak`` is max f up to F."""

LEDGER: Final = integer_record(
    *("now", "epoch", "clock", "accounts", "closed_epoch", "keeper_pot"),
    # the keeper's bond and values
    *("bonded", "risk_epoch", "at_risk", "unpaid"),
    # sums over the run
    *("slashed", "burned", "compensated", "found", "pooled", "fees", "uptime", "rewards", "prices", "keepers"),
)
"""Everything that is one number: the time (also as epoch and seconds into it), the number of accounts, the keeper's
record and sums over the run."""

BUDGET: Final = integer_record("epoch", "total", "claimed", "weight")
"""One row an epoch of the ring: what was set aside for uptime rewards, what of it was claimed, and the weight of all
who entered."""


class Market(NamedTuple):
    """State of the market.

    Attributes
    ----------
    accounts, classes, rules, ledger, budgets : array of records
        ``rules`` and ``ledger`` have one row.
    rates : array of shape (10_001,)
        The load curve's rates by load in basis points, ppm.
    discounts : array of shape (classes + 1, 10_001)
        Of a class, the discount for a load, by load in basis points, ppm of the reward.
    mandates, starts : array of shape (classes + 1, accounts)
        Money behind an operator in a class, and the start price of its next task there, ppm of the reward.
    sequences, slots : array of shape (operators, slots)
        Tasks that have used a slot; free slots, of which the last one is used next.
    tops : array of shape (operators,)
        Number of free slots.
    """

    accounts: Records
    classes: Records
    rules: Records
    ledger: Records
    budgets: Records
    rates: Integers
    discounts: Fractions
    mandates: Integers
    starts: Integers
    sequences: Integers
    slots: Integers
    tops: Integers


def new_market(
    parameters: NetworkParameters, genesis: int, accounts: int, classes: int, operators: int, slots: int
) -> Market:
    """Market with nobody in it.

    Parameters
    ----------
    parameters : NetworkParameters
        What the contracts are deployed with.
    genesis : int
        Start of epoch 1, timestamp.
    accounts, classes, operators : int
        How many there will be at most; accounts include burn and pool.
    slots : int
        Task slots of an operator.
    """
    curve = load_curve.pack(parameters.chosen_curve)
    rules = np.zeros(1, RULES)
    values: dict[str, Any] = {name: getattr(parameters, name, 0) for name in RULES.names or ()}
    for part in (parameters.slash, parameters.filter):
        values |= {name: getattr(part, name) for name in part.__slots__}
    values |= {"genesis": genesis, "best": parameters.chosen_curve.b}
    values |= {"kink": load_curve.kink(curve), "peak": load_curve.peak(curve)}
    for name, value in values.items():
        rules[name] = value
    ledger = np.zeros(1, LEDGER)
    ledger["accounts"] = 2
    everybody = np.zeros(accounts, ACCOUNT)
    for name in ("logit", "next_logit"):
        everybody[name] = parameters.filter.newcomer
    return Market(
        accounts=everybody,
        classes=np.zeros(classes + 1, CLASS),
        rules=rules,
        ledger=ledger,
        budgets=np.zeros(EPOCH_RING, BUDGET),
        rates=np.array(load_curve.table(curve), dtype=np.int64),
        discounts=np.zeros((classes + 1, BPS + 1)),
        mandates=np.zeros((classes + 1, accounts), dtype=np.int64),
        starts=np.zeros((classes + 1, accounts), dtype=np.int64),
        sequences=np.zeros((operators, slots), dtype=np.int64),
        slots=np.tile(np.arange(slots - 1, -1, -1, dtype=np.int64), (operators, 1)),
        tops=np.full(operators, slots, dtype=np.int64),
    )
