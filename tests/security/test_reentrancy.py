"""The settlement token calls back in the middle of a transfer, to be paid twice or to find the books half written.

The escrow's entries share a lock, balances are final before tokens go out, and credits call nobody. What the token can
reach elsewhere in the protocol meets finished books.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boa
import pytest

from tests.support.books import Books
from tests.support.contract_words import BURN, POOL
from tests.support.protocol import DAY, Market, deployer

THAW = 14 * DAY


@pytest.fixture(scope="module")
def treacherous() -> Iterator[Market]:
    """Give a market in a token that has an account of 1,000, of which 600 can be withdrawn."""
    with boa.env.anchor():
        market = Market(token=deployer("testing/ReentrantToken").deploy())
        thief = market.token.address
        market.token.mint(thief, 1_100)
        market.token.approve(market.escrow.address, 10**9, sender=thief)
        market.escrow.open_account(sender=thief)
        market.escrow.deposit(market.escrow.account_of(thief), 1_000, sender=thief)
        market.escrow.thaw(600, sender=thief)
        market.wait(THAW)
        yield market


def check_solvent(market: Market) -> None:
    """Fail unless the escrow holds exactly what it owes."""
    assert market.token.balanceOf(market.escrow.address) == market.total()


@pytest.mark.parametrize("after", [False, True])
def test_a_withdrawal_is_not_paid_twice(treacherous: Market, after: bool) -> None:
    """The second withdrawal, from within the first, fails; 600 go out and 400 stay."""
    market, thief = treacherous, treacherous.token.address
    again = market.escrow.withdraw.prepare_calldata(market.stranger)
    market.token.arm(market.escrow.address, again, after)
    market.escrow.withdraw(thief, sender=thief)
    assert (market.token.calls(), market.token.failures()) == (1, 1)
    assert market.token.balanceOf(thief) == 600
    assert market.token.balanceOf(market.stranger) == 0
    assert market.escrow.balances(market.escrow.account_of(thief)) == (400, 0, 0, 0)
    check_solvent(market)


@pytest.mark.parametrize("after", [False, True])
def test_a_deposit_is_not_counted_twice(treacherous: Market, after: bool) -> None:
    """A deposit within a deposit would let one difference of balances prove both."""
    market, thief = treacherous, treacherous.token.address
    account = market.escrow.account_of(thief)
    market.token.mint(thief, 20)
    again = market.escrow.deposit.prepare_calldata(account, 10)
    market.token.arm(market.escrow.address, again, after)
    market.escrow.deposit(account, 10, sender=thief)
    assert (market.token.calls(), market.token.failures()) == (1, 1)
    assert market.free(account) == 410
    check_solvent(market)


@pytest.mark.parametrize("after", [False, True])
def test_burned_tokens_are_not_flushed_twice(treacherous: Market, after: bool) -> None:
    """All entry fees are burned once: five accounts and the token's."""
    market = treacherous
    market.token.arm(market.escrow.address, market.escrow.flush_burned.prepare_calldata(), after)
    market.escrow.flush_burned()
    assert (market.token.calls(), market.token.failures()) == (1, 1)
    assert market.token.balanceOf("0x000000000000000000000000000000000000dEaD") == 500
    assert market.free(BURN) == 0
    check_solvent(market)


@pytest.mark.parametrize("after", [False, True])
def test_a_slash_from_a_withdrawal_finds_the_collateral(treacherous: Market, after: bool) -> None:
    """The executor withdraws, the token slashes it at that moment: both happen in full."""
    market, debtor = treacherous, treacherous.coprocessor_address
    market.escrow.thaw(5_000, sender=debtor)
    market.wait(THAW)
    task = market.late()
    books = Books(market)
    slash = market.registry.slash.prepare_calldata([task], market.rival_account, True)
    market.token.arm(market.registry.address, slash, after)
    market.escrow.withdraw(debtor, sender=debtor)
    assert (market.token.calls(), market.token.failures()) == (1, 0)
    assert market.token.balanceOf(debtor) == 5_000
    assert books.changes() == {
        market.coprocessor_account: (9_000, -10_000),
        market.operator_account: (400, 0),
        market.rival_account: (250, 0),
        BURN: (100, 0),
        POOL: (250, 0),
    }
    check_solvent(market)


@pytest.mark.parametrize("after", [False, True])
def test_a_claim_from_a_gift_to_the_pool_is_paid_once(treacherous: Market, after: bool) -> None:
    """While the pool receives, its balance is locked, so no epoch closes; one closed before is paid once."""
    market = treacherous
    market.token.mint(market.avs, 10**6 + 10)
    market.escrow.deposit(POOL, 10**6, sender=market.avs)
    task = market.award()
    market.submit(task)
    market.wait(61)
    market.registry.settle([task], True)
    market.next_epoch()
    market.slasher.claim([market.coprocessor_account], sender=market.stranger)
    market.next_epoch()
    books = Books(market)
    claim: Any = market.slasher.claim.prepare_calldata([market.coprocessor_account] * 2)
    market.token.arm(market.slasher.address, claim, after)
    market.escrow.deposit(POOL, 5, sender=market.avs)
    assert (market.token.calls(), market.token.failures()) == (1, 1)
    assert books.changes() == {POOL: (5, 0)}
    market.slasher.close_epochs()
    market.token.arm(market.slasher.address, claim, after)
    market.escrow.deposit(POOL, 5, sender=market.avs)
    assert (market.token.calls(), market.token.failures()) == (2, 1)
    assert books.changes() == {POOL: (10 - 176, 0), market.coprocessor_account: (176, 0)}
    check_solvent(market)
