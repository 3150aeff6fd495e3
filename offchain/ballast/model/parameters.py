"""Parameters of a network and of a task class, refused exactly where the contracts would revert.

``NetworkParameters`` holds what the constructors take besides addresses, ``ClassParameters`` what an AVS registers, and
``ContractParameters`` both. `ballast.model.parameter_files` reads them from files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, fields
from types import UnionType
from typing import Any, Final

from ballast.errors import ParameterError
from ballast.model import activity, class_packing, deadlines, epoch_clock, load_curve, reputation_filter, slash_split
from ballast.model.constants import DISPUTE_SECONDS, MAX_AMOUNT, MAX_TASK_LIFE, MAX_THAW, PPM
from ballast.model.fixed_point import sigmoid
from ballast.model.keccak import keccak_256
from ballast.model.layout import Bounds, bounds_of, layout_of, row
from ballast.model.load_curve import Curve
from ballast.model.reputation_filter import FilterParameters
from ballast.model.slash_split import SlashTerms

# Bounds of ClassRegistry.vy
MIN_STEPS: Final = 2
MAX_STEPS: Final = 63
MAX_STEP_SECONDS: Final = 2**16 - 1
MAX_WINDOW: Final = 2**18 - 1
MAX_MALUS: Final = 8 * PPM
MAX_WEIGHT: Final = 4 * PPM
MAX_GAIN: Final = PPM // 5
MAX_COLLATERAL: Final = 4 * PPM
MAX_MIN_REWARD: Final = 2**80 - 1
MAX_COMPARATOR: Final = 2
MAX_COMPLEXITY: Final = 2**16 - 1
MAX_FEE: Final = PPM // 5
# Bounds of TaskRegistry.vy and GasReputation.vy
MAX_FEE_PER_UNIT: Final = 2**64 - 1
MAX_BOND: Final = 2**64 - 1
PAY_PER_BOND: Final = 10
# Bounds of the EVM
MAX_UINT256: Final = 2**256 - 1

ZERO_ADDRESS: Final = "0x" + "00" * 20
AUCTION_NAMES: Final = {
    "floor_": "floor",
    "idle": "idle_discount",
    "bonus": "load_bonus",
    "malus": "load_malus",
    "weight": "record_weight",
    "level": "record_level",
    "hard": "hard_quality",
    "min_reputation": "min_executor_reputation",
}
OPENING_NAMES: Final = {"min_reputation": "min_operator_reputation", "gain": "start_gain", "target": "start_target"}
"""Names of terms of a class by those that the words have for them."""

DEFAULT_SLASH: Final = SlashTerms()
DEFAULT_FILTER: Final = FilterParameters()

CURVE_BOUNDS: Final[Bounds] = (
    ("a", -load_curve.MAX_COEFFICIENT, load_curve.MAX_COEFFICIENT, "nano"),
    ("b", 1, 10_000, "basis points"),
    ("c", -load_curve.MAX_COEFFICIENT, load_curve.MAX_COEFFICIENT, "nano"),
    ("d", 0, load_curve.MAX_COEFFICIENT, "nano"),
    ("e", -load_curve.MAX_SLOPE, load_curve.MAX_SLOPE, "nano"),
    ("f", 1, 10_000, "basis points"),
    ("g", 1, load_curve.MAX_CURVATURE, "micro"),
    ("h", 0, 10**9, "nano"),
    ("i", -load_curve.MAX_COEFFICIENT, load_curve.MAX_COEFFICIENT, "nano"),
)


@dataclass(frozen=True, slots=True)
class NetworkParameters:
    """What the whole network is deployed with. The defaults suit a token of six decimals.

    Attributes
    ----------
    entry_fee : int
        Token units burned for opening an account.
    thaw_seconds : int
        Delay of a withdrawal, at least the longest life of a task.
    epoch_seconds : int
        Length of an epoch.
    stake_per_unit : int
        Token units of stake a unit of capacity needs.
    fee : int
        Protocol fee of classes registered from now on, ppm of the price.
    fee_per_unit : int
        Smallest fee for a unit of difficulty, token units.
    bond_per_value : int
        Token units a keeper loses for a wrong reputation.
    pay_per_value : int
        Token units the pool pays for a posted reputation, at most a tenth of the bond.
    preset : str
        Load curve by name, one of ``load_curve.PRESETS``.
    curve : load_curve.Curve, optional
        Load curve by its constants, in place of the preset.
    slash : slash_split.SlashTerms
        Slash shares and the pool's budgets.
    filter : reputation_filter.FilterParameters
        Parameters of the reputation filter.
    """

    entry_fee: int = row(1_000_000, 0, MAX_AMOUNT, "token units")
    thaw_seconds: int = row(MAX_TASK_LIFE, MAX_TASK_LIFE, MAX_THAW, "seconds, at least the life of a task")
    epoch_seconds: int = row(3_600, epoch_clock.MIN_EPOCH_SECONDS, activity.MAX_EPOCH_SECONDS, "seconds")
    stake_per_unit: int = row(10, 1, MAX_AMOUNT, "token units a unit of capacity")
    fee: int = row(20_000, 0, MAX_FEE, "ppm of the price")
    fee_per_unit: int = row(1, 0, MAX_FEE_PER_UNIT, "token units a unit of difficulty")
    bond_per_value: int = row(1_000, 1, MAX_BOND, "token units")
    pay_per_value: int = 10
    preset: str = load_curve.DEFAULT_PRESET
    curve: Curve | None = None
    slash: SlashTerms = DEFAULT_SLASH
    filter: FilterParameters = DEFAULT_FILTER

    def validate(self) -> None:
        """Refuse what a constructor or setter would revert on.

        Raises
        ------
        ParameterError
            Naming the field, its value and what would be right.
        """
        _check_ranges(self, bounds_of(type(self)))
        check_multiple("fee", self.fee, class_packing.BASIS_POINT)
        check_range("pay_per_value", self.pay_per_value, 0, self.bond_per_value // PAY_PER_BOND, "token units")
        if not isinstance(self.preset, str) or self.preset not in load_curve.PRESETS:
            raise ParameterError(f"preset is {self.preset!r}: must be one of {', '.join(load_curve.PRESETS)}")
        if self.curve is not None:
            check_kind("curve", self.curve, Curve, "one of load_curve.designed or load_curve.PRESETS")
        check_kind("slash", self.slash, SlashTerms, "slash_split.SlashTerms")
        check_kind("filter", self.filter, FilterParameters, "reputation_filter.FilterParameters")
        _check_curve(self.chosen_curve)
        _check_slash(self.slash)
        _check_filter(self.filter)

    @property
    def chosen_curve(self) -> Curve:
        """Load curve these parameters name or hold."""
        return self.curve if self.curve is not None else load_curve.PRESETS[self.preset]

    def curve_constants(self) -> tuple[int, ...]:
        """Load curve as a constructor's argument."""
        return astuple(self.chosen_curve)

    def slash_terms(self) -> tuple[int, ...]:
        """Slash terms as a constructor's argument."""
        return astuple(self.slash)

    def filter_parameters(self) -> tuple[int, ...]:
        """Filter parameters as a constructor's argument."""
        return astuple(self.filter)

    def to_table(self) -> dict[str, Any]:
        """Tables that ``read_tables`` reads back."""
        return {
            "network": {name: getattr(self, name) for name in NETWORK_KEYS},
            "curve": {"preset": self.preset} if self.curve is None else _table(self.curve),
            "slash": _table(self.slash),
            "filter": _table(self.filter),
        }


@dataclass(frozen=True, slots=True)
class Dispute:
    """What a class says for the court.

    Attributes
    ----------
    risk, audit_share : int
        Ppm.
    comparator : int
        0 exact, 1 absolute difference, 2 Hamming distance.
    tolerance : int
        In the comparator's unit.
    adjudicator : str
        An address.
    """

    risk: int
    audit_share: int
    comparator: int
    tolerance: int
    adjudicator: str


@dataclass(frozen=True, slots=True)
class ClassParameters:
    """Terms of a task class. The defaults suit light tasks that take minutes.

    Attributes
    ----------
    steps, step_seconds : int
        Steps of the auction's clock and the length of one.
    start, cap, floor : int
        Price at which the auctions of a new mandate start, and the highest and the lowest price; ppm of the reward.
    start_gain, start_target : int
        By how much a task that the first auction leaves raises the start price of the mandate's next ones, ppm of the
        reward; and the share of the tasks that it shall leave, ppm. With no gain the start price stays.
    tick : int
        By how much the clock falls each step, ppm of the reward.
    idle_discount, load_bonus, load_malus : int
        How much less a bidder is paid for its load: where f is zero, ppm of the reward; by how much f up to F lessens
        that, and f above F adds to it, ppm of f.
    record_weight, record_level : int
        How much less it is paid for each missing share of good results, and the reputation from which nothing is
        missing, ppm.
    hard_quality : int
        1 if the discount for the record does not give way in the last call, so that tasks are rather left than given to
        somebody bad.
    min_executor_reputation, min_operator_reputation : int
        Ppm.
    collateral : int
        Of an executor, ppm of the reward; at least the cap.
    stake_share : int
        What the collateral is at least, as a share of the stake behind the executor's capacity, ppm.
    operator_share : int
        Penalty of the operator, ppm of the collateral that the reward asks for; at most half the slash factor.
    submit_seconds, rescue_seconds, challenge_seconds : int
        Time for the result, for a rescuer to take over a late task, and for a challenge.
    slash_factor : int
        Share of the collateral a late result costs before amplification, ppm.
    wrong_factor : int
        Share of the collateral a result proved wrong costs, ppm; at least the reward, and no less than a late one.
    complexity : int
        What an executor's own complexity must reach.
    min_reward : int
        Token units.
    risk : int
        Chance that a task fails for reasons of its own, ppm; used off chain only.
    audit_share : int
        Ppm of the results audited without a challenge.
    comparator, tolerance : int
        How results are compared: 0 exact, 1 absolute difference, 2 Hamming distance; and what difference passes.
    adjudicator : str
        Address of the contract that judges disputes, the zero address for none.
    """

    steps: int = row(8, MIN_STEPS, MAX_STEPS, "steps of the clock")
    step_seconds: int = row(2, 1, MAX_STEP_SECONDS, "seconds")
    start: int = row(980_000, 1, PPM, "ppm of the reward")
    start_gain: int = row(30_000, 0, MAX_GAIN, "ppm of the reward")
    start_target: int = row(200_000, 0, PPM, "ppm of the tasks")
    cap: int = row(980_000, 1, PPM, "ppm of the reward")
    floor: int = row(100_000, 1, PPM, "ppm of the reward")
    tick: int = row(100_000, 1, PPM, "ppm of the reward")
    idle_discount: int = row(60_000, 0, PPM, "ppm of the reward")
    load_bonus: int = row(300_000, 0, PPM, "ppm of f")
    load_malus: int = row(4_000_000, 0, MAX_MALUS, "ppm of f")
    record_weight: int = row(1_000_000, 0, MAX_WEIGHT, "ppm of what is missing")
    record_level: int = row(950_000, 0, PPM, "ppm")
    hard_quality: int = row(0, 0, 1, "0 no, 1 yes")
    min_executor_reputation: int = row(0, 0, PPM, "ppm")
    collateral: int = row(1_000_000, 1, MAX_COLLATERAL, "ppm of the reward")
    stake_share: int = row(0, 0, PPM, "ppm of the stake")
    operator_share: int = row(50_000, 0, PPM // 2, "ppm of the collateral")
    submit_seconds: int = row(600, 1, MAX_WINDOW, "seconds")
    rescue_seconds: int = row(600, 1, MAX_WINDOW, "seconds")
    challenge_seconds: int = row(60, 1, MAX_WINDOW, "seconds")
    slash_factor: int = row(100_000, 1, PPM, "ppm of the collateral")
    wrong_factor: int = row(1_000_000, 1, PPM, "ppm of the collateral")
    min_operator_reputation: int = row(0, 0, PPM, "ppm")
    complexity: int = row(3, 0, MAX_COMPLEXITY, "levels")
    min_reward: int = row(10, 1, MAX_MIN_REWARD, "token units")
    risk: int = row(0, 0, PPM, "ppm")
    audit_share: int = row(0, 0, PPM, "ppm of the results")
    comparator: int = row(0, 0, MAX_COMPARATOR, "0 exact, 1 absolute difference, 2 Hamming distance")
    tolerance: int = row(0, 0, MAX_UINT256, "in the comparator's unit")
    adjudicator: str = ZERO_ADDRESS

    def validate(self) -> None:
        """Refuse what ``ClassRegistry.register_class`` would revert on.

        Raises
        ------
        ParameterError
            Naming the field, its value and what would be right.
        """
        _check_ranges(self, bounds_of(type(self)))
        for kind, names in ((class_packing.Auction, AUCTION_NAMES), (class_packing.Opening, OPENING_NAMES)):
            for part in layout_of(kind):
                name = names.get(part.name, part.name)
                if part.unit > 1 and name in self.__slots__:
                    check_multiple(name, getattr(self, name), part.unit)
        check_range("floor", self.floor, PPM // 1_000, self.cap, "ppm of the reward, at most the cap")
        check_range("start", self.start, self.floor, self.cap, "ppm of the reward, between floor and cap")
        check_range("tick", self.tick, PPM // 1_000, PPM, "ppm of the reward")
        check_range("operator_share", self.operator_share, 0, self.slash_factor // 2, "half of slash_factor")
        check_range("collateral", self.collateral, self.cap, MAX_COLLATERAL, "ppm, at least the cap")
        check_range("wrong_factor", self.wrong_factor, self.slash_factor, PPM, "ppm, at least slash_factor")
        if self.life > MAX_TASK_LIFE:
            raise ParameterError(
                f"steps, step_seconds, submit_seconds, rescue_seconds and challenge_seconds let a task live {self.life}"
                f" seconds: must be at most {MAX_TASK_LIFE}, of which {DISPUTE_SECONDS} are for a dispute"
            )
        if not isinstance(self.adjudicator, str) or not re.fullmatch(r"0x[0-9a-fA-F]{40}", self.adjudicator):
            raise ParameterError(f"adjudicator is {self.adjudicator!r}: must be an address, 0x and 40 hex digits")
        if not _as_typed(self.adjudicator[2:]):
            raise ParameterError(
                f"adjudicator is {self.adjudicator!r}: a digit is wrong, as its capitals show (EIP-55)"
            )

    @property
    def life(self) -> int:
        """Longest life of a task, seconds."""
        return deadlines.longest_life(
            self.steps, self.step_seconds, self.submit_seconds, self.rescue_seconds, self.challenge_seconds
        )

    def auction(self, fee: int = MAX_FEE) -> class_packing.Auction:
        """Part of the terms that matters at every step of a task.

        Parameters
        ----------
        fee : int
            Ppm of the price; as an argument of ``ClassRegistry.register_class`` the largest that the AVS accepts, and
            the contract fills in the one in force.
        """
        return class_packing.Auction(**self._part(class_packing.Auction, AUCTION_NAMES) | {"fee": fee})

    def opening(self, avs: int = 0) -> class_packing.Opening:
        """Part of the terms that matters when a task is opened.

        Parameters
        ----------
        avs : int
            Escrow account of the AVS; the contract fills in the caller's.
        """
        return class_packing.Opening(**self._part(class_packing.Opening, OPENING_NAMES) | {"avs": avs})

    def dispute(self) -> Dispute:
        """Part of the terms that is for the court."""
        return Dispute(self.risk, self.audit_share, self.comparator, self.tolerance, self.adjudicator)

    def _part(self, kind: type[Any], names: Mapping[str, str]) -> dict[str, int]:
        """Find the terms that a word holds; what the contract fills in is left out."""
        own = {name: names.get(name, name) for name in kind.__slots__}
        return {name: getattr(self, ours) for name, ours in own.items() if ours in self.__slots__}

    def arguments(self) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
        """Arguments of ``ClassRegistry.register_class``."""
        return astuple(self.auction()), astuple(self.opening()), astuple(self.dispute())

    def to_table(self) -> dict[str, Any]:
        """Table that ``class_from_table`` reads back."""
        return _table(self)


@dataclass(frozen=True, slots=True)
class ContractParameters:
    """What a parameter file says.

    Attributes
    ----------
    network : NetworkParameters
        What the contracts are deployed with.
    terms : ClassParameters, optional
        Terms of a class of tasks.
    """

    network: NetworkParameters = field(default_factory=NetworkParameters)
    terms: ClassParameters | None = None

    def validate(self) -> None:
        """Refuse what a contract would revert on, and a class that nobody could enter.

        The contracts take a class that asks for more than a newcomer's reputation. Where it is the only one, nobody
        ever finishes a task, and no reputation ever rises.

        Raises
        ------
        ParameterError
            Naming the field, its value and what would be right.
        """
        check_kind("network", self.network, NetworkParameters, "NetworkParameters")
        self.network.validate()
        if self.terms is not None:
            check_kind("terms", self.terms, ClassParameters, "ClassParameters")
            self.terms.validate()
            newcomer = sigmoid(self.network.filter.newcomer)
            for who in ("operator", "executor"):
                name = f"min_{who}_reputation"
                check_range(name, getattr(self.terms, name), 0, newcomer, "ppm, a newcomer's: else nobody can begin")

    def to_table(self) -> dict[str, Any]:
        """Tables that ``read_tables`` reads back."""
        return self.network.to_table() | ({} if self.terms is None else {"class": self.terms.to_table()})


NETWORK_KEYS: Final = (*(name for name, *_ in bounds_of(NetworkParameters)), "pay_per_value")


def _table(value: Any) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in fields(value)}


# Checking


def check_kind(name: str, value: Any, kinds: type | UnionType, right: str) -> None:
    """Refuse what is of another type.

    Parameters
    ----------
    name : str
        What it is given as.
    value : any
        What is given.
    kinds : type
        What it must be.
    right : str
        That in words.

    Raises
    ------
    ParameterError
        With the name, the type and what would be right.
    """
    if not isinstance(value, kinds):
        raise ParameterError(f"{name} is of type {type(value).__name__}: give {right}")


def check_range(name: str, value: Any, low: int, high: int, unit: str) -> None:
    """Refuse what is no integer of a range.

    Parameters
    ----------
    name : str
        What it is given as.
    value : any
        What is given.
    low, high : int
        Bounds, both allowed.
    unit : str
        What it counts, for the message.

    Raises
    ------
    ParameterError
        With the name, the value and what would be right.
    """
    if type(value) is not int:
        raise ParameterError(f"{name} is {value!r}: must be an integer from {low} to {high} ({unit})")
    if not low <= value <= high:
        raise ParameterError(f"{name} is {value}: must be from {low} to {high} ({unit})")


def check_multiple(name: str, value: int, unit: int) -> None:
    """Refuse what a word cannot hold, since it counts in a larger unit.

    Raises
    ------
    ParameterError
        With the name, the value and the nearest ones that would be right.
    """
    if value % unit:
        below = value // unit * unit
        raise ParameterError(f"{name} is {value}: must be a multiple of {unit}, such as {below} or {below + unit}")


def _check_ranges(values: Any, bounds: Bounds, prefix: str = "") -> None:
    for name, low, high, unit in bounds:
        check_range(prefix + name, getattr(values, name), low, high, unit)


def _as_typed(digits: str) -> bool:
    """Whether an address has no capitals, nothing but capitals, or those that its hash asks for."""
    if digits in (digits.lower(), digits.upper()):
        return True
    nibbles = f"{keccak_256(digits.lower().encode()):064x}"
    return all(d == (d.upper() if n >= "8" else d.lower()) for d, n in zip(digits, nibbles, strict=False))


def _check_slash(terms: SlashTerms) -> None:
    _check_ranges(terms, bounds_of(SlashTerms), "slash.")
    shares = terms.compensation + terms.finder + terms.burn
    check_range("slash.compensation + slash.finder + slash.burn", shares, 0, PPM, "ppm of a slash")
    slash_split.check(terms)


def _check_filter(p: FilterParameters) -> None:
    _check_ranges(p, bounds_of(FilterParameters), "filter.")
    check_range("filter.alpha", p.alpha, 0, 4 * (PPM + p.beta) - 1, "below 4 (1 + beta), so that the filter is stable")
    check_range("filter.gamma", p.gamma, 0, p.alpha // 20, "a twentieth of alpha")
    if p.omega * 10**6 <= p.newcomer * (PPM - p.beta):
        raise ParameterError(
            f"filter.newcomer is {p.newcomer}: must be below omega / (1 - beta), {p.omega * 10**6 // (PPM - p.beta)}"
            " micro-logits, where honest work leads"
        )
    reputation_filter.check(p)


CURVE_REASONS: Final = {
    "load_curve: need 0 < B <= F": "curve.b must not exceed curve.f",
    "load_curve: need H <= F": "curve.h (nano) must not exceed curve.f (basis points)",
    "load_curve: f(0) negative": "f(0) = a/e - c must not be negative",
    "load_curve: jump at B": "a - c must equal d within 1000 nano, so that f is continuous at B",
    "load_curve: f(F) not zero": "d + (f - b) e must be zero within 1000 nano, so that f(F) = 0",
    "load_curve: jump at F": "g (f - h)^2 + i must be zero within a ppm, so that f is continuous at F",
    "load_curve: peak range": "the largest f on [0, F] must be above 0 and at most 1",
    "load_curve: amplifier": "1 + f(1) must be at most 10",
}


def _check_curve(curve: Curve) -> None:
    _check_ranges(curve, CURVE_BOUNDS, "curve.")
    try:
        load_curve.check(curve)
    except ParameterError as error:
        constants = ", ".join(f"{name} = {value}" for name, value in _table(curve).items())
        raise ParameterError(f"curve with {constants}: {CURVE_REASONS.get(str(error), error)}") from None
