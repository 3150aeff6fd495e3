"""Parameters of a network and of a task class, refused exactly where the contracts would revert.

``NetworkParameters`` holds what the constructors take besides addresses, ``ClassParameters`` what an AVS registers.
Both are read from TOML files whose keys are the names of the fields; what a file leaves out keeps its default::

    entry_fee = 2_000_000
    preset = "hump"          # or a table [curve] with all nine constants, a to i

    [slash]                  # fields of slash_split.Terms
    finder = 200_000

    [filter]                 # fields of reputation_filter.Parameters
    alpha = 900_000
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from ballast.errors import ParameterError
from ballast.model import activity, class_packing, deadlines, epoch_clock, load_curve, reputation_filter, slash_split
from ballast.model.constants import DISPUTE_SECONDS, MAX_AMOUNT, MAX_LOGIT, MAX_TASK_LIFE, MAX_THAW, PPM
from ballast.model.load_curve import Curve
from ballast.model.reputation_filter import Parameters
from ballast.model.slash_split import Terms

# Bounds of ClassRegistry.vy
MIN_STEPS: Final = 2
MAX_STEPS: Final = 63
MAX_STEP_SECONDS: Final = 2**16 - 1
MAX_WINDOW: Final = 2**18 - 1
MAX_HANDICAPS: Final = PPM // 2
MAX_COLLATERAL: Final = 4 * PPM
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

DEFAULT_SLASH: Final = Terms(
    lateness_floor=50_000,
    compensation=400_000,
    finder=250_000,
    burn=100_000,
    budget=100_000,
    rebate=900_000,
    keeper_budget=50_000,
)
DEFAULT_FILTER: Final = Parameters(
    omega=20_000,
    beta=980_000,
    alpha=1_000_000,
    gamma=20_000,
    drift=10_000,
    newcomer=0,
    stale_epochs=8,
    n0=1_000,
)

Bounds = tuple[tuple[str, int, int, str], ...]

NETWORK_BOUNDS: Final[Bounds] = (
    ("entry_fee", 0, MAX_AMOUNT, "token units"),
    ("thaw_seconds", MAX_TASK_LIFE, MAX_THAW, "seconds, at least the life of a task"),
    ("epoch_seconds", epoch_clock.MIN_EPOCH_SECONDS, activity.MAX_EPOCH_SECONDS, "seconds"),
    ("stake_per_unit", 1, MAX_AMOUNT, "token units a unit of capacity"),
    ("fee", 0, MAX_FEE, "ppm of the price"),
    ("fee_per_unit", 0, MAX_FEE_PER_UNIT, "token units a unit of difficulty"),
    ("bond_per_value", 1, MAX_BOND, "token units"),
)
SLASH_BOUNDS: Final[Bounds] = (
    ("lateness_floor", 0, slash_split.MAX_LATENESS_FLOOR, "ppm of the reward"),
    ("compensation", 0, PPM, "ppm of a slash"),
    ("finder", 0, slash_split.MAX_FINDER, "ppm of a slash"),
    ("burn", slash_split.MIN_BURN, PPM, "ppm of a slash"),
    ("budget", 0, slash_split.MAX_BUDGET, "ppm of the pool"),
    ("rebate", 0, slash_split.MAX_REBATE, "ppm of the fees paid"),
    ("keeper_budget", 0, slash_split.MAX_BUDGET, "ppm of the pool"),
)
FILTER_BOUNDS: Final[Bounds] = (
    ("omega", -reputation_filter.MAX_OMEGA, reputation_filter.MAX_OMEGA, "micro-logits"),
    ("beta", 0, PPM - 1, "ppm"),
    ("alpha", 0, reputation_filter.MAX_ALPHA, "micro-logits"),
    ("gamma", 0, reputation_filter.MAX_ALPHA // 20, "micro-logits"),
    ("drift", 0, PPM, "ppm"),
    ("newcomer", -MAX_LOGIT, MAX_LOGIT, "micro-logits"),
    ("stale_epochs", 2, reputation_filter.MAX_STALE, "epochs"),
    ("n0", 1, MAX_AMOUNT, "token units"),
)
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
CLASS_BOUNDS: Final[Bounds] = (
    ("steps", MIN_STEPS, MAX_STEPS, "steps of the clock"),
    ("step_seconds", 1, MAX_STEP_SECONDS, "seconds"),
    ("start", 1, PPM, "ppm of the reward"),
    ("floor", 1, PPM, "ppm of the reward"),
    ("handicap", 0, MAX_HANDICAPS, "ppm of the clock"),
    ("reputation_handicap", 0, MAX_HANDICAPS, "ppm of the clock"),
    ("min_executor_reputation", 0, PPM, "ppm"),
    ("collateral", 1, MAX_COLLATERAL, "ppm of the reward"),
    ("operator_share", 0, PPM // 2, "ppm of the collateral"),
    ("submit_seconds", 1, MAX_WINDOW, "seconds"),
    ("rescue_seconds", 1, MAX_WINDOW, "seconds"),
    ("challenge_seconds", 1, MAX_WINDOW, "seconds"),
    ("slash_factor", 1, PPM, "ppm of the collateral"),
    ("min_operator_reputation", 0, PPM, "ppm"),
    ("complexity", 0, MAX_COMPLEXITY, "levels"),
    ("min_reward", 1, MAX_AMOUNT, "token units"),
    ("risk", 0, PPM, "ppm"),
    ("audit_share", 0, PPM, "ppm of the results"),
    ("comparator", 0, MAX_COMPARATOR, "0 exact, 1 absolute difference, 2 Hamming distance"),
    ("tolerance", 0, MAX_UINT256, "in the comparator's unit"),
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
    slash : slash_split.Terms
        Slash shares and the pool's budgets.
    filter : reputation_filter.Parameters
        Parameters of the reputation filter.
    """

    entry_fee: int = 1_000_000
    thaw_seconds: int = MAX_TASK_LIFE
    epoch_seconds: int = 3_600
    stake_per_unit: int = 10
    fee: int = 20_000
    fee_per_unit: int = 1
    bond_per_value: int = 1_000
    pay_per_value: int = 10
    preset: str = load_curve.DEFAULT_PRESET
    curve: Curve | None = None
    slash: Terms = DEFAULT_SLASH
    filter: Parameters = DEFAULT_FILTER

    def validate(self) -> None:
        """Refuse what a constructor or setter would revert on.

        Raises
        ------
        ParameterError
            Naming the field, its value and what would be right.
        """
        _check_ranges(self, NETWORK_BOUNDS)
        _check_range("pay_per_value", self.pay_per_value, 0, self.bond_per_value // PAY_PER_BOND, "token units")
        if self.preset not in list(load_curve.PRESETS):  # a list, since a file may give anything
            raise ParameterError(f"preset is {self.preset!r}: must be one of {', '.join(load_curve.PRESETS)}")
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
        """Table that ``network_from_table`` reads back."""
        table: dict[str, Any] = {name: getattr(self, name) for name in _NETWORK_KEYS}
        if self.curve is None:
            table["preset"] = self.preset
        else:
            table["curve"] = _table(self.curve)
        return {**table, "slash": _table(self.slash), "filter": _table(self.filter)}


@dataclass(frozen=True, slots=True)
class ClassParameters:
    """Terms of a task class. The defaults suit light tasks that take minutes.

    Attributes
    ----------
    steps, step_seconds : int
        Steps of the auction's clock and the length of one.
    start, floor : int
        First and last price, ppm of the reward; with start below floor the clock rises.
    handicap, reputation_handicap : int
        Ppm of the clock a bidder at full load, or without reputation, has to wait.
    min_executor_reputation, min_operator_reputation : int
        Ppm.
    collateral : int
        Of an executor, ppm of the reward; at least the higher of start and floor.
    operator_share : int
        Penalty of the operator, ppm of the collateral; at most half the slash factor.
    submit_seconds, rescue_seconds, challenge_seconds : int
        Time for the result, for a rescuer to take over a late task, and for a challenge.
    slash_factor : int
        Share of the collateral a late result costs before amplification, ppm.
    complexity : int
        What an operator's own complexity must reach to execute such a task itself.
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

    steps: int = 8
    step_seconds: int = 2
    start: int = 980_000
    floor: int = 500_000
    handicap: int = 300_000
    reputation_handicap: int = 100_000
    min_executor_reputation: int = 0
    collateral: int = 1_000_000
    operator_share: int = 50_000
    submit_seconds: int = 600
    rescue_seconds: int = 600
    challenge_seconds: int = 60
    slash_factor: int = 100_000
    min_operator_reputation: int = 0
    complexity: int = 3
    min_reward: int = 10
    risk: int = 0
    audit_share: int = 0
    comparator: int = 0
    tolerance: int = 0
    adjudicator: str = ZERO_ADDRESS

    def validate(self) -> None:
        """Refuse what ``ClassRegistry.register_class`` would revert on.

        Raises
        ------
        ParameterError
            Naming the field, its value and what would be right.
        """
        _check_ranges(self, CLASS_BOUNDS)
        handicaps = self.handicap + self.reputation_handicap
        _check_range("handicap + reputation_handicap", handicaps, 0, MAX_HANDICAPS, "ppm of the clock")
        _check_range("reputation_handicap", self.reputation_handicap, 0, self.handicap // 3, "a third of handicap")
        _check_range("operator_share", self.operator_share, 0, self.slash_factor // 2, "half of slash_factor")
        highest = max(self.start, self.floor)
        _check_range("collateral", self.collateral, highest, MAX_COLLATERAL, "ppm, at least the highest price")
        if self.life > MAX_TASK_LIFE:
            raise ParameterError(
                f"steps, step_seconds, submit_seconds, rescue_seconds and challenge_seconds let a task live {self.life}"
                f" seconds: must be at most {MAX_TASK_LIFE}, of which {DISPUTE_SECONDS} are for a dispute"
            )
        if not isinstance(self.adjudicator, str) or not re.fullmatch(r"0x[0-9a-fA-F]{40}", self.adjudicator):
            raise ParameterError(f"adjudicator is {self.adjudicator!r}: must be an address, 0x and 40 hex digits")

    @property
    def life(self) -> int:
        """Longest life of a task, seconds."""
        return deadlines.longest_life(
            self.steps, self.step_seconds, self.submit_seconds, self.rescue_seconds, self.challenge_seconds
        )

    def auction(self, fee: int = 0) -> class_packing.Auction:
        """Part of the terms that matters at every step of a task.

        Parameters
        ----------
        fee : int
            Ppm of the price; the contract fills in its own.
        """
        return class_packing.Auction(
            steps=self.steps,
            step_seconds=self.step_seconds,
            start=self.start,
            floor_=self.floor,
            handicap=self.handicap,
            reputation_handicap=self.reputation_handicap,
            min_reputation=self.min_executor_reputation,
            collateral=self.collateral,
            operator_share=self.operator_share,
            submit_seconds=self.submit_seconds,
            rescue_seconds=self.rescue_seconds,
            challenge_seconds=self.challenge_seconds,
            fee=fee,
            slash_factor=self.slash_factor,
        )

    def opening(self, avs: int = 0) -> class_packing.Opening:
        """Part of the terms that matters when a task is opened.

        Parameters
        ----------
        avs : int
            Escrow account of the AVS; the contract fills in the caller's.
        """
        return class_packing.Opening(
            min_reputation=self.min_operator_reputation,
            complexity=self.complexity,
            min_reward=self.min_reward,
            avs=avs,
        )

    def arguments(self) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
        """Arguments of ``ClassRegistry.register_class``."""
        dispute = (self.risk, self.audit_share, self.comparator, self.tolerance, self.adjudicator)
        return astuple(self.auction()), astuple(self.opening()), dispute

    def to_table(self) -> dict[str, Any]:
        """Table that ``class_from_table`` reads back."""
        return _table(self)


_NETWORK_KEYS: Final = (*(name for name, *_ in NETWORK_BOUNDS), "pay_per_value")


# Reading


def load_network(path: Path) -> NetworkParameters:
    """Read network parameters from a TOML file.

    Raises
    ------
    ParameterError
        If the file cannot be read, or a key, a type or a value is wrong; one line that starts with the file's name.
    """
    return network_from_table(_read(path), str(path))


def load_class(path: Path) -> ClassParameters:
    """Read class parameters from a TOML file.

    Raises
    ------
    ParameterError
        If the file cannot be read, or a key, a type or a value is wrong; one line that starts with the file's name.
    """
    return class_from_table(_read(path), str(path))


def network_from_table(table: Mapping[str, Any], source: str) -> NetworkParameters:
    """Network parameters from a table of a TOML or JSON file.

    Parameters
    ----------
    table : mapping
        Keys as in the module's example.
    source : str
        Where it comes from, the start of every message.

    Raises
    ------
    ParameterError
        If a key, a type or a value is wrong.
    """
    try:
        _check_keys(table, (*_NETWORK_KEYS, "preset", "curve", "slash", "filter"), "")
        default = NetworkParameters()
        changes: dict[str, Any] = dict(table)
        if "preset" in table and "curve" in table:
            raise ParameterError("preset and [curve] exclude each other: give one")
        if "curve" in table:
            names = [f.name for f in fields(Curve)]
            part = _part(table["curve"], "curve", names)
            missing = [name for name in names if name not in part]
            if missing:
                raise ParameterError(f"curve.{missing[0]} is missing: a curve has all of {', '.join(names)}")
            changes["curve"] = Curve(**part)
        if "slash" in table:
            changes["slash"] = _replaced(default.slash, table["slash"], "slash")
        if "filter" in table:
            changes["filter"] = _replaced(default.filter, table["filter"], "filter")
        parameters = replace(default, **changes)
        parameters.validate()
    except ParameterError as error:
        raise ParameterError(f"{source}: {error}") from None
    return parameters


def class_from_table(table: Mapping[str, Any], source: str) -> ClassParameters:
    """Class parameters from a table of a TOML or JSON file.

    Parameters
    ----------
    table : mapping
        Keys are the names of the fields.
    source : str
        Where it comes from, the start of every message.

    Raises
    ------
    ParameterError
        If a key, a type or a value is wrong.
    """
    try:
        _check_keys(table, [f.name for f in fields(ClassParameters)], "")
        parameters = ClassParameters(**table)
        parameters.validate()
    except ParameterError as error:
        raise ParameterError(f"{source}: {error}") from None
    return parameters


def _read(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{path}: not TOML: {error}") from None
    except UnicodeDecodeError:
        raise ParameterError(f"{path}: not a text file in UTF-8") from None
    except OSError as error:
        raise ParameterError(f"{path}: cannot be read: {error.strerror}") from None
    if not table:
        raise ParameterError(f"{path}: gives no parameter: name some, or leave the file out for the defaults")
    return table


Part = TypeVar("Part", Terms, Parameters)


def _replaced(default: Part, value: Any, name: str) -> Part:
    """Replace fields of the default by those of a table."""
    return replace(default, **_part(value, name, [f.name for f in fields(default)]))


def _part(value: Any, name: str, keys: Sequence[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ParameterError(f"{name} is {value!r}: must be a table [{name}]")
    _check_keys(value, keys, f"{name}.")
    return dict(value)


def _check_keys(table: Mapping[str, Any], known: Sequence[str], prefix: str) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {prefix}{close[0]}?" if close else f"known are {', '.join(known)}"
            raise ParameterError(f"unknown key {prefix}{key}: {hint}")


def _table(value: Any) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in fields(value)}


# Checking


def _check_range(name: str, value: Any, low: int, high: int, unit: str) -> None:
    if type(value) is not int:
        raise ParameterError(f"{name} is {value!r}: must be an integer from {low} to {high} ({unit})")
    if not low <= value <= high:
        raise ParameterError(f"{name} is {value}: must be from {low} to {high} ({unit})")


def _check_ranges(values: Any, bounds: Bounds, prefix: str = "") -> None:
    for name, low, high, unit in bounds:
        _check_range(prefix + name, getattr(values, name), low, high, unit)


def _check_slash(terms: Terms) -> None:
    _check_ranges(terms, SLASH_BOUNDS, "slash.")
    shares = terms.compensation + terms.finder + terms.burn
    _check_range("slash.compensation + slash.finder + slash.burn", shares, 0, PPM, "ppm of a slash")
    slash_split.check(terms)


def _check_filter(p: Parameters) -> None:
    _check_ranges(p, FILTER_BOUNDS, "filter.")
    _check_range("filter.alpha", p.alpha, 0, 4 * (PPM + p.beta) - 1, "below 4 (1 + beta), so that the filter is stable")
    _check_range("filter.gamma", p.gamma, 0, p.alpha // 20, "a twentieth of alpha")
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
