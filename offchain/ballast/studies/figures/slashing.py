"""Figure 2: what slash factors do to participation, rewards and reputations."""

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
    """Draw active operators and cumulative reward over time, a line a slash factor, and the same of coprocessors.

    The paper draws the former two, and says in 4.1 that it observes survival and reputation of coprocessors.
    """
    lines = results.lines
    if len(lines) < 2:
        raise MissingResultError("one slash factor alone shows no effect: give a sweep of several")
    divisor, unit = token_scale(*(line.reward for line in lines))
    panels = (
        ("active operators (number)", "operators", [line.active for line in lines]),
        (f"cumulative reward\n({unit})", unit, [line.reward / divisor for line in lines]),
        ("active coprocessors (number)", "coprocessors", [line.coprocessors for line in lines]),
        ("reputation of coprocessors\n(mean, from 0 to 1)", "mean reputation", [line.reputation for line in lines]),
    )
    height = 2.7 * len(panels)
    figure, every = canvas(look, len(panels), height, sharex=True)
    periods = max(len(line.active) for line in lines)
    looks = [line_style(i, len(samples(len(line.active)))) for i, line in enumerate(lines)]
    names = [f"s = {line.slashing:g}" for line in lines]
    for line, style in zip(lines, looks, strict=True):
        if line.low is not None and line.high is not None:
            time = samples(len(line.active))
            every[0].fill_between(time, line.low[time], line.high[time], color=style["color"], alpha=0.25, linewidth=0)
    marks = samples(periods)[:: max(len(samples(periods)) // 60, 1)]
    gap = 1.35 * look.font / (72 * height * look.taller * 0.85 / len(panels))
    hits = []
    for axes, (label, what, values) in zip(every, panels, strict=True):
        for value, style, name in zip(values, looks, names, strict=True):
            time = samples(len(value))
            axes.plot(time, value[time], label=name, **style)
        axes.set_ylabel(label)
        if what == unit:
            axes.axhline(0, color="0.5", linewidth=0.8)
            axes.set_ylim(axes.get_ylim())
        else:
            axes.set_ylim(0, max(1.05 * max(float(np.nanmax(value, initial=0)) for value in values), 1))
        ends = []
        for value in values:
            last = np.flatnonzero(np.isfinite(value))[-1]
            ends.append((float(last), float(value[last])))
        label_ends(axes, names, ends, looks, look, gap)
        told = [
            [f"period {t}", *(f"{n}: {v[t]:.4g} {what}" for n, v in zip(names, values, strict=True) if t < len(v))]
            for t in marks
        ]
        hits += strips(axes, marks.astype(np.float64), ("\n".join(texts) for texts in told))
    reached = [line.active if line.high is None else line.high for line in lines]
    every[0].set_ylim(top=max(1.05 * max(float(high.max()) for high in reached), 1))
    every[-1].set_xlim(-0.02 * periods, 1.02 * periods)
    every[-1].set_xlabel(results.time)
    band = " Bands are 95% intervals of the mean over seeds." if any(line.low is not None for line in lines) else ""
    held = "".join(f" {name.replace('_', ' ')}: {value}." for name, value in results.others.items())
    return Picture(
        2,
        "Participation and reward over time, by slash factor s",
        _seen(lines),
        f"Four panels over {periods} periods, a line for each slash factor: active operators; rewards of settled tasks "
        "less slashes and penalties, summed up; active coprocessors; their mean reputation. "
        f"{_ends(lines)}{band}{held}",
        figure,
        _numbers(lines, divisor, unit),
        hits,
        look,
    )


def _numbers(lines: tuple[Line, ...], divisor: float, unit: str) -> FigureTable:
    names = (
        *("slash factor", "period", "active operators", "95% from", "95% to", f"cumulative reward ({unit})"),
        *("active coprocessors", "reputation of coprocessors"),
    )
    rows = [
        (
            line.slashing,
            int(t),
            line.active[t],
            None if line.low is None else line.low[t],
            None if line.high is None else line.high[t],
            line.reward[t] / divisor,
            line.coprocessors[t],
            line.reputation[t],
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
        f"s = {line.slashing:g}: {line.active[-1]:.4g} operators, {line.coprocessors[-1]:.4g} coprocessors, "
        f"{line.reward[-1]:.4g} token units"
        for line in lines
    )
    return f"At the end: {'; '.join(ends)}."
