"""Overdue tasks are found in the slots and moved on where that pays."""

from __future__ import annotations

from dataclasses import replace

from ballast.client.contracts import CollateralEscrow, Order, Submission, TaskRegistry
from ballast.keeper.keeper import Keeper
from ballast.model import task_packing
from ballast.model.parameters import ClassParameters
from tests.keeper.world import SETTINGS, World, codes

CLASS_TERMS = ClassParameters()
EVERY = replace(SETTINGS, tasks="always", poke="never")


def drive(keeper: Keeper, passes: int = 4) -> list[str]:
    """Kinds of what was sent for tasks."""
    found = [a["kind"] for _ in range(passes) for a in keeper.once().actions]
    return [kind for kind in found if kind not in ("bond", "post")]


def outcome(net: World, task: int) -> int:
    """How a task ended."""
    return task_packing.terms(net.contract(TaskRegistry).task_words(task).read(net.anvil.rpc)[0]).outcome


def test_a_late_task_is_slashed_if_the_finders_share_pays(net: World) -> None:
    """Epoch 2 left a task of 10,000 self-executed and not delivered; it is due 600 seconds after."""
    net.wait(CLASS_TERMS.submit_seconds)
    account = net.account_of(net.keepers[0].address)
    escrow = net.contract(CollateralEscrow)
    assert drive(net.keeper(settings=replace(EVERY, tasks="pays", token_wei=10**6))) == []
    keeper = net.keeper(settings=replace(EVERY, tasks="pays", token_wei=10**15))
    before = sum(escrow.balances(account).read(net.anvil.rpc)[:2])
    assert drive(keeper) == ["slash"]
    slashed = 10_000 * CLASS_TERMS.slash_factor // 10**6
    assert sum(escrow.balances(account).read(net.anvil.rpc)[:2]) - before == slashed * 250_000 // 10**6


def test_a_task_goes_through_all_ends_anyone_can_cause(net: World) -> None:
    operator = net.net.having("operator")[0]
    late = net.task(operator.account, 1)
    registry = net.contract(TaskRegistry)
    registry.open_tasks(net.net.class_id, [Order(2, 10, 1_000, own=False)], True).send(net.anvil.rpc, operator.address)
    unsold = net.task(operator.account, 2)
    keeper = net.keeper(settings=EVERY)
    net.wait(CLASS_TERMS.steps * CLASS_TERMS.step_seconds + CLASS_TERMS.rescue_seconds + 1)
    assert sorted(drive(keeper)) == ["expire", "fail", "slash"]
    assert outcome(net, unsold) == task_packing.EXPIRED
    assert outcome(net, late) == task_packing.FAILED


def test_a_delivered_task_is_settled_by_a_keeper_it_pays(net: World) -> None:
    """The operator that executed the task itself is the keeper."""
    operator = net.net.having("operator")[0]
    registry = net.contract(TaskRegistry)
    registry.open_tasks(net.net.class_id, [Order(2, 10, 1_000, own=True)], True).send(net.anvil.rpc, operator.address)
    net.wait(5)
    task = net.task(operator.account, 2)
    registry.submit([Submission(task, 7)], True).send(net.anvil.rpc, operator.address)
    net.wait(CLASS_TERMS.challenge_seconds + 1)
    net.keepers.insert(0, net.key_of(operator.address))
    try:
        paying = replace(EVERY, tasks="pays", token_wei=10**13, bond=False)
        assert "settle" in drive(net.keeper(settings=paying))
        assert outcome(net, task) == task_packing.SETTLED
    finally:
        net.keepers.pop(0)


def test_slots_are_read_in_bounded_parts(net: World) -> None:
    net.wait(CLASS_TERMS.submit_seconds)
    keeper = net.keeper(settings=replace(EVERY, scan_slots=50))
    parts = [drive(keeper, 1) for _ in range(6)]
    assert [p for p in parts if p] == [["slash"]], "three passes go round the 128 slots"
    assert not codes(keeper.report) & {"REVERTED"}
