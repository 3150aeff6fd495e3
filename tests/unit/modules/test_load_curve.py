"""The load curve: what its setter and the constructor refuse, and points worked out by hand."""

from __future__ import annotations

import pytest

from tests.support.chain import construct, refused
from tests.support.protocol import HUMP, Protocol

FIELDS = ("a", "b", "c", "d", "e", "f", "g", "h", "i")
TOO_FAR = 2 * 10**9 + 1

REFUSED = [
    ({"b": 0}, "load_curve: need 0 < B <= F"),
    ({"b": 8_001}, "load_curve: need 0 < B <= F"),
    ({"f": 10_001}, "load_curve: need 0 < B <= F"),
    ({"a": TOO_FAR}, "load_curve: A or C range"),
    ({"a": -TOO_FAR}, "load_curve: A or C range"),
    ({"c": TOO_FAR}, "load_curve: A or C range"),
    ({"c": -TOO_FAR}, "load_curve: A or C range"),
    ({"d": TOO_FAR}, "load_curve: D range"),
    ({"e": 4 * 10**9 + 1}, "load_curve: E or I range"),
    ({"e": -4 * 10**9 - 1}, "load_curve: E or I range"),
    ({"i": TOO_FAR}, "load_curve: E or I range"),
    ({"i": -TOO_FAR}, "load_curve: E or I range"),
    ({"g": 0}, "load_curve: G range"),
    ({"g": 2**32}, "load_curve: G range"),
    ({"h": 800_000_001}, "load_curve: need H <= F"),
    # f(0) = 0.205656972 / e - C is above -1 ppm up to C = 0.075657971
    ({"c": 75_657_972, "d": 129_999_000}, "load_curve: f(0) negative"),
    # A - C = 0.15 may differ from D by 1 ppm, that is by 1,000 nano
    ({"d": 150_001_001}, "load_curve: jump at B"),
    ({"d": 149_998_999}, "load_curve: jump at B"),
    # D + 0.3 E may be less than 1 ppm away from zero: 0.3 * 3,333 nano is the last below
    ({"e": -500_003_334}, "load_curve: f(F) not zero"),
    ({"e": -499_996_666}, "load_curve: f(F) not zero"),
    # 22.5 * (0.8 - 0.788888889)**2 = 0.002777778; 2 ppm more is a jump
    ({"i": -2_775_777}, "load_curve: jump at F"),
    # f(1) = 22.5 * 0.211111111**2 + I; with G a hundredfold and H next to F, f(1) is 2250 * 0.04 = 90
    ({"g": 2_250_000_000, "h": 800_000_000, "i": 0}, "load_curve: amplifier"),
    # A = C = D = E = 0 makes f zero up to F
    ({"a": 0, "c": 0, "d": 0, "e": 0}, "load_curve: peak range"),
    # A - C = 1.1 at B, more than a bonus of everything
    ({"a": 1_500_000_000, "c": 400_000_000, "d": 1_100_000_000, "e": -3_666_666_667}, "load_curve: peak range"),
]

ALLOWED = [
    {"c": 75_657_971, "d": 129_999_001, "e": -433_330_004},
    {"d": 150_001_000, "e": -500_003_333},
    {"d": 149_999_000, "e": -499_996_667},
    {"i": -2_775_778},
    {"h": 800_000_000, "i": 0},
    {"b": 8_000, "a": -100_000_000, "c": -100_000_000, "d": 0},
    {"f": 10_000, "e": -300_000_000, "h": 1_000_000_000, "i": 0},
]


def curve(**changes: int) -> tuple[int, ...]:
    """Make the default curve with some constants changed."""
    assert set(changes) <= set(FIELDS)
    return tuple((dict(zip(FIELDS, HUMP, strict=True)) | changes).values())


@pytest.mark.parametrize(("changes", "reason"), REFUSED)
def test_setter_refuses(protocol: Protocol, changes: dict[str, int], reason: str) -> None:
    """Each condition, just outside its bound where it has one."""
    with refused(reason):
        protocol.slasher.set_curve(curve(**changes), sender=protocol.owner)


@pytest.mark.parametrize(("changes", "reason"), [REFUSED[0], REFUSED[-1]])
def test_constructor_refuses_too(changes: dict[str, int], reason: str) -> None:
    """The first curve passes the same check, from its first condition to its last."""
    with refused(reason):
        construct("ParticipantRegistry", curve=curve(**changes))


@pytest.mark.parametrize("changes", ALLOWED)
def test_setter_allows_the_bounds(protocol: Protocol, changes: dict[str, int]) -> None:
    """Each condition, just inside its bound."""
    protocol.slasher.set_curve(curve(**changes), sender=protocol.owner)


@pytest.mark.parametrize(
    ("x", "bonus"),
    [
        # 0.205656972 exp(-((x - 0.5) / 0.5)**2) - 0.055656972
        (0, 19_999),
        (1_000, 52_784),
        (2_000, 87_825),
        (4_000, 141_936),
        (5_000, 150_000),
        # 0.15 - (x - 0.5) / 2
        (5_001, 149_950),
        (6_000, 100_000),
        (7_999, 50),
        (8_000, 0),
        # 22.5 (x - 0.788888889)**2 - 0.002777778
        (8_500, 81_249),
        (9_000, 274_999),
        (10_000, 999_999),
    ],
)
def test_rate(protocol: Protocol, x: int, bonus: int) -> None:
    """The three branches and their borders, rounded down; above F the rate amplifies slashing, up to F it does not."""
    amplifier = 1_000_000 + bonus if x > 8_000 else 1_000_000
    assert protocol.slasher.rate(x) == (bonus, amplifier)


def test_no_rate_above_full_load(protocol: Protocol) -> None:
    """Load is at most everything."""
    with refused("slasher: load above one"):
        protocol.slasher.rate(10_001)
