"""A node's front with one oddity: real HTTP or WebSocket towards the client, a real Anvil behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from websockets.sync.server import ServerConnection, serve

from tests.support.liar import forwarded

Json = dict[str, Any]
Reply = tuple[int, Any]
"""Status of HTTP, and what is told: JSON, or bytes as they are."""
Oddity = Callable[[Any], Reply | None]
"""Takes what was asked; gives the odd reply, or None if the node itself may answer."""


@dataclass
class Heard:
    """What a front was asked.

    Attributes
    ----------
    sizes : list of int
        Requests of each message.
    ranges : list of int
        Blocks of each search for events.
    targets : list of str
        Path and query of each message.
    headers : list of dict
        Headers of each message.
    """

    sizes: list[int] = field(default_factory=list)
    ranges: list[int] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def message(self, asked: Any) -> None:
        """Take a message down."""
        each = asked if isinstance(asked, list) else [asked]
        self.sizes.append(len(each))
        logs = [r["params"][0] for r in each if r["method"] == "eth_getLogs"]
        self.ranges += [int(f["toBlock"], 16) - int(f["fromBlock"], 16) + 1 for f in logs]


def failed(request: Any, code: int, message: str, data: Any = None) -> Json:
    """Write an error as the answer to a request; to none if it is a batch."""
    number = request["id"] if isinstance(request, dict) else None
    error = {"code": code, "message": message, **({"data": data} if data is not None else {})}
    return {"jsonrpc": "2.0", "id": number, "error": error}


@contextmanager
def front(url: str, oddity: Oddity) -> Iterator[tuple[str, Heard]]:
    """Serve a node over HTTP, with an oddity."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 2**16  # head and body at once, else the second waits for the first to be acknowledged

        def do_POST(self) -> None:
            asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.message(asked)
            heard.targets.append(self.path)
            heard.headers.append(dict(self.headers))
            status, told = oddity(asked) or (200, forwarded(url, asked))
            body = told if isinstance(told, bytes) else orjson.dumps(told)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def streaming(url: str, oddity: Oddity, longest: int = 2**20) -> Iterator[tuple[str, Heard]]:
    """Serve a node over WebSocket, with an oddity; it ends a connection at a message that is too long."""
    heard = Heard()

    def handle(connection: ServerConnection) -> None:
        assert connection.request is not None
        heard.targets.append(connection.request.path)
        heard.headers.append(dict(connection.request.headers.raw_items()))
        for message in connection:
            asked = orjson.loads(message)
            heard.message(asked)
            _, told = oddity(asked) or (200, forwarded(url, asked))
            connection.send(orjson.dumps(told).decode())

    with serve(handle, "127.0.0.1", 0, max_size=longest) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}", heard
        finally:
            server.shutdown()
            thread.join()
