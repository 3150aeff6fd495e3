"""Reorgs of every depth from 1 to 20 blocks, with and without the keeper's transactions, at every moment."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.keeper.faults import Reorg, ReorgWithout
from tests.keeper.run import REORG, SECONDS, Run, Stage


@pytest.mark.parametrize("kind", [Reorg, ReorgWithout])
def test_survives_every_depth(kind: type[Reorg], stage: Stage, record_property: Callable[[str, object], None]) -> None:
    for depth in range(1, REORG + 1):
        fault = kind(Random(depth))
        moment = 1 + depth % (len(SECONDS) - 2)
        fault.first, fault.end, fault.depth = moment, moment + 1, depth
        Run(stage, f"depth {depth}", [fault], epochs=1).execute()
        assert fault.happened == depth
    record_property("fault runs", {kind.kind: REORG, "runs": REORG})
