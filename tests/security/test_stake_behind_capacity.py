"""A coprocessor declares ten times the capacity it has, so that its load looks small and its slash is not amplified.

Where a class asks for a share of the stake behind the capacity, who declares more puts up more for the same task, and
loses more.
"""

from __future__ import annotations

import pytest

from tests.support.chain import events
from tests.support.protocol import Market


@pytest.mark.parametrize("share", [0, 200_000])
def test_over_declaring_saves_nothing_once_the_stake_share_binds(market: Market, share: int) -> None:
    """At full load an honest machine of 1,000 units loses twice a tenth; one that declares 10,000 is at 10% of them."""
    boaster, _ = market.coprocessor("boaster", capacity=10_000)
    market.next_epoch()
    class_id = market.other_class(stake_share=share)
    slashes = []
    for slot, who in enumerate((market.coprocessor_address, boaster)):
        task = market.open(1_000, 10_000, slot=slot, class_id=class_id)
        market.bid(task, who)
        market.wait(620)
        market.registry.slash([task], 0, True)
        slashes.append(events(market.registry, "Slashed")[0][-1])
    if share == 0:
        assert slashes == [1_999, 1_000], "the reward alone: boasting halves the slash"
    else:
        assert slashes[0] <= slashes[1]


def test_the_same_machine_at_the_same_work_is_slashed_no_less(market: Market) -> None:
    """With a fifth of the stake: 2,000 and 20,000 of collateral, for a task of 1,000."""
    boaster, _ = market.coprocessor("boaster", capacity=10_000)
    market.next_epoch()
    class_id = market.other_class(stake_share=200_000)
    slashes = []
    for slot, who in enumerate((market.coprocessor_address, boaster)):
        task = market.open(500, 1_000, slot=slot, class_id=class_id)
        market.bid(task, who)
        market.wait(620)
        market.registry.slash([task], 0, True)
        slashes.append(events(market.registry, "Slashed")[0][-1])
    assert slashes == [200, 2_000]
