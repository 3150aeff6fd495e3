"""Encoding calls of a contract and sending them as unsigned transactions of an unlocked node."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address

from ballast.chain.anvil import TRANSACTION_GAS_LIMIT
from ballast.chain.artifacts import Artifact
from ballast.chain.rpc import Node
from ballast.errors import ChainError, NoContractError, RpcError


def type_of(argument: dict[str, Any]) -> str:
    """ABI type string of an argument; a struct becomes a tuple."""
    kind: str = argument["type"]
    if kind.startswith("tuple"):
        return f"({','.join(type_of(c) for c in argument['components'])}){kind[5:]}"
    return kind


def revert_reason(data: str) -> str:
    """Read the string of a revert, or else its raw data."""
    raw = bytes.fromhex(data[2:])
    if raw[:4] == bytes.fromhex("08c379a0"):
        return str(decode(["string"], raw[4:])[0])
    return data if raw else "no reason given"


class Contract:
    """A deployed contract behind a node.

    Parameters
    ----------
    rpc : Node
        The node.
    artifact : Artifact
        What was deployed.
    address : str
        Where.
    """

    def __init__(self, rpc: Node, artifact: Artifact, address: str) -> None:
        self.rpc = rpc
        self.name = artifact.name
        self.address = to_checksum_address(address)
        self._events = {e["name"]: e for e in artifact.abi if e["type"] == "event"}
        self._functions = {f["name"]: f for f in artifact.abi if f["type"] == "function"}

    def data(self, name: str, *arguments: Any) -> str:
        """Calldata of a call, as hex."""
        function = self._functions[name]
        types = [type_of(a) for a in function["inputs"]]
        return f"0x{(function_abi_to_4byte_selector(function) + encode(types, arguments)).hex()}"

    def event(self, name: str) -> str:
        """First topic of an event, as hex."""
        return f"0x{bytes(event_abi_to_log_topic(self._events[name])).hex()}"

    def selector(self, name: str) -> str:
        """First four bytes of a call's data, as hex."""
        return f"0x{function_abi_to_4byte_selector(self._functions[name]).hex()}"

    def arguments(self, name: str, data: str) -> tuple[Any, ...]:
        """Decode the arguments of a call's data, given as hex."""
        types = [type_of(a) for a in self._functions[name]["inputs"]]
        return tuple(decode(types, bytes.fromhex(data[10:])))

    def read(self, name: str, *arguments: Any, block: str = "latest") -> Any:
        """Read a view: one value, or a tuple of several."""
        request = {"to": self.address, "data": self.data(name, *arguments)}
        return self.decode(name, self.rpc.call("eth_call", request, block))

    def decode(self, name: str, answer: str) -> Any:
        """Decode what a call returned, as hex: one value, or a tuple of several.

        Raises
        ------
        NoContractError
            If it returned nothing where it should have: there is no contract.
        """
        types = [type_of(o) for o in self._functions[name]["outputs"]]
        if types and answer == "0x":
            raise NoContractError(f"{self.name}.{name}: no contract stands at {self.address} at the block asked for")
        values = decode(types, bytes.fromhex(answer[2:]))
        return values[0] if len(values) == 1 else values

    def request(self, sender: str, name: str, *arguments: Any, gas: int = TRANSACTION_GAS_LIMIT) -> dict[str, str]:
        """Write the transaction of a call, for ``eth_sendTransaction``."""
        return {"from": sender, "to": self.address, "data": self.data(name, *arguments), "gas": hex(gas)}

    def send(self, sender: str, name: str, *arguments: Any) -> dict[str, Any]:
        """Send a call of an unlocked account and wait for its receipt.

        Raises
        ------
        ChainError
            If the transaction reverts, with the reason.
        """
        request = self.request(sender, name, *arguments)
        digest = self.rpc.call("eth_sendTransaction", request)
        receipt = wait_for(self.rpc, digest)
        if int(receipt["status"], 16) != 1:
            raise ChainError(f"{self.name}.{name} reverted: {_why(self.rpc, request)}")
        return receipt


def send_all(rpc: Node, requests: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Send transactions of unlocked accounts in order, have them mined, and wait for their receipts.

    Parameters
    ----------
    rpc : Node
        The node; an Anvil that does not mine each transaction at once is asked to mine a block.
    requests : sequence of dict
        Arguments of ``eth_sendTransaction``.

    Raises
    ------
    ChainError
        If one of them reverts, with the reason of the first.
    """
    digests = [rpc.call("eth_sendTransaction", request) for request in requests]
    with contextlib.suppress(RpcError):  # another node than Anvil mines by itself
        if not rpc.call("anvil_getAutomine"):
            rpc.call("evm_mine")
    receipts = [wait_for(rpc, digest) for digest in digests]
    for request, receipt in zip(requests, receipts, strict=True):
        if int(receipt["status"], 16) != 1:
            raise ChainError(f"transaction {receipt['transactionHash']} reverted: {_why(rpc, request)}")
    return receipts


def _why(rpc: Node, request: dict[str, str]) -> str:
    """Ask the node for the reason of a revert, by a call on the state after it."""
    try:
        rpc.call("eth_call", {k: v for k, v in request.items() if k != "nonce"}, "latest")
    except ChainError as error:
        return str(error)
    return "the reason is gone"


def wait_for(rpc: Node, digest: str, seconds: float = 30.0) -> dict[str, Any]:
    """Receipt of a transaction; Anvil hands receipts out a moment after the block."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        receipt: dict[str, Any] | None = rpc.call("eth_getTransactionReceipt", digest)
        if receipt is not None:
            return receipt
        time.sleep(0.002)
    raise ChainError(f"no receipt for transaction {digest} within {seconds:.0f} s")
