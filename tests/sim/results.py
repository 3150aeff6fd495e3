"""Directories of results to draw and to report on: small real runs on the twin, and tables as sweeps write them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.parquet

from ballast.sim.directory import simulate
from ballast.sim.scenario import Scenario

SMALL: Final = Scenario(operators=8, coprocessors=12, periods=50, tasks_per_period=90, slashing=0.1, seed=3, exits=True)
HARSH: Final[Any] = {"collateral": 10.0, "effort": 0.5, "deliberate": False, "break_even": False, "bad_share": 0.3}
"""Operators lose by what they must execute themselves, the bad coprocessors by slashes not asked for: both leave."""
FACTORS: Final = (0.01, 0.1, 0.5)
SEEDS: Final = (3, 4)
MEANT: Final = (
    *("period", "operators_active", "settled_reward", "slashed", "penalties"),
    *("coprocessors_active", "coprocessors_reputation", "coprocessors_earned", "load_mean"),
)


def write_run(out: Path, **changes: Any) -> Path:
    """Write the directory of a small run."""
    simulate(replace(SMALL, **changes), out, engine="twin")
    return out


def write_runs(out: Path) -> Path:
    """Write directories of harsh runs with several slash factors and seeds into one."""
    for slashing in FACTORS:
        for seed in SEEDS:
            write_run(out / f"s{slashing}-{seed}", slashing=slashing, seed=seed, **HARSH)
    return out


def write_table(out: Path, runs: Path, presets: Sequence[str] = ()) -> Path:
    """Write a sweep's table of the means of runs, repeated with other numbers for other presets."""
    columns: dict[str, list[Any]] = {name: [] for name in ("slashing", *MEANT)}
    for slashing in FACTORS:
        tables = [columns_of(runs / f"s{slashing}-{seed}" / "periods.csv") for seed in SEEDS]
        for name in MEANT:
            columns[name] += np.mean([table[name] for table in tables], axis=0).tolist()
        columns["slashing"] += [slashing] * SMALL.periods
    rows = len(columns["period"])
    columns["operators_active_sd"] = [1.0] * rows
    columns["seeds"] = [4] * rows
    order = np.random.default_rng(1).permutation(rows)  # nothing is said of the order of rows
    table = {name: [values[i] for i in order] for name, values in columns.items()}
    if presets:
        ours = table | {"preset": [SMALL.preset] * rows}
        others = table | {"operators_active": [0.0] * rows, "preset": [presets[0]] * rows}
        table = {name: [*others[name], *ours[name]] for name in ours}
    out.mkdir(parents=True)
    pyarrow.parquet.write_table(pyarrow.table(table), out / "periods.parquet")
    return out


def columns_of(path: Path) -> dict[str, npt.NDArray[np.float64]]:
    """Columns of a CSV file."""
    with path.open() as stream:
        rows = list(csv.DictReader(stream))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
