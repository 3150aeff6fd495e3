"""I7: slashes give the same total in any order, in any batches, whoever comes first and however late."""

from __future__ import annotations

from collections.abc import Iterator

import boa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stateful.ground import Ground
from tests.stateful.storage import Storage
from tests.support.protocol import EPOCH_SECONDS

TASKS = 8
BURN, POOL = 0, 1


class Overdue:
    """Overdue tasks of three coprocessors and an operator, won at different loads, opened in two epochs."""

    def __init__(self) -> None:
        self.ground = ground = Ground()
        self.escrow = Storage(ground.escrow)
        self.tasks: list[int] = []
        slow, dear = ground.task_classes[2], ground.task_classes[1]
        ground.wait(EPOCH_SECONDS - 2)
        for i in range(TASKS):
            if i == TASKS // 2:
                ground.wait(2)
            c, operator = (slow, ground.operators[1]) if i < TASKS // 2 else (dear, ground.operators[0])
            own = i == TASKS - 1
            order = (i % 4, 60 + 30 * i, 1_000 + 100 * i, own)
            task = ground.registry.open_tasks(c.number, [order], True, sender=operator.address)
            if not own:
                ground.registry.bid([(task, 1, 10_000)], True, sender=ground.coprocessors[i % 3].address)
            self.tasks.append(task)
        ground.wait(8 * EPOCH_SECONDS)

    def balances(self) -> list[tuple[int, int]]:
        """Free and locked funds of everybody."""
        words = [self.escrow.word("_balances", account) for account in range(self.ground.escrow.account_count())]
        return [(word & (2**96 - 1), (word >> 96) & (2**96 - 1)) for word in words]


@pytest.fixture(scope="module")
def overdue() -> Iterator[Overdue]:
    """Give the overdue tasks."""
    with boa.env.anchor():
        yield Overdue()


@pytest.fixture(scope="module")
def expected(overdue: Overdue) -> list[tuple[int, int]]:
    """Balances after one batch in the order of opening."""
    with boa.env.anchor():
        overdue.ground.registry.slash(overdue.tasks, overdue.ground.keeper.account, True)
        return overdue.balances()


@settings(max_examples=40)
@given(
    order=st.permutations(range(TASKS)),
    cuts=st.sets(st.integers(1, TASKS - 1)),
    pauses=st.lists(st.sampled_from((0, 1, EPOCH_SECONDS, 30 * EPOCH_SECONDS)), min_size=TASKS, max_size=TASKS),
)
def test_any_order(
    overdue: Overdue, expected: list[tuple[int, int]], order: list[int], cuts: set[int], pauses: list[int]
) -> None:
    """A permutation cut into batches with pauses between them moves the same funds as one batch."""
    edges = [0, *sorted(cuts), TASKS]
    with boa.env.anchor():
        for start, end, pause in zip(edges, edges[1:], pauses, strict=False):
            overdue.ground.wait(pause)
            batch = [overdue.tasks[i] for i in order[start:end]]
            overdue.ground.registry.slash(batch, overdue.ground.keeper.account, True)
        assert overdue.balances() == expected, "I7"


def test_the_amounts_differ(overdue: Overdue, expected: list[tuple[int, int]]) -> None:
    """The tasks tried are unlike each other, so that an order could matter; what is slashed is shared out exactly."""
    before = overdue.balances()
    lost = [a[0] + a[1] - b[0] - b[1] for a, b in zip(before, expected, strict=True)]
    assert sum(lost) == 0
    assert len({amount for amount in lost if amount}) >= 6
    assert lost[BURN] < 0
    assert lost[POOL] < 0
