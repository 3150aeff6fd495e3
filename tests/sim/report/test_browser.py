"""The page as a browser shows it: on a phone and a desk, in light and dark, on paper."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.stress.study import study
from tests.sim.report.browser import Tab, browser, found
from tests.sim.report.test_page import CLAIM, reported
from tests.sim.results import SMALL

OVERFLOWING = """
[...document.querySelectorAll("body, body *")]
    .filter(e => !e.closest("svg") || e.tagName == "svg")
    .filter(e => e.getBoundingClientRect().right > WIDTH + 0.5 || e.getBoundingClientRect().left < -0.5)
    .map(e => e.outerHTML.slice(0, 80))
"""
FIGURES = """
[...document.querySelectorAll("figure svg")].map(svg => {
    const box = svg.getBoundingClientRect();
    const drawn = [...svg.querySelectorAll("path, use, image")].filter(e => e.getBoundingClientRect().width > 0);
    return [box.width, box.height, drawn.length, getComputedStyle(svg).visibility];
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
    if not found():
        reason = "there is no Chromium: .ci/chromium brings one"
        if os.environ.get("BALLAST_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report of a run, with claims."""
    out = tmp_path_factory.mktemp("page")
    unbroken = CLAIM | {"id": "C7", "verdict": "holds only under an assumption", "assumption": "x" * 80}
    (out / "claims.json").write_text(json.dumps([CLAIM, unbroken]))
    (out / "stress.json").write_text(json.dumps(study(SMALL, 2, ["burst", "shirking"]).to_json()))
    reported(run, "--out", out / "page.html", "--claims", out, "--stresses", out)
    return out / "page.html"


def overflowing(tab: Tab, width: int) -> list[str]:
    """Elements that reach beyond a width."""
    found: list[str] = tab.value(OVERFLOWING.replace("WIDTH", str(width)))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_every_figure_is_seen_and_nothing_overflows(tab: Tab, page: Path, width: int, scheme: str) -> None:
    tab.problems.clear()
    tab.requests.clear()
    tab.open(page, width, scheme)
    figures = tab.value(FIGURES)
    assert len(figures) == 8
    for across, down, drawn, visibility in figures:
        assert min(across, down) > 0.5 * min(width, 700)
        assert across <= width
        assert drawn > 20
        assert visibility == "visible"
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value("document.documentElement.clientWidth") == width
    assert overflowing(tab, width) == []
    assert [address for address in tab.requests if not address.startswith("data:")] == [page.as_uri()]
    assert tab.problems == []


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
        ("figure svg { display: block;", "figure svg { display: none;"),
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
    hidden = [figure for figure in tab.value(FIGURES) if min(figure[:2]) == 0]
    assert hidden or overflowing(tab, 360) or tab.problems


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
