"""Long division, against Python's, over operands of all lengths."""

from __future__ import annotations

import random

import pytest

from ballast.evm.chain import Chain, encoded
from tests.evm.both import HERE, assemble

NEAR = (-2, -1, 0, 1, 2)


def operands(seed: int, count: int) -> list[tuple[int, int]]:
    """Pairs of numbers of random lengths, many of them next to powers of two or to multiples of the divisor."""
    rng = random.Random(seed)
    pairs = []
    for _ in range(count):
        divisor = rng.getrandbits(rng.randint(1, 256))
        number = rng.getrandbits(rng.randint(1, 256))
        match rng.randint(0, 4):
            case 0:
                divisor = (1 << rng.randint(1, 255)) + rng.choice(NEAR)
            case 1:
                number = divisor * rng.getrandbits(rng.randint(1, 256 - divisor.bit_length() or 1)) + rng.choice(NEAR)
            case 2:
                number = 2**256 - 1 - rng.getrandbits(4)
        pairs.append((number % 2**256, divisor % 2**256))
    return pairs


@pytest.mark.parametrize("seed", range(4))
def test_division(seed: int) -> None:
    chain = Chain(1)
    program = "32 CALLDATALOAD PUSH0 CALLDATALOAD DUP2 DUP2 {} PUSH0 MSTORE {} 32 MSTORE 64 PUSH0 RETURN"
    chain.install(HERE, assemble(program.format("DIV", "MOD")))
    for number, divisor in operands(seed, 5_000):
        found = chain.view(encoded(HERE), number.to_bytes(32) + divisor.to_bytes(32))
        expected = divmod(number, divisor) if divisor else (0, 0)
        assert (int.from_bytes(found[:32]), int.from_bytes(found[32:])) == expected, (number, divisor)
