"""The harness contracts on a local Anvil, called in batches and compared with the twins.

Half a million evaluations are too many for an interpreter of bytecode written in Python (and titanoboa's fast mode, which
runs the compiler's intermediate code instead, miscompiles loops over lists of structs), so the contracts run here as the
bytecode that would be deployed, on the machine they are deployed to. Nothing is sent: all functions are pure, and a
batch is one ``eth_call``. Arguments and results are words of 32 bytes all through, encoded here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import boa
from eth_utils.abi import function_abi_to_4byte_selector

from offchain.chain.rpc import JsonRpc
from offchain.errors import RpcError

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
    functions = [entry for entry in deployer.abi if entry["type"] == "function"]
    return deployer.compiler_data.bytecode, {f["name"]: bytes(function_abi_to_4byte_selector(f)) for f in functions}


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
        code, self._selectors = compiled(name)
        sender = rpc.call("eth_accounts")[0]
        sent = rpc.call("eth_sendTransaction", {"from": sender, "data": "0x" + (code + encode([arguments])).hex()})
        receipt = rpc.call("eth_getTransactionReceipt", sent)
        assert receipt["status"] == "0x1"
        self._address = receipt["contractAddress"]

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


def refused(call: Any) -> str | None:
    """Reason a call of a contract reverts with, empty if it gives none; None if it does not revert."""
    try:
        call()
    except RpcError as error:
        _, found, reason = str(error).partition(REVERTED)
        assert found, error
        return reason.removeprefix(": ")
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
