"""Running a scenario: period by period the participants decide, the market changes, and an engine carries it out."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from ballast.errors import ParameterError
from ballast.model.constants import PPM
from ballast.model.parameters import NetworkParameters
from ballast.signals import held
from ballast.sim import checkpoint, digest, opening, resizing
from ballast.sim.compiled import check_functions, functions
from ballast.sim.engines import NAMES, TWIN, check_engine
from ballast.sim.engines.anvil import AnvilEngine
from ballast.sim.engines.engine import Engine
from ballast.sim.engines.evm import EvmEngine
from ballast.sim.engines.twin import Twin
from ballast.sim.given import check_contracts, check_orders
from ballast.sim.market import epochs
from ballast.sim.market.records import Integers
from ballast.sim.market.storage_words import storage_words
from ballast.sim.moments import begins
from ballast.sim.pace import fitted, gap_of, pace_of
from ballast.sim.period.placing import WAITING, arrange, assign
from ballast.sim.period.play import play
from ballast.sim.period.pool import DRAWS, ENDED, TURN, noted
from ballast.sim.period.world import Arrivals, PeriodRecord, Policy
from ballast.sim.population import Population, draw_people, draw_reserve
from ballast.sim.scenario import ALLOCATIONS, Scenario
from ballast.sim.state import FIRST_OPERATOR, KEEPER, RunState
from ballast.sim.stresses import stress_named
from ballast.sim.summary import BY_CLASS, count_by_class, summarise
from ballast.sim.turnover import Turnover
from ballast.sim.workload import ANYBODY, MAX_REWARDS, Workload, workload_of
from ballast.sim.workload.waiting import check_room, slots_needed

MAX_HISTORY: Final = 2_000_000
"""Accounts times periods up to which everybody's every period is kept, and operators times coprocessors up to which
who worked for whom is counted."""
HISTORY: Final = (
    *(("profit", np.float64), ("price", np.float64), ("tasks", np.int64), ("load", np.float64)),
    *((name, np.int64) for name in ("given", "expected", "realised")),
)
"""What is kept of everybody's every period, see ``ballast.sim.state.RunState.history``."""
ENGINES: dict[str, Callable[[NetworkParameters], Engine]] = dict(
    zip(NAMES, (Twin, EvmEngine, AnvilEngine), strict=True)
)
AS_COMPILED: Final = functions()
"""Functions that machine code holds, as they were when they were loaded."""
Progress = Callable[[int, int], None]
PeriodHook = Callable[["Run"], None]


class Run(RunState):
    """One run of a scenario: a state, and the loop over its periods.

    Parameters
    ----------
    scenario : Scenario
        What to run; validated here.
    progress : callable, optional
        Called after each period with the tasks done so far and all tasks.
    kept_in : Path, optional
        File to which the state is written now and then, and when the run is stopped; if it is there, the run goes on
        from it.
    watch : callable, optional
        Called with the run after each period, whose number is ``done`` and whose tasks are ``tasks``.
    workload : Workload, optional
        Tasks in place of the scenario's.
    people : tuple of Population, optional
        Operators and coprocessors in place of those drawn for the workload.

    Raises
    ------
    UserError
        If the scenario cannot be run, or a function was replaced that machine code holds.
    """

    def __init__(
        self,
        scenario: Scenario,
        progress: Progress | None = None,
        kept_in: Path | None = None,
        watch: PeriodHook | None = None,
        workload: Workload | None = None,
        people: tuple[Population, Population] | None = None,
    ) -> None:
        check_functions(AS_COMPILED)
        scenario.validate()
        check_contracts(scenario)
        rngs = generators(scenario.seed)
        demand = workload or workload_of(scenario, rngs[0])
        asked, scenario = scenario, fitted(scenario, demand)
        self.stress = stress_named(scenario.stress)(scenario, rngs[6])
        self.turnover = Turnover(scenario, rngs[3])
        came = workload or self.stress.workload(demand)
        if int(came.reward.sum()) > MAX_REWARDS:
            raise ParameterError(f"the rewards of the run exceed {MAX_REWARDS}: give fewer periods or tasks")
        check_orders(scenario, came)
        if not came.traced:
            check_room(came, scenario.operators)
        pace = pace_of(scenario, demand)
        challenge = max(terms.challenge_seconds for terms in scenario.class_terms().values())
        stay = pace * np.sqrt(demand.difficulty).mean() + challenge + 3 * gap_of(scenario)
        slots = slots_needed(came, scenario.operators, stay / scenario.network().epoch_seconds)
        people = people or draw_people(scenario, demand, rngs[1])
        self.stress.prepare(*people)
        reserve = draw_reserve(scenario, demand, self.turnover.most_operators, rngs[3])
        memories = (self.turnover, self.stress)
        super().__init__(asked, scenario, demand, came, pace, slots, people, reserve, tuple(rngs[2:]), memories)
        self.progress, self.kept_in, self.watch = progress, kept_in, watch

    # Set-up

    def _set_up(self, engine: Engine) -> None:
        scenario = self.scenario
        self.engine = engine
        entrants = self.turnover.most_entrants + self.stress.most_entrants
        self.world = opening.empty_world(self, entrants, engine.follows)
        accounts = len(self.world.market.accounts)
        kept = accounts * scenario.periods <= MAX_HISTORY
        self.history = {name: np.zeros((scenario.periods, accounts), kind) for name, kind in HISTORY} if kept else {}
        size = len(self.world.bidders.account)
        paired = self.operator_places * size <= MAX_HISTORY
        self.edges = np.zeros((self.operator_places, size) if paired else (0, 0), dtype=np.int64)
        spare: dict[str, Any] = {name: np.zeros(accounts, kind) for name, kind in HISTORY if name != "profit"}
        self._spare = PeriodRecord(**spare, edges=self.edges)
        jobs = self.workload
        self._operator = np.where(jobs.operator == ANYBODY, ANYBODY, jobs.operator + FIRST_OPERATOR)
        self._class_id = jobs.class_numbers(scenario.wash_class)
        self.by_class = np.zeros((scenario.wash_class + 1, len(BY_CLASS)), dtype=np.int64)
        self._wave = jobs.moment * self.moments.waves // PPM
        self._places = np.zeros(self.first_coprocessor, dtype=np.int64)
        self.rent = resizing.rent_of(scenario, self.demand)
        self.policy = Policy(
            keeper=KEEPER,
            first_coprocessor=self.first_coprocessor,
            rule=ALLOCATIONS.index(scenario.allocation),
            watch=scenario.watch,
            waiting=int(scenario.waiting),
            deliberate=int(scenario.deliberate),
            learning=int(scenario.learning),
            break_even=int(scenario.break_even),
            markup=scenario.markup,
            overload=scenario.overload,
            pace=self.pace,
            rescue_at_cap=int(scenario.rescue_at_cap),
            traced=int(jobs.traced),
            moments=self.moments,
        )
        opening.open_for_business(self, *self.people)

    # Periods

    def execute(self, engine: Engine) -> dict[str, Any]:
        """Run all periods on an engine.

        Returns
        -------
        dict
            The summary.

        Raises
        ------
        DivergenceError
            If the chain does not do what the market predicts.
        """
        self._set_up(engine)
        engine.wait()
        if self.kept_in and self.kept_in.exists():
            checkpoint.restore(self, self.kept_in)
        first = self.done
        started = saved = time.perf_counter()
        gas_before = engine.gas_used
        try:
            while self.done < self.scenario.periods:
                with held() as came:
                    while self.done < self.scenario.periods and not came:
                        self._period(self.done)
                        if self.watch:
                            self.watch(self)
                        self.done += 1
                        if self.progress:
                            self.progress(int(self.borders[self.done]), int(self.borders[-1]))
                        if self.kept_in and time.perf_counter() - saved > checkpoint.EVERY:
                            checkpoint.save(self, self.kept_in)
                            saved = time.perf_counter()
        except KeyboardInterrupt:
            if self.kept_in and self.done:
                with held():
                    checkpoint.save(self, self.kept_in)
            raise
        engine.wait()
        seconds = time.perf_counter() - started
        words = storage_words(self.world.market, self.done + 1, self.posted)
        self.digest = digest.with_state(self.digest, words)
        # A period ends when the engine has done it and compared; the market is ahead.
        spans = np.diff([started, *engine.compared_at])
        return summarise(self, engine, seconds, engine.gas_used - gas_before, spans, first)

    def _period(self, period: int) -> None:
        world, engine = self.world, self.engine
        epoch = period + 2
        self._start = engine.genesis + (epoch - 1) * self.parameters.epoch_seconds
        self.advance(self.moments.turn, self._start)
        self._begin_epoch(epoch)
        self.turnover.come_and_go(period, self)
        self.stress.come_and_go(period, self)
        if self.scenario.resizing:
            resizing.resize_all(period, self)
        if self.rent > 0:
            resizing.pay_rent(period, self, self.rent)
        came = self._arrive(period)
        kept = self._spare
        if self.history:
            kept = kept._replace(**{name: rows[period] for name, rows in self.history.items() if name != "profit"})
        world.fortune["online"] = 1 - world.fortune["left"]  # who retires still does what it has taken
        self.turnover.drift(self)
        self.stress.apply(period, self)
        order = self._bidders()
        self.stress.strike(period, self)
        before = world.fortune["before"].copy() if self.history else None
        tally, waves = self.periods[period], self.moments.waves
        at_a_time = 1 if engine.follows else waves
        for wave in range(0, waves, at_a_time):
            play(
                world,
                came,
                order,
                self.policy,
                self._start,
                wave,
                wave + at_a_time,
                kept,
                tally,
            )
            if engine.follows:
                engine.carry_out(KEEPER, begins(self.moments, self._start, wave), self.moments, noted(world.pool))
        if self.scenario.resizing:
            resizing.take_note(self, kept.load)
        self.tasks = world.pool.ended[: world.pool.counts[ENDED]]
        if self.scenario.classes:
            count_by_class(self.by_class, self.tasks)
        self._wait(period, came)
        if before is not None:
            self.history["profit"][period] = world.fortune["before"] - before
        engine.compare(world.market, epoch, self.posted, period)
        self.digest = digest.with_tasks(self.digest, self.tasks)

    def _begin_epoch(self, epoch: int) -> None:
        """Claim uptime rewards, post the last epoch's reputations, collect the keeper's pay."""
        market, scenario = self.world.market, self.scenario
        market.accounts["logit"] = market.accounts["next_logit"]
        if scenario.learning or epoch <= 3:  # what is posted first holds from epoch 3 on
            epochs.set_reputations(market)
        claimants = self.coprocessors()
        before = market.accounts["free"][claimants]
        self.posted = epochs.turn(market, claimants, KEEPER)
        if epoch == 2:
            opening.bring_records(self)
        self.world.fortune["income"][claimants] += market.accounts["free"][claimants] - before
        self.engine.begin_epoch(KEEPER, epoch, claimants, market.accounts["next_logit"][: self.posted])

    def _arrive(self, period: int) -> Arrivals:
        """Tasks that come in a period, with their operators and random numbers; those that still wait come first."""
        world, jobs = self.world, self.workload
        new = np.arange(self.borders[period], self.borders[period + 1])
        drawn = np.empty((len(new), DRAWS))
        start = self.generators[0].random()
        self.generators[0].random(out=drawn)
        drawn[:, TURN] = self.generators[3].random(len(new))
        order = world.operators[self.generators[3].permutation(len(world.operators))]
        self._places[order] = np.arange(len(order))
        chosen = np.concatenate((self.queue, new))
        operator = self._operator[chosen]
        self._share_out(operator, self._class_id[chosen], order, start)
        wave = self._wave[chosen]
        wave[: len(self.queue)] = 0
        places = arrange(operator, self._class_id[chosen], wave, self._places)
        self._came = chosen[places]
        return Arrivals(
            operator=operator[places],
            class_id=self._class_id[self._came],
            difficulty=jobs.difficulty[self._came],
            reward=jobs.reward[self._came],
            status=np.full(len(places), WAITING),
            draws=np.concatenate((self.queue_draws, drawn))[places],
            borders=np.searchsorted(wave, np.arange(self.moments.waves + 1)),
            waits=np.zeros(1, dtype=np.int64),
        )

    def _share_out(self, operator: Integers, class_id: Integers, order: Integers, start: float) -> None:
        """Give tasks for anybody to operators whose reputation reaches the gate of their class, in an order.

        Classes are shared out together unless somebody who takes part is shut out of one of them: gates are nested, so
        those that shut out equally many shut out the same.
        """
        market, scenario = self.world.market, self.scenario
        reputation = market.accounts["reputation"][order]
        weights = (reputation / PPM) ** scenario.mandate_weight * self.world.fortune["active"][order]
        gates = market.classes["min_operator_reputation"]
        shut_out = np.searchsorted(np.sort(reputation[weights > 0]), gates)
        if not shut_out.any():
            assign(operator, order, weights, start)
            return
        for number in np.unique(shut_out):
            alike = shut_out == number
            mine = np.flatnonzero(alike[class_id])
            given = operator[mine]
            assign(given, order, weights * (reputation >= gates[alike].max()), start)
            operator[mine] = given

    def _wait(self, period: int, came: Arrivals) -> None:
        """Keep tasks that found no free slot for the next period, in the order in which they came."""
        waits = came.status == WAITING
        self.waited[self._came[~waits]] = period - self.workload.period[self._came[~waits]]
        order = np.flatnonzero(waits)[np.argsort(self._came[waits], kind="stable")]
        self.queue, self.queue_draws = self._came[order], came.draws[order]
        self.periods[period]["queued"] = len(order)

    def _bidders(self) -> Integers:
        """Coprocessors online in a period, in the order in which auctions see them: drawn, since ties go by it."""
        coprocessors = self.coprocessors()
        fortune = self.world.fortune[coprocessors]
        return self.generators[2].permutation(coprocessors[(fortune["online"] == 1) & (fortune["active"] == 1)])


def generators(seed: int) -> list[np.random.Generator]:
    """Make the generators of a run.

    They are for tasks, participants, what tasks draw, what changes, the order of bidders, that of operators and
    auctions, and the stress.
    """
    return [np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(7)]


@cache
def get_ready() -> None:
    """Load the machine code of the market, or make it, which takes about a minute and is kept.

    A run does so by itself; done before, it is not part of the run's time.
    """
    small = Scenario(operators=2, coprocessors=2, periods=2, tasks_per_period=8)
    Run(small).execute(Twin(small.network()))


def run_on(
    scenario: Scenario,
    engine: str = TWIN,
    progress: Progress | None = None,
    kept_in: Path | None = None,
    watch: PeriodHook | None = None,
    workload: Workload | None = None,
    people: tuple[Population, Population] | None = None,
) -> Run:
    """Run a scenario on an engine, and keep nothing on disk but, if asked to, what is needed to go on.

    All but the engine's name is as for `Run`.

    Returns
    -------
    Run
        With its summary.

    Raises
    ------
    UserError
        If the scenario cannot be run.
    DivergenceError
        If the engine does not do what the market predicts.
    """
    run = Run(scenario, progress, kept_in, watch, workload, people)
    check_engine(scenario, engine)
    get_ready()
    if progress:
        progress(0, int(run.borders[-1]))
    working = ENGINES[engine](run.parameters)
    try:
        run.summary = run.execute(working)
    finally:
        working.close()
    return run
