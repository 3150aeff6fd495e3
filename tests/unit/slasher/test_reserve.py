"""How claims, keepers' pay and budgets of several epochs share one pool.

The default terms give uptime a tenth and keepers a twentieth of what the pool has not yet set aside. Who works alone
has all of a budget, up to its rebate: nine tenths of its fee of 1,960,000 are 1,764,000.
"""

from __future__ import annotations

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import POOL
from tests.support.protocol import STAKE, Market, Protocol, slash_terms

FEE = 1_960_000  # of a task with a reward of 10**8


def give(protocol: Protocol, amount: int) -> None:
    """Give to the pool."""
    who = boa.env.generate_address()
    protocol.token.mint(who, amount)
    protocol.token.approve(protocol.escrow.address, amount, sender=who)
    protocol.escrow.deposit(POOL, amount, sender=who)


def fill(protocol: Protocol, balance: int) -> None:
    """Bring the pool's free balance to a value by a gift."""
    give(protocol, balance - protocol.free(POOL))


def finish(market: Market, slot: int, who: str | None = None, reward: int = 10**8) -> int:
    """Submit a task in this epoch, to be settled in a later one."""
    task = market.open(reward=reward, slot=slot)
    market.bid(task, who)
    market.wait(17)
    market.submit(task, who=who)
    return task


def work(market: Market, account: int, load: int) -> None:
    """Put load on a coprocessor."""
    market.participants.change_load(account, load, 0, sender=market.registry.address)


def paid(market: Market, *accounts: int) -> list[int]:
    """Claim for accounts as a stranger; what each got."""
    books = Books(market)
    market.slasher.claim(list(accounts), sender=market.stranger)
    changes = books.changes()
    amounts = [changes.get(account, (0, 0))[0] for account in accounts]
    assert changes.get(POOL, (0, 0)) == (-sum(amounts), 0)
    return amounts


def pay(protocol: Protocol, account: int, values: int, each: int) -> int:
    """Pay a keeper as the reputation contract."""
    return int(protocol.slasher.pay_keeper(account, values, each, sender=protocol.reputation.address))


def two_epochs(market: Market) -> None:
    """Finish one good task in epoch 3 and one in 4, at half load in both, with 30,000,000 in the pool after 3.

    Ends in the first second of epoch 4, with the second task settled.
    """
    tasks = [finish(market, slot) for slot in range(2)]
    market.next_epoch()
    work(market, market.coprocessor_account, 500)
    market.registry.settle(tasks[:1], True)
    fill(market, 30_000_000)
    market.next_epoch()
    market.registry.settle(tasks[1:], True)


class TestClaims:
    """Claims of several accounts and epochs."""

    def test_shares_sum_to_at_most_the_budget(self, market: Market) -> None:
        """Capacities 1,000 and 500 at the same load: two thirds and one, and 3,000,001 leave a unit."""
        market.participants.resize(500, sender=market.rival)
        tasks = [finish(market, 0, reward=2 * 10**8), finish(market, 1, market.rival)]
        market.next_epoch()
        work(market, market.coprocessor_account, 500)
        work(market, market.rival_account, 250)
        market.registry.settle(tasks, True)
        fill(market, 30_000_010)
        market.next_epoch()
        assert paid(market, market.rival_account, market.coprocessor_account) == [0, 0]
        market.next_epoch()
        assert paid(market, market.rival_account, market.coprocessor_account) == [1_000_000, 2_000_000]
        assert market.slasher.budget_of(3) == (3_000_001, 3_000_000)

    def test_accounts_may_come_one_by_one(self, market: Market) -> None:
        """What was claimed adds up, and nobody's share depends on who came before."""
        tasks = [finish(market, 0), finish(market, 1, market.rival)]
        market.next_epoch()
        for account in (market.coprocessor_account, market.rival_account):
            work(market, account, 500)
        market.registry.settle(tasks, True)
        fill(market, 30_000_000)
        market.next_epoch()
        assert paid(market, market.rival_account) == paid(market, market.coprocessor_account) == [0]
        market.next_epoch()
        assert paid(market, market.rival_account) == [1_500_000]
        market.next_epoch()
        assert paid(market, market.coprocessor_account, market.rival_account) == [1_500_000, 0]
        assert market.slasher.budget_of(3) == (3_000_000, 3_000_000)

    def test_epochs_follow_each_other(self, market: Market) -> None:
        """Each call pays one and enters the next. The budget of 4 is a tenth of 31,960,000 - 3,000,000."""
        two_epochs(market)
        assert paid(market, market.coprocessor_account) == [0]
        market.next_epoch()
        assert paid(market, market.coprocessor_account) == [1_764_000]
        market.next_epoch()
        assert paid(market, market.coprocessor_account) == [1_764_000]
        assert [market.slasher.budget_of(epoch) for epoch in (3, 4)] == [
            (3_000_000, 1_764_000),
            (2_896_000, 1_764_000),
        ]

    def test_a_share_waits_while_others_are_entered(self, market: Market) -> None:
        """Entered for 3 and paid in 7, when it is not entered for 4; the pool has lost nothing to it meanwhile."""
        two_epochs(market)
        assert paid(market, market.coprocessor_account) == [0]
        market.wait(3 * 3_600)
        assert paid(market, market.coprocessor_account) == [1_764_000]
        assert market.slasher.weight_of(4) == 0

    @pytest.mark.parametrize("one_by_one", [False, True])
    def test_what_is_left_of_a_budget_returns_after_four_epochs(self, market: Market, one_by_one: bool) -> None:
        """Epochs 3 and 4 pay 1,764,000 each, the pool keeps 31,960,000 - 3,528,000 = 28,432,000.

        Epoch 5: less 1,236,000 left of 3 and 2,896,000 of 4, a tenth of 26,064,000.
        Epoch 6: less 1,236,000, 1,132,000 and 2,606,400, a tenth of 23,457,600.
        Epoch 7: 3 has returned; less 1,132,000, 2,606,400 and 2,345,760, a tenth of 22,347,840.
        """
        two_epochs(market)
        for _ in range(2):
            paid(market, market.coprocessor_account)
            market.next_epoch()
        paid(market, market.coprocessor_account)
        for _ in range(2):
            market.next_epoch()
            if one_by_one:
                market.slasher.close_epochs()
        market.slasher.close_epochs()
        assert market.free(POOL) == 28_432_000
        budgets = [market.slasher.budget_of(epoch) for epoch in range(3, 8)]
        assert budgets == [(0, 0), (2_896_000, 1_764_000), (2_606_400, 0), (2_345_760, 0), (2_234_784, 0)]

    def test_all_budgets_may_be_claimed_in_full(self, market: Market) -> None:
        """Even with the keeper budget paid out, the pool holds what was set aside."""
        two_epochs(market)
        paid(market, market.coprocessor_account)
        market.next_epoch()
        # a twentieth of 28,960,000
        assert pay(market, market.avs_account, 10**9, 1) == 1_448_000
        held = sum(total - claimed for total, claimed in (market.slasher.budget_of(epoch) for epoch in range(1, 5)))
        assert held == 5_896_000 <= market.free(POOL)
        assert paid(market, market.coprocessor_account) == [1_764_000]
        market.next_epoch()
        assert paid(market, market.coprocessor_account) == [1_764_000]

    def test_more_than_the_budget_is_refused(self, market: Market) -> None:
        """Shares cannot sum to more, so this needs a budget whose record was made to say it is nearly used up."""
        two_epochs(market)
        paid(market, market.coprocessor_account)
        market.next_epoch()
        market.slasher.close_epochs()
        # epoch, total, claimed of the budget at place 3
        layout = market.slasher.compiler_data.storage_layout["storage_layout"]
        claimed = layout["_budgets"]["slot"] + 3 * 3 + 2
        boa.env.set_storage(market.slasher.address, claimed, 1_236_001)
        assert market.slasher.budget_of(3) == (3_000_000, 1_236_001)
        with refused("slasher: budget exceeded"):
            market.slasher.claim([market.coprocessor_account])
        boa.env.set_storage(market.slasher.address, claimed, 1_236_000)
        assert paid(market, market.coprocessor_account) == [1_764_000]
        assert market.slasher.budget_of(3) == (3_000_000, 3_000_000)

    @pytest.mark.parametrize(("rebate", "amount"), [(10_000_000, 196_000), (1_000_000, 19_600), (1, 0), (0, 0)])
    def test_rebate(self, market: Market, rebate: int, amount: int) -> None:
        """Of a fee of 19,600: tenfold, once, less than a unit, nothing."""
        market.slasher.set_terms(slash_terms(rebate=rebate), sender=market.owner)
        task = finish(market, 0, reward=10**6)
        market.next_epoch()
        work(market, market.coprocessor_account, 500)
        market.registry.settle([task], True)
        fill(market, 30_000_000)
        market.next_epoch()
        assert paid(market, market.coprocessor_account) == [0]
        assert (market.slasher.share_of(market.coprocessor_account)[0] == 3) == (amount > 0)
        market.next_epoch()
        assert paid(market, market.coprocessor_account) == [amount]

    def test_no_budget_no_reward(self, market: Market) -> None:
        """The share is given up for nothing."""
        market.slasher.set_terms(slash_terms(budget=0), sender=market.owner)
        two_epochs(market)
        assert paid(market, market.coprocessor_account) == [0]
        assert events(market.slasher, "UptimeSkipped") == []
        market.wait(2 * 3_600)
        assert paid(market, market.coprocessor_account) == [0]
        assert events(market.slasher, "UptimeSkipped") == [(market.coprocessor_account, 5)]
        assert market.slasher.share_of(market.coprocessor_account) == (0, 0, 0)

    def test_who_left_has_nothing_for_the_epochs_after(self, market: Market) -> None:
        """It still finished a task in epoch 4, but had no capacity."""
        tasks = [finish(market, slot) for slot in range(2)]
        market.next_epoch()
        market.registry.settle(tasks[:1], True)
        fill(market, 30_000_000)
        market.participants.leave(sender=market.coprocessor_address)
        market.next_epoch()
        market.registry.settle(tasks[1:], True)
        assert paid(market, market.coprocessor_account) == [0]
        market.next_epoch()
        assert market.registry.fees_in(market.coprocessor_account, 4) == (FEE, FEE)
        assert paid(market, market.coprocessor_account) == [1_764_000]
        assert market.slasher.share_of(market.coprocessor_account) == (0, 0, 0)

    def test_who_registered_later_has_nothing(self, market: Market) -> None:
        """Neither for the epoch in which it did, nor for the one before."""
        two_epochs(market)
        newcomer = market.coprocessor("newcomer")[1]
        for epoch in (3, 4):
            market.slasher.claim([newcomer])
            assert events(market.slasher, "UptimeSkipped") == [(newcomer, epoch)]
            market.next_epoch()

    def test_for_nobody(self, protocol: Protocol) -> None:
        """An empty list closes the epochs and moves nothing."""
        give(protocol, 1_000_000)
        protocol.next_epoch()
        books = Books(protocol)
        protocol.slasher.claim([])
        assert events(protocol.slasher, "BudgetSet") == [(1, 100_000)]
        assert books.changes() == {}


class TestClosing:
    """Who closes epochs, and what of earlier budgets counts."""

    # a tenth of 1,000,000 less what is set aside
    FIRST = ((1, 100_000), (2, 90_000), (3, 81_000))

    @pytest.mark.parametrize("how", ["close_epochs", "claim", "pay_keeper"])
    def test_by_each_entry(self, protocol: Protocol, how: str) -> None:
        """The same budgets, set before anything is paid."""
        keeper = protocol.account("keeper", deposit=0)[1]
        give(protocol, 1_000_000)
        protocol.wait(3 * 3_600)
        if how == "close_epochs":
            protocol.slasher.close_epochs(sender=protocol.stranger)
        elif how == "claim":
            protocol.slasher.claim([keeper], sender=protocol.stranger)
        else:
            pay(protocol, keeper, 10, 1)
        assert events(protocol.slasher, "BudgetSet") == list(self.FIRST)

    def test_a_slash_closes_nothing(self, protocol: Protocol) -> None:
        """It pays into the pool, whose balance at the boundary is kept by the escrow."""
        give(protocol, 1_000_000)
        protocol.next_epoch()
        protocol.slasher.slash([], 0, sender=protocol.registry.address)
        assert protocol.slasher.budget_of(1) == (0, 0)

    @pytest.mark.parametrize("epoch", [1, 2, 3, 4, 5])
    def test_first_epochs_at_once(self, protocol: Protocol, epoch: int) -> None:
        """The first closing ever, after each of the first five epochs.

        The gift of 1,000,000 is in the pool from epoch 1 on; when five are over, the first is not set any more.
        """
        give(protocol, 1_000_000)
        protocol.wait(epoch * 3_600)
        protocol.slasher.close_epochs()
        first = max(epoch - 3, 1)
        series = [100_000, 90_000, 81_000, 72_900]
        assert events(protocol.slasher, "BudgetSet") == [(first + i, series[i]) for i in range(epoch + 1 - first)]

    def test_old_budgets_do_not_count_after_a_long_gap(self, protocol: Protocol) -> None:
        """Those of 1 to 3 have left the ring when 6 to 9 are set; the one of 3 just not for 6."""
        give(protocol, 1_000_000)
        protocol.wait(3 * 3_600)
        protocol.slasher.close_epochs()
        protocol.wait(6 * 3_600)
        protocol.slasher.close_epochs()
        # 6: less 81,000 of epoch 3, a tenth of 919,000; 7: less 91,900, of 908,100; then of 817,290 and of 735,561
        expected = [(6, 91_900), (7, 90_810), (8, 81_729), (9, 73_556)]
        assert events(protocol.slasher, "BudgetSet") == expected

    def test_an_empty_pool(self, protocol: Protocol) -> None:
        """Budgets of zero are budgets all the same."""
        protocol.wait(2 * 3_600)
        protocol.slasher.close_epochs()
        assert events(protocol.slasher, "BudgetSet") == [(1, 0), (2, 0)]

    @pytest.mark.parametrize(("gift", "budget", "keepers"), [(9, 0, 0), (10, 1, 0), (19, 1, 0), (20, 2, 1)])
    def test_rounded_down(self, protocol: Protocol, gift: int, budget: int, keepers: int) -> None:
        """A tenth and a twentieth of very little."""
        give(protocol, gift)
        protocol.next_epoch()
        protocol.slasher.close_epochs()
        assert (protocol.slasher.budget_of(1)[0], protocol.slasher.keeper_budget()) == (budget, keepers)

    def test_claims_after_the_boundary_do_not_count_for_it(self, market: Market) -> None:
        """Epoch 3 is paid in epoch 5, in the call that closes 4; the budget of 4 is a tenth of 28,960,000."""
        two_epochs(market)
        market.slasher.claim([market.coprocessor_account])
        assert events(market.slasher, "BudgetSet") == [(1, 0), (2, 0), (3, 3_000_000)]
        market.next_epoch()
        market.slasher.claim([market.coprocessor_account])
        assert events(market.slasher, "BudgetSet") == [(4, 2_896_000)]


class TestKeepers:
    """The keeper budget beside the others."""

    @pytest.fixture
    def keeper(self, protocol: Protocol) -> int:
        """Give a keeper, and the pool 1,000,000."""
        number = protocol.account("keeper", deposit=0)[1]
        give(protocol, 1_000_000)
        return number

    @pytest.mark.parametrize(("epochs", "budget"), [(1, 50_000), (2, 45_000), (3, 40_500), (4, 36_450), (9, 36_450)])
    def test_only_the_last_of_several_counts(self, protocol: Protocol, keeper: int, epochs: int, budget: int) -> None:
        """A twentieth of what the last one closed has left; those of the epochs before were never paid."""
        protocol.wait(epochs * 3_600)
        assert pay(protocol, keeper, 10**6, 1) == budget

    def test_share_of_the_epochs_terms(self, protocol: Protocol) -> None:
        """An eighth from epoch 2 on: of 1,000,000 first a twentieth, then an eighth of 900,000."""
        give(protocol, 1_000_000)
        protocol.slasher.set_terms(slash_terms(keeper_budget=125_000), sender=protocol.owner)
        protocol.next_epoch()
        protocol.slasher.close_epochs()
        assert protocol.slasher.keeper_budget() == 50_000
        protocol.next_epoch()
        protocol.slasher.close_epochs()
        assert protocol.slasher.keeper_budget() == 112_500

    def test_no_share_no_pay(self, protocol: Protocol, keeper: int) -> None:
        """The owner can set it to zero."""
        protocol.slasher.set_terms(slash_terms(keeper_budget=0), sender=protocol.owner)
        protocol.next_epoch()
        assert pay(protocol, keeper, 1, 1) == 1
        protocol.next_epoch()
        assert pay(protocol, keeper, 1, 1) == 0

    def test_pay_of_one_epoch_lowers_the_next_budgets(self, protocol: Protocol, keeper: int) -> None:
        """50,000 paid in epoch 2: a tenth and a twentieth of 950,000 - 100,000."""
        protocol.next_epoch()
        assert pay(protocol, keeper, 50_000, 1) == 50_000
        protocol.next_epoch()
        protocol.slasher.close_epochs()
        assert protocol.slasher.budget_of(2) == (85_000, 0)
        assert protocol.slasher.keeper_budget() == 42_500

    def test_no_values(self, protocol: Protocol, keeper: int) -> None:
        """Nothing to pay for is no error, moves nothing, and closes epochs."""
        protocol.next_epoch()
        books = Books(protocol)
        assert pay(protocol, keeper, 0, 7) == 0
        assert events(protocol.slasher, "BudgetSet") == [(1, 100_000)]
        assert books.changes() == {}

    def test_pay_is_not_zero(self, protocol: Protocol, keeper: int) -> None:
        """The reputation contract does not ask for that."""
        protocol.next_epoch()
        with boa.reverts():
            protocol.slasher.pay_keeper(keeper, 1, 0, sender=protocol.reputation.address)

    @pytest.mark.parametrize(("values", "each", "paid_for"), [(2**256 - 1, 1, 50_000), (1, 2**256 - 1, 0)])
    def test_extremes(self, protocol: Protocol, keeper: int, values: int, each: int, paid_for: int) -> None:
        """No product overflows."""
        protocol.next_epoch()
        assert pay(protocol, keeper, values, each) == paid_for

    def test_a_keeper_with_a_balance(self, protocol: Protocol) -> None:
        """Is paid on top of it."""
        number = protocol.account("rich")[1]
        give(protocol, 1_000_000)
        protocol.next_epoch()
        assert pay(protocol, number, 3, 5) == 3
        assert protocol.free(number) == STAKE + 15
