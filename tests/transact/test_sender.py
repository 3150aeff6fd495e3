"""A sender that is no keeper: it moves the tokens of a contract the protocol has no part in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import HexStr

from ballast.chain.anvil import Anvil
from ballast.chain.artifacts import artifacts
from ballast.chain.contract import Call, wait_for
from ballast.client.contracts import MockToken
from ballast.errors import UserError
from ballast.transact.action import Action
from ballast.transact.flight import UNKNOWN, Flight, Lookout, Meaning
from ballast.transact.journal import Journal
from ballast.transact.log import Condition, nothing
from ballast.transact.nodes import Nodes
from ballast.transact.sender import Sender
from ballast.transact.settings import BOUNDS, SenderSettings, check_number
from ballast.transact.watch import Watch

KEY: LocalAccount = Account.from_key(HexStr("0x" + "17" * 32))
FRIEND = "0x" + "11" * 20
SETTINGS = SenderSettings(confirmations=0, stuck_blocks=2)


def nobody_else(call: Call[Any]) -> tuple[int, tuple[str, ...]]:
    """Nothing waits that is not in the journal."""
    raise AssertionError(call)


@dataclass
class Mover:
    """A sender of tokens, and what it said."""

    anvil: Anvil
    token: MockToken
    nodes: Nodes
    journal: Journal
    said: list[str] = field(default_factory=list)
    settings: SenderSettings = SETTINGS

    def __post_init__(self) -> None:
        self.journal.bind("tokens")
        self.watch = Watch(self.nodes, self.journal, 0, self.say, nothing, 0)
        office = (KEY.address, self.nodes, self.journal, self.settings, self.say)
        self.lookout = Lookout(*office, [self.token])
        self.sender = Sender(*office, KEY, int(self.nodes.call("eth_chainId"), 16), nothing)

    def say(self, condition: Condition, **_: Any) -> None:
        """Take down a condition."""
        self.said.append(condition.name)

    def look(self, meaning: Meaning = nobody_else) -> Flight:
        """See what is under way."""
        return self.lookout.look(self.watch.tip(), meaning)

    def do(self, action: Action) -> bool:
        """Look, and do something; whether it was sent."""
        flight = self.look()
        return self.sender.act(action, flight, self.watch.tip()) is not None

    @property
    def moved(self) -> int:
        """Tokens the friend has."""
        return self.token.balanceOf(FRIEND).read(self.anvil.rpc)

    def mine(self) -> None:
        """Mine a block."""
        self.anvil.rpc.call("evm_mine")

    def send_unseen(self, to: str, data: str) -> None:
        """Send with the key beside the sender, as a process did whose journal is lost."""
        self.anvil.rpc.call("anvil_impersonateAccount", KEY.address)
        request = {"from": KEY.address, "to": to, "data": data, "gas": hex(100_000)}
        self.anvil.rpc.call("eth_sendTransaction", request)


@pytest.fixture
def mover() -> Iterator[Mover]:
    """Sender on a chain that mines on request, with 100 tokens."""
    with Anvil() as anvil:
        rpc = anvil.rpc
        owner = rpc.call("eth_accounts")[0]
        artifact = artifacts()["MockToken"]
        digest = rpc.call("eth_sendTransaction", {"from": owner, "data": f"0x{artifact.bytecode.hex()}"})
        token = MockToken(wait_for(rpc, digest)["contractAddress"])
        token.mint(KEY.address, 100).send(rpc, owner)
        rpc.call("anvil_setBalance", KEY.address, hex(10**20))
        rpc.call("evm_setAutomine", False)
        with closing(Nodes([anvil.url])) as nodes, Journal.open("sqlite://") as journal:
            yield Mover(anvil, token, nodes, journal)


def transfer(mover: Mover, item: str, amount: int, gain: int = 0, must_pay: bool = False) -> Action:
    """Move tokens."""
    return Action(mover.token.transfer(FRIEND, amount), 0, (item,), gain, must_pay)


def test_an_action_is_sent_once_and_followed_to_its_end(mover: Mover) -> None:
    assert mover.do(transfer(mover, "rent", 30))
    assert not mover.do(transfer(mover, "rent", 30)), "it is under way"
    assert mover.do(transfer(mover, "gift", 5))
    mover.mine()
    assert mover.look().open == []
    assert mover.moved == 35
    assert mover.said.count("CONFIRMED") == 2
    assert mover.journal.counts() == {"confirmed": 2}


def test_what_reverts_or_does_not_pay_is_not_sent(mover: Mover) -> None:
    assert not mover.do(transfer(mover, "rent", 101))
    assert mover.said == ["SIMULATION_REVERTS"]
    assert not mover.do(transfer(mover, "rent", 1, gain=10**18, must_pay=True)), "a token is worth nothing here"
    assert mover.said[1:] == ["NOT_WORTH_IT"]
    mover.settings = mover.sender.settings = replace(SETTINGS, token_wei=1)
    assert mover.do(transfer(mover, "rent", 1, gain=10**18, must_pay=True))


def test_its_owner_tells_what_a_transaction_found_waiting_is_for(mover: Mover) -> None:
    token = mover.token
    mover.send_unseen(token.address, token.transfer(FRIEND, 7).data)
    mover.send_unseen(token.address, token.approve(FRIEND, 7).data)
    told: list[Call[Any]] = []

    def meaning(call: Call[Any]) -> tuple[int, tuple[str, ...]] | None:
        told.append(call)
        return (4, (f"to {FRIEND}",)) if call.function == "transfer" else None

    found = mover.look(meaning).open
    assert told == [token.transfer(FRIEND, 7), token.approve(FRIEND, 7)]
    assert [(t.kind, t.epoch, t.items) for t in found] == [("transfer", 4, (f"to {FRIEND}",)), (UNKNOWN, 0, ())]
    assert not mover.do(transfer(mover, f"to {FRIEND}", 7)), "the work is under way"


def test_what_waits_and_is_no_call_of_its_contracts_is_unknown(mover: Mover) -> None:
    """Its owner may have sent anything, to anybody; nobody is asked what that is for."""
    data = mover.token.transfer(FRIEND, 7).data
    for to, sent in ((mover.token.address, data[:-2]), (mover.token.address, "0x12345678"), (FRIEND, data)):
        mover.send_unseen(to, sent)
    assert [(t.kind, t.items) for t in mover.look().open] == [(UNKNOWN, ())] * 3


def test_what_is_not_wanted_any_more_gives_its_nonce_to_an_empty_transaction(mover: Mover) -> None:
    assert mover.do(transfer(mover, "rent", 30))
    mover.anvil.rpc.call("anvil_dropAllTransactions")
    flight = mover.look()
    mover.sender.settle_flight(flight, {}, [], flight.open[:], mover.watch.tip())
    mover.mine()
    assert mover.look().open == []
    assert mover.moved == 0
    assert "CANCELLED" in mover.said
    assert mover.journal.counts() == {"confirmed": 1, "superseded": 1}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_whole_number_is_within_its_bounds(name: str) -> None:
    low, high = BOUNDS[name]
    for value in (low, high):
        check_number(name, value, BOUNDS)
    for value in (low - 1, high + 1):
        with pytest.raises(UserError, match=rf"^--x is {value}: must be between {low} and {high}$"):
            check_number(name, value, BOUNDS, "--x")


def test_a_time_is_above_zero() -> None:
    check_number("poll_seconds", 0.1, BOUNDS)
    for value in (0, 10**6 + 1):
        with pytest.raises(UserError, match=f"^poll_seconds is {value}: must be above zero, at most 1000000$"):
            check_number("poll_seconds", value, BOUNDS)
