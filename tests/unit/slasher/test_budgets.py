"""Budgets set aside from the pool at epoch boundaries, and what keepers are paid.

The default terms give uptime a tenth and keepers a twentieth of what the pool has not yet set aside.
"""

from __future__ import annotations

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import POOL, move
from tests.support.protocol import Protocol, slash_terms


def endow(protocol: Protocol, amount: int) -> None:
    """Give to the pool."""
    who = boa.env.generate_address()
    protocol.token.mint(who, amount)
    protocol.token.approve(protocol.escrow.address, amount, sender=who)
    protocol.escrow.deposit(POOL, amount, sender=who)


def budgets(protocol: Protocol, *epochs: int) -> list[int]:
    """Totals of several budgets."""
    return [protocol.slasher.budget_of(epoch)[0] for epoch in epochs]


class TestUptime:
    """Budgets for uptime rewards."""

    # 1,000,000 from epoch 1 on: each budget is a tenth of what the budgets still claimable leave
    # 5: 1,000,000 - 90,000 - 81,000 - 72,900, since the budget of 1 has returned
    SERIES = (100_000, 90_000, 81_000, 72_900, 75_610, 77_049)

    def test_what_older_epochs_hold_is_not_given_twice(self, protocol: Protocol) -> None:
        """Budgets set in every epoch, and what nobody claimed returns after four."""
        endow(protocol, 1_000_000)
        for epoch, budget in enumerate(self.SERIES, start=1):
            protocol.next_epoch()
            protocol.slasher.close_epochs()
            assert events(protocol.slasher, "BudgetSet") == [(epoch, budget)]
            assert protocol.slasher.budget_of(epoch) == (budget, 0)

    @pytest.mark.parametrize("quiet", [2, 3, 4])
    def test_it_does_not_matter_who_calls_when(self, protocol: Protocol, quiet: int) -> None:
        """Several epochs set at once have the budgets they would have had one by one."""
        endow(protocol, 1_000_000)
        for _ in range(quiet):
            protocol.next_epoch()
        protocol.slasher.close_epochs()
        assert events(protocol.slasher, "BudgetSet") == list(enumerate(self.SERIES[:quiet], start=1))
        assert budgets(protocol, *range(1, quiet + 1)) == list(self.SERIES[:quiet])

    def test_the_balance_at_the_boundary_counts(self, protocol: Protocol) -> None:
        """Gifts and payments after it do not."""
        endow(protocol, 1_000_000)
        protocol.next_epoch()
        endow(protocol, 500_000)
        protocol.next_epoch()
        endow(protocol, 10**9)
        protocol.slasher.close_epochs()
        # a tenth of 1,000,000 and of 1,500,000 - 100,000
        assert budgets(protocol, 1, 2) == [100_000, 140_000]

    @pytest.mark.parametrize("epoch", [2, 3, 4, 5])
    def test_from_the_second_epoch_on(self, protocol: Protocol, epoch: int) -> None:
        """Before the ring has filled for the first time too."""
        endow(protocol, 1_000_000)
        protocol.wait((epoch - 1) * 3_600)
        protocol.slasher.close_epochs()
        assert protocol.slasher.budget_of(epoch - 1)[0] > 0

    def test_nothing_to_close(self, protocol: Protocol) -> None:
        """In the first epoch, and twice in one epoch."""
        protocol.slasher.close_epochs()
        assert events(protocol.slasher, "BudgetSet") == []
        protocol.next_epoch()
        protocol.slasher.close_epochs()
        protocol.slasher.close_epochs()
        assert events(protocol.slasher, "BudgetSet") == []

    def test_after_a_long_gap_only_the_ring_is_set(self, protocol: Protocol) -> None:
        """Epochs that can no longer be claimed get no budget."""
        endow(protocol, 1_000_000)
        protocol.wait(9 * 3_600)
        protocol.slasher.close_epochs()
        assert [epoch for epoch, _ in events(protocol.slasher, "BudgetSet")] == [6, 7, 8, 9]
        assert budgets(protocol, 6, 7, 8, 9) == [100_000, 90_000, 81_000, 72_900]

    def test_budgets_that_left_the_ring_are_unknown(self, protocol: Protocol) -> None:
        """And so are those of epochs to come."""
        endow(protocol, 1_000_000)
        for _ in range(5):
            protocol.next_epoch()
            protocol.slasher.close_epochs()
        assert protocol.slasher.budget_of(1) == (0, 0)
        assert protocol.slasher.budget_of(6) == (0, 0)

    def test_share_of_the_epochs_terms_counts(self, protocol: Protocol) -> None:
        """An eighth from epoch 2 on, scheduled in 1."""
        endow(protocol, 1_000_000)
        protocol.slasher.set_terms(slash_terms(budget=125_000), sender=protocol.owner)
        protocol.wait(2 * 3_600)
        protocol.slasher.close_epochs()
        assert budgets(protocol, 1, 2) == [100_000, 112_500]

    def test_a_pool_that_holds_less_than_is_set_aside(self, protocol: Protocol) -> None:
        """Then nothing is left to set aside."""
        endow(protocol, 1_000_000)
        protocol.next_epoch()
        protocol.slasher.close_epochs()
        protocol.escrow.move([move(POOL, -950_000), move(0, 950_000)], sender=protocol.slasher.address)
        protocol.next_epoch()
        protocol.slasher.close_epochs()
        assert budgets(protocol, 1, 2) == [100_000, 0]


class TestKeepers:
    """Pay for keepers, as far as the epoch's budget reaches."""

    def pay(self, protocol: Protocol, account: int, values: int, pay: int) -> int:
        """Pay a keeper as the reputation contract."""
        return int(protocol.slasher.pay_keeper(account, values, pay, sender=protocol.reputation.address))

    @pytest.fixture
    def keeper(self, protocol: Protocol) -> int:
        """Give a keeper; a pool of 1,000,000 at the end of epoch 1 leaves it 50,000 in epoch 2."""
        _, number = protocol.account("keeper", deposit=0)
        endow(protocol, 1_000_000)
        protocol.next_epoch()
        return number

    def test_is_paid_from_the_pool(self, protocol: Protocol, keeper: int) -> None:
        """40 values at 7 each."""
        books = Books(protocol)
        assert self.pay(protocol, keeper, 40, 7) == 40
        assert events(protocol.slasher, "KeeperPaid") == [(keeper, 280)]
        assert books.changes() == {keeper: (280, 0), POOL: (-280, 0)}
        assert protocol.slasher.keeper_budget() == 49_720

    @pytest.mark.parametrize(("values", "pay", "paid"), [(50_000, 1, 50_000), (50_001, 1, 50_000), (100, 3_000, 16)])
    def test_as_far_as_the_budget_reaches(
        self, protocol: Protocol, keeper: int, values: int, pay: int, paid: int
    ) -> None:
        """Whole values only: 16 times 3,000 are 48,000, and 2,000 stay."""
        books = Books(protocol)
        assert self.pay(protocol, keeper, values, pay) == paid
        assert books.changes() == {keeper: (paid * pay, 0), POOL: (-paid * pay, 0)}
        assert protocol.slasher.keeper_budget() == 50_000 - paid * pay

    def test_nothing_is_no_payment(self, protocol: Protocol, keeper: int) -> None:
        """Where the budget does not reach for one value."""
        assert self.pay(protocol, keeper, 1, 50_001) == 0
        assert events(protocol.slasher, "KeeperPaid") == []

    def test_the_budget_is_the_epochs(self, protocol: Protocol, keeper: int) -> None:
        """Used up by several, and new in the next epoch: a twentieth of 950,000 - 100,000."""
        assert [self.pay(protocol, keeper, 30_000, 1) for _ in range(3)] == [30_000, 20_000, 0]
        protocol.next_epoch()
        assert self.pay(protocol, keeper, 100_000, 1) == 42_500

    def test_what_was_not_paid_does_not_add_up(self, protocol: Protocol, keeper: int) -> None:
        """It stays in the pool: a twentieth of 1,000,000 - 100,000."""
        protocol.next_epoch()
        assert self.pay(protocol, keeper, 100_000, 1) == 45_000

    def test_nothing_in_the_first_epoch(self, protocol: Protocol) -> None:
        """No epoch has ended yet."""
        endow(protocol, 1_000_000)
        assert self.pay(protocol, 2, 1, 1) == 0

    @pytest.mark.parametrize("who", ["owner", "stranger", "registry", "escrow", "participants"])
    def test_is_the_reputation_contracts(self, protocol: Protocol, who: str) -> None:
        """Nobody pays itself."""
        caller = getattr(protocol, who)
        with refused("slasher: not the reputation"):
            protocol.slasher.pay_keeper(2, 1, 1, sender=getattr(caller, "address", caller))
