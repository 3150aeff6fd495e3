"""The tasks that live: what is due at a turn, where a task has its place, and that nothing is forgotten."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest

from ballast.model import deadlines
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.sim.engines.evm import EvmEngine
from ballast.sim.market.records import TASK, new_market
from ballast.sim.market.steps import LATE, LIVE, NOBODY, SUBMITTED, WON, set_time
from ballast.sim.moments import Moments
from ballast.sim.period.pool import (
    BID,
    DONE,
    DONE_BY_OPERATORS,
    ENDED,
    EVENTS_A_WAVE,
    KINDS,
    LISTS,
    LIVING,
    LOST,
    NEVER,
    NOTED,
    OVERDUE,
    PAYABLE,
    UNSOLD,
    WRONG_ONES,
    end,
    new_pool,
    note,
    noted,
    put,
    sort_out,
)
from ballast.sim.run import ENGINES, Run, run_on
from ballast.sim.scenario import Scenario
from tests.model.properties import given, integers, lists

NOW: Final = 10_000
OPERATOR, OTHER = 4, 9
TERMS: Final = ClassParameters(rescue_seconds=60, challenge_seconds=45)


def market() -> Any:
    """Market with one class, at ``NOW``."""
    found = new_market(NetworkParameters(), 0, 16, 1, 1, 64)
    found.classes[1]["rescue_seconds"], found.classes[1]["challenge_seconds"] = (
        TERMS.rescue_seconds,
        TERMS.challenge_seconds,
    )
    set_time(found, NOW)
    return found


def sorted_out(tasks: list[dict[str, int]]) -> list[set[int]]:
    """Find out what is due, and give the lists, by a task's place among those that lived."""
    pool = new_pool(1, 64, 1, noted=False)
    for place, values in enumerate(tasks):
        pool.tasks[place]["class_id"], pool.tasks[place]["operator"] = 1, OPERATOR
        for name, value in values.items():
            pool.tasks[place][name] = value
        put(pool, LIVING, place)
    sort_out(market(), pool, NOW + 1)
    found = [pool.lists[which, : pool.counts[which]].tolist() for which in range(LISTS)]
    assert all(places == sorted(places) and len(set(places)) == len(places) for places in found)
    return [set(places) for places in found]


CASES: dict[str, tuple[dict[str, int], int | None, bool]] = {
    "nobody bid": ({"status": NOBODY}, UNSOLD, True),
    "nobody bid a second time": ({"status": NOBODY, "rising": 1}, UNSOLD, False),
    "at work": ({"status": WON, "executor": OTHER, "due": NOW, "ready": NOW + 2}, None, True),
    "done when bids are placed": ({"status": WON, "executor": OTHER, "due": NOW, "ready": NOW + 1}, DONE, True),
    "an operator at work": ({"status": WON, "executor": OPERATOR, "due": NOW, "ready": NOW + 1}, None, True),
    "an operator done": ({"status": WON, "executor": OPERATOR, "due": NOW, "ready": NOW}, DONE_BY_OPERATORS, True),
    "never done, not yet due": ({"status": WON, "executor": OTHER, "due": NOW, "ready": NEVER}, None, True),
    "overdue": ({"status": WON, "executor": OTHER, "due": NOW - 1, "ready": NEVER}, OVERDUE, True),
    "done too late": ({"status": WON, "executor": OTHER, "due": NOW - 1, "ready": NOW - 1}, OVERDUE, True),
    "a rescuer overdue": ({"status": WON, "executor": OTHER, "due": NOW - 1, "rescued": 1}, OVERDUE, False),
    "late, to be rescued yet": ({"status": LATE, "due": NOW - TERMS.rescue_seconds}, None, True),
    "beyond rescue": ({"status": LATE, "due": NOW - TERMS.rescue_seconds - 1}, LOST, False),
    "wrong": ({"status": SUBMITTED, "time": NOW, "wrong": 1}, WRONG_ONES, False),
    "to be challenged yet": ({"status": SUBMITTED, "time": NOW - TERMS.challenge_seconds}, None, True),
    "beyond all challenge": ({"status": SUBMITTED, "time": NOW - TERMS.challenge_seconds - 1}, PAYABLE, False),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_due_is_found_to_the_second(case: str) -> None:
    values, which, lives = CASES[case]
    found = sorted_out([values])
    expected: list[set[int]] = [set() for _ in range(LISTS)]
    if which is not None:
        expected[which] = {0}
    expected[LIVING] = {0} if lives else set()
    assert found == expected


task_values = [
    {
        "status": status,
        "executor": executor,
        "rising": flag,
        "rescued": flag,
        "wrong": wrong,
        "due": NOW + at,
        "time": NOW + at,
    }
    | {"ready": NOW + at + late}
    for status in (NOBODY, WON, SUBMITTED, LATE)
    for executor in (OPERATOR, OTHER)
    for flag in (0, 1)
    for wrong in (0, 1)
    for at in (-61, -60, -46, -45, -1, 0, 1)
    for late in (-1, 0, 1, 2)
]


@given(chosen=lists(integers(0, len(task_values) - 1), 64))
def test_every_task_is_in_one_list_at_most_and_lives_or_ends(chosen: list[int]) -> None:
    """Whatever tasks there are, side by side; what lives is told by the model's deadlines alone."""
    tasks = [task_values[i] for i in chosen]
    found = sorted_out(tasks)
    due = [place for which in range(LIVING) for place in found[which]]
    assert len(set(due)) == len(due)
    for place, task in enumerate(tasks):
        ends = {
            NOBODY: task["rising"] == 1,
            WON: task["due"] < NOW and task["rescued"] == 1,
            LATE: deadlines.rescue_until(task["due"], task["rescued"], TERMS.rescue_seconds) < NOW,
            SUBMITTED: task["wrong"] == 1 or deadlines.challenge_until(task["time"], TERMS.challenge_seconds) < NOW,
        }[task["status"]]
        assert (place in found[LIVING]) == (not ends)
        assert ends <= (place in due)


def test_what_ends_is_kept_as_it_was() -> None:
    pool = new_pool(1, 2, 3, noted=False)
    for number in (7, 8):
        pool.tasks[1]["number"] = number
        end(pool, 1)
    pool.tasks[1]["number"] = 9
    assert pool.ended["number"][: pool.counts[ENDED]].tolist() == [7, 8]
    assert len(pool.ended) == 2 + 3


def test_events_are_noted_in_their_order_if_asked_for() -> None:
    task = np.zeros(1, TASK)
    task["number"], task["class_id"], task["operator"], task["reward"] = 5, 2, OPERATOR, 70
    for asked in (True, False):
        pool = new_pool(2, 3, 1, noted=asked)
        note(pool, BID, OTHER, task[0], 600_000, 9_000)
        note(pool, BID, OTHER + 1, task[0], 500_000, 8_000)
        names = ("place", "kind", "account", "number", "class_id", "reward", "operator", "price", "load")
        rows = [
            (0, BID, OTHER, 5, 2, 70, OPERATOR, 600_000, 9_000),
            (1, BID, OTHER + 1, 5, 2, 70, OPERATOR, 500_000, 8_000),
        ]
        assert [tuple(event[name] for name in names) for event in noted(pool)] == rows * asked
        assert pool.counts[NOTED] == 2 * asked


def test_a_task_has_its_place_as_long_as_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's row and the slot; no wave notes more events of a place than there is room for."""
    most = np.zeros(KINDS, dtype=np.int64)

    class Counted(EvmEngine):
        def carry_out(self, keeper: int, start: int, moments: Moments, events: Any, /) -> None:
            of_place = np.unique(np.stack((events["operator"], events["slot"])), axis=1, return_counts=True)[1]
            assert of_place.max(initial=0) <= EVENTS_A_WAVE
            most[:] += np.bincount(events["kind"], minlength=KINDS)
            super().carry_out(keeper, start, moments, events)

    monkeypatch.setitem(ENGINES, "evm", Counted)
    scenario = Scenario(
        operators=3,
        coprocessors=5,
        periods=10,
        tasks_per_period=60,
        utilisation=1.2,
        work=2.0,
        effort=0.6,
        waiting=True,
        incentives=False,
        room_worth=False,
    )
    known: dict[int, int] = {}

    def watch(run: Run) -> None:
        pool, slots = run.world.pool, run.world.market.slots.shape[1]
        places = pool.lists[LIVING, : pool.counts[LIVING]]
        live = pool.tasks[places]
        assert len(set(places.tolist())) == len(places) == run.periods["live"][run.done]
        assert (run.world.rows[live["operator"]] * slots + live["slot"] == places).all()
        assert (live["outcome"] == LIVE).all()
        assert (np.diff(live["opened"][live["second_chance"] == 0]) >= 0).all()
        for number, place in zip(live["number"].tolist(), places.tolist(), strict=True):
            assert known.setdefault(number, place) == place
        assert not set(run.tasks["number"].tolist()) & set(live["number"].tolist())

    run = run_on(scenario, "evm", watch=watch)
    assert (most > 0).all(), "every kind of event happened"
    assert run.summary["state_digest"] == run_on(scenario, "twin").summary["state_digest"]
    assert len(known) > 400
