"""One endpoint of a node: JSON-RPC over HTTP(S) or WebSocket, every answer checked before it is believed."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

import orjson
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from offchain.errors import NodeError, RevertError, RpcError, UserError

MAX_ANSWER: Final = 2**26
"""Bytes of the longest answer that is read."""
MAX_TEXT: Final = 300
"""Characters of a node's message that are told."""
REVERTED: Final = 3
"""Error code of a revert."""
SCHEMES: Final = ("http", "https", "ws", "wss")


class Transport(Protocol):
    """A way to send a request and get the answer that belongs to it."""

    def exchange(self, body: bytes, ids: frozenset[int], deadline: float) -> Any:
        """Send a request and return the parsed answer; raises NodeError."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def redacted(url: str) -> str:
    """Name of an endpoint without what may be secret: user, password, path and query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"


def _left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise NodeError("no answer in time")
    return seconds


@contextlib.contextmanager
def _until(deadline: float, find: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut a connection's socket down at a deadline: a time limit of its own bounds each read only, not all of them."""

    def shut() -> None:
        found = find()
        if found is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(found, socket.SHUT_RDWR)  # of TLS too, without waiting for its end

    timer = threading.Timer(_left(deadline), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _named(error: Exception) -> str:
    """Name of what went wrong; other texts than the system's may hold the address, and so what is secret in it."""
    if isinstance(error, InvalidStatus):
        return f"HTTP status {error.response.status_code}"
    return f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__


class Http:
    """JSON-RPC over a kept-alive HTTP connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port = parts.hostname, parts.port
        self._headers = {"Content-Type": "application/json"}
        if parts.username is not None:
            self._headers["Authorization"] = _basic(parts.username, parts.password or "")
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def exchange(self, body: bytes, ids: frozenset[int], deadline: float) -> Any:
        """Send a request and return the parsed answer."""
        del ids  # one answer a request
        reused = self._connection is not None
        try:
            return self._once(body, deadline)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self.close()
            if not reused:
                raise NodeError(f"the connection broke: {type(error).__name__}") from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NodeError(_named(error)) from None
        except NodeError:
            self.close()
            raise
        # a kept connection may have been closed while it was idle
        return self.exchange(body, frozenset(), deadline)

    def _once(self, body: bytes, deadline: float) -> Any:
        if self._connection is None:
            self._connection = self._kind(self._host, self._port, timeout=_left(deadline))
        connection = self._connection
        with _until(deadline, lambda: connection.sock):
            return self._answer(connection, body, deadline)

    def _answer(self, connection: http.client.HTTPConnection, body: bytes, deadline: float) -> Any:
        connection.timeout = _left(deadline)
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        connection.request("POST", self._path, body, self._headers)
        response = connection.getresponse()
        parts: list[bytes] = []
        size = 0
        while chunk := response.read1(2**16):
            parts.append(chunk)
            size += len(chunk)
            if size > MAX_ANSWER:
                raise NodeError("the answer is too long")
            if connection.sock is not None:  # None if the node closes the connection after this answer
                connection.sock.settimeout(_left(deadline))
        if response.length:
            raise NodeError("the answer was cut short")
        response.close()
        if response.status != 200:
            raise NodeError(f"HTTP status {response.status}")
        return _parsed(b"".join(parts))


class WebSocket:
    """JSON-RPC over a WebSocket."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._headers: dict[str, str] = {}
        if parts.username is not None:
            self._headers["Authorization"] = _basic(parts.username, parts.password or "")
        self._url = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
        self._connection: ClientConnection | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close_timeout = 1
            self._connection.close()
            self._connection = None

    def exchange(self, body: bytes, ids: frozenset[int], deadline: float) -> Any:
        """Send a request and return the parsed answer; what belongs to earlier requests is passed over."""
        try:
            if self._connection is None:
                self._connection = connect(
                    self._url,
                    open_timeout=_left(deadline),
                    max_size=MAX_ANSWER,
                    proxy=None,
                    additional_headers=self._headers,
                )
            connection = self._connection
            with _until(deadline, lambda: connection.socket):
                connection.send(body.decode())
                while True:
                    answer = _parsed(connection.recv(timeout=_left(deadline)))
                    if _ids(answer) & ids:
                        return answer
        except (OSError, WebSocketException, TimeoutError, ValueError) as error:
            self.close()
            raise NodeError(_named(error)) from None
        except NodeError:
            self.close()
            raise


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{unquote(user)}:{unquote(password)}'.encode()).decode()}"


def _parsed(body: bytes | str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NodeError("the answer is not JSON") from None


def _ids(answer: Any) -> set[Any]:
    found = answer if isinstance(answer, list) else [answer]
    return {a["id"] for a in found if isinstance(a, dict) and isinstance(a.get("id"), int)}


class Endpoint:
    """An endpoint of a node.

    Parameters
    ----------
    url : str
        ``http``, ``https``, ``ws`` or ``wss``.

    Raises
    ------
    UserError
        If the address is not usable.
    """

    _numbers = itertools.count(1)

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
            usable = usable and (parts.username is None) == (parts.password is None)
            usable = usable and all("!" <= character <= "~" for character in url)
        except ValueError:
            usable = False
        if not usable:
            raise UserError("a node's address is not usable: give one like http://127.0.0.1:8545 or wss://host/path")
        self.name = redacted(url)
        self._transport: Transport = WebSocket(url) if parts.scheme.startswith("ws") else Http(url)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def ask(self, method: str, params: Sequence[Sequence[Any]], deadline: float) -> list[Any]:
        """Send requests of one method in one message.

        Parameters
        ----------
        method : str
            Method of all of them.
        params : sequence of sequences
            Parameters of each.
        deadline : float
            Moment of the monotonic clock by which the answer must be complete.

        Returns
        -------
        list
            Results in the order of the requests.

        Raises
        ------
        NodeError
            If no usable answer came.
        RpcError
            If the node answered one of them with an error; its whole text, which may hold what is secret.
        """
        body = [
            {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": list(each)} for each in params
        ]
        ids = [int(request["id"]) for request in body]  # type: ignore[call-overload]
        single = len(body) == 1
        answer = self._transport.exchange(orjson.dumps(body[0] if single else body), frozenset(ids), deadline)
        if isinstance(answer, dict) and not single and "error" in answer:
            raise _failure(method, answer["error"])
        try:
            return _results(method, ids, answer if isinstance(answer, list) else [answer])
        except NodeError:
            # what else is on its way belongs to other requests too: the next one needs a connection of its own
            self.close()
            raise


def _results(method: str, ids: list[int], answers: list[Any]) -> list[Any]:
    """Results in the order of the requests; raises as `Endpoint.ask`."""
    found = _by_id(answers, frozenset(ids))
    results = []
    for number in ids:
        if number not in found:
            raise NodeError("an answer is missing")
        if found[number].get("error") is not None:
            raise _failure(method, found[number]["error"])
        if "result" not in found[number]:
            raise NodeError("an answer holds neither a result nor an error")
        results.append(found[number]["result"])
    return results


def _by_id(answers: list[Any], ids: frozenset[int]) -> dict[int, dict[str, Any]]:
    """Answers by the request they belong to; the same answer twice counts once."""
    found: dict[int, dict[str, Any]] = {}
    for answer in answers:
        if not isinstance(answer, dict) or answer.get("id") not in ids:
            raise NodeError("the answer belongs to another request")
        number = answer["id"]
        if number in found and found[number] != answer:
            raise NodeError("two different answers to one request")
        found[number] = answer
    return found


def _failure(method: str, error: Any) -> RpcError:
    """Error of a node as an exception; a revert is told apart."""
    if not isinstance(error, dict):
        return RpcError(f"{method}: {error}")
    message = str(error.get("message", error))
    reverted = error.get("code") == REVERTED or "revert" in message[:MAX_TEXT].lower()
    return (RevertError if reverted else RpcError)(f"{method}: {message}")
