"""What figures and reports are made of: the directory of a run, of a sweep, or of several runs.

A run's directory is described in `ballast.sim.directory`. A sweep's holds ``periods.parquet``: one row a point and
period, with columns for the fields of `Scenario` that were varied, ``period``, ``seeds`` (their number), and the means
over seeds of the columns of ``ballast.sim.period.world.TALLY``, with standard deviations as ``<column>_sd``. In place
of a table a directory may hold the directories of runs; means and intervals are computed here.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.parquet

from ballast.errors import MissingResultError, ParameterError, ResultsError, TableError
from ballast.model.constants import BPS, COPROCESSOR, OPERATOR, PPM
from ballast.model.load_curve import PRESETS, Curve
from ballast.model.parameter_files import read_tables
from ballast.sim.directory import ACCOUNTS, HISTORY, PERIODS
from ballast.sim.market.records import Records
from ballast.sim.result_files import BY_PERIOD, SUMMARY
from ballast.sim.scenario import EPOCH_SECONDS, Scenario, of_table
from ballast.studies.figures.places import check_results
from ballast.studies.intervals import student_half
from ballast.table import read_table

Array = npt.NDArray[np.float64]
Columns = dict[str, Array]

PAPER_SLASHING: Final = (0.01, 0.03, 0.1, 0.2, 0.5)
"""The paper's slash factors, fractions of the collateral."""
MIDDLE_SLASHING: Final = 0.1
"""Of several runs, the one with the slash factor nearest to this is looked at closely."""
TALLIED: Final = (
    *("period", "operators_active", "settled_reward", "slashed", "penalties"),
    *("coprocessors_active", "coprocessors_reputation", "coprocessors_earned", "load_mean"),
)
FARED: Final = (
    *("account", "role", "active", "capacity", "reputation", "income", "slashed"),
    *("base", "slope", "steep", "complexity", "comfort", "patience", "last_call", "ring"),
)
REMEMBERED: Final = ("profit", "price", "tasks", "load")
EDGES: Final = "edges"
"""Columns and arrays that figures need: of periods, of accounts, and of the history."""
SPREAD: Final = ("operators_active_sd", "seeds")
"""Columns of a sweep that give intervals."""


@dataclass(frozen=True)
class RunResults:
    """The directory of a run.

    Attributes
    ----------
    directory : Path
        Where it is.
    summary : mapping
        Its summary.
    """

    directory: Path
    summary: Mapping[str, Any]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Fields of its scenario."""
        return dict(self.summary["parameters"])

    @property
    def scenario(self) -> Scenario:
        """What was run.

        Raises
        ------
        MissingResultError
            If its parameters are none of a scenario that this version knows.
        """
        try:
            return of_table(self.parameters, str(self.directory / SUMMARY))
        except ParameterError as error:
            raise MissingResultError(str(error)) from None

    @property
    def start_up(self) -> int:
        """Periods until its market was as full as it would be; 0 where the summary does not say."""
        return int(self.summary.get("start_up", 0))

    @property
    def curve(self) -> Curve:
        """Load curve it was run with."""
        return curve_of(self.parameters)

    @cached_property
    def periods(self) -> Columns:
        """One row a period: what happened."""
        return _csv(self.directory / PERIODS, TALLIED)

    @cached_property
    def accounts(self) -> Columns:
        """One row a participant: what it is like and how it fared."""
        return _csv(self.directory / ACCOUNTS, FARED)

    @cached_property
    def history(self) -> Columns:
        """Arrays of periods by accounts, and ``edges``, operators by coprocessors.

        Raises
        ------
        MissingResultError
            If the run kept none.
        ResultsError
            If what it kept cannot be read.
        """
        path = self.directory / HISTORY
        if not path.exists():
            raise MissingResultError(f"{self.directory} has no {HISTORY}: runs too large for it leave it out")
        try:
            with path.open("rb") as stream, np.load(stream) as file:
                found = {name: np.asarray(file[name], dtype=np.float64) for name in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ResultsError(f"{path} cannot be read: {error}") from None
        _require(path, found, (*REMEMBERED, EDGES))
        width = int(self.accounts["account"].max()) + 1
        for name in REMEMBERED:
            shape = found[name].shape
            if len(shape) != 2 or shape[0] != len(self.periods["period"]) or shape[1] < width:
                raise ResultsError(f"{path} does not belong to {PERIODS} and {ACCOUNTS}: {name} has shape {shape}")
        if found[EDGES].ndim != 2:
            raise ResultsError(f"{path} does not say who worked for whom: {EDGES} has shape {found[EDGES].shape}")
        return found

    def rows(self, role: int) -> npt.NDArray[np.bool_]:
        """Which rows of the accounts are operators or coprocessors."""
        return np.asarray(self.accounts["role"] == role)

    def of_operators(self, name: str) -> Array:
        """History of the operators, periods by operators."""
        return self._of(name, OPERATOR)

    def of_coprocessors(self, name: str) -> Array:
        """History of the coprocessors, periods by coprocessors."""
        return self._of(name, COPROCESSOR)

    def _of(self, name: str, role: int) -> Array:
        """Columns of a role; the columns of the history are the accounts' numbers."""
        return np.asarray(self.history[name][:, self.accounts["account"][self.rows(role)].astype(np.int64)])


@dataclass(frozen=True)
class Line:
    """One slash factor over time, the mean of its runs.

    Attributes
    ----------
    slashing : float
        Fraction of the collateral.
    active : array of shape (periods,)
        Active operators.
    low, high : array of shape (periods,) or None
        95% interval of that mean.
    reward : array of shape (periods,)
        Rewards of settled tasks less slashes and operators' penalties, summed up to each period; token units.
    coprocessors : array of shape (periods,)
        Active coprocessors.
    reputation : array of shape (periods,)
        Their mean reputation, from 0 to 1; not a number where none is active.
    load : array of shape (periods,)
        Their mean load, percent.
    earned : array of shape (periods,)
        Rewards less slashes that coprocessors got in each period, by those active; token units.
    seeds : int
        Runs it is the mean of.
    """

    slashing: float
    active: Array
    low: Array | None
    high: Array | None
    reward: Array
    coprocessors: Array
    reputation: Array
    load: Array
    earned: Array
    seeds: int


@dataclass(frozen=True)
class ResultsDirectory:
    """A directory of results.

    Attributes
    ----------
    directory : Path
        Where it is.
    run : RunResults or None
        The run that is looked at closely, if there is one.
    runs : sequence of RunResults
        All runs whose directories are there.
    table : mapping of str to sequence
        Columns of a sweep's table; empty without one.
    """

    directory: Path
    run: RunResults | None
    runs: Sequence[RunResults]
    table: Mapping[str, Sequence[Any]]

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """What slash factors do, in ascending order."""
        return self._lines_and_others[0]

    @cached_property
    def others(self) -> Mapping[str, Any]:
        """Other fields that were varied, and their value in `lines`: the default, or else the first there is."""
        return self._lines_and_others[1]

    @cached_property
    def _lines_and_others(self) -> tuple[tuple[Line, ...], Mapping[str, Any]]:
        return _from_table(self.directory, self.table) if self.table else _from_runs(self.runs)

    @property
    def time(self) -> str:
        """Name of an axis of time."""
        network = self.run.summary.get("contracts", {}).get("network", {}) if self.run else {}
        return f"time (periods of {network.get('epoch_seconds', EPOCH_SECONDS)} s)"

    def the_run(self) -> RunResults:
        """Run that is looked at closely.

        Raises
        ------
        MissingResultError
            If there is none.
        """
        if self.run is None:
            raise MissingResultError(f"{self.directory} holds no directory of a single run")
        return self.run


def read(directory: Path) -> ResultsDirectory:
    """Read a directory of results.

    Parameters
    ----------
    directory : Path
        Of a run, of a sweep, or of directories of runs.

    Raises
    ------
    ResultsError
        If there are no results in it, or something in it cannot be read.
    """
    check_results(directory)
    if (directory / SUMMARY).exists():
        runs = [_run(directory)]
    else:
        runs = [_run(path.parent) for path in sorted(directory.glob(f"*/{SUMMARY}"))]
    table = _parquet(directory / BY_PERIOD) if (directory / BY_PERIOD).exists() else {}
    return ResultsDirectory(directory, min(runs, key=_remoteness, default=None), runs, table)


def curve_of(parameters: Mapping[str, Any]) -> Curve:
    """Load curve of a scenario with some fields.

    Raises
    ------
    ParameterError
        If they have none.
    """
    if contracts := parameters.get("contracts"):
        return read_tables(contracts, "contracts").network.chosen_curve
    if parameters["preset"] not in PRESETS:
        raise ParameterError(f"preset {parameters['preset']!r} is none of {', '.join(PRESETS)}")
    return PRESETS[parameters["preset"]]


def _remoteness(run: RunResults) -> tuple[float, int, str]:
    return abs(run.parameters["slashing"] - MIDDLE_SLASHING), run.parameters["seed"], str(run.directory)


# Files


def _run(directory: Path) -> RunResults:
    path = directory / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read: {error}") from None
    known = summary.get("parameters") if isinstance(summary, dict) else None
    for name, kind in (("slashing", float), ("seed", int), ("curve", bool), ("preset", str)):
        if not isinstance(known, dict) or not isinstance(known.get(name), kind):
            raise ResultsError(f"{path} is no summary of a run: it lacks the parameter {name}")
    try:
        curve_of(summary["parameters"])
    except ParameterError as error:
        raise ResultsError(f"{path}: {error}") from None
    contracts = summary.get("contracts", {})  # values that only the twin takes may be out of the contracts' bounds
    if not isinstance(contracts, dict) or not all(isinstance(table, dict) for table in contracts.values()):
        raise ResultsError(f"{path}: contracts are {contracts!r}: must be tables")
    return RunResults(directory, summary)


def _csv(path: Path, required: Iterable[str]) -> Columns:
    try:
        table = read_table(path)
        found = {column.name: column.numbers() for column in table.columns}
    except TableError as error:
        told = str(error)
        raise ResultsError(told if told.startswith(f"{path} ") else f"{path} cannot be read: {told}") from None
    _require(path, found, required)
    for column in table.columns:
        if "" in column.cells:
            raise ResultsError(f"{path} cannot be read: line {column.lines[column.cells.index('')]} has an empty cell")
    return found


def _parquet(path: Path) -> dict[str, list[Any]]:
    try:
        table: dict[str, list[Any]] = pyarrow.parquet.read_table(path).to_pydict()
        _require(path, table, TALLIED)
        for name in (*TALLIED, *SPREAD, "slashing"):
            if name in table:
                table[name] = [float(value) for value in table[name]]
    except (OSError, TypeError, ValueError, pyarrow.ArrowException) as error:
        raise ResultsError(f"{path} cannot be read: {error}") from None
    if not table["period"]:
        raise ResultsError(f"{path} has no rows")
    return table


def _require(path: Path, found: Mapping[str, Any], names: Iterable[str]) -> None:
    missing = [name for name in names if name not in found]
    if missing:
        raise ResultsError(f"{path} lacks {', '.join(missing)}")


# What slash factors do


def reward_of(tally: Mapping[str, Array] | Records) -> Array:
    """Rewards of settled tasks less slashes and operators' penalties, summed up to each period; token units."""
    return np.asarray(np.cumsum(tally["settled_reward"] - tally["slashed"] - tally["penalties"]))


def _from_table(directory: Path, table: Mapping[str, Sequence[Any]]) -> tuple[tuple[Line, ...], Mapping[str, Any]]:
    names = [f.name for f in fields(Scenario) if f.name in table]
    if "slashing" not in names:
        raise MissingResultError(f"{directory / BY_PERIOD} has no column slashing: it was not varied")
    others = {name: usual(name, table[name]) for name in names if name != "slashing"}
    kept = [i for i in range(len(table["period"])) if all(table[name][i] == value for name, value in others.items())]
    lines = []
    for s in sorted({table["slashing"][i] for i in kept}):
        rows = sorted((i for i in kept if table["slashing"][i] == s), key=table["period"].__getitem__)
        tally = {name: np.array([table[name][i] for i in rows]) for name in (*TALLIED, *SPREAD) if name in table}
        lines.append(_line(s, tally, _half(tally), _seeds(tally)))
    return tuple(lines), others


def _from_runs(runs: Sequence[RunResults]) -> tuple[tuple[Line, ...], Mapping[str, Any]]:
    names = [f.name for f in fields(Scenario) if f.name not in ("slashing", "seed")]
    values = {name: [run.parameters.get(name) for run in runs] for name in names}
    others = {name: usual(name, found) for name, found in values.items() if any(v != found[0] for v in found)}
    kept = [run for run in runs if all(run.parameters.get(name) == value for name, value in others.items())]
    lines = []
    for s in sorted({run.parameters["slashing"] for run in kept}):
        same = [run.periods for run in kept if run.parameters["slashing"] == s]
        if len({len(periods["slashed"]) for periods in same}) > 1:
            raise ResultsError(f"runs with slashing {s} have different numbers of rows in {PERIODS}")
        half = half_width(np.array([periods["operators_active"] for periods in same]))
        tally = {name: np.mean([periods[name] for periods in same], axis=0) for name in TALLIED}
        lines.append(_line(float(s), tally, half, len(same)))
    return tuple(lines), others


def _line(slashing: float, tally: Mapping[str, Array], half: Array | None, seeds: int) -> Line:
    active, there = tally["operators_active"], tally["coprocessors_active"]
    return Line(
        slashing,
        active,
        None if half is None else active - half,
        None if half is None else active + half,
        reward_of(tally),
        there,
        np.where(there > 0, tally["coprocessors_reputation"] / PPM, np.nan),
        tally["load_mean"] * 100 / BPS,
        np.diff(tally["coprocessors_earned"], prepend=0) / np.maximum(there, 1),
        seeds,
    )


def _seeds(tally: Mapping[str, Array]) -> int:
    """Count the runs of a point in a sweep's table; one where it does not say."""
    return int(tally["seeds"].min()) if "seeds" in tally else 1


def _half(tally: Mapping[str, Array]) -> Array | None:
    """Half of the 95% t interval of active operators in a sweep's table, if it has several seeds."""
    if any(name not in tally for name in SPREAD) or _seeds(tally) < 2:
        return None
    spread, n = (tally[name] for name in SPREAD)
    return student_half(spread, n)


def half_width(samples: Array) -> Array | None:
    """Half of the 95% t interval of the mean over the first axis; None for a single sample."""
    n = len(samples)
    if n < 2:
        return None
    return student_half(samples.std(axis=0, ddof=1), n)


def usual(name: str, values: Iterable[Hashable]) -> Any:
    """Value of a scenario's field that stands for it: the default if it is there, else the first."""
    found = list(values)
    default = getattr(Scenario, name)
    return default if default in found else found[0]
