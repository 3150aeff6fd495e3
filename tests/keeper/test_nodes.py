"""Answers that are none, failover, WebSocket, and nodes that lag or lie."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest

from offchain.chain.rpc import JsonRpc
from offchain.errors import ChainError, DisagreementError, NodeError, RevertError, RpcError, UserError
from offchain.keeper.endpoint import redacted
from offchain.keeper.log import Code
from offchain.keeper.nodes import Nodes
from offchain.keeper.view import Header
from tests.keeper.liar import Answer, lying, plain, serving
from tests.keeper.world import SETTINGS, World, codes


@contextmanager
def asking(*urls: str, timeout: float = 2.0, size: int = 100) -> Iterator[Nodes]:
    """Nodes at addresses, closed at the end."""
    nodes = Nodes(urls, timeout, batch_size=size)
    try:
        yield nodes
    finally:
        nodes.close()


def good(request: Any) -> Answer:
    """Tell each request its own first parameter."""
    many = isinstance(request, list)
    answers = [plain(r, r["params"][0]) for r in (request if many else [request])]
    return 200, orjson.dumps(answers if many else answers[0])


def changed(change: Callable[[list[Any]], Any]) -> Callable[[Any], Answer]:
    """Answer well, but for one change."""

    def answers(request: Any) -> Answer:
        found = orjson.loads(good(request if isinstance(request, list) else [request])[1])
        made = change(found)
        return 200, orjson.dumps(made if isinstance(request, list) or not isinstance(made, list) else made[0])

    return answers


BAD: dict[str, Callable[[Any], Answer]] = {
    "too many requests": lambda _: (429, b"slow down"),
    "server error": lambda _: (503, b"{}"),
    "not JSON": lambda _: (200, b"<html>"),
    "nothing": lambda _: (200, b""),
    "a number": lambda _: (200, b"7"),
    "of another request": changed(lambda a: [{**each, "id": each["id"] + 1_000} for each in a]),
    "missing": changed(lambda a: a[1:] or {}),
    "two different ones": changed(lambda a: [*a, {**a[0], "result": "other"}] if len(a) > 1 else {}),
    "neither result nor error": changed(lambda a: [{"id": each["id"]} for each in a]),
}


@pytest.mark.parametrize("why", BAD)
@pytest.mark.parametrize("count", [1, 3])
def test_what_is_no_answer_is_none_and_another_node_is_asked(why: str, count: int) -> None:
    told: list[Code] = []
    with serving(BAD[why]) as bad, serving(good) as fine, asking(bad, fine) as nodes:
        nodes.say = lambda code, **_: told.append(code)
        assert nodes.batch("m", [(i,) for i in range(count)]) == list(range(count))
        assert told == [Code.NODE_FAILED]
        assert [e.name for e in nodes.awake] == [redacted(fine)]
    with serving(BAD[why]) as bad, asking(bad) as nodes, pytest.raises(NodeError):
        nodes.batch("m", [(i,) for i in range(count)])


def test_answers_in_any_order_and_twice_the_same_are_good() -> None:
    with serving(changed(lambda a: [*a[::-1], a[0]])) as url, asking(url) as nodes:
        assert nodes.batch("m", [(i,) for i in range(5)]) == list(range(5))


def test_a_truncated_answer_is_none() -> None:
    with serving(good, cut=3) as url, asking(url) as nodes, pytest.raises(NodeError):
        nodes.call("m", 1)


def test_an_answer_that_comes_too_late_is_none() -> None:
    given_up = threading.Event()

    def slow(request: Any) -> Answer:
        given_up.wait(30)
        return good(request)

    with serving(slow) as url, asking(url, timeout=0.15) as nodes:
        with pytest.raises(NodeError):
            nodes.call("m", 1)
        given_up.set()


def test_batches_are_bounded() -> None:
    sizes = []

    def counting(request: Any) -> Answer:
        sizes.append(len(request) if isinstance(request, list) else 1)
        return good(request)

    with serving(counting) as url, asking(url, size=4) as nodes:
        assert nodes.batch("m", [(i,) for i in range(9)]) == list(range(9))
    assert sizes == [4, 4, 1]


def test_a_revert_is_an_answer_and_another_error_is_asked_elsewhere() -> None:
    def fails(code: int, message: str) -> Callable[[Any], Answer]:
        return lambda r: (200, orjson.dumps({"id": r["id"], "error": {"code": code, "message": message}}))

    with (
        serving(good) as fine,
        serving(fails(3, "execution reverted: no")) as reverts,
        asking(reverts, fine) as nodes,
        pytest.raises(RevertError, match="reverted: no"),
    ):
        nodes.call("m", 1)
    with serving(fails(-32000, "header not found")) as lost, serving(good) as fine:
        with asking(lost, fine) as nodes:
            assert nodes.call("m", 1) == 1
        with asking(lost) as nodes, pytest.raises(RpcError, match="header not found"):
            nodes.call("m", 1)


def test_one_that_failed_rests_and_comes_back() -> None:
    with serving(BAD["not JSON"]) as bad, serving(good) as fine:
        nodes = Nodes([bad, fine], 1.0, rest_seconds=0.1)
        nodes.call("m", 1)
        assert len(nodes.awake) == 1
        time.sleep(0.12)
        assert len(nodes.awake) == 2
        nodes.close()


def test_a_pass_has_an_end() -> None:
    with serving(good) as url, asking(url) as nodes:
        nodes.within(0.0)
        with pytest.raises(ChainError, match="too long"):
            nodes.call("m", 1)


@pytest.mark.parametrize("url", ["localhost", "ftp://host", "http://", "http://host:99999", "http://[", ""])
def test_a_bad_address_is_the_users_mistake(url: str) -> None:
    with pytest.raises(UserError):
        Nodes([url])


def test_no_address_is_the_users_mistake() -> None:
    with pytest.raises(UserError):
        Nodes([])


def test_names_hide_what_may_be_secret() -> None:
    assert redacted("https://user:word@node.example:8443/v3/key?token=1") == "https://node.example:8443"


def test_over_a_websocket(net: World) -> None:
    url = net.anvil.url.replace("http", "ws")
    with asking(url) as nodes:
        assert int(nodes.call("eth_chainId"), 16) == net.deployment.chain_id
        assert len(nodes.batch("eth_getBlockByNumber", [(hex(n), False) for n in range(5)])) == 5
        with pytest.raises(RpcError):
            nodes.call("no_such_method")
        assert nodes.call("eth_blockNumber")
    keeper = net.keeper(urls=[url])
    assert [a["kind"] for _ in range(3) for a in keeper.once().actions] == ["bond", "post"]


def test_a_websocket_nobody_serves() -> None:
    with asking("ws://127.0.0.1:1", timeout=0.5) as nodes, pytest.raises(NodeError):
        nodes.call("m", 1)


# Nodes of one network


def block_twist(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[dict[str, Any], Any], Any]:
    """Change every block an answer holds."""
    return lambda request, result: change(result) if request["method"] == "eth_getBlockByNumber" else result


def test_a_lying_block_hash_is_noticed_and_nothing_is_done(net: World) -> None:
    wrong = "0x" + "12" * 32
    with lying(net.anvil.url, block_twist(lambda b: {**b, "hash": wrong})) as liar:
        keeper = net.keeper(urls=[net.anvil.url, liar])
        with pytest.raises(DisagreementError):
            keeper.once()
        assert "NODES_DISAGREE" in codes(keeper.report)
    assert [a["kind"] for a in net.keeper().once().actions] == ["bond"]


def test_the_majority_decides(net: World) -> None:
    with (
        lying(net.anvil.url, block_twist(lambda b: {**b, "hash": "0x" + "12" * 32})) as liar,
        lying(net.anvil.url, lambda _, result: result) as honest,
    ):
        report = net.keeper(urls=[liar, net.anvil.url, honest]).once()
        assert "NODE_LIES" in codes(report)
        assert [a["kind"] for a in report.actions] == ["bond"]


def test_a_node_that_lags_rests(net: World) -> None:
    old = net.anvil.rpc.call("eth_getBlockByNumber", "latest", False)
    net.mine(6)

    def stuck(request: dict[str, Any], result: Any) -> Any:
        latest = request["method"] == "eth_getBlockByNumber" and request["params"][0] == "latest"
        return old if latest else result

    with lying(net.anvil.url, stuck) as behind:
        report = net.keeper(urls=[behind, net.anvil.url, f"{net.anvil.url}/?two"]).once()
        assert "NODE_LAGS" in codes(report)
        assert [a["kind"] for a in report.actions] == ["bond"]
        head = int(old["number"], 16)
        report = net.keeper(urls=[behind, net.anvil.url]).once()
        assert ("NODE_AHEAD" in codes(report), report.head) == (True, head), "one node alone is not followed"


def honest_beside(net: World, liar: str) -> list[str]:
    """Addresses of a liar and two honest nodes, the liar the last."""
    return [net.anvil.url, f"{net.anvil.url}/?two", liar]


@pytest.mark.parametrize("above", [1, 5, 2**40, 2**64])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("order", [1, -1])
def test_blocks_one_node_invents_on_top_are_not_followed(net: World, above: int, known: bool, order: int) -> None:
    net.reputation.send(net.keepers[0].address, "bond", 16_000)
    top = net.anvil.rpc.call("eth_getBlockByNumber", "latest", False)
    head = int(top["number"], 16)

    def invented(number: int) -> dict[str, Any]:
        return {**top, "number": hex(number), "hash": f"0x{number:064x}", "parentHash": f"0x{number - 1:064x}"}

    def twist(request: dict[str, Any], result: Any) -> Any:
        if request["method"] != "eth_getBlockByNumber" or (result == top and request["params"][0] != "latest"):
            return result
        if request["params"][0] == "latest":
            return invented(head + above)
        return invented(int(request["params"][0], 16)) if result is None and known else result

    with lying(net.anvil.url, twist) as liar:
        report = net.keeper(urls=honest_beside(net, liar)[::order]).once()
    assert report.head == head
    assert "NODE_LAGS" not in report.codes
    assert [a["kind"] for a in report.actions] == ["post"]


def test_the_only_node_left_is_not_followed_while_as_many_lag(net: World) -> None:
    with asking(net.anvil.url, f"{net.anvil.url}/?two", f"{net.anvil.url}/?three") as nodes:
        first, second, third = nodes.endpoints
        assert nodes.majority([first, second, third]) == 2
        nodes.rest(first, Code.NODE_FAILED)
        assert nodes.majority([second, third]) == 2
        assert nodes.majority([third]) == 1
        nodes.rest(second, Code.NODE_LAGS)
        assert nodes.majority([third]) == 2


def test_a_node_of_another_chain_rests(net: World) -> None:
    with lying(net.anvil.url, lambda r, result: "0x5" if r["method"] == "eth_chainId" else result) as other:
        keeper = net.keeper(urls=[other, net.anvil.url])
        assert [a["kind"] for a in keeper.once().actions] == ["bond"]
        assert "NODE_FAILED" in codes(keeper.report)
        with pytest.raises(NodeError, match="chain 5, not 31337"):
            net.keeper(urls=[other]).once()


NONSENSE: dict[str, tuple[str, Any]] = {
    "no nonce": ("eth_getTransactionCount", None),
    "a nonce of 2**70": ("eth_getTransactionCount", hex(2**70)),
    "no tip": ("eth_maxPriorityFeePerGas", "0x"),
    "no balance": ("eth_getBalance", None),
    "no result of a call": ("eth_call", "0x"),
    "a call's result of null": ("eth_call", None),
    "an empty receipt": ("eth_getTransactionReceipt", {}),
    "negative gas": ("eth_estimateGas", "-0x1"),
    "gas beyond all limits": ("eth_estimateGas", hex(2**200)),
    "no storage": ("eth_getStorageAt", "0x"),
    "logs without topics": ("eth_getLogs", [{}]),
    "a topic that is too long": ("eth_getLogs", [{"topics": ["0x", "0x" + "11" * 33]}]),
    "a block without content": ("eth_getBlockByNumber", {}),
    "logs that are none": ("eth_getLogs", "0x"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_of_the_first_node_is_asked_elsewhere(net: World, what: str) -> None:
    method, answer = NONSENSE[what]
    told = []

    def twist(request: dict[str, Any], result: Any) -> Any:
        if request["method"] == method:
            told.append(method)
        return answer if request["method"] == method else result

    with lying(net.anvil.url, twist) as odd:
        keeper = net.keeper(urls=[odd, net.anvil.url, f"{net.anvil.url}/?two"], settings=replace(SETTINGS, stand_ins=1))
        for _ in range(3):
            keeper.once()
            if told:
                assert "NODE_FAILED" in keeper.report.codes
                told.clear()
    assert net.posted(2)


def test_a_node_that_tells_of_more_accounts_than_there_can_be_rests(net: World) -> None:
    selector = net.contract("CollateralEscrow").selector("account_count")

    def twist(request: dict[str, Any], result: Any) -> Any:
        counts = request["method"] == "eth_call" and request["params"][0]["data"].startswith(selector)
        return "0x" + "f" * 63 + "0" if counts else result

    with lying(net.anvil.url, twist) as odd:
        report = net.keeper(urls=honest_beside(net, odd)[::-1]).once()
        assert "NODE_FAILED" in report.codes
        assert [a["kind"] for a in report.actions] == ["bond"]


def test_a_block_of_a_height_no_chain_has_is_none() -> None:
    block = {"number": "0x1", "hash": "0x" + "1" * 64, "parentHash": "0x" + "2" * 64, "timestamp": "0x1"}
    assert Header.of(block).number == 1
    for wrong in ({"number": hex(2**63)}, {"timestamp": hex(2**63)}, {"number": "-0x1"}, {"hash": "0x12"}):
        with pytest.raises(NodeError):
            Header.of({**block, **wrong})


def test_a_node_that_takes_its_share_of_the_pass_rests() -> None:
    with serving(good) as slow, serving(good) as fine, asking(slow, fine) as nodes:
        nodes.within(1_000.0)
        assert nodes.call("m", 1) == 1
        nodes._spent[nodes.endpoints[0]] = 500.0  # answer by answer, each of them in time
        assert nodes.call("m", 1) == 1
        assert [e.name for e in nodes.awake] == [redacted(fine)]
        nodes.within(1_000.0)
        assert nodes._spent == {}


def computing(net: World, change: Callable[[Any], Any]) -> Callable[[dict[str, Any], Any], Any]:
    """Twist what the contract computes."""
    selector = net.reputation.selector("computed")

    def twist(request: dict[str, Any], result: Any) -> Any:
        mine = request["method"] == "eth_call" and request["params"][0]["data"].startswith(selector)
        return change(result) if mine else result

    return twist


def test_a_node_that_computes_otherwise_than_the_others_rests(net: World) -> None:
    net.reputation.send(net.keepers[0].address, "bond", 16_000)
    with lying(net.anvil.url, computing(net, lambda _: f"0x{7:064x}")) as odd:
        report = net.keeper(urls=honest_beside(net, odd)).once()
        assert "NODE_LIES" in report.codes
        assert "VALUE_MISMATCH" not in report.codes
        assert [a["kind"] for a in report.actions] == ["post"]


def test_a_node_that_computes_nothing_is_not_needed(net: World) -> None:
    def fails(request: Any) -> Any:
        selector = net.reputation.selector("computed")
        each = request if isinstance(request, list) else [request]
        if each[0]["method"] == "eth_call" and each[0]["params"][0]["data"].startswith(selector):
            limit = {"code": -32005, "message": "limit exceeded"}
            made: Any = [{"id": r["id"], "error": limit} for r in each]
        else:
            made = node._post(orjson.dumps(each))
        return 200, orjson.dumps(made if isinstance(request, list) else made[0])

    net.reputation.send(net.keepers[0].address, "bond", 16_000)
    node = JsonRpc(net.anvil.url)
    with closing(node), serving(fails) as limited:
        report = net.keeper(urls=[net.anvil.url, limited]).once()
    assert "NODE_FAILED" in report.codes
    assert [a["kind"] for a in report.actions] == ["post"]


def wrong_counts(net: World) -> Callable[[dict[str, Any], Any], Any]:
    """Twist the counts of fees."""
    selector = net.contract("TaskRegistry").selector("fee_words")

    def twist(request: dict[str, Any], result: Any) -> Any:
        if request["method"] == "eth_call" and request["params"][0].get("data", "").startswith(selector):
            return result[:-64] + f"{7 | 2 << 192:064x}"
        return result

    return twist


def test_wrong_counts_told_by_one_of_two_nodes_are_noticed(net: World) -> None:
    net.reputation.send(net.keepers[0].address, "bond", 16_000)
    with lying(net.anvil.url, wrong_counts(net)) as liar:
        for urls in ([liar, net.anvil.url], [net.anvil.url, liar]):
            keeper = net.keeper(urls=urls)
            with pytest.raises(ChainError):
                keeper.once()
            assert "NODES_DISAGREE" in codes(keeper.report)
    assert net.posted(2) == 0


def test_wrong_counts_told_by_the_only_node_are_refuted_by_the_contract(net: World) -> None:
    net.reputation.send(net.keepers[0].address, "bond", 16_000)
    with lying(net.anvil.url, wrong_counts(net)) as liar:
        keeper = net.keeper(urls=[liar])
        with pytest.raises(ChainError):
            keeper.once()
        assert "VALUE_MISMATCH" in codes(keeper.report)
    assert net.posted(2) == 0


def test_an_answer_without_sense_ends_the_pass_only(net: World) -> None:
    without = lying(net.anvil.url, lambda r, result: None if r["method"] == "eth_getBalance" else result)
    with without as odd, pytest.raises(NodeError, match="a number is none"):
        net.keeper(urls=[odd]).once()


def test_blocks_that_do_not_follow_each_other(net: World) -> None:
    net.mine(2)
    twisted = block_twist(lambda b: {**b, "hash": "0x" + "34" * 32} if int(b["number"], 16) % 2 else b)
    with lying(net.anvil.url, twisted) as liar:
        keeper = net.keeper(settings=replace(SETTINGS, confirmations=2), urls=[liar, net.anvil.url])
        report = keeper.once()
        assert "NODE_LIES" in codes(report)
        assert [a["kind"] for a in report.actions] == ["bond"]


def test_the_majority_decides_on_counts_too(net: World) -> None:
    net.reputation.send(net.keepers[0].address, "bond", 16_000)
    with (
        lying(net.anvil.url, wrong_counts(net)) as liar,
        lying(net.anvil.url, lambda _, result: result) as honest,
    ):
        keeper = net.keeper(urls=[liar, net.anvil.url, honest])
        report = keeper.once()
    assert "NODE_LIES" in codes(report)
    assert [a["kind"] for a in report.actions] == ["post"]
    assert [net.reputation.read("computed", a) for a in range(16)] == (keeper.evidence and keeper.evidence.logits)
