"""I12: live storage is bounded by participants and open tasks; history adds nothing to it."""

from __future__ import annotations

from tests.stateful.ground import SLOTS, Actor, Ground
from tests.stateful.storage import Storage
from tests.support import words
from tests.support.protocol import DAY, EPOCH_SECONDS

ROUNDS = 16
ROUND = 11  # rounds after which every ring has gone round


def contracts(ground: Ground) -> list[Storage]:
    """All six contracts."""
    names = ("escrow", "participants", "classes", "registry", "slasher", "reputation")
    return [Storage(getattr(ground, name)) for name in names]


def live(ground: Ground) -> int:
    """Slots that hold something."""
    return sum(storage.live() for storage in contracts(ground))


def work(ground: Ground, turn: int) -> None:
    """Spend an epoch on tasks with every kind of end, on claims, posts and corrections."""
    registry = ground.registry
    turns = [ground.coprocessors[(turn + i) % 3] for i in range(3)]
    for coprocessor in ground.coprocessors:
        ground.escrow.deposit(coprocessor.account, 3_000, sender=coprocessor.address)
    for operator, c in zip(ground.operators, ground.task_classes[:2], strict=False):
        ground.classes.fund_mandate(c.number, operator.account, 2_500, sender=c.avs.address)
        orders = [(slot, 50 + turn, 600 + turn, slot == SLOTS - 1) for slot in range(SLOTS)]
        registry.open_tasks(c.number, orders, True, sender=operator.address)
        tasks = numbers(ground, operator)
        bids = [(task, 1, 10_000) for task in tasks[:2]]
        for bidder in turns[:2]:
            registry.bid(bids, False, sender=bidder.address)
        ground.wait(125)
        for executor in (*turns[:2], operator):
            registry.submit([(tasks[0], turn + 1), (tasks[3], turn + 1)], False, sender=executor.address)
        if turn % 2:
            registry.hold(tasks, False, sender=ground.court)
            registry.overturn(tasks, 0, False, sender=ground.court)
        ground.wait(1_000)
        registry.settle(tasks, False)
        registry.slash(tasks, ground.keeper.account, False)
        registry.take_over(tasks, 10_000, False, sender=turns[2].address)
    ground.next_epoch()
    ground.slasher.claim(ground.epoch - 1, [actor.account for actor in ground.actors])
    ground.reputation.post(ground.epoch - 1, 0, [turn], sender=ground.keeper.address)
    ground.reputation.poke([0, 1], sender=ground.keeper.address)
    ground.reputation.collect(sender=ground.keeper.address)
    ground.escrow.thaw(1, sender=ground.keeper.address)


def numbers(ground: Ground, operator: Actor) -> list[int]:
    """Tasks in an operator's slots."""
    found = []
    for slot in range(SLOTS):
        terms, _, _ = ground.registry.task_words(words.task_number(operator.account, slot, 0))
        found.append(words.task_number(operator.account, slot, words.terms(terms).sequence))
    return found


def finish(ground: Ground) -> None:
    """End whatever a round has left."""
    for operator in ground.operators[:2]:
        tasks = numbers(ground, operator)
        ground.registry.settle(tasks, False)
        ground.registry.expire(tasks, False)
        ground.registry.slash(tasks, 0, False)
        ground.registry.fail(tasks, False)


def test_history_costs_no_storage() -> None:
    """After some epochs of trading every further one reuses the same slots."""
    ground = Ground()
    ground.reputation.bond(16_000, sender=ground.keeper.address)
    start = live(ground)
    counts = []
    for turn in range(ROUNDS):
        work(ground, turn)
        ground.wait(DAY if turn == ROUNDS - 3 else 3 * EPOCH_SECONDS // 2)
        finish(ground)
        counts.append(live(ground))
    assert len(set(counts[ROUND:])) == 1, counts
    participants, slots = len(ground.operators) + len(ground.coprocessors), 2 * SLOTS
    accounts = ground.escrow.account_count()
    pages = (accounts + 7) // 8
    # five words of activity and five of fees a participant, three a task slot, four a page, and what the rings of the
    # pool, the totals and the budgets hold (5 + 5 + 12), beside a word of thawing, claims or bond a participant
    bound = start + 10 * participants + 3 * slots + 4 * pages + 5 + 5 + 12 + 3 * accounts
    assert counts[-1] <= bound, (counts[-1], bound)
