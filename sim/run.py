"""Running a scenario: period by period the agents decide, the model predicts, the engine carries out."""

from __future__ import annotations

import csv
import hashlib
import json
import platform
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from offchain.errors import ParameterError, UserError, WorkloadError
from offchain.model import activity, class_packing, task_packing
from offchain.model._evm import unsigned
from offchain.model.constants import COPROCESSOR, MAX_BATCH, MAX_TASK_SLOTS, OPERATOR, PAGE
from offchain.model.parameters import NetworkParameters
from sim import scenario as moments
from sim.agents import WATCHING, Bidders, Population, populate
from sim.engines.anvil import AnvilEngine
from sim.engines.engine import Engine
from sim.market import Market, Task
from sim.scenario import HEAVY, HEAVY_COMPLEXITY, LIGHT, LIGHT_COMPLEXITY, OPERATOR_COMPLEXITY, Scenario
from sim.workload import Workload, workload_of

AVS, KEEPER, FIRST_OPERATOR = 2, 3, 4
GROUP = 232
"""Pages of reputations one bitmap covers."""
PAGES_A_POST = 128
SUMMARY = "summary.json"
MAX_SCENARIO_AMOUNT = 2**63 // 10**7
ENGINES: dict[str, Callable[[NetworkParameters], Engine]] = {
    Engine.name: Engine,
    AnvilEngine.name: AnvilEngine,
}


@dataclass
class Counts:
    """Tasks of a run by what became of them."""

    opened: int = 0
    self_executed: int = 0
    auctioned: int = 0
    unsold: int = 0
    settled: int = 0
    failed: int = 0
    forfeited: int = 0
    rescued: int = 0
    late: int = 0


class Run:
    """One run of a scenario.

    Parameters
    ----------
    scenario : Scenario
        What to run; validated here.
    progress : callable, optional
        Called after each period with the tasks done so far and all tasks.

    Raises
    ------
    UserError
        If the scenario cannot be run.
    """

    def __init__(self, scenario: Scenario, progress: Callable[[int, int], None] | None = None) -> None:
        scenario.validate()
        self.scenario = scenario
        self.progress = progress
        streams = np.random.SeedSequence(scenario.seed).spawn(3)
        self.workload: Workload = workload_of(scenario, np.random.default_rng(streams[0]))
        self.population: Population = populate(
            self.workload,
            scenario.operators,
            scenario.coprocessors,
            scenario.periods,
            np.random.default_rng(streams[1]),
        )
        self.outcomes = np.random.default_rng(streams[2])
        self.slots = self._slots_needed()
        self.counts = Counts()
        self.periods: list[dict[str, Any]] = []
        self.summary: dict[str, Any] = {}
        self.digest = hashlib.sha256()
        self.first_coprocessor = FIRST_OPERATOR + scenario.operators

    def _slots_needed(self) -> int:
        load = np.bincount(
            self.workload.period * self.scenario.operators + self.workload.operator,
            minlength=self.scenario.periods * self.scenario.operators,
        )
        needed = int(load.max())
        if needed > MAX_TASK_SLOTS:
            raise WorkloadError(
                f"an operator gets {needed} tasks in one period, its slots are {MAX_TASK_SLOTS}: "
                "give more --periods or more --operators"
            )
        return needed

    # Set-up

    def _set_up(self, engine: Engine) -> None:
        scenario, people = self.scenario, self.population
        parameters = scenario.network()
        market = self.market = Market(parameters, engine.genesis)
        self.engine = engine
        accounts = FIRST_OPERATOR - 2 + scenario.operators + scenario.coprocessors
        rewards = np.bincount(self.workload.operator, self.workload.reward, minlength=scenario.operators)
        values = -(-(accounts + 2) // PAGE) * PAGE
        bond = values * parameters.bond_per_value
        mandates = [int(r) + 1 for r in rewards]
        deposits = [
            2 * sum(mandates) + 1,
            bond + 1,
            *people.operator_funds.tolist(),
            *people.coprocessor_funds.tolist(),
        ]
        if max(deposits) > MAX_SCENARIO_AMOUNT:
            raise ParameterError(f"the run would need amounts above {MAX_SCENARIO_AMOUNT}: give fewer periods or tasks")
        market.now = market.genesis + 100
        for deposit in deposits:
            market.open_account(deposit)
        engine.open_accounts(deposits, parameters.entry_fee, market.now)
        market.now += 1
        for i, capacity in enumerate(people.operator_capacity.tolist()):
            account = FIRST_OPERATOR + i
            market.register(account, OPERATOR, capacity, self.slots)
            engine.register(account, OPERATOR, capacity, OPERATOR_COMPLEXITY, self.slots)
        for i, capacity in enumerate(people.coprocessor_capacity.tolist()):
            account = self.first_coprocessor + i
            market.register(account, COPROCESSOR, capacity)
            engine.register(account, COPROCESSOR, capacity, 0, 0)
        for number, complexity in ((LIGHT, LIGHT_COMPLEXITY), (HEAVY, HEAVY_COMPLEXITY)):
            terms = scenario.task_class(complexity)
            assert market.add_class(AVS, terms.auction(parameters.fee)) == number
            engine.add_class(AVS, terms)
            for i, amount in enumerate(mandates):
                market.fund_mandate(number, FIRST_OPERATOR + i, amount)
                engine.fund_mandate(AVS, number, FIRST_OPERATOR + i, amount)
        market.bond(KEEPER, bond)
        engine.bond(KEEPER, bond)
        engine.mine(market.now)
        coprocessors = np.arange(self.first_coprocessor, self.first_coprocessor + scenario.coprocessors)
        self.bidders = Bidders(market, coprocessors, people.cost, people.patience)

    # A period

    def execute(self, engine: Engine) -> dict[str, Any]:
        """Run all periods on an engine.

        Returns
        -------
        dict
            The summary.

        Raises
        ------
        DivergenceError
            If the chain does not do what the model predicts.
        """
        self._set_up(engine)
        engine.wait()
        order = np.argsort(self.workload.period, kind="stable")
        borders = np.searchsorted(self.workload.period[order], np.arange(self.scenario.periods + 1))
        total = len(order)
        started = time.perf_counter()
        gas_before = engine.gas_used
        for period in range(self.scenario.periods):
            self._period(period, order[borders[period] : borders[period + 1]])
            if self.progress:
                self.progress(int(borders[period + 1]), total)
        engine.wait()
        seconds = time.perf_counter() - started
        # A period ends when the chain has done it and was compared; the model is ahead.
        spans = np.diff([started, *engine.compared_at]).tolist()
        times = list(zip(spans, np.diff(borders).tolist(), strict=True))
        return self._summary(seconds, engine.gas_used - gas_before, times)

    def _at(self, offset: int) -> None:
        self.market.now = self._start + offset

    def _mine(self) -> None:
        self.engine.mine(self.market.now)

    def _period(self, period: int, indices: np.ndarray[Any, np.dtype[np.int64]]) -> None:
        market, engine = self.market, self.engine
        epoch = period + 2
        self._start = market.start_of(epoch)
        before = asdict(self.counts)
        self._at(moments.OPEN)
        self._begin_epoch(epoch)
        tasks = self._open(indices)
        self._mine()
        self._at(moments.BID)
        unsold = self._auction([t for t in tasks if not t.executor])
        self._mine()
        unsold = self._second_chance(unsold)
        late, wrong = self._submit([t for t in tasks if t.executor])
        self._at(moments.ENFORCE)
        for task in unsold:
            market.expire(task)
        engine.expire(KEEPER, [t.number for t in unsold])
        self.counts.unsold += len(unsold)
        self._overturn(wrong)
        rescued = self._rescue(late)
        self._mine()
        if rescued:
            self._at(moments.SUBMIT_RESCUED)
            for task in rescued:
                market.submit(task)
                engine.submit(task.executor, [(task.number, _result(task))])
            self._mine()
        self._at(moments.SETTLE)
        failed = [t for t in late if t.status == task_packing.LATE]
        for start in range(0, len(failed), MAX_BATCH):
            part = failed[start : start + MAX_BATCH]
            market.fail(part)
            engine.fail(KEEPER, [t.number for t in part])
        self.counts.failed += len(failed)
        settled = [t for t in tasks if t.status == task_packing.SUBMITTED and t.outcome == task_packing.LIVE]
        settled.sort(key=lambda t: (t.class_id, t.operator, t.executor))
        market.settle(settled)
        engine.settle(KEEPER, [t.number for t in settled])
        self.counts.settled += len(settled)
        self._mine()
        self._check(period, epoch)
        self._write_down(period, tasks, before)

    def _begin_epoch(self, epoch: int) -> None:
        """Claim the last epoch's uptime rewards, post its reputations, collect the keeper's pay."""
        market, engine = self.market, self.engine
        accounts = self.bidders.accounts.tolist()
        for start in range(0, len(accounts), MAX_BATCH):
            part = accounts[start : start + MAX_BATCH]
            market.claim(epoch - 1, part)
            engine.claim(KEEPER, epoch - 1, part)
        logits = market.post(KEEPER)
        pages = [
            sum(unsigned(logits[page * PAGE + i], 24) << (24 * i) for i in range(PAGE))
            for page in range(len(logits) // PAGE)
        ]
        for first, part_of_pages in _posts(pages):
            engine.post(KEEPER, epoch - 1, first, part_of_pages)
        market.collect(KEEPER)
        engine.collect(KEEPER)

    def _open(self, indices: np.ndarray[Any, np.dtype[np.int64]]) -> list[Task]:
        """Operators open their tasks; light ones they execute themselves while they have room."""
        market = self.market
        w = self.workload
        rows = sorted(
            zip(
                w.operator[indices].tolist(),
                w.heavy[indices].tolist(),
                w.difficulty[indices].tolist(),
                w.reward[indices].tolist(),
                strict=True,
            ),
            key=lambda row: row[:2],
        )
        tasks: list[Task] = []
        for (index, heavy), group in groupby(rows, key=lambda row: row[:2]):
            operator = FIRST_OPERATOR + index
            class_id = HEAVY if heavy else LIGHT
            c = market.classes[class_id]
            orders: list[tuple[int, int, int, bool]] = []
            for _, _, difficulty, reward in group:
                load, _, room = market.load_of(operator)
                collateral = class_packing.collateral(c, reward)
                needed = collateral + class_packing.penalty(c, collateral)
                own = not heavy and load + difficulty <= room and needed <= market.free[operator]
                task = market.open(operator, class_id, difficulty, reward, own)
                orders.append(((task.number >> 32) & 0xFFFF, difficulty, reward, own))
                tasks.append(task)
                self.counts.self_executed += own
            self.engine.open(operator, class_id, orders)
        self.counts.opened += len(tasks)
        self.counts.auctioned += sum(not t.own for t in tasks)
        return tasks

    def _auction(self, tasks: Sequence[Task]) -> list[Task]:
        """Let everybody bid, and send the winning bids. The tasks nobody bids for."""
        bidders = self.bidders
        bidders.refresh()
        bids: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        unsold: list[Task] = []
        for task in tasks:
            best = bidders.best(task)
            if best is None:
                unsold.append(task)
                continue
            position, step, x, score = best
            bidder = int(bidders.accounts[position])
            bids[bidder].append((task.number, bidders.asked(position, x), int(bidders.patience[position])))
            self.market.win(task, bidder, step, x, score)
            bidders.take(position, task)
        for bidder, placed in bids.items():
            self.engine.bid(bidder, placed)
        return unsold

    def _second_chance(self, unsold: Sequence[Task]) -> list[Task]:
        """Take unsold light tasks into own execution if there is room by now; auction the others on the rising clock.

        Returns
        -------
        list of Task
            Tasks still without an executor.
        """
        if not unsold:
            return []
        market, engine = self.market, self.engine
        self._at(moments.REOPEN)
        reopened: list[Task] = []
        for task in unsold:
            load, _, room = market.load_of(task.operator)
            collateral = class_packing.collateral(market.classes[task.class_id], task.reward)
            fits = load + task.difficulty <= room and collateral <= market.free[task.operator]
            if task.class_id == LIGHT and fits:
                market.self_execute(task)
                engine.self_execute(task.operator, task.number)
                self.counts.self_executed += 1
                self.counts.auctioned -= 1
            else:
                market.reopen(task)
                engine.reopen(task.operator, task.number)
                reopened.append(task)
        self._mine()
        self._at(moments.BID_AGAIN)
        still = self._auction(reopened)
        self._mine()
        return still

    def _submit(self, tasks: Sequence[Task]) -> tuple[list[Task], list[Task]]:
        """Executors submit, or fail to; the late tasks, and those whose results are wrong."""
        self._at(moments.SUBMIT)
        people = self.population
        draws = self.outcomes.random((len(tasks), 2)).tolist()
        results: dict[int, list[tuple[int, int]]] = defaultdict(list)
        late: list[Task] = []
        wrong: list[Task] = []
        for task, (in_time, right) in zip(tasks, draws, strict=True):
            who = task.executor - FIRST_OPERATOR
            if in_time >= people.punctuality[who]:
                late.append(task)
                continue
            if right >= people.quality[who]:
                wrong.append(task)
            self.market.submit(task)
            results[task.executor].append((task.number, _result(task)))
        for executor, submitted in results.items():
            self.engine.submit(executor, submitted)
        self._mine()
        return late, wrong

    def _overturn(self, wrong: Sequence[Task]) -> None:
        """Hold and overturn wrong results, as the court."""
        for start in range(0, len(wrong), MAX_BATCH):
            part = wrong[start : start + MAX_BATCH]
            for task in part:
                self.market.hold(task)
            self.engine.hold([t.number for t in part])
            self.market.overturn(part, KEEPER)
            self.engine.overturn([t.number for t in part], KEEPER)
        self.counts.forfeited += len(wrong)

    def _rescue(self, late: Sequence[Task]) -> list[Task]:
        """Slash what is overdue, as the keeper; coprocessors take over what pays them. The tasks taken over."""
        for start in range(0, len(late), MAX_BATCH):
            part = late[start : start + MAX_BATCH]
            self.market.slash(part, KEEPER)
            self.engine.slash(KEEPER, [t.number for t in part])
        self.counts.late += len(late)
        self.engine.barrier()
        self.bidders.refresh()
        rescued: list[Task] = []
        for task in late:
            position = self.bidders.rescuer(task, self.outcomes.permutation(len(self.bidders.accounts))[:WATCHING])
            if position is None:
                continue
            rescuer = int(self.bidders.accounts[position])
            self.market.take_over(task, rescuer)
            self.engine.take_over(rescuer, task.number, int(self.bidders.patience[position]))
            self.bidders.take(position, task)
            rescued.append(task)
        self.counts.rescued += len(rescued)
        return rescued

    # Results

    def _expected(self, epoch: int) -> dict[str, list[int]]:
        """Words of all accounts as the model has them."""
        market = self.market
        accounts = range(len(market.free))
        logits = market.logits[epoch - 1]
        fees = [market.fees[a][epoch % len(market.fees[a])] if a in market.fees else 0 for a in accounts]
        return {
            "balances": [f | (k << 96) for f, k in zip(market.free, market.locked, strict=True)],
            "activity": [activity.pack(market.activities[a]) if a in market.activities else 0 for a in accounts],
            "fees": [w if w >> 192 == epoch else 0 for w in fees],
            "logits": [unsigned(logits[a], 24) for a in accounts],
        }

    def _check(self, period: int, epoch: int) -> None:
        expected = self._expected(epoch)
        self.engine.compare(expected, epoch, period)
        self._last_state = expected

    def _write_down(self, period: int, tasks: Sequence[Task], before: dict[str, int]) -> None:
        """Keep a period's row, and add its tasks' ends to the digest, in the order of their numbers."""
        after = asdict(self.counts)
        self.periods.append({"period": period, **{k: after[k] - before[k] for k in after}})
        for t in sorted(tasks, key=lambda t: t.number):
            self.digest.update(b"%d:%d:%d:%d;" % (t.number, t.outcome, t.executor, t.price))

    def _summary(self, seconds: float, gas: int, times: Sequence[tuple[float, int]]) -> dict[str, Any]:
        """Everything the run has to say."""
        market, engine, counts, totals = self.market, self.engine, self.counts, self.market.totals
        for name, column in self._last_state.items():
            self.digest.update(name.encode() + b":" + b",".join(b"%x" % word for word in column) + b"\n")
        accounts_sum = sum(market.free) + sum(market.locked)
        escrow_balance = engine.token_balance()
        tenth = max(1, len(times) // 10)
        parameters: dict[str, Any] = {**asdict(self.scenario), "network": self.scenario.network().to_table()}
        parameters["workload"] = self.scenario.workload.name if self.scenario.workload else None
        return {
            "engine": engine.name,
            "seed": self.scenario.seed,
            "parameters": parameters,
            "workload": self.workload.notes,
            "versions": {
                "ballast": version("ballast"),
                "python": platform.python_version(),
                "vyper": version("vyper"),
                "numpy": version("numpy"),
            },
            "tasks_opened": counts.opened,
            "tasks_self_executed": counts.self_executed,
            "tasks_auctioned": counts.auctioned,
            "tasks_unsold": counts.unsold,
            "tasks_settled": counts.settled,
            "tasks_failed": counts.failed,
            "tasks_forfeited": counts.forfeited,
            "tasks_late": counts.late,
            "tasks_rescued": counts.rescued,
            "slashed_total": totals.slashed,
            "slash_burned": totals.burned,
            "slash_compensation": totals.compensation,
            "slash_finder": totals.finder,
            "slash_pool": totals.pooled,
            "fees_paid": totals.fees,
            "uptime_paid": totals.uptime,
            "keepers_paid": totals.keepers,
            "reward_paid": totals.rewards,
            "price_paid": totals.prices,
            "gas_used": gas if engine.measures_gas else None,
            "gas_per_task": round(gas / counts.opened, 1) if engine.measures_gas else None,
            "transactions": engine.transactions,
            "wall_seconds": round(seconds, 3),
            "tasks_per_second": round(counts.opened / seconds, 1),
            "rate_first_tenth": round(_rate(times[:tenth]), 1),
            "rate_last_tenth": round(_rate(times[-tenth:]), 1),
            "escrow_balance": escrow_balance,
            "accounts_sum": accounts_sum,
            "conserved": escrow_balance == accounts_sum,
            "state_digest": self.digest.hexdigest(),
        }


def _rate(times: Sequence[tuple[float, int]]) -> float:
    return sum(n for _, n in times) / max(sum(s for s, _ in times), 1e-9)


def _result(task: Task) -> int:
    """Make up a result: a number that looks like a hash of the task."""
    return (task.number * 0x9E3779B97F4A7C15F39CC0605CEDC8341082276BF3A27251F86C6A11D0C18E95) % 2**256


def _posts(pages: Sequence[int]) -> list[tuple[int, Sequence[int]]]:
    """Pages in posts that neither exceed a call nor cross the border of a group: first page, words."""
    posts: list[tuple[int, Sequence[int]]] = []
    first = 0
    while first < len(pages):
        last = min(first + PAGES_A_POST, len(pages), (first // GROUP + 1) * GROUP)
        posts.append((first, pages[first:last]))
        first = last
    return posts


def run_on(scenario: Scenario, engine: str, progress: Callable[[int, int], None] | None = None) -> Run:
    """Run a scenario on an engine, and keep nothing.

    Returns
    -------
    Run
        With its summary.

    Raises
    ------
    UserError
        If the scenario cannot be run.
    DivergenceError
        If the engine does not do what the model predicts.
    """
    run = Run(scenario, progress)
    if progress:
        progress(0, len(run.workload.period))
    working = ENGINES[engine](scenario.network())
    try:
        run.summary = run.execute(working)
    finally:
        working.close()
    return run


def simulate(
    scenario: Scenario, out: Path, progress: Callable[[int, int], None] | None = None, engine: str = "anvil"
) -> dict[str, Any]:
    """Run a scenario and write its directory.

    Parameters
    ----------
    scenario : Scenario
        What to run.
    out : Path
        Directory to make; ``summary.json`` and ``periods.csv`` are written there when the run is complete.
    progress : callable, optional
        Called after each period with the tasks done and all tasks.
    engine : str
        One of ``ENGINES``.

    Returns
    -------
    dict
        The summary.

    Raises
    ------
    UserError
        If the directory exists or the scenario cannot be run.
    """
    scenario.validate()
    with _made_whole(out) as directory:
        run = run_on(scenario, engine, progress)
        write_run(directory, run.summary, run.periods)
    return run.summary


@contextmanager
def _made_whole(out: Path) -> Iterator[Path]:
    """Give a directory beside ``out`` to write to; it takes that name when the block ends well, and goes otherwise."""
    if out.exists():
        raise UserError(f"--out {out} exists: give a directory that does not")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise UserError(f"--out {out} cannot be made: {error.strerror}; give another directory") from error
    try:
        yield partial
        partial.chmod(0o755)
        partial.rename(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write_run(directory: Path, summary: dict[str, Any], periods: Sequence[dict[str, Any]]) -> None:
    """Write what a run has to say."""
    (directory / SUMMARY).write_text(json.dumps(summary, indent=2) + "\n")
    with (directory / "periods.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(periods[0]))
        writer.writeheader()
        writer.writerows(periods)
