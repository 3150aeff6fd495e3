"""A single node, asked without failover: what deployment, devnet and simulation need."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final, Protocol

from eth_abi.exceptions import DecodingError

from ballast.errors import NodeError
from ballast.node.endpoint import Endpoint

UNREADABLE: Final = (ArithmeticError, AttributeError, DecodingError, LookupError, TypeError, ValueError)
"""What reading an answer leads to that is well formed but makes no sense."""


class Node(Protocol):
    """Anything that answers JSON-RPC requests one by one."""

    def call(self, method: str, *params: Any) -> Any:
        """Send a request and return its result."""
        ...


class JsonRpc:
    """JSON-RPC over one kept connection.

    Parameters
    ----------
    url : str
        Address of the node: http, https, ws or wss.
    timeout : float
        Seconds an answer may take.

    Attributes
    ----------
    name : str
        What may be told of the address: scheme, host and port.
    """

    def __init__(self, url: str, timeout: float = 120.0) -> None:
        self._endpoint = Endpoint(url)
        self._timeout = timeout
        self.name = self._endpoint.name

    def close(self) -> None:
        """Close the connection."""
        self._endpoint.close()

    def _ask(self, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        try:
            return self._endpoint.ask(method, params, time.monotonic() + self._timeout)
        except NodeError as error:
            raise NodeError(f"no usable answer from the node at {self.name}: {error}") from None

    def call(self, method: str, *params: Any) -> Any:
        """Send one request.

        Returns
        -------
        Any
            The result.

        Raises
        ------
        NodeError
            If no usable answer comes.
        RpcError
            If the node answers with an error.
        """
        return self._ask(method, [params])[0]

    def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """Send many requests of one method, in messages of a size the node takes.

        Parameters
        ----------
        method : str
            Method of all of them.
        params : sequence of sequences
            Parameters of each.

        Returns
        -------
        list
            Results in the order of the requests; raises as `call`.
        """
        return self._endpoint.split(params, lambda part: self._ask(method, part))


@contextmanager
def connected(url: str, timeout: float = 120.0) -> Iterator[JsonRpc]:
    """Speak to a node until the context ends; an answer that makes no sense ends it as one that did not come.

    Raises
    ------
    UserError
        If the address is not usable.
    NodeError
        If an answer makes no sense; its text, which may repeat the address, is not told.
    """
    with closing(JsonRpc(url, timeout)) as rpc, sensible(rpc.name):
        yield rpc


@contextmanager
def sensible(name: str) -> Iterator[None]:
    """Take what cannot be read for an answer that did not come.

    Parameters
    ----------
    name : str
        What may be told of the node's address.

    Raises
    ------
    NodeError
        If an answer makes no sense; its text, which may repeat the address, is not told.
    """
    try:
        yield
    except UNREADABLE as error:
        raise NodeError(f"what the node at {name} answers makes no sense: {type(error).__name__}") from None
