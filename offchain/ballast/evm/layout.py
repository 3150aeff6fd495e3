"""What compiled code and Python share: words of 64 bits, by their places."""

from __future__ import annotations

from enum import IntEnum

DEPTH = 16
"""Calls within each other; the chain allows 1,024, our contracts need five."""
MEMORY = 2**20
"""Bytes of memory of a call. On the chain gas sets the limit, below this size for any block gas limit in use."""
STACK = 1_024
"""Words on the stack of a call."""

PRECOMPILES = 10
"""Precompiled contracts, which stand at the addresses from 1 on."""

MULTIPLIER = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio: multiplying by it spreads words (Knuth, TAOCP 6.4)."""

OK, REVERTED, HALTED, FAULT = 0, 1, 2, 256
"""How a call ended: well, by REVERT, by an exceptional halt, or (from ``FAULT`` on) by what is not supported."""


class MachineFault(IntEnum):
    """What is not supported, apart from opcodes, whose faults are ``FAULT`` plus their numbers."""

    TOO_DEEP = FAULT + 0x100
    PRECOMPILE = FAULT + 0x101
    VALUE = FAULT + 0x102
    JOURNAL_FULL = FAULT + 0x103
    NOT_COMPILED = FAULT + 0x104


class FrameFields(IntEnum):
    """A call: where its fields are, words of 64 bits; addresses are of 256 bits."""

    MEMORY = 0
    STACK = 1
    MACHINE = 2
    NEXT = 3
    """The frame of a call made by this one, 0 for the last."""
    TOUCHED = 4
    """Bytes of memory in use."""
    CODE = 5
    CODE_SIZE = 6
    DATA = 7
    DATA_SIZE = 8
    RETURNED = 9
    RETURNED_SIZE = 10
    """What the last call made by this one returned."""
    OUTPUT = 11
    OUTPUT_SIZE = 12
    STATIC = 13
    CONTRACT = 14
    """Number of the contract, for its storage."""
    ADDRESS = 16
    CALLER = 20
    SIZE = 24


class MachineFields(IntEnum):
    """The machine: where its fields are, words of 64 bits."""

    CONTRACTS = 0
    CONTRACTS_COUNT = 1
    TIMESTAMP = 2
    NUMBER = 3
    CHAIN_ID = 4
    FRAMES = 5
    JOURNAL = 6
    JOURNAL_LENGTH = 7
    STORAGE = 8
    STORAGE_COUNT = 9
    STORAGE_MASK = 10
    HASHES = 11
    COINBASE = 12
    """From here on words of 256 bits."""
    PREVRANDAO = 16
    GASLIMIT = 20
    BASEFEE = 24
    BLOBBASEFEE = 28
    SIZE = 32


class ContractFields(IntEnum):
    """A contract: where its fields are, words of 64 bits."""

    ADDRESS = 0
    RUN = 4
    """Its machine code."""
    CODE = 5
    CODE_SIZE = 6
    SHOWN_SIZE = 7
    """What others see of it: nothing while it is created."""
    SIZE = 8


class CallFields(IntEnum):
    """A transaction to execute: where its fields are, words of 64 bits."""

    SENDER = 0
    TO = 4
    DATA = 8
    DATA_SIZE = 9
    STATUS = 10
    SIZE = 12


JOURNAL_ENTRIES = 2**14
"""Writes of one transaction at most."""
JOURNAL_WORDS = 5
"""Address of the entry in storage, and the value before."""
ENTRY_WORDS = 10
"""Of storage: space (0 if empty), slot, value. Transient storage is a space of its own."""
STORAGE_ENTRIES = 2**16
"""Of an empty table. It grows between transactions when it is half full, so that a whole journal fits in."""
TRANSIENT = 2**32
HASHES = 2**16
"""Remembered hashes of 64 bytes each."""
HASH_WORDS = 16
