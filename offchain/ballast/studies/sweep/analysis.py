"""What the table of a sweep says: means by point with their intervals, and what the outcomes depend on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ballast.studies.intervals import student_half
from ballast.studies.sweep import sensitivity
from ballast.studies.sweep.recipe import Recipe
from ballast.studies.sweep.row import OUTCOMES, STOCKS


def by_point(runs: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """Column of a table of runs, one row a point and one column a replicate; what is missing is not a number."""
    points, replicates = runs["point"].to_numpy(), runs["replicate"].to_numpy()
    values = np.full((points.max() + 1, replicates.max() + 1), np.nan)
    values[points, replicates] = runs[name].to_numpy(zero_copy_only=False)
    return values


def overview(recipe: Recipe, runs: pa.Table) -> list[dict[str, Any]]:
    """Means of the outcomes and of what stands at the end, by point, with half the width of their 95% intervals.

    The intervals are Student's, over the replicates; of a single one there is none.
    """
    rows: list[dict[str, Any]] = [
        {"point": p, **{name: getattr(point, name) for name in recipe.axes}} for p, point in enumerate(recipe.points())
    ]
    seeds = recipe.seeds
    for name in (*OUTCOMES, *STOCKS):
        values = by_point(runs, name)
        spread = values.std(axis=1, ddof=1) if seeds > 1 else np.full(len(values), np.nan)
        for row, mean, half in zip(rows, values.mean(axis=1), student_half(spread, seeds), strict=True):
            row[name] = float(mean)
            row[f"{name}_ci"] = float(half)
    return rows


def indices_of(recipe: Recipe, runs: pa.Table) -> list[dict[str, Any]]:
    """Sobol' indices of the outcomes' means over the replicates: ``outcome``, and what `sensitivity.indices` gives."""
    return [
        {"outcome": outcome, **row}
        for outcome in OUTCOMES
        for row in sensitivity.indices(recipe.ranges, by_point(runs, outcome).mean(axis=1), recipe.base.seed)
    ]
