"""What came out: a few shares, each with a sentence, computed from a run or from the points of a sweep.

The questions are the paper's (section 3.3): are tasks done, at what price, what do slashes take, who stays, and does
the load curve keep loads near the optimum.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ballast.model.constants import BPS
from ballast.sim.scenario import CALM
from ballast.sim.summary import unsold
from ballast.studies.figures.curve import rates_of
from ballast.studies.figures.results import curve_of
from ballast.studies.figures.style import token_scale
from ballast.studies.measures import ratio
from ballast.studies.report.points import (
    ENDS,
    Points,
    Sums,
    known,
    price_share,
    remaining,
    settled_share,
    slashed_share,
)

NONE: Final = "\N{EN DASH}"
"""In place of a share of nothing."""
LOSSES: Final = (
    ("unsold", "found no coprocessor", "found no coprocessor"),
    ("forfeited", "had a wrong result", "had a wrong result"),
    ("failed", "was not done in time", "were not done in time"),
    ("unplaced", "found no operator", "found no operator"),
)
"""Ends of tasks that are not settled: column, of one task, of several."""
REST: Final = (("live", "under way"), ("queued", "waiting for a slot"))
"""Tasks that have not ended: column, and what they were."""
SAME: Final = 0.0005
"""Difference below which two shares count as the same."""


@dataclass(frozen=True)
class Headline:
    """One thing that came out.

    Attributes
    ----------
    share : str
        The figure.
    label : str
        What it is a share of.
    said : str
        A sentence on it.
    """

    share: str
    label: str
    said: str


def percent(share: float) -> str:
    """Write a share; what is not all is never written as all, nor what is not nothing as nothing."""
    if not math.isfinite(share):
        return NONE
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 <= share < 1:
        return ">99.9%"
    return f"{share:.0%}" if share in (0, 1) else f"{100 * share:,.1f}%"


def count(number: float, thing: str = "") -> str:
    """Write a number of things; means over seeds have a decimal."""
    text = f"{number:,.0f}" if number >= 1000 or number == int(number) else f"{number:,.1f}"
    return f"{text} {thing}{'' if number == 1 else 's'}" if thing else text


# One run, or one point


def findings(sums: Sums, parameters: Mapping[str, Any], summary: Mapping[str, Any]) -> list[Headline]:
    """Say what came out of one run, or of one point of a sweep.

    Parameters
    ----------
    sums : Sums
        What happened; what is left out of them is not spoken of.
    parameters : mapping
        Of the scenario.
    summary : mapping
        Of the run, for what is paid in fees and why tasks were not sold; empty if there is none.
    """
    tasks = (*ENDS, "live", "queued")
    price = ("opened", "auctioned", "auctioned_price", "auctioned_reward")
    parts: tuple[tuple[Sequence[str], Sequence[str], Callable[[], Headline]], ...] = (
        (tasks, (), lambda: _tasks(sums, parameters, summary)),
        (price, (), lambda: _price(sums)),
        (("settled_reward", "slashed"), (), lambda: _slashes(sums, summary)),
        (
            ("operators_active", "coprocessors_active"),
            ("operators", "coprocessors"),
            lambda: _participants(sums, parameters),
        ),
        (("load_mean", "load_above"), ("preset",), lambda: _loads(sums, parameters)),
    )
    return [said() for of, by, said in parts if sums.keys() >= {*of} and parameters.keys() >= {*by}]


def _tasks(sums: Sums, parameters: Mapping[str, Any], summary: Mapping[str, Any]) -> Headline:
    ended, settled = sum(sums[name] for name in ENDS), sums["settled"]
    stress = parameters.get("stress", CALM)
    under = "" if stress == CALM else f"under the stress {stress.replace('_', ' ')}, "
    why = unsold(summary)
    rest = [f"{count(sums[name])} {'was' if sums[name] == 1 else 'were'} {what}" for name, what in REST if sums[name]]
    still = f" When the run ended, {' and '.join(rest)}." if rest else ""
    said = _capital(f"{under}{_ends(sums, ended, settled)}.") + still + (f" {why}." if why else "")
    return Headline(percent(ratio(settled, ended)), "of the tasks settled", said)


def _ends(sums: Sums, ended: float, settled: float) -> str:
    """Say how tasks ended."""
    if not ended:
        return "no task ended"
    if settled == ended:
        return (
            "the only task that ended was settled"
            if ended == 1
            else f"all {count(ended, 'task')} that ended were settled"
        )
    lost = [(sums[name] / ended, one, many) for name, one, many in LOSSES if sums[name]]
    if ended == 1:
        return f"the only task that ended was not settled: it {' or '.join(one for _, one, _ in lost)}"
    few = {0.0: "none", 1.0: "one"}.get(settled)
    which = f"of {count(ended, 'task')} that ended"
    how = f"{few} {which} was" if few else f"{which} {count(settled)} were"
    return f"{how} settled; {_listed([f'{percent(share)} {many}' for share, _, many in lost])}"


def _price(sums: Sums) -> Headline:
    label, opened, auctioned = "of the reward paid as the price", sums["opened"], sums["auctioned"]
    if not auctioned:
        own = "Operators executed every task themselves" if opened else "No task was opened"
        return Headline(NONE, label, f"{own}; nothing was auctioned.")
    if auctioned == opened:
        which = "The only task was auctioned" if opened == 1 else "All tasks were auctioned"
    else:
        share = percent(auctioned / opened)
        which = f"Of {count(opened, 'task')} opened {share} were auctioned, operators executed the rest themselves"
    if not sums["auctioned_reward"]:
        return Headline(NONE, label, f"{which}; nothing auctioned was settled, so no price was paid.")
    price = percent(sums["auctioned_price"] / sums["auctioned_reward"])
    paid = f"the coprocessor was paid {price} of its reward" if opened == 1 else ""
    return Headline(
        price, label, f"{which}; {paid or f'coprocessors were paid {price} of the rewards of those settled'}."
    )


def _slashes(sums: Sums, summary: Mapping[str, Any]) -> Headline:
    label, reward, slashed = "of the rewards slashed", sums["settled_reward"], sums["slashed"]
    if not reward:
        lost = f"{count(slashed, 'token unit')} were slashed" if slashed else "nothing was slashed"
        return Headline(NONE, label, f"No reward was paid, and {lost}.")
    said = f"Slashes took {percent(slashed / reward)} of the rewards paid" if slashed else "Nothing was slashed"
    fees, uptime = summary.get("fees_paid"), summary.get("uptime_paid")
    if isinstance(fees, int) and isinstance(uptime, int):
        back = f"uptime rewards gave {percent(uptime / reward)} back" if uptime else "uptime rewards gave nothing back"
        said += f"; fees took {percent(fees / reward)}{' of the rewards' if not slashed else ''}, {back}"
    return Headline(percent(slashed / reward), label, f"{said}.")


def _participants(sums: Sums, parameters: Mapping[str, Any]) -> Headline:
    there = [(sums[f"{kind}s_active"], float(parameters[f"{kind}s"]), kind) for kind in ("operator", "coprocessor")]
    share = ratio(sum(n for n, _, _ in there), sum(of for _, of, _ in there))
    label = "of the participants still there"
    phrases = [
        f"the only {kind}" if n == of == 1 else f"{'all ' if n == of else f'{count(n)} of '}{count(of, kind)}"
        for n, of, kind in there
    ]
    text = f"{_capital(' and '.join(phrases))} were active at the end"
    if parameters.get("entry") or parameters.get("operator_entry"):
        text = f"At the end {' and '.join(count(n, kind) for n, _, kind in there)} were active"
        text += f", after a start with {' and '.join(count(of, kind) for _, of, kind in there)}"
        label = "of the first participants' number"
    if not parameters.get("exits") and not parameters.get("leaving") and all(n == of for n, of, _ in there):
        text += "; in this scenario nobody leaves"
    return Headline(percent(share), label, f"{text}.")


def _loads(sums: Sums, parameters: Mapping[str, Any]) -> Headline:
    label, mean, beyond = "mean load of the coprocessors", sums["load_mean"] / BPS, sums["load_above"]
    if not math.isfinite(mean) or not mean:
        return Headline(NONE if not math.isfinite(mean) else "0%", label, "Coprocessors carried no load.")
    curve = curve_of(parameters)
    rates = rates_of(curve)
    best = int(np.argmax(rates[: curve.f + 1])) / BPS
    stood = f"coprocessors stood at {percent(mean)} of their capacity on average"
    above = f"{percent(beyond)} of the time above {curve.f / BPS:.0%}" if beyond else f"never above {curve.f / BPS:.0%}"
    if not parameters.get("curve", True):
        return Headline(percent(mean), label, f"The load curve was off; {stood}, {above}.")
    pays = f"at a load of {best:.0%}" if best else "without load"
    return Headline(percent(mean), label, f"The load curve pays most {pays}; {stood}, {above}, where slashes grow.")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


# Points of a sweep


def moved(points: Points) -> list[Headline]:
    """Say what moves with the factor of a sweep of several points."""
    return list(_moved(points))


def _moved(points: Points) -> Iterator[Headline]:
    shares: tuple[tuple[Callable[[Sums], float | None], str, str], ...] = (
        (settled_share, "of the tasks settled", "the share of tasks settled"),
        (price_share, "of the reward paid as the price", "the price's share of the reward"),
        (slashed_share, "of the rewards slashed", "what is slashed, as a share of the rewards paid,"),
    )
    for share, label, what in shares:
        if values := known(map(share, points.sums)):
            yield Headline(_from_to(values), label, f"{_capital(_course(points, values, what, percent))}.")
    kinds = [kind for kind in ("operators", "coprocessors") if all(f"{kind}_active" in sums for sums in points.sums)]
    there = [[sums[f"{kind}_active"] for sums in points.sums] for kind in kinds]
    courses = [
        _course(points, values, f"the number of {kind} active at the end", _number)
        for kind, values in zip(kinds, there, strict=True)
    ]
    if kinds:
        yield Headline(_from_to(there[0], _number), f"{kinds[0]} at the end", f"{_capital('; '.join(courses))}.")
    if earned := known(map(remaining, points.sums)):
        divisor, unit = token_scale(np.array(earned))
        most, least = (int(find(earned)) for find in (np.argmax, np.argmin))
        if earned[most] == earned[least]:
            said = f"Rewards less slashes and penalties come to {earned[0] / divisor:.3g} {unit} at every point."
            yield Headline(NONE, "best for the rewards that remain", said)
        else:
            yield Headline(
                point(points, most),
                "best for the rewards that remain",
                f"Rewards less slashes and penalties come to {earned[most] / divisor:.3g} {unit} at "
                f"{point(points, most)}, the most, and to {earned[least] / divisor:.3g} at "
                f"{point(points, least)}, the least.",
            )


def point(points: Points, place: int) -> str:
    """Name a point by its factor's value."""
    value = points.values[place]
    value_text = f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
    return f"s = {value_text}" if points.factor == "slashing" else f"{points.factor.replace('_', ' ')} = {value_text}"


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def _from_to(values: Sequence[float], written: Callable[[float], str] = percent) -> str:
    first, last = written(values[0]), written(values[-1])
    return first if first == last else f"{first} to {last}"


def _course(points: Points, values: Sequence[float], what: str, written: Callable[[float], str]) -> str:
    """Say how a value moves from the first point to the last, and where it goes beyond both."""
    where = [point(points, i) for i in range(len(values))]
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return f"{what} is not known at any point"
    first, last = values[0], values[-1]
    if len(known) == len(values) and max(known) - min(known) < SAME * max(1.0, abs(max(known))):
        return f"{what} is {written(first)} at every point"
    verb = (
        "is" if not (math.isfinite(first) and math.isfinite(last)) else "rises from" if last > first else "falls from"
    )
    if math.isfinite(first) and math.isfinite(last) and abs(last - first) < SAME * max(1.0, abs(first)):
        text = f"{what} is {written(first)} at both {where[0]} and {where[-1]}"
    elif verb == "is":
        text = f"{what} is {written(first)} at {where[0]} and {written(last)} at {where[-1]}"
    else:
        text = f"{what} {verb} {written(first)} at {where[0]} to {written(last)} at {where[-1]}"
    ends = [value for value in (first, last) if math.isfinite(value)]
    for find, word in ((max, "most"), (min, "least")):
        extreme = find(known)
        seen = written(extreme)
        beyond = not ends or find((*ends, extreme)) == extreme
        if beyond and seen not in map(written, ends):
            text += f", {word}, {seen}, at {where[values.index(extreme)]}"
    return text
