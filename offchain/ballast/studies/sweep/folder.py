"""The folder of a sweep: what was to be run, what has finished, and in the end the tables.

===================  =================================================================================================
``sweep.json``       what is run: scenario, axes, seeds; its name, seed, date, versions; fingerprint of the code
``parts/``           finished runs, one file each (`sweep.parts`), durably written; gone when the tables are there
``runs.parquet``     one row a point and replicate
``periods.parquet``  one row a point and period: means over the replicates, and standard deviations as ``..._sd``
``indices.parquet``  one row an outcome and parameter: Sobol' indices; of a sweep that was to find them
``indices.png``      their picture
===================  =================================================================================================
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ballast.errors import UserError
from ballast.sim.origin import stamp
from ballast.studies.sweep import parts
from ballast.studies.sweep.analysis import indices_of, overview
from ballast.studies.sweep.code import fingerprint
from ballast.studies.sweep.parts import SweepJob
from ballast.studies.sweep.recipe import Recipe
from ballast.studies.sweep.row import parameters
from ballast.writing import replacing, write_whole

MANIFEST: Final = "sweep.json"
PARTS: Final = "parts"
SCRATCH: Final = "scratch"
RUNS: Final = "runs.parquet"
PERIODS: Final = "periods.parquet"
INDICES: Final = "indices.parquet"
PICTURE: Final = "indices.png"
ABOUT: Final = "sweep of ballast"
TYPES: Final = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}


class Folder:
    """Folder of a sweep that was begun.

    Parameters
    ----------
    path : Path
        Where it is.

    Attributes
    ----------
    recipe : Recipe
        What is run.
    identity : str
        Fingerprint of the runs.
    jobs : dict of (int, int) to SweepJob
        All runs by point and replicate, in order.

    Raises
    ------
    UserError
        If it is no folder of a sweep, or of one that this code would not carry on the same.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            table = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
            if table["about"] != ABOUT:
                raise ValueError(table["about"])
            self.identity, code, recipe = table["identity"], table["code"], table["recipe"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"--out {path} is no folder of a sweep: {MANIFEST} is missing or damaged") from error
        if code != fingerprint():
            raise UserError(
                f"--out {path} was begun by another version of Ballast or NumPy, and runs of two versions do not mix: "
                "begin anew in another folder"
            )
        self.recipe = Recipe.from_table(recipe, str(path / MANIFEST))
        if self.identity != self.recipe.identity():
            raise UserError(f"--out {path} was begun for other runs than {MANIFEST} now says: begin anew")
        self.jobs = jobs_of(self.recipe, self.identity, code)

    @classmethod
    def begin(cls, path: Path, recipe: Recipe, origin: Mapping[str, Any] | None = None) -> Folder:
        """Make the folder of a new sweep, in one that is there.

        Raises
        ------
        UserError
            If it exists or cannot be made.
        """
        table = {
            "about": ABOUT,
            **stamp(origin, recipe.base.seed, "dask", "pyarrow", "salib"),
            "identity": recipe.identity(),
            "code": fingerprint(),
            "recipe": recipe.to_table(),
        }
        try:
            path.mkdir()
            (path / PARTS).mkdir()
        except FileExistsError:
            raise UserError(f"--out {path} exists: give a folder that does not, or --resume") from None
        except OSError as error:
            raise UserError(f"--out {path} cannot be made: {error.strerror}; give another folder") from error
        write_whole(path / MANIFEST, json.dumps(table, indent=2) + "\n")
        return cls(path)

    @contextmanager
    def kept_if_begun(self, resume: bool) -> Iterator[None]:
        """Remove a new folder again if a block fails before any run has finished: nothing in it is worth keeping."""
        try:
            yield
        except BaseException:
            if not resume and self.count() == 0:
                shutil.rmtree(self.path, ignore_errors=True)
            raise

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other sweeps out of the folder during a block.

        Raises
        ------
        UserError
            If another is at work in it.
        """
        with (self.path / MANIFEST).open(encoding="utf-8") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UserError(f"--out {self.path}: another sweep is at work in it") from error
            yield

    @property
    def complete(self) -> bool:
        """Whether the tables are there."""
        return (self.path / RUNS).exists()

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that there are in the end, and of the picture of indices."""
        return (RUNS, INDICES, PICTURE) if self.recipe.sobol else (RUNS, PERIODS)

    def count(self) -> int:
        """Count the finished runs, unread."""
        return len(self.jobs) if self.complete else sum(self._part(job).exists() for job in self.jobs.values())

    def finished(self) -> set[tuple[int, int]]:
        """Places whose runs are there, by point and replicate.

        Raises
        ------
        UserError
            If a part is damaged or belongs to another sweep.
        """
        if self.complete:
            return set(self.jobs)
        return {place for place, job in self.jobs.items() if self._part(job).exists() and self._row(job)}

    def keep(self, job: SweepJob, part: bytes) -> None:
        """Write a finished run so that it outlives whatever comes.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        write_whole(self._part(job), part)

    def merge(self) -> None:
        """Make the tables of the parts.

        Raises
        ------
        UserError
            If a part is missing or damaged.
        OSError
            If the tables cannot be written.
        """
        sampled = self.recipe.sampled() or [{}] * (max(p for p, _ in self.jobs) + 1)
        rows = [{"point": p, "replicate": r, **sampled[p], **self._row(job)} for (p, r), job in self.jobs.items()]
        runs = table_of(rows)
        if self.recipe.sobol:
            from ballast.studies.sweep.figure import draw

            found = indices_of(self.recipe, runs)
            with replacing(self.path / INDICES) as stream:
                pq.write_table(table_of(found), stream)
            with replacing(self.path / PICTURE) as stream:
                draw(found, stream)
        else:
            with replacing(self.path / PERIODS) as stream:
                self._write_periods(stream)
        with replacing(self.path / RUNS) as stream:
            pq.write_table(runs, stream)

    def clear(self) -> None:
        """Remove what the tables made superfluous."""
        for name in (PARTS, SCRATCH):
            shutil.rmtree(self.path / name, ignore_errors=True)

    def overview(self) -> list[dict[str, Any]]:
        """Means by point, as `analysis.overview` gives them."""
        return overview(self.recipe, self.read(RUNS))

    def indices(self) -> list[dict[str, Any]]:
        """Rows of the table of indices."""
        rows: list[dict[str, Any]] = self.read(INDICES).to_pylist()
        return rows

    def read(self, name: str) -> pa.Table:
        """Read one of the tables.

        Raises
        ------
        UserError
            If it cannot be read.
        """
        try:
            return pq.read_table(self.path / name)
        except (OSError, ValueError) as error:
            raise UserError(f"{self.path / name} is missing or damaged: begin anew in another folder") from error

    def _part(self, job: SweepJob) -> Path:
        return self.path / PARTS / f"{job.place}.parquet"

    def _row(self, job: SweepJob) -> dict[str, Any]:
        with _understood(self._part(job)) as path:
            note = parts.note_of(path)
            if (note["sweep"], note["point"], note["replicate"]) != (job.sweep, job.point, job.replicate):
                raise ValueError("of another sweep")
            row: dict[str, Any] = note["row"]
        return row

    def _periods_of(self, job: SweepJob) -> pa.Table:
        with _understood(self._part(job)) as path:
            return pq.read_table(path, page_checksum_verification=True)

    def _write_periods(self, stream: BinaryIO) -> None:
        """Write means and standard deviations over the replicates, point by point."""
        names = self.recipe.axes
        points, seeds = self.recipe.points(), range(self.recipe.seeds)
        writer = None
        try:
            for place, point in enumerate(points):
                tables = [self._periods_of(self.jobs[place, r]) for r in seeds]
                periods = np.arange(point.periods)
                columns: dict[str, Any] = {"point": np.full(len(periods), place), "period": periods}
                columns |= {name: [value] * len(periods) for name, value in parameters(point).items() if name in names}
                columns["seeds"] = np.full(len(periods), len(tables))
                for name in tables[0].column_names:
                    values = np.stack([table[name].to_numpy() for table in tables]).astype(float)
                    columns[name] = values.mean(axis=0)
                    spread = values.std(axis=0, ddof=1) if len(tables) > 1 else np.full(len(periods), np.nan)
                    columns[f"{name}_sd"] = spread
                table = pa.table(columns)
                writer = writer or pq.ParquetWriter(stream, table.schema)
                writer.write_table(table)
        finally:
            if writer:
                writer.close()


def jobs_of(recipe: Recipe, identity: str, code: str) -> dict[tuple[int, int], SweepJob]:
    """Every run of a recipe by point and replicate, in order."""
    return {
        (p, r): SweepJob(identity, p, r, replace(point, seed=seed), code, curves=not recipe.sobol)
        for p, point in enumerate(recipe.points())
        for r, seed in enumerate(recipe.replicate_seeds())
    }


def table_of(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table; columns in the order in which they first occur, text where nothing says otherwise."""
    kinds: dict[str, type] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None or name not in kinds:
                kinds[name] = type(value)
    schema = pa.schema([(name, TYPES.get(kind, pa.string())) for name, kind in kinds.items()])
    return pa.Table.from_pylist(list(rows), schema)


@contextmanager
def _understood(path: Path) -> Iterator[Path]:
    """Say in one line what cannot be made of a part in a block."""
    try:
        yield path
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} is damaged or of another sweep: remove it, and the run is repeated") from error
