"""The page: what of a directory of results is put into it, in which order and in which words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ballast.errors import MissingResultError
from ballast.sim.scenario import CALM
from ballast.studies.figures.catalogue import FIGURES, draw
from ballast.studies.figures.files import as_csv, themed
from ballast.studies.figures.results import ResultsDirectory, RunResults
from ballast.studies.figures.style import NARROW, THEME, WIDE
from ballast.studies.report import front, numbers, points
from ballast.studies.report.claims import claim_in_words
from ballast.studies.report.front import Headline, percent
from ballast.studies.report.points import Points, Sums
from ballast.studies.report.stresses import Told, of_run

HERE: Final = Path(__file__).parent
TEMPLATE: Final = "page.html"
MANIFEST: Final = "sweep.json"
NOT_RECORDED: Final = "not recorded"


@dataclass(frozen=True)
class Shown:
    """A figure on the page, drawn for a desk and for a phone, and its numbers; or why it is not there."""

    number: int
    title: str = ""
    seen: str = ""
    wide: str = ""
    narrow: str = ""
    table: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Page:
    """Everything the template shows.

    Attributes
    ----------
    title : str
        What the results are of.
    origin : sequence of (str, str)
        Where they come from: scenario, engine, version, date, seed, and the like.
    digest : str
        State digest of the run; empty without one.
    findings : sequence of Headline
        What came out.
    closely : str
        Of several runs, which one is looked at closely; empty for a run.
    groups : sequence of numbers.Group
        Of the summary.
    header, points : sequence
        Table of a sweep: names of columns, and rows.
    figures : sequence of Shown
        The paper's, in order.
    claims : sequence of sequence of mapping
        In words, claim by claim for each population; empty if none were checked.
    stresses : sequence of Told
        Those of a study, or the run's own.
    unstressed : str
        Why the run's own stress is not among them; empty if there is nothing to say.
    parameters : sequence of numbers.ParameterTable
        Of the scenario.
    network : sequence of (str, sequence of (str, str))
        Parameters of the contracts, by part.
    versions : mapping
        By name of the part.
    machine : str
        How fast it was.
    """

    title: str
    origin: Sequence[tuple[str, str]]
    findings: Sequence[Headline]
    digest: str = ""
    closely: str = ""
    groups: Sequence[numbers.Group] = ()
    header: Sequence[str] = ()
    points: Sequence[Sequence[str]] = ()
    figures: Sequence[Shown] = ()
    claims: Sequence[Sequence[Mapping[str, str]]] = ()
    stresses: Sequence[Told] = ()
    unstressed: str = ""
    parameters: Sequence[numbers.ParameterTable] = ()
    network: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: str = ""


def write_page(
    results: ResultsDirectory, claims: Sequence[Sequence[Mapping[str, Any]]], stresses: Sequence[Told]
) -> str:
    """Make the page of a directory of results.

    Parameters
    ----------
    results : ResultsDirectory
        The directory.
    claims : sequence of sequence of mapping
        As `ballast.studies.report.claims.read_claims` gives them.
    stresses : sequence of Told
        As `ballast.studies.report.stresses.read_stresses` gives them.

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
    page = _page(results, [[claim_in_words(one) for one in claim] for claim in claims], stresses)
    return environment.get_template(TEMPLATE).render(**vars(page), theme=THEME)


def _page(results: ResultsDirectory, claims: Sequence[Sequence[Mapping[str, str]]], stresses: Sequence[Told]) -> Page:
    figures = [_shown(number, results) for number in FIGURES]
    run = results.run
    if results.table or len(results.runs) > 1:
        along = points.of_results(results)
        header, rows = _table(along)
        several = Page(
            title=_title_of(along),
            origin=_origin_of_sweep(results, along),
            findings=front.moved(along) if along.factor else front.findings(along.sums[0], _base(results), {}),
            header=header,
            points=rows,
            figures=figures,
            claims=claims,
            stresses=stresses,
        )
        if run is None:
            return several
        closely = (
            f"Figures 3 to 9, numbers and parameters are of one run in it, {run.directory.name}: "
            f"slash factor {run.parameters['slashing']:g}, seed {run.parameters['seed']}"
        )
        return _with_run(several, run, closely)
    assert run is not None, "a directory of results without a table has runs"
    title = f"{run.summary.get('tasks_opened', 0):,} tasks"
    name, _ = _scenario(run.summary)
    page = Page(
        title=f"Scenario {name}: {title}" if name else f"Run of {title}",
        origin=_origin(run),
        findings=front.findings(points.of_run(run), run.parameters, run.summary),
        figures=figures,
        claims=claims,
        stresses=stresses,
    )
    return _with_run(page, run, "")


def _with_run(page: Page, run: RunResults, closely: str) -> Page:
    """Page with what is known of the run that is looked at closely."""
    own, unstressed = _own_stress(run)
    summary = run.summary
    known = vars(page) | {
        "digest": str(summary.get("state_digest", "")),
        "closely": closely,
        "groups": list(numbers.groups(summary)),
        "stresses": [*own, *page.stresses],
        "unstressed": unstressed,
        "parameters": numbers.parameters(run),
        "network": numbers.contracts(summary.get("contracts", {})),
        "versions": {name: str(value) for name, value in dict(summary.get("versions", {})).items()},
        "machine": numbers.machine(summary),
    }
    return Page(**known)


def _own_stress(run: RunResults) -> tuple[list[Told], str]:
    """Give what a run's stress cost, or why that cannot be said."""
    try:
        return of_run(run), ""
    except MissingResultError as reason:
        return [], str(reason)


def _shown(number: int, results: ResultsDirectory) -> Shown:
    try:
        wide, narrow = (draw(number, results, look) for look in (WIDE, NARROW))
    except MissingResultError as reason:
        return Shown(number, reason=str(reason))
    table = "data:text/csv;charset=utf-8," + quote(as_csv(wide.table), safe=",.-+:()/")
    return Shown(
        number,
        wide.title,
        wide.seen,
        Markup(themed(wide, "wide")),
        Markup(themed(narrow, "narrow")),
        table,
    )


# Where results come from


def _scenario(summary: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Name of the scenario and the options changed; empty where the summary does not have them."""
    known = summary.get("scenario")
    if not isinstance(known, Mapping) or not known.get("name"):
        return "", []
    changed = known.get("changed")
    return str(known["name"]), [str(name).replace("_", " ") for name in changed] if isinstance(changed, list) else []


def _named(summary: Mapping[str, Any]) -> str:
    """Scenario in words."""
    name, changed = _scenario(summary)
    return f"{name}, with other {', '.join(changed)}" if changed else name or NOT_RECORDED


def _date(document: Mapping[str, Any]) -> str:
    date = document.get("date")
    return date[:16].replace("T", " ") + " UTC" if isinstance(date, str) and date else NOT_RECORDED


def _origin(run: RunResults) -> list[tuple[str, str]]:
    summary = run.summary
    told = [
        ("scenario", _named(summary)),
        ("engine", str(summary.get("engine", NOT_RECORDED))),
        ("Ballast", str(dict(summary.get("versions", {})).get("ballast", NOT_RECORDED))),
        ("date", _date(summary)),
        ("slash factor", f"{run.parameters['slashing']:g}"),
        ("seed", str(run.parameters["seed"])),
    ]
    stress = run.parameters.get("stress", CALM)
    return told + ([("stress", stress.replace("_", " "))] if stress != CALM else [])


def _manifest(results: ResultsDirectory) -> Mapping[str, Any]:
    """Read what a sweep noted down when it began; nothing if there is no such file."""
    try:
        known = json.loads((results.directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _base(results: ResultsDirectory) -> Mapping[str, Any]:
    """Parameters that all runs share, as far as they are known."""
    if results.run:
        return results.run.parameters
    recipe = _manifest(results).get("recipe")
    base = recipe.get("base") if isinstance(recipe, Mapping) else None
    return base if isinstance(base, Mapping) else {}


def _origin_of_sweep(results: ResultsDirectory, along: Points) -> list[tuple[str, str]]:
    known = _manifest(results)
    if not known and results.run:
        known = results.run.summary
    versions = known.get("versions")
    told = [
        ("directory", results.directory.name),
        ("scenario", _named(known)),
        ("seeds a point", f"{along.seeds:,}"),
        ("Ballast", str(versions.get("ballast", NOT_RECORDED)) if isinstance(versions, Mapping) else NOT_RECORDED),
        ("date", _date(known)),
    ]
    if along.others:
        told.append(("points shown", f"{len(along.values):,} of {along.everywhere:,}, those with"))
    return told + [(name.replace("_", " "), numbers.in_words(value)) for name, value in along.others.items()]


# Tables of a sweep


def _title_of(along: Points) -> str:
    if not along.factor:
        return f"One point, {front.count(along.seeds, 'seed')}"
    if along.factor == "slashing":
        return f"Sweep of {len(along.values)} slash factors"
    return f"Sweep over {along.factor.replace('_', ' ')}: {len(along.values)} values"


def _table(along: Points) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of the points: what their sums have."""
    columns: tuple[tuple[str, Callable[[Sums], float | None], Callable[[float], str]], ...] = (
        ("tasks settled, share", points.settled_share, percent),
        ("operators active at the end", lambda s: s.get("operators_active"), "{:,.4g}".format),
        ("coprocessors active at the end", lambda s: s.get("coprocessors_active"), "{:,.4g}".format),
        ("slashed, share of rewards", points.slashed_share, percent),
        ("rewards less slashes and penalties, token units", points.remaining, "{:,.0f}".format),
    )
    told = [(head, [written(v) for v in points.known(map(of, along.sums))]) for head, of, written in columns]
    kept = [(head, cells) for head, cells in told if cells]
    name = {"slashing": "slash factor", "": "point"}.get(along.factor, along.factor.replace("_", " "))
    values = [f"{v:g}" if isinstance(v, float) else str(v).replace("_", " ") for v in along.values]
    if not along.factor:
        values = ["the only one"]
    rows = [list(row) for row in zip(values, *(cells for _, cells in kept), strict=True)]
    return [name, *(head for head, _ in kept)], rows
