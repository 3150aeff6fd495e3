"""Random fault runs, those of even number; what a run is and what must hold after it is in `run` and `faults`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.keeper.run import Stage
from tests.keeper.survive import CHUNK, RUNS, survive


@pytest.mark.parametrize("start", range(0, RUNS, 2 * CHUNK))
def test_survives(start: int, stage: Stage, record_property: Callable[[str, object], None]) -> None:
    record_property("fault runs", dict(survive(stage, range(start, min(start + 2 * CHUNK, RUNS), 2))))
