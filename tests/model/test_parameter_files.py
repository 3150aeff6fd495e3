"""Parameter files: what they may say, and the one line that tells what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ballast.errors import ParameterError
from ballast.model.load_curve import PRESETS
from ballast.model.parameters import (
    ClassParameters,
    NetworkParameters,
    class_from_table,
    load_class,
    load_network,
    network_from_table,
)

NAMES = ", ".join(PRESETS)
CURVE = "[curve]\na = {a}\nb = {b}\nc = {c}\nd = {d}\ne = {e}\nf = {f}\ng = {g}\nh = {h}\ni = {i}\n"


def write(folder: Path, text: str) -> Path:
    """Write a parameter file."""
    path = folder / "parameters.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("load", [load_network, load_class])
def test_a_file_that_gives_nothing_is_no_way_to_say_default(
    load: Callable[[Path], NetworkParameters | ClassParameters], tmp_path: Path
) -> None:
    path = write(tmp_path, "# fee = 10_000\n")
    with pytest.raises(ParameterError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: gives no parameter: name some, or leave the file out for the defaults"


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    text = 'entry_fee = 5\npay_per_value = 0\npreset = "hump"\n[slash]\nfinder = 1\n[filter]\nomega = 30_000\n'
    default = NetworkParameters()
    assert load_network(write(tmp_path, text)) == replace(
        default,
        entry_fee=5,
        pay_per_value=0,
        preset="hump",
        slash=replace(default.slash, finder=1),
        filter=replace(default.filter, omega=30_000),
    )
    assert load_class(write(tmp_path, "steps = 4\nfloor = 1")) == ClassParameters(steps=4, floor=1)


def test_a_file_gives_a_curve_by_its_constants(tmp_path: Path) -> None:
    smooth = PRESETS["smooth"]
    text = CURVE.format(**{name: getattr(smooth, name) for name in "abcdefghi"})
    assert load_network(write(tmp_path, text)).chosen_curve == smooth


@pytest.mark.parametrize(
    "parameters",
    [NetworkParameters(), NetworkParameters(preset="smooth", fee=0), NetworkParameters(curve=PRESETS["monotone"])],
    ids=["default", "preset", "curve"],
)
def test_tables_bring_parameters_back(parameters: NetworkParameters) -> None:
    assert network_from_table(parameters.to_table(), "here") == parameters


def test_class_tables_bring_terms_back() -> None:
    terms = ClassParameters(start=400_000, floor=900_000, adjudicator="0x" + "ab" * 20)
    assert class_from_table(terms.to_table(), "here") == terms


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("entry_fee = ", "not TOML: Invalid value (at "),
        ("entry_feee = 1", "unknown key entry_feee: did you mean entry_fee?"),
        ("colour = 1", "unknown key colour: known are entry_fee, thaw_seconds, "),
        ("[slash]\nfindr = 1", "unknown key slash.findr: did you mean slash.finder?"),
        ("slash = 3", "slash is 3: must be a table [slash]"),
        ("fee = 1.5", "fee is 1.5: must be an integer from 0 to 200000 (ppm of the price)"),
        ('fee = "1"', "fee is '1': must be an integer from 0 to 200000 (ppm of the price)"),
        ("fee = true", "fee is True: must be an integer from 0 to 200000 (ppm of the price)"),
        ("fee = -1", "fee is -1: must be from 0 to 200000 (ppm of the price)"),
        ("epoch_seconds = 59", "epoch_seconds is 59: must be from 60 to 1000000 (seconds)"),
        ("thaw_seconds = 1", "thaw_seconds is 1: must be from 1209600 to 7776000 (seconds, "),
        ("pay_per_value = 101", "pay_per_value is 101: must be from 0 to 100 (token units)"),
        ('preset = "humpy"', "preset is 'humpy': must be one of " + NAMES),
        ("preset = 3", "preset is 3: must be one of " + NAMES),
        ("preset = []", "preset is []: must be one of " + NAMES),
        ('preset = "hump"\n[curve]\na = 1', "preset and [curve] exclude each other: give one"),
        ("[curve]\na = 1", "curve.b is missing: a curve has all of a, b, c, d, e, f, g, h, i"),
        (
            CURVE.format(a=0, b=9, c=0, d=0, e=0, f=8, g=1, h=0, i=0),
            "curve with a = 0, b = 9, c = 0, d = 0, e = 0, f = 8, g = 1, h = 0, i = 0: curve.b must not exceed curve.f",
        ),
        ("[slash]\nburn = 99_999", "slash.burn is 99999: must be from 100000 to 1000000 (ppm of a slash)"),
        (
            "[slash]\ncompensation = 700_000",
            "slash.compensation + slash.finder + slash.burn is 1050000: must be from 0 to 1000000 (ppm of a slash)",
        ),
        ("[filter]\nbeta = 1_000_000", "filter.beta is 1000000: must be from 0 to 999999 (ppm)"),
        (
            "[filter]\nnewcomer = 1_000_000",
            "filter.newcomer is 1000000: must be below omega / (1 - beta), 1000000 micro-logits, where honest",
        ),
        ("[filter]\ngamma = 50_001", "filter.gamma is 50001: must be from 0 to 50000 (a twentieth of alpha)"),
    ],
)
def test_a_wrong_network_file_is_one_line(text: str, complaint: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ParameterError) as caught:
        load_network(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("step = 4", "unknown key step: did you mean steps?"),
        ("steps = 64", "steps is 64: must be from 2 to 63 (steps of the clock)"),
        (
            "handicap = 400_000\nreputation_handicap = 133_333",
            "handicap + reputation_handicap is 533333: must be from 0 to 500000 (ppm of the clock)",
        ),
        (
            "reputation_handicap = 100_001",
            "reputation_handicap is 100001: must be from 0 to 100000 (a third of handicap)",
        ),
        ("operator_share = 50_001", "operator_share is 50001: must be from 0 to 50000 (half of slash_factor)"),
        (
            "collateral = 979_999",
            "collateral is 979999: must be from 980000 to 4000000 (ppm, at least the highest price)",
        ),
        (
            "rescue_seconds = 262_143\nsubmit_seconds = 262_143",
            "steps, step_seconds, submit_seconds, rescue_seconds and challenge_seconds let a task live 1742807 "
            "seconds: must be at most 1209600, of which 432000 are for a dispute",
        ),
        ('adjudicator = "0x12"', "adjudicator is '0x12': must be an address, 0x and 40 hex digits"),
    ],
)
def test_a_wrong_class_file_is_one_line(text: str, complaint: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ParameterError) as caught:
        load_class(path)
    assert str(caught.value) == f"{path}: {complaint}"


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "parameters.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ParameterError, match="not a text file in UTF-8"):
        load_network(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot be read: No such file or directory"):
        load_network(tmp_path / "parameters.toml")


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot be read: Is a directory"):
        load_class(tmp_path)
