"""What only the protocol's own contracts may do, the constructor, and the views."""

from __future__ import annotations

from typing import Any

import boa
import pytest

from tests.support.chain import NOBODY, SOMEONE, construct, events, refused
from tests.support.contract_words import REASONS, SENDER, card, fields
from tests.support.protocol import Market


def caller(market: Market, name: str) -> Any:
    """Address of an actor or of a contract."""
    found = getattr(market, name)
    return getattr(found, "address", found)


@pytest.mark.parametrize("who", ["owner", "stranger", "operator_address", "classes", "escrow", "slasher"])
def test_enrolling_is_the_participant_registrys(market: Market, who: str) -> None:
    """Nobody makes a card for itself."""
    with refused(REASONS[SENDER]):
        market.registry.enroll(SOMEONE, 2, 1, 0, 1, sender=caller(market, who))


@pytest.mark.parametrize("who", ["owner", "stranger", "avs", "participants", "escrow", "slasher"])
def test_classes_and_mandates_are_the_class_registrys(market: Market, who: str) -> None:
    """Unchecked terms and unpaid mandates would be worth money."""
    with refused(REASONS[SENDER]):
        market.registry.add_class(0, 0, sender=caller(market, who))
    with refused(REASONS[SENDER]):
        market.registry.change_mandate(1, 2, 1, 0, sender=caller(market, who))
    with refused(REASONS[SENDER]):
        market.registry.suspend_mandate(1, 2, sender=caller(market, who))


def test_the_number_of_classes_is_bounded(market: Market) -> None:
    """A class number has 27 bits."""
    slot = market.registry.compiler_data.storage_layout["storage_layout"]["class_count"]["slot"]
    boa.env.set_storage(market.registry.address, slot, 2**27 - 2)
    assert market.task_class(market.avs) == 2**27 - 1
    with refused("registry: too many classes"):
        market.task_class(market.avs)


def test_settings_are_readable(market: Market) -> None:
    """Each constructor argument ends up in the getter of its name."""
    registry = market.registry
    assert registry.ESCROW() == market.escrow.address
    assert registry.PARTICIPANTS() == market.participants.address
    assert registry.SLASHER() == market.slasher.address
    assert registry.REPUTATION() == market.reputation.address
    assert registry.CLASS_REGISTRY() == market.classes.address
    assert registry.COURT() == market.court
    assert registry.FEE_PER_UNIT() == 1
    assert registry.STAKE_PER_UNIT() == 10


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"court": NOBODY}, "registry: zero court"), ({"fee_per_unit": 2**64}, "registry: fee per unit")],
)
def test_refused_settings(changes: dict[str, Any], reason: str) -> None:
    """A court there must be, and a fee whose products fit."""
    with refused(reason):
        construct("TaskRegistry", **changes)


@pytest.mark.parametrize("fee_per_unit", [0, 2**64 - 1])
def test_bounds_of_the_fee_per_unit(fee_per_unit: int) -> None:
    """None, and the largest."""
    assert construct("TaskRegistry", fee_per_unit=fee_per_unit).FEE_PER_UNIT() == fee_per_unit


def test_card(market: Market) -> None:
    """Of an operator, of a coprocessor, of nobody."""
    assert card(market.registry.card(market.operator_address))[:4] == (market.operator_account, 64, 5, 1)
    assert card(market.registry.card(market.rival))[:4] == (market.rival_account, 0, 5, 2)
    assert market.registry.card(market.stranger) == 0


def test_words_of_unknown_things_are_zero(market: Market) -> None:
    """Classes, tasks, mandates."""
    assert market.registry.class_words(99) == (0, 0)
    assert market.registry.task_words(99) == (0, 0, 0)
    assert market.registry.mandate_of(99, 99) == 0


def test_task_words_of_a_reused_slot_are_the_new_tasks(market: Market) -> None:
    """Whoever asks for the old task can tell by the sequence."""
    task = market.open()
    market.wait(16)
    market.registry.expire([task], True, sender=market.operator_address)
    following = market.open()
    assert market.registry.task_words(task) == market.registry.task_words(following)
    assert market.registry.task_words(task)[0] & (2**32 - 1) == 2


class TestPause:
    """The owner stops opening, and nothing else."""

    @pytest.mark.parametrize("paused", [True, False])
    def test_is_announced_and_readable(self, market: Market, paused: bool) -> None:
        """In an event and in a view."""
        market.registry.pause(paused, sender=market.owner)
        assert events(market.registry, "Paused") == [(paused,)]
        assert market.registry.paused() is paused

    @pytest.mark.parametrize("who", ["stranger", "court", "classes", "participants"])
    def test_is_the_owners(self, market: Market, who: str) -> None:
        """Nobody else's."""
        with refused("ownable: not the owner"):
            market.registry.pause(True, sender=caller(market, who))

    def test_every_end_of_a_task_goes_on_while_all_is_paused(self, market: Market) -> None:
        """Submit, settle, slash, take over, fail, expire, hold, uphold, overturn: no pause makes anyone overdue."""
        unsold = market.open(slot=0)
        good, upheld, overturned = (market.award(slot=slot) for slot in (1, 2, 3))
        failed, rescued = (market.open(slot=slot) for slot in (4, 5))
        for task in (failed, rescued):
            market.bid(task, market.rival)
        market.registry.pause(True, sender=market.owner)
        market.participants.pause(True, sender=market.owner)
        market.escrow.pause_deposits(True, sender=market.owner)
        for task in (good, upheld, overturned):
            market.submit(task)
        market.registry.hold([upheld, overturned], True, sender=market.court)
        market.registry.uphold([upheld], True, sender=market.court)
        market.registry.overturn([overturned], 0, True, sender=market.court)
        market.wait(603)
        market.registry.slash([failed, rescued], 0, True)
        market.registry.take_over([market.order(rescued)], True, sender=market.coprocessor_address)
        market.wait(1)
        market.submit(rescued)
        market.wait(600)
        market.registry.fail([failed], True)
        market.registry.expire([unsold], True, sender=market.operator_address)
        market.registry.settle([good, upheld, rescued], True)
        words = [market.registry.task_words(task)[0] for task in (unsold, good, upheld, overturned, failed, rescued)]
        assert [word >> 219 & 7 for word in words] == [2, 1, 1, 4, 3, 1]
        assert market.locked(market.operator_account) == 0


class TestFeeRecords:
    """n and k by account and epoch, for the present epoch and four closed ones."""

    def settle_one(self, market: Market) -> None:
        """Finish a task well; its fee is 196."""
        task = market.award()
        market.submit(task)
        market.wait(61)
        market.registry.settle([task], True)

    def test_five_epochs_are_remembered(self, market: Market) -> None:
        """A task in each of the epochs 2 to 7: 3 to 7 are known, 2 is not."""
        for _ in range(5):
            self.settle_one(market)
            market.next_epoch()
        self.settle_one(market)
        records = [market.registry.fees_in(market.coprocessor_account, epoch) for epoch in range(1, 9)]
        assert records == [(0, 0), (0, 0), *[(196, 196)] * 5, (0, 0)]

    def test_an_old_record_does_not_pass_for_a_new_one(self, market: Market) -> None:
        """Five epochs later the same place is empty until something is entered, and then starts from nothing."""
        self.settle_one(market)
        market.wait(5 * 3_600)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (0, 0)
        self.settle_one(market)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (196, 196)

    def test_good_and_bad_are_told_apart(self, market: Market) -> None:
        """One good, one failed."""
        self.settle_one(market)
        task = market.late()
        market.registry.slash([task], 0, True)
        market.wait(601)
        market.registry.fail([task], True)
        assert market.registry.fees_in(market.coprocessor_account, market.epoch) == (392, 196)

    def test_words_come_in_order(self, market: Market) -> None:
        """N 96, k 96, epoch 24, one word an account, in the place of the epoch asked for; at most 64."""
        self.settle_one(market)
        first = market.avs_account
        words = market.registry.fee_words(first, 4, market.epoch)
        record = (196, 196, market.epoch)
        assert [fields(word, 96, 96, 24) for word in words] == [(0, 0, 0), record, record, (0, 0, 0)]
        assert market.registry.fee_words(first, 4, market.epoch + 5) == words
        assert market.registry.fee_words(first, 4, market.epoch + 1) == [0] * 4
        assert len(market.registry.fee_words(0, 64, 1)) == 64
        with boa.reverts():
            market.registry.fee_words(0, 65, 1)
