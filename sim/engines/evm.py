"""The compiled contracts in an EVM within the process: every call is executed, without a node and without npm.

Gas is not measured; see ``ballast.evm``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ballast.evm.chain import EvmTransaction, encoded
from ballast.model.parameters import NetworkParameters
from ballast.sim.engines.contracts import SentCall, participant_address
from ballast.sim.engines.engine import GENESIS
from ballast.sim.engines.node import ChainNode
from ballast.sim.engines.replay import ContractEngine


class EvmEngine(ContractEngine):
    """Carries out a scenario's steps on a chain in memory.

    Parameters
    ----------
    parameters : NetworkParameters
        What to deploy.
    """

    name = "evm"

    def __init__(self, parameters: NetworkParameters) -> None:
        node = ChainNode(GENESIS)
        self.chain = node.chain
        self._reason = ""
        self._encoded = cache(encoded)
        super().__init__(node, parameters)

    def snapshot(self) -> dict[str, Any]:
        """Return the arrays that make up the engine's state."""
        self.wait()
        participants = np.array([len(self._participants), self.transactions])
        return {**self.chain.snapshot(), "participants": participants}

    def restore(self, stored: dict[str, Any], /) -> None:
        """Take over the state of a snapshot."""
        self.wait()
        self.chain.restore(stored)
        count, self.transactions = (int(n) for n in stored["participants"])
        self._participants = [participant_address(account) for account in range(2, 2 + count)]

    def _execute(self, groups: list[list[SentCall]], timestamp: int) -> None:
        at = self._encoded
        calls = [EvmTransaction(at(sender), at(to), data) for group in groups for sender, to, data in group]
        self.chain.begin_block(timestamp)
        failures = self.chain.execute(calls)
        self.transactions += len(calls)
        if failures and not self._reason:
            self._reason = f"; a call reverted: {failures[0].reason}"

    def _call(self, receiver: str, data: bytes) -> bytes:
        return self.chain.view(self._encoded(receiver), data)

    def _failed(self) -> str:
        """Reason of the first call that reverted, for a message: none is meant to."""
        return self._reason
