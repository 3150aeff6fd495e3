"""The hash of the model against the library everybody uses."""

from __future__ import annotations

import random

import pytest
from eth_utils.crypto import keccak

from ballast.model.keccak import RATE, keccak_256


def test_of_nothing() -> None:
    """The value that every explorer knows."""
    assert f"{keccak_256(b''):x}" == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize("size", [1, 32, 64, RATE - 1, RATE, RATE + 1, 2 * RATE - 1, 2 * RATE, 1_000])
def test_of_any_bytes(size: int) -> None:
    """One block and several, with one byte of padding and with a whole block of it."""
    data = random.Random(size).randbytes(size)
    assert keccak_256(data).to_bytes(32, "big") == keccak(data)
