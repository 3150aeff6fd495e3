"""The set-up of a run: the world's arrays, accounts, participants, classes, mandates, the keeper's bond."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ballast.model.constants import COPROCESSOR, MAX_LOGIT, OPERATOR, PAGE, PPM
from ballast.model.parameters import ClassParameters
from ballast.sim.bidders import no_bidders
from ballast.sim.engines.engine import Business, Member, Offer
from ballast.sim.market import steps
from ballast.sim.market.records import CLASS, new_market
from ballast.sim.period.behaviour import FORTUNE, TRAITS, first_setback
from ballast.sim.period.beliefs import LATE_AT_FIRST, WRONG_AT_FIRST, first_beliefs
from ballast.sim.period.pool import new_pool
from ballast.sim.period.world import World
from ballast.sim.population import Population
from ballast.sim.scenario import HEAVY, LIGHT, Scenario
from ballast.sim.state import AVS, FIRST_OPERATOR, KEEPER, RunState
from ballast.sim.workload import ANYBODY

WASH_PRICE: Final = 390_000
"""Highest price of the class of a ring that trades with itself, ppm of the reward: below the cost of all others,
so that they leave its tasks alone."""
MANDATE: Final = 4
"""What an operator may be given of all rewards of a synthetic workload, as a multiple of an even share. Jobs of a trace
differ too much for that, and a gate may shut out all others: then any operator may be given all of those that are for
anybody."""


def empty_world(state: RunState, most_entrants: int, noted: bool) -> World:
    """Arrays with room for everybody who may ever take part; events are noted if asked for."""
    scenario, classes = state.scenario, state.scenario.wash_class
    most = state.first_coprocessor + scenario.coprocessors + most_entrants
    accounts = -(-most // PAGE) * PAGE
    market = new_market(state.parameters, state.engine.genesis, accounts, classes, state.operator_places, state.slots)
    # those that waited may come all in one period
    most = len(state.workload.period) if state.workload.traced else int(state.counts.max())
    most = min(most, state.moments.waves * state.operator_places * state.slots)
    if not scenario.curve:
        market.rates[:] = 0
    return World(
        market=market,
        pool=new_pool(state.operator_places, state.slots, most, noted),
        traits=np.zeros(accounts, TRAITS),
        fortune=np.zeros(accounts, FORTUNE),
        operators=np.arange(FIRST_OPERATOR, state.first_coprocessor),
        rows=np.zeros(accounts, dtype=np.int64),
        bidders=no_bidders(scenario.coprocessors + most_entrants, classes),
        punctuality=np.zeros(accounts),
        quality=np.zeros(accounts),
        beliefs=first_beliefs(classes, [terms.risk / PPM for terms in terms_by_number(scenario)]),
    )


def terms_by_number(scenario: Scenario) -> list[ClassParameters]:
    """Terms of all classes from the first on; the last is that of a ring that trades with itself."""
    cheap = replace(scenario.task_class(), start=WASH_PRICE, cap=WASH_PRICE, start_gain=0)
    return [*scenario.class_terms().values(), cheap]


def open_for_business(state: RunState, operators: Population, coprocessors: Population) -> None:
    """Open all accounts, register everybody and every class, fund the mandates, lock the keeper's bond."""
    market, scenario, engine = state.world.market, state.scenario, state.engine
    bond = len(market.accounts) * state.parameters.bond_per_value
    *own, wash_terms = terms_by_number(scenario)
    mandates = [_mandates(state, terms.min_operator_reputation) for terms in own]
    wash = state.workload.wash
    wash_mandates = np.bincount(
        np.maximum(state.workload.operator, 0), state.workload.reward * wash, minlength=state.operator_places
    ).astype(np.int64)
    leader = int(state.workload.operator[np.argmax(wash)])
    funds = operators.funds.copy()
    funds[leader] += wash_mandates.sum()
    deposits = [int(sum(each.sum() for each in mandates)), bond]
    for group in (funds, state.reserve.funds, coprocessors.funds):
        deposits += group.tolist()
    state.advance(100, engine.genesis)
    for deposit in deposits:
        steps.open_account(market, deposit)
    opened = state.now
    state.advance(101, engine.genesis)
    members = []
    for people, role, first in (
        (operators, OPERATOR, FIRST_OPERATOR),
        (coprocessors, COPROCESSOR, state.first_coprocessor),
    ):
        members += [register(state, people, i, first + i, role) for i in range(len(people.capacity))]
    numbered = enumerate(zip(own, mandates, strict=True), LIGHT)
    offers = [offer(state, number, AVS, terms, each) for number, (terms, each) in numbered]
    for number, kind in enumerate(scenario.classes, HEAVY + 1):
        market.classes[number]["dearer"] = kind.dearer
    if wash.any():
        offers.append(offer(state, scenario.wash_class, FIRST_OPERATOR + leader, wash_terms, wash_mandates))
    steps.lock(market, KEEPER, bond)
    engine.set_up(Business(opened, state.now, deposits, members, offers, KEEPER, bond))
    state.world.fortune["before"] = market.accounts["free"] + market.accounts["locked"]


def _mandates(state: RunState, gate: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Amount behind each operator, and each that may enter, in a class of the AVS's that asks for a reputation."""
    workload, operators = state.workload, state.scenario.operators
    places = state.operator_places
    fixed = workload.operator != ANYBODY
    mandates = np.bincount(
        np.maximum(workload.operator, 0), workload.reward * (fixed & ~workload.wash), minlength=places
    ).astype(np.int64)
    if fixed.all():
        return mandates + 1
    if workload.traced or gate > 0:
        return mandates + int(workload.reward[~fixed].sum()) + 1
    return mandates + int(workload.reward.sum()) * min(MANDATE, operators) // operators + 1


def offer(
    state: RunState, number: int, avs: int, terms: ClassParameters, mandates: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Offer:
    """Register a class of an AVS and fund the operators' mandates in it."""
    market = state.world.market
    auction = terms.auction(state.parameters.fee)
    opening = terms.opening(avs)
    for name in CLASS.names or ():
        market.classes[number][name] = getattr(auction, name, getattr(opening, name, 0))
    market.classes[number]["min_reputation"] = auction.min_reputation
    steps.write_table(market, number)
    market.classes[number]["avs"], market.classes[number]["complexity"] = avs, terms.complexity
    market.classes[number]["min_operator_reputation"] = terms.min_operator_reputation
    market.classes[number]["risk"], market.classes[number]["number"] = terms.risk, number
    jobs, some = state.workload, state.workload.class_numbers(state.scenario.wash_class) == number
    if not some.any():  # as usual, if there are none
        some = ~jobs.wash
    sizes = jobs.difficulty[some]  # that of a task, so that the unit of work does not matter
    market.classes[number]["size"] = sizes[np.argmin(np.abs(sizes - sizes.mean()))]
    market.classes[number]["worth"] = round(float(jobs.reward[some].mean()))
    state.world.beliefs["setback"][number] = first_setback(market, market.classes[number])
    pairs = zip(state.world.operators.tolist(), mandates.tolist(), strict=True)
    funded = [(operator, amount) for operator, amount in pairs if amount > 0]
    for operator, amount in funded:
        steps.fund_mandate(market, number, operator, amount)
    return Offer(avs, number, terms, funded)


def register(state: RunState, people: Population, row: int, account: int, role: int) -> Member:
    """Register an account with the traits of row ``row`` of a population."""
    world, traits = state.world, people.traits[row]
    world.traits[account] = traits
    world.rows[account] = account - (FIRST_OPERATOR if role == OPERATOR else state.first_coprocessor)
    fares = world.fortune[account]
    fares["active"] = fares["online"] = 1
    fares["late_rate"], fares["wrong_rate"] = LATE_AT_FIRST, WRONG_AT_FIRST
    world.punctuality[account], world.quality[account] = traits["punctuality"], traits["quality"]
    capacity, slots = int(people.capacity[row]), state.slots if role == OPERATOR else 0
    fares["registered"] = capacity
    steps.register(world.market, account, role, capacity)
    return Member(account, role, capacity, int(traits["complexity"]), slots)


def enter(state: RunState, people: Population) -> None:
    """Let new coprocessors in, with accounts, funds and capacities of their own."""
    market = state.world.market
    first = int(market.ledger[0]["accounts"])
    for funds in people.funds.tolist():
        steps.open_account(market, funds)
    members = [register(state, people, i, first + i, COPROCESSOR) for i in range(len(people.capacity))]
    state.world.fortune["before"][first : first + len(members)] = people.funds
    state.engine.admit(first, people.funds.tolist(), members)


def enter_operators(state: RunState, first: int, number: int) -> None:
    """Register operators of the reserve, a number of them from a first row on; money and mandates they have."""
    first_account = FIRST_OPERATOR + state.scenario.operators
    rows = range(first, first + number)
    members = [register(state, state.reserve, i, first_account + i, OPERATOR) for i in rows]
    state.engine.admit(0, (), members)


def bring_records(state: RunState) -> None:
    """Have the keeper post, with the first epoch, the reputations that participants bring along."""
    record = state.world.traits["record"]
    bring = np.flatnonzero(record)
    share = np.clip(record[bring], 1, PPM - 1) / PPM
    logits = np.rint(PPM * np.log(share / (1 - share))).astype(np.int64)
    state.world.market.accounts["next_logit"][bring] = np.clip(logits, -MAX_LOGIT, MAX_LOGIT)


def rejoin(state: RunState, account: int) -> bool:
    """Let somebody who left take part again, as far as its stake covers its capacity; whether it covers any."""
    world, market = state.world, state.world.market
    is_operator = account < state.first_coprocessor
    stake = int(market.accounts["free"][account] + market.accounts["locked"][account])
    covered = stake // max(state.parameters.stake_per_unit, 1)
    capacity = min(int(world.fortune["registered"][account]), covered)
    if capacity == 0:
        return False
    role = OPERATOR if is_operator else COPROCESSOR
    steps.register(market, account, role, capacity)
    fares = world.fortune[account]
    fares["active"], fares["left"], fares["mood"], fares["unrest"] = 1, 0, 0.0, 0.0
    fares["watched"] = 0
    fares["before"] = stake - fares["spent"]
    complexity = int(world.traits["complexity"][account])
    state.engine.admit(0, (), [Member(account, role, capacity, complexity, state.slots if is_operator else 0)])
    return True


def retire(state: RunState, account: int) -> None:
    """Let a participant take no more tasks; it leaves when its last one is done."""
    state.world.fortune[account]["active"] = 0


def depart(state: RunState) -> None:
    """End the participations of those who retired and have nothing left to do."""
    world = state.world
    fortune, market = world.fortune, world.market
    gone = (fortune["active"] == 0) & (fortune["left"] == 0) & (market.accounts["role"] > 0)
    idle = gone & (market.accounts["load"] == 0)
    idle[world.operators] &= market.tops == state.slots
    for account in np.flatnonzero(idle).tolist():
        steps.leave(market, account)
        state.engine.dismiss(account)
        fortune[account]["left"] = 1
