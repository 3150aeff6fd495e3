"""The site is made from the pages, and a browser that opens it asks nobody else for anything."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, pages
from tests.studies.report.browser import Tab, browser_or_skip
from tests.support.waiting import until


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does, but elsewhere."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Sources(HTMLParser):
    """Addresses that a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag loads."""
        of = dict(attrs)
        loads = of.get("src") or (of.get("href") if tag == "link" and of.get("rel") != "canonical" else None)
        if loads:
            self.found.append(loads)


def test_every_page_is_on_the_site(site: Path) -> None:
    made = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    docs = {page.relative_to(ROOT / "docs") for page in pages() if page.parent != ROOT}
    expected = {page.with_name("index") if page.stem == "README" else page.with_suffix("") for page in docs}
    assert expected <= made
    assert {Path(name) for name in ("overview", "changelog", "contributing", "security-policy")} <= made
    assert "MIT License" in (site / "license.txt").read_text()


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    elsewhere = []
    for page in site.rglob("*.html"):
        sources = Sources()
        sources.feed(page.read_text())
        elsewhere += [(page.name, source) for source in sources.found if "//" in source]
        assert 'class="mermaid"' not in page.read_text()  # the theme would load what draws it from elsewhere
    assert elsewhere == []


def test_the_reference_of_python_has_the_docstrings(site: Path) -> None:
    text = (site / "python.html").read_text()
    for name in (
        "ballast.scoring.GasModel",
        "ballast.simulate",
        "ballast.Scenario",
        "ballast.sim.run.run_on",
        "ballast.model.load_curve.rate",
    ):
        assert f'id="{name}"' in text
    assert "Lateness slash factor s, as a fraction of the collateral." in text
    assert ":::" not in text


def opened(tab: Tab, address: str, width: int) -> None:
    """Load a page and wait until it is there."""
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    tab.call("Page.navigate", url=address)
    until(lambda: tab.value("document.readyState") == "complete" and tab.value("location.href") == address)


@pytest.fixture(params=["file", "http"])
def place(request: pytest.FixtureRequest, site: Path) -> str:
    """Where the site is: opened as a file, or served."""
    return site.as_uri() if request.param == "file" else str(request.getfixturevalue("address"))


@pytest.fixture
def tab() -> Iterator[Tab]:
    """Open a browser."""
    with browser_or_skip() as opened:
        yield opened


def test_pages_ask_nobody_else_and_fit_a_phone(place: str, tab: Tab) -> None:
    for page in ("index.html", "overview.html", "protocol.html", "python.html", "decisions/index.html"):
        for width in (1280, 390):
            opened(tab, f"{place}/{page}", width)
            assert tab.value("document.documentElement.scrollWidth") <= width, page
            assert tab.value("[...document.images].every(i => i.complete && i.naturalWidth)"), page
    assert tab.problems == []
    assert [asked for asked in tab.requests if not asked.startswith((place, "data:"))] == []


def test_the_search_finds_a_word_of_the_glossary(place: str, tab: Tab) -> None:
    opened(tab, f"{place}/index.html", 1280)
    tab.value(
        "(() => { const q = document.querySelector('[data-md-component=search-query]'); q.focus();"
        " q.value = 'displaced'; q.dispatchEvent(new Event('keyup', {bubbles: true})); return 0 })()"
    )
    results = "[...document.querySelectorAll('.md-search-result__link')].map(a => a.href).join()"
    until(lambda: "glossary.html" in tab.value(results))
    assert tab.problems == []
    assert [asked for asked in tab.requests if not asked.startswith((place, "data:"))] == []
