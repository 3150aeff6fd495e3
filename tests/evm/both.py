"""Programs for the EVM, run by py-evm and by compiled code at once."""

from __future__ import annotations

from typing import NamedTuple

import boa
from boa.util.abi import Address
from eth.exceptions import Revert

from ballast.evm.chain import Chain, EvmTransaction, encoded
from ballast.evm.opcodes import OPCODES

NUMBERS = {opcode.name: number for number, opcode in OPCODES.items()}
HERE, THERE, ELSEWHERE, SENDER = (f"0x{digit * 40}" for digit in "1234")
GAS = 2**60
"""Enough for calls that halt, each of which takes 63 of 64 parts of it."""
SLOTS = 16
"""Storage slots that are always compared, from zero."""
RETURN_TOP = "PUSH0 MSTORE 32 PUSH0 RETURN"


def assemble(program: str) -> bytes:
    """Bytecode of a program: opcodes; numbers, which are pushed; ``@name`` to push a place, ``name:`` to be one."""
    pieces: list[bytes | str] = []
    places: dict[str, int] = {}
    size = 0
    for word in program.split():
        piece: bytes | str
        if word.endswith(":"):
            places[word[:-1]] = size
            piece = bytes([NUMBERS["JUMPDEST"]])
        elif word.startswith("@"):
            piece = word[1:]
        elif word[0].isdigit():
            number = int(word, 0)
            length = max((number.bit_length() + 7) // 8, 1)
            piece = bytes([NUMBERS["PUSH0"] + length]) + number.to_bytes(length)
        else:
            piece = bytes([NUMBERS[word]])
        pieces.append(piece)
        size += 3 if isinstance(piece, str) else len(piece)
    push2 = bytes([NUMBERS["PUSH2"]])
    return b"".join(p if isinstance(p, bytes) else push2 + places[p].to_bytes(2) for p in pieces)


class Result(NamedTuple):
    """How a call ended: ``ok``, ``reverted`` or ``halted``, and what it returned."""

    ended: str
    output: bytes

    @property
    def word(self) -> int:
        """What it returned, as a number."""
        return int.from_bytes(self.output)


class Both:
    """py-evm and a chain in memory, which have to agree."""

    def __init__(self) -> None:
        self.chain = Chain(boa.env.evm.patch.chain_id)
        self.chain.begin_block(boa.env.evm.patch.timestamp)
        self._addresses: list[str] = []

    def put(self, program: str | bytes, address: str = HERE) -> None:
        """Put a program at an address."""
        code = assemble(program) if isinstance(program, str) else program
        boa.env.set_code(Address(address), code)
        self.chain.install(address, code)
        self._addresses.append(address)

    def run(self, data: bytes = b"") -> Result:
        """Call the program at ``HERE`` as a transaction on both, and compare results and storage."""
        computation = boa.env.execute_code(to_address=Address(HERE), sender=Address(SENDER), data=data, gas=GAS)
        ended = "ok" if computation.is_success else "halted"
        if not computation.is_success and isinstance(computation.error, Revert):
            ended = "reverted"
        found = self.execute(data)
        assert found == Result(ended, computation.output)
        for address in self._addresses:
            own = self.chain.storage(address)
            for slot in {*own, *range(SLOTS)}:
                assert boa.env.get_storage(Address(address), slot) == own.get(slot, 0)
        return Result(*found)

    def execute(self, data: bytes = b"") -> Result:
        """Call the program at ``HERE`` as a transaction on the chain in memory alone."""
        for failure in self.chain.execute([EvmTransaction(encoded(SENDER), encoded(HERE), data)]):
            return Result("reverted" if failure.reverted else "halted", failure.output)
        return Result("ok", self.chain.output)
