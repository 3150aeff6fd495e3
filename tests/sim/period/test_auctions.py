"""What auctions see of a bidder lets it in exactly where the protocol's gate does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ballast.model import activity, gates
from ballast.sim.bidders import NOT_AT_ALL
from ballast.sim.engines.twin import Twin
from ballast.sim.market.steps import capacity_of, room_of
from ballast.sim.period.auctions import gather, look
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import LIGHT_COMPLEXITY, Scenario


@pytest.fixture(scope="module")
def played() -> Run:
    """Give a small market after some periods; its coprocessors have capacities and reputations of their own."""
    return run_on(Scenario(operators=6, coprocessors=30, periods=10, tasks_per_period=60, seed=3))


def test_room_and_limit_are_one_bound_of_the_load(played: Run) -> None:
    """For every difficulty up to beyond the capacity, with loads at, below and above the room, and a cut capacity."""
    w = played.world
    m: Any = w.market
    order = np.arange(played.first_coprocessor, played.first_coprocessor + 30)
    for i, account in enumerate(order):
        capacity = int(m.accounts[account]["next_capacity"])
        m.accounts[account]["load"] = capacity * (i % 5) // 5
        m.accounts[account]["next_capacity"] = capacity - i % 3
    gather(w, order, played.policy)
    look(w)
    let_in = 0
    for i, account in enumerate(order):
        a, who = m.accounts[account], w.traits[account]
        capacity, room = capacity_of(m, account), room_of(m, account)
        for difficulty in range(1, capacity + 2):
            load = int(a["load"]) + difficulty
            x = activity.load_bps(load, capacity)
            for bound, limit in ((w.bidders.early[i], who["comfort"]), (w.bidders.late[i], who["patience"])):
                code = gates.for_coprocessor(1, 0, 0, 0, load, room, x, int(limit), int(a["reputation"]))
                assert (load <= bound) == (code == 0)
                let_in += code == 0
    assert let_in > 1_000


def test_who_lacks_the_reputation_asks_more_than_there_is(played: Run) -> None:
    w = played.world
    m: Any = w.market
    order = np.arange(played.first_coprocessor, played.first_coprocessor + 30)
    least = int(np.median(m.accounts["reputation"][order]))
    m.classes[1]["min_reputation"] = least
    gather(w, order, played.policy)
    reputations = [int(rho) for rho in m.accounts["reputation"][order]]
    codes = [gates.for_coprocessor(1, 0, 0, least, 0, 0, 0, 0, rho) for rho in reputations]
    assert [base == NOT_AT_ALL for base in w.bidders.base[1, :30]] == [code != 0 for code in codes]
    assert len(set(codes)) == 2


def test_who_lacks_the_complexity_asks_more_than_there_is(played: Run) -> None:
    """Of the class it lacks it for, not of the other."""
    w = played.world
    m: Any = w.market
    order = np.arange(played.first_coprocessor, played.first_coprocessor + 30)
    m.classes["min_reputation"] = 0
    heavy = int(m.classes[2]["complexity"])
    w.traits["complexity"][order] = heavy - np.arange(30) % 2
    gather(w, order, played.policy)
    assert (w.bidders.base[1, :30] < NOT_AT_ALL).all()
    assert [base == NOT_AT_ALL for base in w.bidders.base[2, :30]] == [False, True] * 15


def test_a_task_that_nobody_is_able_to_do_did_not_expire_beside_idle_hosts() -> None:
    """All tasks are heavy and no host is up to them: all that operators cannot do themselves expires."""
    scenario = Scenario(operators=6, coprocessors=30, periods=2, tasks_per_period=60, seed=3, heavy_share=1.0)
    people = Run(scenario).people
    people[1].traits["complexity"] = LIGHT_COMPLEXITY
    run = Run(scenario, people=people)
    run.execute(Twin(scenario.network()))
    assert run.periods["unsold"].sum() > 0
    assert run.periods["sold_early"].sum() + run.periods["sold_later"].sum() + run.periods["sold_again"].sum() == 0
    assert run.periods["idle_expired"].sum() == 0
