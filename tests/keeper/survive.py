"""Drawing and surviving many random runs, and counting them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

from tests.keeper.faults import KINDS
from tests.keeper.run import ALWAYS, BOTH, SECONDS, Fault, Run, Stage
from tests.keeper.several import SEVERAL

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
RUNS = 5_300 if DEEP else 330
"""A few more than are to be survived with a fault in them, since some faults find nothing to disturb."""
CHUNK = 25
TWO_AT_ONCE = 0.25
ALL = (*KINDS, *SEVERAL)
OVER_WEBSOCKET = "runs over WebSocket"
"""Name of the runs in which a node is reached over a WebSocket."""


SEED = os.environ.get("BALLAST_FAULT_SEED", "1")
"""Set by the settings of the suite: always the same, or a new one for a deep search."""


def draw(seed: str, index: int, drawn: Sequence[type[Fault]] = ALL) -> tuple[list[Fault], int]:
    """Draw what goes wrong in a run: one kind in turn, and sometimes a second one; and how many epochs it lasts."""
    rng = Random(f"{seed} {index}")
    kinds = [drawn[index % len(drawn)]]
    if rng.random() < TWO_AT_ONCE:
        kinds.append(rng.choice(KINDS))
    faults = [kind(rng) for kind in kinds]
    epochs = 2 if rng.random() < BOTH else 1
    for fault in faults:
        if epochs == 2 and fault.end < ALWAYS and rng.random() < 0.3:
            fault.move(len(SECONDS))
    return faults, epochs


def survive(stage: Stage, indices: Iterable[int], seed: str = SEED, drawn: Sequence[type[Fault]] = ALL) -> Counter[str]:
    """Go through runs; the faults survived, by kind, and the runs in which there was one.

    Parameters
    ----------
    stage : Stage
        Where, and with it in what role.
    indices : iterable of int
        Of the runs.
    seed : str
        Seed of all of them.
    drawn : sequence of type
        Kinds of faults, one in turn for each run.

    Raises
    ------
    AssertionError
        If something does not hold after a run, with how to repeat it.
    """
    survived: Counter[str] = Counter()
    for index in indices:
        faults, epochs = draw(seed, index, drawn)
        run = Run(stage, f"{seed} {index}", faults, epochs)
        try:
            run.execute()
        except BaseException as error:
            told = ", ".join(f"{f.kind} at moments {f.first} to {f.end}" for f in faults)
            error.add_note(f"fault run {index} of seed {seed}: {told}")
            raise
        survived.update({f.kind for f in faults if f.happened})
        if any(f.happened for f in faults):
            survived.update({"runs"} | {OVER_WEBSOCKET for url in run.urls if url.startswith("ws")})
    return survived
