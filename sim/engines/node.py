"""The few methods of JSON-RPC that deployment needs, answered by a chain in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from ballast.chain.anvil import CHAIN_ID
from ballast.chain.artifacts import artifacts
from ballast.deployment import create_address
from ballast.errors import RpcError
from ballast.evm.chain import Chain, encoded

DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""Anvil's first account, so that contracts stand at the same addresses."""


class ChainNode:
    """A node of a chain in memory that mines each transaction at once.

    Parameters
    ----------
    timestamp : int
        Of the first block.

    Attributes
    ----------
    chain : Chain
        The chain.
    """

    def __init__(self, timestamp: int) -> None:
        self.chain = Chain(CHAIN_ID)
        self.chain.begin_block(timestamp)
        self._receipts: list[dict[str, Any]] = []
        self._methods: dict[str, Callable[..., Any]] = {
            "anvil_getAutomine": lambda: True,
            "eth_accounts": lambda: [DEPLOYER],
            "eth_call": self._call,
            "eth_chainId": lambda: hex(CHAIN_ID),
            "eth_getBlockByNumber": lambda *_: {
                "timestamp": hex(self.chain.timestamp),
                "number": hex(self.chain.number),
            },
            "eth_getCode": lambda address, _: f"0x{self.chain.code(address).hex()}",
            "eth_getTransactionCount": lambda *_: hex(len(self._receipts)),
            "eth_getTransactionReceipt": lambda digest: self._receipts[int(digest, 16)],
            "eth_sendTransaction": self._create,
        }

    def call(self, method: str, *params: Any) -> Any:
        """Answer a request.

        Raises
        ------
        RpcError
            If a call fails, or the method is not one of the few.
        """
        if method not in self._methods:
            raise RpcError(f"{method}: the chain in memory does not answer this")
        return self._methods[method](*params)

    def _call(self, request: dict[str, str], _block: str) -> str:
        return f"0x{self.chain.view(encoded(request['to']), bytes.fromhex(request['data'][2:])).hex()}"

    def _create(self, request: dict[str, str]) -> str:
        """Create a contract, in a block of its own."""
        if "to" in request:
            raise RpcError("eth_sendTransaction: the chain in memory creates contracts only")
        address = create_address(request["from"], len(self._receipts))
        self.chain.begin_block(self.chain.timestamp + 1)
        code = self.chain.create(request["from"], address, bytes.fromhex(request["data"][2:]))
        self.chain.install(address, code, _instructions(code))
        receipt = {
            "status": "0x1",
            "transactionHash": hex(len(self._receipts)),
            "blockNumber": hex(self.chain.number),
            "contractAddress": to_checksum_address(address),
        }
        self._receipts.append(receipt)
        return str(receipt["transactionHash"])


def _instructions(code: bytes) -> int:
    """Bytes of a contract's code before its immutables."""
    for artifact in artifacts().values():
        if keccak(code[: artifact.runtime_size]).hex() == artifact.runtime_hash:
            return artifact.runtime_size
    return len(code)
