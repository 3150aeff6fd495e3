"""Connections of all kinds: encrypted, ended after each answer, without a length."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
from websockets.sync.server import ServerConnection, serve

from ballast.chain.rpc import JsonRpc
from ballast.errors import NodeError
from ballast.node.endpoint import SENDING
from ballast.node.transport import until

LONG = "0x" + "1" * 200_000


def answered(asked: Any) -> bytes:
    """Tell each request its first parameter, or a long text."""
    each = asked if isinstance(asked, list) else [asked]
    answers = [{"id": r["id"], "result": r["params"][0] if r["params"] else LONG} for r in each]
    return orjson.dumps(answers if isinstance(asked, list) else answers[0])


@contextmanager
def serving(protocol: str, length: bool, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve answers over HTTP of a version, with their lengths or without."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = protocol
        wbufsize = 2**16

        def do_POST(self) -> None:
            body = answered(orjson.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            if length:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def works(url: str) -> None:
    """Ask short, long and many things over one client."""
    with closing(JsonRpc(url, timeout=10)) as rpc:
        for _ in range(2):
            assert rpc.call("m", "0x1") == "0x1"
            assert rpc.call("m") == LONG
            assert rpc.batch("m", [(i,) for i in range(250)]) == list(range(250))


@pytest.mark.parametrize(("protocol", "length"), [("HTTP/1.1", True), ("HTTP/1.0", True), ("HTTP/1.0", False)])
def test_a_connection_may_end_after_each_answer(protocol: str, length: bool) -> None:
    with serving(protocol, length) as url:
        works(url)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """Make a certificate of this machine, which only who names its file trusts; and that file."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *name]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context, str(folder / "certificate.pem")


@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/1.0"])
def test_https_is_trusted_by_its_certificate(
    certificate: tuple[ssl.SSLContext, str], protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(protocol, True, certificate[0]) as url:
        with closing(JsonRpc(f"{url}/5f3759df5f3759df")) as rpc, pytest.raises(NodeError) as caught:
            rpc.call("m")
        assert str(caught.value).startswith(f"no usable answer from the node at {url}: SSLCertVerificationError: ")
        assert "5f3759df" not in str(caught.value)
        monkeypatch.setenv("SSL_CERT_FILE", certificate[1])
        works(url)


def test_wss_is_trusted_by_its_certificate(
    certificate: tuple[ssl.SSLContext, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(answered(orjson.loads(message)).decode())

    with serve(handle, "127.0.0.1", 0, ssl=certificate[0]) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"wss://127.0.0.1:{server.socket.getsockname()[1]}"
            with closing(JsonRpc(url)) as rpc, pytest.raises(NodeError, match="SSLCertVerificationError"):
                rpc.call("m")
            monkeypatch.setenv("SSL_CERT_FILE", certificate[1])
            works(url)
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def breaking(answers: int, pause: threading.Event | None = None) -> Iterator[tuple[str, list[str]]]:
    """Serve connections that answer some requests each, and end: at the next one, or after a pause at once.

    Gives the address and the methods that were heard, those of unanswered requests too.
    """
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 2**16
        answered = 0

        def do_POST(self) -> None:
            asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append(asked["method"])
            if self.answered == answers:
                self.close_connection = True
                return
            self.answered += 1
            body = orjson.dumps({"id": asked["id"], "result": "0x1"})
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            if pause is not None and self.answered == answers:
                self.close_connection = True  # without a word about it

        def finish(self) -> None:
            super().finish()
            self.connection.shutdown(socket.SHUT_RDWR)
            if pause is not None:
                pause.set()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", heard
        finally:
            server.shutdown()
            thread.join()


def test_a_request_on_a_kept_connection_that_breaks_is_sent_again_unless_it_sends() -> None:
    with breaking(1) as (url, heard), closing(JsonRpc(url)) as rpc:
        assert rpc.call("eth_blockNumber") == rpc.call("eth_blockNumber") == "0x1"
        assert heard == ["eth_blockNumber"] * 3, "one of them found the connection broken"
        for method in SENDING:
            heard.clear()
            with pytest.raises(NodeError, match="the connection broke"):
                rpc.call(method, {})
            assert heard == [method], "the node may have carried it out"
            assert rpc.call("eth_blockNumber") == "0x1"


def test_a_kept_connection_that_was_closed_is_noticed_before_anything_is_sent() -> None:
    closed = threading.Event()
    with breaking(1, closed) as (url, heard), closing(JsonRpc(url)) as rpc:
        for _ in range(3):
            closed.clear()
            assert rpc.call("eth_sendTransaction", {}) == "0x1"
            assert closed.wait(10)
        assert heard == ["eth_sendTransaction"] * 3


class Alarm:
    """Stands for a timer that goes off when it is told to."""

    daemon = False

    def __init__(self, _: float, ring: Callable[[], None]) -> None:
        self.ring = ring
        alarms.append(self)

    def start(self) -> None:
        """Wait to be told."""

    def cancel(self) -> None:
        """Come too late, since a timer that has begun to ring cannot be stopped."""


alarms: list[Alarm] = []


def test_a_deadline_that_passes_after_an_answer_leaves_the_connection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.node.transport.threading.Timer", Alarm)
    here, there = socket.socketpair()
    with here, there:
        with until(time.monotonic() + 100, lambda: here):
            pass
        alarms.pop().ring()
        here.sendall(b"still open")
        assert there.recv(100) == b"still open"


def test_a_connection_that_was_shut_at_the_deadline_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.node.transport.threading.Timer", Alarm)
    here, there = socket.socketpair()
    with here, there:
        with pytest.raises(NodeError, match="no answer in time"), until(time.monotonic() + 100, lambda: here):
            alarms.pop().ring()
        assert there.recv(100) == b""
