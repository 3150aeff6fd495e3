"""Scenarios: what is simulated.

A scenario file is TOML with what it is ``about`` and two tables, ``[paper]`` for numbers the paper gives and ``[ours]``
for numbers chosen here; together they hold fields of `Scenario`. What a file leaves out keeps its default, which is
ours. Tables ``[[classes]]`` add classes of tasks (see `ballast.sim.kinds`).

Contracts have the parameters that `Scenario.network` and `Scenario.task_class` say. A file may change them: by the
tables of a parameter file (see `ballast.model.parameter_files`), or by ``parameters``, the path of one. Paths in a file
are relative to its folder.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from ballast.errors import ParameterError
from ballast.model import load_curve, parameter_files
from ballast.model.class_packing import BASIS_POINT, PERMILLE
from ballast.model.constants import MAX_TASK_SLOTS, PPM
from ballast.model.fixed_point import sigmoid
from ballast.model.load_curve import DEFAULT_PRESET, PRESETS
from ballast.model.parameter_files import TABLES
from ballast.model.parameters import (
    MAX_WINDOW,
    ClassParameters,
    ContractParameters,
    NetworkParameters,
    check_kind,
)
from ballast.names import named_or_file, suggestion
from ballast.sim import allocations
from ballast.sim.kinds import TaskKind, check_kinds, kinds_of

ALLOCATIONS: Final = ("dutch", *allocations.NAMES)
"""The protocol's rule, and those it is compared with."""
ARRIVALS: Final = ("constant", "poisson", "seasonal", "bursty", "heavy_tailed")
CALM: Final = "none"
STRESSED: Final = (
    *("burst", "outage", "quality_drift", "correlated_failure", "hard_tasks"),
    *("seasonal", "bursty", "heavy_tailed", "scarcity", "double_demand"),
    *("shirking", "whitewashing", "collusion", "wash_trading"),
)
"""All stresses, each a file of `ballast.sim.stresses`: those of a part of the run, those of the network throughout, and
attacks."""
STRESSES: Final = (CALM, *STRESSED)
PARAMETERS: Final = "parameters"
"""Key of a scenario file: the path of a parameter file."""
CLASSES: Final = "classes"
"""Key of a scenario file: tables of classes."""
LIGHT, HEAVY = 1, 2
"""Numbers of the task classes that there always are; a scenario's own follow, and last that of a ring that trades with
itself."""
LIGHT_COMPLEXITY, HEAVY_COMPLEXITY = 1, 10
TOLD: Final = (
    *("start_gain", "start_target", "load_bonus", "load_malus"),
    *("record_weight", "stake_share", "wrong_factor"),
)
"""Terms of a class, ppm, that are fractions of the same name in a scenario."""
OWN_CURVE: Final = "own"
"""In place of a preset: the load curve is that of the contracts' parameters, and has no name."""
MAX_PARTICIPANTS: Final = 10_000
MAX_PERIODS: Final = 100_000
MAX_WAVES: Final = 64
MAX_WORK: Final = 200.0
PRESENT: Final = Path()
"""Folder in which the command is called."""
FOLDER: Final = Path(__file__).parent / "scenarios"
"""Scenarios that come with Ballast, by the names of their files."""

EPOCH_SECONDS: Final = 320
SUBMIT_SECONDS: Final = 1_200
"""Time for a result as long as nobody has looked at the tasks."""
WINDOW_SECONDS: Final = 60
"""Time for a rescue and for a challenge, if waves do not need more."""


@dataclass(frozen=True)
class Scenario:
    """One run.

    Attributes
    ----------
    operators, coprocessors : int
        Participants.
    periods : int
        Periods, one epoch each.
    waves : int
        Waves in which the tasks of a period come, and in which what is due is done, at least: see `played_waves`.
    tasks_per_period : int
        Mean number of tasks opened in a period; with a workload, the workload says.
    work : float
        Epochs that a heavy task of mean difficulty takes: two waves at least, and no longer than the time limit of a
        class that is given allows; 0 for as many as leave a coprocessor some to do at a time (see `ballast.sim.pace`).
    submit_seconds : int
        Time for a result; 0 for what the largest task needs.
    slashing : float
        Lateness slash factor s, as a fraction of the collateral.
    preset : str
        Load curve; ``own`` if that of ``contracts`` is no preset.
    seed : int
        Seed of everything random.
    workload : Path, optional
        A trace, in the Standard Workload Format or CSV.
    arrivals : str
        How synthetic tasks arrive: ``constant``, ``poisson``, ``seasonal``, ``bursty`` or ``heavy_tailed``.
    heavy_share : float
        Share of synthetic tasks that are heavy.
    utilisation : float
        Mean heavy demand as a share of the coprocessors' capacity.
    collateral : float
        What an executor locks, as a multiple of the reward. The contracts take at most 4.
    stake : float
        Funds of a participant, as a multiple of the collaterals of a full load.
    start_gain, start_target : float
        By how much a task that a first auction leaves raises its mandate's start price, as a share of the reward, and
        the share of the tasks that it shall leave.
    load_bonus, load_malus : float
        By how much f up to F lessens the discount for load, and f above F adds to it.
    record_weight : float
        What a missing share of good results costs of the price.
    hard_quality : bool
        Whether the discount for a record does not give way in the last call.
    stake_share : float
        What an executor locks at least, as a share of the stake behind its capacity; of no weight unless ``contracts``
        have much more of it behind a unit than by default.
    wrong_factor : float
        Share of the collateral that a wrong result costs, no less than a late one, and at least the reward.
    allocation : str
        Who gets an auctioned task: ``dutch``, the protocol's rule, or one of `ballast.sim.allocations`.
    watch : int
        Coprocessors that see one auction at most.
    learning : bool
        Whether posted reputations count: in auctions, for the choice of operators, and for what operators expect.
    curve : bool
        Whether the load curve pays and amplifies.
    mandate_weight : float
        Power of an operator's reputation by which the AVS shares tasks out among operators; 0 is evenly.
    deliberate : bool
        Whether operators weigh own execution against delegation.
    waiting : bool
        Whether coprocessors beyond their comfortable load wait for a later, lower price.
    break_even : bool
        Whether what coprocessors ask covers the fee, and the forfeits and slashes they expect of themselves; else it
        covers their costs, and their slashes by their records.
    incentives : bool
        Whether what breaks even counts what a task does to the bidder's record and to its uptime rewards; else the fee
        is less by what came back of all fees.
    room_worth : bool
        Whether coprocessors ask for what their room would earn otherwise, by how often it is full.
    markup : float
        What coprocessors ask above that, as a share of it, as long as it does not make more than nine tenths of the
        reward.
    overload : float
        What a full load adds to the chance that a result is late; from F on, by the square of the way.
    fixed_limits : bool
        Whether coprocessors have a largest load of their own, whatever the price; else what they ask tells.
    rescue_at_cap : bool
        Whether rescuers are paid the highest price, as by the contracts; else the one that was agreed.
    effort : float
        What effort costs, as a share of the reward.
    careless : float
        Chance that a result comes in time without effort.
    errors : bool
        Whether results can be wrong.
    bad_share : float
        Share of the operators and of the coprocessors two in five of whose results are wrong.
    drift : float
        Standard deviation of a period's change of the reliability of coprocessors, in logits.
    exits : bool
        Whether participants that keep losing leave.
    entry, operator_entry : float
        Coprocessors and operators that enter a period as long as their kind earns what it did at first; more where it
        earns more, none where it earns nothing.
    leaving : float
        Share of the coprocessors that leave for reasons of their own, a period.
    resizing : bool
        Whether coprocessors forecast their loads and change their capacities, see `ballast.sim.resizing`.
    rent : float
        What holding a unit of a coprocessor's capacity costs, as a share of the rewards that it could earn.
    specialists : float
        Share of the operators and of the coprocessors that are better and cheaper at tasks of one class, and dearer at
        others.
    records, records_spread : float
        Mean and standard deviation of reputations at the start; 0 for a newcomer's, for all.
    stress : str
        Name of a stress, or ``none``.
    classes : tuple of TaskKind
        Classes of tasks beside light and heavy ones, which are what their shares leave.
    contracts : ContractParameters, optional
        Parameters of the contracts in place of the scenario's own, as `with_contracts` adds them: then ``preset``, and
        with terms of a class ``submit_seconds``, ``collateral`` and the fields from ``slashing`` on that are terms say
        the same as they.
    """

    operators: int = 100
    coprocessors: int = 100
    periods: int = 50
    waves: int = 8
    tasks_per_period: int = 1_000
    work: float = 0.0
    submit_seconds: int = 0
    slashing: float = 0.1
    preset: str = DEFAULT_PRESET
    seed: int = 1
    workload: Path | None = None
    arrivals: str = "constant"
    heavy_share: float = 0.6
    utilisation: float = 0.75
    collateral: float = 1.0
    stake: float = 40.0
    start_gain: float = 0.03
    start_target: float = 0.2
    load_bonus: float = 0.3
    load_malus: float = 4.0
    record_weight: float = 1.0
    hard_quality: bool = False
    stake_share: float = 0.0
    wrong_factor: float = 1.0
    allocation: str = "dutch"
    watch: int = 100
    learning: bool = True
    curve: bool = True
    mandate_weight: float = 4.0
    deliberate: bool = True
    waiting: bool = False
    break_even: bool = True
    incentives: bool = True
    room_worth: bool = True
    markup: float = 0.0
    overload: float = 0.3
    fixed_limits: bool = False
    rescue_at_cap: bool = True
    effort: float = 0.2
    careless: float = 0.6
    errors: bool = True
    bad_share: float = 0.0
    drift: float = 0.0
    exits: bool = False
    entry: float = 0.0
    operator_entry: float = 0.0
    leaving: float = 0.0
    resizing: bool = False
    rent: float = 0.0
    specialists: float = 0.0
    records: float = 0.0
    records_spread: float = 0.0
    stress: str = "none"
    classes: tuple[TaskKind, ...] = ()
    contracts: ContractParameters | None = None

    def validate(self) -> None:
        """Refuse what cannot be simulated.

        Raises
        ------
        ParameterError
            With the option, its value, and what would be right.
        """
        if self.contracts is not None:
            check_kind("contracts", self.contracts, ContractParameters, "ContractParameters")
            self.contracts.validate()
        if self.workload is not None:
            check_kind("workload", self.workload, Path, "the Path of a trace")
        told = decided(self.contracts)
        for name, value in told.items():
            if (own := getattr(self, name)) != value:
                raise ParameterError(
                    f"--{_option(name)} is {own}, and the parameters of the contracts have {value}: give one of the two"
                )
        for name, low, high, kind in RANGES:
            value = getattr(self, name)
            if name in told:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise ParameterError(f"--{_option(name)} is {value}: give a {kind} from {low} to {high}")
            if kind == WHOLE and not isinstance(value, int):
                raise ParameterError(f"--{_option(name)} is {value}: give a {kind} from {low} to {high}")
        top = MAX_TASK_SLOTS * self.operators
        if self.tasks_per_period > top:
            raise ParameterError(f"--tasks-per-period is {self.tasks_per_period}: give a {WHOLE} from 1 to {top}")
        for name, known in CHOICES:
            given = getattr(self, name)
            if name not in told and not (isinstance(given, str) and given in known):
                near = suggestion(given, known)
                raise ParameterError(f"--{_option(name)} is {given!r}: give one of {', '.join(known)}{near}")
        for name in SWITCHES:
            if not isinstance(getattr(self, name), bool):
                raise ParameterError(f"{name} is {getattr(self, name)!r}: give true or false")
        self._check_records()
        check_kinds(self.classes)
        self._check_classes()

    def _check_records(self) -> None:
        """Refuse reputations at the start that no distribution between 0 and 1 has."""
        mean, spread = self.records, self.records_spread
        if spread > 0 and spread**2 >= mean * (1 - mean):
            raise ParameterError(
                f"--records-spread is {spread}, and records is {mean}: give less than "
                f"{(mean * (1 - mean)) ** 0.5:.3g}, or another mean"
            )

    def _check_classes(self) -> None:
        """Refuse classes whose terms the contracts would not take, or that cannot be played with the rest."""
        if self.classes and self.workload is not None:
            raise ParameterError("classes are given, and a workload, whose jobs have none: give one of them")
        every = self.class_terms()
        for name in [kind.name for kind in self.classes]:
            try:
                every[name].validate()
            except ParameterError as error:
                raise ParameterError(f"class {name}: {error}") from None
        for name, terms in every.items():
            if terms.risk > 0 and not self.errors:
                raise ParameterError(
                    f"class {name}: risk is {terms.risk}, and errors is false: give no risk, or let results be wrong"
                )
        newcomer = sigmoid(self.network().filter.newcomer)
        asked = [every[kind.name] for kind in self.classes]
        if asked and self.records == 0 and sum(kind.share for kind in self.classes) >= 1:
            least = min(max(terms.min_executor_reputation, terms.min_operator_reputation) for terms in asked)
            if least > newcomer:
                raise ParameterError(
                    f"classes ask for reputations of {least} and more, and newcomers have {newcomer}: give a class "
                    "that they can enter, or records"
                )

    def off_chain(self) -> str | None:
        """Say what of this scenario the contracts cannot do, if anything: such a scenario runs on the twin alone."""
        if self.collateral > 4:
            return f"collateral is {self.collateral}: the contracts take at most 4"
        for name in ("allocation", "learning", "curve", "rescue_at_cap"):
            if getattr(self, name) != getattr(Scenario, name):
                return f"{name} is {getattr(self, name)!r}: the contracts have {getattr(Scenario, name)!r}"
        return None

    def network(self) -> NetworkParameters:
        """Parameters of the contracts."""
        if self.contracts is not None:
            return self.contracts.network
        return replace(NetworkParameters(), epoch_seconds=EPOCH_SECONDS, preset=self.preset)

    def task_class(self, heavy: bool = True) -> ClassParameters:
        """Terms of the class of heavy or of light tasks, which differ in their complexity alone."""
        given = self.contracts.terms if self.contracts is not None else None
        terms = given or self._own_terms()
        return terms if heavy else replace(terms, complexity=LIGHT_COMPLEXITY)

    def class_terms(self) -> dict[str, ClassParameters]:
        """Terms of all classes of the AVS by name, in the order of their numbers."""
        usual = self.task_class()
        own = {kind.name: kind.terms(usual, SUBMIT_SECONDS) for kind in self.classes}
        return {"light": self.task_class(heavy=False), "heavy": usual} | own

    @property
    def wash_class(self) -> int:
        """Number of the class of a ring that trades with itself, after all others."""
        return HEAVY + len(self.classes) + 1

    def played_waves(self) -> int:
        """Waves of a period: as many as asked for, and more where the time limits of a class ask for it.

        No wave is made shorter than the longest clock for that.
        """
        epoch, every = self.network().epoch_seconds, self.class_terms().values()
        least = min(min(t.rescue_seconds, t.challenge_seconds, max(t.submit_seconds // 2, 1)) for t in every)
        return max(self.waves, min(-(-epoch // least), epoch // max(t.steps * t.step_seconds for t in every)))

    def to_table(self) -> dict[str, Any]:
        """Fields as JSON has them, which `of_table` reads back; of a trace, its path."""
        return asdict(self) | {
            "workload": None if self.workload is None else str(self.workload),
            "classes": [kind.to_table() for kind in self.classes],
            "contracts": None if self.contracts is None else self.contracts.to_table(),
        }

    def _own_terms(self) -> ClassParameters:
        slash_factor = max(round(self.slashing * PPM), 1)
        window = max(WINDOW_SECONDS, -(-EPOCH_SECONDS // self.waves))
        peak = load_curve.peak(load_curve.pack(self.network().chosen_curve))
        return replace(
            ClassParameters(),
            start_gain=in_units(self.start_gain, BASIS_POINT),
            start_target=in_units(self.start_target, PERMILLE),
            idle_discount=in_units(self.load_bonus * peak / PPM, PERMILLE),
            load_bonus=in_units(self.load_bonus, PERMILLE),
            load_malus=in_units(self.load_malus, PERMILLE),
            record_weight=in_units(self.record_weight, PERMILLE),
            hard_quality=int(self.hard_quality),
            stake_share=in_units(self.stake_share, BASIS_POINT),
            wrong_factor=max(round(self.wrong_factor * PPM), slash_factor),
            collateral=round(self.collateral * PPM),
            submit_seconds=self.submit_seconds or SUBMIT_SECONDS,
            rescue_seconds=window,
            challenge_seconds=window,
            operator_share=min(50_000, slash_factor // 2 // BASIS_POINT * BASIS_POINT),
            slash_factor=slash_factor,
            complexity=HEAVY_COMPLEXITY,
        )


def in_units(share: float, unit: int) -> int:
    """Share in ppm, as a multiple of a unit."""
    return round(share * PPM / unit) * unit


WHOLE, FRACTION = "whole number", "number"
RANGES: Final = (
    ("operators", 1, MAX_PARTICIPANTS, WHOLE),
    ("coprocessors", 1, MAX_PARTICIPANTS, WHOLE),
    ("periods", 1, MAX_PERIODS, WHOLE),
    ("waves", 1, MAX_WAVES, WHOLE),
    ("tasks_per_period", 1, MAX_TASK_SLOTS * MAX_PARTICIPANTS, WHOLE),
    ("work", 0, MAX_WORK, FRACTION),
    ("submit_seconds", 0, MAX_WINDOW, WHOLE),
    ("slashing", 0.000001, 1, FRACTION),
    ("seed", 0, 2**63 - 1, WHOLE),
    ("heavy_share", 0, 1, FRACTION),
    ("utilisation", 0.01, 10, FRACTION),
    ("collateral", 0.98, 100, FRACTION),
    ("stake", 1, 1_000, FRACTION),
    ("start_gain", 0, 0.2, FRACTION),
    ("start_target", 0, 1, FRACTION),
    ("load_bonus", 0, 1, FRACTION),
    ("load_malus", 0, 8, FRACTION),
    ("record_weight", 0, 4, FRACTION),
    ("stake_share", 0, 1, FRACTION),
    ("wrong_factor", 0, 1, FRACTION),
    ("watch", 1, MAX_PARTICIPANTS, WHOLE),
    ("mandate_weight", 0, 10, FRACTION),
    ("effort", 0, 2, FRACTION),
    ("careless", 0, 1, FRACTION),
    ("markup", 0, 10, FRACTION),
    ("overload", 0, 1, FRACTION),
    ("bad_share", 0, 1, FRACTION),
    ("drift", 0, 1, FRACTION),
    ("entry", 0, 100, FRACTION),
    ("operator_entry", 0, 100, FRACTION),
    ("leaving", 0, 1, FRACTION),
    ("rent", 0, 1, FRACTION),
    ("specialists", 0, 1, FRACTION),
    ("records", 0, 0.999, FRACTION),
    ("records_spread", 0, 0.49, FRACTION),
)
CHOICES: Final = (
    ("preset", tuple(PRESETS)),
    ("arrivals", ARRIVALS),
    ("allocation", ALLOCATIONS),
    ("stress", STRESSES),
)
SWITCHES: Final = (
    *(
        "hard_quality",
        "rescue_at_cap",
        "learning",
        "curve",
        "deliberate",
        "waiting",
        "break_even",
        "incentives",
        "room_worth",
    ),
    *("fixed_limits", "errors", "exits", "resizing"),
)


def _option(name: str) -> str:
    return name.replace("_", "-")


def decided(contracts: ContractParameters | None) -> dict[str, Any]:
    """Fields of a scenario that parameters of the contracts decide, and their values."""
    if contracts is None:
        return {}
    curve, terms = contracts.network.chosen_curve, contracts.terms
    told: dict[str, Any] = {"preset": next((name for name in PRESETS if PRESETS[name] == curve), OWN_CURVE)}
    if terms is not None:
        told |= {
            "submit_seconds": terms.submit_seconds,
            "slashing": terms.slash_factor / PPM,
            "collateral": terms.collateral / PPM,
            "hard_quality": bool(terms.hard_quality),
            **{name: getattr(terms, name) / PPM for name in TOLD},
        }
    return told


def with_contracts(
    scenario: Scenario, contracts: ContractParameters, source: str, given: Collection[str] = ()
) -> Scenario:
    """Have a scenario played on contracts with some parameters.

    Parameters
    ----------
    scenario : Scenario
        Whose fields that the parameters decide have their defaults, or the parameters' values.
    contracts : ContractParameters
        With terms of a class, or without: then the scenario's stay.
    source : str
        Where they come from, for messages.
    given : collection of str
        Fields that were set, be it to their defaults.

    Raises
    ------
    ParameterError
        If the scenario has values of its own for what the parameters decide, or parameters already.
    """
    if scenario.contracts is not None:
        raise ParameterError(f"{source}: the scenario has parameters of the contracts already: give one of them")
    told = decided(contracts)
    for name, value in told.items():
        own = getattr(scenario, name)
        if own != value and (name in given or own != getattr(Scenario, name)):
            raise ParameterError(f"{source}: {name} is {value}, and the scenario's is {own}: give one of the two")
    return replace(scenario, contracts=contracts, **told)


def of_table(table: Mapping[str, Any], source: str) -> Scenario:
    """Scenario of the fields that `Scenario.to_table` gave.

    Raises
    ------
    ParameterError
        As for `from_table`.
    """
    values = {name: value for name, value in table.items() if value is not None}
    tables, kinds = values.pop("contracts", None), {CLASSES: values.pop("classes", [])}
    if tables is None:
        return from_table({"ours": values, **kinds}, source)
    contracts = parameter_files.read_tables(tables, source)
    told = decided(contracts)
    own = {name: value for name, value in values.items() if name not in told}
    scenario = from_table({"ours": own, **kinds}, source)
    return with_contracts(scenario, contracts, source)


def from_table(table: Mapping[str, Any], source: str, folder: Path = PRESENT) -> Scenario:
    """Scenario of a parsed file.

    Parameters
    ----------
    table : mapping
        What it holds.
    source : str
        Where it comes from, the start of every message.
    folder : Path
        What the paths in it are relative to.

    Raises
    ------
    ParameterError
        If a table or field is unknown, given twice, or out of its range, or if there is none; with the source.
    """
    known = [f.name for f in fields(Scenario) if f.name not in ("contracts", CLASSES)]
    values: dict[str, Any] = {}
    kinds: tuple[TaskKind, ...] = ()
    tables = {name: content for name, content in table.items() if name in TABLES}
    for key, content in table.items():
        if key in tables:
            continue
        if key == CLASSES:
            kinds = kinds_of(content, source)
            continue
        if key not in ("about", "paper", "ours", PARAMETERS):
            raise ParameterError(
                f"{source}: {key!r} is not known: give about, [paper], [ours] and [[classes]], and for the contracts "
                f"parameters or "
                f"{', '.join(f'[{name}]' for name in TABLES)}"
            )
        if key in ("about", PARAMETERS):
            if not isinstance(content, str):
                raise ParameterError(f"{source}: {key} is {content!r}: give a {'text' if key == 'about' else 'path'}")
            continue
        if not isinstance(content, Mapping):
            raise ParameterError(f"{source}: [{key}] is {content!r}: give a table")
        for name, value in content.items():
            if name not in known:
                raise ParameterError(f"{source}: {name!r} is no field of a scenario{suggestion(name, known)}")
            if name in values:
                raise ParameterError(f"{source}: {name} stands in [paper] and in [ours]: give it once")
            values[name] = value
    if not values and not kinds and parameter_files.gives_nothing(tables) and PARAMETERS not in table:
        raise ParameterError(
            f"{source}: no field of a scenario is given: give some in [paper] or [ours], such as periods = 50"
        )
    if "workload" in values:
        if not isinstance(values["workload"], str):
            raise ParameterError(f"{source}: workload is {values['workload']!r}: give a path")
        values["workload"] = folder / values["workload"]
    scenario = Scenario(**values, classes=kinds)
    try:
        scenario.validate()
        if tables:
            default = ContractParameters(scenario.network(), scenario.task_class() if "class" in tables else None)
            scenario = with_contracts(scenario, parameter_files.read_tables(tables, source, default), source, values)
        if PARAMETERS in table:
            path = folder / table[PARAMETERS]
            scenario = with_contracts(scenario, parameter_files.load(path), str(path), values)
        scenario.validate()
    except ParameterError as error:
        told = str(error)
        raise ParameterError(told if told.startswith(f"{source}: ") else f"{source}: {told}") from None
    return scenario


def shipped() -> dict[str, Path]:
    """Files of the scenarios that come with Ballast, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def load(name: str | Path) -> Scenario:
    """Scenario that comes with Ballast, by its name, or one of a file (see `ballast.names`).

    Raises
    ------
    ParameterError
        If there is no such file, or something in it is wrong.
    """
    check_kind("scenario", name, str | Path, "the name of one, or the path of a file")
    known = shipped()
    path = named_or_file(str(name), known)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        right = f"give one of {', '.join(known)}, or the path of a file{suggestion(path.stem, known)}"
        raise ParameterError(f"scenario {name} is unknown: {right}") from error
    except IsADirectoryError as error:
        raise ParameterError(f"scenario {name} is a folder: give a file, or one of {', '.join(known)}") from error
    except OSError as error:
        raise ParameterError(f"scenario {name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ParameterError(f"scenario {name} is not UTF-8") from error
    except (ValueError, RecursionError) as error:  # a number may have too many digits, and a list too many lists in it
        raise ParameterError(f"scenario {name}: {error}") from error
    return from_table(table, str(name), path.parent)
