"""Numbers that are none, or out of range: every command says plainly what is wanted."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from click.types import FloatParamType, IntParamType

from ballast.cli import main

Path = tuple[str, ...]
Case = tuple[Path, click.Parameter]


def numbers(command: click.Command, path: Path = ()) -> Iterator[Case]:
    """All options and arguments of a command, and of those below it, that take a number."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below is not None
            yield from numbers(below, (*path, name))
        return
    for param in command.params:
        if isinstance(param.type, IntParamType | FloatParamType):
            yield path, param


def refused(path: Path, param: click.Parameter, value: str) -> str:
    """Give a value, and read what is said of it."""
    given = ["--", value] if isinstance(param, click.Argument) else [param.opts[-1], value]
    done = CliRunner(mix_stderr=False).invoke(main, [*path, *given], prog_name="ballast")
    assert done.exit_code == 2, done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_words_are_refused_in_plain_english_by_every_command() -> None:
    cases = list(numbers(main))
    assert len(cases) > 40
    for path, param in cases:
        said = refused(path, param, "abc")
        name = "a whole number" if isinstance(param.type, IntParamType) else "a number"
        assert f": {name} " in said, (path, param.name, said)
        assert f" is wanted, not 'abc'; see `ballast {' '.join(path)} --help`\n" in said, (path, param.name, said)


def test_the_range_is_named() -> None:
    cases = [(path, param) for path, param in numbers(main) if isinstance(param.type, click.IntRange)]
    assert len(cases) > 10
    for path, param in cases:
        assert isinstance(param.type, click.IntRange)
        low = param.type.min
        assert low is not None
        said = refused(path, param, str(int(low) - 1))
        ending = f"from {low:,} to {param.type.max:,}" if param.type.max is not None else f"of at least {low:,}"
        assert f"a whole number {ending} is wanted, not {int(low) - 1};" in said


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (click.IntRange(0), "abc", "a whole number of at least 0 is wanted, not 'abc'"),
        (click.IntRange(max=7), "8", "a whole number of at most 7 is wanted, not 8"),
        (click.IntRange(1, 65535), "0", "a whole number from 1 to 65,535 is wanted, not 0"),
        (click.IntRange(0, 9, max_open=True), "9", "a whole number of at least 0 and below 9 is wanted, not 9"),
        (click.FloatRange(0, min_open=True), "0", "a number above 0 is wanted, not 0.0"),
        (click.FloatRange(0, 1), "2", "a number from 0 to 1 is wanted, not 2.0"),
        (click.INT, "1.5", "a whole number is wanted, not '1.5'"),
        (click.FLOAT, "x is not in the range y.", "a number is wanted, not 'x is not in the range y.'"),
    ],
)
def test_wordings(kind: click.ParamType, value: str, wanted: str) -> None:
    @click.command("try")
    @click.option("--n", type=kind)
    def tried(n: float) -> None:
        del n

    main.add_command(tried)
    try:
        done = CliRunner(mix_stderr=False).invoke(main, ["try", "--n", value])
    finally:
        del main.commands["try"]
    assert done.exit_code == 2
    assert done.stderr.startswith(f"ballast: Invalid value for '--n': {wanted}; see `")
