"""Several endpoints as one node: failover, and answers of all of them where they are to be compared."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from offchain.errors import ChainError, NodeError, RevertError, RpcError, UserError
from offchain.keeper.endpoint import Endpoint
from offchain.keeper.log import Code, Say, nothing


class Nodes:
    """The endpoints a keeper works with.

    An endpoint that gives no usable answer rests for a while; the next one is asked. If all rest, all are asked again.

    Parameters
    ----------
    urls : sequence of str
        Addresses, the preferred one first.
    timeout : float
        Seconds an answer may take.
    batch_size : int
        Requests in one message.
    rest_seconds : float
        Time for which an endpoint that failed is not asked.

    Raises
    ------
    UserError
        If there is no address, or one is not usable.
    """

    def __init__(
        self,
        urls: Sequence[str],
        timeout: float = 10.0,
        *,
        batch_size: int = 100,
        rest_seconds: float = 20.0,
    ) -> None:
        if not urls:
            raise UserError("no node is given: name one with --rpc")
        self.endpoints = [Endpoint(url) for url in urls]
        self.deadline: float | None = None
        self.say: Say = nothing
        self._timeout = timeout
        self._size = batch_size
        self._rest_seconds = rest_seconds
        self._rests: dict[Endpoint, float] = {}

    def close(self) -> None:
        """Close all connections."""
        for endpoint in self.endpoints:
            endpoint.close()

    def within(self, seconds: float) -> None:
        """Let no request from now on end later than this many seconds from now."""
        self.deadline = time.monotonic() + seconds

    @property
    def awake(self) -> list[Endpoint]:
        """Endpoints that do not rest, in order of preference; all of them if all rest."""
        now = time.monotonic()
        awake = [e for e in self.endpoints if self._rests.get(e, 0.0) <= now]
        return awake or list(self.endpoints)

    def rest(self, endpoint: Endpoint, code: Code, **fields: Any) -> None:
        """Do not ask an endpoint for a while, and say why."""
        self._rests[endpoint] = time.monotonic() + self._rest_seconds
        self.say(code, node=endpoint.name, **fields)

    def _deadline(self) -> float:
        own = time.monotonic() + self._timeout
        if self.deadline is None:
            return own
        if self.deadline <= time.monotonic():
            raise ChainError("the pass took too long")
        return min(own, self.deadline)

    def ask(self, endpoint: Endpoint, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """Ask one endpoint, in messages of bounded size; one that gives no usable answer rests.

        Raises
        ------
        NodeError, RpcError
            As `Endpoint.ask`.
        """
        results: list[Any] = []
        try:
            for start in range(0, len(params), self._size):
                results += endpoint.ask(method, params[start : start + self._size], self._deadline())
        except NodeError as error:
            self.rest(endpoint, Code.NODE_FAILED, method=method, error=str(error))
            raise
        return results

    def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """Send requests of one method to the first endpoint that answers them.

        Raises
        ------
        RevertError
            If one of them reverts.
        ChainError
            If no endpoint answers: what the last one said.
        """
        failure: ChainError = NodeError("no node")
        candidates = self.awake
        for endpoint in [*candidates, candidates[0]] if len(candidates) == 1 else candidates:
            try:
                return self.ask(endpoint, method, params)
            except RevertError:
                raise
            except RpcError as error:
                failure = error
                if len(candidates) == 1:
                    break
            except NodeError as error:
                failure = NodeError(f"no usable answer from {endpoint.name}: {error}")
        raise failure

    def call(self, method: str, *params: Any) -> Any:
        """Send one request to the first endpoint that answers it; raises as `batch`."""
        return self.batch(method, [params])[0]

    def poll(self, method: str, *params: Any) -> list[tuple[Endpoint, Any]]:
        """Answers of all endpoints that give one.

        Raises
        ------
        ChainError
            If none does.
        """
        answers: list[tuple[Endpoint, Any]] = []
        failure: ChainError = NodeError("no node")
        for endpoint in self.awake:
            try:
                answers.append((endpoint, self.ask(endpoint, method, [params])[0]))
            except ChainError as error:
                failure = error
        if not answers:
            raise failure
        return answers

    def known(self, method: str, *params: Any) -> Any:
        """First answer that is not null of any endpoint, or None if all that answer say null."""
        return next((answer for _, answer in self.poll(method, *params) if answer is not None), None)

    def only(self, endpoint: Endpoint) -> OneNode:
        """View of a single endpoint."""
        return OneNode(self, endpoint)


class OneNode:
    """A single endpoint, without failover."""

    def __init__(self, nodes: Nodes, endpoint: Endpoint) -> None:
        self._nodes = nodes
        self.endpoint = endpoint

    def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        """Send requests of one method; raises as `Nodes.ask`."""
        return self._nodes.ask(self.endpoint, method, params)

    def call(self, method: str, *params: Any) -> Any:
        """Send one request; raises as `Nodes.ask`."""
        return self.batch(method, [params])[0]
