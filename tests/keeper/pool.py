"""A pool of transactions that nobody mines unless they are outbid."""

from __future__ import annotations

import threading

from tests.keeper.wire import SEND, Json, digest_of, error_for, fields_of, result_for


class Pool:
    """A pool of transactions nobody mines until they are replaced at fees a tenth higher.

    Parameters
    ----------
    owner : str
        Address whose transactions are held.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner.lower()
        self.held: dict[int, str] = {}
        self.replaced: set[int] = set()
        self._lock = threading.Lock()

    def answer(self, request: Json) -> Json | None:
        """Answer a request about a transaction that is held; None for all others."""
        method, params = request["method"], request["params"]
        if method in ("eth_getTransactionByHash", "eth_getTransactionReceipt"):
            for raw in self.held.values():
                if digest_of(raw) == params[0]:
                    shown = self._shown(raw) if method == "eth_getTransactionByHash" else None
                    return result_for(request, shown)
        return self._sent(request, params[0]) if method == SEND else None

    def _sent(self, request: Json, raw: str) -> Json | None:
        """Hold a transaction, refuse a replacement that is too cheap, or let one pass."""
        nonce, tip, fee = fields_of(raw)[1:4]
        with self._lock:
            if nonce in self.replaced:
                return None
            held = self.held.get(nonce)
            if held is None:
                self.held[nonce] = raw
                return result_for(request, digest_of(raw))
            if held == raw:
                return error_for(request, -32000, "already known")
            _, _, old_tip, old_fee, *_ = fields_of(held)
            if tip * 10 < old_tip * 11 or fee * 10 < old_fee * 11:
                return error_for(request, -32000, "replacement transaction underpriced")
            del self.held[nonce]
            self.replaced.add(nonce)
            return None

    def amended(self, request: Json, answer: Json) -> Json:
        """Add what is held to the number of pending transactions."""
        params = request["params"]
        if request["method"] != "eth_getTransactionCount" or params[1] != "pending":
            return answer
        if params[0].lower() != self.owner or not self.held:
            return answer
        return {**answer, "result": hex(max(int(answer["result"], 16), max(self.held) + 1))}

    def _shown(self, raw: str) -> Json:
        chain, nonce, tip, fee, gas, to, value, data, *_ = fields_of(raw)
        return {
            "hash": digest_of(raw),
            "from": self.owner,
            "blockHash": None,
            "blockNumber": None,
            "transactionIndex": None,
            "type": "0x2",
            "chainId": hex(chain),
            "nonce": hex(nonce),
            "maxPriorityFeePerGas": hex(tip),
            "maxFeePerGas": hex(fee),
            "gasPrice": hex(fee),
            "gas": hex(gas),
            "to": f"0x{to:040x}",
            "value": hex(value),
            "input": data,
        }
