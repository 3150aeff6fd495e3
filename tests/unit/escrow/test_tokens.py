"""Tokens that are not quite ERC-20, and tokens nobody deposited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boa
import pytest

from tests.support.chain import events, refused
from tests.support.contract_words import BURN, POOL
from tests.support.protocol import DAY, Market, Protocol, deployer

THAW = 14 * DAY
FEE = "escrow: token took a fee"


@pytest.fixture(scope="module", params=["NoReturnToken", "FalseToken", "FeeToken", "ReentrantToken"])
def odd(request: pytest.FixtureRequest) -> Iterator[Protocol]:
    """Give a protocol that settles in an odd token which behaves well as long as nobody tells it otherwise."""
    with boa.env.anchor():
        yield Protocol(token=deployer(f"testing/{request.param}").deploy())


def alice(protocol: Protocol) -> str:
    """Address of the first account."""
    return str(protocol.escrow.owner_of(2))


def settling_in(name: str) -> Protocol:
    """Make a protocol that settles in a token of ``contracts/testing``."""
    return Protocol(token=deployer(f"testing/{name}").deploy())


def test_every_way_in_and_out_works(odd: Protocol) -> None:
    """Entry fee, deposit, withdrawal and flush, also when the token returns no value."""
    who, number = odd.account("alice", deposit=1_000)
    odd.escrow.thaw(400, sender=who)
    odd.wait(THAW)
    odd.escrow.withdraw(who, sender=who)
    odd.escrow.flush_burned()
    assert odd.token.balanceOf(who) == 400
    assert odd.token.balanceOf(odd.escrow.address) == 600
    assert odd.escrow.balances(number) == (600, 0, 0, 0)


class TestFalse:
    """A token that returns false has not paid, whatever it did."""

    REASON = "escrow: transfer failed"

    @pytest.fixture(scope="class")
    def protocol(self) -> Iterator[Protocol]:
        """Give a protocol in the polite token, with alice's 500 of 1,000 withdrawable."""
        with boa.env.anchor():
            protocol = settling_in("FalseToken")
            alice, _ = protocol.account("alice", deposit=1_000)
            protocol.token.mint(alice, 500)
            protocol.escrow.thaw(500, sender=alice)
            protocol.wait(THAW)
            yield protocol

    @pytest.mark.parametrize("moving", [False, True])
    def test_deposit_is_refused(self, protocol: Protocol, moving: bool) -> None:
        """The return value decides, not the balance alone."""
        protocol.token.refuse(True, moving)
        with refused(self.REASON):
            protocol.escrow.deposit(2, 500, sender=alice(protocol))

    @pytest.mark.parametrize("moving", [False, True])
    def test_withdrawal_is_refused_and_can_be_repeated(self, protocol: Protocol, moving: bool) -> None:
        """The thawed amount is not lost by a failed attempt."""
        protocol.token.refuse(True, moving)
        with refused(self.REASON):
            protocol.escrow.withdraw(alice(protocol), sender=alice(protocol))
        protocol.token.refuse(False, False)
        protocol.escrow.withdraw(alice(protocol), sender=alice(protocol))
        assert protocol.token.balanceOf(alice(protocol)) == 1_000

    def test_flush_is_refused(self, protocol: Protocol) -> None:
        """What was burned stays on record."""
        protocol.token.refuse(True, False)
        with refused(self.REASON):
            protocol.escrow.flush_burned()
        assert protocol.free(BURN) == 100

    def test_account_is_refused(self, protocol: Protocol) -> None:
        """No account without its entry fee."""
        protocol.token.mint(protocol.stranger, 100)
        protocol.token.approve(protocol.escrow.address, 100, sender=protocol.stranger)
        protocol.token.refuse(True, False)
        with refused(self.REASON):
            protocol.escrow.open_account(sender=protocol.stranger)


class TestFee:
    """A token that charges on transfer or rebases is refused in both directions."""

    @pytest.fixture(scope="class")
    def protocol(self) -> Iterator[Protocol]:
        """Give a protocol in the charging token, with 500 of alice's 1,000 withdrawable."""
        with boa.env.anchor():
            protocol = settling_in("FeeToken")
            alice, _ = protocol.account("alice", deposit=1_000)
            protocol.token.mint(alice, 500)
            protocol.escrow.thaw(500, sender=alice)
            protocol.wait(THAW)
            yield protocol

    def test_deposit_that_arrives_short_is_refused(self, protocol: Protocol) -> None:
        """One unit kept back is one too many."""
        protocol.token.charge(1, 0)
        with refused(FEE):
            protocol.escrow.deposit(2, 500, sender=alice(protocol))

    def test_entry_fee_that_arrives_short_is_refused(self, protocol: Protocol) -> None:
        """The burn account must not be credited with what is not there."""
        protocol.token.mint(protocol.stranger, 100)
        protocol.token.approve(protocol.escrow.address, 100, sender=protocol.stranger)
        protocol.token.charge(1, 0)
        with refused(FEE):
            protocol.escrow.open_account(sender=protocol.stranger)

    def test_withdrawal_charged_to_the_escrow_is_refused(self, protocol: Protocol) -> None:
        """Others would pay for it."""
        protocol.token.charge(0, 1)
        with refused(FEE):
            protocol.escrow.withdraw(alice(protocol), sender=alice(protocol))

    def test_flush_charged_to_the_escrow_is_refused(self, protocol: Protocol) -> None:
        """Others would pay for that too."""
        protocol.token.charge(0, 1)
        with refused(FEE):
            protocol.escrow.flush_burned()

    def test_withdrawal_goes_through_where_the_receiver_pays(self, protocol: Protocol) -> None:
        """Exactly the amount left the escrow, so nobody else is harmed."""
        protocol.token.charge(1, 0)
        protocol.escrow.withdraw(protocol.stranger, sender=alice(protocol))
        assert protocol.token.balanceOf(protocol.stranger) == 499
        assert protocol.token.balanceOf(protocol.escrow.address) == 600


class TestReentrant:
    """A token that calls back finds the escrow's entries locked, and the rest of the protocol in order."""

    @pytest.fixture(scope="class")
    def market(self) -> Iterator[Market]:
        """Give a market in the treacherous token, which has an account with free and thawed funds of its own."""
        with boa.env.anchor():
            market = Market(token=deployer("testing/ReentrantToken").deploy())
            token = market.token.address
            market.token.mint(token, 3_000)
            market.token.approve(market.escrow.address, 3_000, sender=token)
            market.escrow.open_account(sender=token)
            market.escrow.deposit(market.escrow.account_of(token), 1_000, sender=token)
            market.escrow.thaw(300, sender=token)
            market.escrow.thaw(300, sender=market.avs)
            market.wait(THAW)
            yield market

    CALLS = (
        ("deposit", (POOL, 1)),
        ("flush_burned", ()),
        ("thaw", (1,)),
        ("cancel_thaw", ()),
        ("withdraw", ("0x" + "22" * 20,)),
        ("account_of", ("0x" + "22" * 20,)),
        ("account_count", ()),
        ("spendable_of", (2,)),
        ("balances", (2,)),
        ("balance_words", (0, 2)),
        ("pool_at_end_of", (1,)),
    )

    @pytest.mark.parametrize(("name", "arguments"), CALLS, ids=[call[0] for call in CALLS])
    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("entry", ["deposit", "withdraw"])
    def test_escrow_is_locked_during_a_transfer(
        self, market: Market, name: str, arguments: tuple[Any, ...], after: bool, entry: str
    ) -> None:
        """The token could make each of these calls at any other time, but not during a transfer."""
        sender = market.token.address
        with boa.env.anchor():
            getattr(market.escrow, name)(*arguments, sender=sender)
        market.token.arm(market.escrow.address, getattr(market.escrow, name).prepare_calldata(*arguments), after)
        if entry == "deposit":
            market.token.mint(market.avs, 5)
            market.escrow.deposit(POOL, 5, sender=market.avs)
        else:
            market.escrow.withdraw(market.avs, sender=market.avs)
        assert (market.token.calls(), market.token.failures()) == (1, 1)

    def test_no_account_is_opened_during_a_transfer(self) -> None:
        """Not even by a token that has the entry fee and no account yet."""
        protocol = settling_in("ReentrantToken")
        who, number = protocol.account("alice", deposit=0)
        protocol.token.mint(who, 10)
        protocol.token.mint(protocol.token.address, 100)
        protocol.token.approve(protocol.escrow.address, 100, sender=protocol.token.address)
        protocol.token.arm(protocol.escrow.address, protocol.escrow.open_account.prepare_calldata(), True)
        protocol.escrow.deposit(number, 10, sender=who)
        assert (protocol.token.calls(), protocol.token.failures()) == (1, 1)
        protocol.escrow.open_account(sender=protocol.token.address)
        assert protocol.escrow.account_count() == 4

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("entry", ["deposit", "withdraw"])
    def test_settling_from_a_transfer_does_no_harm(self, market: Market, after: bool, entry: str) -> None:
        """The task is paid as ever and the transfer counts as ever: no money appears or vanishes."""
        task = market.award()
        market.submit(task)
        market.wait(61)
        market.token.mint(market.avs, 5)
        account = market.avs_account
        money = {number: market.free(number) for number in (account, POOL, market.coprocessor_account)}
        market.token.arm(market.registry.address, market.registry.settle.prepare_calldata([task], True), after)
        if entry == "deposit":
            market.escrow.deposit(account, 5, sender=market.avs)
            money[account] += 5
        else:
            market.escrow.withdraw(market.avs, sender=market.avs)
        assert (market.token.calls(), market.token.failures()) == (1, 0)
        # price 0.98 x 10,000, fee 2 % of it, collateral 10,000 back
        money[POOL] += 196
        money[market.coprocessor_account] += 9_604 + 10_000
        assert {number: market.free(number) for number in money} == money
        assert market.total() == market.token.balanceOf(market.escrow.address)

    def test_settling_while_the_pool_receives_a_gift_counts_both(self, market: Market) -> None:
        """The pool's word is read after the transfer, not before it."""
        task = market.award()
        market.submit(task)
        market.wait(61)
        market.token.mint(market.avs, 5)
        before = market.free(POOL)
        market.token.arm(market.registry.address, market.registry.settle.prepare_calldata([task], True), False)
        market.escrow.deposit(POOL, 5, sender=market.avs)
        assert market.free(POOL) == before + 196 + 5

    def test_settling_between_two_epochs_from_a_transfer_keeps_the_closing(self, market: Market) -> None:
        """The callback is the first change of the pool in an epoch; the gift around it belongs to the same epoch."""
        task = market.award()
        market.submit(task)
        market.next_epoch()
        market.token.mint(market.avs, 5)
        before = market.free(POOL)
        market.token.arm(market.registry.address, market.registry.settle.prepare_calldata([task], True), False)
        market.escrow.deposit(POOL, 5, sender=market.avs)
        assert market.escrow.pool_at_end_of(market.epoch - 1) == before

    def test_burning_from_a_flush_counts_for_the_next_flush(self, market: Market) -> None:
        """A slash in the middle of a flush is not sent along, and not forgotten."""
        task = market.late()
        market.token.arm(market.registry.address, market.registry.slash.prepare_calldata([task], 0, True), False)
        market.escrow.flush_burned()
        assert (market.token.calls(), market.token.failures()) == (1, 0)
        # a tenth of a tenth of the collateral of 10,000
        assert market.free(BURN) == 100
        assert market.total() == market.token.balanceOf(market.escrow.address)

    def test_stake_can_be_read_during_a_transfer(self, market: Market) -> None:
        """It is consistent at every moment, so a slash need not wait."""
        market.token.mint(market.avs, 5)
        market.token.arm(market.escrow.address, market.escrow.stake_of.prepare_calldata(market.avs_account), True)
        market.escrow.deposit(market.avs_account, 5, sender=market.avs)
        assert (market.token.calls(), market.token.failures()) == (1, 0)


class TestDonation:
    """Tokens sent to the escrow without a deposit belong to nobody and change nothing."""

    def test_is_credited_to_nobody(self, protocol: Protocol) -> None:
        """All balances stay, and the escrow holds more than it owes."""
        _, number = protocol.account("alice", deposit=1_000)
        protocol.token.mint(protocol.escrow.address, 50)
        assert protocol.free(number) == 1_000
        assert protocol.total() == 1_100
        assert protocol.token.balanceOf(protocol.escrow.address) == 1_150

    def test_does_not_stand_in_for_a_deposit(self, protocol: Protocol) -> None:
        """A deposit is what arrives with it, so the donation pays for nobody."""
        who, number = protocol.account("alice", deposit=0)
        protocol.token.mint(protocol.escrow.address, 50)
        with boa.reverts():
            protocol.escrow.deposit(number, 50, sender=who)
        protocol.token.mint(who, 50)
        protocol.escrow.deposit(number, 50, sender=who)
        assert events(protocol.escrow, "Deposited") == [(number, 50)]
        assert protocol.free(number) == 50

    def test_does_not_disturb_a_withdrawal(self, protocol: Protocol) -> None:
        """Exactly the thawed amount leaves."""
        who, _ = protocol.account("alice", deposit=1_000)
        protocol.token.mint(protocol.escrow.address, 50)
        protocol.escrow.thaw(1_000, sender=who)
        protocol.wait(THAW)
        protocol.escrow.withdraw(who, sender=who)
        assert protocol.token.balanceOf(who) == 1_000
        assert protocol.token.balanceOf(protocol.escrow.address) == 150
