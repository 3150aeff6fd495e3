"""What can be known of a settlement token before contracts are deployed that hold it for ever."""

from __future__ import annotations

from typing import Any

from ballast.chain.contract import Call
from ballast.chain.rpc import Node
from ballast.client.contracts import MockToken
from ballast.deployment.checking import code_at
from ballast.errors import RevertError, UserError

MAX_SUPPLY = 2**96
"""Supply from which on deposits could be blocked for good (docs/security.md)."""
WORD = 32
LARGEST_DECIMALS = 2**8


def check_token(rpc: Node, token: str, holder: str) -> list[str]:
    """Check a token as docs/security.md asks a deployer to, as far as a node can tell.

    Parameters
    ----------
    rpc : Node
        The node.
    token, holder : str
        Addresses of the token, and of an account that sends nothing to itself to see what the token returns.

    Returns
    -------
    list of str
        What a deployer should know, a line each.

    Raises
    ------
    UserError
        If it is no token, or one that must not be used.
    """
    if not code_at(rpc, token):
        raise UserError(f"--token {token}: there is no contract at this address")
    coin = MockToken(token)
    supply, balance = _number(rpc, coin.totalSupply()), _number(rpc, coin.balanceOf(holder))
    if supply is None or balance is None:
        raise UserError(f"--token {token}: it tells no supply or no balances: give an ERC-20 token")
    if supply >= MAX_SUPPLY:
        raise UserError(
            f"--token {token}: its supply is {supply}, must be below 2**96, else deposits can be blocked for good"
        )
    notes = []
    for call in (coin.transfer(holder, 0), coin.transferFrom(holder, holder, 0)):
        returned = _returned(rpc, call, **{"from": holder})
        if returned == bytes(WORD):
            raise UserError(f"--token {token}: {call.function} returns false, so that no deposit could succeed")
        if returned is None:
            notes.append(f"{call.function} of nothing reverts: see whether the token is paused")
    decimals = _number(rpc, coin.decimals())
    told = "tells no decimals" if decimals is None or decimals >= LARGEST_DECIMALS else f"{decimals} decimals"
    return [
        f"{told}, supply {supply} units; all amounts are in these units",
        *notes,
        "see to it that it takes no fee, never lowers balances and is never minted to 2**96: no node can tell that",
    ]


def _returned(rpc: Node, call: Call[Any], **sender: str) -> bytes | None:
    """Return what a call of the token would; None if it reverts."""
    request, block = call.params()
    try:
        answer = rpc.call("eth_call", request | sender, block)
    except RevertError:
        return None
    return bytes.fromhex(answer[2:])


def _number(rpc: Node, call: Call[int]) -> int | None:
    """Return the number that a view of the token tells; None if it tells none."""
    returned = _returned(rpc, call)
    return int.from_bytes(returned) if returned is not None and len(returned) == WORD else None
