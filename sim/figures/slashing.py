"""Figure 2: what slash factors do to participation and rewards."""

from __future__ import annotations

import numpy as np

from sim.figures.results import Line, Results
from sim.figures.style import Picture, canvas, line_style, token_scale
from sim.scenario import EPOCH_SECONDS

TIME = f"time (periods of {EPOCH_SECONDS} s)"


def slashing(results: Results) -> Picture:
    """Draw active operators and cumulative reward over time, a line a slash factor."""
    lines = results.lines
    figure, (top, bottom) = canvas(2, 5.6, sharex=True)
    divisor, unit = token_scale(*(line.reward for line in lines))
    for i, line in enumerate(lines):
        time = np.arange(len(line.active))
        style = line_style(i, len(time))
        if line.low is not None and line.high is not None:
            top.fill_between(time, line.low, line.high, color=style["color"], alpha=0.25, linewidth=0)
        top.plot(time, line.active, label=f"s = {line.slashing:g}", **style)
        bottom.plot(time, line.reward / divisor, **style)
    top.set_ylabel("active operators (number)")
    top.set_ylim(bottom=0, top=max(1.05 * max(line.active.max() for line in lines), 1))
    bottom.set_ylabel(f"cumulative reward\n({unit})")
    bottom.set_xlabel(TIME)
    bottom.axhline(0, color="0.5", linewidth=0.8)
    top.margins(x=0.02)
    figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=min(len(lines), 3))
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
    )


def _seen(lines: tuple[Line, ...]) -> str:
    """Say where most and fewest operators stay, and where most and least is earned."""
    active = [line.active[-1] for line in lines]
    if len(lines) == 1:
        return f"At s = {lines[0].slashing:g}, {_number(active[0])} operators are active at the end"
    if max(active) - min(active) < 0.5:
        stay = f"{_number(active[0]).capitalize()} operators are active at the end at every slash factor"
    else:
        few, many = lines[int(np.argmin(active))], lines[int(np.argmax(active))]
        mean = " on average" if many.low is not None else ""
        stay = (
            f"At the end {_number(many.active[-1])} operators{mean} are active at s = {many.slashing:g}, "
            f"{_number(few.active[-1])} at s = {few.slashing:g}"
        )
    least, *_, most = sorted(lines, key=lambda line: line.reward[-1])
    divisor, unit = token_scale(np.array([line.reward[-1] for line in lines]))
    return (
        f"{stay}; the reward is largest at s = {most.slashing:g} ({most.reward[-1] / divisor:.3g} {unit}), smallest at "
        f"s = {least.slashing:g} ({least.reward[-1] / divisor:.3g})"
    )


def _number(n: float) -> str:
    return f"{n:.4g}" if n else "no"


def _ends(lines: tuple[Line, ...]) -> str:
    ends = (
        f"s = {line.slashing:g}: {line.active[-1]:.4g} operators, {line.reward[-1]:.4g} token units" for line in lines
    )
    return f"At the end: {'; '.join(ends)}."
