"""The vectorised auction against the twins, one bidder after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.model import activity, class_packing, dutch_auction
from offchain.model.constants import COPROCESSOR, OPERATOR
from sim.agents import Bidders
from sim.market import Market, tie_hash
from sim.scenario import Scenario

GENESIS = 1_700_000_000
FUNDS = 10**12


def build(clock: str, capacities: list[int], costs: list[int], patience: list[int]) -> tuple[Market, Bidders]:
    """Build a market with one AVS, one operator and some coprocessors, in an epoch where all may work."""
    scenario = Scenario(clock=clock)
    market = Market(scenario.network(), GENESIS)
    avs, operator = market.open_account(FUNDS), market.open_account(FUNDS)
    market.register(operator, OPERATOR, 1_000, 64)
    accounts = []
    for capacity in capacities:
        account = market.open_account(FUNDS)
        market.register(account, COPROCESSOR, capacity)
        accounts.append(account)
    class_id = market.add_class(avs, scenario.task_class(10).auction(20_000))
    market.fund_mandate(class_id, operator, 10**9)
    market.now = market.start_of(2) + 1
    bidders = Bidders(market, np.array(accounts), np.array(costs), np.array(patience))
    bidders.refresh()
    return market, bidders


bidder = st.tuples(st.sampled_from([50, 100, 200, 1_000]), st.integers(300_000, 999_999), st.integers(1, 10_000))


@settings(max_examples=300)
@given(
    clock=st.sampled_from(["falling", "rising"]),
    traits=st.lists(bidder, min_size=1, max_size=8),
    difficulties=st.lists(st.integers(1, 300), min_size=1, max_size=6),
    delay=st.integers(0, 15),
)
def test_the_winner_is_the_one_the_protocol_would_pick(
    clock: str, traits: list[tuple[int, int, int]], difficulties: list[int], delay: int
) -> None:
    capacities, costs, patience = (list(column) for column in zip(*traits, strict=True))
    market, bidders = build(clock, capacities, costs, patience)
    for difficulty in difficulties:
        opened = market.now
        task = market.open(3, 1, difficulty, 1_000 * difficulty, own=False)
        market.now = opened + delay
        c = market.classes[1]
        best = None
        for i, account in enumerate(bidders.accounts.tolist()):
            load, capacity, room = market.load_of(account)
            x = activity.load_bps(load + difficulty, capacity)
            if load + difficulty > room or x > patience[i] or market.free[account] < task.reward:
                continue
            asked = bidders.asked(i, x)
            rho = market.reputation(account)
            if clock == "falling":
                step = dutch_auction.first_step(c.steps, c.handicap, c.reputation_handicap, x, rho)
            else:
                step = dutch_auction.step_at(c.start, c.floor_, c.steps, asked)
            step = max(step, delay // c.step_seconds)
            if step >= c.steps or dutch_auction.price_at(c.start, c.floor_, c.steps, step) < asked:
                continue
            rank = (step, -dutch_auction.score(x, rho), tie_hash(task.number, account), i, x)
            best = rank if best is None else min(best, rank)
        found = bidders.best(task)
        if best is None:
            assert found is None
        else:
            assert found == (best[3], best[0], best[4], -best[1])
            market.win(task, int(bidders.accounts[best[3]]), best[0], best[4], -best[1])
            bidders.take(best[3], task)
        market.now = opened


def test_a_rescuer_is_free_enough_cheap_enough_and_someone_else() -> None:
    market, bidders = build("falling", [1_000, 1_000, 1_000, 50], [400_000, 700_001, 400_000, 400_000], [10_000] * 4)
    task = market.open(3, 1, 100, 100_000, own=False)
    market.win(task, int(bidders.accounts[0]), 2, 1_000, 1)
    task.price = 900_000 * 100_000 // 1_000_000
    everyone = np.arange(4)
    assert bidders.rescuer(task, everyone) == 2
    assert bidders.rescuer(task, np.array([0, 1, 3])) is None
    assert class_packing.collateral(market.classes[1], task.reward) == 100_000


@pytest.mark.parametrize("taken", [0, 40])
def test_taking_a_task_fills_a_bidder(taken: int) -> None:
    market, bidders = build("falling", [50], [400_000], [10_000])
    if taken:
        bidders.take(0, market.open(3, 1, taken, 1_000, own=False))
    task = market.open(3, 1, 20, 1_000, own=False)
    assert (bidders.best(task) is None) == (taken > 30)
