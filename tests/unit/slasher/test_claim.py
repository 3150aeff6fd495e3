"""Uptime rewards, worked out by hand.

In epoch 3 the pool ends with 30,000,000; a tenth of it, 3,000,000, is the budget, since the epochs before ended with an
empty pool. All capacities sum to 3,000, the coprocessor has 1,000 of them: 333,333 ppm. It finished one task, worth a
fee of 1,960,000, of which at most nine tenths come back. Its load was constant through the epoch.
"""

from __future__ import annotations

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import POOL, move
from tests.support.protocol import Market


def finish(market: Market, who: str, reward: int, slot: int) -> int:
    """Submit a task in this epoch, to be settled in the next."""
    task = market.open(reward=reward, slot=slot)
    market.bid(task, who)
    market.wait(17)
    market.submit(task, who=who)
    return task


def endow(market: Market, balance: int) -> None:
    """Bring the pool's free balance to a value by a gift."""
    gift = balance - market.free(POOL)
    market.token.mint(market.avs, gift)
    market.escrow.deposit(POOL, gift, sender=market.avs)


def epoch_three(market: Market, load: int = 500, reward: int = 10**8) -> None:
    """Live through epoch 3 with a load of the coprocessor, and one good task of it; ends in the first second of 4."""
    task = finish(market, market.coprocessor_address, reward, 0)
    market.next_epoch()
    market.participants.change_load(market.coprocessor_account, load, 0, sender=market.registry.address)
    market.registry.settle([task], True)
    endow(market, 30_000_000)
    market.next_epoch()


def claim(market: Market, *accounts: int, epoch: int = 3) -> dict[int, tuple[int, int]]:
    """Claim, and tell what changed."""
    books = Books(market)
    market.slasher.claim(epoch, list(accounts), sender=market.stranger)
    return books.changes()


class TestAmounts:
    """min(budget * share of capacity * mean f / max f, rebate * fees)."""

    @pytest.mark.parametrize(
        ("load", "amount"),
        [
            # 3,000,000 * 333,333 ppm
            (500, 999_999),
            # f is two thirds of its maximum, 666,666 ppm; of 333,333 ppm that is 222,221 ppm
            (600, 666_663),
            # f(0) = 0.019999 of 0.15 is 133,326 ppm; 44,441 ppm
            (0, 133_323),
            # f = 0.0005 is 3,333 ppm; 1,110 ppm
            (799, 3_330),
        ],
    )
    def test_by_capacity_and_load(self, market: Market, load: int, amount: int) -> None:
        """Each ratio is rounded down to ppm before it is applied."""
        epoch_three(market, load)
        assert claim(market, market.coprocessor_account) == {
            market.coprocessor_account: (amount, 0),
            POOL: (-amount, 0),
        }

    @pytest.mark.parametrize("load", [800, 801, 1_000])
    def test_nothing_at_or_above_f(self, market: Market, load: int) -> None:
        """F is zero at F, and above it it is no bonus."""
        epoch_three(market, load)
        assert claim(market, market.coprocessor_account) == {}

    @pytest.mark.parametrize(("reward", "amount"), [(10**6, 17_640), (56_689_200, 999_998), (56_689_400, 999_999)])
    def test_at_most_the_rebate_on_its_fees(self, market: Market, reward: int, amount: int) -> None:
        """Fees of 19,600, 1,111,109 and 1,111,113 (rounded up); nine tenths of them, rounded down, or the share."""
        epoch_three(market, 500, reward)
        assert claim(market, market.coprocessor_account)[market.coprocessor_account] == (amount, 0)

    def test_alternating_load_earns_less_than_its_mean(self, market: Market) -> None:
        """Half the epoch idle, half full: 0.0099995 of 0.15, though the mean load is the best one."""
        task = finish(market, market.coprocessor_address, 10**8, 0)
        market.next_epoch()
        market.registry.settle([task], True)
        endow(market, 30_000_000)
        market.wait(1_800)
        market.participants.change_load(market.coprocessor_account, 1_000, 0, sender=market.registry.address)
        market.wait(1_800)
        # mean f 9,999 ppm, 66,660 ppm of the maximum, 22,219 ppm of the budget
        assert claim(market, market.coprocessor_account)[market.coprocessor_account] == (66_657, 0)

    def test_only_good_tasks_give_a_rebate(self, market: Market) -> None:
        """A failed task paid no fee."""
        task = market.late()
        market.registry.slash([task], 0, True)
        market.next_epoch()
        market.registry.fail([task], True)
        endow(market, 30_000_000)
        market.next_epoch()
        assert market.registry.fees_in(market.coprocessor_account, 3) == (196, 0)
        assert claim(market, market.coprocessor_account) == {}

    def test_capacity_lost_in_the_epoch_shrinks_the_share(self, market: Market) -> None:
        """Cut to a half in the first second; the total of the epoch stays, so the share is 166,666 ppm."""
        task = finish(market, market.coprocessor_address, 10**8, 0)
        market.next_epoch()
        number = market.coprocessor_account
        market.registry.settle([task], True)
        lost = market.escrow.stake_of(number) - 5_000
        market.escrow.move([move(number, -lost), move(0, lost)], sender=market.slasher.address)
        market.participants.trim(number)
        market.participants.change_load(number, 250, 0, sender=market.registry.address)
        endow(market, 30_000_000)
        market.next_epoch()
        assert claim(market, number)[number] == (499_998, 0)


class TestWho:
    """Who is paid and who is skipped."""

    def test_anyone_claims_for_anyone(self, market: Market) -> None:
        """The money goes to the account, the event names account, epoch and amount."""
        epoch_three(market)
        market.slasher.claim(3, [market.coprocessor_account], sender=market.stranger)
        assert events(market.slasher, "UptimePaid") == [(market.coprocessor_account, 3, 999_999)]
        assert market.slasher.claimed(market.coprocessor_account, 3)

    def test_operators_and_strangers_are_skipped(self, market: Market) -> None:
        """The operator has fees and an idle capacity, but runs no coprocessor; the others have nothing."""
        epoch_three(market)
        accounts = [market.operator_account, market.rival_account, market.avs_account, POOL, 0, 10**6]
        market.slasher.claim(3, [*accounts, market.coprocessor_account])
        assert events(market.slasher, "UptimeSkipped") == [(account, 3) for account in accounts]
        assert [account for account, _, _ in events(market.slasher, "UptimePaid")] == [market.coprocessor_account]

    def test_once(self, market: Market) -> None:
        """Neither twice in one call nor in two."""
        epoch_three(market)
        number = market.coprocessor_account
        market.slasher.claim(3, [number, number])
        assert events(market.slasher, "UptimeSkipped") == [(number, 3)]
        assert market.slasher.budget_of(3) == (3_000_000, 999_999)
        assert claim(market, number) == {}

    def test_who_left_in_the_epoch_has_what_it_earned(self, market: Market) -> None:
        """It was there until the boundary."""
        task = finish(market, market.coprocessor_address, 10**8, 0)
        market.next_epoch()
        market.registry.settle([task], True)
        endow(market, 30_000_000)
        market.participants.leave(sender=market.coprocessor_address)
        market.next_epoch()
        assert claim(market, market.coprocessor_account)[market.coprocessor_account] == (133_323, 0)

    def test_takes_32(self, market: Market) -> None:
        """And not 33."""
        epoch_three(market)
        market.slasher.claim(3, [0] * 31 + [market.coprocessor_account])
        assert len(events(market.slasher, "UptimeSkipped")) == 31
        with boa.reverts():
            market.slasher.claim(3, [0] * 33)

    def test_goes_on_while_all_is_paused(self, market: Market) -> None:
        """No pause keeps a reward back."""
        epoch_three(market)
        for contract in (market.registry, market.participants):
            contract.pause(True, sender=market.owner)
        market.escrow.pause_deposits(True, sender=market.owner)
        assert claim(market, market.coprocessor_account)[market.coprocessor_account] == (999_999, 0)


class TestWhen:
    """Which epochs can be claimed."""

    @pytest.mark.parametrize("epochs", [0, 1, 3])
    def test_in_the_four_epochs_after(self, market: Market, epochs: int) -> None:
        """The amount does not depend on when, nor on what the pool has become since."""
        epoch_three(market)
        market.wait(epochs * 3_600 + 3_599)
        endow(market, 10**9)
        assert claim(market, market.coprocessor_account)[market.coprocessor_account] == (999_999, 0)

    def test_not_in_the_fifth(self, market: Market) -> None:
        """The record has left the ring."""
        epoch_three(market)
        market.wait(4 * 3_600)
        with refused("slasher: epoch not claimable"):
            market.slasher.claim(3, [market.coprocessor_account])

    @pytest.mark.parametrize("epoch", [0, 4, 5, 8])
    def test_not_before_the_epoch_is_over(self, market: Market, epoch: int) -> None:
        """Nor for an epoch there never was."""
        epoch_three(market)
        with refused("slasher: epoch not claimable"):
            market.slasher.claim(epoch, [market.coprocessor_account])

    def test_in_any_order(self, market: Market) -> None:
        """A claim of a later epoch does not close the earlier ones."""
        epoch_three(market, load=0)
        task = finish(market, market.coprocessor_address, 10**8, 1)
        market.wait(61)
        market.registry.settle([task], True)
        market.next_epoch()
        for epoch in (4, 3):
            assert market.coprocessor_account in claim(market, market.coprocessor_account, epoch=epoch)
        for epoch in (3, 4):
            assert claim(market, market.coprocessor_account, epoch=epoch) == {}

    def test_the_same_place_of_the_ring_counts_anew(self, market: Market) -> None:
        """A claim of epoch 3 is forgotten when 7 takes its place."""
        epoch_three(market, load=0)
        claim(market, market.coprocessor_account)
        market.wait(2 * 3_600)
        task = finish(market, market.coprocessor_address, 10**8, 1)
        market.next_epoch()
        market.registry.settle([task], True)
        market.next_epoch()
        assert not market.slasher.claimed(market.coprocessor_account, 7)
        assert market.coprocessor_account in claim(market, market.coprocessor_account, epoch=7)
        assert market.slasher.claimed(market.coprocessor_account, 7)

    def test_rebate_of_the_epoch_counts(self, market: Market) -> None:
        """Terms scheduled in epoch 3 hold from 4 on, so they neither raise nor lower what 3 earned."""
        task = finish(market, market.coprocessor_address, 10**6, 0)
        market.next_epoch()
        market.participants.change_load(market.coprocessor_account, 500, 0, sender=market.registry.address)
        market.registry.settle([task], True)
        market.slasher.set_terms((50_000, 400_000, 250_000, 100_000, 0, 0, 0), sender=market.owner)
        endow(market, 30_000_000)
        market.next_epoch()
        assert claim(market, market.coprocessor_account)[market.coprocessor_account] == (17_640, 0)

    def test_peak_of_the_epochs_curve_counts(self, market: Market) -> None:
        """A curve scheduled in epoch 3 with twice the peak, 0.2, does not change what 3 earned."""
        task = finish(market, market.coprocessor_address, 10**8, 0)
        market.next_epoch()
        market.participants.change_load(market.coprocessor_account, 500, 0, sender=market.registry.address)
        market.registry.settle([task], True)
        other = (200_000_000, 5_000, 0, 200_000_000, -500_000_000, 9_000, 22_500_000, 900_000_000, 0)
        market.slasher.set_curve(other, sender=market.owner)
        endow(market, 30_000_000)
        market.next_epoch()
        assert claim(market, market.coprocessor_account)[market.coprocessor_account] == (999_999, 0)
