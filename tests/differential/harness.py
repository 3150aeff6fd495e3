"""The harness contracts on a local Anvil, called in batches and compared with the twins.

Half a million evaluations would take titanoboa minutes, and its fast mode, which runs the compiler's intermediate code
instead of bytecode, gets loops over lists of arrays wrong. A batch here is one ``eth_call``; nothing is ever sent,
and the time is always ``GENESIS``. All arguments and results are words of 32 bytes, encoded here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import boa
from eth_utils.abi import function_abi_to_4byte_selector
from vyper.compiler.output import build_abi_output

from ballast.chain.rpc import JsonRpc
from ballast.errors import RpcError

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts" / "testing"
GENESIS = 1_700_000_000
EPOCH_SECONDS = 3_600
BATCH = 512
CASES = 10_240
WORD = 2**256
REVERTED = "execution reverted"

Row = tuple[int, ...]


def flat(instance: Any) -> Row:
    """Fields of a dataclass as a row."""
    return tuple(int(getattr(instance, f.name)) for f in fields(instance))


def encode(rows: Sequence[Row]) -> bytes:
    """Rows of integers as words, negative ones in two's complement."""
    return b"".join((v % WORD).to_bytes(32, "big") for row in rows for v in row)


@cache
def compiled(name: str) -> tuple[bytes, dict[str, bytes]]:
    """Creation code of a contract under ``contracts/testing``, and the selectors of its functions."""
    deployer = boa.load_partial(str(CONTRACTS / f"{name}.vy"))
    data = deployer.compiler_data
    functions = [entry for entry in build_abi_output(data) if entry["type"] == "function"]
    return data.bytecode, {f["name"]: bytes(function_abi_to_4byte_selector(f)) for f in functions}


def construct(rpc: JsonRpc, name: str, *arguments: int) -> str:
    """Run a contract's constructor; the code it would deploy."""
    code, _ = compiled(name)
    return str(rpc.call("eth_call", {"data": "0x" + (code + encode([arguments])).hex()}, "latest"))


class Harness:
    """A harness contract on a node.

    Parameters
    ----------
    rpc : JsonRpc
        The node.
    name : str
        Contract under ``contracts/testing``.
    *arguments : int
        Of its constructor.
    """

    def __init__(self, rpc: JsonRpc, name: str, *arguments: int) -> None:
        self._rpc = rpc
        _, self._selectors = compiled(name)
        self._address = "0x" + secrets.token_hex(20)
        rpc.call("anvil_setCode", self._address, construct(rpc, name, *arguments))

    def raw(self, name: str, data: bytes) -> bytes:
        """Call a function with encoded arguments; its encoded result."""
        call = {"to": self._address, "data": "0x" + (self._selectors[name] + data).hex()}
        return bytes.fromhex(self._rpc.call("eth_call", call, "latest")[2:])

    def single(self, name: str, *words: int) -> Row:
        """Call a function of words; the words it returns."""
        output = self.raw(name, encode([words]))
        return tuple(int.from_bytes(output[i : i + 32], "big") for i in range(0, len(output), 32))

    def batch(self, name: str, rows: Sequence[Row], trailing: Row = ()) -> bytes:
        """Call a function of a list, and of words after it; the rows of the list it returns, encoded."""
        head = (32 * (1 + len(trailing)), *trailing, len(rows))
        return self.raw(name, encode([head, *rows]))[64:]

    def reason(self, name: str, words: Row) -> str | None:
        """Reason a call reverts with, empty if it gives none; None if it does not revert."""
        return refused(lambda: self.raw(name, encode([words])))

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
            part, results = rows[start : start + BATCH], expected[start : start + BATCH]
            returned = self.batch(name, part, trailing)
            if returned != encode(results):
                differ(name, part, results, returned)


def refused(call: Callable[[], object]) -> str | None:
    """Reason a call of a contract reverts with, empty if it gives none; None if it does not revert."""
    try:
        call()
    except RpcError as error:
        message = str(error)
        if REVERTED not in message:
            raise
        return message.partition(REVERTED)[2].removeprefix(": ")
    return None


def differ(name: str, rows: Sequence[Row], expected: Sequence[Row], returned: bytes) -> None:
    """Fail with the first row on which contract and twin differ."""
    size = 32 * len(expected[0])
    assert len(returned) == size * len(rows), f"{name}: {len(returned)} bytes returned"
    for i, (row, result) in enumerate(zip(rows, expected, strict=True)):
        there = returned[size * i : size * (i + 1)]
        words = tuple(int.from_bytes(there[j : j + 32], "big") for j in range(0, size, 32))
        wanted = tuple(v % WORD for v in result)
        assert words == wanted, f"{name}{row}: contract {words}, twin {wanted}"
