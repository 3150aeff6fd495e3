"""Parameters that change at an epoch boundary: slash terms, the load curve, the filter of reputations.

A change may follow another only so much later that the words kept reach as far back as anything can refer to: the life
of a task is 14 days, 336 epochs of an hour; with the ring of four and one more epoch that makes 341. Besides the last
two, 1,024 words are kept, so that only the least of 2 epochs lies between changes.
"""

from __future__ import annotations

from typing import Any

import boa
import pytest

from ballast.model import epoch_parameter, load_curve
from ballast.model.constants import EPOCH_RING, MAX_TASK_LIFE
from ballast.model.epoch_parameter import REMEMBERED
from ballast.model.load_curve import designed
from tests.support.chain import events, refused
from tests.support.protocol import FILTER, HUMP, SLASH_TERMS, Protocol

MEMORY = 336 + 4 + 1
APART = 2
OTHER_CURVE = (200_000_000, 5_000, 0, 200_000_000, -500_000_000, 9_000, 22_500_000, 900_000_000, 0)


class Parameter:
    """One of the parameters, as a test sees it: two values that can be told apart, a setter, a reader."""

    def __init__(self, protocol: Protocol, kind: str) -> None:
        self.protocol = protocol
        self.kind = kind

    def set(self, other: bool) -> None:
        """Schedule one of the two values."""
        owner = self.protocol.owner
        if self.kind == "terms":
            self.protocol.slasher.set_terms((60_000, *SLASH_TERMS[1:]) if other else SLASH_TERMS, sender=owner)
        elif self.kind == "curve":
            self.protocol.slasher.set_curve(OTHER_CURVE if other else HUMP, sender=owner)
        else:
            self.protocol.reputation.set_parameters((30_000, *FILTER[1:]) if other else FILTER, sender=owner)

    def other(self) -> bool:
        """Tell whether the other value is in force."""
        if self.kind == "terms":
            return bool(self.protocol.slasher.terms()[0] == 60_000)
        if self.kind == "curve":
            return bool(self.protocol.slasher.rate(6_000)[0] == 150_000)
        return bool(self.protocol.reputation.parameters()[0] == 30_000)


@pytest.fixture(params=["terms", "curve", "filter"])
def parameter(request: pytest.FixtureRequest, protocol: Protocol) -> Parameter:
    """Give each parameter in turn."""
    return Parameter(protocol, request.param)


def skip_epochs(protocol: Protocol, count: int) -> None:
    """Go to the first second of a later epoch."""
    protocol.next_epoch()
    protocol.wait((count - 1) * 3_600)


def test_takes_effect_at_the_boundary(protocol: Protocol, parameter: Parameter) -> None:
    """Not a second before the next epoch, and not when somebody calls first after it."""
    parameter.set(True)
    protocol.wait(3_599)
    assert not parameter.other()
    protocol.wait(1)
    assert parameter.other()


def test_stays(protocol: Protocol, parameter: Parameter) -> None:
    """Long after."""
    parameter.set(True)
    skip_epochs(protocol, 1_000)
    assert parameter.other()


@pytest.mark.parametrize("epochs", [0, 1, APART - 1])
def test_a_second_change_too_soon_is_refused(protocol: Protocol, parameter: Parameter, epochs: int) -> None:
    """In the same epoch, when the first takes effect, and until they are far enough apart."""
    parameter.set(True)
    if epochs:
        skip_epochs(protocol, epochs)
    with refused("parameter: change too soon"):
        parameter.set(False)


def test_a_second_change_is_possible_later(protocol: Protocol, parameter: Parameter) -> None:
    """It takes effect at the next boundary, and then the third has to wait again."""
    parameter.set(True)
    skip_epochs(protocol, APART)
    parameter.set(False)
    assert parameter.other()
    protocol.next_epoch()
    assert not parameter.other()
    with refused("parameter: change too soon"):
        parameter.set(True)


def test_is_the_owners(protocol: Protocol, parameter: Parameter) -> None:
    """A stranger changes nothing."""
    owner, protocol.owner = protocol.owner, protocol.stranger
    try:
        with refused("ownable: not the owner"):
            parameter.set(True)
    finally:
        protocol.owner = owner


def test_both_words_stay_readable_by_epoch(protocol: Protocol) -> None:
    """A curve is asked for by epoch: the old one for the epochs before the boundary, the new one from it on."""
    old = protocol.participants.curve_in(1)
    protocol.slasher.set_curve(OTHER_CURVE, sender=protocol.owner)
    skip_epochs(protocol, 5)
    new = protocol.participants.curve_in(6)
    assert new != old
    assert [protocol.participants.curve_in(epoch) for epoch in range(1, 8)] == [old] + [new] * 6


@pytest.mark.parametrize(
    ("seconds", "apart"),
    # the fewest; 14 days of an hour; of five minutes; of a minute
    [(86_400, 2), (3_600, 2), (300, 4), (60, 20)],
)
def test_the_ring_reaches_back_to_the_oldest_task(seconds: int, apart: int) -> None:
    """With any length of an epoch: 1,026 words, so many epochs each, are more than a task and the rings remember."""
    assert epoch_parameter.epochs_apart(seconds) == apart
    memory = MAX_TASK_LIFE // seconds + EPOCH_RING + 1
    assert (epoch_parameter.REMEMBERED + 1) * apart >= memory
    network = Protocol(epoch_seconds=seconds)
    network.slasher.set_curve(OTHER_CURVE, sender=network.owner)
    network.wait((apart - 1) * seconds)
    assert not network.participants.may_change_curve()
    with refused("parameter: change too soon"):
        network.slasher.set_curve(HUMP, sender=network.owner)
    network.wait(seconds)
    assert network.participants.may_change_curve()
    network.slasher.set_curve(HUMP, sender=network.owner)


def test_old_words_stay_readable(protocol: Protocol) -> None:
    """Eleven hundred changes, as fast as they may come: all that are kept, and the oldest for what came before."""
    protocol.participants.pause(True, sender=protocol.owner)
    history = {1: protocol.participants.curve_in(1)}
    for number in range(REMEMBERED + 76):
        curve = load_curve.pack(designed(idle=20_000_000 + number, best=150_000_000, b=5_000, f=8_000, full=10**9))
        protocol.participants.schedule_curve(curve, sender=protocol.slasher.address)
        history[protocol.epoch + 1] = curve
        skip_epochs(protocol, APART)
    kept = sorted(history)[-REMEMBERED - 2 :]
    assert protocol.epoch - kept[0] > MEMORY
    for since in kept:
        found = [protocol.participants.curve_in(epoch) for epoch in range(since, since + APART)]
        assert found == [history[since]] * APART, since
    assert protocol.participants.curve_in(1) == history[kept[0]] != history[1]
    with refused("participants: paused"):
        protocol.participants.load_for_bid(1)


def test_few_changes_are_found_too(protocol: Protocol) -> None:
    """From one to a dozen, each epoch since the beginning."""
    history: dict[int, int] = {}
    word = protocol.participants.curve_in(1)
    for number in range(12):
        curve = load_curve.pack(designed(idle=20_000_000 + number, best=150_000_000, b=5_000, f=8_000, full=10**9))
        protocol.participants.schedule_curve(curve, sender=protocol.slasher.address)
        for epoch in range(max(history, default=0) + 1, protocol.epoch + 1):
            history[epoch] = word
        word = curve
        skip_epochs(protocol, APART + number % 3)
        assert {epoch: protocol.participants.curve_in(epoch) for epoch in history} == history


def test_the_twin_reads_the_slots_as_the_contract_does(protocol: Protocol) -> None:
    """Before a change, with one scheduled and after it, with the contract's flag or without."""
    protocol.participants.pause(True, sender=protocol.owner)
    agree(protocol)
    protocol.slasher.set_curve(OTHER_CURVE, sender=protocol.owner)
    agree(protocol)
    protocol.participants.pause(False, sender=protocol.owner)
    agree(protocol)


def agree(protocol: Protocol) -> None:
    """Fail unless the twin finds the contract's word for each epoch."""
    layout = protocol.participants.compiler_data.storage_layout["storage_layout"]["epoch_parameter"]
    names = ("_word", "_next", "_from_epoch")
    slots = [boa.env.evm.get_storage(protocol.participants.address, layout[name]["slot"]) for name in names]
    for epoch in range(1, 5):
        word, following, from_epoch = slots
        assert epoch_parameter.at(word, following, from_epoch, epoch) == protocol.participants.curve_in(epoch)


@pytest.mark.parametrize(
    ("contract", "event"),
    [("slasher", "TermsScheduled"), ("reputation", "ParametersScheduled"), ("slasher", "CurveScheduled")],
)
def test_changes_are_announced_with_their_epoch(protocol: Protocol, contract: str, event: str) -> None:
    """Watchers can prepare."""
    protocol.next_epoch()
    kind = {"TermsScheduled": "terms", "ParametersScheduled": "filter", "CurveScheduled": "curve"}[event]
    Parameter(protocol, kind).set(True)
    announced: list[Any] = events(getattr(protocol, contract), event)
    assert [from_epoch for _, from_epoch in announced] == [3]
