"""Answers that are none, failover, WebSocket, and addresses."""

from __future__ import annotations

import socketserver
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from ballast.errors import ChainError, NodeError, RevertError, RpcError, UserError
from ballast.node.address import Address
from ballast.transact.log import Code
from ballast.transact.nodes import Nodes
from tests.support.liar import Answer, plain, serving


@contextmanager
def asking(*urls: str, timeout: float = 2.0, size: int = 100) -> Iterator[Nodes]:
    """Nodes at addresses, closed at the end."""
    nodes = Nodes(urls, timeout, batch_size=size)
    try:
        yield nodes
    finally:
        nodes.close()


@contextmanager
def dripping(reply: bytes, then: bytes = b"") -> Iterator[tuple[int, list[bytes]]]:
    """Serve a reply, and then drops until the other side ends it, to all who come; the port, and what they said."""
    heard: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.append(self.request.recv(2**16))
            with suppress(OSError):
                self.request.sendall(reply)
                while then:
                    self.request.sendall(then)
                    time.sleep(0.01)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield int(server.server_address[1]), heard
        finally:
            server.shutdown()
            thread.join()


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
        assert [e.name for e in nodes.awake] == [Address.of(fine).name]
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


def test_one_that_failed_rests_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr("ballast.transact.nodes.time", SimpleNamespace(monotonic=lambda: now))
    with serving(BAD["not JSON"]) as bad, serving(good) as fine:
        nodes = Nodes([bad, fine], 10.0, rest_seconds=600.0)
        nodes.call("m", 1)
        now += 599.0
        assert len(nodes.awake) == 1
        now += 1.0
        assert len(nodes.awake) == 2
        nodes.close()


def test_a_pass_has_an_end() -> None:
    with serving(good) as url, asking(url) as nodes:
        nodes.within(0.0)
        with pytest.raises(ChainError, match="too long"):
            nodes.call("m", 1)


BAD_ADDRESSES = (
    *("localhost", "ftp://host", "http://", "http://host:99999", "http://[", ""),
    *("wss://SECRET@host/path", "http://SECRET@host", "http://host/SECRET key", "http://host/SECRET\x7f"),
    *("http://host/SECRET\nkey", "http://host/SECRET\u00e9"),
)


@pytest.mark.parametrize("url", BAD_ADDRESSES)
def test_a_bad_address_is_the_users_mistake(url: str) -> None:
    with pytest.raises(UserError) as caught:
        Nodes([url])
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_user_and_password_are_told_to_the_node_as_they_are(scheme: str) -> None:
    with dripping(b"") as (port, heard), asking(f"{scheme}://us%40er:pass%2Fword@127.0.0.1:{port}/KEY") as nodes:
        with pytest.raises(NodeError) as caught:
            nodes.call("m", 1)
        assert b"Authorization: Basic " + b64encode(b"us@er:pass/word") in heard[0]
    assert not any(secret in str(caught.value) for secret in ("KEY", "us@er", "pass"))


def test_a_redirection_does_not_tell_the_address() -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/KEY\r\nContent-Length: 0\r\n\r\n"
    with dripping(answer) as (port, _), asking(f"ws://127.0.0.1:{port}/KEY") as nodes:
        with pytest.raises(NodeError) as caught:
            nodes.call("m", 1)
        assert "KEY" not in str(caught.value)


@pytest.mark.parametrize(
    "reply", [b"HTTP/1.1 200 OK\r\nX-Drip: ", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
)
def test_an_answer_in_drops_has_an_end(reply: bytes) -> None:
    with (
        dripping(reply, b"1") as (port, _),
        asking(f"http://127.0.0.1:{port}", timeout=0.3) as nodes,
        pytest.raises(NodeError),
    ):
        nodes.call("m", 1)


def test_no_address_is_the_users_mistake() -> None:
    with pytest.raises(UserError):
        Nodes([])


def test_names_hide_what_may_be_secret() -> None:
    assert Address.of("https://user:word@node.example:8443/v3/key?token=1").name == "https://node.example:8443"


def test_a_websocket_nobody_serves() -> None:
    with asking("ws://127.0.0.1:1", timeout=0.5) as nodes, pytest.raises(NodeError):
        nodes.call("m", 1)


def test_the_only_node_left_is_not_followed_while_as_many_lag() -> None:
    with asking("http://one.example", "http://two.example", "http://three.example") as nodes:
        first, second, third = nodes.endpoints
        assert nodes.majority([first, second, third]) == 2
        nodes.rest(first, Code.NODE_FAILED)
        assert nodes.majority([second, third]) == 2
        assert nodes.majority([third]) == 1
        nodes.rest(second, Code.NODE_LAGS)
        assert nodes.majority([third]) == 2


def test_a_node_that_takes_its_share_of_the_pass_rests() -> None:
    with serving(good) as slow, serving(good) as fine, asking(slow, fine) as nodes:
        nodes.within(1_000.0)
        assert nodes.call("m", 1) == 1
        nodes._spent[nodes.endpoints[0]] = 500.0  # answer by answer, each of them in time
        assert nodes.call("m", 1) == 1
        assert [e.name for e in nodes.awake] == [Address.of(fine).name]
        nodes.within(1_000.0)
        nodes._spent[nodes.endpoints[1]] = 900.0  # alone, it has all of it
        assert nodes.call("m", 1) == 1
        assert [e.name for e in nodes.awake] == [Address.of(fine).name]
