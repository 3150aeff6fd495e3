"""Nodes of one network that lag, lie, or tell nonsense."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import orjson
import pytest

from ballast.client.contracts import CollateralEscrow, TaskRegistry
from ballast.errors import ChainError, DisagreementError, NodeError, RpcError
from ballast.transact.blocks import Header
from ballast.transact.nodes import Nodes
from tests.keeper.world import SETTINGS, World, codes
from tests.support.liar import forwarded, lying, serving


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


def test_a_node_that_is_asked_alone_is_named() -> None:
    nodes = Nodes(["http://127.0.0.1:1/key"])
    with pytest.raises(NodeError, match=r"^no usable answer from the node at http://127.0.0.1:1: Connection"):
        nodes.only(nodes.endpoints[0]).call("eth_chainId")
    nodes.close()


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
    net.reputation.bond(16_000).send(net.anvil.rpc, net.keepers[0].address)
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
    selector = net.contract(CollateralEscrow).account_count().data[:10]

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


def computing(net: World, change: Callable[[Any], Any]) -> Callable[[dict[str, Any], Any], Any]:
    """Twist what the contract computes."""
    selector = net.reputation.computed(0).data[:10]

    def twist(request: dict[str, Any], result: Any) -> Any:
        mine = request["method"] == "eth_call" and request["params"][0]["data"].startswith(selector)
        return change(result) if mine else result

    return twist


def test_a_node_that_computes_otherwise_than_the_others_rests(net: World) -> None:
    net.reputation.bond(16_000).send(net.anvil.rpc, net.keepers[0].address)
    with lying(net.anvil.url, computing(net, lambda _: f"0x{7:064x}")) as odd:
        report = net.keeper(urls=honest_beside(net, odd)).once()
        assert "NODE_LIES" in report.codes
        assert "VALUE_MISMATCH" not in report.codes
        assert [a["kind"] for a in report.actions] == ["post"]


def test_a_node_that_computes_nothing_is_not_needed(net: World) -> None:
    def fails(request: Any) -> Any:
        selector = net.reputation.computed(0).data[:10]
        each = request if isinstance(request, list) else [request]
        if each[0]["method"] == "eth_call" and each[0]["params"][0]["data"].startswith(selector):
            limit = {"code": -32005, "message": "limit exceeded"}
            made: Any = [{"id": r["id"], "error": limit} for r in each]
        else:
            made = forwarded(net.anvil.url, each)
        return 200, orjson.dumps(made if isinstance(request, list) else made[0])

    net.reputation.bond(16_000).send(net.anvil.rpc, net.keepers[0].address)
    with serving(fails) as limited:
        report = net.keeper(urls=[net.anvil.url, limited]).once()
    assert "NODE_FAILED" in report.codes
    assert [a["kind"] for a in report.actions] == ["post"]


def wrong_counts(net: World) -> Callable[[dict[str, Any], Any], Any]:
    """Twist the counts of fees."""
    selector = net.contract(TaskRegistry).fee_words(0, 0, 0).data[:10]

    def twist(request: dict[str, Any], result: Any) -> Any:
        if request["method"] == "eth_call" and request["params"][0].get("data", "").startswith(selector):
            return result[:-64] + f"{7 | 2 << 192:064x}"
        return result

    return twist


def test_wrong_counts_told_by_one_of_two_nodes_are_noticed(net: World) -> None:
    net.reputation.bond(16_000).send(net.anvil.rpc, net.keepers[0].address)
    with lying(net.anvil.url, wrong_counts(net)) as liar:
        for urls in ([liar, net.anvil.url], [net.anvil.url, liar]):
            keeper = net.keeper(urls=urls)
            with pytest.raises(ChainError):
                keeper.once()
            assert "NODES_DISAGREE" in codes(keeper.report)
    assert net.posted(2) == 0


def test_wrong_counts_told_by_the_only_node_are_refuted_by_the_contract(net: World) -> None:
    net.reputation.bond(16_000).send(net.anvil.rpc, net.keepers[0].address)
    with lying(net.anvil.url, wrong_counts(net)) as liar:
        keeper = net.keeper(urls=[liar])
        with pytest.raises(DisagreementError):
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
    net.reputation.bond(16_000).send(net.anvil.rpc, net.keepers[0].address)
    with (
        lying(net.anvil.url, wrong_counts(net)) as liar,
        lying(net.anvil.url, lambda _, result: result) as honest,
    ):
        keeper = net.keeper(urls=[liar, net.anvil.url, honest])
        report = keeper.once()
    assert "NODE_LIES" in codes(report)
    assert [a["kind"] for a in report.actions] == ["post"]
    computed = [net.reputation.computed(account).read(net.anvil.rpc) for account in range(16)]
    assert computed == (keeper.evidence and keeper.evidence.logits)


def test_keepers_a_lagging_node_did_not_show_are_found_in_the_next_epoch(net: World) -> None:
    for each in net.keepers[:2]:
        net.reputation.bond(16_000).send(net.anvil.rpc, each.address)
    hidden = True
    twist = lambda r, result: [] if r["method"] == "eth_getLogs" and hidden else result  # noqa: E731
    with lying(net.anvil.url, twist) as behind:
        keeper = net.keeper(urls=[behind])
        keeper.once()
        hidden = False
        found = []
        for epoch in (3, 4):
            net.go(epoch, clock=60)
            keeper.once()
            found.append(len(keeper._observer._keepers))
    assert found == [0, 2]


def test_over_a_websocket(net: World) -> None:
    url = net.anvil.url.replace("http", "ws")
    with closing(Nodes([url], 2.0)) as nodes:
        assert int(nodes.call("eth_chainId"), 16) == net.deployment.chain_id
        assert len(nodes.batch("eth_getBlockByNumber", [(hex(n), False) for n in range(5)])) == 5
        with pytest.raises(RpcError):
            nodes.call("no_such_method")
        assert nodes.call("eth_blockNumber")
    keeper = net.keeper(urls=[url])
    assert [a["kind"] for _ in range(3) for a in keeper.once().actions] == ["bond", "post"]
