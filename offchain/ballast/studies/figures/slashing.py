"""Figure 2: what slash factors do to participation and rewards."""

from __future__ import annotations

import numpy as np

from ballast.errors import MissingResultError
from ballast.studies.figures.results import Line, ResultsDirectory
from ballast.studies.figures.style import (
    COLUMN,
    FigureTable,
    Look,
    Picture,
    canvas,
    label_ends,
    line_style,
    samples,
    strips,
    token_scale,
)


def slashing(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw active operators and cumulative reward over time, a line a slash factor."""
    lines = results.lines
    if len(lines) < 2:
        raise MissingResultError("one slash factor alone shows no effect: give a sweep of several")
    figure, (top, bottom) = canvas(look, 2, 5.6, sharex=True)
    divisor, unit = token_scale(*(line.reward for line in lines))
    periods = max(len(line.active) for line in lines)
    looks = []
    for i, line in enumerate(lines):
        time = samples(len(line.active))
        style = line_style(i, len(time))
        looks.append(style)
        if line.low is not None and line.high is not None:
            top.fill_between(time, line.low[time], line.high[time], color=style["color"], alpha=0.25, linewidth=0)
        top.plot(time, line.active[time], label=f"s = {line.slashing:g}", **style)
        bottom.plot(time, line.reward[time] / divisor, **style)
    top.set_ylabel("active operators (number)")
    reached = [line.active if line.high is None else line.high for line in lines]
    top.set_ylim(bottom=0, top=max(1.05 * max(float(high.max()) for high in reached), 1))
    top.set_xlim(-0.02 * periods, 1.02 * periods)
    bottom.set_ylabel(f"cumulative reward\n({unit})")
    bottom.set_xlabel(results.time)
    bottom.axhline(0, color="0.5", linewidth=0.8)
    bottom.set_ylim(bottom.get_ylim())
    gap = 1.35 * look.font / (72 * 5.6 * look.taller * 0.42)
    names = [f"s = {line.slashing:g}" for line in lines]
    last = [len(line.active) - 1 for line in lines]
    ends = [(float(t), float(line.active[t])) for t, line in zip(last, lines, strict=True)]
    label_ends(top, names, ends, looks, look, gap)
    ends = [(float(t), float(line.reward[t]) / divisor) for t, line in zip(last, lines, strict=True)]
    label_ends(bottom, names, ends, looks, look, gap)
    marks = samples(periods)[:: max(len(samples(periods)) // 60, 1)]
    here = [[line for line in lines if t < len(line.active)] for t in marks]
    told = [
        [f"period {t}", *(f"s = {line.slashing:g}: {line.active[t]:.4g} operators" for line in some)]
        for t, some in zip(marks, here, strict=True)
    ]
    earned = [
        [f"period {t}", *(f"s = {line.slashing:g}: {line.reward[t] / divisor:.4g} {unit}" for line in some)]
        for t, some in zip(marks, here, strict=True)
    ]
    x = marks.astype(np.float64)
    band = " Bands are 95% intervals of the mean over seeds." if any(line.low is not None for line in lines) else ""
    held = "".join(f" {name.replace('_', ' ')}: {value}." for name, value in results.others.items())
    return Picture(
        2,
        "Active operators and cumulative reward over time, by slash factor s",
        _seen(lines),
        f"Two panels over {max(len(line.active) for line in lines)} periods, a line for each slash factor. Upper: "
        "active operators. Lower: rewards of settled tasks less slashes and penalties, summed up. "
        f"{_ends(lines)}{band}{held}",
        figure,
        _numbers(lines, divisor, unit),
        [*strips(top, x, map("\n".join, told)), *strips(bottom, x, map("\n".join, earned))],
        look,
    )


def _numbers(lines: tuple[Line, ...], divisor: float, unit: str) -> FigureTable:
    names = ("slash factor", "period", "active operators", "95% from", "95% to", f"cumulative reward ({unit})")
    rows = [
        (
            line.slashing,
            int(t),
            line.active[t],
            None if line.low is None else line.low[t],
            None if line.high is None else line.high[t],
            line.reward[t] / divisor,
        )
        for line in lines
        for t in samples(len(line.active))
    ]
    return FigureTable(names, rows)


def _seen(lines: tuple[Line, ...]) -> str:
    """Say where most and fewest operators stay, and where most and least is earned."""
    active = [line.active[-1] for line in lines]
    if max(active) - min(active) < 0.5:
        some = (
            "fewer than one operator on average is" if 0 < max(active) < 0.5 else f"{_number(active[0])} operators are"
        )
        stay = f"At every slash factor {some} active at the end"
    else:
        few, many = lines[int(np.argmin(active))], lines[int(np.argmax(active))]
        mean = " on average" if many.low is not None else ""
        stay = (
            f"At the end {_number(many.active[-1])} operators{mean} are active at s = {many.slashing:g}, "
            f"{_number(few.active[-1])} at s = {few.slashing:g}"
        )
    least, *_, most = sorted(lines, key=lambda line: line.reward[-1])
    divisor, unit = token_scale(np.array([line.reward[-1] for line in lines]))
    seeds = min(line.seeds for line in lines)
    rests = "one run a slash factor" if seeds == 1 else f"means of {seeds} runs a slash factor"
    return (
        f"{stay}; the reward is largest at s = {most.slashing:g} ({most.reward[-1] / divisor:.3g} {unit}), smallest at "
        f"s = {least.slashing:g} ({least.reward[-1] / divisor:.3g}); {rests}"
    )


def _number(number: float) -> str:
    return f"{number:.4g}" if number else "no"


def _ends(lines: tuple[Line, ...]) -> str:
    ends = (
        f"s = {line.slashing:g}: {line.active[-1]:.4g} operators, {line.reward[-1]:.4g} token units" for line in lines
    )
    return f"At the end: {'; '.join(ends)}."
