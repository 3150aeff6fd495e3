"""A node's limits are found out and kept to: requests in a message, whatever way it says that there are too many."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from importlib.metadata import version
from typing import Any

import pytest

from ballast.chain.anvil import Anvil
from ballast.chain.rpc import JsonRpc
from ballast.errors import NodeError, RevertError, RpcError, TooLargeError
from ballast.node.endpoint import Endpoint
from tests.node.odd import Oddity, Reply, failed, front, streaming

LIMIT = 10
BLOCKS = 40


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    """Give a chain of some blocks."""
    with Anvil() as node:
        node.rpc.call("anvil_mine", hex(BLOCKS))
        yield node


def beyond(limit: int, reply: Callable[[list[Any]], Reply]) -> Oddity:
    """Refuse messages of more requests than a limit."""
    return lambda asked: reply(asked) if isinstance(asked, list) and len(asked) > limit else None


REFUSALS: dict[str, Callable[[list[Any]], Reply]] = {
    "413 without JSON": lambda _: (413, b"<html>Request Entity Too Large</html>"),
    "400 without JSON": lambda _: (400, b"no"),
    "405 without anything": lambda _: (405, b""),
    "500 without JSON": lambda _: (500, b"<html>Internal Server Error</html>"),
    "501 without JSON": lambda _: (501, b"no batches"),
    "504 without JSON": lambda _: (504, b"<html>Gateway Time-out</html>"),
    "413 with one error": lambda _: (413, failed(None, -32600, "batch too large")),
    "400 with one error": lambda _: (400, failed(None, -32000, "no")),
    "429 with an error that names the batch": lambda _: (429, failed(None, -32005, "batch limit exceeded")),
    "500 with one error": lambda _: (500, failed(None, -32603, "internal error")),
    "503 with an error for each": lambda asked: (503, [failed(r, -32005, "limit exceeded") for r in asked]),
    "one error": lambda _: (200, failed(None, -32005, "Batched requests are not supported by this server")),
    "one error with the number of the first": lambda asked: (200, failed(asked[0], -32000, "batch limit 10 exceeded")),
    "one error in a list": lambda asked: (200, [failed(asked[0], -32600, "batch too large")]),
    "one error in a list, of no request": lambda _: (200, [failed(None, -32600, "batch too large")]),
    "an error for each": lambda asked: (200, [failed(r, -32005, "Batch size limit exceeded") for r in asked]),
    "an error for each, of no request": lambda asked: (200, [failed(None, -32005, "limit exceeded") for _ in asked]),
    "an unknown error for each": lambda asked: (200, [failed(r, -32603, "Internal error") for r in asked]),
    "an error for each, in words of its own": lambda asked: (
        200,
        [
            failed(r, -32000, f"request {place} of a batch of {len(asked)}: limit exceeded")
            for place, r in enumerate(asked)
        ],
    ),
    "an error for the rest": lambda asked: (
        200,
        [{"id": asked[0]["id"], "result": "0x0"}, *(failed(r, -32000, "batch limit exceeded") for r in asked[1:])],
    ),
    "no answers": lambda _: (200, []),
    "fewer answers": lambda asked: (200, [{"id": r["id"], "result": "0x0"} for r in asked[:1]]),
    "one answer, in no list": lambda asked: (200, {"id": asked[0]["id"], "result": "0x0"}),
}


@pytest.mark.parametrize("how", REFUSALS)
@pytest.mark.parametrize("limit", [1, LIMIT])
def test_messages_are_halved_until_the_node_takes_them(anvil: Anvil, how: str, limit: int) -> None:
    numbers = [(hex(number), False) for number in range(BLOCKS)]
    with front(anvil.url, beyond(limit, REFUSALS[how])) as (url, heard), closing(JsonRpc(url)) as rpc:
        for _ in range(2):
            found = rpc.batch("eth_getBlockByNumber", numbers)
            assert [int(block["number"], 16) for block in found] == list(range(BLOCKS))
    halves = [40, 20, 10, 5, 2, 1]
    tried = halves[: next(i for i, size in enumerate(halves) if size <= limit)]
    taken = halves[len(tried)]
    assert heard.sizes == [*tried, *[taken] * (2 * BLOCKS // taken)], "what works is remembered"


SAID_IN_JSON = [how for how in REFUSALS if "without" not in how and how != "no answers"]
"""What can be said over a WebSocket too."""


@pytest.mark.parametrize("how", SAID_IN_JSON)
def test_over_a_websocket_too(anvil: Anvil, how: str) -> None:
    refusing = beyond(LIMIT, lambda asked: (200, REFUSALS[how](asked)[1]))
    with streaming(anvil.url, refusing) as (url, heard), closing(JsonRpc(url)) as rpc:
        found = rpc.batch("eth_getBlockByNumber", [(hex(number), False) for number in range(BLOCKS)])
        assert [int(block["number"], 16) for block in found] == list(range(BLOCKS))
        assert heard.sizes == [40, 20, 10, 10, 10, 10]


def test_a_websocket_that_is_closed_at_a_long_message(anvil: Anvil) -> None:
    with streaming(anvil.url, lambda _: None, longest=1_500) as (url, heard), closing(JsonRpc(url)) as rpc:
        assert len(rpc.batch("eth_getBlockByNumber", [(hex(number), False) for number in range(BLOCKS)])) == BLOCKS
        assert heard.sizes == [10, 10, 10, 10]


def test_a_node_that_refuses_before_it_has_read_all() -> None:
    """It answers 413 to a long request and ends the connection, as reverse proxies do."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(0.2)
                with suppress(TimeoutError):
                    while connection.recv(2**16):
                        pass

        thread = threading.Thread(target=refuse)
        thread.start()
        endpoint = Endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(TooLargeError, match="HTTP status 413"):
            endpoint.ask("m", [("x" * 2**20,)] * 2, time.monotonic() + 10)
        thread.join()
        endpoint.close()


def test_what_is_wrong_with_one_request_stays_its_own(anvil: Anvil) -> None:
    accounts = [(address, "latest") for address in anvil.rpc.call("eth_accounts")]
    bad = [*accounts[:3], ("0x12", "latest"), *accounts[3:]]
    with front(anvil.url, lambda _: None) as (url, heard), closing(JsonRpc(url)) as rpc:
        with pytest.raises(RpcError) as caught:
            rpc.batch("eth_getBalance", bad)
        assert type(caught.value) is RpcError
        assert heard.sizes == [len(bad)]
        assert len(rpc.batch("eth_getBalance", accounts)) == len(accounts)
        assert heard.sizes == [len(bad), len(accounts)], "the size was not the reason"


def test_what_is_wrong_with_each_request_is_no_limit(anvil: Anvil) -> None:
    reverting = beyond(1, lambda asked: (200, [failed(r, 3, "execution reverted: no") for r in asked]))
    with front(anvil.url, reverting) as (url, heard), closing(JsonRpc(url)) as rpc:
        with pytest.raises(RevertError, match="execution reverted: no"):
            rpc.batch("eth_blockNumber", [()] * 8)
        assert heard.sizes == [8]


def test_what_halving_does_not_help_is_not_remembered(anvil: Anvil) -> None:
    def broken(asked: Any) -> Reply:
        many = isinstance(asked, list)
        answers = [failed(r, -32603, "broken") for r in (asked if many else [asked])]
        return 200, answers if many else answers[0]

    with front(anvil.url, broken) as (url, heard), closing(JsonRpc(url)) as rpc:
        for _ in range(2):
            with pytest.raises(RpcError, match="broken"):
                rpc.batch("eth_blockNumber", [()] * 4)
        assert heard.sizes == [4, 2, 1] * 2


def test_transactions_that_may_have_been_sent_are_not_sent_again(anvil: Anvil) -> None:
    sender, other = anvil.rpc.call("eth_accounts")[:2]
    transfers = [({"from": sender, "to": other, "value": "0x1"},)] * 4
    cut = lambda asked: (200, [{"id": r["id"], "result": "0x0"} for r in asked[:2]])  # noqa: E731
    with front(anvil.url, beyond(1, cut)) as (url, heard), closing(JsonRpc(url)) as rpc:
        with pytest.raises(NodeError, match="an answer is missing"):
            rpc.batch("eth_sendTransaction", transfers)
        assert heard.sizes == [4]


def test_a_limit_that_is_gone_is_noticed(anvil: Anvil, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.node.endpoint.GROWS_AFTER", 3)
    strict = True
    refusing = beyond(LIMIT, REFUSALS["one error"])
    with (
        front(anvil.url, lambda asked: refusing(asked) if strict else None) as (url, heard),
        closing(JsonRpc(url)) as rpc,
    ):
        rpc.batch("eth_blockNumber", [()] * 70)
        assert heard.sizes == [70, 35, 17, 8, 8, 8, 8, 16, 8, 8, 8, 8, 6], "it asks for more now and then"
        strict = False
        heard.sizes.clear()
        rpc.batch("eth_blockNumber", [()] * 300)
        assert heard.sizes == [16, 16, 16, 32, 32, 32, 32, 64, 60]


@pytest.mark.parametrize("status", [200, 400, 413, 429, 500, 503])
def test_an_error_is_read_whatever_the_status(anvil: Anvil, status: int) -> None:
    with (
        front(anvil.url, lambda asked: (status, failed(asked, -32000, "header not found"))) as (url, _),
        closing(JsonRpc(url)) as rpc,
        pytest.raises(RpcError, match="eth_blockNumber: header not found"),
    ):
        rpc.call("eth_blockNumber")


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (429, b"slow down"),
        (503, b"{}"),
        (500, b"[]"),
        (400, b'{"id": 1, "result": "0x1"}'),
        (403, b"error code: 1010"),
        (307, b""),
        (429, failed(None, -32005, "project ID request rate exceeded")),
        (200, failed(None, 429, "Your app has exceeded its compute units per second capacity")),
    ],
)
def test_a_node_that_does_not_answer_is_none(anvil: Anvil, status: int, told: Any) -> None:
    with front(anvil.url, lambda _: (status, told)) as (url, _), closing(JsonRpc(url)) as rpc:
        why = "wants fewer requests" if isinstance(told, dict) else f"HTTP status {status}"
        with pytest.raises(NodeError, match=f"no usable answer from the node at {url}: .*{why}"):
            rpc.call("eth_blockNumber")


def test_the_client_names_itself_and_passes_the_whole_address(anvil: Anvil) -> None:
    for serve in (front, streaming):
        with serve(anvil.url, lambda _: None) as (url, heard):
            scheme, host = url.split("://")
            with closing(JsonRpc(f"{scheme}://me:p%40ss@{host}/v2/abc?key=a%20b#part")) as rpc:
                assert int(rpc.call("eth_blockNumber"), 16) >= BLOCKS
                assert rpc.name == url
        headers = {name.lower(): value for name, value in heard.headers[0].items()}
        assert headers["user-agent"] == f"ballast/{version('ballast')}"
        assert headers["authorization"] == "Basic bWU6cEBzcw=="  # me:p@ss
        assert heard.targets == ["/v2/abc?key=a%20b"]


TRANSFERS = [({"to": "0x" + "1" * 40},)] * 4
"""Requests that must not be carried out twice."""


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        *(((status, b""), NodeError) for status in (400, 408, 422, 500, 501, 504)),
        ((200, b'"' + b"x" * 2_000 + b'"'), NodeError),
        ((500, failed(None, -32603, "internal error")), RpcError),
        ((200, failed(None, -32005, "response too large")), RpcError),
        ((200, [{"id": 1, "result": "0x0"}, failed(None, -32600, "batch too large")]), RpcError),
    ],
)
def test_a_batch_that_may_have_been_sent_is_not_divided(
    monkeypatch: pytest.MonkeyPatch, told: Reply, kind: type[Exception]
) -> None:
    monkeypatch.setattr("ballast.node.transport.MAX_ANSWER", 1_000)
    with front("", lambda _: told) as (url, heard), closing(JsonRpc(url)) as rpc:
        with pytest.raises(kind) as caught:
            rpc.batch("eth_sendTransaction", TRANSFERS)
        assert type(caught.value) is kind
        assert heard.sizes == [4]


@pytest.mark.parametrize("told", [(413, b""), (200, failed(None, -32600, "batch too large"))])
def test_a_batch_that_was_not_read_is_divided(told: Reply) -> None:
    def reply(asked: Any) -> Reply:
        return told if isinstance(asked, list) else (200, {"id": asked["id"], "result": "0x0"})

    with front("", reply) as (url, heard), closing(JsonRpc(url)) as rpc:
        assert rpc.batch("eth_sendTransaction", TRANSFERS) == ["0x0"] * 4
        assert heard.sizes == [4, 2, 1, 1, 1, 1]


def test_over_a_websocket_what_was_not_read_is_divided_and_what_may_have_been_sent_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reply(asked: Any) -> Reply:
        each = asked if isinstance(asked, list) else [asked]
        return 200, [{"id": r["id"], "result": r["params"][0]} for r in each]

    with streaming("", reply, longest=300) as (url, heard), closing(JsonRpc(url)) as rpc:
        assert rpc.batch("eth_sendRawTransaction", [("0x" + "1" * 50,)] * 4) == ["0x" + "1" * 50] * 4
        assert heard.sizes == [2, 2]
    monkeypatch.setattr("ballast.node.transport.MAX_ANSWER", 100)
    with streaming("", reply) as (url, heard), closing(JsonRpc(url)) as rpc:
        with pytest.raises(NodeError):
            rpc.batch("eth_sendRawTransaction", [("0x" + "1" * 50,)] * 4)
        assert heard.sizes == [4]
