"""The page holds what the directory holds, in sound HTML that needs nothing else."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections import Counter
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from ballast.cli import main
from ballast.sim.known_populations import POPULATIONS
from ballast.studies.claims.judge import Verdict
from ballast.studies.figures.catalogue import draw
from ballast.studies.figures.files import content
from ballast.studies.figures.results import read
from ballast.studies.figures.style import WIDE
from ballast.studies.report import numbers
from ballast.studies.report.claims import FIELDS_OF_CLAIM
from ballast.studies.report.front import findings, percent
from ballast.studies.report.numbers import in_words
from ballast.studies.report.points import of_run as of_the_run
from tests.sim.results import FACTORS, MEANT, SEEDS, columns_of, write_run, write_runs, write_table

CLAIM = {
    **{"id": "C6", "statement": "Fewer operators stay as s grows", "measure": "active at period 1,000"},
    **{"threshold": "<= 10 at s = 0.5", "estimate": 12.5, "low": 10.25, "high": 14.0},
    **{"p": 0.0125, "p_holm": 0.25, "seeds": 30, "periods": 1_000},
    **{"verdict": "fails", "check": "", "assumption": None},
}
VOID = {"meta", "br", "link", "img"}


class Sound(HTMLParser):
    """Parses a page, checks that its elements nest, and keeps identifiers, links, texts and tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.identifiers: Counter[str] = Counter()
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.headings: list[int] = []
        self.elements: Counter[str] = Counter()
        self.feed(page)
        self.close()
        assert not self.open

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element that has no end of its own."""
        self._keep(tag, dict(attrs))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self._keep(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that the innermost element ends."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text of a cell."""
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())

    def _keep(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.elements[tag] += 1
        for name, value in attributes.items():
            if name == "id":
                self.identifiers[str(value)] += 1
            elif name in ("href", "src", "xlink:href", "action", "data", "srcset"):
                self.links.append(str(value))
            assert not name.startswith("on"), name
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            if tag == "th":
                assert attributes["scope"] in ("row", "col")


def ballast(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner(mix_stderr=False).invoke(main, [str(argument) for argument in arguments])


def reported(directory: Path, *options: object) -> tuple[str, Sound]:
    """Write a report; the page, as text and parsed."""
    result = ballast("report", directory, *options)
    assert result.exit_code == 0, result.stderr
    page = Path(result.stdout.removeprefix("written to ").strip()).read_text()
    return page, Sound(page)


@pytest.fixture(scope="module")
def of_run(run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Sound]:
    """Page of a run with a claim."""
    claims = tmp_path_factory.mktemp("claims")
    (claims / "claims.json").write_text(json.dumps({"uniform": {"claims": [CLAIM]}}))
    return reported(run, "--out", tmp_path_factory.mktemp("page") / "page.html", "--claims", claims)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run that is soon drawn."""
    return write_run(tmp_path_factory.mktemp("short") / "run", periods=2)


@pytest.fixture
def copy(short: Path, tmp_path: Path) -> Path:
    """Copy of a run to change."""
    return Path(shutil.copytree(short, tmp_path / "copy"))


def test_summary_digest_and_versions_are_the_runs(run: Path, of_run: tuple[str, Sound]) -> None:
    summary = json.loads((run / "summary.json").read_text())
    page, sound = of_run
    assert page.count(summary["state_digest"]) == 1
    for name in ("tasks_opened", "tasks_unsold", "slash_burned", "fees_paid", "escrow_balance"):
        word = name.removeprefix("tasks_").removeprefix("slash_").replace("_", " ")
        assert [word, f"{summary[name]:,}"] in [row[:2] for row in sound.rows]
    assert ["total", f"{summary['slashed_total']:,}", "100%"] in sound.rows
    assert ["settled", f"{summary['tasks_settled']:,}", percent(summary["tasks_settled"] / 4_500)] in sound.rows
    assert [
        "fees paid",
        f"{summary['fees_paid']:,}",
        percent(summary["fees_paid"] / summary["reward_paid"]),
    ] in sound.rows
    assert "transactions" not in page
    for name, version in summary["versions"].items():
        assert [name, version] in sound.rows


def test_what_became_of_the_tasks_opened_adds_up_and_the_capacity_used_is_shown(
    run: Path, of_run: tuple[str, Sound]
) -> None:
    summary = json.loads((run / "summary.json").read_text())
    ends = ("settled", "failed", "forfeited", "unsold", "live")
    assert sum(summary[f"tasks_{name}"] for name in ends) == summary["tasks_opened"]
    assert summary["tasks_live"] > 0
    for name in ends:
        number = summary[f"tasks_{name}"]
        assert [name, f"{number:,}", percent(number / summary["tasks_opened"])] in of_run[1].rows
    rows = {row[0]: row[1] for row in of_run[1].rows}
    assert rows["start-up"] == f"{summary['start_up']} periods"
    assert rows["utilisation after it"] == percent(summary["capacity_used"])


def test_tasks_that_were_never_opened_are_a_share_of_those_that_came() -> None:
    summary = {"tasks_opened": 60, "tasks_unplaced": 15, "tasks_waiting": 25, "tasks_auctioned": 45}
    came, opened = numbers.groups(summary)
    assert (came.of, came.rows) == (
        "share of the tasks that came",
        [("opened", "60", "60.0%"), ("unplaced", "15", "15.0%"), ("waiting", "25", "25.0%")],
    )
    assert (opened.of, opened.rows) == ("share of the tasks opened", [("auctioned", "45", "75.0%")])


def test_parameters_are_the_papers_where_the_paper_gives_them(run: Path, of_run: tuple[str, Sound]) -> None:
    page, rows = of_run[0], of_run[1].rows
    assert ["slashing", "0.1"] in rows
    assert ["start gain", "0.03"] in rows
    assert ["operators", "8", "100"] in rows
    assert ["periods", "50", "1,000"] in rows
    assert ["heavy share", "0.6"] in rows
    kinds = [page.index(f"<caption>{kind}</caption>") for kind in ("As in the paper", "Other than in the paper")]
    assert page.index('<th scope="row">slashing</th>') in range(*kinds)
    summary = json.loads((run / "summary.json").read_text())
    shown = {row[0] for row in rows}
    assert {name.replace("_", " ") for name in summary["parameters"].keys() - {"contracts"}} <= shown
    assert ["lateness floor", f"{summary['contracts']['slash']['lateness_floor']:,}"] in rows


def test_a_slash_factor_of_ours_is_not_the_papers(tmp_path: Path) -> None:
    _, sound = reported(write_run(tmp_path / "run", slashing=0.04, periods=2))
    assert ["slashing", "0.04", "0.01, 0.03, 0.1, 0.2, 0.5"] in sound.rows


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "none"), (True, "yes"), (1_010_000, "1,010,000"), (0.1234567, "0.123457"), (1_526_349.6, "1,526,350")],
)
def test_values_are_written_as_people_read_them(value: object, text: str) -> None:
    assert in_words(value) == text


def test_claims_say_what_was_measured(of_run: tuple[str, Sound]) -> None:
    (row,) = (row for row in of_run[1].rows if row[0] == "C6")
    for part in (
        CLAIM["statement"],
        CLAIM["measure"],
        CLAIM["threshold"],
        "12.5 (95% interval 10.25 to 14); p 0.0125 alone, 0.25 beside all other tests, by Holm",
        "Population uniform, over 30 seeds of 1,000 periods",
    ):
        assert str(part) in row[1]
    assert row[2] == "fails"


def test_claims_of_the_directory_are_found(copy: Path) -> None:
    hostile = CLAIM | {"id": "C7", "statement": "<script>alert(1)</script>", "assumption": 's < 1 & "so"'}
    checked = {"check": "two counters", "verdict": "checked", "p": None, "p_holm": None}
    nothing = {"estimate": None, "low": None, "high": None}
    judged = {"uniform": {"claims": [CLAIM]}, "mixed": {"claims": [hostile | checked | nothing]}}
    (copy / "claims.json").write_text(json.dumps(judged))
    page, sound = reported(copy)
    assert "<script" not in page
    (row,) = (row for row in sound.rows if row[0] == "C7")
    assert "<script>alert(1)</script>" in row[1]
    assert 'Assumption: s < 1 & "so"' in row[1]
    assert "Estimate: none" in row[1]
    assert "Not counted, since it cannot fail: two counters" in row[1]
    assert "Holm" not in row[1]
    assert row[2] == "checked"


def test_verdicts_on_populations_stand_beside_each_other(copy: Path) -> None:
    other = CLAIM | {"verdict": "holds", "estimate": 77.0, "low": 76.0, "high": 78.0}
    judged = {"uniform": {"claims": [CLAIM]}, "mixed": {"claims": [other]}}
    (copy / "claims.json").write_text(json.dumps(judged))
    (row,) = (row for row in reported(copy)[1].rows if row[0] == "C6")
    assert re.sub(r"\s+", " ", row[2]).split() == ["uniform", "fails", "mixed", "holds"]
    one, two = (row[1].partition(f"Population {name},")[2] for name in ("uniform", "mixed"))
    assert "Estimate: 12.5 (" in one.partition("Population mixed")[0]
    assert "Estimate: 77 (" in two
    assert row[1].count(str(CLAIM["statement"])) == 1


@pytest.mark.parametrize("content", ["{", "{}", "[1]", '{"claims": [1]}', '{"uniform": {"claims": [{"id": "C1"}]}}'])
def test_broken_claims_are_said_in_one_line(run: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "claims.json").write_text(content)
    result = ballast("report", run, "--out", tmp_path / "page.html", "--claims", tmp_path)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "claims.json" in result.stderr
    assert not (tmp_path / "page.html").exists()


def test_the_claims_command_writes_what_the_report_reads() -> None:
    assert set(FIELDS_OF_CLAIM) <= {field.name for field in fields(Verdict)}


def test_claims_that_are_asked_for_must_be_there(run: Path, tmp_path: Path) -> None:
    result = ballast("report", run, "--out", tmp_path / "page.html", "--claims", tmp_path)
    assert result.exit_code == 2
    assert result.stderr == f"ballast: {tmp_path} has no claims.json\n"


def test_the_page_needs_nothing_else(of_run: tuple[str, Sound]) -> None:
    page, sound = of_run
    assert sound.links
    assert all(link.startswith(("#", "data:image/png;base64,", "data:text/csv;charset=utf-8,")) for link in sound.links)
    assert not {"script", "link", "iframe", "object", "base"} & sound.elements.keys()
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_identifiers_are_unique_and_inner_links_lead_somewhere(of_run: tuple[str, Sound]) -> None:
    _, sound = of_run
    assert max(sound.identifiers.values()) == 1
    assert {link[1:] for link in sound.links if link.startswith("#")} <= sound.identifiers.keys()


def test_headings_have_an_order(of_run: tuple[str, Sound]) -> None:
    headings = of_run[1].headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert set(headings[1:]) == {2, 3}
    assert headings[1] == 2


def test_every_figure_says_what_it_shows(of_run: tuple[str, Sound]) -> None:
    page, sound = of_run
    assert sound.elements["figure"] == sound.elements["figcaption"] == 8
    assert sound.elements["svg"] == 16
    labels = re.findall(r'<svg class="(wide|narrow)" role="img" aria-label="([^"]+)"', page)
    assert Counter(look for look, _ in labels) == {"wide": 8, "narrow": 8}
    assert len({label for _, label in labels}) == 8
    assert "Figure 2 is not drawn: one slash factor alone shows no effect: give a sweep of several." in page


def test_the_same_directory_gives_the_same_page(run: Path, of_run: tuple[str, Sound], tmp_path: Path) -> None:
    (tmp_path / "claims.json").write_text(json.dumps({"uniform": {"claims": [CLAIM]}}))
    assert reported(run, "--out", tmp_path / "page.html", "--claims", tmp_path)[0] == of_run[0]


def test_a_sweep_is_told_by_slash_factor(tmp_path: Path) -> None:
    runs = write_runs(tmp_path / "runs")
    page, sound = reported(write_table(tmp_path / "sweep", runs))
    assert "<h1>Sweep of 3 slash factors</h1>" in page
    rows = {row[0]: row[1:] for row in sound.rows}
    assert [f"{s:g}" in rows for s in FACTORS] == [True] * 3
    assert sound.elements["figure"] == 3
    assert "Figures 1, 3, 4, 5, 6 and 7 are not drawn: " in page
    assert "Parameters" not in page
    left = [
        np.mean([columns_of(runs / f"s{s}-{seed}" / "periods.csv")["operators_active"][-1] for seed in SEEDS])
        for s in FACTORS
    ]
    assert left[0] > left[-1]
    assert f"<strong>{left[0]:.3g} to {left[-1]:.3g}</strong>" in page
    several, parsed = reported(runs)
    active, reward = ({name: row[i] for name, row in rows.items() if name} for i in (0, -1))
    again = {row[0]: row for row in parsed.rows}
    assert (again["0.5"][2], again["0.5"][-1]) == (active["0.5"], reward["0.5"])
    assert parsed.rows[0][1:3] == ["tasks settled, share", "operators active at the end"]
    assert parsed.elements["figure"] == 9
    assert "of one run in it, s0.1-3: slash factor 0.1, seed 3." in several


def test_the_page_stands_in_the_directory_unless_told_otherwise(copy: Path) -> None:
    reported(copy)
    assert (copy / "report.html").exists()
    assert ballast("report", copy, "--out", copy / "summary.json" / "page.html").exit_code == 2


def test_a_summary_that_lacks_some_figures_is_reported(copy: Path) -> None:
    summary: dict[str, Any] = json.loads((copy / "summary.json").read_text())
    for name in ("tasks_opened", "engine", "versions", "state_digest", "gas_used", "scenario", "date"):
        del summary[name]
    (copy / "summary.json").write_text(json.dumps(summary))
    page, _ = reported(copy)
    assert "digest" not in page.split("</header>")[0].split("<body>")[1]
    assert page.count("not recorded") == 4
    assert "<h1>Run of 0 tasks</h1>" in page


# The first page


def test_the_page_begins_with_what_came_out(run: Path, of_run: tuple[str, Sound]) -> None:
    page, _ = of_run
    summary = json.loads((run / "summary.json").read_text())
    results = read(run).run
    assert results
    found = findings(of_the_run(results), results.parameters, summary)
    places = [page.index(f"<strong>{html.escape(f.share)}</strong>") for f in found]
    places += [page.index(f"<dd>{f.said}</dd>".replace(" = ", "\u00a0=\u00a0")) for f in found]
    assert len(places) == 10
    assert max(places) < page.index("<nav") < page.index("<figure") < page.index("<caption>Tasks that came</caption>")


def test_the_quiet_line_says_where_results_come_from(tmp_path: Path) -> None:
    small = ("--operators", 4, "--coprocessors", 4, "--periods", 3, "--tasks-per-period", 20, "--slashing", 0.2)
    out = tmp_path / "run"
    result = ballast("simulate", "--engine", "twin", "--scenario", "faultless", *small, "--seed", 7, "--out", out)
    assert result.exit_code == 0, result.stderr
    summary = json.loads((out / "summary.json").read_text())
    page, _ = reported(out)
    assert "<h1>Scenario faultless: 60 tasks</h1>" in page
    origin = re.search(r'<p class="origin.*?</p>', page, re.DOTALL)
    assert origin
    spans = re.findall("<span[^>]*>(.*?)</span>", origin[0])
    assert spans == [
        "scenario faultless, with other operators, coprocessors, periods, tasks per period, slashing, seed",
        "engine twin",
        f"Ballast {summary['versions']['ballast']}",
        f"date {summary['date'][:10]} {summary['date'][11:16]} UTC",
        "slash factor 0.2",
        "seed 7",
        f"digest <code>{summary['state_digest']}</code>",
    ]


def test_a_sweep_says_where_it_comes_from(tmp_path: Path) -> None:
    fields_set = [part for f in ("operators=4", "coprocessors=4", "periods=6") for part in ("--set", f)]
    out = tmp_path / "presets"
    swept = ballast("sweep", "--set", "heavy-share=0.2,0.8", *fields_set, "--set", "tasks-per-period=30", "--seeds", 2,
                    "--workers", 1, "--out", out)  # fmt: skip
    assert swept.exit_code == 0, swept.stderr
    page, sound = reported(out)
    manifest = json.loads((out / "sweep.json").read_text())
    assert "<h1>Sweep over heavy share: 2 values</h1>" in page
    assert "<span>seeds a point 2</span>" in page
    assert "points shown" not in page
    assert f"<span>Ballast {manifest['versions']['ballast']}</span>" in page
    assert f"<span>date {manifest['date'][:10]} {manifest['date'][11:16]} UTC</span>" in page
    assert re.search(r"<strong>heavy share = 0\.[28]</strong>", page)
    assert [row[0] for row in sound.rows[1:3]] == ["0.2", "0.8"]


def test_the_only_point_of_a_sweep_has_a_name(tmp_path: Path) -> None:
    table = {name: [1.0, 2.0] for name in MEANT}
    pyarrow.parquet.write_table(pyarrow.table(table), tmp_path / "periods.parquet")
    page, sound = reported(tmp_path)
    assert "<h1>One point, 1 seed</h1>" in page
    assert ["the only one", "2", "2", "100%", "-3"] in sound.rows


def test_a_sweep_of_several_factors_says_which_of_its_points_are_shown(tmp_path: Path) -> None:
    given = ("operators=4", "coprocessors=4", "periods=3", "tasks-per-period=20", "heavy-share=0.2,0.8", "preset=hump")
    out = tmp_path / "several"
    swept = ballast("sweep", "--slashing", "0.1,0.2,0.3", *(part for f in given for part in ("--set", f)), "--seeds", 1,
                    "--workers", 1, "--out", out)  # fmt: skip
    assert swept.exit_code == 0, swept.stderr
    page, _ = reported(out)
    assert "<h1>Sweep of 3 slash factors</h1>" in page
    assert re.search(
        r"<span>points shown 3 of 6, those with</span>.*?<span>heavy share 0\.[28]</span>", page, re.DOTALL
    )


def test_the_numbers_of_a_figure_are_in_the_page(run: Path, of_run: tuple[str, Sound]) -> None:
    page, _ = of_run
    links = dict(re.findall(r'download="(figure-\d\.csv)" href="data:text/csv;charset=utf-8,([^"]*)"', page))
    assert list(links) == [f"figure-{number}.csv" for number in (1, *range(3, 10))]
    for number in (1, *range(3, 10)):
        numbers = content(draw(number, read(run), WIDE), "csv").decode()
        assert unquote(links[f"figure-{number}.csv"]) == numbers
        assert numbers.count("\n") > 5


def test_a_page_of_a_large_run_stays_small(tmp_path: Path) -> None:
    large = {"operators": 100, "coprocessors": 100, "periods": 1_000, "tasks_per_period": 300, "exits": False}
    page, _ = reported(write_run(tmp_path / "run", **large))
    assert len(page.encode()) < 1_700_000


# Stresses


@pytest.fixture(scope="module")
def stressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run under a stress."""
    return write_run(tmp_path_factory.mktemp("stressed") / "run", stress="outage", periods=12)


def test_a_stressed_run_is_shown_beside_the_same_seed_without(stressed: Path, tmp_path: Path) -> None:
    page, sound = reported(stressed, "--out", tmp_path / "page.html")
    calm = columns_of(write_run(tmp_path / "calm", periods=12) / "periods.csv")
    ours = columns_of(stressed / "periods.csv")
    ends = ("settled", "failed", "forfeited", "unsold", "unplaced")
    shares = [100 * run["settled"][4:8].sum() / sum(run[end][4:8].sum() for end in ends) for run in (calm, ours)]
    assert ["served", f"{shares[0]:.2f}", f"{shares[1]:.2f}", f"{shares[1] - shares[0]:+.2f}"] in sound.rows
    assert "outage, this run: the network" in page
    assert "attackers" not in {row[0] for row in sound.rows}
    assert "<span>stress outage</span>" in page
    assert re.search(r"Under the stress outage, of [\d,]+ tasks that ended", page)


def test_the_stresses_of_a_study_are_shown(short: Path, tmp_path: Path) -> None:
    scenario = ("--operators", 5, "--coprocessors", 5, "--periods", 6, "--tasks-per-period", 30, "--workers", 1)
    result = ballast("stress", *scenario, "--seeds", 2, "--stress", "shirking,burst", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    page, sound = reported(short, "--stresses", tmp_path / "out", "--out", tmp_path / "page.html")
    for line in result.stdout.splitlines():
        if "instead of" in line:
            assert f"<p>{line}.</p>" in page
    for population in POPULATIONS:
        assert page.count(f"population {population}, 2 seeds of 6 periods: the network") == 2
    assert sum(row[0] == "attackers" for row in sound.rows) == len(POPULATIONS)


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"uniform": {"stresses": {"burst": {}}, "seeds": []}}'])
def test_broken_stresses_are_said_in_one_line(short: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "stress.json").write_text(content)
    result = ballast("report", short, "--out", tmp_path / "page.html", "--stresses", tmp_path)
    assert result.exit_code == 2
    assert result.stderr == f"ballast: {tmp_path / 'stress.json'} is nothing that ballast stress has written\n"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("workload", "trace.swf", "trace is not in its directory"),
        ("slowness", 1, "no parameter slowness"),
        ("seed", 4, "it ends otherwise"),
        ("effort", -1.0, "--effort is -1.0"),
    ],
)
def test_a_stressed_run_that_cannot_be_run_again_is_said_to(
    stressed: Path, tmp_path: Path, name: str, value: object, reason: str
) -> None:
    copy = Path(shutil.copytree(stressed, tmp_path / "copy"))
    summary: dict[str, Any] = json.loads((copy / "summary.json").read_text())
    summary["parameters"][name] = value
    (copy / "summary.json").write_text(json.dumps(summary))
    page, _ = reported(copy)
    (line,) = (line for line in page.splitlines() if "stress cost is not known" in line)
    assert reason in line


def test_a_page_without_stresses_says_nothing_of_them(of_run: tuple[str, Sound]) -> None:
    assert "stresses" not in of_run[1].identifiers
