"""Every page can be read in an editor, on a phone and on the site, and leads where it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, pages, prose

COLUMNS = 120
CELL = 64
"""Characters of a table's cell as it is read: some ten words, two or three lines on a phone."""
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
LIST = re.compile(r" *(?:[-*]|\d+\.) ")
PAGES = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))


def read(cell: str) -> str:
    """Give what a reader sees of a cell."""
    return LINK.sub(r"\g<text>", cell).replace("`", "").replace("*", "").strip()


def slug(heading: str) -> str:
    """Anchor that GitHub, and the site, give to a heading."""
    plain = re.sub(r"[^\w\- ]", "", read(heading).lower())
    return plain.replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Anchors of a page; a heading that comes again gets a number."""
    seen: Counter[str] = Counter()
    found = set()
    for line in prose(page):
        if heading := re.match(r"#{1,6} (.*)", line):
            name = slug(heading[1])
            found.add(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
    return frozenset(found)


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Links of a page to files and anchors, with their lines."""
    for number, line in enumerate(prose(page), 1):
        for link in LINK.finditer(re.sub(r"`[^`]*`", "", line)):
            if not re.match(r"\w+:", link["target"]):
                yield number, link["target"]


def dead(page: Path) -> list[str]:
    """Links of a page that lead nowhere."""
    found = []
    for number, target in links(page):
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists() or (anchor and anchor not in anchors(aim)):
            found.append(f"{page.name}:{number}: {target}")
    return found


@PAGES
def test_no_line_is_longer_than_code_may_be(page: Path) -> None:
    assert [n for n, line in enumerate(page.read_text().splitlines(), 1) if len(line) > COLUMNS] == []


@PAGES
def test_cells_of_tables_hold_no_sentences(page: Path) -> None:
    rows = [(n, line) for n, line in enumerate(prose(page), 1) if line.startswith("|")]
    cells = [(n, read(cell)) for n, row in rows for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    assert [(n, cell) for n, cell in cells if len(cell) > CELL] == []


@PAGES
def test_every_link_and_anchor_is_there(page: Path) -> None:
    assert dead(page) == []


@PAGES
def test_lists_and_tables_stand_apart(page: Path) -> None:
    """The site's Markdown takes a list or table that follows a line of text for more of that text."""
    lines = prose(page)
    for number, (before, line) in enumerate(pairwise(lines), 2):
        if line.startswith("|"):
            assert not before or before.startswith("|"), number
        if LIST.match(line) and before and not before.startswith(" "):
            assert LIST.match(before), number
        indent = len(line) - len(line.lstrip(" "))
        if LIST.match(line) and indent:
            assert indent % 4 == 0, f"line {number}: a list within a list is indented by four"


def test_dead_links_are_found(tmp_path: Path) -> None:
    there = tmp_path / "there.md"
    there.write_text("# One, two: `three`\n\n## Again\n\n## Again\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md#one-two-three) [b](there.md#again-1) [c](https://example.org)\n\n"
        "[d](there.md#again-2) [e](gone.md) `[f](gone.md)`\n\n```\n[g](gone.md)\n```\n"
    )
    assert dead(page) == ["page.md:3: there.md#again-2", "page.md:3: gone.md"]


def test_every_page_is_on_the_way_from_the_index() -> None:
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            aims = [(page.parent / target.partition("#")[0]).resolve() for _, target in links(page)]
            ahead += [aim for aim in aims if aim.is_file()]
    assert sorted(str(page.relative_to(ROOT)) for page in set(pages()) - seen) == []


def test_the_readme_is_read_in_three_minutes() -> None:
    words = re.findall(r"[A-Za-z][\w.'/-]*", " ".join(prose(ROOT / "README.md")))
    assert 600 <= len(words) <= 900


INVENTED = {"sim/allocations/lottery.py", "sim/stresses/blackout.py"}
"""Files that a recipe has its reader make."""


@PAGES
def test_files_that_are_named_are_there(page: Path) -> None:
    named = re.findall(r"`((?:offchain|sim|contracts|scripts|tests|docs|abi|requirements)/[\w./-]*)`", page.read_text())
    assert [path for path in named if path not in INVENTED and not (ROOT / path).exists()] == []


def test_every_decision_says_its_status_and_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    decisions = sorted(folder.glob("0*.md"))
    assert len(decisions) >= 46
    for page in decisions:
        title, _, status, _, heading, *_ = page.read_text().splitlines()
        assert re.fullmatch(rf"# {int(page.name[:4])}\. .+", title), page.name
        assert re.match(r"\*Status: (accepted|replaced by \[)", status), page.name
        assert heading == "## Context", page.name
        assert f"]({page.name})" in index, page.name
