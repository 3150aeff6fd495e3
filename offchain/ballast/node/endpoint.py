"""One endpoint of a node: JSON-RPC over HTTP(S) or WebSocket, every answer checked before it is believed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, Final

import orjson

from ballast.errors import NodeError, RevertError, RpcError, TooLargeError
from ballast.node.address import Address
from ballast.node.phrases import LACKS, Kind, kind_of
from ballast.node.secrecy import Secrets
from ballast.node.transport import BrokenError, OversizeError, UnreadError, transport

MAX_TEXT: Final = 300
"""Characters of a node's message that are told."""
LOGS: Final = "eth_getLogs"
SENDING: Final = ("eth_sendTransaction", "eth_sendRawTransaction")
"""Methods that must not be asked twice, since some of the requests may have been carried out."""
OF_MANY: Final = (Kind.OTHER, Kind.BATCH, Kind.SIZE)
"""What an error on each of many requests may mean for all of them together; other kinds are each one's own."""
GROWS_AFTER: Final = 256
"""Messages in a row answered at a size before twice the size is tried."""


class Endpoint:
    """An endpoint of a node.

    Parameters
    ----------
    url : str
        ``http``, ``https``, ``ws`` or ``wss``.
    secrets : Secrets, optional
        What no message may hold; the secret parts of this address by default.
    size : int
        Most requests in one message. Fewer are sent once the node has shown that it takes no more.

    Raises
    ------
    UserError
        If the address is not usable.
    """

    def __init__(self, url: str, secrets: Secrets | None = None, size: int = 100) -> None:
        address = Address.of(url)
        self.name = address.name
        self._secrets = secrets or Secrets(address.secrets)
        self._transport = transport(address)
        self._most = self._size = size
        self._answered = 0
        self._next = 1

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def split(self, params: Sequence[Any], ask: Callable[[Sequence[Any]], list[Any]]) -> list[Any]:
        """Ask many requests in messages of a size the node takes, and remember which that is.

        Parameters
        ----------
        params : sequence
            Of each request.
        ask : callable
            Asks one message, as `ask` of this endpoint does.
        """
        results: list[Any] = []
        size, refused = self._size, False
        while len(results) < len(params):
            part = params[len(results) : len(results) + size]
            try:
                results += ask(part)
            except TooLargeError:
                if len(part) == 1:
                    raise
                size, refused = len(part) // 2, True
                continue
            if refused:  # only now it is known that the size was the reason
                self._size, self._answered, refused = size, 0, False
            self._answered += 1
            if self._answered > GROWS_AFTER and self._size < self._most:
                size = self._size = min(2 * self._size, self._most)
                self._answered = 0
        return results

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
            If no usable answer came, or the node asks to be left alone.
        RpcError
            If the node answered one of them with an error.
        TooLargeError
            If it refused several of them as a whole, or a range of blocks.
        """
        ids = range(self._next, self._next + len(params))
        self._next = ids.stop
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": each}
            for number, each in zip(ids, params, strict=True)
        ]
        single = len(body) == 1
        try:
            answer = self._exchange(method, orjson.dumps(body[0] if single else body), ids, deadline)
            return self._results(method, params, ids, answer)
        except OversizeError as error:
            done = method in SENDING and not isinstance(error, UnreadError)
            if done or (single and method != LOGS):
                raise NodeError(str(error)) from None
            raise TooLargeError(f"{method}: {error}", Kind.SIZE) from None
        except NodeError as error:
            # what else is on its way belongs to other requests too: the next one needs a connection of its own
            self.close()
            raise NodeError(self._secrets.hide(str(error))[:MAX_TEXT]) from None

    def _exchange(self, method: str, body: bytes, ids: range, deadline: float) -> Any:
        """Send a message, and again if the kept connection breaks, as one does that was closed while it was idle.

        A message that sends is not repeated: the node may have read it before the connection broke, and a transaction
        without a nonce would be carried out twice. A connection whose end had been seen by then is not used for it.
        """
        try:
            return self._transport.exchange(body, ids, deadline)
        except BrokenError:
            if method in SENDING:
                raise
            return self._transport.exchange(body, ids, deadline)

    def _results(self, method: str, params: Sequence[Sequence[Any]], ids: range, answer: Any) -> list[Any]:
        """Results in the order of the requests; raises as `ask`."""
        answers = answer if isinstance(answer, list) else [answer]
        with suppress(AttributeError, KeyError, TypeError):  # most are good, and in order
            if [each["id"] for each in answers] == list(ids) and not any(each.get("error") for each in answers):
                return [each["result"] for each in answers]
        many = len(ids) > 1
        again = many and method not in SENDING
        errors = [a["error"] for a in answers if isinstance(a, dict) and a.get("error") is not None]
        nameless = [a["error"] for a in answers if isinstance(a, dict) and a.get("error") and a.get("id") is None]
        if nameless or (many and errors and not isinstance(answer, list)):
            # an error of no request is about all of them; what sends was surely not read only if it says so, alone
            whole = tuple(Kind) if again else (Kind.BATCH,) if many and len(errors) == len(answers) else ()
            raise self._failure(method, params, (nameless or errors)[0], whole)
        found = _by_id(answers, ids)
        if again and len(found) < len(ids):
            raise TooLargeError(f"{method}: {len(found)} answers to {len(ids)} requests", Kind.BATCH)
        if again and len(errors) == len(ids):
            raise self._failure(method, params, errors[0], OF_MANY)
        results = []
        for number, each in zip(ids, params, strict=True):
            if number not in found:
                raise NodeError("an answer is missing")
            if found[number].get("error") is not None:
                raise self._failure(method, [each], found[number]["error"], (Kind.BATCH,) if again else ())
            if "result" not in found[number]:
                raise NodeError("an answer holds neither a result nor an error")
            results.append(found[number]["result"])
        return results

    def _failure(
        self, method: str, params: Sequence[Sequence[Any]], error: Any, whole: Collection[Kind]
    ) -> NodeError | RpcError:
        """Error of a node as an exception, without what is secret in addresses.

        Parameters
        ----------
        method, params, error
            What was asked for, and the error.
        whole : collection of Kind
            Kinds of errors that are about several requests together, if this one is.
        """
        fields = error if isinstance(error, dict) else {"message": error}
        said = str(fields.get("message", error))
        pinned = any(isinstance(p, dict) and "blockHash" in p for each in params for p in each)
        kind = kind_of(fields.get("code"), said, fields.get("data"), pinned=pinned)
        text = self._secrets.hide(said)
        if kind is Kind.RATE:
            return NodeError(f"it wants fewer requests: {text}"[:MAX_TEXT])
        if kind in LACKS:
            text = f"the node at {self.name} {LACKS[kind]}: one that can is needed, see docs/keeper.md; {text}"
        elif kind is Kind.NO_METHOD:
            text = f"the node at {self.name} does not know this method, see docs/keeper.md; {text}"
        text = f"{method}: {text}"[:MAX_TEXT]
        if kind in whole or (method == LOGS and kind is not Kind.NO_METHOD):
            return TooLargeError(text, kind)
        return (RevertError if kind is Kind.REVERTED else RpcError)(text, kind)


def _by_id(answers: list[Any], ids: range) -> dict[int, dict[str, Any]]:
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
