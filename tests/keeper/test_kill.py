"""A keeper killed at every write boundary, one after the other, goes on with its journal, or without it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.keeper.faults import Killed, KilledForgetful
from tests.keeper.run import ALWAYS, CALM, SECONDS, Fault, Run, Stage


class Watch(Fault):
    """Nothing goes wrong; the write boundaries are written down."""

    kind = "nothing"
    last_moment = len(SECONDS)

    def interval(self, rng: Random) -> tuple[int, int]:
        """Be there from the start to the end."""
        del rng
        return 0, ALWAYS

    def begin(self) -> None:
        """Write down every boundary from now on."""
        self.names: list[str] = []
        self.run.actor.checkpoint = self.names.append


def boundaries(stage: Stage) -> list[str]:
    """Write boundaries of the first epoch of an undisturbed run, in order."""
    watch = Watch(Random(0))
    Run(stage, "undisturbed", [watch], epochs=1).execute()
    return watch.names


def test_there_are_boundaries_around_every_write(stage: Stage) -> None:
    names = boundaries(stage)
    assert len(names) > 4
    for before, after in zip(names[::2], names[1::2], strict=True):
        where, when, _ = before.split(":", 2)
        assert where in ("journal", "send")
        assert when == "before"
        assert after == before.replace("before", "after", 1)
    assert any(name.startswith("send:") for name in names)


@pytest.mark.parametrize("kind", [Killed, KilledForgetful])
def test_survives_every_boundary(
    kind: type[Killed], stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    survived = 0
    for boundary in range(1, 200):
        fault = kind(Random(boundary))
        fault.first, fault.end, fault.boundary = 0, len(SECONDS) - CALM, boundary
        Run(stage, f"boundary {boundary}", [fault], epochs=1).execute()
        if not fault.happened:
            break
        survived += 1
    assert survived >= len(boundaries(stage)) // 2
    record_property("fault runs", {fault.kind: survived, "runs": survived})
    print(f"keeper killed at each of {survived} write boundaries, {fault.kind}")
