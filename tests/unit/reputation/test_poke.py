"""Pages the contract computes itself, and keepers' pay."""

from __future__ import annotations

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import POOL, logits, page
from tests.support.protocol import Market, Protocol

from .conftest import Keeper
from .test_post import pages, set_account_count

RIGHT = (0, 0, 0, 102_442, 102_446, 0, 0, 0)


class TestPoke:
    """Computing a page nobody posted."""

    def test_stores_what_a_post_must_say(self, worked: Market) -> None:
        """For each account of the page, with no poster's name."""
        worked.reputation.poke([0], sender=worked.stranger)
        announced = events(worked.reputation, "Poked")
        even, odd = worked.reputation.page_words(0, 1)
        assert page(even) == (RIGHT, 2, 0)
        assert tuple(worked.reputation.computed(account) for account in range(8)) == RIGHT
        assert odd == 0
        assert announced == [(2, 0, list(RIGHT))]

    def test_holds_from_the_next_epoch_on(self, worked: Market) -> None:
        """Like a post."""
        worked.reputation.poke([0])
        assert worked.reputation.logit(3) == 0
        worked.next_epoch()
        assert tuple(worked.reputation.logit(account) for account in range(8)) == RIGHT

    def test_is_paid_in_the_next_epoch_for_eight_values(self, worked: Market) -> None:
        """At 10 each, from the pool; not at once, so that it takes nothing from posts that are due already."""
        books = Books(worked)
        worked.reputation.poke([0], sender=worked.rival)
        assert worked.reputation.keeper(worked.rival_account) == (0, 3, 0, 0, 8)
        assert worked.reputation.collect(sender=worked.rival) == 0
        worked.next_epoch()
        assert worked.reputation.collect(sender=worked.rival) == 80
        assert books.changes() == {worked.rival_account: (80, 0), POOL: (-80, 0)}
        assert worked.reputation.keeper(worked.rival_account) == (0, 0, 0, 0, 0)

    def test_beside_a_post(self, worked: Market, keeper: Keeper) -> None:
        """One keeper posts a page and pokes another: only the posted one is at risk, both are paid."""
        set_account_count(worked, 16)
        worked.reputation.post(2, 0, [logits(*RIGHT)], sender=keeper.address)
        worked.reputation.poke([1], sender=keeper.address)
        assert worked.reputation.keeper(keeper.account) == (16_000, 3, 8, 0, 8)
        worked.reputation.unbond(8_000, sender=keeper.address)
        worked.next_epoch()
        assert worked.reputation.collect(sender=keeper.address) == 160

    def test_adds_to_what_was_poked_before(self, worked: Market) -> None:
        """In the same epoch and in an earlier one."""
        set_account_count(worked, 24)
        for pages_ in ([0], [1, 2]):
            worked.reputation.poke(pages_, sender=worked.rival)
        assert worked.reputation.keeper(worked.rival_account) == (0, 3, 0, 0, 24)
        worked.next_epoch()
        worked.reputation.poke([0], sender=worked.rival)
        assert worked.reputation.keeper(worked.rival_account) == (0, 4, 0, 24, 8)

    def test_without_account_for_nothing(self, worked: Market) -> None:
        """The page is computed all the same."""
        worked.reputation.poke([0], sender=worked.stranger)
        assert worked.reputation.keeper(0) == (0, 0, 0, 0, 0)

    def test_several_pages_and_one_twice(self, worked: Market) -> None:
        """Each is computed and counted once."""
        set_account_count(worked, 24)
        worked.reputation.poke([2, 0, 2], sender=worked.rival)
        assert [number for _, number, _ in events(worked.reputation, "Poked")] == [2, 0]
        assert worked.reputation.keeper(worked.rival_account)[4] == 16

    def test_pages_already_there_are_left_alone(self, worked: Market, keeper: Keeper) -> None:
        """Posted or poked, they are not computed again, and nothing is paid for them."""
        wrong = logits(1, 2, 3)
        worked.reputation.post(2, 0, [wrong], sender=keeper.address)
        worked.reputation.poke([0], sender=worked.rival)
        assert worked.reputation.keeper(worked.rival_account) == (0, 0, 0, 0, 0)
        assert pages(worked, 0, 1, 2)[0] & (2**192 - 1) == wrong

    def test_keeps_others_from_posting(self, worked: Market, keeper: Keeper) -> None:
        """One page an epoch."""
        worked.reputation.poke([0])
        with refused("reputation: pages already posted"):
            worked.reputation.post(2, 0, [0], sender=keeper.address)

    def test_until_the_end_of_the_epoch(self, worked: Market) -> None:
        """Also in the half that is closed to posts."""
        worked.wait(3_599)
        worked.reputation.poke([0])
        assert page(pages(worked, 0, 1, 2)[0]).epoch == 2

    def test_only_existing_pages(self, worked: Market) -> None:
        """Seven accounts have one page."""
        with refused("reputation: page beyond accounts"):
            worked.reputation.poke([0, 1])

    def test_a_full_page_has_none_behind_it(self, worked: Market) -> None:
        """Eight accounts have one page too."""
        set_account_count(worked, 8)
        with refused("reputation: page beyond accounts"):
            worked.reputation.poke([1])
        worked.reputation.poke([0])

    def test_not_before_an_epoch_is_over(self, protocol: Protocol) -> None:
        """There is nothing to compute."""
        with refused("reputation: no epoch over"):
            protocol.reputation.poke([0])

    def test_takes_32_pages(self, worked: Market) -> None:
        """And not 33."""
        worked.reputation.poke([0] * 32)
        with boa.reverts():
            worked.reputation.poke([0] * 33)

    @pytest.mark.parametrize("epochs", [0, 1])
    def test_in_the_first_epochs(self, epochs: int) -> None:
        """While the slasher's ring of budgets is not yet full."""
        market = Market()
        market.wait(epochs * 3_600)
        market.reputation.poke([0], sender=market.rival)
        assert page(pages(market, 0, 1, 1 + epochs)[0]).epoch == 1 + epochs

    def test_without_pay(self) -> None:
        """A deployment may pay nothing."""
        market = Market(pay_per_value=0)
        market.reputation.poke([0], sender=market.rival)
        assert market.reputation.keeper(market.rival_account) == (0, 0, 0, 0, 0)


class TestCollect:
    """Pay for posts that stood."""

    def test_after_the_challenge_window(self, worked: Market, keeper: Keeper) -> None:
        """Nothing in the epoch of the post, 80 in the next, and then nothing more."""
        worked.reputation.post(2, 0, [logits(*RIGHT)], sender=keeper.address)
        assert worked.reputation.collect(sender=keeper.address) == 0
        worked.next_epoch()
        books = Books(worked)
        assert worked.reputation.collect(sender=keeper.address) == 80
        assert books.changes() == {keeper.account: (80, 0), POOL: (-80, 0)}
        assert worked.reputation.collect(sender=keeper.address) == 0
        assert worked.reputation.keeper(keeper.account) == (16_000, 0, 0, 0, 0)

    def test_adds_up_over_epochs(self, worked: Market, keeper: Keeper) -> None:
        """Two posts of one page each, and the values of the present epoch stay at risk."""
        for epoch in (2, 3, 4):
            worked.reputation.post(epoch, 0, [0], sender=keeper.address)
            if epoch < 4:
                worked.next_epoch()
        assert worked.reputation.collect(sender=keeper.address) == 160
        assert worked.reputation.keeper(keeper.account) == (16_000, 5, 8, 0, 0)

    def test_long_after(self, worked: Market, keeper: Keeper) -> None:
        """What is due stays due."""
        worked.reputation.post(2, 0, [0], sender=keeper.address)
        worked.wait(100 * 3_600)
        assert worked.reputation.collect(sender=keeper.address) == 80

    def test_as_far_as_the_budget_reaches(self, worked: Market, keeper: Keeper) -> None:
        """A poor pool pays whole values, the rest stays due, and not a unit is paid twice."""
        worked.reputation.post(2, 0, [0], sender=keeper.address)
        worked.next_epoch()
        worked.slasher.close_epochs()
        drained = worked.slasher.keeper_budget() - 35
        worked.slasher.pay_keeper(worked.avs_account, drained, 1, sender=worked.reputation.address)
        assert worked.reputation.collect(sender=keeper.address) == 30
        assert worked.slasher.keeper_budget() == 5
        assert worked.reputation.keeper(keeper.account)[3] == 5
        assert worked.reputation.collect(sender=keeper.address) == 0
        worked.next_epoch()
        assert worked.reputation.collect(sender=keeper.address) == 50

    def test_nothing_due(self, worked: Market, keeper: Keeper) -> None:
        """Who has not posted has nothing to collect."""
        assert worked.reputation.collect(sender=keeper.address) == 0
        assert worked.reputation.collect(sender=worked.rival) == 0

    def test_needs_an_escrow_account(self, worked: Market) -> None:
        """Pay goes there."""
        with refused("reputation: no escrow account"):
            worked.reputation.collect(sender=worked.stranger)

    def test_without_pay(self) -> None:
        """A deployment may pay nothing; collecting then is no error."""
        market = Market(pay_per_value=0)
        who, number = market.account("keeper", deposit=8_000)
        market.reputation.bond(8_000, sender=who)
        market.reputation.post(1, 0, [0], sender=who)
        market.next_epoch()
        assert market.reputation.collect(sender=who) == 0
        assert market.reputation.keeper(number) == (8_000, 0, 0, 8, 0)
