"""Scenarios: what is simulated, and at what moments of a period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from offchain.errors import ParameterError
from offchain.model.constants import MAX_TASK_SLOTS
from offchain.model.load_curve import DEFAULT_PRESET, PRESETS
from offchain.model.parameters import ClassParameters, NetworkParameters

CLOCKS = ("falling", "rising")
LIGHT, HEAVY = 1, 2
"""Numbers of the two task classes."""
LIGHT_COMPLEXITY, OPERATOR_COMPLEXITY, HEAVY_COMPLEXITY = 1, 5, 10
MAX_PARTICIPANTS = 10_000
MAX_PERIODS = 100_000

# Moments of a period, seconds after its start. A period is one epoch, and everything in it ends in it.
OPEN, BID, REOPEN, BID_AGAIN, SUBMIT, ENFORCE, SUBMIT_RESCUED, SETTLE = 1, 2, 18, 19, 150, 196, 198, 260
EPOCH_SECONDS = 270
STEPS, STEP_SECONDS = 8, 2
SUBMIT_SECONDS, RESCUE_SECONDS, CHALLENGE_SECONDS = 160, 60, 60


@dataclass(frozen=True)
class Scenario:
    """One run.

    Attributes
    ----------
    operators, coprocessors : int
        Participants.
    periods : int
        Periods, one epoch each.
    tasks_per_period : int
        Tasks opened in each period; with a workload, the workload says.
    slashing : float
        Lateness slash factor s, as a fraction of the collateral.
    preset : str
        Load curve.
    clock : str
        ``falling`` or ``rising``: direction of the first auction.
    seed : int
        Seed of everything random.
    workload : Path, optional
        A trace in the Standard Workload Format.
    """

    operators: int = 100
    coprocessors: int = 100
    periods: int = 50
    tasks_per_period: int = 1_000
    slashing: float = 0.1
    preset: str = DEFAULT_PRESET
    clock: str = "falling"
    seed: int = 1
    workload: Path | None = None

    def validate(self) -> None:
        """Refuse what cannot be simulated.

        Raises
        ------
        ParameterError
            With the option, its value, and what would be right.
        """
        for name, number, top in (
            ("operators", self.operators, MAX_PARTICIPANTS),
            ("coprocessors", self.coprocessors, MAX_PARTICIPANTS),
            ("periods", self.periods, MAX_PERIODS),
            ("tasks-per-period", self.tasks_per_period, MAX_TASK_SLOTS * self.operators),
        ):
            if not 1 <= number <= top:
                raise ParameterError(f"--{name} is {number}: give a whole number from 1 to {top}")
        if not 0.000001 <= self.slashing <= 1:
            raise ParameterError(f"--slashing is {self.slashing}: give a fraction from 0.000001 to 1")
        if self.preset not in PRESETS:
            raise ParameterError(f"--preset is {self.preset!r}: give one of {', '.join(PRESETS)}")
        if self.clock not in CLOCKS:
            raise ParameterError(f"--clock is {self.clock!r}: give one of {', '.join(CLOCKS)}")
        if self.seed < 0:
            raise ParameterError(f"--seed is {self.seed}: give a whole number from 0")

    def network(self) -> NetworkParameters:
        """Parameters of the contracts."""
        return replace(NetworkParameters(), epoch_seconds=EPOCH_SECONDS, preset=self.preset)

    def task_class(self, complexity: int) -> ClassParameters:
        """Terms of a task class."""
        slash_factor = round(self.slashing * 1_000_000)
        start, floor = (980_000, 500_000) if self.clock == "falling" else (500_000, 980_000)
        return replace(
            ClassParameters(),
            steps=STEPS,
            step_seconds=STEP_SECONDS,
            start=start,
            floor=floor,
            submit_seconds=SUBMIT_SECONDS,
            rescue_seconds=RESCUE_SECONDS,
            challenge_seconds=CHALLENGE_SECONDS,
            operator_share=min(50_000, slash_factor // 2),
            slash_factor=slash_factor,
            complexity=complexity,
        )
