"""What the market knows, as records of 64-bit integers that Python and compiled code share.

Amounts are token units, loads and capacities resource units, fractions ppm, logits micro-logits, times seconds.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ballast.model import adaptation, class_packing, load_curve, reputation_filter, slash_split
from ballast.model.adaptation import PPM_PER_BPS
from ballast.model.constants import BPS, EPOCH_RING, PPM
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
    *("role", "capacity", "next_capacity", "load", "epoch", "clock", "bonus", "overload", "area"),
    # of the last closed epoch, complete to its end
    *("closed_capacity", "closed_bonus", "closed_overload", "closed_area"),
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
    *("best", "kink", "peak", "severity", "strained"),
    *slash_split.SlashTerms.__slots__,
    *reputation_filter.FilterParameters.__slots__,
)
"""What the contracts were deployed with, or has come into force since; ``best`` and ``kink`` are B and F, basis points,
``peak`` is max f up to F, ``severity`` multiplies slash factors, ppm. From ``strained`` on, basis points, work suffers
from load: that is not on chain, and where F lies at first."""

LEDGER: Final = integer_record(
    *("now", "epoch", "clock", "accounts", "closed_epoch", "keeper_pot", "regime"),
    # the keeper's bond and values
    *("bonded", "risk_epoch", "at_risk", "unpaid"),
    # sums over the run
    *("slashed", "burned", "compensated", "found", "pooled", "fees", "uptime", "rewards", "prices", "keepers"),
)
"""Everything that is one number: the time (also as epoch and seconds into it), the number of accounts, the row of the
regime in force, the keeper's record and sums over the run."""

BUDGET: Final = integer_record("epoch", "total", "claimed", "weight")
"""One row an epoch of the ring: what was set aside for uptime rewards, what of it was claimed, and the weight of all
who entered."""

REGIME: Final = integer_record("since", "severity", "kink")
"""One row a set of parameters that adapt: its first epoch, the severity of slashes, and F."""

ADAPTED: Final = integer_record(
    *adaptation.AdaptationState.__slots__,
    # the last epoch observed, and its shares as in ballast.model.observation
    *("seen", "faults", "load", "overload"),
    # what was scheduled last, and its first epoch, 0 for never
    *("next_severity", "severity_from", "next_best", "next_full", "curve_from"),
)
"""Where the parameters that adapt have got to, as in ``ballast.model.adaptation``, what was observed and scheduled."""


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
    regimes, regime_rates : array of records, and array of shape (regimes, 10_001)
        Parameters that adapt, as they were from the first epoch on, and the curve's rates then.
    adapted : array of records
        One row.
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
    regimes: Records
    regime_rates: Integers
    adapted: Records
    mandates: Integers
    starts: Integers
    sequences: Integers
    slots: Integers
    tops: Integers


def new_market(
    parameters: NetworkParameters, genesis: int, accounts: int, classes: int, operators: int, slots: int, regimes: int
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
    regimes : int
        Sets of parameters that there will be at most.
    """
    curve = load_curve.pack(parameters.chosen_curve)
    rules = np.zeros(1, RULES)
    values: dict[str, Any] = {name: getattr(parameters, name, 0) for name in RULES.names or ()}
    for part in (parameters.slash, parameters.filter):
        values |= {name: getattr(part, name) for name in part.__slots__}
    values |= {"genesis": genesis, "best": parameters.chosen_curve.b}
    values |= {"kink": load_curve.kink(curve), "strained": load_curve.kink(curve), "peak": load_curve.peak(curve)}
    values |= {"severity": PPM}
    for name, value in values.items():
        rules[name] = value
    ledger = np.zeros(1, LEDGER)
    ledger["accounts"] = 2
    everybody = np.zeros(accounts, ACCOUNT)
    for name in ("logit", "next_logit"):
        everybody[name] = parameters.filter.newcomer
    values = {
        "severity": PPM,
        "best": PPM_PER_BPS * parameters.chosen_curve.b,
        "full": PPM_PER_BPS * load_curve.kink(curve),
    }
    values |= {
        "epoch": 1,
        "next_severity": PPM,
        "next_best": parameters.chosen_curve.b,
        "next_full": load_curve.kink(curve),
    }
    adapted = np.zeros(1, ADAPTED)
    for name, value in values.items() if parameters.adaptation else ():
        adapted[name] = value
    rates = np.array(load_curve.table(curve), dtype=np.int64)
    past, past_rates = np.zeros(regimes, REGIME), np.zeros((regimes, BPS + 1), dtype=np.int64)
    past[0], past_rates[0] = (0, PPM, load_curve.kink(curve)), rates
    return Market(
        accounts=everybody,
        classes=np.zeros(classes + 1, CLASS),
        rules=rules,
        ledger=ledger,
        budgets=np.zeros(EPOCH_RING, BUDGET),
        rates=rates,
        discounts=np.zeros((classes + 1, BPS + 1)),
        regimes=past,
        regime_rates=past_rates,
        adapted=adapted,
        mandates=np.zeros((classes + 1, accounts), dtype=np.int64),
        starts=np.zeros((classes + 1, accounts), dtype=np.int64),
        sequences=np.zeros((operators, slots), dtype=np.int64),
        slots=np.tile(np.arange(slots - 1, -1, -1, dtype=np.int64), (operators, 1)),
        tops=np.full(operators, slots, dtype=np.int64),
    )
