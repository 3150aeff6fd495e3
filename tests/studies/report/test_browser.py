"""The page as a browser shows it: on a phone and a desk, in light and dark, on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ballast.studies.stress.study import study, write
from tests.sim.results import SMALL, write_runs, write_table
from tests.studies.report.browser import Tab, browser_or_skip
from tests.studies.report.test_page import CLAIM, reported

OVERFLOWING = """
[...document.querySelectorAll("body, body *")]
    .filter(e => !e.closest("svg") || e.tagName == "svg")
    .filter(e => e.getBoundingClientRect().right > WIDTH + 0.5 || e.getBoundingClientRect().left < -0.5)
    .map(e => e.outerHTML.slice(0, 80))
"""
FIGURES = """
[...document.querySelectorAll("figure svg")].filter(svg => getComputedStyle(svg).display != "none").map(svg => {
    const box = svg.getBoundingClientRect();
    const drawn = [...svg.querySelectorAll("path, use, image, text")].filter(e => e.getBoundingClientRect().width > 0);
    return [box.width, box.height, drawn.length, getComputedStyle(svg).visibility];
})
"""
TEXTS = """
[...document.querySelectorAll("figure svg text")].filter(e => e.getBoundingClientRect().width > 0).map(e => {
    const shape = e.getScreenCTM(), box = e.getBoundingClientRect(), whole = e.closest("svg").getBoundingClientRect();
    const across = Math.max(whole.left - box.left, box.right - whole.right);
    const cut = Math.max(across, whole.top - box.top, box.bottom - whole.bottom);
    return [parseFloat(getComputedStyle(e).fontSize) * Math.hypot(shape.a, shape.b), cut, e.textContent];
})
"""
CONTRAST = """
(() => {
    const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
        return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    };
    const ground = light(getComputedStyle(document.body).backgroundColor);
    const texts = [...document.querySelectorAll("p, th, td, a, h1, h2, caption, span, figcaption")];
    return Math.min(...texts.map(e => light(getComputedStyle(e).color))
        .map(l => (Math.max(l, ground) + 0.05) / (Math.min(l, ground) + 0.05)));
})()
"""


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """Tab of a browser."""
    with browser_or_skip() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report of a run, with claims."""
    out = tmp_path_factory.mktemp("page")
    unbroken = CLAIM | {"id": "C7", "verdict": "holds only under an assumption", "assumption": "x" * 80}
    (out / "claims.json").write_text(json.dumps({"uniform": {"claims": [CLAIM, unbroken]}}))
    write({"uniform": study(SMALL, 2, ["burst", "shirking"])}, out)
    reported(run, "--out", out / "page.html", "--claims", out, "--stresses", out)
    return out / "page.html"


@pytest.fixture(scope="module")
def sweep_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report of several runs."""
    runs = write_runs(tmp_path_factory.mktemp("several") / "runs")
    sweep = write_table(tmp_path_factory.mktemp("table") / "sweep", runs)
    reported(sweep)
    return sweep / "report.html"


def overflowing(tab: Tab, width: int) -> list[str]:
    """Elements that reach beyond a width."""
    found: list[str] = tab.value(OVERFLOWING.replace("WIDTH", str(width)))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_every_figure_is_seen_and_nothing_overflows(tab: Tab, page: Path, width: int, scheme: str) -> None:
    tab.problems.clear()
    tab.requests.clear()
    tab.open(page, width, scheme)
    figures = tab.value(FIGURES)
    assert len(figures) == 8
    for across, down, drawn, visibility in figures:
        assert min(across, down) > 0.4 * min(width, 700)
        assert across <= width
        assert drawn > 20
        assert visibility == "visible"
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value("document.documentElement.clientWidth") == width
    assert overflowing(tab, width) == []
    assert [address for address in tab.requests if not address.startswith("data:")] == [page.as_uri()]
    assert tab.problems == []


@pytest.mark.parametrize("width", [390, 720, 721, 1280])
def test_text_in_figures_is_legible_and_whole(tab: Tab, page: Path, sweep_page: Path, width: int) -> None:
    for path in (page, sweep_page):
        tab.open(path, width)
        texts = tab.value(TEXTS)
        assert len(texts) > 40
        for size, cut, text in texts:
            assert 11 <= size <= 18, text
            assert cut < 2, text
        assert tab.value("document.documentElement.scrollWidth") <= width
        assert overflowing(tab, width) == []


def test_what_came_out_is_on_the_first_screen(tab: Tab, page: Path) -> None:
    for width in (390, 1280):
        tab.open(page, width)
        last = "document.querySelector('.findings > div:last-child').getBoundingClientRect()"
        assert tab.value(f"{last}.bottom") < 800, width
        assert tab.value("document.querySelectorAll('.findings > div').length") == 5


def test_a_place_in_a_figure_tells_its_value(tab: Tab, page: Path) -> None:
    tab.open(page, 1280)
    told = """(() => {
        const figure = document.querySelector("#figure-NUMBER .wide");
        figure.scrollIntoView({block: "center"});
        const box = figure.querySelector("PLACE").getBoundingClientRect();
        const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
        return there.querySelector("title")?.textContent ?? "";
    })()"""
    for number, place, start in ((1, ".hits circle", "coprocessor "), (3, ".hits rect", "periods 0 to 1\n"),
                                 (4, ".hits circle", "operator "), (7, ".hits rect", "coprocessor "),
                                 (8, ".hits rect", "load 0%\n")):  # fmt: skip
        assert tab.value(told.replace("NUMBER", str(number)).replace("PLACE", place)).startswith(start)


def test_jump_links_stand_in_columns(tab: Tab, page: Path) -> None:
    tab.open(page, 390)
    lefts = tab.value("[...document.querySelectorAll('nav li')].map(e => Math.round(e.getBoundingClientRect().left))")
    assert len(lefts) == 6
    assert lefts[:3] == lefts[3:]
    assert tab.value("[...document.querySelectorAll('.up a')].every(a => a.getAttribute('href') == '#top')")
    assert tab.value("document.querySelectorAll('.up a').length") >= 5


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(22, 24, 27)")])
def test_texts_stand_out_in_light_and_dark(tab: Tab, page: Path, scheme: str, ground: str) -> None:
    tab.open(page, 1280, scheme)
    assert tab.value("getComputedStyle(document.body).backgroundColor") == ground
    assert tab.value(CONTRAST) >= 4.5


def test_figures_take_the_pages_colours(tab: Tab, page: Path) -> None:
    colour = """getComputedStyle(document.querySelector('#figure-4 [style*="fill: var(--ink)"]')).fill"""
    seen = []
    for scheme in ("light", "dark"):
        tab.open(page, 1280, scheme)
        seen.append(tab.value(colour))
    assert seen == ["rgb(27, 27, 27)", "rgb(232, 230, 227)"]


def test_paper_is_white_even_in_the_dark(tab: Tab, page: Path) -> None:
    tab.open(page, 794, "dark")
    tab.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert tab.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.value("getComputedStyle(document.body).color") == "rgb(27, 27, 27)"
    assert tab.value("getComputedStyle(document.querySelector('nav')).display") == "none"


@pytest.mark.parametrize(
    ("spoiled", "by"),
    [
        ("figure .narrow { display: block;", "figure .narrow { display: none;"),
        ("figure svg { display: block; width: 100%;", "figure svg { display: block; min-width: 60rem;"),
        ("overflow-wrap: anywhere;", "white-space: nowrap;"),
        ('<h2 id="figures">', '<img src="gone.png" alt=""><h2 id="figures">'),
    ],
)
def test_a_spoiled_page_is_noticed(tab: Tab, page: Path, tmp_path: Path, spoiled: str, by: str) -> None:
    text = page.read_text()
    assert spoiled in text
    (tmp_path / "spoiled.html").write_text(text.replace(spoiled, by))
    tab.problems.clear()
    tab.open(tmp_path / "spoiled.html", 360)
    assert len(tab.value(FIGURES)) < 8 or overflowing(tab, 360) or tab.problems


def test_a_page_that_fails_would_be_noticed(tab: Tab, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    wide, broken = '<p style="width: 500px">x</p>', "<script>nothing.at.all()</script>"
    head = '<!doctype html><meta name="viewport" content="width=device-width"><img src="missing.png">'
    bad.write_text(head + wide + broken)
    tab.problems.clear()
    tab.open(bad, 360)
    assert tab.value("document.documentElement.scrollWidth") > 360
    assert len(overflowing(tab, 360)) == 1
    assert len(tab.problems) == 2
