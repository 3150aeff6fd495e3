"""Finished runs, one file each: what workers make and the sweep's folder keeps until all are there.

A part is a Parquet file of the run's periods, one row each, with the run's one row of figures and its place in the
sweep as JSON in the metadata.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ballast.errors import ClusterError
from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario
from ballast.studies.sweep.code import fingerprint
from ballast.studies.sweep.row import row_of

KEY: Final = b"ballast"


@dataclass(frozen=True)
class SweepJob:
    """One run of a sweep.

    Attributes
    ----------
    sweep : str
        Identity of the sweep.
    point, replicate : int
        Its place.
    scenario : Scenario
        What to run.
    code : str
        Fingerprint of the code that is to run it.
    curves : bool
        Whether the periods are wanted.
    """

    sweep: str
    point: int
    replicate: int
    scenario: Scenario
    code: str
    curves: bool

    @property
    def place(self) -> str:
        """Name of the place, in the order of places."""
        return f"{self.point:06d}-{self.replicate:05d}"


def carry_out(job: SweepJob) -> bytes:
    """Run a job; its part. What workers do.

    Raises
    ------
    ClusterError
        If the worker has another version of the code.
    UserError
        If the scenario cannot be run.
    """
    if fingerprint() != job.code:
        raise ClusterError("a worker has another version of Ballast or NumPy than the one that ordered the runs")
    run = run_on(job.scenario, "twin")
    periods = run.periods if job.curves else run.periods[:0]
    note = {
        "sweep": job.sweep,
        "point": job.point,
        "replicate": job.replicate,
        "row": row_of(run, job.scenario),
    }
    table = pa.table({name: pa.array(periods[name]) for name in periods.dtype.names or ()})
    stream = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(note)}), stream, write_page_checksum=True)
    return stream.getvalue()


def note_of(source: Any) -> dict[str, Any]:
    """Place and row of a part, from its path or the file itself.

    Raises
    ------
    ValueError
        If it is none (Arrow's errors among them).
    """
    found = (pq.read_schema(source).metadata or {}).get(KEY)
    if found is None:
        raise ValueError("no part of a sweep")
    note: dict[str, Any] = json.loads(found)
    return note
