"""Two-step ownership, in each of the contracts that have an owner."""

from __future__ import annotations

from typing import Any

import boa
import pytest

from tests.support.chain import NOBODY, construct, events, refused
from tests.support.protocol import Protocol

OWNED = ("escrow", "participants", "classes", "registry", "slasher", "reputation")


@pytest.fixture(params=OWNED)
def owned(request: pytest.FixtureRequest, protocol: Protocol) -> Any:
    """Give each contract in turn."""
    return getattr(protocol, request.param)


@pytest.fixture
def heir() -> str:
    """Give an address to hand over to."""
    return str(boa.env.generate_address("heir"))


def test_deployer_names_the_first_owner(protocol: Protocol, owned: Any) -> None:
    """Nobody is offered anything yet."""
    assert owned.owner() == protocol.owner
    assert owned.pending_owner() == NOBODY


@pytest.mark.parametrize(
    "name", ["CollateralEscrow", "ParticipantRegistry", "ClassRegistry", "TaskRegistry", "Slasher", "GasReputation"]
)
def test_first_owner_cannot_be_nobody(name: str) -> None:
    """A contract without owner could never be paused nor governed."""
    with refused("ownable: zero owner"):
        construct(name, owner=NOBODY)


def test_first_owner_is_announced() -> None:
    """From nobody to the first owner."""
    contract = construct("ClassRegistry")
    assert events(contract, "OwnershipTransferred") == [(NOBODY, contract.owner())]


def test_an_offer_changes_nothing_yet(protocol: Protocol, owned: Any, heir: str) -> None:
    """The owner stays in charge until the offer is accepted."""
    owned.offer_ownership(heir, sender=protocol.owner)
    assert events(owned, "OwnershipOffered") == [(protocol.owner, heir)]
    assert (owned.owner(), owned.pending_owner()) == (protocol.owner, heir)
    with refused("ownable: not the owner"):
        owned.offer_ownership(heir, sender=heir)


def test_accepting_hands_over(protocol: Protocol, owned: Any, heir: str) -> None:
    """The offer is used up, and the former owner is a stranger."""
    owned.offer_ownership(heir, sender=protocol.owner)
    owned.accept_ownership(sender=heir)
    assert events(owned, "OwnershipTransferred") == [(protocol.owner, heir)]
    assert (owned.owner(), owned.pending_owner()) == (heir, NOBODY)
    with refused("ownable: not the owner"):
        owned.offer_ownership(heir, sender=protocol.owner)
    with refused("ownable: not the pending owner"):
        owned.accept_ownership(sender=heir)


@pytest.mark.parametrize("who", ["stranger", "owner"])
def test_only_the_offered_address_accepts(protocol: Protocol, owned: Any, heir: str, who: str) -> None:
    """Not a stranger, not the owner itself."""
    owned.offer_ownership(heir, sender=protocol.owner)
    with refused("ownable: not the pending owner"):
        owned.accept_ownership(sender=getattr(protocol, who))


def test_nothing_to_accept_without_an_offer(owned: Any, heir: str) -> None:
    """And an offer to the zero address cannot be accepted by it, since nobody signs for it."""
    with refused("ownable: not the pending owner"):
        owned.accept_ownership(sender=heir)


@pytest.mark.parametrize("replacement", [NOBODY, "0x" + "33" * 20])
def test_a_new_offer_replaces_the_old(protocol: Protocol, owned: Any, heir: str, replacement: str) -> None:
    """The zero address withdraws it."""
    owned.offer_ownership(heir, sender=protocol.owner)
    owned.offer_ownership(replacement, sender=protocol.owner)
    assert owned.pending_owner() == replacement
    with refused("ownable: not the pending owner"):
        owned.accept_ownership(sender=heir)


def test_only_the_owner_offers(protocol: Protocol, owned: Any) -> None:
    """A stranger has nothing to offer."""
    with refused("ownable: not the owner"):
        owned.offer_ownership(protocol.stranger, sender=protocol.stranger)
