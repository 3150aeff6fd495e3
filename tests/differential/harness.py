"""Running the harness contracts on titanoboa, in batches, and comparing them with the twins.

A batch runs in titanoboa's fast mode, which compiles the contract's intermediate code to Python and is twenty times
faster than interpreting bytecode; its first ``SLICE`` rows, where the generators put their edge cases, run as bytecode
besides, so that the compiler's last stages are under test as well. Arguments and results are words of 32 bytes all
through, encoded here, because titanoboa's own coding of lists takes longer than running them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import boa
from boa.environment import Env
from eth_utils.abi import function_abi_to_4byte_selector

from offchain.chain.contract import revert_reason

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts" / "testing"
GENESIS = 1_700_000_000
EPOCH_SECONDS = 3_600
BATCH = 512
SLICE = 256
CASES = 10_240
WORD = 2**256

Row = tuple[int, ...]


class RevertError(Exception):
    """The contract reverted; the message is its reason, empty if it gave none."""


def flat(instance: Any) -> Row:
    """Fields of a dataclass as a row."""
    return tuple(int(getattr(instance, f.name)) for f in fields(instance))


def encode(rows: Sequence[Row]) -> bytes:
    """Rows of integers as words, negative ones in two's complement."""
    return b"".join((v % WORD).to_bytes(32, "big") for row in rows for v in row)


class Harness:
    """A harness contract, deployed on an environment of its own in either mode.

    Parameters
    ----------
    name : str
        Contract under ``contracts/testing``.
    *arguments : int
        Of its constructor.
    """

    def __init__(self, name: str, *arguments: int) -> None:
        deployer = boa.load_partial(str(CONTRACTS / f"{name}.vy"))
        self._places: dict[bool, tuple[Any, str]] = {}
        for fast in (False, True):
            env = Env(fast_mode_enabled=fast)
            env.evm.patch.timestamp = GENESIS
            with boa.swap_env(env):
                contract = deployer.deploy(*arguments)
            self._places[fast] = (env, contract.address)
        self._selectors: dict[str, bytes] = {
            entry["name"]: bytes(function_abi_to_4byte_selector(entry))
            for entry in contract.abi
            if entry["type"] == "function"
        }

    def raw(self, name: str, data: bytes, fast: bool = True) -> bytes:
        """Call a function with encoded arguments; its encoded result."""
        env, address = self._places[fast]
        computation = env.execute_code(to_address=address, data=self._selectors[name] + data, is_modifying=False)
        if computation.is_error:
            raise RevertError(revert_reason("0x" + computation.output.hex()) if computation.output else "")
        return bytes(computation.output)

    def single(self, name: str, row: Row, fast: bool = True) -> Row:
        """Call a function of plain words; its words."""
        output = self.raw(name, encode([row]), fast)
        return tuple(int.from_bytes(output[i : i + 32], "big") for i in range(0, len(output), 32))

    def batch(self, name: str, rows: Sequence[Row], trailing: Row = (), fast: bool = True) -> bytes:
        """Call a function of a list, and of words after it; the rows of the list it returns."""
        head = (32 * (1 + len(trailing)), *trailing, len(rows))
        return self.raw(name, encode([head, *rows]), fast)[64:]

    def reason(self, name: str, row: Row, fast: bool = True) -> str | None:
        """Reason a call reverts with, none if it does not."""
        try:
            self.raw(name, encode([row]), fast)
        except RevertError as error:
            return str(error)
        return None

    def agree(self, name: str, rows: Sequence[Row], expected: Sequence[Row], trailing: Row = ()) -> None:
        """Assert that the contract returns what the twin returned, row by row.

        Parameters
        ----------
        name : str
            Function of the harness.
        rows : sequence
            Arguments, at least ``CASES`` of them.
        expected : sequence
            Results of the twin.
        trailing : tuple of int
            Arguments after the list.
        """
        assert len(rows) == len(expected) >= CASES
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            self._compare(name, part, expected[start : start + BATCH], self.batch(name, part, trailing))
        self._compare(name, rows[:SLICE], expected[:SLICE], self.batch(name, rows[:SLICE], trailing, fast=False))

    @staticmethod
    def _compare(name: str, rows: Sequence[Row], expected: Sequence[Row], returned: bytes) -> None:
        if returned == encode(expected):
            return
        size = 32 * len(expected[0])
        assert len(returned) == size * len(rows), f"{name}: {len(returned)} bytes returned"
        for i, (row, result) in enumerate(zip(rows, expected, strict=True)):
            there = returned[size * i : size * (i + 1)]
            words = tuple(int.from_bytes(there[j : j + 32], "big") for j in range(0, size, 32))
            wanted = tuple(v % WORD for v in result)
            assert words == wanted, f"{name}{row}: contract {words}, twin {wanted}"


@cache
def formulas() -> Harness:
    """Deployed ``FormulaHarness``."""
    return Harness("FormulaHarness", GENESIS, EPOCH_SECONDS)


@cache
def packings() -> Harness:
    """Deployed ``PackingHarness``."""
    return Harness("PackingHarness")
