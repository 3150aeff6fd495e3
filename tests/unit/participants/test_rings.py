"""What is remembered of closed epochs: participants' activities, and the totals of capacity."""

from __future__ import annotations

import boa
import pytest

from tests.support.chain import refused
from tests.support.contract_words import Activity, activity
from tests.support.protocol import Protocol

HALF = 3_600 * 150_000  # a whole epoch at half load


@pytest.fixture
def alice(protocol: Protocol) -> int:
    """Give a coprocessor of capacity 1,000 at the first second of epoch 2."""
    who, number = protocol.account("alice")
    protocol.participants.register(2, 1_000, 0, 0, sender=who)
    protocol.next_epoch()
    return number


def add(protocol: Protocol, account: int, load: int) -> None:
    """Add load as the task registry."""
    protocol.participants.change_load(account, load, 0, sender=protocol.registry.address)


def read(protocol: Protocol, account: int, epoch: int) -> Activity:
    """Activity of a closed epoch."""
    return activity(protocol.participants.activity_in(account, epoch))


class TestActivities:
    """Four closed epochs of every participant, however often it was touched."""

    def test_four_closed_epochs_are_remembered(self, protocol: Protocol, alice: int) -> None:
        """With a change in each of the epochs 2 to 8, the records of 4 to 7 are known and older ones are not."""
        for _ in range(2, 8):
            add(protocol, alice, 10)
            protocol.next_epoch()
        add(protocol, alice, 10)
        assert [read(protocol, alice, epoch).load for epoch in range(4, 8)] == [30, 40, 50, 60]
        assert [read(protocol, alice, epoch).epoch for epoch in range(4, 8)] == [4, 5, 6, 7]
        assert [protocol.participants.activity_in(alice, epoch) for epoch in range(4)] == [0, 0, 0, 0]

    @pytest.mark.parametrize("touched", [False, True])
    def test_untouched_epochs_are_derived(self, protocol: Protocol, alice: int, touched: bool) -> None:
        """Half load since the middle of epoch 2: the closed epochs read the same before and after the next touch."""
        protocol.wait(1_800)
        add(protocol, alice, 500)
        for _ in range(4):
            protocol.next_epoch()
        if touched:
            add(protocol, alice, 100)
        records = [read(protocol, alice, epoch) for epoch in range(2, 6)]
        assert records[0] == (1_000, 1_000, 500, 2, 2, 3_600, 1_800 * 19_999 + HALF // 2, 0)
        assert records[1:] == [(1_000, 1_000, 500, 2, epoch, 3_600, HALF, 0) for epoch in (3, 4, 5)]

    def test_a_touch_after_a_long_gap_fills_the_ring(self, protocol: Protocol, alice: int) -> None:
        """Quiet from epoch 2 to 11, touched in 12: 8 to 11 are known, 7 and the epoch of the last touch are not."""
        add(protocol, alice, 500)
        for _ in range(10):
            protocol.next_epoch()
        add(protocol, alice, 100)
        assert [read(protocol, alice, epoch).bonus for epoch in range(8, 12)] == [HALF] * 4
        assert [protocol.participants.activity_in(alice, epoch) for epoch in (2, 7)] == [0, 0]

    def test_scheduled_capacity_counts_in_the_derived_epochs(self, protocol: Protocol, alice: int) -> None:
        """Resized in epoch 2 to 2,000, so 500 is a quarter from epoch 3 on, in the derived record too."""
        add(protocol, alice, 1_000)
        protocol.participants.resize(2_000, sender=protocol.escrow.owner_of(alice))
        protocol.next_epoch()
        protocol.next_epoch()
        protocol.next_epoch()
        add(protocol, alice, 1)
        assert (read(protocol, alice, 2).capacity, read(protocol, alice, 2).overload) == (1_000, 3_600)
        for epoch in (3, 4):
            assert (read(protocol, alice, epoch).capacity, read(protocol, alice, epoch).bonus) == (2_000, HALF)

    def test_one_ring_does_not_touch_anothers(self, protocol: Protocol, alice: int) -> None:
        """Neighbouring accounts keep their own records."""
        who, bob = protocol.account("bob")
        protocol.participants.register(2, 100, 0, 0, sender=who)
        protocol.next_epoch()
        add(protocol, bob, 50)
        add(protocol, alice, 600)
        protocol.next_epoch()
        add(protocol, bob, 1)
        add(protocol, alice, 1)
        assert [read(protocol, account, 3).load for account in (alice, bob)] == [600, 50]

    def test_nothing_is_known_of_who_never_registered(self, protocol: Protocol) -> None:
        """An account without role has no activity."""
        _, number = protocol.account("bob")
        protocol.next_epoch()
        assert protocol.participants.activity_in(number, 1) == 0

    @pytest.mark.parametrize("touched", [False, True])
    def test_nothing_is_known_of_the_time_before_registering(self, protocol: Protocol, touched: bool) -> None:
        """Registered in epoch 3, so epoch 2 is empty and 3 is not."""
        protocol.next_epoch()
        protocol.next_epoch()
        who, number = protocol.account("bob")
        protocol.participants.register(2, 100, 0, 0, sender=who)
        protocol.next_epoch()
        if touched:
            add(protocol, number, 1)
        assert protocol.participants.activity_in(number, 2) == 0
        assert read(protocol, number, 3).epoch == 3

    @pytest.mark.parametrize("ahead", [0, 1])
    def test_refused_for_an_epoch_not_over(self, protocol: Protocol, alice: int, ahead: int) -> None:
        """The present epoch is not complete."""
        with refused("participants: epoch not over"):
            protocol.participants.activity_in(alice, protocol.epoch + ahead)

    def test_words_come_in_order(self, protocol: Protocol, alice: int) -> None:
        """One word an account as last stored, at most 64."""
        protocol.account("bystander")
        who, _ = protocol.account("bob")
        protocol.participants.register(1, 100, 0, 1, sender=who)
        words = protocol.participants.activity_words(alice, 3)
        assert [activity(word).next_capacity for word in words] == [1_000, 0, 100]
        assert protocol.participants.activity_words(alice, 0) == []
        assert len(protocol.participants.activity_words(0, 64)) == 64
        with boa.reverts():
            protocol.participants.activity_words(0, 65)

    def test_words_end_with_the_account_numbers(self, protocol: Protocol) -> None:
        """They have 32 bits."""
        assert protocol.participants.activity_words(2**32 - 1, 1) == [0]
        with boa.reverts():
            protocol.participants.activity_words(2**32, 1)
