"""The moments of a period: those of a class fit all time limits of its tasks, or there are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballast.errors import ParameterError
from ballast.model.parameters import ClassParameters
from ballast.sim.moments import Moments, moments_of
from ballast.sim.scenario import EPOCH_SECONDS, Scenario


def test_the_moments_of_the_scenarios_own_class() -> None:
    assert moments_of(Scenario().task_class()) == Moments(1, 2, 10, 18, 19, 150, 196, 95, 198, 260, EPOCH_SECONDS)


@given(
    steps=st.integers(2, 63),
    step_seconds=st.integers(2, 300),
    submit=st.integers(0, 500),
    rescue=st.integers(0, 500),
    challenge=st.integers(0, 500),
)
def test_whatever_a_task_does_is_within_its_time_limits(
    steps: int, step_seconds: int, submit: int, rescue: int, challenge: int
) -> None:
    clock = steps * step_seconds
    least = 2 * clock + 3
    terms = replace(
        ClassParameters(),
        steps=steps,
        step_seconds=step_seconds,
        submit_seconds=least + submit,
        rescue_seconds=least + rescue,
        challenge_seconds=least + challenge,
    )
    at = moments_of(terms)
    phases = list(at._replace(for_all=0))
    phases.remove(0)
    assert phases == sorted(set(phases))
    first_close, second_close = at.open + clock, at.reopen + clock
    assert at.bid_later < first_close <= at.reopen <= first_close + terms.rescue_seconds
    assert at.bid_again < second_close
    # own tasks are due first, those won at the end of the second auction last
    assert second_close < at.submit <= at.open + terms.submit_seconds
    assert second_close + terms.submit_seconds < at.enforce <= at.open + terms.submit_seconds + terms.rescue_seconds
    assert at.enforce <= at.submit + terms.challenge_seconds
    assert at.for_all == second_close + terms.rescue_seconds + 1
    assert at.submit_rescued <= at.enforce + terms.submit_seconds
    assert at.submit_rescued + terms.challenge_seconds < at.settle
    assert second_close + terms.submit_seconds + terms.rescue_seconds < at.settle


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 2, "step_seconds": 1}, "steps and step_seconds make a clock of 2 seconds: a run needs at least 3"),
        ({"submit_seconds": 34}, "submit_seconds is 34: .* needs at least 35 with"),
        ({"rescue_seconds": 34}, "rescue_seconds is 34: .* needs at least 35 with"),
        ({"challenge_seconds": 34}, "challenge_seconds is 34: .* needs at least 35 with"),
    ],
)
def test_terms_that_leave_no_moment(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}"):
        moments_of(replace(Scenario().task_class(), **change))


def test_terms_that_just_leave_one() -> None:
    just = replace(Scenario().task_class(), submit_seconds=35, rescue_seconds=35, challenge_seconds=35)
    assert moments_of(just).submit == 36
    assert moments_of(replace(just, steps=3, step_seconds=1)).bid_later == 3
