"""Contracts by the calls they take: encoding them, reading answers, and sending them from an unlocked node."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from typing import Any, Generic, TypeVar, cast, get_args

from eth_abi.abi import decode
from eth_utils.abi import function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address

from ballast.chain.abi import decoded, encoded, hints, shaped
from ballast.chain.anvil import TRANSACTION_GAS_LIMIT
from ballast.chain.artifacts import artifacts
from ballast.chain.rpc import Node
from ballast.errors import ChainError, NoContractError, RpcError

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Any])
SELECTOR = 10
"""Length of a selector as hex."""


def revert_reason(data: str) -> str:
    """Read the string of a revert, or else its raw data."""
    raw = bytes.fromhex(data[2:])
    if raw[:4] == bytes.fromhex("08c379a0"):
        return str(decode(["string"], raw[4:])[0])
    return data if raw else "no reason given"


@dataclass(frozen=True)
class AbiFunction:
    """A function of a contract.

    Attributes
    ----------
    selector : str
        First four bytes of the calldata, as hex.
    inputs, outputs : list of dict
        As the ABI has them.
    takes : list
        Types of its arguments in Python.
    gives : type
        Type of what it returns in Python.
    """

    selector: str
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    takes: list[Any]
    gives: Any


@dataclass(frozen=True)
class Contract:
    """A contract on a chain.

    A subclass has the name of what was deployed and a method for each of its functions, marked by `function`.

    Attributes
    ----------
    address : str
        Checksummed.
    """

    address: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", str(to_checksum_address(self.address)))

    @classmethod
    @cache
    def functions(cls) -> dict[str, AbiFunction]:
        """Functions by name."""
        found = {}
        for entry in artifacts()[cls.__name__].abi:
            if entry["type"] == "function":
                *takes, call = hints(getattr(cls, entry["name"])).values()
                selector = f"0x{function_abi_to_4byte_selector(entry).hex()}"
                found[entry["name"]] = AbiFunction(
                    selector, entry["inputs"], entry["outputs"], takes, get_args(call)[0]
                )
        return found

    def called(self, data: str) -> Call[Any]:
        """Decode calldata, given as hex in small letters.

        Raises
        ------
        Exception
            One of ``ballast.chain.rpc.UNREADABLE``, if they make no call of this contract.
        """
        for name, function in self.functions().items():
            if data.startswith(function.selector):
                values = decoded(function.inputs, bytes.fromhex(data[SELECTOR:]))
                return Call(self, name, tuple(map(shaped, function.takes, values)))
        raise LookupError(f"{type(self).__name__} has no such function")


@dataclass(frozen=True)
class Call(Generic[T]):
    """A call of a contract's function: a value that can be read, sent, or given to whatever does so.

    Attributes
    ----------
    contract : Contract
    function : str
    arguments : tuple
        Of the function; lists as tuples.
    """

    contract: Contract
    function: str
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{type(self.contract).__name__}.{self.function}"

    @cached_property
    def data(self) -> str:
        """Calldata, as hex."""
        function = self.contract.functions()[self.function]
        return function.selector + encoded(function.inputs, self.arguments).hex()

    def params(self, block: Any = "latest") -> tuple[dict[str, str], Any]:
        """Write the parameters of ``eth_call`` at a block."""
        return {"to": self.contract.address, "data": self.data}, block

    def decode(self, answer: str) -> T:
        """Decode what the call returned, given as hex.

        Raises
        ------
        NoContractError
            If it returned nothing where it should have: there is no contract.
        Exception
            One of ``ballast.chain.rpc.UNREADABLE``, if the answer makes no sense.
        """
        function = self.contract.functions()[self.function]
        if function.outputs and answer == "0x":
            raise NoContractError(f"{self}: no contract stands at {self.contract.address} at the block asked for")
        values = decoded(function.outputs, bytes.fromhex(answer[2:]))
        value = values[0] if len(values) == 1 else values or None
        return cast(T, shaped(function.gives, value))

    def read(self, node: Node, block: Any = "latest") -> T:
        """Read what the call returns at a block; raises as `decode`."""
        return self.decode(node.call("eth_call", *self.params(block)))

    def request(self, sender: str, gas: int = TRANSACTION_GAS_LIMIT) -> dict[str, str]:
        """Write the transaction of the call, for ``eth_sendTransaction``."""
        return {"from": sender, "to": self.contract.address, "data": self.data, "gas": hex(gas)}

    def send(self, node: Node, sender: str) -> dict[str, Any]:
        """Send the call from an account the node holds the key of, and wait for its receipt.

        Raises
        ------
        ChainError
            If the transaction reverts, with the reason.
        """
        request = self.request(sender)
        receipt = wait_for(node, node.call("eth_sendTransaction", request))
        if int(receipt["status"], 16) != 1:
            raise ChainError(f"{self} reverted: {_why(node, request)}")
        return receipt


def function(method: Method) -> Method:
    """Make a method of a `Contract`, of which its name and annotations are all there is, return its `Call`."""
    signature = inspect.signature(method)

    @wraps(method)
    def made(*arguments: Any, **named: Any) -> Call[Any]:
        contract, *values = signature.bind(*arguments, **named).args
        return Call(contract, method.__name__, tuple(map(_fixed, values)))

    return cast(Method, made)


def _fixed(value: Any) -> Any:
    """Argument that cannot change any more; a call among others is its calldata."""
    if isinstance(value, Call):
        return bytes.fromhex(value.data[2:])
    return tuple(map(_fixed, value)) if isinstance(value, list | tuple) else value


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
