"""The compiled hash against the library everybody uses."""

from __future__ import annotations

import numpy as np
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from ballast.sim.market.keccak import LANES, hash_of_two

number = st.integers(0, 2**63 - 1) | st.sampled_from([0, 1, 255, 256, 2**32 - 1, 2**32, 2**62, 2**63 - 1])


@given(first=number, second=number)
def test_the_hash_is_keccak_256_of_two_words(first: int, second: int) -> None:
    out = np.zeros(4, dtype=np.uint64)
    hash_of_two(first, second, np.ones(LANES, dtype=np.uint64), out)
    expected = keccak(first.to_bytes(32, "big") + second.to_bytes(32, "big"))
    assert b"".join(int(part).to_bytes(8, "big") for part in out) == expected
