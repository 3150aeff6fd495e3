"""Uptime rewards, worked out by hand.

In epoch 3 the pool ends with 30,000,000; a tenth of it, 3,000,000, is the budget, since the epochs before ended with an
empty pool. The coprocessor and the rival have 1,000 units each and finished one task each, worth a fee of 1,960,000, of
which at most nine tenths come back: 1,764,000. The rival's load is the best one all through the epoch.
"""

from __future__ import annotations

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events
from tests.support.contract_words import POOL, move
from tests.support.protocol import Market, Protocol


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


def both_work(market: Market, load: int = 500, reward: int = 10**8) -> None:
    """Have both finish a task in the next epoch, and carry loads from its first second on; ends in that second."""
    tasks = [finish(market, market.coprocessor_address, reward, 0), finish(market, market.rival, 10**8, 1)]
    market.next_epoch()
    for account, units in ((market.coprocessor_account, load), (market.rival_account, 500)):
        market.participants.change_load(account, units, 0, sender=market.registry.address)
    market.registry.settle(tasks, True)


def epoch_three(market: Market, load: int = 500, reward: int = 10**8) -> None:
    """Live through epoch 3 with a load of the coprocessor, and one good task of both; the rival is entered in 4."""
    both_work(market, load, reward)
    endow(market, 30_000_000)
    market.next_epoch()
    market.slasher.claim([market.rival_account])


def claim(market: Market, *accounts: int) -> dict[int, tuple[int, int]]:
    """Claim, and tell what changed."""
    books = Books(market)
    market.slasher.claim(list(accounts), sender=market.stranger)
    return books.changes()


def enter_and_claim(market: Market, *accounts: int) -> dict[int, tuple[int, int]]:
    """Claim in this epoch, which pays nothing, and in the next; tell what changed then."""
    assert claim(market, *accounts) == {}
    market.next_epoch()
    return claim(market, *accounts)


class TestAmounts:
    """min(budget * weight / total weight, rebate * fees)."""

    @pytest.mark.parametrize(
        ("load", "amount"),
        [
            # as much as the rival
            (500, 1_500_000),
            # f = 0.1 beside 0.15: two fifths
            (600, 1_200_000),
            # f(0) = 0.019999 of 0.169999
            (0, 352_925),
            # f = 0.0005 of 0.1505
            (799, 9_966),
        ],
    )
    def test_by_capacity_and_load(self, market: Market, load: int, amount: int) -> None:
        """Rounded down once, in units of the token."""
        epoch_three(market, load)
        assert enter_and_claim(market, market.coprocessor_account) == {
            market.coprocessor_account: (amount, 0),
            POOL: (-amount, 0),
        }

    @pytest.mark.parametrize("load", [800, 801, 1_000])
    def test_nothing_at_or_above_f(self, market: Market, load: int) -> None:
        """F is zero at F, and above it it is no bonus; all of the budget is the rival's, up to its rebate."""
        epoch_three(market, load)
        assert enter_and_claim(market, market.coprocessor_account) == {}
        assert claim(market, market.rival_account)[market.rival_account] == (1_764_000, 0)

    @pytest.mark.parametrize(("reward", "amount"), [(10**6, 17_640), (85_033_900, 1_499_998), (85_034_100, 1_500_000)])
    def test_at_most_the_rebate_on_its_fees(self, market: Market, reward: int, amount: int) -> None:
        """Nine tenths of fees of 19,600, 1,666,665 and 1,666,669 (both rounded up), rounded down; or the share."""
        epoch_three(market, 500, reward)
        assert enter_and_claim(market, market.coprocessor_account)[market.coprocessor_account] == (amount, 0)

    def test_capacity_counts_as_far_as_it_works(self, market: Market) -> None:
        """An idle operator and an idle coprocessor of 10,000 units each leave the shares as they are."""
        for role, slots in ((1, 8), (2, 0)):
            who, number = market.account(f"idle {role}", deposit=10**6)
            market.participants.register(role, 10_000, 5, slots, sender=who)
        epoch_three(market)
        assert enter_and_claim(market, market.coprocessor_account, number)[market.coprocessor_account] == (1_500_000, 0)

    def test_alternating_load_earns_less_than_its_mean(self, market: Market) -> None:
        """Half the epoch idle, half full: 0.0099995 beside 0.15, though the mean load is the best one."""
        both_work(market, 0)
        endow(market, 30_000_000)
        market.wait(1_800)
        market.participants.change_load(market.coprocessor_account, 1_000, 0, sender=market.registry.address)
        market.wait(1_800)
        market.slasher.claim([market.rival_account])
        # 19,999 of 19,999 + 2 * 150,000
        assert enter_and_claim(market, market.coprocessor_account)[market.coprocessor_account] == (187_491, 0)

    def test_only_good_tasks_give_a_rebate(self, market: Market) -> None:
        """A failed task paid no fee."""
        task = market.late()
        market.registry.slash([task], 0, True)
        market.next_epoch()
        market.registry.fail([task], True)
        endow(market, 30_000_000)
        market.next_epoch()
        assert market.registry.fees_in(market.coprocessor_account, 3) == (196, 0)
        assert enter_and_claim(market, market.coprocessor_account) == {}

    def test_capacity_lost_in_the_epoch_shrinks_the_share(self, market: Market) -> None:
        """Cut to a half in the first second: half as much as the rival has."""
        both_work(market, 250)
        number = market.coprocessor_account
        lost = market.escrow.stake_of(number) - 5_000
        market.escrow.move([move(number, -lost), move(0, lost)], sender=market.slasher.address)
        market.participants.trim(number)
        endow(market, 30_000_000)
        market.next_epoch()
        market.slasher.claim([market.rival_account])
        assert enter_and_claim(market, number)[number] == (1_000_000, 0)


class TestWho:
    """Who is paid and who is skipped."""

    def test_anyone_claims_for_anyone(self, market: Market) -> None:
        """The money goes to the account; events name account, epoch and weight or amount; the share shows meanwhile."""
        epoch_three(market)
        number = market.coprocessor_account
        weight, bound = 1_000 * 150_000 * 3_600, 1_764_000
        market.slasher.claim([number], sender=market.stranger)
        assert events(market.slasher, "UptimeEntered") == [(number, 3, weight)]
        assert market.slasher.share_of(number) == (3, weight, bound)
        assert market.slasher.budget_of(3) == (3_000_000, 0)
        assert market.slasher.weight_of(3) == 2 * weight
        market.next_epoch()
        market.slasher.claim([number], sender=market.stranger)
        assert events(market.slasher, "UptimePaid") == [(number, 3, 1_500_000)]
        assert events(market.slasher, "UptimeSkipped") == []
        assert market.slasher.share_of(number) == (0, 0, 0)
        assert market.slasher.budget_of(3) == (3_000_000, 1_500_000)

    def test_operators_and_strangers_are_skipped(self, market: Market) -> None:
        """The operator has fees and an idle capacity, but runs no coprocessor; the others have nothing."""
        epoch_three(market)
        accounts = [market.operator_account, market.avs_account, POOL, 0, 10**6]
        market.slasher.claim([*accounts, market.coprocessor_account])
        assert events(market.slasher, "UptimeSkipped") == [(account, 3) for account in accounts]
        assert [account for account, _, _ in events(market.slasher, "UptimeEntered")] == [market.coprocessor_account]

    def test_once(self, market: Market) -> None:
        """Neither entered nor paid twice, in one call or in two."""
        epoch_three(market)
        number = market.coprocessor_account
        weight = 1_000 * 150_000 * 3_600
        for _ in range(2):
            market.slasher.claim([number, number])
            assert events(market.slasher, "UptimeSkipped")[-1] == (number, 3)
        assert market.slasher.weight_of(3) == 2 * weight
        market.next_epoch()
        market.slasher.claim([number, number])
        assert events(market.slasher, "UptimeSkipped") == [(number, 4)]
        assert market.slasher.budget_of(3) == (3_000_000, 1_500_000)
        assert claim(market, number) == {}

    def test_who_left_in_the_epoch_has_what_it_earned(self, market: Market) -> None:
        """It was there until the boundary."""
        both_work(market, 0)
        endow(market, 30_000_000)
        market.participants.leave(sender=market.coprocessor_address)
        market.next_epoch()
        market.slasher.claim([market.rival_account])
        assert enter_and_claim(market, market.coprocessor_account)[market.coprocessor_account] == (352_925, 0)

    def test_who_is_not_entered_leaves_all_to_others(self, market: Market) -> None:
        """Not even called in epoch 4, it has nothing of 3; the rival has all, up to its rebate."""
        epoch_three(market)
        market.next_epoch()
        assert enter_and_claim(market, market.coprocessor_account) == {}
        assert claim(market, market.rival_account)[market.rival_account] == (1_764_000, 0)

    def test_takes_32(self, market: Market) -> None:
        """And not 33."""
        epoch_three(market)
        market.slasher.claim([0] * 31 + [market.coprocessor_account])
        assert len(events(market.slasher, "UptimeSkipped")) == 31
        with boa.reverts():
            market.slasher.claim([0] * 33)

    def test_goes_on_while_all_is_paused(self, market: Market) -> None:
        """No pause keeps a reward back."""
        epoch_three(market)
        for contract in (market.registry, market.participants):
            contract.pause(True, sender=market.owner)
        market.escrow.pause_deposits(True, sender=market.owner)
        assert enter_and_claim(market, market.coprocessor_account)[market.coprocessor_account] == (1_500_000, 0)


class TestWhen:
    """When a share is entered, and how long it waits."""

    @pytest.mark.parametrize("seconds", [0, 3_599])
    @pytest.mark.parametrize("epochs", [0, 1, 2])
    def test_waits_until_the_fourth_epoch_after(self, market: Market, seconds: int, epochs: int) -> None:
        """The amount depends neither on when it is entered or paid, nor on what the pool has become since."""
        epoch_three(market)
        market.wait(seconds)
        assert claim(market, market.coprocessor_account) == {}
        market.wait((epochs + 1) * 3_600)
        endow(market, 10**9)
        assert claim(market, market.coprocessor_account)[market.coprocessor_account] == (1_500_000, 0)

    def test_not_in_the_fifth(self, market: Market) -> None:
        """Its budget has left the ring; the share is given up."""
        epoch_three(market)
        market.slasher.claim([market.coprocessor_account])
        market.wait(4 * 3_600)
        assert claim(market, market.coprocessor_account) == {}
        assert market.slasher.share_of(market.coprocessor_account) == (0, 0, 0)

    def test_the_next_share_is_entered_in_the_same_call(self, market: Market) -> None:
        """What waits of 3 is paid in 5, whose call enters for 4; that is paid in 6, beside nobody."""
        epoch_three(market, load=0)
        task = finish(market, market.coprocessor_address, 10**6, 1)
        market.wait(61)
        market.registry.settle([task], True)
        number = market.coprocessor_account
        assert claim(market, number) == {}
        market.next_epoch()
        assert claim(market, number)[number] == (352_925, 0)
        assert market.slasher.share_of(number)[0] == 4
        market.next_epoch()
        assert claim(market, number)[number] == (17_640, 0)

    def test_not_in_the_first_epoch(self, protocol: Protocol) -> None:
        """None has ended: all are skipped."""
        number = protocol.coprocessor()[1]
        protocol.slasher.claim([number])
        assert events(protocol.slasher, "UptimeSkipped") == [(number, 0)]

    def test_rebate_of_the_epoch_counts(self, market: Market) -> None:
        """Terms scheduled in epoch 3 hold from 4 on, so they neither raise nor lower what 3 earned."""
        both_work(market, 500, 10**6)
        market.slasher.set_terms((50_000, 400_000, 250_000, 100_000, 0, 0, 0), sender=market.owner)
        endow(market, 30_000_000)
        market.next_epoch()
        assert enter_and_claim(market, market.coprocessor_account)[market.coprocessor_account] == (17_640, 0)
