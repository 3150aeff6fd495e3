"""Carrying a request to a node and its answer back, over HTTP or WebSocket, each within a deadline."""

from __future__ import annotations

import contextlib
import http.client
import io
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import orjson
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from ballast.errors import NodeError
from ballast.node.address import Address

MAX_ANSWER: Final = 2**26
"""Bytes of the longest answer that is read."""
OK: Final = 200
TOO_MUCH: Final = (400, 405, 406, 408, 413, 414, 415, 422, 500, 501, 504)
"""Statuses that fewer requests or blocks may help against; others are about who asks, how often, or a dead node."""
UNREAD: Final = 413
"""Status of a request that is refused for its length, before it is read."""
MESSAGE_TOO_BIG: Final = 1009
"""Why a WebSocket is closed after a message that is too long."""


class OversizeError(NodeError):
    """Request or answer may be too long: the status of HTTP or the end of a WebSocket says so, or its length."""


class UnreadError(OversizeError):
    """The node says that it did not read the request, so it did nothing of what was asked."""


class BrokenError(NodeError):
    """A connection that was kept from an earlier request broke, perhaps after the node had read this one."""


class Transport(Protocol):
    """A way to send a request and get the answer that belongs to it."""

    def exchange(self, body: bytes, ids: range, deadline: float) -> Any:
        """Send a request once and return the parsed answer; raises NodeError."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def transport(address: Address) -> Transport:
    """Choose the way an address asks for."""
    return WebSocket(address) if address.streams else Http(address)


def _left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise NodeError("no answer in time")
    return seconds


def _named(error: Exception) -> str:
    """Name of what went wrong; other texts than the system's may hold the address, and so what is secret in it."""
    if isinstance(error, InvalidStatus):
        return f"HTTP status {error.response.status_code}"
    return f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__


class _Reader(io.RawIOBase):
    """What a socket receives, each read within what is left until the deadline."""

    def __init__(self, timed: _TimedSocket) -> None:
        self._timed = timed
        self._raw = timed.socket.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._timed.limit()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """A socket as `http.client` reads it, with a deadline: a time limit of its own bounds each read only."""

    def __init__(self, wrapped: socket.socket) -> None:
        self.socket = wrapped
        self.deadline = 0.0

    def ended(self) -> bool:
        """Whether something came between two requests, as it does when the other side closes an idle connection."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        return bool(poll.poll(0))

    def limit(self) -> None:
        self.socket.settimeout(_left(self.deadline))

    def sendall(self, data: Any) -> None:
        self.limit()
        self.socket.sendall(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self), 2**16)

    def close(self) -> None:
        self.socket.close()


class Http:
    """JSON-RPC over a kept-alive HTTP connection."""

    def __init__(self, address: Address) -> None:
        self._address = address
        host = address.name.partition("://")[2]
        headers = {"Host": host, "Content-Type": "application/json", "Accept-Encoding": "identity", **address.headers}
        lines = [f"POST {address.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self._head = "\r\n".join(lines).encode()
        self._socket: _TimedSocket | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def exchange(self, body: bytes, ids: range, deadline: float) -> Any:  # noqa: ARG002
        """Send a request once and return the parsed answer."""
        reused = self._socket is not None
        try:
            return self._once(body, deadline)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self.close()
            raise (BrokenError if reused else NodeError)(f"the connection broke: {type(error).__name__}") from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NodeError(_named(error)) from None
        except NodeError:
            self.close()
            raise

    def _opened(self, deadline: float) -> _TimedSocket:
        """Give the connection, open and with a deadline."""
        if self._socket is not None and self._socket.ended():
            self.close()
        if self._socket is None:
            kind = http.client.HTTPSConnection if self._address.secure else http.client.HTTPConnection
            connection = kind(self._address.host, self._address.port, timeout=_left(deadline))
            connection.connect()
            self._socket = _TimedSocket(connection.sock)
        self._socket.deadline = deadline
        return self._socket

    def _once(self, body: bytes, deadline: float) -> Any:
        opened = self._opened(deadline)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # a node that refuses a long request answers before it has read all of it
            opened.sendall(b"%b\r\nContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body))
        with http.client.HTTPResponse(opened, method="POST") as response:  # type: ignore[arg-type]
            response.begin()
            if response.will_close:
                self.close()
            answer = response.read(MAX_ANSWER + 1)
            if len(answer) > MAX_ANSWER:
                raise OversizeError("the answer is too long")
            if response.length:
                raise NodeError("the answer was cut short")
            return _read(response.status, answer)


def _read(status: int, body: bytes) -> Any:
    """Parse an answer; one with another status than 200 is an answer only if it holds the error of JSON-RPC."""
    if status == OK:
        return _parsed(body)
    with contextlib.suppress(NodeError):
        answer = _parsed(body)
        if all(isinstance(each, dict) and each.get("error") for each in _each(answer) or [None]):
            return answer
    kind = UnreadError if status == UNREAD else OversizeError if status in TOO_MUCH else NodeError
    raise kind(f"HTTP status {status}")


class WebSocket:
    """JSON-RPC over a WebSocket."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: ClientConnection | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close_timeout = 1
            self._connection.close()
            self._connection = None

    def exchange(self, body: bytes, ids: range, deadline: float) -> Any:
        """Send a request and return the parsed answer; what belongs to earlier requests is passed over."""
        try:
            if self._connection is None:
                self._connection = connect(
                    self._address.name + self._address.target,
                    open_timeout=_left(deadline),
                    max_size=MAX_ANSWER,
                    proxy=None,
                    user_agent_header=None,
                    additional_headers=self._address.headers,
                )
            connection = self._connection
            with until(deadline, lambda: connection.socket):
                connection.send(body.decode())
                while True:
                    answer = _parsed(connection.recv(timeout=_left(deadline)))
                    if _belongs(answer, ids):
                        return answer
        except ConnectionClosed as error:
            self.close()
            by_node, by_us = (frame is not None and frame.code == MESSAGE_TOO_BIG for frame in (error.rcvd, error.sent))
            # each side repeats the other's code, so what matters is who was first to close
            unread = by_node and (error.rcvd_then_sent or not by_us)
            kind = UnreadError if unread else OversizeError if by_node or by_us else NodeError
            raise kind(_named(error)) from None
        except (OSError, WebSocketException, TimeoutError, ValueError) as error:
            self.close()
            raise NodeError(_named(error)) from None
        except NodeError:
            self.close()
            raise


@contextlib.contextmanager
def until(deadline: float, find: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut a connection's socket down at a deadline: a time limit of its own bounds each read only, not all of them.

    Raises
    ------
    NodeError
        If it was shut, since then it is of no use to the next request either.
    """
    over = threading.Lock()  # taken once, by what comes first: the deadline or the end

    def shut() -> None:
        found = find()
        if over.acquire(blocking=False) and found is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(found, socket.SHUT_RDWR)  # of TLS too, without waiting for its end

    timer = threading.Timer(_left(deadline), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        in_time = over.acquire(blocking=False)
    if not in_time:
        raise NodeError("no answer in time")


def _parsed(body: bytes | str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NodeError("the answer is not JSON") from None


def _each(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]


def _belongs(answer: Any, ids: range) -> bool:
    """Whether something that came in answers requests: an error without a number is about the last ones."""
    for each in _each(answer):
        if isinstance(each, dict) and (each.get("id") in ids or (each.get("id") is None and each.get("error"))):
            return True
    return False
