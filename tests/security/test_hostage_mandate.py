"""An operator keeps a mandate drawn for ever: it ends its unsold tasks and opens them again in one transaction."""

from __future__ import annotations

from typing import Any

import boa
import pytest

from tests.support.chain import refused
from tests.support.protocol import Market

HOLDER = """
# pragma version 0.4.3
from contracts.interfaces import ICollateralEscrow
from contracts.interfaces import ITaskRegistry
from ethereum.ercs import IERC20

interface Escrow:
    def open_account() -> uint256: nonpayable

interface Participants:
    def register(role: uint256, capacity: uint256, complexity: uint256, slots: uint256): nonpayable

interface Registry:
    def open_tasks(class_id: uint256, orders: DynArray[ITaskRegistry.Order, 32], strict: bool) -> uint256: nonpayable
    def expire(tasks: DynArray[uint256, 32], strict: bool): nonpayable

registry: Registry
task: public(uint256)

@external
def join(token: IERC20, escrow: Escrow) -> uint256:
    extcall token.approve(escrow.address, max_value(uint256))
    return extcall escrow.open_account()

@external
def enroll(participants: Participants, registry: Registry):
    self.registry = registry
    extcall participants.register(1, 1, 0, 1)

@external
def renew(class_id: uint256, reward: uint256):
    if self.task != 0:
        extcall self.registry.expire([self.task], True)
    order: ITaskRegistry.Order = ITaskRegistry.Order(
        slot=0, difficulty=500_000, reward=reward, own=False, min_reputation=0
    )
    self.task = extcall self.registry.open_tasks(class_id, [order], True)
"""
"""Its tasks are larger than anybody's room, so that nobody bids."""
REWARD = 10**6
CLOCK = 360_000


@pytest.fixture
def held(market: Market) -> tuple[Any, int, int]:
    """Give the contract, its account, and the class whose mandate it holds."""
    holder: Any = boa.loads(HOLDER)
    market.token.mint(holder.address, 100)
    number = holder.join(market.token.address, market.escrow.address)
    market.token.mint(market.stranger, 10**6)
    market.token.approve(market.escrow.address, 2**256 - 1, sender=market.stranger)
    market.escrow.deposit(number, 10**6, sender=market.stranger)
    holder.enroll(market.participants.address, market.registry.address)
    class_id = market.other_class(operator_share=0, steps=60, step_seconds=CLOCK // 60)
    market.classes.fund_mandate(class_id, number, REWARD, sender=market.avs)
    holder.renew(class_id, REWARD)
    for _ in range(2):
        market.wait(CLOCK)
        with refused("registry: mandate exhausted"):
            market.classes.reduce_mandate(class_id, number, 1, sender=market.avs)
        holder.renew(class_id, REWARD)
    return holder, number, class_id


def test_a_suspension_frees_what_it_held(market: Market, held: tuple[Any, int, int]) -> None:
    """It cannot renew, and when anybody has ended its task all of the mandate is back with the AVS."""
    holder, number, class_id = held
    market.classes.suspend_mandate(class_id, number, sender=market.avs)
    market.wait(CLOCK)
    with refused("registry: mandate exhausted"):
        holder.renew(class_id, REWARD)
    market.wait(market.terms.rescue_seconds + 1)
    market.registry.expire([holder.task()], True, sender=market.stranger)
    before = market.escrow.balances(market.avs_account)[0]
    market.classes.reduce_mandate(class_id, number, REWARD, sender=market.avs)
    assert market.escrow.balances(market.avs_account)[0] == before + REWARD
