"""The real chain: every step of every task as transactions on a local Anvil.

Transactions are sent unsigned in large batches over one connection, and mined as one block a phase at a timestamp the
scenario says. The node continues the empty chain of a second one, since it would otherwise spend more time on state
roots than on transactions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from ballast.chain.anvil import THROUGHPUT_FLAGS, Anvil, fork_flags
from ballast.chain.contract import revert_reason
from ballast.errors import ChainError, RpcError
from ballast.model.parameters import NetworkParameters
from ballast.sim.engines.contracts import SentCall, StateWords
from ballast.sim.engines.engine import GENESIS
from ballast.sim.engines.replay import ContractEngine

GAS = hex(16_000_000)


class AnvilEngine(ContractEngine):
    """Carries out a scenario's steps on a fresh Anvil.

    Parameters
    ----------
    parameters : NetworkParameters
        What to deploy.
    """

    name = "anvil"
    measures_gas = True

    def __init__(self, parameters: NetworkParameters) -> None:
        self._nonces: Counter[str] = Counter()
        self._blocks: list[int] = []
        with ExitStack() as started:
            origin = started.enter_context(Anvil(timestamp=GENESIS))
            self.anvil = started.enter_context(Anvil(*THROUGHPUT_FLAGS, *fork_flags(origin)))
            self.rpc = self.anvil.rpc
            super().__init__(self.rpc, parameters)
            self._nodes = started.pop_all()

    def close(self) -> None:
        """Stop the nodes."""
        super().close()
        self._nodes.close()

    def _request(self, call: SentCall) -> list[dict[str, str]]:
        sender, receiver, data = call
        nonce = hex(self._nonces[sender])
        self._nonces[sender] += 1
        data_hex = f"0x{data.hex()}"
        return [{"from": sender, "nonce": nonce, "to": receiver, "data": data_hex, "gas": GAS, "gasPrice": "0x0"}]

    def _execute(self, groups: list[list[SentCall]], timestamp: int) -> None:
        # Within an HTTP message the node may take requests of different senders in any order.
        for group in groups:
            self.rpc.batch("eth_sendTransaction", [self._request(call) for call in group])
        sent = sum(map(len, groups))
        self.rpc.call("evm_mine", timestamp)
        block = self.rpc.call("eth_getBlockByNumber", "latest", False)
        if len(block["transactions"]) != sent:
            raise ChainError(f"{len(block['transactions'])} of {sent} transactions were mined")
        self.gas_used += int(block["gasUsed"], 16)
        self.transactions += sent
        self._blocks.append(int(block["number"], 16))

    def _call(self, receiver: str, data: bytes) -> bytes:
        answer: str = self.rpc.call("eth_call", {"to": receiver, "data": f"0x{data.hex()}"}, "latest")
        return bytes.fromhex(answer[2:])

    def _calls(self, receiver: str, each: Sequence[bytes]) -> list[bytes]:
        answers = self.rpc.batch("eth_call", [({"to": receiver, "data": f"0x{data.hex()}"}, "latest") for data in each])
        return [bytes.fromhex(answer[2:]) for answer in answers]

    def _compare(self, expected: StateWords, epoch: int, period: int) -> None:
        super()._compare(expected, epoch, period)
        self._blocks.clear()

    def _failed(self) -> str:
        """Reason of the first transaction that reverted since the chain last agreed, for a message."""
        for number in self._blocks:
            for receipt in self.rpc.call("eth_getBlockReceipts", hex(number)) or []:
                if int(receipt["status"], 16) != 1:
                    return f"; {self._why(receipt)}"
        return ""

    def _why(self, receipt: dict[str, Any]) -> str:
        digest = receipt["transactionHash"]
        try:
            trace = self.rpc.call("debug_traceTransaction", digest, {"tracer": "callTracer"})
            return f"transaction {digest} reverted: {revert_reason(trace.get('output', '0x'))}"
        except (RpcError, ValueError):
            return f"transaction {digest} reverted"
