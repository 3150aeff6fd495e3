"""Faults that meet: each alone is survived, and so is what one does to the other; the checks know the difference."""

from __future__ import annotations

from random import Random
from typing import TypeVar

from tests.keeper.faults import Gap, Reorg, ReorgWithout, Underfunded
from tests.keeper.network import BOND
from tests.keeper.run import Fault, Run, Stage
from tests.keeper.several import Dies, FrontRunner, LatePost

F = TypeVar("F", bound=Fault)
DEEP = 15
"""Blocks of a reorg that goes back beyond what was mined in the two moments before it."""


def at(fault: F, first: int, end: int) -> F:
    """Have a fault at some moments."""
    fault.first, fault.end = first, end
    return fault


def reorg(kind: type[Reorg], moment: int, seed: int = 0) -> Reorg:
    """Make a deep reorg at a moment."""
    fault = at(kind(Random(seed)), moment, moment + 1)
    fault.depth = DEEP
    return fault


class Away(Fault):
    """The keeper does not run."""

    kind = "away"

    def step(self) -> bool:
        """Do nothing."""
        return True


def test_a_wrong_post_that_a_reorg_undid_costs_nothing(stage: Stage) -> None:
    rogue = LatePost(Random(1))
    run = Run(stage, "wrong post undone", [rogue, reorg(Reorg, 4)], epochs=1)
    run.execute()
    assert rogue.happened
    assert not any(map(run.network.succeeded, rogue.wrong))
    assert run.network.bond_of(rogue.poster) == BOND


def test_a_rogue_whose_bond_a_reorg_undid_cannot_post(stage: Stage) -> None:
    rogue = FrontRunner(Random(1))
    run = Run(stage, "bond undone", [rogue, reorg(Reorg, 1)], epochs=1)
    run.execute()
    assert rogue.acted
    assert run.network.bond_of(rogue.poster) == 0


def test_a_keeper_whose_bond_a_reorg_undid_bonds_itself(stage: Stage) -> None:
    run = Run(stage, "honest bond undone", [at(Dies(Random(1)), 0, 2), reorg(ReorgWithout, 1)], epochs=1)
    run.execute()
    for actor in run.actors[1:]:
        assert 0 < run.network.bond_of(actor.poster) < BOND


def test_a_rogue_posts_while_a_new_branch_is_short(stage: Stage) -> None:
    """It takes blocks, so that the blocks after them are later than those they take the place of."""
    looking = next(seed for seed in range(100) if looks(seed))
    rogue = LatePost(Random(1))
    run = Run(stage, "looks", [rogue, reorg(Reorg, 3, looking)], epochs=1)
    run.execute()
    assert len(rogue.wrong) == 2, "once on the short branch, once more in vain"
    assert sum(map(run.network.succeeded, rogue.wrong)) == 1


def looks(seed: int) -> bool:
    """Whether the keeper looks while the new branch of such a reorg is short."""
    rng = Random(seed)
    Reorg(rng)
    return rng.random() < 0.3


def test_the_same_pages_are_poked_in_two_epochs(stage: Stage) -> None:
    run = Run(stage, "away", [at(Away(Random(1)), 0, 4), at(Away(Random(1)), 6, 10)])
    run.execute()
    poked = [(t["name"], t["epoch"], t["input"]) for t in run.network.transactions(run.actor.address)]
    assert [each[:2] for each in poked] == [("poke", epoch) for epoch in run.epochs]
    assert len({each[2] for each in poked}) == 1


def test_nobody_can_use_a_key_that_cannot_pay(stage: Stage) -> None:
    gap = at(Gap(Random(1)), 1, 4)
    Run(stage, "no funds", [at(Underfunded(Random(1)), 0, 4), gap], epochs=1).execute()
    assert not gap.happened
