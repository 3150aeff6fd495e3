"""Posting pages of logits."""

from __future__ import annotations

import boa
import pytest

from tests.support.chain import events, refused
from tests.support.contract_words import logits, page
from tests.support.protocol import Market, Protocol

from .conftest import Keeper

VALUES = (0, -1, 2, 102_442, -8_000_000, 8_000_000, 6, -7)


def set_account_count(protocol: Protocol, count: int) -> None:
    """Pretend that many accounts were opened."""
    slot = protocol.escrow.compiler_data.storage_layout["storage_layout"]["account_count"]["slot"]
    boa.env.set_storage(protocol.escrow.address, slot, count)


def pages(protocol: Protocol, first: int, count: int, epoch: int) -> list[int]:
    """Words of consecutive pages that a post for an epoch writes."""
    parts = [(start, min(32, first + count - start)) for start in range(first, first + count, 32)]
    words = [word for part in parts for word in protocol.reputation.page_words(*part)]
    return [words[2 * place + epoch % 2] for place in range(count)]


def test_is_stored_with_epoch_and_poster(worked: Market, keeper: Keeper) -> None:
    """Eight logits in two's complement, lowest account first; the word of the other parity is untouched."""
    worked.reputation.post(2, 0, [logits(*VALUES)], sender=keeper.address)
    even, odd = worked.reputation.page_words(0, 1)
    assert page(even) == (VALUES, 2, keeper.account)
    assert odd == 0


def test_is_announced(worked: Market, keeper: Keeper) -> None:
    """Epoch, poster, first page and how many pages were new."""
    worked.reputation.post(2, 0, [logits(*VALUES)], sender=keeper.address)
    assert events(worked.reputation, "Posted") == [(2, keeper.account, 0, 1)]


def test_what_lies_above_the_logits_is_ignored(worked: Market, keeper: Keeper) -> None:
    """Nobody forges a header."""
    worked.reputation.post(2, 0, [2**256 - 1], sender=keeper.address)
    assert page(pages(worked, 0, 1, 2)[0]) == ((-1,) * 8, 2, keeper.account)


def test_puts_bond_at_risk(worked: Market, keeper: Keeper) -> None:
    """1,000 for each of eight values of two pages, all of the bond; a third page needs more."""
    set_account_count(worked, 24)
    worked.reputation.post(2, 0, [0, 0], sender=keeper.address)
    assert worked.reputation.keeper(keeper.account) == (16_000, 3, 16, 0, 0)
    with refused("reputation: bond too small"):
        worked.reputation.post(2, 2, [0], sender=keeper.address)
    worked.reputation.bond(7_999, sender=keeper.address)
    with refused("reputation: bond too small"):
        worked.reputation.post(2, 2, [0], sender=keeper.address)
    worked.reputation.bond(1, sender=keeper.address)
    worked.reputation.post(2, 2, [0], sender=keeper.address)
    assert worked.reputation.keeper(keeper.account) == (24_000, 3, 24, 0, 0)


def test_risk_of_an_epoch_ends_with_it(worked: Market, keeper: Keeper) -> None:
    """The same bond serves every epoch, and what left the window is payable."""
    set_account_count(worked, 16)
    worked.reputation.post(2, 0, [0, 0], sender=keeper.address)
    worked.next_epoch()
    worked.reputation.post(3, 0, [0, 0], sender=keeper.address)
    assert worked.reputation.keeper(keeper.account) == (16_000, 4, 16, 16, 0)


def test_pages_already_there_are_left_alone(worked: Market, keeper: Keeper) -> None:
    """Pages 1 and 3 are another's and a poke's; only the two others cost bond, though the batch names four."""
    set_account_count(worked, 40)
    other, _ = worked.account("other", deposit=8_000)
    worked.reputation.bond(8_000, sender=other)
    worked.reputation.post(2, 1, [logits(*VALUES)], sender=other)
    worked.reputation.poke([3])
    taken = pages(worked, 0, 5, 2)
    worked.reputation.post(2, 0, [logits(5)] * 4, sender=keeper.address)
    assert events(worked.reputation, "Posted") == [(2, keeper.account, 0, 2)]
    assert worked.reputation.keeper(keeper.account) == (16_000, 3, 16, 0, 0)
    after = pages(worked, 0, 5, 2)
    assert (after[1], after[3], after[4]) == (taken[1], taken[3], 0)
    assert page(after[0]) == page(after[2]) == ((5, *(0,) * 7), 2, keeper.account)


def test_once_a_page_and_epoch(worked: Market, keeper: Keeper) -> None:
    """A call that has nothing new to post is refused."""
    worked.reputation.post(2, 0, [logits(1)], sender=keeper.address)
    with refused("reputation: pages already posted"):
        worked.reputation.post(2, 0, [logits(2)], sender=keeper.address)


@pytest.mark.parametrize("epoch", [0, 1, 3, 4])
def test_only_the_last_epoch(worked: Market, keeper: Keeper, epoch: int) -> None:
    """In epoch 3 that is 2."""
    with refused("reputation: not the last epoch"):
        worked.reputation.post(epoch, 0, [0], sender=keeper.address)


def test_not_before_an_epoch_is_over(protocol: Protocol) -> None:
    """There is no epoch 0."""
    who, _ = protocol.account("keeper", deposit=8_000)
    protocol.reputation.bond(8_000, sender=who)
    with refused("reputation: not the last epoch"):
        protocol.reputation.post(0, 0, [0], sender=who)


def test_in_the_first_half_of_the_epoch(worked: Market, keeper: Keeper) -> None:
    """The second half is left to challengers."""
    worked.wait(1_799)
    with boa.env.anchor():
        worked.reputation.post(2, 0, [0], sender=keeper.address)
    worked.wait(1)
    with refused("reputation: posting is over"):
        worked.reputation.post(2, 0, [0], sender=keeper.address)


def test_needs_pages(worked: Market, keeper: Keeper) -> None:
    """An empty post is a mistake."""
    with refused("reputation: no pages"):
        worked.reputation.post(2, 0, [], sender=keeper.address)


@pytest.mark.parametrize(("accounts", "last"), [(8, 0), (9, 1), (16, 1), (17, 2)])
def test_up_to_the_last_account(worked: Market, keeper: Keeper, accounts: int, last: int) -> None:
    """The page of the last account is the last, be it full or not."""
    set_account_count(worked, accounts)
    with refused("reputation: page beyond accounts"):
        worked.reputation.post(2, last + 1, [0], sender=keeper.address)
    with refused("reputation: page beyond accounts"):
        worked.reputation.post(2, last, [0, 0], sender=keeper.address)
    worked.reputation.post(2, last, [0], sender=keeper.address)


def test_needs_an_escrow_account(worked: Market) -> None:
    """And with it a bond."""
    with refused("reputation: no escrow account"):
        worked.reputation.post(2, 0, [0], sender=worked.stranger)
    with refused("reputation: bond too small"):
        worked.reputation.post(2, 0, [0], sender=worked.avs)


def test_groups_of_232_pages(worked: Market, keeper: Keeper) -> None:
    """A post stays within one group; the last page of one and the first of the next are different pages."""
    set_account_count(worked, 8 * 234)
    with refused("reputation: pages span groups"):
        worked.reputation.post(2, 231, [0, 0], sender=keeper.address)
    worked.reputation.post(2, 231, [logits(1)], sender=keeper.address)
    worked.reputation.post(2, 232, [logits(2)], sender=keeper.address)
    words = pages(worked, 231, 2, 2)
    assert [page(word)[:2] for word in words] == [((1, *(0,) * 7), 2), ((2, *(0,) * 7), 2)]
    with refused("reputation: pages already posted"):
        worked.reputation.post(2, 232, [0], sender=keeper.address)


def test_takes_128_pages(worked: Market, keeper: Keeper) -> None:
    """And not 129."""
    set_account_count(worked, 8 * 200)
    worked.token.mint(keeper.address, 128 * 8_000)
    worked.escrow.deposit(keeper.account, 128 * 8_000, sender=keeper.address)
    worked.reputation.bond(128 * 8_000, sender=keeper.address)
    with boa.reverts():
        worked.reputation.post(2, 0, [0] * 129, sender=keeper.address)
    worked.reputation.post(2, 1, [logits(*VALUES)] * 128, sender=keeper.address)
    assert {page(word) for word in pages(worked, 1, 128, 2)} == {(VALUES, 2, keeper.account)}


def test_page_words_are_at_most_32_pages(worked: Market) -> None:
    """Both words of each page, even epoch first."""
    assert worked.reputation.page_words(0, 32) == [0] * 64
    assert worked.reputation.page_words(0, 0) == []
    with boa.reverts():
        worked.reputation.page_words(0, 33)
