"""Epochs: numbers, boundaries, and the conditions of the constructor."""

from __future__ import annotations

import pytest

from ballast.errors import ModelError, ParameterError
from ballast.model import epoch_clock
from ballast.model.activity import MAX_EPOCH_SECONDS
from tests.model.properties import given, integers


@given(genesis=integers(1, 2**40), length=integers(60, 10**6), age=integers(0, 2**40))
def test_moments_and_epochs(genesis: int, length: int, age: int) -> None:
    """A moment lies in the epoch that started last."""
    now = genesis + age
    epoch = epoch_clock.epoch_at(genesis, length, now)
    start = epoch_clock.start_of(genesis, length, epoch)
    into = epoch_clock.seconds_into(genesis, length, now)
    assert epoch >= 1
    assert start + into == now
    assert 0 <= into < length
    assert epoch_clock.position(genesis, length, now) == (epoch, into)


def test_boundaries() -> None:
    """The first epoch is number 1, and a boundary belongs to the epoch it starts."""
    assert epoch_clock.epoch_at(1_000, 60, 1_000) == 1
    assert epoch_clock.epoch_at(1_000, 60, 1_059) == 1
    assert epoch_clock.epoch_at(1_000, 60, 1_060) == 2
    assert epoch_clock.start_of(1_000, 60, 2) == 1_060


def test_before_genesis() -> None:
    """There is no epoch, as the contract's subtraction reverts."""
    for function in (epoch_clock.epoch_at, epoch_clock.seconds_into, epoch_clock.position):
        with pytest.raises(ModelError, match=r"^arithmetic$"):
            function(1_000, 60, 999)


@pytest.mark.parametrize(
    ("reason", "clock"),
    [
        ("epoch_clock: genesis", (0, 3_600, 1_000)),
        ("epoch_clock: genesis", (1_001, 3_600, 1_000)),
        ("epoch_clock: genesis too old", (1, 60, 1 + 60 * 2**20)),
        ("epoch_clock: epoch too short", (1_000, 59, 1_000)),
        ("epoch_clock: epoch too long", (1_000, MAX_EPOCH_SECONDS + 1, 1_000)),
    ],
)
def test_check_refuses(reason: str, clock: tuple[int, int, int]) -> None:
    """One argument out of its bounds by the least amount, and the contract's reason."""
    with pytest.raises(ParameterError) as refusal:
        epoch_clock.check(*clock)
    assert str(refusal.value) == reason


def test_check_accepts_bounds() -> None:
    """The shortest and the longest epoch, and a genesis of this second."""
    epoch_clock.check(1_000, 60, 1_000)
    epoch_clock.check(1, MAX_EPOCH_SECONDS, 1_000)
