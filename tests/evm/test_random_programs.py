"""Random programs do what py-evm makes of them."""

from __future__ import annotations

from collections import Counter

import boa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast.evm.opcodes import OPCODES
from tests.evm.both import ELSEWHERE, HERE, THERE, Both

WORDS = st.one_of(
    st.sampled_from((0, 1, 2, 5, 31, 32, 33, 64, 2**64, 2**128 - 1, 2**255, 2**256 - 1)),
    st.integers(0, 2**256 - 1),
)
PURE = [opcode.name for number, opcode in OPCODES.items() if 0x01 <= number <= 0x1D]
SURROUNDINGS = ("CALLDATASIZE", "CALLER", "ADDRESS", "RETURNDATASIZE", "MSIZE", "PC", "TIMESTAMP", "CALLVALUE")
NEAR = "255 AND"
"""Makes a word an offset or a size that memory has."""
KINDS = ("PUSH0 {} GAS CALL", "PUSH0 {} GAS CALLCODE", "{} GAS DELEGATECALL", "{} GAS STATICCALL")
ENDS = Counter[str]()


@st.composite
def steps(draw: st.DrawFn, callees: tuple[str, ...]) -> str:
    """Draw a step of a program."""
    match draw(st.integers(0, 15)):
        case 0 | 1 | 2:
            return str(draw(WORDS))
        case 3 | 4 | 5:
            return draw(st.sampled_from(PURE))
        case 6:
            return f"DUP{draw(st.integers(1, 8))}"
        case 7:
            return f"SWAP{draw(st.integers(1, 7))}"
        case 8:
            return draw(st.sampled_from(SURROUNDINGS))
        case 9:
            return f"{NEAR} {draw(st.sampled_from(('MLOAD', 'MSTORE', 'MSTORE8', 'CALLDATALOAD')))}"
        case 10:
            return f"7 AND {draw(st.sampled_from(('SLOAD', 'SSTORE', 'TLOAD', 'TSTORE')))}"
        case 11:
            sizes = f"{NEAR} SWAP2 {NEAR} SWAP1 {NEAR}"
            return f"{sizes} {draw(st.sampled_from(('MCOPY', 'CALLDATACOPY', 'CODECOPY')))}"
        case 12:
            return f"{NEAR} SWAP1 {NEAR} {draw(st.sampled_from(('KECCAK256', 'LOG0', 'LOG2')))}"
        case 13 if callees:
            regions = " ".join(str(draw(st.sampled_from((0, 1, 32, 70)))) for _ in range(4))
            address = draw(st.sampled_from(callees))
            return f"{regions} {draw(st.sampled_from(KINDS)).format(address)}"
        case 14:
            return f"{draw(st.sampled_from((0, 0, 1, 32)))} PUSH0 PUSH0 RETURNDATACOPY"
        case _:
            return "POP"


@st.composite
def programs(draw: st.DrawFn, *callees: str) -> str:
    """Draw a program. Its jumps go forward only, so it ends; some go to a computed place, some to none."""
    count = draw(st.integers(1, 5))
    pieces = [str(draw(WORDS)) for _ in range(10)]
    for i in range(count):
        pieces.append(f"part{i}: {' '.join(draw(st.lists(steps(callees), max_size=12)))}")
        target = f"@part{draw(st.integers(i + 1, count))}"
        match draw(st.integers(0, 11)):
            case 0:
                target = f"1 {target} ADD"
            case 1 | 2 | 3 | 4:
                target = f"{target} PUSH0 MSTORE PUSH0 MLOAD"
        pieces.append(draw(st.sampled_from(("", f"{target} JUMP", f"{target} JUMPI", f"DUP1 {target} JUMPI"))))
    end = draw(st.sampled_from(("RETURN", "RETURN", "RETURN", "RETURN", "REVERT")))
    return " ".join([*pieces, f"part{count}: 224 PUSH0 {end}"])


@settings(max_examples=150)
@given(
    programs(THERE, ELSEWHERE),
    programs(ELSEWHERE),
    programs(),
    st.lists(st.binary(max_size=100), min_size=2, max_size=2),
)
def test_random_programs(here: str, there: str, elsewhere: str, data: list[bytes]) -> None:
    with boa.env.anchor():
        both = Both()
        for program, address in ((here, HERE), (there, THERE), (elsewhere, ELSEWHERE)):
            both.put(program, address)
        for d in data:
            ENDS[both.run(d).ended] += 1


def test_random_programs_end_in_all_ways() -> None:
    if not ENDS:
        pytest.skip("runs after the random programs")
    assert min(ENDS[end] for end in ("ok", "reverted", "halted")) > sum(ENDS.values()) // 50
    print("random programs ended:", dict(ENDS))
