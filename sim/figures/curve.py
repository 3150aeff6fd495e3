"""Figure 8: the load curve as the contracts compute it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from offchain.model.constants import BPS, PPM
from offchain.model.load_curve import PRESETS, Curve, pack, table
from sim.figures.results import Array, Results
from sim.figures.style import INK, Picture, canvas, line_style


def rates_of(preset: str) -> tuple[Curve, Array]:
    """Constants of a preset, and its rates f(x) in ppm at every load from 0 to 10,000 basis points."""
    curve = PRESETS[preset]
    return curve, np.array(table(pack(curve)), dtype=np.float64)


def mark(axes: Axes, curve: Curve) -> None:
    """Mark the loads B and F of a curve on an axis in percent."""
    for x, name in ((curve.b, "B"), (curve.f, "F")):
        axes.axvline(x * 100 / BPS, color=INK, linewidth=0.8, linestyle=":")
        axes.text(x * 100 / BPS, 1.0, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom")


def load_curve(results: Results) -> Picture:
    """Draw f(x) and the signed incentive of all presets."""
    figure, (top, bottom) = canvas(2, 5.6, sharex=True)
    load = np.arange(BPS + 1) * 100 / BPS
    own = results.run.parameters["preset"] if results.run else None
    for i, preset in enumerate(PRESETS):
        curve, rates = rates_of(preset)
        signed = np.where(np.arange(BPS + 1) > curve.f, -rates, rates)
        style = line_style(i, BPS + 1) | ({"linewidth": 2.5} if preset == own else {})
        top.plot(load, rates * 100 / PPM, label=f"{preset} (this run)" if preset == own else preset, **style)
        bottom.plot(load, signed * 100 / PPM, **style)
    for axes in (top, bottom):
        mark(axes, curve)
    bottom.axhline(0, color=INK, linewidth=0.6)
    top.set_ylabel("f(x): bonus up to F,\nadded slash above (%)")
    bottom.set_ylabel("signed incentive\n(%; cut at \N{MINUS SIGN}30)")
    bottom.set_ylim(-30, 25)
    bottom.set_xlabel("load x (% of capacity)")
    top.margins(x=0.01)
    figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    bonus = ", ".join(f"{name} {max(table(pack(curve))[: curve.f + 1]) / PPM:.0%}" for name, curve in PRESETS.items())
    return Picture(
        8,
        "Theoretical load curve",
        "A bonus up to the load F, largest at B or at no load; above F slashes grow to twice their size",
        "Two panels over the load from 0 to 100% of capacity, a line for each of the four presets. Upper: the rate "
        "f(x). Lower: the same signed, positive where it pays and negative where it adds to slashes, cut at -30%. All "
        f"reach 0 at F = {curve.f / 100:g}% and 100% at full load; the largest bonus: {bonus}.",
        figure,
    )
