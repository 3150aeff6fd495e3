"""Commands that pages print are commands there are, with options they have; and every command has its page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ballast.cli import main
from tests.docs.blocks import DOCS, ROOT, blocks, pages, prose

SHELL = ("", "bash", "sh")
INLINE = re.compile(r"`((?:\.venv/bin/)?ballast [^`]+)`")


def printed(page: Path) -> Iterator[list[str]]:
    """Command lines of ``ballast`` in a page, in blocks and within sentences."""
    shells = (block.text for block in blocks(page) if block.language in SHELL)
    lines = [line for text in shells for line in re.sub(r"\\\n\s*", " ", text).splitlines()]
    for line in [line for line in lines if "ballast " in line] + INLINE.findall("\n".join(prose(page))):
        arguments = shlex.split(line, comments=True)
        if arguments and Path(arguments[0]).name == "ballast":
            yield arguments[1:]


def unknown(arguments: list[str]) -> str | None:
    """Find what of a command line there is not."""
    command: click.Command = main
    path = ["ballast"]
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        found = command.get_command(click.Context(command), arguments[0])
        if found is None:
            return " ".join([*path, arguments[0]])
        path, command, arguments = [*path, arguments[0]], found, arguments[1:]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    given = [word.partition("=")[0] for word in arguments if word.startswith("--")]
    missing = [name for name in given if name not in options | {"--help"}]
    return f"{' '.join(path)} {missing[0]}" if missing else None


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_pages_are_there(page: Path) -> None:
    assert [missing for arguments in printed(page) if (missing := unknown(arguments))] == []


def test_unknown_commands_and_options_are_found() -> None:
    assert unknown(["simulate", "--engine", "twin", "--out", "x"]) is None
    assert unknown(["simulate", "--speed", "9"]) == "ballast simulate --speed"
    assert unknown(["keeper", "walk"]) == "ballast keeper walk"


def test_the_page_of_commands_names_them_all() -> None:
    page = (DOCS / "commands.md").read_text()
    told = set(re.findall(r"`ballast (\w+)", page))
    assert told == set(main.list_commands(click.Context(main)))


def test_the_page_of_commands_names_every_target_of_make() -> None:
    page = (DOCS / "commands.md").read_text()
    targets = re.findall(r"^(\w+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    told = re.findall(r"`make (\w+)", page.split("\n## Make targets\n")[1])
    assert set(targets) - {"help"} <= set(told)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_targets_of_make_in_pages_are_there(page: Path) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shells = "".join(block.text for block in blocks(page) if block.language in SHELL)
    printed = re.findall(r"`(?:\S+=\S+ )?make (\w+)", "\n".join(prose(page)))
    printed += re.findall(r"^(?:\S+=\S+ )?make (\w+)", shells, re.MULTILINE)
    assert set(printed) <= targets
