"""A chain in memory: contracts, their storage, and transactions one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ctypes import CFUNCTYPE, c_int64, c_void_p, string_at
from struct import Struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ballast.chain.contract import revert_reason
from ballast.errors import ChainError, RevertError, UnsupportedError
from ballast.evm import layout
from ballast.evm.bytecode import basic_blocks, reachable
from ballast.evm.compiler import compile_blocks
from ballast.evm.layout import FAULT, OK, REVERTED, CallFields, ContractFields, FrameFields, MachineFault, MachineFields
from ballast.evm.native import Linker, machine_code
from ballast.evm.opcodes import OPCODES
from ballast.evm.runtime import runtime

Cells = npt.NDArray[np.uint64]

RECORD = Struct("<32s32sQQQQ")
MOST_CONTRACTS = 64
NOBODY = bytes(32)
FAULTS = {
    MachineFault.TOO_DEEP: f"more than {layout.DEPTH} calls within each other",
    MachineFault.PRECOMPILE: "a precompiled contract",
    MachineFault.VALUE: "a call with value",
    MachineFault.JOURNAL_FULL: f"more than {layout.JOURNAL_ENTRIES} writes in one transaction",
    MachineFault.NOT_COMPILED: "a jump to what is not code",
}


class EvmTransaction(NamedTuple):
    """A call from outside.

    Attributes
    ----------
    sender, to : bytes
        As ``encoded`` gives them.
    data : bytes
        Calldata.
    """

    sender: bytes
    to: bytes
    data: bytes


class BlockContext(NamedTuple):
    """What a block says of itself beside its time and number.

    Attributes
    ----------
    coinbase : str
        Address of who proposed it.
    prevrandao : int
        Its random word.
    gas_limit : int
        Most gas of a block, in units of gas.
    base_fee, blob_base_fee : int
        Least price of gas and of blob gas, in wei. As there is no ether, the first is zero; the second cannot be.
    """

    coinbase: str = "0x0"
    prevrandao: int = 0
    gas_limit: int = 30_000_000
    base_fee: int = 0
    blob_base_fee: int = 1


PLAIN = BlockContext()


class Failure(NamedTuple):
    """How a transaction failed.

    Attributes
    ----------
    place : int
        Of the transaction, among those executed with it.
    reverted : bool
        Whether by REVERT, not by an exceptional halt.
    output : bytes
        What it returned.
    """

    place: int
    reverted: bool
    output: bytes

    @property
    def reason(self) -> str:
        """Why, for a message."""
        return revert_reason(f"0x{self.output.hex()}") if self.reverted else "exceptional halt"


def encoded(address: str) -> bytes:
    """Address as compiled code has it."""
    return int(address, 16).to_bytes(32, "little")


class Chain:
    """Contracts and their storage.

    Parameters
    ----------
    chain_id : int
        What CHAINID says.

    Attributes
    ----------
    timestamp, number : int
        Of the present block.
    """

    def __init__(self, chain_id: int) -> None:
        self._linker = Linker()
        execute, move = self._linker.link("runtime", machine_code(runtime()), "evm_execute", "evm_move")
        self._execute = CFUNCTYPE(c_int64, c_void_p, c_void_p, c_int64, c_int64)(execute)
        self._move = CFUNCTYPE(None, c_void_p, c_void_p, c_int64)(move)
        self._machine = _zeros(MachineFields.SIZE)
        self._frames = _zeros(layout.DEPTH + 1, FrameFields.SIZE)
        self._contracts = _zeros(MOST_CONTRACTS, ContractFields.SIZE)
        self._journal = _zeros(layout.JOURNAL_ENTRIES, layout.JOURNAL_WORDS)
        self._hashes = _zeros(layout.HASHES, layout.HASH_WORDS)
        self._storage = _zeros(layout.STORAGE_ENTRIES, layout.ENTRY_WORDS)
        self._memory = np.zeros((layout.DEPTH, layout.MEMORY), np.uint8)
        self._stacks = _zeros(layout.DEPTH * layout.STACK + 1, 4)
        self._codes: dict[bytes, npt.NDArray[np.uint8]] = {}
        self._numbers: dict[bytes, int] = {}
        self._machine[MachineFields.CHAIN_ID] = chain_id
        for field, array in (
            (MachineFields.CONTRACTS, self._contracts),
            (MachineFields.FRAMES, self._frames),
            (MachineFields.JOURNAL, self._journal),
            (MachineFields.HASHES, self._hashes),
            (MachineFields.STORAGE, self._storage),
        ):
            self._machine[field] = array.ctypes.data
        self._machine[MachineFields.STORAGE_MASK] = len(self._storage) - 1
        stack = -(-self._stacks.ctypes.data // 32) * 32
        # The outermost frame is the sender's; it has neither memory nor stack.
        for depth, frame in enumerate(self._frames):
            frame[FrameFields.MACHINE] = self._machine.ctypes.data
            if depth > 0:
                frame[FrameFields.MEMORY] = self._memory[depth - 1].ctypes.data
                frame[FrameFields.STACK] = stack + (depth - 1) * layout.STACK * 32
            if depth < layout.DEPTH:
                frame[FrameFields.NEXT] = self._frames[depth + 1].ctypes.data

    @property
    def timestamp(self) -> int:
        """Of the present block."""
        return int(self._machine[MachineFields.TIMESTAMP])

    @property
    def number(self) -> int:
        """Of the present block."""
        return int(self._machine[MachineFields.NUMBER])

    def begin_block(self, timestamp: int, number: int | None = None, header: BlockContext = PLAIN) -> None:
        """Begin the next block, or that of a number."""
        self._machine[MachineFields.TIMESTAMP] = timestamp
        self._machine[MachineFields.NUMBER] = self.number + 1 if number is None else number
        words = (int(header.coinbase, 16), *header[1:])
        packed = b"".join(word.to_bytes(32, "little") for word in words)
        self._machine[MachineFields.COINBASE : MachineFields.SIZE] = np.frombuffer(packed, np.uint64)

    # Contracts

    def create(self, sender: str, address: str, creation_code: bytes) -> bytes:
        """Run a contract's constructor; ``install`` then puts the contract in its place.

        Returns
        -------
        bytes
            Code of the contract.

        Raises
        ------
        ChainError
            If the constructor fails.
        """
        self._put(encoded(address), creation_code, compile_blocks(reachable(basic_blocks(creation_code)), whole=False))
        self._contracts[self._numbers[encoded(address)]][ContractFields.SHOWN_SIZE] = 0
        failures = self.execute([EvmTransaction(encoded(sender), encoded(address), b"")])
        if failures:
            raise ChainError(f"the constructor of {address} failed: {failures[0].reason}")
        return self.output

    def install(self, address: str, code: bytes, size: int | None = None) -> None:
        """Put code at an address; storage stays.

        Parameters
        ----------
        address : str
            Where.
        code : bytes
            All of it.
        size : int, optional
            Bytes that are instructions; the others are constants. All by default.
        """
        self._put(encoded(address), code, compile_blocks(basic_blocks(code[:size]), whole=size is None))

    def _put(self, address: bytes, code: bytes, compiled: tuple[str, str]) -> None:
        name, text = compiled
        (function,) = self._linker.link(name, machine_code(text), name)
        number = self._numbers.setdefault(address, len(self._numbers))
        if number == MOST_CONTRACTS:
            raise ChainError(f"more than {MOST_CONTRACTS} contracts")
        held = self._codes[address] = np.frombuffer(code + b"\0", np.uint8)  # an empty array has no address
        record = self._contracts[number]
        record[ContractFields.ADDRESS : ContractFields.RUN] = np.frombuffer(address, np.uint64)
        record[ContractFields.RUN] = function
        record[ContractFields.CODE] = held.ctypes.data
        record[ContractFields.CODE_SIZE] = record[ContractFields.SHOWN_SIZE] = len(code)
        self._machine[MachineFields.CONTRACTS_COUNT] = len(self._numbers)

    def code(self, address: str) -> bytes:
        """Code at an address, empty if there is none."""
        held = self._codes.get(encoded(address))
        return b"" if held is None else held[:-1].tobytes()

    # Transactions

    def execute(self, transactions: Sequence[EvmTransaction]) -> list[Failure]:
        """Execute transactions in order, and keep what they change.

        Returns
        -------
        list of Failure
            Of those that failed; they changed nothing.

        Raises
        ------
        UnsupportedError
            If a transaction does what is not supported.
        """
        data = np.frombuffer(b"".join([t.data for t in transactions]) + b"\0", np.uint8)
        start = data.ctypes.data
        packed = []
        for sender, to, calldata in transactions:
            packed.append(RECORD.pack(sender, to, start, len(calldata), 0, 0))
            start += len(calldata)
        calls = np.frombuffer(bytearray(b"".join(packed)), np.uint64).reshape(-1, CallFields.SIZE)
        failures = []
        done = 0
        while done < len(calls):
            done += self._run(calls[done:], keep=True)
            if (failure := self._failure(done - 1, int(calls[done - 1, CallFields.STATUS]))) is not None:
                failures.append(failure)
            if 2 * int(self._machine[MachineFields.STORAGE_COUNT]) >= len(self._storage):
                self._enlarge()
        return failures

    def view(self, to: bytes, data: bytes, sender: bytes = NOBODY) -> bytes:
        """Call without changing anything.

        Raises
        ------
        RevertError
            If the call fails, with the reason.
        """
        held = np.frombuffer(data + b"\0", np.uint8)
        record = bytearray(RECORD.pack(sender, to, held.ctypes.data, len(data), 0, 0))
        call = np.frombuffer(record, np.uint64).reshape(1, CallFields.SIZE)
        self._run(call, keep=False)
        if (failure := self._failure(0, int(call[0, CallFields.STATUS]))) is not None:
            raise RevertError(failure.reason)
        return self.output

    def _run(self, calls: Cells, keep: bool) -> int:
        return int(self._execute(self._machine.ctypes.data, calls.ctypes.data, len(calls), keep))

    def _failure(self, index: int, status: int) -> Failure | None:
        if status == OK:
            return None
        if status in FAULTS:
            raise UnsupportedError(FAULTS[MachineFault(status)])
        if status >= FAULT:
            raise UnsupportedError(OPCODES[status - FAULT].name)
        return Failure(index, status == REVERTED, self.output)

    @property
    def output(self) -> bytes:
        """What the last transaction returned."""
        start, size = (int(self._frames[0, field]) for field in (FrameFields.RETURNED, FrameFields.RETURNED_SIZE))
        return string_at(start, size) if size else b""

    # Storage

    def _enlarge(self) -> None:
        old = self._storage
        self._storage = _zeros(2 * len(old), layout.ENTRY_WORDS)
        self._machine[MachineFields.STORAGE] = self._storage.ctypes.data
        self._machine[MachineFields.STORAGE_MASK] = len(self._storage) - 1
        self._move(self._machine.ctypes.data, old.ctypes.data, len(old))

    def snapshot(self) -> dict[str, npt.NDArray[np.uint64]]:
        """Give all that calls have changed: storage and time."""
        kept = [MachineFields.TIMESTAMP, MachineFields.NUMBER, MachineFields.STORAGE_COUNT]
        return {"storage": self._storage.copy(), "machine": self._machine[kept]}

    def restore(self, stored: Mapping[str, npt.NDArray[np.uint64]]) -> None:
        """Take over a snapshot of a chain with the same contracts, created in the same order."""
        self._storage = np.ascontiguousarray(stored["storage"])
        self._machine[MachineFields.STORAGE] = self._storage.ctypes.data
        self._machine[MachineFields.STORAGE_MASK] = len(self._storage) - 1
        self._machine[[MachineFields.TIMESTAMP, MachineFields.NUMBER, MachineFields.STORAGE_COUNT]] = stored["machine"]

    def storage(self, address: str) -> dict[int, int]:
        """Words a contract keeps, by slot, without zeros; none if there is no contract."""
        if (number := self._numbers.get(encoded(address))) is None:
            return {}
        own = self._storage[self._storage[:, 0] == number + 1]
        entries = (
            (int.from_bytes(row[1:5].tobytes(), "little"), int.from_bytes(row[5:9].tobytes(), "little")) for row in own
        )
        return {slot: value for slot, value in entries if value}


def _zeros(*shape: int) -> Cells:
    return np.zeros(shape, np.uint64)
