"""Parameters in files, and in tables of other files: one format, whether something is deployed or simulated.

Tables whose keys are the names of fields. What is left out keeps its default::

    [network]                # fields of NetworkParameters
    entry_fee = 2_000_000

    [curve]                  # a preset; or idle, best, b, f, full, as load_curve.designed takes them; or all of a to i
    preset = "hump"

    [slash]                  # fields of slash_split.SlashTerms
    finder = 200_000

    [filter]                 # fields of reputation_filter.FilterParameters
    alpha = 900_000

    [class]                  # fields of ClassParameters
    submit_seconds = 300
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from ballast.errors import ParameterError
from ballast.model import load_curve
from ballast.model.layout import Bounds
from ballast.model.load_curve import Curve
from ballast.model.parameters import NETWORK_KEYS, ClassParameters, ContractParameters, check_range
from ballast.model.reputation_filter import FilterParameters
from ballast.model.slash_split import SlashTerms

TABLES: Final = ("network", "curve", "slash", "filter", "class")
"""Tables of a parameter file."""
CURVE_FORMS: Final = (
    ("preset",),
    ("idle", "best", "b", "f", "full"),
    tuple(f.name for f in fields(Curve)),
)
"""Keys by which a curve is given: a name, what it should pay, its constants."""
DESIGN_BOUNDS: Final[Bounds] = (
    ("idle", 0, 10**9, "nano"),
    ("best", 0, 10**9, "nano"),
    ("b", 1, 10_000, "basis points"),
    ("f", 1, 10_000, "basis points"),
    ("full", 0, 9 * 10**9, "nano"),
)


def load(path: Path) -> ContractParameters:
    """Read a parameter file, in TOML.

    Raises
    ------
    ParameterError
        If the file cannot be read, or a key, a type or a value is wrong; one line that starts with the file's name.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ParameterError(f"{path}: not a text file in UTF-8") from None
    except (ValueError, RecursionError) as error:  # a number may have too many digits, and a list too many lists in it
        raise ParameterError(f"{path}: not TOML: {error}") from None
    except OSError as error:
        raise ParameterError(f"{path}: cannot be read: {error.strerror}") from None
    if gives_nothing(table) and "class" not in table:  # a class may have nothing but defaults
        raise ParameterError(f"{path}: gives no parameter: name some, or leave the file out for the defaults")
    return read_tables(table, str(path))


def gives_nothing(tables: Mapping[str, Any]) -> bool:
    """Whether tables give no parameter."""
    return all(content == {} for content in tables.values())


def read_tables(table: Mapping[str, Any], source: str, default: ContractParameters | None = None) -> ContractParameters:
    """Parameters from the tables of a TOML or JSON file.

    Parameters
    ----------
    table : mapping
        Tables by name, as in the module's example.
    source : str
        Where it comes from, the start of every message.
    default : ContractParameters, optional
        Values of what the tables leave out; those of a deployment if not given.

    Raises
    ------
    ParameterError
        If a key, a type or a value is wrong.
    """
    default = default or ContractParameters()
    network, terms = default.network, default.terms
    try:
        if not isinstance(table, Mapping):
            raise ParameterError(f"parameters are {table!r}: must be tables {', '.join(TABLES)}")
        for key in table:
            if home := "network" if key in NETWORK_KEYS else "curve" if key == "preset" else "":
                raise ParameterError(f"{key} stands outside of the tables: put it into [{home}]")
        _check_keys(table, TABLES, "")
        changes: dict[str, Any] = _part(table.get("network", {}), "network", NETWORK_KEYS)
        if "curve" in table:
            changes |= _curve(table["curve"])
        changes |= {
            "slash": _replaced(network.slash, table.get("slash", {}), "slash"),
            "filter": _replaced(network.filter, table.get("filter", {}), "filter"),
        }
        if "class" in table:
            terms = _replaced(terms or ClassParameters(), table["class"], "class")
        parameters = ContractParameters(replace(network, **changes), terms)
        parameters.validate()
    except ParameterError as error:
        raise ParameterError(f"{source}: {error}") from None
    return parameters


def class_from_table(table: Mapping[str, Any], source: str) -> ClassParameters:
    """Class parameters from a table of a JSON file.

    Parameters
    ----------
    table : mapping
        Keys are the names of the fields.
    source : str
        Where it comes from, the start of every message.

    Raises
    ------
    ParameterError
        If a key, a type or a value is wrong.
    """
    terms = read_tables({"class": table}, source).terms
    assert terms is not None
    return terms


def _curve(value: Any) -> dict[str, Any]:
    """Find the preset or the curve that a table gives."""
    part = _part(value, "curve", tuple(dict.fromkeys(key for form in CURVE_FORMS for key in form)))
    form = next((form for form in CURVE_FORMS if {*part} <= {*form}), None)
    if form is None or not part:
        given = f"has {' and '.join(part)}" if part else "is empty"
        raise ParameterError(f"curve {given}: give a preset, or idle, best, b, f and full, or all of a to i")
    missing = [key for key in form if key not in part]
    if missing:
        raise ParameterError(f"curve.{missing[0]} is missing: a curve has all of {', '.join(form)}")
    if form == CURVE_FORMS[0]:
        return {"preset": part["preset"], "curve": None}
    if form == CURVE_FORMS[1]:
        for name, low, high, unit in DESIGN_BOUNDS:
            check_range(f"curve.{name}", part[name], low, high, unit)
        return {"preset": load_curve.DEFAULT_PRESET, "curve": load_curve.designed(**part)}
    return {"preset": load_curve.DEFAULT_PRESET, "curve": Curve(**part)}


Part = TypeVar("Part", SlashTerms, FilterParameters, ClassParameters)


def _replaced(default: Part, value: Any, name: str) -> Part:
    """Replace fields of the default by those of a table."""
    return replace(default, **_part(value, name, [f.name for f in fields(default)]))


def _part(value: Any, name: str, keys: Sequence[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ParameterError(f"{name} is {value!r}: must be a table [{name}]")
    _check_keys(value, keys, f"{name}.")
    return dict(value)


def _check_keys(table: Mapping[str, Any], known: Sequence[str], prefix: str) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {prefix}{close[0]}?" if close else f"known are {', '.join(known)}"
            raise ParameterError(f"unknown key {prefix}{key}: {hint}")
