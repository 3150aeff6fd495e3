"""Stopping a run and going on with it: its state after a complete period, in one file.

The workload, the population and everything else drawn at the beginning follow from the scenario; the file holds what
changes: every array of the run and of the engine, the digest, and the states of the random number generators. A trace
may change or be moved meanwhile, so the file also holds a digest of the tasks.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from ballast.errors import UserError
from ballast.sim.engines.engine import Resumable
from ballast.sim.state import RunState
from ballast.sim.workload.tasks import COLUMNS
from ballast.writing import replacing

EVERY: Final = 10.0
"""Seconds between two checkpoints."""
TASKS: Final = "tasks"
"""Name of the digest of the tasks."""
WAITING: Final = ("queue", "queue_draws")
"""Arrays of a run that change their size."""
CONTRACTS: Final = "contracts"
"""Name of a scenario's parameters of the contracts, which are many."""


def identity(state: RunState) -> dict[str, str]:
    """Give what a run must have in common with a checkpoint to go on from it; of a trace, what is in it."""
    known = {name: str(value) for name, value in state.asked.to_table().items() if name != "workload"}
    tasks = hashlib.sha256()
    for name in COLUMNS:
        tasks.update(getattr(state.demand, name).tobytes())
    return {"engine": state.engine.name, **known, TASKS: tasks.hexdigest()}


def arrays_of(state: RunState) -> Iterator[tuple[str, Any]]:
    """Arrays of a run that change, by name."""

    def within(prefix: str, values: Any) -> Iterator[tuple[str, Any]]:
        for name, value in values._asdict().items():
            if hasattr(value, "_asdict"):
                yield from within(f"{prefix}.{name}", value)
            else:
                yield f"{prefix}.{name}", value

    yield from within("world", state.world)
    yield "periods", state.periods
    yield "edges", state.edges
    yield "waited", state.waited
    yield "by_class", state.by_class
    yield from ((f"history.{name}", rows) for name, rows in state.history.items())


def save(state: RunState, path: Path) -> None:
    """Write a run's state after its last complete period; the file is replaced whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written; what was there before stays.
    """
    known = {
        "identity": identity(state),
        "done": state.done,
        "digest": state.digest.hex(),
        "posted": state.posted,
        "memories": [each.memory() for each in state.memories],
        "generators": [rng.bit_generator.state for rng in state.generators],
    }
    assert isinstance(state.engine, Resumable)
    engine = {f"engine.{name}": array for name, array in state.engine.snapshot().items()}
    with replacing(path) as stream:
        waiting = {name: getattr(state, name) for name in WAITING}
        np.savez(stream, known=np.array(json.dumps(known)), **dict(arrays_of(state)), **waiting, **engine)


def restore(state: RunState, path: Path) -> None:
    """Bring a run that has been set up to the state of a checkpoint.

    Raises
    ------
    UserError
        If the file is no checkpoint, or one of another scenario or engine.
    """
    assert isinstance(state.engine, Resumable)
    try:
        with np.load(path, allow_pickle=False) as stored:
            known = json.loads(str(stored["known"]))
            for name, value in identity(state).items():
                begun = known["identity"][name]
                if begun != value:
                    given = f"{name} {begun}, not {value}"
                    if name == TASKS:
                        given = f"other tasks than those of {state.scenario.workload or 'the scenario'}"
                    if name == CONTRACTS:
                        given = "other parameters of the contracts"
                    raise UserError(
                        f"--resume: {path.parent} was begun with {given}; give the same scenario, options and trace, "
                        "or another --out"
                    )
            for name, array in arrays_of(state):
                array[...] = stored[name]
            state.queue, state.queue_draws = (stored[name] for name in WAITING)
            state.engine.restore(
                {n.removeprefix("engine."): stored[n] for n in stored.files if n.startswith("engine.")}
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"--resume: {path} cannot be read ({error}); remove {path.parent} and begin anew") from error
    state.done, state.posted = known["done"], known["posted"]
    state.digest = bytes.fromhex(known["digest"])
    for each, memory in zip(state.memories, known["memories"], strict=True):
        each.recall(memory)
    for rng, place in zip(state.generators, known["generators"], strict=True):
        rng.bit_generator.state = place
