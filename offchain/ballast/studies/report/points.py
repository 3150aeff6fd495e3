"""What happened at each point of a sweep, or in the one run there is: sums over the periods, means over the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ballast.sim.scenario import Scenario
from ballast.studies.figures.results import Array, ResultsDirectory, RunResults, usual
from ballast.studies.measures import ratio

Sums = Mapping[str, float]
LOADS = ("load_mean", "load_above")
STOCKS = ("operators_active", "coprocessors_active", "queued", "live")

ENDS = ("settled", "unsold", "forfeited", "failed", "unplaced")
"""How tasks end, if only by finding no operator. Others are under way, or wait for a slot, when the run ends."""


@dataclass(frozen=True)
class Points:
    """Points of a sweep along the factor that is looked at.

    Attributes
    ----------
    factor : str
        Field of a scenario that was varied: slashing if it was, else the first; empty if none was.
    values : sequence
        What it was at each point, in ascending order.
    sums : sequence of Sums
        What happened at each: see `summed`. All have the same names.
    others : mapping
        Other fields that were varied, with the values shown.
    seeds : int
        Runs of a point.
    everywhere : int
        Points there are, with those at other values of the other fields.
    """

    factor: str
    values: Sequence[Any]
    sums: Sequence[Sums]
    others: Mapping[str, Any]
    seeds: int
    everywhere: int


def summed(columns: Mapping[str, Array]) -> dict[str, float]:
    """Sum up columns over the periods.

    Loads are means instead, weighted with the coprocessors that were there; who is active, what waits and what is
    under way is as at the end. Columns that are not there are left out.
    """
    found = {name: float(values.sum()) for name, values in columns.items()}
    there = columns.get("coprocessors_active")
    for name in LOADS:
        if name in found:
            weight = float(there.sum()) if there is not None else 0.0
            found[name] = (
                float((columns[name] * there).sum() / weight) if there is not None and weight else float("nan")
            )
    return found | {name: float(columns[name][-1]) for name in STOCKS if name in found}


def settled_share(sums: Sums) -> float | None:
    """Settled tasks as a share of all that ended; as in `share_of`."""
    return share_of(sums, "settled", *ENDS)


def price_share(sums: Sums) -> float | None:
    """Prices as a share of the rewards of the auctioned tasks that were settled; as in `share_of`."""
    return share_of(sums, "auctioned_price", "auctioned_reward")


def slashed_share(sums: Sums) -> float | None:
    """Slashes as a share of the rewards of settled tasks; as in `share_of`."""
    return share_of(sums, "slashed", "settled_reward")


def share_of(sums: Sums, part: str, *whole: str) -> float | None:
    """Give a sum as a share of the total of others: not a number if that is 0, None if one of them is not there."""
    if not sums.keys() >= {part, *whole}:
        return None
    return ratio(sums[part], sum(sums[name] for name in whole))


def known(values: Iterable[float | None]) -> list[float]:
    """Give what is known at each point; nothing if it is not known at all of them."""
    found = list(values)
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else []


def remaining(sums: Sums) -> float | None:
    """Rewards of settled tasks less slashes and operators' penalties, token units; None if one is not there."""
    if not sums.keys() >= {"settled_reward", "slashed", "penalties"}:
        return None
    return sums["settled_reward"] - sums["slashed"] - sums["penalties"]


def of_run(run: RunResults) -> Sums:
    """Sum up one run."""
    return summed(run.periods)


def of_results(results: ResultsDirectory) -> Points:
    """Points of a directory: of its table, or else of its runs."""
    rows = list(_rows(results))
    varied = [name for name in rows[0][0] if len({repr(values[name]) for values, _, _ in rows}) > 1]
    factor = "slashing" if "slashing" in varied else next(iter(varied), "")
    others = {name: usual(name, [values[name] for values, _, _ in rows]) for name in varied if name != factor}
    kept = [row for row in rows if all(row[0][name] == value for name, value in others.items())]
    groups: dict[Any, list[tuple[Sums, int]]] = {}
    for values, sums, seeds in kept:
        groups.setdefault(values.get(factor), []).append((sums, seeds))
    order = sorted(groups, key=lambda value: (isinstance(value, str), value)) if factor else list(groups)
    names = [name for name in kept[0][1] if all(name in sums for _, sums, _ in kept)]
    means = [{name: float(np.mean([sums[name] for sums, _ in groups[value]])) for name in names} for value in order]
    seeds = max(sum(n for _, n in groups[value]) for value in order)
    return Points(
        factor, order, means, others, seeds, len({repr([values[name] for name in varied]) for values, _, _ in rows})
    )


def _rows(results: ResultsDirectory) -> Iterator[tuple[dict[str, Any], Sums, int]]:
    """Fields varied, sums and number of runs of each point of a table, or of each run."""
    if not results.table:
        for run in results.runs:
            known = {f.name: run.parameters.get(f.name) for f in fields(Scenario) if f.name != "seed"}
            yield known, of_run(run), 1
        return
    table = results.table
    names = [f.name for f in fields(Scenario) if f.name in table]
    points: dict[tuple[Any, ...], list[int]] = {}
    for i in range(len(table["period"])):
        points.setdefault(tuple(table[name][i] for name in names), []).append(i)
    for key, rows in points.items():
        rows.sort(key=table["period"].__getitem__)
        numbers = {
            name: np.array([values[i] for i in rows], dtype=np.float64)
            for name, values in table.items()
            if name not in names and isinstance(values[rows[0]], (int, float))
        }
        yield (
            dict(zip(names, key, strict=True)),
            summed(numbers),
            int(table["seeds"][rows[0]]) if "seeds" in table else 1,
        )
