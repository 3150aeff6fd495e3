"""The runner of the official state tests tells apart what agrees, what differs and what is left out."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ballast.evm.official import BLOCK, ENDLESS, HEADER, LIMITS, VALUE, main, read, run
from tests.evm.both import HERE, SENDER, THERE, assemble

GIVEN = "BALLAST_EVM_TESTS"
"""Names a folder of official tests."""


def case(name: str, program: str, after: Mapping[int, int], **given: Any) -> dict[str, Any]:
    """Write a state test of a program at ``HERE``, as the official ones are written."""
    code = f"0x{assemble(program).hex()}"
    return {
        "name": name,
        "timestamp": "0x03e8",
        "number": "0x07",
        "pre": {
            SENDER: {"code": "0x", "storage": {}, "balance": "0x0ba1a9ce"},
            HERE: {"code": code, "storage": {hex(k): hex(v) for k, v in given.get("before", {}).items()}},
            THERE: {"code": f"0x{assemble('5 2 SSTORE STOP').hex()}", "storage": {}},
        },
        "transactions": [
            {
                "sender": SENDER,
                "to": HERE,
                "data": f"0x{data.hex()}",
                "value": given.get("value", "0x00"),
                "gasLimit": "0x04c4b400",
            }
            for data in given.get("data", [b""])
        ],
        "post": {
            HERE: {hex(k): hex(v) for k, v in after.items()},
            THERE: {hex(k): hex(v) for k, v in given.get("there", {}).items()},
            SENDER: {},
        },
    }


AGREE = [
    case("sum", "2 3 ADD 1 SSTORE", {1: 5}),
    case(
        "time",
        "TIMESTAMP 1 SSTORE NUMBER 2 SSTORE CHAINID 3 SSTORE CALLER 4 SSTORE",
        {1: 1000, 2: 7, 3: 1, 4: int(SENDER, 16)},
    ),
    case("before", "1 SLOAD 1 ADD 1 SSTORE 0 9 SSTORE", {1: 2**256 - 1, 3: 4}, before={1: 2**256 - 2, 3: 4, 9: 8}),
    case("reverts", "7 1 SSTORE PUSH0 PUSH0 REVERT", {1: 6}, before={1: 6}),
    case("calls", f"PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 {THERE} GAS CALL 1 SSTORE", {1: 1}, there={2: 5}),
    case("two", "PUSH0 CALLDATALOAD 1 SLOAD ADD 1 SSTORE", {1: 7}, data=[(3).to_bytes(32), (4).to_bytes(32)]),
    case("plain", "COINBASE 1 SSTORE BASEFEE 2 SSTORE", {1: int(HEADER.coinbase, 16), 2: HEADER.base_fee}),
    case("valuable", "1 1 SSTORE", {1: 1}, value="0x01"),
]
LEFT_OUT = [
    (case("balance", "ADDRESS BALANCE 1 SSTORE", {1: 1}), "BALANCE"),
    (case("deadly", "PUSH0 SELFDESTRUCT 3 SSTORE", {}), "SELFDESTRUCT"),
    (case("block", "COINBASE 1 SSTORE", {1: 1}), BLOCK),
    (case("value", "CALLVALUE 1 SSTORE", {1: 1}, value="0x01"), VALUE),
]
DIFFER = [
    (case("wrong", "2 3 ADD 1 SSTORE", {1: 6}), f"slot 0x1 of {HERE} is 0x5, not 0x6"),
    (case("lacks", "STOP", {1: 6}, before={1: 6, 2: 1}), f"slot 0x2 of {HERE} is 0x1, not 0x0"),
    (case("adds", "STOP", {}, there={3: 3}), f"slot 0x3 of {THERE} is 0x0, not 0x3"),
    (case("stale", "COINBASE POP 1 1 SSTORE", {1: 2}), f"slot 0x1 of {HERE} is 0x1, not 0x2"),
    (case("worthless", "CALLVALUE 1 SSTORE", {1: 1}), f"slot 0x1 of {HERE} is 0x0, not 0x1"),
]


def write(folder: Path, cases: list[dict[str, Any]], name: str = "own.json") -> Path:
    """Write cases into a folder."""
    text = json.dumps(cases).encode()
    (folder / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return folder


@pytest.mark.parametrize("name", ["own.json", "own.json.gz"])
def test_each_case_comes_to_its_outcome(name: str, tmp_path: Path) -> None:
    expected = [(case, "", "") for case in AGREE]
    expected += [(case, reason, "") for case, reason in LEFT_OUT]
    expected += [(case, "", difference) for case, difference in DIFFER]
    cases = read(write(tmp_path, [case for case, *_ in expected], name))
    assert [c.name for c in cases] == [f"own/{given['name']}" for given, *_ in expected]
    assert [run(c) for c in cases] == [(reason, difference) for _, reason, difference in expected]


def test_a_limit_excuses_its_cases_alone(tmp_path: Path) -> None:
    folder, _, name = next(iter(LIMITS)).partition("/")
    cases = [case(name.replace("*", "d0"), "STOP", {1: 1}), case("other", "STOP", {1: 1}), case(name, "STOP", {})]
    found = [run(c) for c in read(write(tmp_path, cases, f"{folder}.json"))]
    assert [bool(outcome.reason) for outcome in found] == [True, False, False]
    assert [bool(outcome.difference) for outcome in found] == [False, True, False]


def test_says_what_agrees_and_what_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also of a case that does not end."""
    cases = [*AGREE[:2], case("endless", "on: @on JUMP", {}), LEFT_OUT[0][0]]
    assert main([str(write(tmp_path, cases))]) == 0
    lines = ["2 of 4 cases agree", f"1 left out: {ENDLESS}", "1 left out: BALANCE"]
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(lines)


def test_fails_with_the_name_of_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, difference = DIFFER[0]
    assert main([str(write(tmp_path, [AGREE[0], given]))]) == 1
    assert capsys.readouterr().out.splitlines() == ["1 of 2 cases agree", f"differs: own/wrong: {difference}"]


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[1]", '[{"name": "a"}]', json.dumps([{**AGREE[0], "number": "z"}])])
def test_a_file_of_something_else_is_an_error(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.json"
    path.write_text(text)
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{path} is no list of state tests\n"


def test_a_damaged_file_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, AGREE, "own.json.gz") / "own.json.gz"
    path.write_bytes(path.read_bytes()[:100])
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{path} is no list of state tests\n"


def test_a_folder_is_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, line in (
        ([], "the folder of the tests is wanted: python -m ballast.evm.official FOLDER"),
        ([str(tmp_path)], f"{tmp_path} holds no state tests"),
        ([str(tmp_path / "none")], f"{tmp_path / 'none'} holds no state tests"),
    ):
        assert main(arguments) == 2
        assert capsys.readouterr().err.startswith(line)


@pytest.mark.skipif(GIVEN not in os.environ, reason=f"{GIVEN} names no folder of official tests")
def test_official(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([os.environ[GIVEN]]) == 0, capsys.readouterr().out
