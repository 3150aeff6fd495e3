"""Parameter files: what they may say, and the one line that tells what is wrong with one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ballast.errors import ParameterError
from ballast.model.load_curve import PRESETS
from ballast.model.parameter_files import class_from_table, load, read_tables
from ballast.model.parameters import ClassParameters, ContractParameters, NetworkParameters

NAMES = ", ".join(PRESETS)
HUMP = PRESETS["hump"]
DESIGN = "[curve]\nidle = {idle}\nbest = {best}\nb = {b}\nf = {f}\nfull = {full}\n"
ADJUDICATOR = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
CURVE = "[curve]\na = {a}\nb = {b}\nc = {c}\nd = {d}\ne = {e}\nf = {f}\ng = {g}\nh = {h}\ni = {i}\n"


def write(folder: Path, text: str) -> Path:
    """Write a parameter file."""
    path = folder / "parameters.toml"
    path.write_text(text)
    return path


def test_a_file_that_gives_nothing_is_no_way_to_say_default(tmp_path: Path) -> None:
    path = write(tmp_path, "# fee = 10_000\n")
    with pytest.raises(ParameterError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: gives no parameter: name some, or leave the file out for the defaults"


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    text = "[network]\nentry_fee = 5\npay_per_value = 0\n[curve]\npreset = 'hump'\n[slash]\nfinder = 1\n"
    default = NetworkParameters()
    changed = replace(
        default,
        entry_fee=5,
        pay_per_value=0,
        preset="hump",
        slash=replace(default.slash, finder=1),
        filter=replace(default.filter, omega=30_000),
    )
    assert load(write(tmp_path, text + "[filter]\nomega = 30_000\n")) == ContractParameters(changed)
    terms = ClassParameters(steps=4, floor=1_000)
    assert load(write(tmp_path, "[class]\nsteps = 4\nfloor = 1_000")) == ContractParameters(default, terms)


def test_tables_may_change_other_parameters_than_the_defaults() -> None:
    default = ContractParameters(NetworkParameters(fee=700, preset="hump"), ClassParameters(steps=5))
    found = read_tables(
        {"network": {"entry_fee": 9}, "class": {"floor": 3_000}, "slash": {"finder": 2}}, "here", default
    )
    slash = replace(default.network.slash, finder=2)
    network = NetworkParameters(fee=700, preset="hump", entry_fee=9, slash=slash)
    assert found == ContractParameters(network, ClassParameters(steps=5, floor=3_000))
    assert read_tables({"filter": {}}, "here", default) == default
    smooth = read_tables({"curve": {"preset": "smooth"}}, "here", ContractParameters(NetworkParameters(curve=HUMP)))
    assert smooth.network.chosen_curve == PRESETS["smooth"]


def test_a_file_gives_a_curve_by_its_constants(tmp_path: Path) -> None:
    smooth = PRESETS["smooth"]
    text = CURVE.format(**{name: getattr(smooth, name) for name in "abcdefghi"})
    assert load(write(tmp_path, text)).network.chosen_curve == smooth


def test_a_file_gives_a_curve_by_what_it_should_pay(tmp_path: Path) -> None:
    text = DESIGN.format(idle=20_000_000, best=150_000_000, b=5_000, f=8_000, full=10**9)
    assert load(write(tmp_path, text)).network.curve == HUMP


@pytest.mark.parametrize(
    "parameters",
    [NetworkParameters(), NetworkParameters(preset="smooth", fee=0), NetworkParameters(curve=PRESETS["monotone"])],
    ids=["default", "preset", "curve"],
)
def test_tables_bring_parameters_back(parameters: NetworkParameters) -> None:
    assert read_tables(parameters.to_table(), "here") == ContractParameters(parameters)
    both = ContractParameters(parameters, ClassParameters(steps=3))
    assert read_tables(both.to_table(), "here") == both


def test_class_tables_bring_terms_back() -> None:
    terms = ClassParameters(start=400_000, floor=300_000, adjudicator="0x" + "ab" * 20)
    assert class_from_table(terms.to_table(), "here") == terms


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("fee = ", "not TOML: Invalid value (at "),
        pytest.param(
            f"[network]\nfee = {'9' * 5_000}", "not TOML: Exceeds the limit (4300 digits)", id="number too long"
        ),
        ("[network]\n[slash]", "gives no parameter: name some, or leave the file out for the defaults"),
        (
            "[network]\nfee = 1\n[curve]",
            "curve is empty: give a preset, or idle, best, b, f and full, or all of a to i",
        ),
        ("entry_fee = 1", "entry_fee stands outside of the tables: put it into [network]"),
        ('preset = "hump"', "preset stands outside of the tables: put it into [curve]"),
        ("[slsh]\nburn = 1", "unknown key slsh: did you mean slash?"),
        ("colour = 1", "unknown key colour: known are network, curve, slash, filter, class"),
        ("[network]\nentry_feee = 1", "unknown key network.entry_feee: did you mean network.entry_fee?"),
        ("[network]\ncolour = 1", "unknown key network.colour: known are entry_fee, thaw_seconds, "),
        ("network = 3", "network is 3: must be a table [network]"),
        ("class = 3", "class is 3: must be a table [class]"),
        ("curve = 'hump'", "curve is 'hump': must be a table [curve]"),
        ("[slash]\nfindr = 1", "unknown key slash.findr: did you mean slash.finder?"),
        ("slash = 3", "slash is 3: must be a table [slash]"),
        ("[network]\nfee = 1.5", "fee is 1.5: must be an integer from 0 to 200000 (ppm of the price)"),
        ('[network]\nfee = "1"', "fee is '1': must be an integer from 0 to 200000 (ppm of the price)"),
        ("[network]\nfee = true", "fee is True: must be an integer from 0 to 200000 (ppm of the price)"),
        ("[network]\nfee = -1", "fee is -1: must be from 0 to 200000 (ppm of the price)"),
        ("[network]\nepoch_seconds = 59", "epoch_seconds is 59: must be from 60 to 1000000 (seconds)"),
        ("[network]\nthaw_seconds = 1", "thaw_seconds is 1: must be from 1209600 to 7776000 (seconds, "),
        ("[network]\npay_per_value = 101", "pay_per_value is 101: must be from 0 to 100 (token units)"),
        ('[curve]\npreset = "humpy"', "preset is 'humpy': must be one of " + NAMES),
        ("[curve]\npreset = 3", "preset is 3: must be one of " + NAMES),
        ("[curve]\npreset = []", "preset is []: must be one of " + NAMES),
        (
            "[curve]\npreset = 'hump'\na = 1",
            "curve has preset and a: give a preset, or idle, best, b, f and full, or all of a to i",
        ),
        ("[curve]\nbset = 1", "unknown key curve.bset: did you mean curve.best?"),
        ("[curve]\nb = 1", "curve.idle is missing: a curve has all of idle, best, b, f, full"),
        (
            DESIGN.format(idle=-1, best=1, b=1, f=2, full=1),
            "curve.idle is -1: must be from 0 to 1000000000 (nano)",
        ),
        (
            DESIGN.format(idle=0.5, best=1, b=1, f=2, full=1),
            "curve.idle is 0.5: must be an integer from 0 to 1000000000 (nano)",
        ),
        (DESIGN.format(idle=0, best=10**8, b=5_000, f=9_999, full=10**9), "curve.g is "),
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
        load(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("step = 4", "unknown key class.step: did you mean class.steps?"),
        ("steps = 64", "steps is 64: must be from 2 to 63 (steps of the clock)"),
        (
            "start = 980_001",
            "start is 980001: must be from 100000 to 980000 (ppm of the reward, between floor and cap)",
        ),
        ("floor = 981_000", "floor is 981000: must be from 1000 to 980000 (ppm of the reward, at most the cap)"),
        ("tick = 10_500", "tick is 10500: must be a multiple of 1000, such as 10000 or 11000"),
        ("stake_share = 99", "stake_share is 99: must be a multiple of 100, such as 0 or 100"),
        ("wrong_factor = 99_999", "wrong_factor is 99999: must be from 100000 to 1000000 (ppm, at least slash_factor)"),
        ("operator_share = 50_100", "operator_share is 50100: must be from 0 to 50000 (half of slash_factor)"),
        (
            "collateral = 979_999",
            "collateral is 979999: must be from 980000 to 4000000 (ppm, at least the cap)",
        ),
        (
            "rescue_seconds = 262_143\nsubmit_seconds = 262_143",
            "steps, step_seconds, submit_seconds, rescue_seconds and challenge_seconds let a task live 1742807 "
            "seconds: must be at most 1209600, of which 432000 are for a dispute",
        ),
        ('adjudicator = "0x12"', "adjudicator is '0x12': must be an address, 0x and 40 hex digits"),
        (
            f'adjudicator = "{ADJUDICATOR.replace("0xf", "0xF")}"',
            f"adjudicator is {ADJUDICATOR.replace('0xf', '0xF')!r}: a digit is wrong, as its capitals show (EIP-55)",
        ),
    ],
)
def test_a_wrong_class_file_is_one_line(text: str, complaint: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"[class]\n{text}")
    with pytest.raises(ParameterError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: {complaint}"


def test_an_address_has_its_checksum_or_none() -> None:
    for address in (ADJUDICATOR, ADJUDICATOR.lower(), f"0x{ADJUDICATOR[2:].upper()}"):
        ClassParameters(adjudicator=address).validate()


def test_tables_are_tables() -> None:
    with pytest.raises(ParameterError, match=r"^here: parameters are 3: must be tables network, curve, "):
        read_tables(3, "here")  # type: ignore[arg-type]


def test_a_class_alone_is_something_to_register(tmp_path: Path) -> None:
    assert load(write(tmp_path, "[class]\n")) == ContractParameters(terms=ClassParameters())


@pytest.mark.parametrize("who", ["operator", "executor"])
@pytest.mark.parametrize(("newcomer", "most"), [(0, 500_000), (-1_000_000, 268_941), (-6_000_000, 2_473)])
def test_a_class_that_no_newcomer_could_enter(tmp_path: Path, who: str, newcomer: int, most: int) -> None:
    """What a newcomer has is enough; a step more, and a network with this class alone would never begin."""
    least = most // 1_000 * 1_000
    text = f"[filter]\nnewcomer = {newcomer}\n[class]\nmin_{who}_reputation = "
    load(write(tmp_path, f"{text}{least}"))
    with pytest.raises(ParameterError, match=f"min_{who}_reputation is {least + 1_000}: must be from 0 to {most} "):
        load(write(tmp_path, f"{text}{least + 1_000}"))


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "parameters.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ParameterError, match="not a text file in UTF-8"):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot be read: No such file or directory"):
        load(tmp_path / "parameters.toml")


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot be read: Is a directory"):
        load(tmp_path)
