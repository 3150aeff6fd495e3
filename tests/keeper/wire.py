"""What passes between a keeper and a node: HTTP messages, JSON-RPC requests and answers, signed transactions."""

from __future__ import annotations

import socket
from typing import Any

import rlp
from eth_utils.crypto import keccak

SEND = "eth_sendRawTransaction"

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


def http(body: bytes, status: str = "200 OK", more: str = "Content-Type: application/json\r\n") -> bytes:
    """Write an HTTP answer."""
    return f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


def request_for(method: str, *params: Any) -> Json:
    """Write a request."""
    return {"jsonrpc": "2.0", "id": 0, "method": method, "params": list(params)}


def result_for(request: Json, result: Any) -> Json:
    """Write the answer to a request."""
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def error_for(request: Json, code: int, message: str) -> Json:
    """Write an error as the answer to a request."""
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}


def fields_of(raw: str) -> tuple[Any, ...]:
    """Chain, nonce, tip, fee, gas, receiver, value (numbers) and data (hex) of a transaction of type 2."""
    coded = bytes.fromhex(raw[2:])
    assert coded[0] == 2, "a transaction of type 2"
    fields = rlp.decode(coded[1:])
    return (*(int.from_bytes(f, "big") for f in fields[:7]), "0x" + fields[7].hex())


def digest_of(raw: str) -> str:
    """Hash of a signed transaction."""
    return f"0x{keccak(bytes.fromhex(raw[2:])).hex()}"
