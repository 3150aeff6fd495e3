"""Slash terms: their bounds, the constructor, and who may slash."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.chain import construct, events, refused
from tests.support.protocol import HUMP, SLASH_TERMS, Protocol, slash_terms

REFUSED = [
    ({"lateness_floor": 500_001}, "slash_split: lateness floor"),
    ({"finder": 250_001}, "slash_split: finder share"),
    ({"burn": 99_999}, "slash_split: burn share"),
    ({"compensation": 1_000_001}, "slash_split: compensation share"),
    ({"compensation": 2**256 - 1}, "slash_split: compensation share"),
    ({"compensation": 500_001}, "slash_split: returned shares"),
    ({"compensation": 750_001, "finder": 0}, "slash_split: returned shares"),
    ({"compensation": 500_000, "burn": 250_001}, "slash_split: shares exceed one"),
    ({"burn": 350_001}, "slash_split: shares exceed one"),
    ({"burn": 2**255}, "slash_split: shares exceed one"),
    ({"budget": 125_001}, "slash_split: budget"),
    ({"keeper_budget": 125_001}, "slash_split: budget"),
    ({"rebate": 10_000_001}, "slash_split: rebate"),
]

ALLOWED = [
    {"lateness_floor": 500_000},
    {"lateness_floor": 0},
    {"finder": 250_000},
    {"burn": 250_000, "compensation": 750_000, "finder": 0},
    {"burn": 1_000_000, "compensation": 0, "finder": 0},
    {"compensation": 500_000, "burn": 250_000},
    {"budget": 125_000, "keeper_budget": 125_000},
    {"budget": 0, "keeper_budget": 0, "rebate": 0},
    {"rebate": 10_000_000},
]


@pytest.mark.parametrize(("changes", "reason"), REFUSED)
def test_setter_refuses(protocol: Protocol, changes: dict[str, int], reason: str) -> None:
    """Each share just outside its bound."""
    with refused(reason):
        protocol.slasher.set_terms(slash_terms(**changes), sender=protocol.owner)


@pytest.mark.parametrize(("changes", "reason"), [REFUSED[0], REFUSED[-1]])
def test_constructor_refuses_too(changes: dict[str, int], reason: str) -> None:
    """The first terms pass the same check, from its first condition to its last."""
    with refused(reason):
        construct("Slasher", terms=slash_terms(**changes))


@pytest.mark.parametrize("changes", ALLOWED)
def test_bounds_themselves_are_allowed(protocol: Protocol, changes: dict[str, int]) -> None:
    """Each share just inside its bound, and readable from the next epoch on."""
    protocol.slasher.set_terms(slash_terms(**changes), sender=protocol.owner)
    protocol.next_epoch()
    assert protocol.slasher.terms() == slash_terms(**changes)


def test_first_terms_hold_at_once(protocol: Protocol) -> None:
    """Those of the constructor."""
    assert protocol.slasher.terms() == SLASH_TERMS


def test_event_carries_the_terms(protocol: Protocol) -> None:
    """Each field in its place."""
    protocol.slasher.set_terms(slash_terms(rebate=1_234_567), sender=protocol.owner)
    assert events(protocol.slasher, "TermsScheduled") == [(slash_terms(rebate=1_234_567), protocol.epoch + 1)]


def test_event_carries_the_curve(protocol: Protocol) -> None:
    """Each constant in its place, negative ones too."""
    protocol.slasher.set_curve(HUMP, sender=protocol.owner)
    assert events(protocol.slasher, "CurveScheduled") == [(HUMP, protocol.epoch + 1)]


def test_settings_are_readable(protocol: Protocol) -> None:
    """Each constructor argument ends up in the getter of its name."""
    slasher = protocol.slasher
    assert slasher.ESCROW() == protocol.escrow.address
    assert slasher.PARTICIPANTS() == protocol.participants.address
    assert slasher.TASK_REGISTRY() == protocol.registry.address
    assert slasher.REPUTATION() == protocol.reputation.address


@pytest.mark.parametrize("who", ["owner", "stranger", "court", "reputation", "participants", "escrow"])
def test_slashing_is_the_task_registrys(protocol: Protocol, who: str) -> None:
    """Not even for an empty list."""
    caller: Any = getattr(protocol, who)
    with refused("slasher: not the task registry"):
        protocol.slasher.slash([], 0, sender=getattr(caller, "address", caller))
