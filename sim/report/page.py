"""The page: what of a directory of results is put into it, and in which words."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from offchain.errors import MissingResultError, ResultsError
from sim.figures.catalogue import drawn
from sim.figures.results import PAPER_SLASHING, Results, RunResults
from sim.figures.style import THEME, Picture, themed
from sim.report.stresses import Told, of_run
from sim.scenario import CALM, FOLDER

CLAIMS: Final = "claims.json"
NAME: Final = "report.html"
HERE: Final = Path(__file__).parent
TEMPLATE: Final = "page.html"
FIELDS_OF_CLAIM: Final = (
    *("id", "statement", "measure", "threshold", "estimate", "low", "high", "seeds", "periods", "verdict"),
    "assumption",
)
GROUPS: Final = (
    ("Tasks", "number", "tasks_", ("opened", "self_executed", "auctioned", "unplaced", "waited", "waiting")),
    ("Faults", "number", "tasks_", ("late", "rescued")),
    ("Ends of tasks", "number", "tasks_", ("settled", "failed", "forfeited", "unsold")),
    ("Payments", "token units", "", ("reward_paid", "price_paid", "fees_paid", "uptime_paid", "keepers_paid")),
    ("Slashes", "token units", "slash", ("ed_total", "_burned", "_compensation", "_finder", "_pool")),
    ("Conservation", "token units", "", ("escrow_balance", "accounts_sum", "conserved")),
    ("Speed", "", "", ("wall_seconds", "tasks_per_second", "transactions", "gas_used", "gas_per_task")),
)
"""Groups of a summary's figures: heading, unit, and names, what they begin with apart."""


@dataclass(frozen=True)
class Shown:
    """A figure on the page, or why it is not there."""

    number: int
    title: str = ""
    seen: str = ""
    svg: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Parameter:
    """A parameter, and whose number it is."""

    name: str
    value: str
    whose: str


@dataclass(frozen=True)
class Page:
    """Everything the template shows.

    Attributes
    ----------
    title, about : str
        What the results are of.
    digest : str
        State digest of the run; empty without one.
    groups : sequence
        Of the summary: heading, unit, and rows of name and value.
    points : sequence
        Of a sweep: slash factor, active operators at the end, cumulative reward.
    others : mapping
        Other fields a sweep varied, with the values shown.
    figures : sequence of Shown
        The paper's, in order.
    claims : sequence of mapping
        As `FIELDS_OF_CLAIM`, in words; empty if none were checked.
    stresses : sequence of Told
        Those of a study, or the run's own.
    unstressed : str
        Why the run's own stress is not among them; empty if there is nothing to say.
    parameters : sequence of Parameter
        Of the scenario.
    network : sequence of (str, str)
        Names and values of the contracts' parameters.
    versions : mapping
        By name of the part.
    """

    title: str
    about: str
    digest: str = ""
    groups: Sequence[tuple[str, str, Sequence[tuple[str, str]]]] = ()
    points: Sequence[tuple[str, str, str]] = ()
    others: Mapping[str, Any] = field(default_factory=dict)
    figures: Sequence[Shown] = ()
    claims: Sequence[Mapping[str, str]] = ()
    stresses: Sequence[Told] = ()
    unstressed: str = ""
    parameters: Sequence[Parameter] = ()
    network: Sequence[tuple[str, str]] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def write_page(results: Results, claims: Sequence[Mapping[str, Any]], stresses: Sequence[Told]) -> str:
    """Make the page of a directory of results.

    Parameters
    ----------
    results : Results
        The directory.
    claims : sequence of mapping
        As `read_claims` gives them.
    stresses : sequence of Told
        As `sim.report.stresses.read_stresses` gives them.

    Returns
    -------
    str
        HTML, with everything in it.

    Raises
    ------
    ResultsError
        If something in the directory cannot be read.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = _page(results, [_claim_in_words(claim) for claim in claims], stresses)
    return environment.get_template(TEMPLATE).render(**vars(page), theme=THEME)


def _page(results: Results, claims: Sequence[Mapping[str, str]], stresses: Sequence[Told]) -> Page:
    figures = [_shown(number, picture) for number, picture in drawn(results)]
    points: list[tuple[str, str, str]] = []
    if results.table or len(results.runs) > 1:
        points = [
            (f"{line.slashing:g}", f"{line.active[-1]:,.4g}", f"{line.reward[-1]:,.0f}") for line in results.lines
        ]
    run = results.run
    several = f"Sweep of {len(points)} slash factors" if points else ""
    if run is None:
        return Page(several, f"Means over seeds, from {results.directory.name}.", points=points, figures=figures,
                    others=results.others, claims=claims, stresses=stresses)  # fmt: skip
    own, unstressed = _own_stress(run)
    summary = run.summary
    one = f"Run of {summary.get('tasks_opened', 0):,} tasks"
    told = f"engine {summary.get('engine', 'unknown')}, slash factor {run.parameters['slashing']:g}"
    told += f", seed {run.parameters['seed']}"
    if run.parameters.get("stress", CALM) != CALM:
        told += f", stress {run.parameters['stress'].replace('_', ' ')}"
    closely = f"Figures 3 to 9, summary and parameters are of one run in it, {run.directory.name}: {told}."
    return Page(
        title=several or one,
        about=closely if several else f"{told[0].upper()}{told[1:]}.",
        digest=str(summary.get("state_digest", "")),
        groups=list(_groups(summary)),
        points=points,
        others=results.others if points else {},
        figures=figures,
        claims=claims,
        stresses=[*own, *stresses],
        unstressed=unstressed,
        parameters=list(_parameters(run)),
        network=list(_flat(run.parameters.get("network", {}))),
        versions={name: str(value) for name, value in dict(summary.get("versions", {})).items()},
    )


def _own_stress(run: RunResults) -> tuple[list[Told], str]:
    """Give what a run's stress cost, or why that cannot be said."""
    try:
        return of_run(run), ""
    except MissingResultError as reason:
        return [], str(reason)


def _shown(number: int, picture: Picture | str) -> Shown:
    if isinstance(picture, str):
        return Shown(number, reason=picture)
    return Shown(number, picture.title, picture.seen, Markup(themed(picture)))


def _groups(summary: Mapping[str, Any]) -> Iterator[tuple[str, str, Sequence[tuple[str, str]]]]:
    for heading, unit, start, names in GROUPS:
        known = {name.strip("_"): summary.get(start + name) for name in names}
        rows = [(name.removeprefix("ed_").replace("_", " "), in_words(v)) for name, v in known.items() if v is not None]
        if rows:
            yield heading, unit, rows
    trace = [(name.replace("_", " "), in_words(value)) for name, value in summary.get("workload", {}).items()]
    if trace:
        yield "Trace", "", trace


def in_words(value: object) -> str:
    """Write a value as people read it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e5 else f"{value:,.0f}"
    return str(value)


# Parameters


def _parameters(run: RunResults) -> Iterator[Parameter]:
    """Parameters of a scenario: the paper's where it gives that number, ours otherwise."""
    paper = tomllib.loads((FOLDER / "paper.toml").read_text())["paper"]
    for name, value in run.parameters.items():
        if name == "network":
            continue
        whose = "ours"
        if name == "slashing":
            whose = "paper" if value in PAPER_SLASHING else f"ours; paper: {', '.join(map(str, PAPER_SLASHING))}"
        elif name in paper:
            whose = "paper" if value == paper[name] else f"ours; paper: {in_words(paper[name])}"
        yield Parameter(name.replace("_", " "), in_words(value), whose)


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of nested tables."""
    for name, value in table.items():
        words = f"{before}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{words}: ")
        else:
            yield words, in_words(value)


# Claims


def read_claims(directory: Path) -> list[dict[str, Any]]:
    """Read ``claims.json`` of a directory: a list of what was claimed, measured and found.

    Returns
    -------
    list of dict
        Each with the keys of `FIELDS_OF_CLAIM`, and perhaps a ``note``; empty if there is no such file.

    Raises
    ------
    ResultsError
        If the file is no such list.
    """
    path = directory / CLAIMS
    if not path.exists():
        return []
    try:
        claims = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read: {error}") from None
    if not isinstance(claims, list):
        raise ResultsError(f"{path} is no list of claims")
    for place, claim in enumerate(claims, start=1):
        missing = [name for name in FIELDS_OF_CLAIM if not isinstance(claim, dict) or name not in claim]
        if missing:
            raise ResultsError(f"{path}: claim {place} lacks {', '.join(missing)}")
    return claims


def _brief(value: object) -> str:
    """Write a value of a claim, numbers with four digits."""
    return "" if value is None else f"{value:,.4g}" if isinstance(value, float) else in_words(value)


def _claim_in_words(claim: Mapping[str, Any]) -> dict[str, str]:
    words = {name: _brief(claim[name]) for name in FIELDS_OF_CLAIM}
    if words["low"] and words["high"]:
        words["estimate"] += f" (95% interval {words['low']} to {words['high']})"
    return words | {"note": str(claim.get("note") or "")}
