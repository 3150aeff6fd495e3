"""What the deployer is told of a token, and which tokens are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from vyper.compiler import compile_code

from ballast.chain.anvil import Anvil
from ballast.chain.contract import wait_for
from ballast.deployment.token import check_token
from ballast.errors import UserError

PLAIN = """
# pragma version 0.4.3
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
DECIMALS
@deploy
def __init__(): self.totalSupply = SUPPLY
@external
def transfer(to: address, amount: uint256) RETURNS: TRANSFER
@external
def transferFrom(sender: address, to: address, amount: uint256) RETURNS: TAKE
"""
USUAL = {
    "DECIMALS": "decimals: public(constant(uint8)) = 18",
    "SUPPLY": "2**96 - 1",
    "RETURNS": "-> bool",
    "TRANSFER": "return True",
    "TAKE": "return True",
}
LAST = "see to it that it takes no fee, never lowers balances and is never minted to 2**96: no node can tell that"

Deploy = Callable[..., str]


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    """Give one Anvil to all."""
    with Anvil() as node:
        yield node


@pytest.fixture
def token(anvil: Anvil) -> Deploy:
    """Deploy a token that differs from a usual one."""

    def deploy(**changes: str) -> str:
        source = PLAIN
        for name, text in {**USUAL, **changes}.items():
            source = source.replace(name, text)
        data = compile_code(source, output_formats=["bytecode"])["bytecode"]
        sender = anvil.rpc.call("eth_accounts")[0]
        digest = anvil.rpc.call("eth_sendTransaction", {"from": sender, "data": data})
        return str(wait_for(anvil.rpc, digest)["contractAddress"])

    return deploy


def check(anvil: Anvil, address: str) -> list[str]:
    """Check a token for the first account."""
    return check_token(anvil.rpc, address, anvil.rpc.call("eth_accounts")[0])


def test_a_usual_token_is_told_of(anvil: Anvil, token: Deploy) -> None:
    assert check(anvil, token()) == [f"18 decimals, supply {2**96 - 1} units; all amounts are in these units", LAST]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"SUPPLY": "2**96"}, f"its supply is {2**96}, must be below 2**96"),
        ({"TRANSFER": "return False"}, "transfer returns false"),
        ({"TAKE": "return False"}, "transferFrom returns false"),
    ],
)
def test_a_token_that_must_not_be_used_is_refused(
    anvil: Anvil, token: Deploy, changes: dict[str, str], why: str
) -> None:
    address = token(**changes)
    with pytest.raises(UserError) as caught:
        check(anvil, address)
    assert str(caught.value).startswith(f"--token {address}: {why}")


def test_what_is_no_token_is_refused(anvil: Anvil) -> None:
    nowhere = "0x00000000000000000000000000000000000000AA"
    with pytest.raises(UserError, match="there is no contract at this address"):
        check(anvil, nowhere)
    anvil.rpc.call("anvil_setCode", nowhere, "0x00")
    with pytest.raises(UserError, match="it tells no supply or no balances: give an ERC-20 token"):
        check(anvil, nowhere)


def test_oddities_that_do_no_harm_are_told(anvil: Anvil, token: Deploy) -> None:
    silent = {"RETURNS": "", "TRANSFER": "pass", "TAKE": "pass"}
    assert check(anvil, token(**silent, DECIMALS=""))[0].startswith("tells no decimals, supply ")
    paused = token(TRANSFER='raise "paused"')
    assert check(anvil, paused)[1] == "transfer of nothing reverts: see whether the token is paused"
