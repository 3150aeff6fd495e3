"""Parameters that change at an epoch boundary: slash terms, the load curve, the filter of reputations.

A change may follow another only when no task and no remembered epoch can refer to the word before it: the life of a
task is 14 days, 336 epochs of an hour; with the ring of four and one more epoch that makes 341 epochs after the last
change took effect.
"""

from __future__ import annotations

from typing import Any

import boa
import pytest

from ballast.model import epoch_parameter
from tests.support.chain import events, refused
from tests.support.protocol import FILTER, HUMP, SLASH_TERMS, Protocol

MEMORY = 336 + 4 + 1
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


@pytest.mark.parametrize("epochs", [0, 1, 1 + MEMORY])
def test_a_second_change_too_soon_is_refused(protocol: Protocol, parameter: Parameter, epochs: int) -> None:
    """In the same epoch, when the first takes effect, and as long as something may refer to the word before."""
    parameter.set(True)
    if epochs:
        skip_epochs(protocol, epochs)
    with refused("parameter: change too soon"):
        parameter.set(False)


def test_a_second_change_is_possible_later(protocol: Protocol, parameter: Parameter) -> None:
    """It takes effect at the next boundary, and then the third has to wait again."""
    parameter.set(True)
    skip_epochs(protocol, 2 + MEMORY)
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
