"""Figure 8: the load curve as the contracts compute it, and the discount in price that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from ballast.errors import MissingResultError
from ballast.model import discounts
from ballast.model.class_packing import Auction
from ballast.model.constants import BPS, PPM
from ballast.model.load_curve import DEFAULT_PRESET, PRESETS, Curve, pack, table
from ballast.sim.scenario import Scenario
from ballast.studies.figures.results import Array, ResultsDirectory
from ballast.studies.figures.style import COLUMN, INK, FigureTable, Look, Picture, above, canvas, line_style, strips

STEP: Final = 50
"""Basis points of load from one point of a curve to the next."""
TICKS: Final = 3
"""Ticks of the clock that the panel of discounts shows: above F they soon exceed any clock."""


def rates_of(curve: Curve) -> Array:
    """Rates f(x) of a curve in ppm at every load from 0 to 10,000 basis points."""
    return np.array(table(pack(curve)), dtype=np.float64)


def mark(axes: Axes, curve: Curve) -> None:
    """Mark the loads B and F of a curve on an axis in percent."""
    for x, name in ((curve.b, "B"), (curve.f, "F")):
        axes.axvline(x * 100 / BPS, color=INK, linewidth=0.8, linestyle=":")
        axes.text(x * 100 / BPS, 1.0, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom")


def terms_of(results: ResultsDirectory) -> Auction:
    """Terms of a run's heavy tasks, or those of the default scenario if there is no run that this version knows."""
    try:
        return results.the_run().scenario.task_class().auction()
    except MissingResultError:
        return Scenario().task_class().auction()


def discounts_of(curve: Curve, terms: Auction, loads: Iterable[int]) -> Array:
    """Discounts for loads in basis points that a class's terms make of a curve, percent of the reward."""
    word = pack(curve)
    less = [discounts.of_load(word, terms.idle, terms.bonus, terms.malus, load) for load in loads]
    return np.array(less) * 100 / PPM


def load_curve(results: ResultsDirectory, look: Look = COLUMN) -> Picture:
    """Draw bonus up to F, signed incentive and discount in price, of all presets and of the run's own curve."""
    figure, (top, bottom, priced) = canvas(look, 3, 7.6)
    terms = terms_of(results)
    own = str(results.run.parameters["preset"]) if results.run else ""
    curves = dict(PRESETS)
    if results.run and own not in curves:
        curves[own] = results.run.curve
    rates = {name: rates_of(curve) * 100 / PPM for name, curve in curves.items()}
    kink = max(curve.f for curve in curves.values())
    x = np.union1d(np.arange(0, BPS + 1, STEP), [kink + 1])
    up = x[x <= kink]
    signed = {name: np.where(x > curve.f, -rates[name][x], rates[name][x]) for name, curve in curves.items()}
    less = {name: discounts_of(curve, terms, x.tolist()) for name, curve in curves.items()}
    for i, (preset, rate) in enumerate(rates.items()):
        style = line_style(i, len(up)) | ({"linewidth": 2.5} if preset == own else {})
        name = f"{preset} (this run)" if preset == own else preset
        top.plot(up * 100 / BPS, rate[up], label=name, **style)
        bottom.plot(x * 100 / BPS, signed[preset], label=name, **line_style(i, len(x)))
        priced.plot(x * 100 / BPS, less[preset], label=name, **line_style(i, len(x)))
    for axes in (top, bottom, priced):
        mark(axes, curves[own or DEFAULT_PRESET])
        axes.set_xlabel("load x (% of capacity)")
    top.set_ylabel("bonus f(x)\nup to F (%)")
    top.set_ylim(bottom=-0.5, top=1.12 * max(float(rate[up].max()) for rate in rates.values()))
    top.set_xlim(-1, kink * 100 / BPS + 1)
    above(top, look)
    bottom.axhline(0, color=INK, linewidth=0.6)
    bottom.set_ylabel("signed incentive\n(%)")
    bottom.margins(x=0.01)
    priced.set_ylabel("discount for load\n(% of the reward)")
    most_up = max(float(d[x <= kink].max()) for d in less.values())
    ceiling = max(TICKS * terms.tick * 100 / PPM, 1.1 * most_up)
    priced.set_ylim(0, ceiling)
    priced.margins(x=0.01)
    idle = terms.idle * 100 / PPM
    signs = f"All presets reach 0 at F = {PRESETS[DEFAULT_PRESET].f / 100:g}% and 100% at full load"
    if len(curves) > len(PRESETS):
        signs += f", this run's curve 0 at F = {curves[own].f / 100:g}% and {rates[own][BPS]:.3g}% at full load"
    most = f"{1 + rates[own or DEFAULT_PRESET][BPS] / 100:.3g}"
    told = up[:: BPS // STEP // 100]
    over = x[:: BPS // STEP // 100]
    bonus = ", ".join(f"{name} {max(table(pack(curve))[: curve.f + 1]) / PPM:.0%}" for name, curve in curves.items())
    return Picture(
        8,
        "Theoretical load curve",
        "A bonus up to the load F, largest at B or at no load; above F slashes grow to "
        f"{'twice' if most == '2' else f'{most} times'} their size, and the discount for load grows too",
        f"Three panels, a line for each {'preset' if len(curves) == len(PRESETS) else 'preset and for this run'}. "
        "Upper: the bonus f(x) up to the load F. Middle: f(x) signed, over the load from 0 to 100% of capacity, "
        f"positive where it pays and negative where it adds to slashes. {signs}; the largest bonus: {bonus}. "
        "Lower: the discount in price for load, which a bidder is paid less: "
        f"{idle:g}% of the reward less {terms.bonus / PPM:g} f(x) up to F, and {idle:g}% and "
        f"{terms.malus / PPM:g} f(x) above; the panel ends at {ceiling:g}%, "
        f"at full load it is {less[own or DEFAULT_PRESET][-1]:.3g}%.",
        figure,
        FigureTable(
            [
                "load (%)",
                *(f"{sign}{preset} (%)" for sign in ("f(x), ", "signed, ", "discount, ") for preset in curves),
            ],
            [
                [
                    n / 100,
                    *(rate[n] for rate in rates.values()),
                    *(values[i] for kind in (signed, less) for values in kind.values()),
                ]
                for i, n in enumerate(x)
            ],
        ),
        [
            *strips(top, told * 100 / BPS, (_told(n, {p: r[n] for p, r in rates.items()}) for n in told)),
            *strips(
                bottom,
                over * 100 / BPS,
                (_told(n, {p: -r[n] if n > curves[p].f else r[n] for p, r in rates.items()}) for n in over),
            ),
            *strips(
                priced,
                over * 100 / BPS,
                (_told(int(n), {p: d[np.searchsorted(x, n)] for p, d in less.items()}) for n in over),
            ),
        ],
        look,
    )


def _told(load: int, rates: Mapping[str, float]) -> str:
    return "\n".join([f"load {load / 100:g}%", *(f"{preset}: {rate:.3g}%" for preset, rate in rates.items())])
