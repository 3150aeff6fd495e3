"""What ``ballast risk`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ballast.sim.command import console
from ballast.studies.risk.analysis import LoadLimit, RiskReport, Span
from ballast.studies.risk.backtest import TOLERANCE, QuantileCoverage
from ballast.studies.risk.deterrence import RiskCell, RiskOffer
from ballast.studies.risk.epochs import CAUSES
from ballast.studies.risk.quantities import LEVELS
from ballast.studies.risk.simulated import Simulated
from ballast.wording import counted


def _whole(amount: float | np.floating[Any]) -> str:
    """Write an amount without decimals, nor a sign of nothing."""
    return f"{round(float(amount)):,}"


def _sheet(title: str, *columns: str) -> Table:
    """Table whose first column is words."""
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right")
    return table


def show_report(found: RiskReport, break_even: float | None, limit: LoadLimit | None, wanted: float) -> None:
    """Print the risk of one participant."""
    who = found.exposure
    title = (
        f"risk of a{'n' if who.role[0] in 'aeiou' else ''} {who.role} with a stake of {_whole(who.stake)}, token units"
    )
    table = _sheet(title, "", "an epoch", counted(found.horizon.epochs, "epoch"))
    spans = (found.epoch, found.horizon)
    for name, of_span in _rows():
        table.add_row(name, *(of_span(span) for span in spans))
    table.add_section()
    for cause in CAUSES:
        if any(round(span.by_cause[cause]) for span in spans):
            table.add_row(f"mean profit, {cause}", *(f"{_whole(span.by_cause[cause])}" for span in spans))
    table.add_section()
    for cause in CAUSES:
        if any(round(span.by_cause[cause]) for span in spans):
            cells = (f"{_whole(span.shortfall_by_cause[LEVELS[0]][cause])}" for span in spans)
            table.add_row(f"of the shortfall at {LEVELS[0]:.0%}, {cause}", *cells)
    console().print(table)
    click.echo(f"chance that the stake is gone within {counted(found.horizon.epochs, 'epoch')}: {found.ruin:.2%}")
    click.echo(f"chance that it falls below the {_whole(who.needed)} that it needs: {found.short:.2%}")
    click.echo(f"stake for a chance of ruin of {wanted:.2%}: {_whole(found.stake_needed)}")
    if break_even is not None:
        click.echo(f"break-even price: {break_even:.1%} of the reward")
    if limit is not None:
        click.echo(_limited(limit))


def _limited(limit: LoadLimit) -> str:
    if limit.load is None:
        return "largest load at which a further task pays: none, it pays at no load"
    return (
        f"largest load at which a further task pays: {limit.load:.1%}; it brings {limit.at_kink:.1%} of its reward at "
        f"{limit.kink:.0%}, {limit.at_full:.1%} at full load"
    )


def _rows() -> list[tuple[str, Any]]:
    """Names of figures of a span, and how each is written."""
    rows: list[tuple[str, Any]] = [
        ("mean profit", lambda span: f"{_whole(span.mean)}"),
        ("standard deviation", lambda span: f"{_whole(span.deviation)}"),
        ("chance of a loss", lambda span: f"{span.loss_chance:.1%}"),
    ]
    for level in LEVELS:
        rows.append((f"value at risk, {level:.0%}", lambda span, at=level: f"{_whole(span.value_at_risk[at])}"))
        rows.append(
            (f"expected shortfall, {level:.0%}", lambda span, at=level: f"{_whole(span.expected_shortfall[at])}")
        )
    return rows


def show_scenario(population: str, reports: Sequence[RiskReport], market: Mapping[str, Span]) -> None:
    """Print the risk of everybody in a scenario, and of all of a role together."""
    horizon = reports[0].horizon.epochs
    title = f"population {population}: risk of everybody over {counted(horizon, 'epoch')}, thousand token units"
    heads = ("", "number", "mean", "VaR 95%", "VaR 99%", "shortfall 99%", "ruin", "too little stake", "in danger")
    table = _sheet(title, *heads)
    for role, together in market.items():
        own = [report for report in reports if report.exposure.role == role]
        for name, pick in (("median", 0.5), ("worst of 20", 0.95)):
            table.add_row(
                f"{role}, {name}",
                f"{len(own):,}",
                f"{_whole(np.quantile([r.horizon.mean for r in own], 1 - pick) / 1e3)}",
                *(f"{_whole(np.quantile([r.horizon.value_at_risk[a] for r in own], pick) / 1e3)}" for a in LEVELS),
                f"{_whole(np.quantile([r.horizon.expected_shortfall[LEVELS[1]] for r in own], pick) / 1e3)}",
                f"{np.quantile([r.ruin for r in own], pick):.1%}",
                f"{np.quantile([r.short for r in own], pick):.1%}",
                f"{sum(r.ruin > 1 - LEVELS[1] for r in own):,}",
            )
        table.add_row(
            f"{role}s together",
            "",
            f"{_whole(together.mean / 1e3)}",
            *(f"{_whole(together.value_at_risk[a] / 1e3)}" for a in LEVELS),
            f"{_whole(together.expected_shortfall[LEVELS[1]] / 1e3)}",
            *("", "", ""),
        )
        table.add_section()
    console().print(table)
    click.echo(f"in danger: number with a chance of ruin above {1 - LEVELS[1]:.0%}")


def show_map(
    population: str,
    cells: Sequence[RiskCell],
    simulated: Sequence[Simulated],
    best: tuple[RiskCell, RiskOffer] | None,
    most: float,
) -> None:
    """Print a map of terms: what theory says, and beside it what the simulation found if that differs."""
    title = f"population {population}: what executors do, by slash factor s and collateral l (multiple of the reward)"
    factors = list(dict.fromkeys(cell.factor for cell in cells))
    table = _sheet(title, "l", *(f"s = {factor:g}" for factor in factors))
    for collateral in dict.fromkeys(cell.collateral for cell in cells):
        row = [i for i, cell in enumerate(cells) if cell.collateral == collateral]
        table.add_row(f"{collateral:g}", *(_cell(cells[i], simulated[i] if simulated else None) for i in row))
    console().print(table)
    if simulated:
        agreed = sum(cell.verdict == came.verdict for cell, came in zip(cells, simulated, strict=True))
        click.echo(f"theory and simulation agree in {agreed} of {len(cells)} cells; second lines: simulated")
    click.echo(_offered(best, most))


def _cell(cell: RiskCell, came: Simulated | None) -> str:
    told = cell.verdict if cell.working is None else f"{cell.verdict} {cell.working.price:.2f}"
    return told if came is None or came.verdict == cell.verdict else f"{told}\n{came.verdict}"


def _offered(best: tuple[RiskCell, RiskOffer] | None, most: float) -> str:
    if best is None:
        return f"no terms with a collateral that contracts take keep failures to {most:.1%}"
    cell, offer = best
    return (
        f"least price for at most {most:.1%} failures: {offer.price:.1%} of the reward, at s = {cell.factor:g} and "
        f"l = {cell.collateral:g}, with {offer.failures:.1%} failures"
    )


def show_coverage(population: str, found: Sequence[QuantileCoverage], seeds: int, first: int) -> None:
    """Print how often outcomes fell below the quantiles of their forecasts."""
    title = f"population {population}: share of outcomes below each quantile, {seeds} seeds from {first} on, percent"
    table = _sheet(title, "whose profit", "quantile", "came", "95% interval", "outcomes", f"within {TOLERANCE:.0%}")
    for each in found:
        low, high = (100 * (each.share.mean + sign * each.share.half) for sign in (-1, 1))
        table.add_row(
            f"{each.role}, {each.span}",
            f"{each.quantile:.0%}",
            f"{each.share.mean:.1%}",
            f"{low:.1f} to {high:.1f}",
            f"{each.outcomes:,}",
            "yes" if each.within else "NO",
        )
    console().print(table)
    missed = [f"{each.role}, {each.span}, {each.quantile:.0%}" for each in found if not each.within]
    click.echo(f"population {population}: not within two points: {'; '.join(missed) or 'nothing'}")
