"""A function that machine code holds cannot be replaced unnoticed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

import ballast
from ballast.errors import ReplacedError

SMALL = ballast.Scenario(operators=3, coprocessors=3, periods=2, tasks_per_period=9)
HELD = (
    "ballast.model.load_curve.amplifier",
    "ballast.model.load_curve.rate",
    "ballast.model.slash_split.split",
    "ballast.sim.market.steps.slash",
    "ballast.sim.market.rules.entry_falling",
    "ballast.sim.market.epochs.turn",
    "ballast.sim.period.endings.slash",
    "ballast.sim.period.allocation.load_with",
    "ballast.sim.period.play.play",
)
LATER = """
import {module} as room
room.{name} = lambda *arguments: 1
import ballast
try:
    ballast.simulate(ballast.Scenario(operators=3, coprocessors=3, periods=2, tasks_per_period=9))
except ballast.BallastError as error:
    print(error)
"""


def run() -> ballast.Results:
    return ballast.simulate(SMALL)


@pytest.mark.parametrize("held", HELD)
def test_a_function_replaced_before_a_run(held: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    module, _, name = held.rpartition(".")
    before: Callable[..., Any] = getattr(import_module(module), name)
    monkeypatch.setattr(held, lambda *arguments: before(*arguments))
    with pytest.raises(ReplacedError, match=f"^{held} was replaced, .* ballast.simulate a workload, a population"):
        run()
    monkeypatch.undo()
    run()


def test_a_number_replaced_before_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.sim.period.endings.PPM", 10)
    with pytest.raises(ReplacedError, match=r"^ballast\.sim\.period\.endings\.PPM was replaced"):
        run()
    monkeypatch.setattr("ballast.sim.period.endings.PPM", 10**6)
    run()


def test_a_function_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("ballast.sim.market.steps.settle")
    with pytest.raises(ReplacedError, match=r"^ballast\.sim\.market\.steps\.settle was replaced"):
        run()


@pytest.mark.parametrize("held", ["ballast.model.load_curve.amplifier", "ballast.sim.market.steps.slash"])
def test_a_function_replaced_before_the_market_is_loaded(held: str) -> None:
    module, _, name = held.rpartition(".")
    program = [sys.executable, "-c", LATER.format(module=module, name=name)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.startswith(f"{held} was replaced"), done.stdout + done.stderr
