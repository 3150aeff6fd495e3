"""Calls within each other: what they return, what they see of each other, and what a failure undoes."""

from __future__ import annotations

import pytest

from ballast.errors import ChainError, RevertError, UnsupportedError
from ballast.evm.chain import Chain, EvmTransaction, encoded
from ballast.evm.layout import DEPTH, JOURNAL_ENTRIES, MEMORY, STORAGE_ENTRIES
from tests.evm.both import ELSEWHERE, HERE, RETURN_TOP, SENDER, THERE, Both, assemble

ENDS = {"ok": "32 PUSH0 RETURN", "reverted": "32 PUSH0 REVERT", "halted": "INVALID"}
CHANGING = ("CALL", "CALLCODE", "DELEGATECALL")
TRANSACTION = [EvmTransaction(encoded(SENDER), encoded(HERE), b"")]


def call(address: str, kind: str = "CALL", data: str = "PUSH0 PUSH0", out: str = "PUSH0 PUSH0") -> str:
    """Write a call; ``data`` and ``out`` are size and offset."""
    return f"{out} {data} {'PUSH0 ' if kind in ('CALL', 'CALLCODE') else ''}{address} GAS {kind}"


@pytest.mark.parametrize("outer", ENDS)
@pytest.mark.parametrize("middle", ENDS)
@pytest.mark.parametrize("inner", ENDS)
def test_a_failure_undoes_what_happened_within_it(outer: str, middle: str, inner: str, both: Both) -> None:
    write = "{n} 1 SSTORE {n} 2 TSTORE 1 TLOAD 3 SSTORE"
    see = "PUSH0 MSTORE 2 TLOAD PUSH0 MLOAD 256 MUL ADD PUSH0 MSTORE"
    both.put(f"{write.format(n=7)} 9 1 TSTORE 5 1 SSTORE 2 TLOAD PUSH0 MSTORE {ENDS[inner]}", ELSEWHERE)
    both.put(f"{write.format(n=6)} {call(ELSEWHERE, out='32 32')} {see} 8 1 TSTORE {ENDS[middle]}", THERE)
    both.put(f"{write.format(n=5)} {call(THERE)} {see} {call(THERE)} {see} {ENDS[outer]}")
    assert both.run().ended == outer


def test_a_transaction_leaves_no_transient_storage(both: Both) -> None:
    both.put(f"1 TLOAD 2 SSTORE 5 1 TSTORE {call(THERE)} STOP")
    both.put("3 TLOAD 2 SSTORE 6 3 TSTORE PUSH0 PUSH0 REVERT", THERE)
    for _ in range(3):
        assert both.execute().ended == "ok"
        assert both.chain.storage(HERE) == both.chain.storage(THERE) == {}


def test_contracts_have_storages_of_their_own(both: Both) -> None:
    for n, address in enumerate((HERE, THERE, ELSEWHERE)):
        further = {HERE: call(THERE), THERE: call(ELSEWHERE), ELSEWHERE: ""}[address]
        both.put(f"{n + 5} 1 SSTORE {n + 8} 1 TSTORE {further} 1 TLOAD 2 SSTORE", address)
    assert both.run().ended == "ok"
    assert [both.chain.storage(a)[1] for a in (HERE, THERE, ELSEWHERE)] == [5, 6, 7]


@pytest.mark.parametrize("forbidden", ["1 1 SSTORE", "1 1 TSTORE", "PUSH0 PUSH0 LOG0", "1 PUSH0 PUSH0 LOG1"])
@pytest.mark.parametrize(
    "kinds",
    [
        ("STATICCALL", "CALL"),
        ("CALL", "STATICCALL"),
        ("CALL", "CALL"),
        ("STATICCALL", "DELEGATECALL"),
        ("STATICCALL", "CALLCODE"),
        ("DELEGATECALL", "CALLCODE"),
    ],
)
def test_a_static_call_changes_nothing(forbidden: str, kinds: tuple[str, str], both: Both) -> None:
    both.put(f"{forbidden} 32 PUSH0 RETURN", ELSEWHERE)
    both.put(f"{call(ELSEWHERE, kinds[1])} PUSH0 MSTORE 32 PUSH0 RETURN", THERE)
    both.put(f"{call(THERE, kinds[0], out='32 PUSH0')} 1 1 SSTORE 32 MSTORE 64 PUSH0 RETURN")
    assert int.from_bytes(both.run().output[:32]) == ("STATICCALL" not in kinds)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("out", ["PUSH0 PUSH0", "5 3", "40 0", "100 10"])
def test_returned_data_belong_to_the_last_call(end: str, out: str, both: Both) -> None:
    both.put(f"CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY CALLER 32 MSTORE 50 PUSH0 {ENDS[end].split()[-1]}", THERE)
    both.put("77 PUSH0 MSTORE 32 PUSH0 RETURN", ELSEWHERE)
    fill = "PUSH0 NOT DUP1 DUP1 DUP1 PUSH0 MSTORE 32 MSTORE 64 MSTORE 96 MSTORE"
    seen = "RETURNDATASIZE DUP1 PUSH0 160 RETURNDATACOPY 224 MSTORE"
    for last in (
        "",
        call(ELSEWHERE),
        call(f"0x{'99' * 20}"),
        *(f"{call(ELSEWHERE, kind, out='9 9')} POP" for kind in ("STATICCALL", *CHANGING)),
    ):
        both.put(f"{fill} {call(THERE, data='20 5', out=out)} 256 MSTORE {last} {seen} MSIZE PUSH0 RETURN")
        assert both.run().ended == "ok"


@pytest.mark.parametrize("outer", CHANGING)
@pytest.mark.parametrize("inner", CHANGING)
def test_borrowed_code_acts_in_the_name_of_its_borrower(outer: str, inner: str, both: Both) -> None:
    see = "ADDRESS 1 SSTORE CALLER 2 SSTORE ORIGIN 3 SSTORE CODESIZE 4 SSTORE 5 TLOAD 1 ADD DUP1 5 TSTORE 6 SSTORE"
    both.put(f"{see} CALLVALUE PUSH0 CALLDATALOAD ADD PUSH0 MSTORE 32 PUSH0 RETURN", ELSEWHERE)
    called = call(ELSEWHERE, inner, data="32 PUSH0", out="32 32")
    both.put(f"77 PUSH0 MSTORE {called} 7 SSTORE 32 MLOAD 8 SSTORE CALLER 9 SSTORE 9 5 TSTORE {called}", THERE)
    both.put(f"{call(THERE, outer)} 10 SSTORE 5 TLOAD 11 SSTORE")
    assert both.run().ended == "ok"
    middle = THERE if outer == "CALL" else HERE
    own = both.chain.storage(ELSEWHERE if inner == "CALL" else middle)
    assert own[1] == int(ELSEWHERE if inner == "CALL" else middle, 16)
    caller = {"CALL": HERE, "CALLCODE": HERE, "DELEGATECALL": SENDER}[outer]
    assert own[2] == int(caller if inner == "DELEGATECALL" else middle, 16)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", CHANGING)
def test_a_failure_of_borrowed_code_is_undone(kind: str, end: str, both: Both) -> None:
    both.put(f"8 1 SSTORE 8 2 SSTORE 8 1 TSTORE {ENDS[end]}", THERE)
    both.put(f"6 1 SSTORE 6 1 TSTORE {call(THERE, kind)} 3 SSTORE 1 TLOAD 4 SSTORE")
    assert both.run().ended == "ok"
    assert both.chain.storage(HERE).get(3, 0) == (end == "ok")
    assert both.chain.storage(HERE)[1] == (8 if end == "ok" and kind != "CALL" else 6)


@pytest.mark.parametrize("kind", [*CHANGING, "STATICCALL"])
def test_a_call_of_an_empty_account_does_nothing(kind: str, both: Both) -> None:
    both.put("64 PUSH0 RETURN", THERE)
    for address in (f"0x{'99' * 20}", SENDER, "0", "0x1000", f"0x{'01' * 12}{'98' * 20}"):
        both.put(
            f"7 PUSH0 MSTORE {call(THERE)} 1 SSTORE {call(address, kind, out='32 0')} 2 SSTORE "
            f"RETURNDATASIZE 3 SSTORE PUSH0 MLOAD 4 SSTORE"
        )
        assert both.run().ended == "ok"
        assert both.chain.storage(HERE) == {1: 1, 2: 1, 4: 7}


def test_precompiled_contracts_are_those_of_cancun(both: Both) -> None:
    for address in range(13):
        both.chain.install(HERE, assemble(call(str(address))))
        if 1 <= address <= 10:
            with pytest.raises(UnsupportedError, match="a precompiled contract"):
                both.execute()
        else:
            assert both.execute().ended == "ok"


def test_code_is_empty_while_its_contract_is_created(both: Both) -> None:
    code = assemble("32 PUSH0 PUSH0 ADDRESS EXTCODECOPY ADDRESS EXTCODESIZE 32 MSTORE 64 PUSH0 RETURN")
    assert both.chain.create(SENDER, HERE, code) == bytes(64)


def test_memory_is_empty_again_in_the_next_call(both: Both) -> None:
    both.put(
        "CALLDATASIZE @dirty JUMPI 128 MLOAD 1000 MLOAD OR MSIZE ADD PUSH0 MSTORE 32 PUSH0 RETURN "
        "dirty: PUSH0 NOT 128 MSTORE PUSH0 NOT 1000 MSTORE PUSH0 NOT 5000 MSTORE8 INVALID",
        THERE,
    )
    both.put(f"{call(THERE, data='1 0')} {call(THERE, out='32 0')} {call(THERE, data='1 0')} {RETURN_TOP}")
    both.run()
    both.put(f"{call(THERE, data='1 0')} {call(THERE, out='32 0')} 32 PUSH0 RETURN")
    assert both.run().word == 1_056


def test_a_lock_holds_off_a_call_from_within(both: Both) -> None:
    both.put(
        f"1 TLOAD @locked JUMPI 1 1 TSTORE {call(THERE, out='32 0')} 1 SLOAD 1 ADD 1 SSTORE PUSH0 1 TSTORE STOP "
        "locked: PUSH0 PUSH0 REVERT"
    )
    both.put(f"{call(HERE)} 2 SSTORE", THERE)
    for _ in range(2):
        assert both.run().ended == "ok"
    assert both.chain.storage(HERE) == {1: 2}
    assert both.chain.storage(THERE) == {}


def test_calls_have_a_depth(both: Both) -> None:
    """The contract calls itself as often as slot 0 says, which starts as the size of the calldata."""
    both.chain.install(
        HERE,
        assemble(
            "CALLDATASIZE @start JUMPI PUSH0 SLOAD @on JUMPI STOP start: CALLDATASIZE PUSH0 SSTORE "
            f"on: 1 PUSH0 SLOAD SUB PUSH0 SSTORE {call(HERE)} STOP"
        ),
    )
    assert both.execute(bytes(DEPTH - 1)).ended == "ok"
    with pytest.raises(ChainError, match=f"does not support more than {DEPTH} calls within each other"):
        both.execute(bytes(DEPTH))


@pytest.mark.parametrize(
    ("program", "what"),
    [
        (f"PUSH0 PUSH0 PUSH0 PUSH0 1 {THERE} GAS CALL", "a call with value"),
        (f"PUSH0 PUSH0 PUSH0 PUSH0 CALLDATASIZE {THERE} GAS CALL", "a call with value"),
        (f"PUSH0 PUSH0 PUSH0 PUSH0 CALLDATASIZE {THERE} GAS CALLCODE", "a call with value"),
        (call("4"), "a precompiled contract"),
        (f"PUSH0 next: 1 DUP2 SSTORE 1 ADD DUP1 {JOURNAL_ENTRIES} LT ISZERO @next JUMPI 1 1 SSTORE", "writes in one"),
    ],
)
def test_what_is_not_supported_is_an_error(program: str, what: str, both: Both) -> None:
    both.chain.install(HERE, assemble(program))
    both.chain.install(THERE, assemble("STOP"))
    with pytest.raises(ChainError, match=f"the in-process EVM does not support .*{what}"):
        both.execute(b"1")


@pytest.mark.parametrize("end", ["", "3 SSTORE", "PUSH0 SSTORE on: STOP"])
def test_nothing_after_a_selfdestruct_counts(end: str, both: Both) -> None:
    """What it leaves on the stack included."""
    both.chain.install(HERE, assemble(f"PUSH0 SELFDESTRUCT {end}"))
    with pytest.raises(UnsupportedError, match=r"^the in-process EVM does not support SELFDESTRUCT$"):
        both.execute()


def test_storage_grows(both: Both) -> None:
    chain = both.chain
    chain.install(
        HERE,
        assemble(
            "PUSH0 CALLDATALOAD DUP1 4000 ADD SWAP1 "
            "next: 7 DUP2 MUL DUP2 PUSH0 NOT SUB SSTORE 1 ADD DUP2 DUP2 LT @next JUMPI"
        ),
    )
    starts = range(1, STORAGE_ENTRIES + 8_000, 4_000)
    run = [EvmTransaction(encoded(SENDER), encoded(HERE), start.to_bytes(32)) for start in starts]
    assert chain.execute(run) == []
    kept = chain.storage(HERE)
    assert len(kept) == 4_000 * len(starts)
    assert all(value == 7 * (2**256 - 1 - slot) for slot, value in kept.items())


def test_a_view_changes_nothing(both: Both) -> None:
    both.put(f"1 TLOAD 1 SLOAD ADD 1 ADD DUP1 1 SSTORE DUP1 1 TSTORE {RETURN_TOP}")
    for _ in range(2):
        assert both.chain.view(encoded(HERE), b"") == (1).to_bytes(32)
    assert both.chain.storage(HERE) == {}


def test_a_failing_view_says_why(both: Both) -> None:
    reason = b"no such thing".ljust(32, b"\0").hex()
    both.put(f"0x08c379a0 224 SHL PUSH0 MSTORE 32 4 MSTORE 13 36 MSTORE 0x{reason} 68 MSTORE 100 PUSH0 REVERT")
    with pytest.raises(RevertError, match=r"^no such thing$"):
        both.chain.view(encoded(HERE), b"")
    both.put("INVALID")
    with pytest.raises(RevertError, match=r"^exceptional halt$"):
        both.chain.view(encoded(HERE), b"")


def test_a_failure_does_not_keep_others_from_being_executed(both: Both) -> None:
    both.put("PUSH0 CALLDATALOAD DUP1 @on JUMPI INVALID on: 1 SLOAD ADD 1 SSTORE")
    run = [EvmTransaction(encoded(SENDER), encoded(HERE), n.to_bytes(32)) for n in (1, 0, 2, 0, 0, 4)]
    assert [failure.place for failure in both.chain.execute(run)] == [1, 3, 4]
    assert both.chain.storage(HERE) == {1: 7}


def test_a_contract_is_made_by_its_creation_code(both: Both) -> None:
    """The constructor stores its argument, and returns code that ends with it: an immutable."""
    runtime = assemble("32 @end PUSH0 CODECOPY PUSH0 MLOAD PUSH0 SLOAD ADD PUSH0 MSTORE 32 PUSH0 RETURN end:")[:-1]
    constructor = assemble(
        f"@put @get JUMP put: DUP1 PUSH0 SSTORE {len(runtime)} MSTORE {len(runtime)} 200 PUSH0 CODECOPY "
        f"{len(runtime) + 32} PUSH0 RETURN get: 32 {200 + len(runtime)} PUSH0 CODECOPY PUSH0 MLOAD SWAP1 JUMP"
    )
    code = constructor.ljust(200, b"\0") + runtime + (41).to_bytes(32)
    chain = both.chain
    made = chain.create(SENDER, HERE, code)
    assert made == runtime + (41).to_bytes(32)
    chain.install(HERE, made, len(runtime))
    assert int.from_bytes(chain.view(encoded(HERE), b"")) == 82
    assert chain.code(HERE) == made
    assert chain.code(THERE) == b""


def test_a_failing_constructor_is_an_error(both: Both) -> None:
    with pytest.raises(ChainError, match=r"^the constructor of 0x1+ failed: 0x00ab$"):
        both.chain.create(SENDER, HERE, assemble("0xab PUSH0 MSTORE 2 30 REVERT"))


def test_constants_are_no_code(both: Both) -> None:
    code = assemble("PUSH0 CALLDATALOAD JUMP 7 there: STOP")
    both.chain.install(HERE, code, len(code) - 4)
    with pytest.raises(ChainError, match="does not support a jump to what is not code"):
        both.execute((len(code) - 2).to_bytes(32))


def test_memory_of_a_call_is_limited() -> None:
    chain = Chain(1)
    chain.install(HERE, assemble(f"1 {MEMORY - 31} MSTORE"))
    assert len(chain.execute(TRANSACTION)) == 1
