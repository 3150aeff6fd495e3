"""Fenced blocks of a Markdown page, and how a test plays them as a reader would.

A page is a script by these rules:

- ``bash`` is typed into a terminal, the one its title names. A title that ends in ``keeps running`` is of a command
  that does not end by itself: the next block goes on as soon as the command has printed what the page shows.
- ``python`` goes to one interpreter for the whole page, block after block.
- Other languages with a title are files of that name; ``sh`` and ``py`` are for reading only: what they do is tested
  elsewhere, or needs more than a test has.
- ``text`` is what the block before it prints; ``...`` stands for anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RUNNING = "keeps running"
FENCE = re.compile(r'^```(\w*)(?: title="([^"]*)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every Markdown page of the project."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def prose(page: Path) -> list[str]:
    """Lines of a page; those of fenced blocks are empty."""
    return FENCE.sub(lambda block: "\n" * block[0].count("\n"), page.read_text()).split("\n")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes
    ----------
    language, title, text : str
        What its fence says, and what it holds.
    line : int
        Where it stands in its page.
    """

    language: str
    title: str
    text: str
    line: int

    @property
    def running(self) -> bool:
        """Whether its command goes on until it is stopped."""
        return self.title.endswith(RUNNING)

    @property
    def terminal(self) -> str:
        """Name of the terminal it is typed into."""
        return self.title.split(",")[0]


def blocks(page: Path) -> list[Block]:
    """Blocks of a page, in order."""
    text = page.read_text()
    return [Block(m[1], m[2] or "", m[3], text[: m.start()].count("\n") + 1) for m in FENCE.finditer(text)]


def with_output(page: Path, changed: Mapping[str, str]) -> Iterator[tuple[Block, str | None]]:
    """Blocks of a page that are played, each with what it prints, if the page shows that; some words changed."""
    found = [block for block in blocks(page) if block.language not in ("sh", "py")]
    for old, new in changed.items():
        found = [replace(block, text=block.text.replace(old, new)) for block in found]
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.language != "text":
            yield block, after.text if after and after.language == "text" else None


def shown(expected: str, printed: str) -> bool:
    """Tell whether the lines a page shows were printed one after the other.

    ``...`` stands for anything, and one space for any number of them: columns are as wide as their widest value.
    """
    lines = [" ".join(line.split()) for line in expected.strip().splitlines()]
    parts = [
        ".*" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*?").replace(r"\ ", " +") for line in lines
    ]
    pattern = r"(?:^|\n) *" + r" *\n *".join(parts) + r" *(?:\n|$)"
    return re.search(pattern, printed.replace("\r", ""), re.DOTALL) is not None
