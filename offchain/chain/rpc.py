"""A small JSON-RPC client for high rates: one kept-alive connection, batches, no middleware."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson

from offchain.errors import ChainError, RpcError, UserError


class Node(Protocol):
    """Anything that answers JSON-RPC requests one by one."""

    def call(self, method: str, *params: Any) -> Any:
        """Send a request and return its result."""
        ...


class JsonRpc:
    """JSON-RPC over one HTTP connection.

    Parameters
    ----------
    url : str
        Address of the node, ``http://host:port``.
    timeout : float
        Seconds an answer may take.
    """

    def __init__(self, url: str, timeout: float = 120.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"node address {url!r} is not usable: give one like http://127.0.0.1:8545")
        self.url = url
        self._path = parts.path or "/"
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _post(self, body: bytes) -> Any:
        try:
            self._connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            return orjson.loads(self._connection.getresponse().read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ChainError(f"no answer from the node at {self.url}: {error}") from error
        except orjson.JSONDecodeError as error:
            raise ChainError(f"the node at {self.url} did not answer with JSON") from error

    def call(self, method: str, *params: Any) -> Any:
        """Send one request.

        Returns
        -------
        Any
            The result.

        Raises
        ------
        RpcError
            If the node answers with an error.
        """
        answer = self._post(orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        if "error" in answer:
            raise RpcError(f"{method}: {_describe(answer['error'])}")
        return answer["result"]

    def batch(self, method: str, params: Sequence[Sequence[Any]], size: int = 100) -> list[Any]:
        """Send many requests of one method.

        Parameters
        ----------
        method : str
            Method of all of them.
        params : sequence of sequences
            Parameters of each.
        size : int
            Requests in one HTTP message.

        Returns
        -------
        list
            Results in the order of the requests.
        """
        results: list[Any] = []
        for start in range(0, len(params), size):
            chunk = params[start : start + size]
            body = [{"jsonrpc": "2.0", "id": i, "method": method, "params": p} for i, p in enumerate(chunk)]
            answers = self._post(orjson.dumps(body))
            if not isinstance(answers, list) or len(answers) != len(chunk):
                raise ChainError(f"{method}: the node answered a batch of {len(chunk)} with something else")
            ordered: list[Any] = [None] * len(chunk)
            for answer in answers:
                if "error" in answer:
                    raise RpcError(f"{method}: {_describe(answer['error'])}")
                ordered[answer["id"]] = answer["result"]
            results.extend(ordered)
        return results


def _describe(error: Any) -> str:
    """One line about a JSON-RPC error."""
    if isinstance(error, dict):
        return str(error.get("message", error))
    return str(error)
