"""Typed calls: each as its ABI says, and nothing else for one."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from itertools import count
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address

from ballast.chain.abi import type_of
from ballast.chain.artifacts import ABI
from ballast.chain.contract import Call, Contract
from ballast.chain.rpc import UNREADABLE
from ballast.client.contracts import (
    PROTOCOL,
    ClassRegistry,
    CollateralEscrow,
    GasReputation,
    MockToken,
    ParticipantRegistry,
    Slasher,
    TaskRegistry,
)
from ballast.errors import NoContractError
from ballast.model.keeper_packing import KeeperRecord
from ballast.model.parameters import Dispute
from ballast.model.slash_split import SlashTerms

ROOT = Path(__file__).resolve().parents[2]
KINDS: dict[str, type[Contract]] = {kind.__name__: kind for kind in (*PROTOCOL, MockToken)}
ABIS = {
    path.stem: {entry["name"]: entry for entry in json.loads(path.read_text()) if entry["type"] == "function"}
    for path in ABI.glob("*.json")
    if path.stem != "layouts"
}
FUNCTIONS = [(name, function) for name, abi in ABIS.items() for function in abi]
PLAIN = {"uint256": int, "uint8": int, "int256": int, "address": str, "string": str, "bool": bool}
HERE = "0x00000000000000000000000000000000000000AA"


def fits(hint: Any, argument: dict[str, Any], sequence: Any) -> bool:
    """Whether an annotation fits an argument; lists are of a kind of sequence."""
    kind = argument["type"]
    if kind.endswith("[]"):
        element, *rest = get_args(hint)
        if kind == "bytes[]":  # the steps of a multicall
            return bool(get_origin(element) is Call)
        alone = {**argument, "type": kind[:-2]}
        return get_origin(hint) is sequence and rest in ([], [...]) and fits(element, alone, sequence)
    return record_fits(hint, argument["components"]) if kind == "tuple" else hint is PLAIN[kind]


def record_fits(hint: Any, arguments: list[dict[str, Any]]) -> bool:
    """Whether a dataclass has the arguments as its fields."""
    names = [field.name for field in fields(hint)] if is_dataclass(hint) else []
    hints = get_type_hints(hint)
    return names == [a["name"] for a in arguments] and all(fits(hints[a["name"]], a, tuple) for a in arguments)


def returns(hint: Any, outputs: list[dict[str, Any]]) -> bool:
    """Whether an annotation fits what a function returns."""
    match outputs:
        case []:
            return hint is type(None)
        case [output]:
            return fits(hint, output, tuple)
    parts = list(get_type_hints(hint).values()) if is_dataclass(hint) else get_args(hint)
    return len(parts) == len(outputs) and all(fits(part, o, tuple) for part, o in zip(parts, outputs, strict=True))


def test_each_contract_has_a_class_and_each_class_a_contract() -> None:
    assert KINDS.keys() == ABIS.keys()
    assert len(FUNCTIONS) > 140


@pytest.mark.parametrize("name", ABIS)
def test_each_function_has_a_method_and_each_method_a_function(name: str) -> None:
    own = {member for member in dir(KINDS[name]) if not member.startswith("_")} - set(dir(Contract))
    assert own == ABIS[name].keys()


@pytest.mark.parametrize(("name", "function"), FUNCTIONS)
def test_methods_are_as_the_abi_has_them(name: str, function: str) -> None:
    """Arguments by name, order and type, and the result; getters of mappings have no names for their arguments."""
    entry, method = ABIS[name][function], getattr(KINDS[name], function)
    _, *arguments = inspect.signature(method).parameters.values()
    assert [a.default for a in arguments] == [inspect.Parameter.empty] * len(arguments)
    hints = get_type_hints(method)
    for found, wanted in zip(arguments, entry["inputs"], strict=True):
        assert found.name == wanted["name"] or re.fullmatch(r"arg\d", wanted["name"])
        assert fits(hints[found.name], wanted, Sequence), found.name
    assert get_origin(hints["return"]) is Call
    assert returns(get_args(hints["return"])[0], entry["outputs"])
    assert inspect.getdoc(method)


def made(hint: Any, argument: dict[str, Any], numbers: Iterator[int]) -> tuple[Any, Any]:
    """Make up a value of an argument: as an encoder takes it, and as Python has it."""
    number = next(numbers)
    match argument["type"]:
        case "bytes[]":
            step = TaskRegistry(HERE).settle([number], True)
            return [bytes.fromhex(step.data[2:])], [step]
        case kind if kind.endswith("[]"):
            pairs = [made(get_args(hint)[0], {**argument, "type": kind[:-2]}, numbers) for _ in range(2)]
            return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        case "tuple":
            hints = get_type_hints(hint)
            pairs = [made(hints[part["name"]], part, numbers) for part in argument["components"]]
            return tuple(pair[0] for pair in pairs), hint(*(pair[1] for pair in pairs))
        case "address":
            return f"0x{number:040x}", to_checksum_address(f"0x{number:040x}")
        case "bool":
            return True, True
        case "string":
            return f"word {number}", f"word {number}"
        case "uint8":
            return number % 256, number % 256
        case "int256":
            return -number, -number
        case _:
            return number, number


@pytest.mark.parametrize(("name", "function"), FUNCTIONS)
def test_every_argument_goes_to_its_place_and_comes_back(name: str, function: str) -> None:
    entry, contract, numbers = ABIS[name][function], KINDS[name](HERE), count(0xAB0000)
    method = getattr(contract, function)
    hints = list(get_type_hints(method).values())
    pairs = [made(hint, a, numbers) for hint, a in zip(hints, entry["inputs"], strict=False)]
    call = method(*(pair[1] for pair in pairs))
    selector = function_abi_to_4byte_selector(entry)
    data = selector + encode([type_of(a) for a in entry["inputs"]], [pair[0] for pair in pairs])
    assert call.data == f"0x{data.hex()}"
    assert contract.called(call.data) == call


@pytest.mark.parametrize(("name", "function"), FUNCTIONS)
def test_every_result_comes_back_in_its_form(name: str, function: str) -> None:
    entry, contract, numbers = ABIS[name][function], KINDS[name](HERE), count(0xAB0000)
    hint = get_args(get_type_hints(getattr(contract, function))["return"])[0]
    pairs = [made(hint, output, numbers) for output in entry["outputs"]]
    answer = encode([type_of(output) for output in entry["outputs"]], [pair[0] for pair in pairs])
    call: Call[Any] = Call(contract, function, ())
    found = call.decode(f"0x{answer.hex()}")
    match [pair[1] for pair in pairs]:
        case []:
            assert found is None
        case [list() as values]:
            assert found == tuple(values)
        case [value]:
            assert found == value
            assert type(found) is type(value)
        case values:
            if is_dataclass(hint):
                assert type(found) is hint
                found = tuple(getattr(found, field.name) for field in fields(hint))
            assert found == tuple(values)


def test_by_hand() -> None:
    """The selectors are the first bytes of the hashes of ``settle(uint256[],bool)`` and ``balances(uint256)``."""
    assert TaskRegistry(HERE).settle([7], strict=True).data == "0x" + "".join(
        ["70bc0bc4", f"{64:064x}", f"{1:064x}", f"{1:064x}", f"{7:064x}"]
    )
    call = CollateralEscrow(HERE).balances(3)
    assert call.params() == ({"to": HERE, "data": f"0x4903b0d1{3:064x}"}, "latest")
    assert call.decode("0x" + "".join(f"{n:064x}" for n in (1, 2, 3, 4))) == (1, 2, 3, 4)
    assert call.request(HERE, gas=21_000) == {"from": HERE, "to": HERE, "data": call.data, "gas": "0x5208"}
    assert str(call) == "CollateralEscrow.balances"


def test_structs_are_those_of_the_model() -> None:
    def hint(method: Any) -> Any:
        return get_args(get_type_hints(method)["return"])[0]

    assert hint(Slasher.terms) is SlashTerms
    assert hint(GasReputation.keeper) is KeeperRecord
    assert hint(ClassRegistry.disputes) is Dispute


def test_calls_compare_by_what_they_say() -> None:
    tasks = TaskRegistry(HERE.lower())
    assert tasks == TaskRegistry(HERE) != TaskRegistry(HERE[:-1] + "B")
    assert tasks.pause(True) == tasks.pause(paused=True) != tasks.pause(False)
    assert ParticipantRegistry(HERE).pause(True) != tasks.pause(True)
    assert len({tasks.settle([1], True), tasks.settle((1,), True), tasks.settle([2], True)}) == 2


def test_a_call_does_not_change_with_what_it_was_made_of() -> None:
    several = [1, 2]
    call = TaskRegistry(HERE).settle(several, True)
    several.append(3)
    assert call == TaskRegistry(HERE).settle([1, 2], True)
    assert call.data == TaskRegistry(HERE).settle([1, 2], True).data


def test_arguments_are_those_of_the_function() -> None:
    tasks: Any = TaskRegistry(HERE)
    for arguments, named in (((), {}), (([1],), {}), (([1], True, True), {}), (([1],), {"strictly": True})):
        with pytest.raises(TypeError):
            tasks.settle(*arguments, **named)


SENSELESS: dict[str, Any] = {
    "null": None,
    "a number": 7,
    "no hex": "0x" + "zz" * 128,
    "cut short": "0x" + "00" * 96,
    "too large a word": "0x" + "ff" * 31,
    "another thing": {"balances": 1},
}


@pytest.mark.parametrize("what", SENSELESS)
def test_what_is_no_answer_is_unreadable(what: str) -> None:
    """Only by what callers catch."""
    with pytest.raises(UNREADABLE):
        CollateralEscrow(HERE).balances(1).decode(SENSELESS[what])


def test_an_empty_answer_is_of_no_contract() -> None:
    with pytest.raises(NoContractError, match=f"^CollateralEscrow.balances: no contract stands at {HERE} at "):
        CollateralEscrow(HERE).balances(1).decode("0x")


@pytest.mark.parametrize("data", ["0x", "0x12345678", TaskRegistry(HERE).settle([1], True).data[:-2]])
def test_what_is_no_call_is_unreadable(data: str) -> None:
    with pytest.raises(UNREADABLE):
        TaskRegistry(HERE).called(data)


BY_NAME = {
    "sim/engines/contracts.py",  # puts calldata together by hand, for speed
    "offchain/ballast/studies/peers/web3_tasks.py",  # measures web3.py, which finds functions by their names
}
"""Files of the product that may name a function by a string."""


def test_the_product_names_no_function_by_a_string() -> None:
    names = {function for _, function in FUNCTIONS if "_" in function or function.isupper()}
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("offchain", "sim", "scripts", "examples")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for argument in node.args
        if isinstance(argument, ast.Constant) and argument.value in names
    }
    assert {path for path in found if not path.startswith("offchain/ballast/sim/")} == BY_NAME
