"""The moments of a task's life, by hand and in their order."""

from __future__ import annotations

from ballast.model import deadlines
from ballast.model.constants import DISPUTE_SECONDS
from tests.model.properties import assume, given, integers

OPENED, STEPS, SECONDS = 1_000, 8, 3


def test_by_hand() -> None:
    """Eight steps of three seconds from 1,000 on."""
    assert deadlines.closing(OPENED, STEPS, SECONDS) == 1_024
    assert deadlines.awarded(OPENED, 0, SECONDS) == 1_003
    assert deadlines.awarded(OPENED, 7, SECONDS) == 1_024
    assert deadlines.due(1_003, 600) == 1_603
    assert deadlines.chance_until(1_024, 500) == 1_524
    assert deadlines.rescue_until(1_603, 0, 500) == 2_103
    assert deadlines.challenge_until(1_500, 60) == 1_560
    assert deadlines.challenge_until(0, 60) == 60
    assert deadlines.dispute_until(1_500) == 1_500 + 5 * 24 * 60 * 60 == 1_500 + DISPUTE_SECONDS


def test_longest_life_by_hand() -> None:
    """Two clocks of 24 s, two executions of 600 s, three waits of 500 s, a challenge of 60 s and a dispute."""
    life = 2 * 24 + 2 * 600 + 3 * 500 + 60 + DISPUTE_SECONDS
    assert deadlines.longest_life(STEPS, SECONDS, 600, 500, 60) == life


def test_a_rescuer_that_is_late_leaves_no_time_for_another() -> None:
    assert deadlines.rescue_until(1_603, 1, 500) == 1_603


def test_a_step_begins_with_its_first_second() -> None:
    """And the clock goes on counting after its end."""
    steps = [deadlines.present_step(OPENED, SECONDS, OPENED + seconds) for seconds in (0, 2, 3, 23, 24, 300)]
    assert steps == [0, 0, 1, 7, 8, 100]


@given(step=integers(0, 62), steps=integers(2, 63), seconds=integers(1, 2**16 - 1), late=integers(0, 2**16 - 1))
def test_a_step_lasts_until_whoever_leads_at_it_has_the_task(step: int, steps: int, seconds: int, late: int) -> None:
    """The last step until the clock has run through."""
    assume(step < steps and late < seconds)
    awarded = deadlines.awarded(OPENED, step, seconds)
    assert deadlines.present_step(OPENED, seconds, awarded - seconds + late) == step
    assert deadlines.present_step(OPENED, seconds, awarded) == step + 1
    assert (awarded == deadlines.closing(OPENED, steps, seconds)) == (step == steps - 1)
