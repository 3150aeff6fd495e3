"""Random arguments steered to edges.

A column of arguments is drawn by `Cases.column`: a quarter from the edges of its range and whatever edges the caller
names, a quarter spread evenly over the orders of magnitude, the rest even over the range. Every column begins with its
edges, shuffled, so that the first rows of a batch are the worst ones.
"""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from tests.differential.harness import CASES

T = TypeVar("T")

SEED = int(os.environ.get("BALLAST_SEED", "20250102"))
EDGE_ROWS = 1_024


class Cases:
    """A stream of random arguments of its own for each test.

    Parameters
    ----------
    name : str
        Name of the test; with the seed it fixes the stream.
    """

    def __init__(self, name: str) -> None:
        print(f"{name}: BALLAST_SEED={SEED}")
        self.rng = np.random.default_rng(np.random.SeedSequence([SEED, zlib.crc32(name.encode())]))

    def _even(self, low: int, high: int, size: int) -> list[int]:
        if low >= -(2**63) and high < 2**63 - 1:
            return [int(v) for v in self.rng.integers(low, high, size=size, endpoint=True)]
        width = (high - low).bit_length() // 8 + 9
        raw = self.rng.bytes(width * size)
        span = high - low + 1
        return [low + int.from_bytes(raw[i : i + width], "big") % span for i in range(0, width * size, width)]

    def column(self, low: int, high: int, *edges: int, size: int = CASES) -> list[int]:
        """Integers from a closed range, steered.

        Parameters
        ----------
        low, high : int
            Bounds of the range.
        *edges : int
            Further values of interest; those outside the range are dropped.
        size : int
            How many.
        """
        near = [low, low + 1, (low + high) // 2, high - 1, high, -1, 0, 1]
        near += [e + d for e in edges for d in (-1, 0, 1)]
        near = [v for v in near if low <= v <= high]
        first = min(EDGE_ROWS, size)
        out = self.pick(near, first)
        rest = size - first
        kinds = self.rng.integers(0, 8, size=rest)
        even = iter(self._even(low, high, rest))
        lengths = self.rng.integers(0, max(1, (high - low).bit_length()), size=rest, endpoint=True)
        for kind, length in zip(kinds, lengths, strict=True):
            value = next(even)
            if kind < 1:
                value = near[value % len(near)]
            elif kind < 3:
                value = low + (value - low) % (1 << int(length))
            out.append(value)
        return out

    def pick(self, values: Sequence[T], size: int = CASES) -> list[T]:
        """Values drawn evenly from some."""
        return [values[int(i)] for i in self.rng.integers(0, len(values), size=size)]

    def words(self, size: int = CASES) -> list[int]:
        """Words of 256 bits: even, all ones, all zeros, single bits, runs of ones."""
        runs = [(1 << n) - 1 << s for n in (1, 14, 20, 32, 96, 112, 255) for s in range(0, 257 - n)]
        out: list[int] = self.pick([0, 2**256 - 1, *runs], min(EDGE_ROWS, size))
        return out + self._even(0, 2**256 - 1, size - len(out))

    def instances(self, kind: type[T], size: int = CASES, **widths: int) -> list[T]:
        """Instances of a dataclass whose fields use all of their bits; a negative width means two's complement."""
        names = [f.name for f in fields(kind)]  # type: ignore[arg-type]
        assert list(widths) == names
        columns: list[list[int]] = []
        for width in widths.values():
            low, high = (0, 2**width - 1) if width > 0 else (-(2 ** (-width - 1)), 2 ** (-width - 1) - 1)
            columns.append(self.column(low, high, size=size))
        return [kind(*row) for row in zip(*columns, strict=True)]


def covered(branches: Iterable[Any], *names: Any, least: int = 50) -> None:
    """Assert that each branch was taken often enough, and no other than the named ones."""
    counts = Counter(branches)
    print(dict(counts))
    assert set(counts) == set(names), f"branches taken: {dict(counts)}"
    assert min(counts.values()) >= least, f"branches taken: {dict(counts)}"
