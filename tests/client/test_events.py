"""Events decoded: each as its ABI says, and nothing else for one."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from itertools import count
from typing import Any, get_type_hints

import pytest
from eth_abi.abi import encode
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address

from ballast.chain.abi import type_of
from ballast.chain.artifacts import artifacts
from ballast.chain.rpc import UNREADABLE
from ballast.client.events import KINDS, BondChanged, ClassRegistered, Event, TaskWon, decoded
from ballast.deployment import TOKEN
from ballast.model.class_packing import Auction, Opening
from ballast.model.parameters import Dispute

ABIS = {
    entry["name"]: entry
    for name, artifact in artifacts().items()
    for entry in artifact.abi
    if entry["type"] == "event" and name != TOKEN
}
KIND = {"uint256": int, "int256": int, "int256[8]": tuple[int, ...], "address": str, "bool": bool}


def made(argument: dict[str, Any], numbers: Any) -> tuple[Any, Any]:
    """Make up a value of an argument: as it is encoded, and as it is to be decoded."""
    number = next(numbers)
    match argument["type"]:
        case "tuple":
            pairs = [made(part, numbers) for part in argument["components"]]
            return tuple(pair[0] for pair in pairs), [pair[1] for pair in pairs]
        case "address":
            return f"0x{number:040x}", to_checksum_address(f"0x{number:040x}")
        case "bool":
            return True, True
        case "int256":
            return -number, -number
        case "int256[8]":
            logits = tuple(range(-number, 8 - number))
            return logits, logits
        case _:
            return number, number


def log_of(name: str, values: list[Any]) -> dict[str, Any]:
    """Write a log as a node does."""
    entry = ABIS[name]
    topics, plain = [bytes(event_abi_to_log_topic(entry))], []
    for argument, value in zip(entry["inputs"], values, strict=True):
        if argument["indexed"]:
            topics.append(encode([type_of(argument)], [value]))
        else:
            plain.append((type_of(argument), value))
    data = encode([kind for kind, _ in plain], [value for _, value in plain])
    return {"topics": [f"0x{topic.hex()}" for topic in topics], "data": f"0x{data.hex()}", "blockNumber": "0x1"}


def check_fields(kind: Any, arguments: list[dict[str, Any]]) -> None:
    """Fail unless a class has the arguments as fields, by name, order and type."""
    assert [field.name for field in fields(kind)] == [argument["name"] for argument in arguments]
    for hint, argument in zip(get_type_hints(kind).values(), arguments, strict=True):
        if argument["type"] == "tuple":
            check_fields(hint, argument["components"])
        else:
            assert hint == KIND[argument["type"]]


def test_each_event_has_a_class_and_each_class_an_event() -> None:
    assert KINDS.keys() == ABIS.keys()


@pytest.mark.parametrize("name", ABIS)
def test_classes_are_as_the_abi_has_them(name: str) -> None:
    check_fields(KINDS[name], ABIS[name]["inputs"])


def flat(value: Any) -> Any:
    """Values of an event, those of structs as lists."""
    return [flat(getattr(value, field.name)) for field in fields(value)] if is_dataclass(value) else value


@pytest.mark.parametrize("name", ABIS)
def test_every_value_comes_back_in_its_place(name: str) -> None:
    numbers = count(2**31)
    pairs = [made(argument, numbers) for argument in ABIS[name]["inputs"]]
    event = decoded(log_of(name, [pair[0] for pair in pairs]))
    assert type(event) is KINDS[name]
    assert flat(event) == [pair[1] for pair in pairs]


def test_by_hand() -> None:
    """Topics after the first are the indexed arguments, the data the others in order."""
    log = log_of("TaskWon", [3 << 48 | 1, 4, 2, 960_000, 1_000, 1_700_000_602])
    assert log["topics"][1] == f"0x{3 << 48 | 1:064x}"
    assert log["data"] == f"0x{4:064x}{2:064x}{960_000:064x}{1_000:064x}{1_700_000_602:064x}"
    assert decoded(log) == TaskWon(task=3 << 48 | 1, executor=4, step=2, price=960_000, load=1_000, due=1_700_000_602)


def test_structs_are_those_of_the_model() -> None:
    name, numbers = "ClassRegistered", count(1)
    event = decoded(log_of(name, [made(argument, numbers)[0] for argument in ABIS[name]["inputs"]]))
    assert isinstance(event, ClassRegistered)
    assert [type(part) for part in (event.auction, event.opening, event.dispute)] == [Auction, Opening, Dispute]


def test_other_logs_are_none_of_the_protocol() -> None:
    transfer = next(e for e in artifacts()[TOKEN].abi if e["type"] == "event" and e["name"] == "Transfer")
    topic = f"0x{bytes(event_abi_to_log_topic(transfer)).hex()}"
    assert decoded({"topics": [topic], "data": "0x"}) is None
    assert decoded({"topics": ["0x" + "00" * 32], "data": "0x"}) is None


BOND = log_of("BondChanged", [7, 16_000])
SENSELESS: dict[str, Any] = {
    "no log": None,
    "text": "0x",
    "no topics": {"data": BOND["data"]},
    "an empty list of topics": {**BOND, "topics": []},
    "no data": {"topics": BOND["topics"]},
    "null for data": {**BOND, "data": None},
    "data cut short": {**BOND, "data": BOND["data"][:-2]},
    "data that are no hex": {**BOND, "data": "0x" + "zz" * 32},
    "a topic too few": {**BOND, "topics": BOND["topics"][:1]},
    "a topic too many": {**BOND, "topics": [*BOND["topics"], BOND["topics"][1]]},
    "a topic that is too long": {**BOND, "topics": [BOND["topics"][0], BOND["topics"][1] + "11"]},
    "a topic that is too short": {**BOND, "topics": [BOND["topics"][0], "0x07"]},
    "a topic that is no text": {**BOND, "topics": [BOND["topics"][0], 7]},
}


@pytest.mark.parametrize("what", SENSELESS)
def test_what_is_no_log_is_unreadable(what: str) -> None:
    """Only by what callers catch."""
    assert isinstance(decoded(BOND), BondChanged)
    with pytest.raises(UNREADABLE):
        decoded(SENSELESS[what])


def test_events_compare_by_what_they_say() -> None:
    assert decoded(BOND) == BondChanged(keeper=7, bonded=16_000) != BondChanged(keeper=7, bonded=16_001)
    assert issubclass(BondChanged, Event)
