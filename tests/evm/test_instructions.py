"""Every instruction does what py-evm does, at the edges of words, memory, data and stack."""

from __future__ import annotations

from itertools import product

import pytest
from eth_utils.crypto import keccak

from ballast.errors import ChainError
from ballast.evm.chain import BlockContext, Chain, EvmTransaction, encoded
from ballast.evm.layout import MEMORY
from ballast.evm.opcodes import OPCODES
from tests.evm.both import ELSEWHERE, HERE, RETURN_TOP, SENDER, Both, assemble

EDGES = (0, 1, 2, 31, 32, 33, 255, 256, 2**31, 2**32 + 1, 2**64 - 1, 2**64, 10**18 + 9, 2**128, 2**255 - 1, 2**255)
WORDS = (*EDGES, 2**256 - 1, 2**256 - 2, 2**256 - 31, 0x80FF7F0180, 3**160)
UNARY = ("ISZERO", "NOT")
BINARY = (
    *("ADD", "MUL", "SUB", "DIV", "SDIV", "MOD", "SMOD", "EXP", "SIGNEXTEND", "LT", "GT", "SLT", "SGT", "EQ"),
    *("AND", "OR", "XOR", "BYTE", "SHL", "SHR", "SAR"),
)
TERNARY = ("ADDMOD", "MULMOD")
OFFSETS = (0, 1, 31, 32, 33, 64, 100)
FAR = (2**40, 2**64 - 32, 2**64 - 1, 2**64, 2**256 - 32, 2**256 - 1)
BREAKPOINTS = (0xA5, 0xA6)
"""Of titanoboa."""
UNSUPPORTED = (
    *("BALANCE 1", "GASPRICE 0", "EXTCODEHASH 1", "BLOCKHASH 1", "SELFBALANCE 0", "BLOBHASH 1"),
    *("CREATE 3", "CREATE2 4", "SELFDESTRUCT 1"),
)


def calldata(*numbers: int) -> bytes:
    return b"".join(n.to_bytes(32) for n in numbers)


@pytest.mark.parametrize("opcode", [*UNARY, *BINARY])
def test_words_from_calldata(opcode: str, both: Both) -> None:
    cases = [(a,) for a in WORDS] if opcode in UNARY else list(product(WORDS, WORDS))
    load = "32 MUL" if opcode in UNARY else "64 MUL DUP1 32 ADD CALLDATALOAD SWAP1"
    both.put(
        f"PUSH0 next: DUP1 {load} CALLDATALOAD {opcode} DUP2 32 MUL MSTORE "
        f"1 ADD DUP1 {len(cases)} GT @next JUMPI {32 * len(cases)} PUSH0 RETURN"
    )
    assert len(both.run(calldata(*(n for case in cases for n in case))).output) == 32 * len(cases)


@pytest.mark.parametrize("opcode", [*UNARY, *BINARY])
def test_words_known_to_the_compiler(opcode: str, both: Both) -> None:
    some = WORDS[::2]
    cases = [(a,) for a in some] if opcode in UNARY else list(product(some, some))
    program = [f"{' '.join(map(str, reversed(case)))} {opcode} {32 * i} MSTORE" for i, case in enumerate(cases)]
    both.put(f"{' '.join(program)} {32 * len(cases)} PUSH0 RETURN")
    assert both.run().ended == "ok"


@pytest.mark.parametrize("opcode", TERNARY)
def test_words_modulo(opcode: str, both: Both) -> None:
    both.put(f"64 CALLDATALOAD 32 CALLDATALOAD PUSH0 CALLDATALOAD {opcode} {RETURN_TOP}")
    for case in product((0, 1, 7, 2**128 + 1, 2**255, 2**256 - 1), repeat=3):
        assert both.run(calldata(*case)).ended == "ok"


@pytest.mark.parametrize("size", [0, 1, 31, 32, 63, 64, 65, 135, 136, 137, 271, 272, 273, 1_000])
def test_keccak(size: int, both: Both) -> None:
    both.put(f"CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY CALLDATASIZE PUSH0 KECCAK256 {RETURN_TOP}")
    for seed in range(3):
        data = bytes((i * 31 + seed) % 256 for i in range(size))
        for _ in range(2):  # the second time one of 64 bytes is remembered
            assert both.run(data).output == keccak(data)


def test_hashes_that_share_a_place_are_told_apart(both: Both) -> None:
    both.put(f"64 PUSH0 PUSH0 CALLDATACOPY 64 PUSH0 KECCAK256 {RETURN_TOP}")
    numbers = [*range(3_000), *(n << 64 for n in range(3_000)), *(n << 250 for n in range(60))]
    data = [calldata(n, m) for n in numbers[::7] for m in (0, 2**255)]
    chain = both.chain
    for _ in range(2):
        for d in data:
            assert chain.view(encoded(HERE), d) == keccak(d)


@pytest.mark.parametrize("offset", [*OFFSETS, *FAR])
def test_memory(offset: int, both: Both) -> None:
    word = "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
    end = "MSIZE 96 MSTORE 256 PUSH0 RETURN"
    dynamic = "PUSH0 CALLDATALOAD"
    for where in (str(offset), dynamic):
        for program in (
            f"{word} {where} MSTORE {end}",
            f"{word} {where} MSTORE8 {end}",
            f"{where} MLOAD 64 MSTORE {end}",
            f"{word} {where} MSTORE {where} MLOAD 128 MSTORE {end}",
        ):
            both.put(program)
            both.run(calldata(offset))


@pytest.mark.parametrize("where", [f"{MEMORY - 32}", "PUSH0 CALLDATALOAD"])
def test_memory_has_an_end(where: str, both: Both) -> None:
    both.put(f"7 {where} MSTORE {where} MLOAD {RETURN_TOP}")
    assert both.run(calldata(MEMORY - 32)).word == 7
    both.chain.install(HERE, assemble(f"7 1 {where} ADD MSTORE"))
    assert both.execute(calldata(MEMORY - 32)).ended == "halted"


@pytest.mark.parametrize("opcode", ["CALLDATACOPY", "CODECOPY", "RETURNDATACOPY", "MCOPY"])
def test_copies(opcode: str, both: Both) -> None:
    both.put("PUSH0 NOT PUSH0 MSTORE 40 PUSH0 RETURN", ELSEWHERE)
    fill = f"0x{bytes(range(1, 33)).hex()} DUP1 PUSH0 MSTORE 32 MSTORE {2**256 - 1} 64 MSTORE"
    called = f"PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 {ELSEWHERE} GAS CALL POP"
    end = "MSIZE 160 MSTORE 256 PUSH0 RETURN"
    ended = set()
    both.put(f"{called} {fill} 64 CALLDATALOAD 32 CALLDATALOAD PUSH0 CALLDATALOAD {opcode} {end}")
    triples = list(product((0, 5, 32, 100), (0, 1, 8, 39, 40, 41, 95, 2**64, 2**256 - 1), (0, 1, 32, 40, 70)))
    for to, source, size in [*triples, (2**256 - 1, 0, 0), (2**255, 0, 1), (0, 0, 2**64), (3, 0, 2**256 - 1)]:
        ended.add(both.run(calldata(to, source, size)).ended)
    for to, source, size in triples[::11]:
        both.put(f"{called} {fill} {size} {source} {to} {opcode} {end}")
        both.run(bytes(range(200)))
    assert ended == {"ok", "halted"}


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 64])
def test_calldata_is_followed_by_zeros(size: int, both: Both) -> None:
    data = bytes(range(100, 100 + size))
    for offset in (0, 1, 31, 32, 33, 63, 64, 2**64, 2**256 - 1, 2**256 - 32):
        both.put(f"{offset} CALLDATALOAD CALLDATASIZE ADD {RETURN_TOP}")
        both.run(data)


@pytest.mark.parametrize(
    "opcode", ["ADDRESS", "ORIGIN", "CALLER", "CALLVALUE", "CODESIZE", "TIMESTAMP", "CHAINID", "PC", "RETURNDATASIZE"]
)
def test_surroundings(opcode: str, both: Both) -> None:
    both.put(f"{opcode} {RETURN_TOP}", ELSEWHERE)
    both.put(f"32 PUSH0 PUSH0 PUSH0 PUSH0 {ELSEWHERE} GAS CALL POP {opcode} 32 MSTORE 64 PUSH0 RETURN")
    assert both.run().ended == "ok"


def test_block_number_counts(both: Both) -> None:
    both.put(f"PUSH0 SLOAD {RETURN_TOP}")
    both.chain.install(HERE, assemble(f"NUMBER {RETURN_TOP}"))
    first = int.from_bytes(both.chain.view(encoded(HERE), b""))
    both.chain.begin_block(both.chain.timestamp + 7)
    assert int.from_bytes(both.chain.view(encoded(HERE), b"")) == first + 1 == both.chain.number
    both.chain.begin_block(both.chain.timestamp + 7, 2**40)
    assert int.from_bytes(both.chain.view(encoded(HERE), b"")) == 2**40


def test_a_block_says_what_its_header_says(both: Both) -> None:
    header = BlockContext(f"0x{'c1' * 20}", 2**256 - 5, 2**63 + 1, 2**40 + 2, 2**40 + 3)
    opcodes = ("COINBASE", "PREVRANDAO", "GASLIMIT", "BASEFEE", "BLOBBASEFEE")
    stored = " ".join(f"{opcode} {32 * i} MSTORE" for i, opcode in enumerate(opcodes))
    both.chain.install(HERE, assemble(f"{stored} 160 PUSH0 RETURN"))
    both.chain.begin_block(5, header=header)
    assert both.chain.view(encoded(HERE), b"") == calldata(int(header.coinbase, 16), *header[1:])
    both.chain.begin_block(6)
    assert both.chain.view(encoded(HERE), b"") == calldata(0, 0, 30_000_000, 0, 1)


@pytest.mark.parametrize("address", [HERE, ELSEWHERE, SENDER, f"0x{'01' * 12}{ELSEWHERE[2:]}"])
def test_code_elsewhere_is_copied(address: str, both: Both) -> None:
    both.put(bytes(range(0x60, 0x60 + 40)), ELSEWHERE)
    fill = f"{2**256 - 1} DUP1 DUP1 PUSH0 MSTORE 32 MSTORE 64 MSTORE"
    words = "64 CALLDATALOAD 32 CALLDATALOAD PUSH0 CALLDATALOAD"
    ended = set()
    both.put(f"{fill} {words} {address} EXTCODECOPY MSIZE 160 MSTORE 256 PUSH0 RETURN")
    triples = list(product((0, 5, 100), (0, 1, 8, 39, 40, 41, 2**64, 2**256 - 1), (0, 1, 32, 70)))
    for to, source, size in [*triples, (2**256 - 1, 0, 0), (2**255, 0, 1), (0, 0, 2**64)]:
        ended.add(both.run(calldata(to, source, size)).ended)
    assert ended == {"ok", "halted"}


def test_size_of_code_elsewhere(both: Both) -> None:
    both.put("1 2 3 4 STOP", ELSEWHERE)
    both.put(f"{ELSEWHERE} EXTCODESIZE 32 MSTORE {SENDER} EXTCODESIZE 64 MSTORE 96 PUSH0 RETURN")
    assert both.run().output[32:] == calldata(9, 0)


@pytest.mark.parametrize("n", range(1, 17))
def test_stack_instructions(n: int, both: Both) -> None:
    pushes = " ".join(str(i + 100) for i in range(17))
    store = " ".join(f"{32 * i} MSTORE" for i in range(17))
    for program in (
        f"{pushes} SWAP{n} {store} 544 PUSH0 RETURN",
        f"{pushes} DUP{n} {store} 544 PUSH0 RETURN",
        f"{pushes} on: SWAP{n} DUP{n} {store} 544 PUSH0 RETURN",
    ):
        both.put(program)
        assert both.run().ended == "ok"


@pytest.mark.parametrize("height", [0, 1, 2, 1_021, 1_022, 1_023, 1_024])
@pytest.mark.parametrize("rest", ["POP", "ADD", "PUSH0", "PUSH0 PUSH0 POP", "on: DUP2", "@on JUMP on: PUSH0 PUSH0"])
def test_stack_has_a_bottom_and_a_top(height: int, rest: str, both: Both) -> None:
    for pushes in ("PUSH0 " * height, "PUSH0 CALLDATALOAD " * height):
        both.put(f"{pushes} {rest} STOP")
        both.run()


@pytest.mark.parametrize("block", range(8))
def test_undefined_opcodes_halt(block: int, both: Both) -> None:
    undefined = [n for n in range(256) if n not in OPCODES and n not in BREAKPOINTS] + [0xFE]
    for number in undefined[block::8]:
        both.put(bytes([0x5F, 0x5F, number, 0x00]))
        assert both.run().ended == "halted"


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_is_not_supported_names_itself(case: str) -> None:
    opcode, words = case.split()
    chain = Chain(1)
    chain.install(HERE, assemble(f"{'PUSH0 ' * int(words)} {opcode} STOP"))
    with pytest.raises(ChainError, match=f"does not support {opcode}$"):
        chain.execute([EvmTransaction(encoded(SENDER), encoded(HERE), b"")])


def test_all_opcodes_are_supported_or_named() -> None:
    named = {case.split()[0] for case in UNSUPPORTED}
    for number, opcode in OPCODES.items():
        chain = Chain(1)
        chain.install(HERE, bytes([0x5F] * opcode.pops + [number, 0x00]))
        run = [EvmTransaction(encoded(SENDER), encoded(HERE), b"")]
        if opcode.name in named:
            with pytest.raises(ChainError):
                chain.execute(run)
        elif opcode.name not in ("JUMP", "REVERT", "INVALID"):
            assert chain.execute(run) == []
