"""The EVM within the process beside verbs, an agent-based simulator of Ethereum on revm.

Both execute the same calldata from the same state at the same times, and have to come to the same words of all
accounts. Times are of the processor, both in one thread, and of the calls alone: set-up, encoding, the model and
comparisons are left out. verbs meters gas and collects events, ours does neither; such is what each of them offers to a
simulation.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from ballast.chain.artifacts import artifacts
from ballast.deployment import TOKEN, creation_code
from ballast.errors import ChainError, PeerError
from ballast.evm.chain import EvmTransaction, encoded
from ballast.sim.engines.contracts import SentCall
from ballast.sim.engines.engine import GENESIS
from ballast.sim.engines.evm import EvmEngine
from ballast.sim.run import Run
from ballast.sim.scenario import Scenario
from ballast.studies.peers.process import ask

SETTING_UP: Final = 2
"""Blocks before the first task."""


@dataclass(frozen=True)
class CallRates:
    """What was measured.

    Attributes
    ----------
    own, theirs : float
        Tasks a second of the processor, here and on verbs.
    gas_per_task : float
        As verbs meters it.
    version : str
        Of verbs.
    """

    own: float
    theirs: float
    gas_per_task: float
    version: str


class Recorder(EvmEngine):
    """Notes what it executes, and what it is asked at the end of each period."""

    def __init__(self, scenario: Scenario) -> None:
        self.parameters = scenario.network()
        self.blocks: list[tuple[int, list[SentCall]]] = []
        self.views: list[tuple[str, bytes]] = []
        super().__init__(self.parameters)

    def _execute(self, groups: list[list[SentCall]], timestamp: int) -> None:
        self.blocks.append((timestamp, [call for group in groups for call in group]))
        self.views = []
        super()._execute(groups, timestamp)

    def _call(self, receiver: str, data: bytes) -> bytes:
        self.views.append((receiver, data))
        return super()._call(receiver, data)


def record_calls(scenario: Scenario) -> tuple[Recorder, int]:
    """Run the scenario and give what was executed, and the number of tasks."""
    recorder = Recorder(scenario)
    try:
        summary = Run(scenario).execute(recorder)
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
    engine = EvmEngine(recorder.parameters)
    engine.close()
    chain = engine.chain
    seconds = 0.0
    for i, (timestamp, calls) in enumerate(recorder.blocks):
        transactions = [EvmTransaction(encoded(sender), encoded(to), data) for sender, to, data in calls]
        chain.begin_block(timestamp)
        started = time.process_time()
        failures = chain.execute(transactions)
        seconds += (time.process_time() - started) * (i >= SETTING_UP)
        if failures:
            raise ChainError(f"call {failures[0].place} of block {i} failed: {failures[0].reason}")
    return seconds, [chain.view(encoded(to), data).hex() for to, data in recorder.views]


def replay_on_verbs(recorder: Recorder) -> dict[str, Any]:
    """Execute it on verbs and give the seconds, the gas, and what the views return.

    Raises
    ------
    PeerError
        If verbs cannot be run.
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
    return ask("verbs_calls.py", recorded)


def measure_calls(scenario: Scenario, rounds: int) -> CallRates:
    """Measure both in turns, the best of some rounds each.

    Raises
    ------
    PeerError
        If verbs cannot be run, or they do not come to the same state.
    """
    recorder, tasks = record_calls(scenario)
    own, theirs = [], []
    for _ in range(rounds):
        seconds, words = replay(recorder)
        answer = replay_on_verbs(recorder)
        if answer["words"] != words:
            raise PeerError("verbs and the EVM within the process come to different states")
        own.append(tasks / seconds)
        theirs.append(tasks / float(answer["seconds"]))
    return CallRates(max(own), max(theirs), answer["gas"] / tasks, answer["version"])
