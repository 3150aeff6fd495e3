"""What passes between a keeper and a node: HTTP messages, WebSocket frames, JSON-RPC requests and answers."""

from __future__ import annotations

import socket
from typing import Any, Protocol

from eth_utils.crypto import keccak
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

SEND = "eth_sendRawTransaction"
JSON = "Content-Type: application/json\r\n"

Json = dict[str, Any]


class Reader:
    """Reads HTTP messages with a length from a socket.

    Parameters
    ----------
    source : socket.socket
        The socket.
    """

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self._buffer = b""

    def _more(self) -> bool:
        piece = self._source.recv(1 << 16)
        self._buffer += piece
        return bool(piece)

    def message(self) -> tuple[bytes, bytes] | None:
        """Next message, head and body; None at the end."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not self._more():
                return None
        head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(self._buffer) < length:
            if not self._more():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return head, body


class Line(Protocol):
    """A connection on which requests come in and answers go out."""

    ordered: bool
    """Whether an answer belongs to the request before it, so that no other can come in between."""

    def message(self) -> bytes | None:
        """Next request; None at the end."""
        ...

    def coded(self, body: bytes) -> bytes:
        """Write an answer."""
        ...

    def refusal(self, kind: str, detail: str, closes: bool) -> bytes:
        """Write that there will be no answer: ``429`` or ``5xx``, an HTTP status, whether the connection ends then."""
        ...


class HttpLine:
    """HTTP, from its first message on.

    Parameters
    ----------
    reader : Reader
        Of the connection.
    body : bytes
        Of the message read already.
    """

    ordered = True

    def __init__(self, reader: Reader, body: bytes) -> None:
        self._reader = reader
        self._first: bytes | None = body

    def message(self) -> bytes | None:
        """Next request."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        read = self._reader.message()
        return None if read is None else read[1]

    def coded(self, body: bytes) -> bytes:
        """Write an answer."""
        return http(body)

    def refusal(self, kind: str, detail: str, closes: bool) -> bytes:
        """Write a status."""
        more = "Connection: close\r\n" if closes else ""
        if kind == "429":
            return http(b"slow down", detail, f"Retry-After: 1\r\n{more}")
        return http(b"<html>no</html>", detail, f"Content-Type: text/html\r\n{more}")


class WebSocketLine:
    """A WebSocket, from the request that asks for it on; it is agreed to at once.

    Parameters
    ----------
    connection : socket.socket
        The connection.
    head : bytes
        Head of that request.
    """

    ordered = False

    def __init__(self, connection: socket.socket, head: bytes) -> None:
        self._socket = connection
        self._protocol = ServerProtocol(max_size=None)
        self._protocol.receive_data(head + b"\r\n\r\n")
        (request,) = self._protocol.events_received()
        assert isinstance(request, Request)
        self._protocol.send_response(self._protocol.accept(request))
        self._socket.sendall(self._written())
        self._requests: list[bytes] = []

    def _written(self) -> bytes:
        return b"".join(self._protocol.data_to_send())

    def message(self) -> bytes | None:
        """Next request; what else comes in is answered as it should be."""
        while not self._requests:
            piece = self._socket.recv(1 << 16)
            if not piece:
                return None
            self._protocol.receive_data(piece)
            self._socket.sendall(self._written())
            frames = [e for e in self._protocol.events_received() if isinstance(e, Frame)]
            self._requests += [bytes(f.data) for f in frames if f.opcode is Opcode.TEXT]
            if self._protocol.state is not State.OPEN:
                return None
        return self._requests.pop(0)

    def coded(self, body: bytes) -> bytes:
        """Write an answer."""
        self._protocol.send_text(body)
        return self._written()

    def refusal(self, kind: str, detail: str, closes: bool) -> bytes:
        """Write the end of the connection: there is no other way."""
        assert closes
        self._protocol.send_close(1013 if kind == "429" else 1011, detail)
        return self._written()


def http(body: bytes, status: str = "200 OK", more: str = JSON) -> bytes:
    """Write an HTTP answer."""
    return f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


def request_for(method: str, *params: Any) -> Json:
    """Write a request."""
    return {"jsonrpc": "2.0", "id": 0, "method": method, "params": list(params)}


def error_for(request: Json, code: int, message: str) -> Json:
    """Write an error as the answer to a request."""
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}


def digest_of(raw: str) -> str:
    """Hash of a signed transaction."""
    return f"0x{keccak(bytes.fromhex(raw[2:])).hex()}"
