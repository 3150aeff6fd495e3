"""The moments of a period: those of a class fit all time limits of its tasks, or there are none."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballast.errors import ParameterError
from ballast.model import deadlines
from ballast.model.parameters import ClassParameters
from ballast.sim.moments import Moments, begins, moments_of
from ballast.sim.scenario import EPOCH_SECONDS, MAX_WAVES, Scenario


def test_the_moments_of_the_scenarios_own_class() -> None:
    scenario = Scenario()
    assert moments_of(scenario.task_class(), EPOCH_SECONDS, scenario.waves) == Moments(320, 8, 1, 2, 4, 40)


@given(
    steps=st.integers(2, 63),
    step_seconds=st.integers(2, 300),
    waves=st.integers(1, MAX_WAVES),
    more=st.integers(0, 1_000),
    limits=st.tuples(*(st.integers(0, 500),) * 3),
)
def test_whatever_a_task_does_is_within_its_time_limits(
    steps: int, step_seconds: int, waves: int, more: int, limits: tuple[int, int, int]
) -> None:
    clock = steps * step_seconds
    epoch_seconds = clock * waves + more
    gap = -(-epoch_seconds // waves)
    submit, rescue, challenge = limits
    terms = replace(
        ClassParameters(),
        steps=steps,
        step_seconds=step_seconds,
        submit_seconds=2 * gap + submit,
        rescue_seconds=gap + rescue,
        challenge_seconds=gap + challenge,
    )
    at = moments_of(terms, epoch_seconds, waves)
    starts = [begins(at, 0, wave) for wave in range(waves)]
    starts += [epoch_seconds + start for start in starts]
    distances = [later - earlier for earlier, later in pairwise(starts)]
    assert max(distances) <= at.gap
    for distance in distances:
        closes = deadlines.closing(at.turn, steps, step_seconds)
        assert at.turn < at.bid < at.bid_later < closes <= distance + at.turn
        # the next turn is in time for a second chance, for a rescue after any due, and for a challenge
        assert distance + at.turn <= deadlines.chance_until(closes, terms.rescue_seconds)
        assert distance <= terms.rescue_seconds
        assert distance + at.turn <= deadlines.challenge_until(at.bid, terms.challenge_seconds)


@pytest.mark.parametrize(
    ("change", "waves", "message"),
    [
        (
            {"steps": 2, "step_seconds": 1},
            8,
            "steps and step_seconds make a clock of 2 seconds: a run needs at least 3",
        ),
        ({"submit_seconds": 79}, 8, "submit_seconds is 79: .* every 40 seconds, and needs at least 80; give more --w"),
        ({"rescue_seconds": 39}, 8, "rescue_seconds is 39: .* every 40 seconds, and needs at least 40; give more --w"),
        ({"challenge_seconds": 39}, 8, "challenge_seconds is 39: .* needs at least 40"),
        ({}, 21, "waves is 21, and epoch_seconds 320: .* clock, 16 seconds, or longer: give at most 20 --waves"),
        ({"step_seconds": 41}, 1, "waves is 1, and epoch_seconds 320: .* 328 seconds, .* give an epoch of 328 seconds"),
    ],
)
def test_terms_that_leave_no_moment(change: dict[str, Any], waves: int, message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}"):
        moments_of(replace(Scenario().task_class(), **change), EPOCH_SECONDS, waves)


def test_terms_that_just_leave_one() -> None:
    just = replace(Scenario().task_class(), submit_seconds=80, rescue_seconds=40, challenge_seconds=40)
    assert moments_of(just, EPOCH_SECONDS, 8).gap == 40
    assert moments_of(replace(just, steps=3, step_seconds=1), EPOCH_SECONDS, 8).bid_later == 3
    assert moments_of(just, EPOCH_SECONDS, 20).gap == 16
