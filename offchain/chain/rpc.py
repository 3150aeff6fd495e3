"""A single node, asked without failover: what deployment, devnet and simulation need."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Protocol

from offchain.errors import NodeError
from offchain.node.endpoint import Endpoint


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
