"""The directory of a run: what is in it, made whole or not at all.

==================  ==================================================================================================
``summary.json``    figures of the whole run, its parameters, name of the scenario, date, versions, and the digest
``periods.csv``     one row a period, columns as in ``ballast.sim.period.world.TALLY``
``accounts.csv``    one row a participant: role, traits, and how it fared
``history.npz``     everybody in every period (``profit``, ``price``, ``tasks``, ``load``, ``given``, ``expected``,
                    ``realised``: periods by accounts) and ``edges`` (operators by coprocessors: tasks settled); left
                    out of runs too large for it
``tasks.parquet``   one row a task, on request
==================  ==================================================================================================
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import numpy as np

from ballast.chain.artifacts import compiler
from ballast.errors import UserError
from ballast.model.activity import ROLE_MASK
from ballast.signals import held
from ballast.sim.engines import RESUMABLE
from ballast.sim.market.records import TASK, Integers, Records
from ballast.sim.origin import stamp
from ballast.sim.output import CHECKPOINT, check_run, parents_made, partial_of
from ballast.sim.result_files import SUMMARY
from ballast.sim.run import PeriodHook, Progress, Run, run_on
from ballast.sim.scenario import Scenario
from ballast.sim.state import FIRST_OPERATOR

PERIODS: Final = "periods.csv"
ACCOUNTS: Final = "accounts.csv"
HISTORY: Final = "history.npz"
TASKS: Final = "tasks.parquet"
TASKS_HELD: Final = 32_768


def simulate(
    scenario: Scenario,
    out: Path,
    progress: Progress | None = None,
    engine: str = "anvil",
    resume: bool = False,
    tasks: bool = False,
    origin: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Run a scenario and write its directory.

    While the run goes on, its state is kept in a directory beside ``out``, with a dot in front and ``.partial`` behind;
    engines that cannot go on keep nothing.

    Parameters
    ----------
    scenario : Scenario
        What to run.
    out : Path
        Directory to make.
    progress : callable, optional
        Called after each period with the tasks done and all tasks.
    engine : str
        One of ``ballast.sim.engines.NAMES``.
    resume : bool
        Whether to go on with a run that was stopped.
    tasks : bool
        Whether to write a row for every task; these of a run that was stopped are not kept.
    origin : mapping, optional
        Name of the scenario and the options changed, as `ballast.sim.origin.origin` gives them, for the summary.

    Returns
    -------
    dict
        The summary.

    Raises
    ------
    UserError
        If the directory exists, the scenario cannot be run, or there is nothing to go on with.
    OSError
        If something cannot be written; what was kept of the run stays.
    """
    scenario.validate()
    check_run(out, engine, resume, tasks)
    partial = partial_of(out)
    with parents_made(out):
        try:
            partial.mkdir(exist_ok=True)
            (partial / TASKS).unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"--out {out} cannot be made: {error.strerror}; give another directory") from error
        return _simulate(scenario, engine, out, progress, tasks, dict(origin or {}))


def _simulate(
    scenario: Scenario, engine: str, out: Path, progress: Progress | None, tasks: bool, origin: dict[str, Any]
) -> dict[str, Any]:
    """Run a scenario in the directory for parts, which then takes its name."""
    partial = partial_of(out)
    try:
        with kept_tasks(partial / TASKS) if tasks else nullcontext() as watch:
            run = run_on(scenario, engine, progress, partial / CHECKPOINT if engine in RESUMABLE else None, watch)
        run.summary |= stamp(origin, scenario.seed, vyper=compiler())
        with held():
            write_run(partial, run)
            (partial / CHECKPOINT).unlink(missing_ok=True)
            partial.chmod(0o755)
            partial.rename(out)
    except BaseException:
        for left in partial.iterdir():
            if left.name != CHECKPOINT:
                left.unlink()
        if not (partial / CHECKPOINT).exists():
            partial.rmdir()
        raise
    return run.summary


@contextmanager
def kept_tasks(path: Path) -> Iterator[PeriodHook]:
    """Give what writes the tasks of a run to a Parquet file as its periods pass: a row a task, and the period's number.

    No more than ``TASKS_HELD`` tasks and those of one period are held in memory.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.int64()) for name in ("period", *(TASK.names or ()))])
    waiting: list[Records] = []
    periods: list[Integers] = []

    def flush() -> None:
        tasks = np.concatenate(waiting)
        columns = [np.concatenate(periods), *(tasks[name] for name in TASK.names or ())]
        writer.write_table(pa.table(columns, schema=schema))
        waiting.clear()
        periods.clear()

    def watch(run: Run) -> None:
        waiting.append(run.tasks.copy())
        periods.append(np.full(len(run.tasks), run.done))
        if sum(map(len, waiting)) >= TASKS_HELD:
            flush()

    with pq.ParquetWriter(path, schema) as writer:
        yield watch
        if waiting:
            flush()


def write_run(directory: Path, run: Run) -> None:
    """Write what a run has to say."""
    (directory / SUMMARY).write_text(json.dumps(run.summary, indent=2) + "\n", encoding="utf-8")
    write_table(directory / PERIODS, run.periods, "period")
    accounts = participants(run)
    write_table(directory / ACCOUNTS, accounts, None)
    if run.history:
        np.savez_compressed(directory / HISTORY, edges=run.edges, **run.history)


def participants(run: Run) -> Records:
    """One record a participant: number, role, capacity from now on, reputation, funds, traits and how it fared."""
    first, last = FIRST_OPERATOR, int(run.world.market.ledger[0]["accounts"])
    traits, fortune, known = (
        run.world.traits[first:last],
        run.world.fortune[first:last],
        run.world.market.accounts[first:last],
    )
    kept = ("role", "capacity", "reputation", "free", "locked")
    kind = np.dtype(
        [("account", np.int64), *((name, np.int64) for name in kept)]
        + [(name, t.dtype[name]) for t in (traits, fortune) for name in t.dtype.names or ()]
    )
    table = np.zeros(last - first, kind)
    table["account"] = np.arange(first, last)
    for source in (known, traits, fortune):
        for name in set(source.dtype.names or ()) & set(kind.names or ()):
            table[name] = source[name]
    table["role"] = known["role"] & ROLE_MASK
    table["capacity"] = known["next_capacity"]
    return table[table["role"] > 0]  # operators for whom a place was kept may never have come


def write_table(path: Path, table: Records, index: str | None) -> None:
    """Write records as CSV, with their place in front if it has a name."""
    names = list(table.dtype.names or ())
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([index, *names] if index else names)
        for i, row in enumerate(table.tolist()):
            writer.writerow([i, *row] if index else row)
