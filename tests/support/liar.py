"""A stand-in for a node: an HTTP server on the loopback interface that answers as a test tells it."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

Answer = tuple[int, bytes]
Answers = Callable[[Any], Answer]
"""Takes the parsed request; gives the HTTP status and the body."""


def plain(request: dict[str, Any], result: Any) -> dict[str, Any]:
    """Answer a request as a node should."""
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


@contextmanager
def serving(answers: Answers, cut: int = 0) -> Iterator[str]:
    """Serve answers, each cut short by some bytes; the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 2**16  # head and body at once, else the second waits for the first to be acknowledged

        def do_POST(self) -> None:
            request = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answers(request)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) - cut])
            self.close_connection = cut > 0

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def forwarded(url: str, requests: Any) -> Any:
    """Give a node requests as they are, and return its answer as it is."""
    message = urllib.request.Request(url, orjson.dumps(requests), {"Content-Type": "application/json"})
    with urllib.request.urlopen(message, timeout=30) as answer:
        return orjson.loads(answer.read())


@contextmanager
def lying(url: str, twist: Callable[[dict[str, Any], Any], Any]) -> Iterator[str]:
    """Pass requests on to a node, and twist its results."""

    def answers(request: Any) -> Answer:
        each = request if isinstance(request, list) else [request]
        found = forwarded(url, each)
        by_id = {a["id"]: a for a in found}
        twisted = []
        for one in each:
            answer = by_id[one["id"]]
            if "result" in answer:
                answer = {**answer, "result": twist(one, answer["result"])}
            twisted.append(answer)
        return 200, orjson.dumps(twisted if isinstance(request, list) else twisted[0])

    with serving(answers) as address:
        yield address
