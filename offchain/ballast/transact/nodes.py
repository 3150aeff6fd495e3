"""Several endpoints as one node: failover, and answers of all of them where they are to be compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from ballast.chain.rpc import UNREADABLE
from ballast.errors import ChainError, NodeError, RevertError, RpcError, UserError
from ballast.node.address import Address
from ballast.node.endpoint import Endpoint
from ballast.node.secrecy import Secrets
from ballast.transact.answers import anything, quantity
from ballast.transact.log import Code, Say, nothing


class Nodes:
    """The endpoints of one chain, as one node.

    An endpoint that gives no usable answer rests for a while; the next one is asked. If all rest, all are asked again.

    Parameters
    ----------
    urls : sequence of str
        Addresses, the preferred one first.
    timeout : float
        Seconds an answer may take.
    batch_size : int
        Most requests in one message.
    rest_seconds : float
        Time for which an endpoint that failed is not asked.

    Attributes
    ----------
    chain_id : int or None
        Chain the endpoints must be of; each is asked before it is used, and again after a rest. None for any.
    name : str
        What may be told of the addresses: scheme, host and port of each.
    secrets : Secrets
        What the addresses hold that no message may.

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
        self.secrets = Secrets(part for url in urls for part in Address.of(url).secrets)
        self.endpoints = [Endpoint(url, self.secrets, batch_size) for url in urls]
        self.name = " or ".join(endpoint.name for endpoint in self.endpoints)
        self.chain_id: int | None = None
        self.deadline: float | None = None
        self.say: Say = nothing
        self._timeout = timeout
        self._rest_seconds = rest_seconds
        self._rests: dict[Endpoint, float] = {}
        self._behind: set[Endpoint] = set()
        self._of_chain: set[Endpoint] = set()
        self._share = 0.0
        self._spent: dict[Endpoint, float] = {}

    def close(self) -> None:
        """Close all connections."""
        for endpoint in self.endpoints:
            endpoint.close()

    def within(self, seconds: float) -> None:
        """Let no request from now on end later than this many seconds from now; each endpoint has its share."""
        self.deadline = time.monotonic() + seconds
        self._share = seconds / len(self.awake)
        self._spent = {}

    @property
    def awake(self) -> list[Endpoint]:
        """Endpoints that do not rest, in order of preference; all of them if all rest."""
        now = time.monotonic()
        awake = [e for e in self.endpoints if self._rests.get(e, 0.0) <= now]
        return awake or list(self.endpoints)

    def rest(self, endpoint: Endpoint, code: Code, **fields: Any) -> None:
        """Do not ask an endpoint for a while, and say why."""
        self._rests[endpoint] = time.monotonic() + self._rest_seconds
        self._of_chain.discard(endpoint)
        (self._behind.add if code is Code.NODE_LAGS else self._behind.discard)(endpoint)
        self.say(code, node=endpoint.name, **fields)

    def majority(self, told: Collection[Endpoint]) -> int:
        """Votes that are a majority of the endpoints that told something and those that rest since they lag.

        Those that failed or lied have no vote.
        """
        now = time.monotonic()
        lagging = {e for e in self._behind if self._rests[e] > now}
        return len(lagging.union(told)) // 2 + 1

    def _deadline(self, endpoint: Endpoint) -> float:
        now = time.monotonic()
        own = now + self._timeout
        if self.deadline is None:
            return own
        if self.deadline <= now:
            raise ChainError("the pass took too long")
        left = self._share - self._spent.get(endpoint, 0.0)
        if left <= 0:
            raise NodeError("it took more than its share of the pass")
        return min(own, self.deadline, now + left)

    def _message(self, endpoint: Endpoint, method: str, params: Sequence[Sequence[Any]]) -> list[Any]:
        deadline, begun = self._deadline(endpoint), time.monotonic()
        try:
            return endpoint.ask(method, params, deadline)
        finally:
            self._spent[endpoint] = self._spent.get(endpoint, 0.0) + time.monotonic() - begun

    def _check_chain(self, endpoint: Endpoint) -> None:
        if self.chain_id is None or endpoint in self._of_chain:
            return
        found = quantity(self._message(endpoint, "eth_chainId", [()])[0])
        if found != self.chain_id:
            raise NodeError(f"it is a node of chain {found}, not {self.chain_id}")
        self._of_chain.add(endpoint)

    def ask(
        self,
        endpoint: Endpoint,
        method: str,
        params: Sequence[Sequence[Any]],
        as_: Callable[[Any], Any] = anything,
    ) -> list[Any]:
        """Ask one endpoint, in messages of a size it takes; one that gives no usable answer rests.

        Parameters
        ----------
        endpoint : Endpoint
        method : str
        params : sequence of sequences
            Parameters of each request.
        as_ : callable
            Reads each answer; where it fails, the answer is none.

        Raises
        ------
        NodeError, RpcError
            As `Endpoint.ask`.
        """
        try:
            self._check_chain(endpoint)
            return [as_(each) for each in endpoint.split(params, partial(self._message, endpoint, method))]
        except (NodeError, *UNREADABLE) as error:
            why = str(error) if isinstance(error, NodeError) else f"the answer makes no sense: {type(error).__name__}"
            self.rest(endpoint, Code.NODE_FAILED, method=method, error=why)
            raise NodeError(why) from None

    def batch(self, method: str, params: Sequence[Sequence[Any]], as_: Callable[[Any], Any] = anything) -> list[Any]:
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
                return self.ask(endpoint, method, params, as_)
            except RevertError:
                raise
            except RpcError as error:
                failure = error
                if len(candidates) == 1:
                    break
            except NodeError as error:
                failure = NodeError(f"no usable answer from the node at {endpoint.name}: {error}")
        raise failure

    def call(self, method: str, *params: Any, as_: Callable[[Any], Any] = anything) -> Any:
        """Send one request to the first endpoint that answers it; raises as `batch`."""
        return self.batch(method, [params], as_)[0]

    def poll(self, method: str, *params: Any, as_: Callable[[Any], Any] = anything) -> list[tuple[Endpoint, Any]]:
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
                answers.append((endpoint, self.ask(endpoint, method, [params], as_)[0]))
            except NodeError as error:
                failure = NodeError(f"no usable answer from the node at {endpoint.name}: {error}")
            except ChainError as error:
                failure = error
        if not answers:
            raise failure
        return answers

    def known(self, method: str, *params: Any, as_: Callable[[Any], Any] = anything) -> Any:
        """First answer that is not null of any endpoint, or None if all that answer say null."""
        return next((answer for _, answer in self.poll(method, *params, as_=as_) if answer is not None), None)

    def only(self, endpoint: Endpoint) -> OneNode:
        """View of a single endpoint."""
        return OneNode(self, endpoint)


class OneNode:
    """A single endpoint, without failover."""

    def __init__(self, nodes: Nodes, endpoint: Endpoint) -> None:
        self._nodes = nodes
        self.endpoint = endpoint

    def batch(self, method: str, params: Sequence[Sequence[Any]], as_: Callable[[Any], Any] = anything) -> list[Any]:
        """Send requests of one method; raises as `Nodes.ask`."""
        try:
            return self._nodes.ask(self.endpoint, method, params, as_)
        except NodeError as error:
            raise NodeError(f"no usable answer from the node at {self.endpoint.name}: {error}") from None

    def call(self, method: str, *params: Any, as_: Callable[[Any], Any] = anything) -> Any:
        """Send one request; raises as `Nodes.ask`."""
        return self.batch(method, [params], as_)[0]
