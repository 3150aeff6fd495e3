"""A proxy between a keeper and its node: it answers wrongly, late, twice or not at all, lags behind, or lies.

Towards the keeper it speaks HTTP and WebSocket, whichever is asked for: one thread a connection, each with its own
HTTP connection to the node.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

from tests.keeper.wire import SEND, HttpLine, Json, Line, Reader, WebSocketLine, error_for, request_for

RESET = struct.pack("ii", 1, 0)
KINDS = (
    "refused",
    "slow",
    "truncated",
    "half JSON",
    "duplicated",
    "reordered",
    "429",
    "5xx",
    "node error",
    "reply lost",
)
"""What can happen to one message."""
AT_OPENING = ("refused", "slow", "429", "5xx")
"""What can happen to a WebSocket while it is opened."""
SCHEMES = ("http", "ws")
LIES = ("hash", "time", "state", "logs")
"""What a node can lie about for one block: its hash, its time, what contracts hold, what happened."""
APART = 0.003
"""Seconds between an answer and its duplicate, so that they are not read at once."""
TAGS = ("latest", "pending", "safe", "finalized")
TAGGED = {
    "eth_call": 1,
    "eth_getTransactionCount": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getStorageAt": 2,
    "eth_getBlockByNumber": 0,
}
"""Methods with a block, and its place among their parameters."""


@dataclass(eq=False)
class Disturbance:
    """Something that happens to messages.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    share : float
        Part of the messages it happens to.
    methods : collection of str
        Methods it happens to; all if empty.
    left : int
        How many more messages it happens to.
    """

    kind: str
    share: float = 1.0
    methods: Collection[str] = ()
    left: int = 10**9


class Proxy:
    """A node's front on 127.0.0.1 that can be disturbed; closed when the context ends.

    Parameters
    ----------
    port : int
        Port of the node on 127.0.0.1.
    seed : int or str
        Seed of which messages are hit.
    slowness : float
        Seconds a slow answer takes; longer than the keeper waits.
    """

    def __init__(self, port: int, seed: int | str = 0, slowness: float = 0.7) -> None:
        self._port = port
        self.slowness = slowness
        self.hits: Counter[str] = Counter()
        self.raw: list[str] = []
        self._disturbances: list[Disturbance] = []
        self.lag = 0
        self.lie = ""
        self.lied_about: int | None = None
        self._random = Random(seed)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self.url = self.at("http")
        self._open: set[socket.socket] = set()
        self._closing = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def at(self, scheme: str) -> str:
        """Address under which it speaks HTTP or WebSocket."""
        assert scheme in SCHEMES
        return f"{scheme}://127.0.0.1:{self.port}"

    # Control

    def reseed(self, seed: int | str) -> None:
        """Forget everything of the last run and draw anew."""
        with self._lock:
            self.calm()
            self._random = Random(seed)
            self.hits.clear()
            self.raw.clear()

    def disturb(self, disturbance: Disturbance) -> None:
        """Let something happen from now on."""
        assert disturbance.kind in KINDS
        self._disturbances.append(disturbance)

    def end(self, disturbance: Disturbance) -> None:
        """Let something no longer happen."""
        if disturbance in self._disturbances:
            self._disturbances.remove(disturbance)

    def calm(self) -> None:
        """Let nothing happen from now on."""
        self._disturbances = []
        self.lag, self.lie, self.lied_about = 0, "", None

    def close(self) -> None:
        """Stop listening and close all connections."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.drop()

    def drop(self) -> None:
        """Close all connections."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Passing on

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        node: socket.socket | None = None
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            node = socket.create_connection(("127.0.0.1", self._port))
            node.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line, upstream, earlier = self._opened(connection), Reader(node), b""
            while line is not None and (message := line.message()) is not None and not self._closing:
                reply = self._answer(connection, line, node, upstream, message, earlier)
                if reply is None:
                    return
                earlier = reply or earlier
        except (OSError, ValueError):  # the keeper gave the connection up, perhaps in the middle of a request
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
            if node is not None:
                node.close()

    def _opened(self, connection: socket.socket) -> Line | None:
        """Find out which way the keeper speaks, and agree to it; None if the connection must end."""
        reader = Reader(connection)
        first = reader.message()
        if first is None:
            return None
        head, body = first
        if b"\r\nupgrade: websocket" not in head.lower():
            return HttpLine(reader, body)
        kind = self._chosen(set(), AT_OPENING)
        if kind == "refused":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return None
        if kind in ("429", "5xx"):
            connection.sendall(HttpLine(reader, b"").refusal(kind, *self._refusal(kind)))
            return None
        if kind == "slow":
            time.sleep(self.slowness)
        return WebSocketLine(connection, head)

    def _chosen(self, methods: set[str], possible: Collection[str] = KINDS) -> str | None:
        """Choose what happens to a message."""
        with self._lock:
            for disturbance in self._disturbances:
                if disturbance.kind not in possible:
                    continue
                if disturbance.left <= 0 or (disturbance.methods and not methods & set(disturbance.methods)):
                    continue
                if disturbance.kind == "reply lost" and SEND not in methods:
                    continue
                if self._random.random() < disturbance.share:
                    disturbance.left -= 1
                    self.hits[disturbance.kind] += 1
                    return disturbance.kind
        return None

    def _answer(
        self, connection: socket.socket, line: Line, node: socket.socket, upstream: Reader, body: bytes, earlier: bytes
    ) -> bytes | None:
        """Answer one message; what the node said, or None if the connection must end."""
        asked = orjson.loads(body)
        requests = asked if isinstance(asked, list) else [asked]
        methods = {r["method"] for r in requests}
        if SEND in methods:
            with self._lock:
                self.raw += [r["params"][0] for r in requests if r["method"] == SEND]
        kind = self._chosen(methods)
        if kind == "refused":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return None
        if kind in ("429", "5xx"):
            status, closes = self._refusal(kind)
            if closes or line.ordered:
                connection.sendall(line.refusal(kind, status, closes))
                return None if closes else b""
            kind = "node error"
        if kind == "node error":
            answers = [error_for(r, -32603, "Internal error") for r in requests]
            connection.sendall(line.coded(orjson.dumps(answers if isinstance(asked, list) else answers[0])))
            return b""
        reply = self._seen(node, upstream, asked, requests)
        if kind == "duplicated":
            reply = self._seen(node, upstream, asked, requests)
        elif kind == "slow":
            time.sleep(self.slowness)
        elif kind == "reply lost":
            return None
        elif kind == "truncated":
            connection.sendall(line.coded(reply)[: -(len(reply) // 2 + 1)])
            return None
        told = reply
        if kind == "half JSON":
            told = reply[: len(reply) // 2]
        elif kind == "reordered":
            told = self._reordered(asked, reply, earlier)
        connection.sendall(line.coded(told))
        if kind == "duplicated":
            time.sleep(APART)
            connection.sendall(line.coded(told))
        elif told is earlier and not line.ordered:
            connection.sendall(line.coded(reply))
        return reply

    def _refusal(self, kind: str) -> tuple[str, bool]:
        """Choose the status of a node that does not do what it was asked to, and whether the connection ends."""
        broken = ("500 Internal Server Error", "502 Bad Gateway", "503 Unavailable")
        return "429 Too Many Requests" if kind == "429" else self._random.choice(broken), self._random.random() < 0.5

    def _reordered(self, asked: Any, reply: bytes, earlier: bytes) -> bytes:
        """Answers of a batch in another order, or the answer to an earlier request in place of this one's."""
        if isinstance(asked, list) and len(asked) > 1:
            answers = orjson.loads(reply)
            self._random.shuffle(answers)
            return orjson.dumps(answers)
        return earlier or reply

    # The view of the chain

    def _ask(self, node: socket.socket, upstream: Reader, body: Any) -> bytes:
        raw = orjson.dumps(body)
        head = f"POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        node.sendall(head.encode() + raw)
        message = upstream.message()
        if message is None:
            raise OSError("the node closed the connection")
        return message[1]

    def _seen(self, node: socket.socket, upstream: Reader, asked: Any, requests: list[Json]) -> bytes:
        """Ask the node, and answer as one that lags or lies would."""
        if not self.lag and not self.lie:
            return self._ask(node, upstream, asked)
        head = int(orjson.loads(self._ask(node, upstream, request_for("eth_blockNumber")))["result"], 16)
        if self.lag:
            top = max(head - self.lag, 0)
            self.hits["lags"] += 1
        else:
            top = head
            if self.lied_about is None:
                self.lied_about = head
        answers = []
        for request in requests:
            at = self._at(node, upstream, request, head)
            if self.lag and at is not None and at > top and isinstance(_tag(request), dict):
                answers.append(error_for(request, -32000, "header not found"))
                continue
            answer = orjson.loads(self._ask(node, upstream, _rewritten(request, top)))
            answers.append(_behind(request, answer, top) if self.lag else self._false(request, answer, at))
        return orjson.dumps(answers if isinstance(asked, list) else answers[0])

    def _at(self, node: socket.socket, upstream: Reader, request: Json, head: int) -> int | None:
        """Find the number of the block a request reads."""
        tag = _tag(request)
        if isinstance(tag, dict):
            asked = request_for("eth_getBlockByHash", tag["blockHash"], False)
            block = orjson.loads(self._ask(node, upstream, asked))["result"]
            return int(block["number"], 16) if block else None
        if isinstance(tag, str):
            return head if tag in TAGS else int(tag, 16)
        return None

    def _false(self, request: Json, answer: Json, at: int | None) -> Json:
        """Put the lie about one block into an answer."""
        method, result, about = request["method"], answer.get("result"), self.lied_about
        if about is None:  # the lie was taken back while the node was asked
            return answer
        told = copy.deepcopy(answer)
        if method.startswith("eth_getBlockBy") and result and int(result["number"], 16) == about:
            if self.lie == "hash":
                told["result"]["hash"] = _other(result["hash"])
            elif self.lie == "time":
                told["result"]["timestamp"] = hex(int(result["timestamp"], 16) + 1_800)
        elif method == "eth_call" and self.lie == "state" and at == about and result:
            raw = result[2:]
            # One unit more in every word that is a small number or a page, lists' offsets and lengths left alone.
            words = [int(raw[i : i + 64], 16) for i in range(0, len(raw), 64)]
            first = 2 if len(words) > 2 and words[0] == 32 else 0
            told["result"] = "0x" + "".join(f"{w ^ (1 if i >= first else 0):064x}" for i, w in enumerate(words))
        elif method == "eth_getLogs" and self.lie == "logs" and result:
            told["result"] = [log for log in result if int(log["blockNumber"], 16) != about]
        elif method == "eth_getTransactionReceipt" and self.lie == "logs" and result:
            told["result"] = None if int(result["blockNumber"], 16) == about else result
        if told != answer:
            self.hits["lies"] += 1
        return told


def _other(digest: str) -> str:
    return "0x" + hashlib.sha256(digest.encode()).hexdigest()


def _tag(request: Json) -> Any:
    """Block a request reads, as it names it."""
    place, params = TAGGED.get(request["method"]), request["params"]
    return params[place] if place is not None and len(params) > place else None


def _rewritten(request: Json, top: int) -> Json:
    """Have an older block taken for the latest one."""
    method, params = request["method"], list(request["params"])
    tag = _tag(request)
    if isinstance(tag, str) and tag in TAGS:
        params[TAGGED[method]] = hex(top)
    elif method == "eth_getLogs":
        span = dict(params[0])
        for border in ("fromBlock", "toBlock"):
            if span.get(border) in TAGS:
                span[border] = hex(top)
        params[0] = span
    elif method == "eth_feeHistory":
        params[1] = hex(top)
    return {**request, "params": params}


def _behind(request: Json, answer: Json, top: int) -> Json:
    """Answer as a node that has not seen the last blocks."""
    method, result = request["method"], answer.get("result")
    if method == "eth_blockNumber":
        return {**answer, "result": hex(top)}
    if result is None:
        return answer
    if method.startswith("eth_getBlockBy") and int(result["number"], 16) > top:
        return {**answer, "result": None}
    if method == "eth_getTransactionReceipt" and int(result["blockNumber"], 16) > top:
        return {**answer, "result": None}
    if method == "eth_getTransactionByHash" and result.get("blockNumber") and int(result["blockNumber"], 16) > top:
        return {**answer, "result": {**result, "blockNumber": None, "blockHash": None, "transactionIndex": None}}
    if method == "eth_getLogs":
        return {**answer, "result": [log for log in result if int(log["blockNumber"], 16) <= top]}
    return answer
