"""The EVM within the process beside verbs: ``python -m sim.peers.bench PYTHON [FILE]``.

PYTHON is the interpreter of the environment verbs (an agent-based simulator of Ethereum on revm) is installed in. Both
execute the same calldata from the same state at the same times, and have to come to the same words of all accounts.
Times are of the processor, both in one thread, and of the calls alone: set-up, encoding, the model and comparisons are
left out. verbs meters gas and collects events, ours does neither; such is what each of them offers to a simulation.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from offchain.chain.artifacts import artifacts
from offchain.chain.deployment import TOKEN, creation_code
from offchain.errors import BallastError, ChainError, UserError
from sim.engines.contracts import Call
from sim.engines.engine import GENESIS
from sim.engines.evm import EvmEngine
from sim.evm.chain import Transaction, encoded
from sim.run import Run
from sim.scenario import Scenario

SCENARIO = replace(Scenario(), periods=10)
SETTING_UP = 2
"""Blocks before the first task."""
ROUNDS = 5
REPLAY = Path(__file__).with_name("replay.py")


class Recorder(EvmEngine):
    """Notes what it executes, and what it is asked at the end of each period."""

    def __init__(self) -> None:
        self.blocks: list[tuple[int, list[Call]]] = []
        self.views: list[tuple[str, bytes]] = []
        super().__init__(SCENARIO.network())

    def _execute(self, groups: list[list[Call]], timestamp: int) -> None:
        self.blocks.append((timestamp, [call for group in groups for call in group]))
        self.views = []
        super()._execute(groups, timestamp)

    def _call(self, receiver: str, data: bytes) -> bytes:
        self.views.append((receiver, data))
        return super()._call(receiver, data)


def record() -> tuple[Recorder, int]:
    """Run the scenario and give what was executed, and the number of tasks."""
    recorder = Recorder()
    try:
        summary = Run(SCENARIO).execute(recorder)
    finally:
        recorder.close()
    return recorder, int(summary["tasks_opened"])


def replay(recorder: Recorder) -> tuple[float, list[str]]:
    """Execute it again on a fresh chain and give the seconds, and what the views return.

    Raises
    ------
    ChainError
        If a call fails.
    """
    engine = EvmEngine(SCENARIO.network())
    engine.close()
    chain = engine.chain
    seconds = 0.0
    for i, (timestamp, calls) in enumerate(recorder.blocks):
        transactions = [Transaction(encoded(sender), encoded(to), data) for sender, to, data in calls]
        chain.begin_block(timestamp)
        started = time.process_time()
        failures = chain.execute(transactions)
        seconds += (time.process_time() - started) * (i >= SETTING_UP)
        if failures:
            raise ChainError(f"call {failures[0].place} of block {i} failed: {failures[0].reason}")
    return seconds, [chain.view(encoded(to), data).hex() for to, data in recorder.views]


def replay_on_verbs(python: str, recorder: Recorder) -> dict[str, Any]:
    """Execute it on verbs and give the seconds, the gas, and what the views return.

    Raises
    ------
    UserError
        If verbs cannot be run, with the last line of what was said.
    """
    deployment = recorder.deployment
    arguments = {TOKEN: (), **{name: contract.arguments for name, contract in deployment.contracts.items()}}
    recorded = {
        "deployer": deployment.deployer[2:],
        "genesis": GENESIS,
        "codes": [creation_code(artifacts()[name], values).hex() for name, values in arguments.items()],
        "setting_up": SETTING_UP,
        "blocks": [(at, [(s[2:], to[2:], data.hex()) for s, to, data in calls]) for at, calls in recorder.blocks],
        "views": [(to[2:], data.hex()) for to, data in recorder.views],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as stream:
        json.dump(recorded, stream)
        stream.flush()
        try:
            done = subprocess.run([python, str(REPLAY), stream.name], capture_output=True, text=True)
        except OSError as error:
            raise UserError(f"{python} cannot be run: {error.strerror}; `make bench` installs it") from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise UserError(f"verbs did not run: {said[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def measure(python: str) -> dict[str, Any]:
    """Measure both in turns, the best of some rounds each.

    Raises
    ------
    ChainError
        If they do not come to the same state.
    """
    recorder, tasks = record()
    own, theirs = [], []
    gas = 0
    for _ in range(ROUNDS):
        seconds, words = replay(recorder)
        own.append(seconds)
        answer = replay_on_verbs(python, recorder)
        theirs.append(float(answer["seconds"]))
        gas = int(answer["gas"])
        if answer["words"] != words:
            raise ChainError("verbs and the EVM within the process come to different states")
    return {
        "tasks": tasks,
        "evm_tasks_per_cpu_second": round(tasks / min(own)),
        "verbs_tasks_per_cpu_second": round(tasks / min(theirs)),
        "ratio_to_verbs": round(min(theirs) / min(own), 1),
        "gas_per_task": round(gas / tasks, 1),
    }


def main() -> None:
    """Measure, print, write."""
    if len(sys.argv) < 2:
        sys.exit("bench: give the Python that has verbs; `make bench` does")
    try:
        figures = measure(sys.argv[1])
    except BallastError as error:
        sys.exit(f"bench: {error}")
    table = Table(title="the EVM within the process, and verbs")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    Console().print(table)
    if len(sys.argv) > 2:
        target = Path(sys.argv[2])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
