"""The configuration file: a TOML file whose keys are the names of options.

What stands on the command line comes first, then the environment, then the file, then the default.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource
from click.types import FloatParamType, IntParamType

from ballast.errors import UserError
from ballast.wording import plainly, wanted

FILE: Final = "ballast.keeper.config.file"
"""Where a command's context holds the file."""
Known = Callable[[], list[click.Option]]


def option(known: Known) -> Callable[[Any], Any]:
    """Make the option ``--config``.

    Parameters
    ----------
    known : callable
        Lists the options a file may give.
    """

    def load(ctx: click.Context, _: click.Parameter, file: Path | None) -> None:
        if file is not None:
            given = read(file, {name_of(option): option for option in known()})
            own = {param.name for param in ctx.command.params if isinstance(param, click.Option)}
            ctx.meta[FILE] = file
            ctx.default_map = {name: value for name, value in given.items() if name in own}

    return click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=load,
        is_eager=True,
        expose_value=False,
        help="TOML file with options. A key is an option's name without its dashes.",
    )


def name_of(option: click.Option) -> str:
    """Key of an option in a file."""
    return next(name for name in option.opts if name.startswith("--")).removeprefix("--")


def read(file: Path, known: dict[str, click.Option]) -> dict[str, Any]:
    """Read a file.

    Parameters
    ----------
    file : Path
    known : dict of str to click.Option
        Options by key.

    Returns
    -------
    dict
        Values by the names of the parameters they are for.

    Raises
    ------
    UserError
        If it cannot be read, or a key or a value is none; the message names the file and the key.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"configuration file {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"configuration file {file} cannot be read: it is not UTF-8") from None
    except (ValueError, RecursionError) as error:  # a number may have too many digits, and a list too many lists in it
        raise UserError(f"configuration file {file} is not TOML: {error}") from None
    if not table:
        raise UserError(f"configuration file {file} sets nothing; there are {', '.join(known)}")
    given = {}
    for key, value in table.items():
        if key not in known:
            near = get_close_matches(key, known, 1, 0.4)
            meant = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
            meant = "; options stand in no table" if isinstance(value, dict) else meant
            raise UserError(f"{file}: {key!r} is no option of the keeper{meant}")
        given[str(known[key].name)] = _value(file, key, known[key], value)
    return given


def _value(file: Path, key: str, option: click.Option, value: Any) -> Any:
    """Take a value if it is of the option's kind."""
    kind = option.type
    right: tuple[type, ...] = (str,)
    want = "a text"
    if option.is_flag:
        right, want = (bool,), "true or false"
    elif isinstance(kind, IntParamType | FloatParamType):
        right = (int,) if isinstance(kind, IntParamType) else (int, float)
        want = wanted(kind)
    elif isinstance(kind, click.Choice):
        want = f"one of {', '.join(map(repr, kind.choices))}"
    elif option.multiple:
        value = [value] if isinstance(value, str) else value
        right, want = (list,), "a text or a list of texts"
    good = type(value) in right and (not option.multiple or (value and all(type(v) is str for v in value)))
    if not good:
        raise UserError(f"{file}: {key}: {want} is wanted, not {_told(value)}")
    try:
        for each in value if option.multiple else [value]:
            kind.convert(each, option, None)
    except click.UsageError as error:
        told = want if isinstance(kind, click.Choice) else ""
        raise UserError(
            f"{file}: {key}: {f'{told} is wanted, not {_told(value)}' if told else plainly(error).message.rstrip('.')}"
        ) from None
    return value


def _told(value: Any) -> str:
    """Value as the file has it, as far as it fits a line; what a list or a table holds may be secret."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return (
            ("a list" if all(isinstance(v, str) for v in value) else "a list of other things")
            if value
            else "an empty list"
        )
    return repr(value) if isinstance(value, str) else str(value)


def told(name: str) -> str:
    """Name a parameter of the running command as the user gives it: its option."""
    ctx = click.get_current_context()
    return "--" + name_of(next(p for p in ctx.command.params if p.name == name and isinstance(p, click.Option)))


def from_file(name: str) -> bool:
    """Whether a parameter of the running command was given by the file."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and ctx.get_parameter_source(name) is ParameterSource.DEFAULT_MAP


@contextlib.contextmanager
def blamed(name: str) -> Iterator[None]:
    """Have a mistake in a parameter name the file and the key, if that is where it was made."""
    try:
        yield
    except UserError as error:
        if not from_file(name):
            raise
        ctx = click.get_current_context()
        raise type(error)(f"{ctx.meta[FILE]}: {told(name).removeprefix('--')}: {error}") from None
