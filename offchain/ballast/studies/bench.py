"""Speed of the three engines, each beside a peer: ``python -m ballast.studies.bench [FILE]``.

Prints a table; FILE takes it as JSON.

=============================  ========================================================================================
twin, memory                   no peer: the largest memory of ``ballast simulate`` on a million tasks
twin, two sizes                the same participants, tasks and rules as a model in Mesa (``peers.market``)
evm, whole engine              no peer: decisions, calls and comparisons, tasks a second
evm, calls, CPU time           the same calldata on verbs (``peers.calls``), the calls alone
anvil                          single tasks by web3.py, one transaction at a time (``peers.web3_tasks``)
anvil, last tenth              the first tenth of the same run
anvil, a task                  no peer: the gas
=============================  ========================================================================================

Rates are of tasks by wall time unless said otherwise, after compilation and set-up. Ours and the peer's are measured in
turns, and the best of some rounds counts. Machines differ and share their cores, so quote the ratios.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from ballast.errors import BallastError, ResultsError, UserError
from ballast.sim.directory import simulate
from ballast.sim.run import get_ready, run_on
from ballast.sim.scenario import Scenario
from ballast.studies.figures.places import check_places, write_whole
from ballast.studies.peers import calls, market, web3_tasks

MILLION: Final = Scenario(periods=1_000, tasks_per_period=1_010)
LARGE: Final = Scenario(operators=10_000, coprocessors=10_000, periods=10, tasks_per_period=100_000)
DEFAULT: Final = Scenario()
CALLS: Final = Scenario(periods=10)
ROUNDS: Final = 3
FEW_ROUNDS: Final = 2
"""Of what takes half a minute."""
WEB3_TASKS: Final = 40


@dataclass(frozen=True)
class RateRow:
    """One line of the table.

    Attributes
    ----------
    what, unit : str
        What was measured.
    ours : float
        Figure of Ballast.
    peer : str
        What it is compared with; empty if with nothing.
    theirs : float, optional
        Figure of that.
    """

    what: str
    unit: str
    ours: float
    peer: str = ""
    theirs: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours by theirs."""
        return None if self.theirs is None else self.ours / self.theirs


Rows = dict[str, RateRow]


def twin(scenario: Scenario, periods: int, rounds: int) -> RateRow:
    """Measure the twin, and Mesa over the first periods of the same scenario."""
    own, theirs, peer = [], [], ""
    for _ in range(rounds):
        run = run_on(scenario)
        own.append(market.twin(run, periods).rate)
        played, peer = market.mesa(run, periods)
        theirs.append(played.rate)
    return RateRow(f"twin {scenario.operators:,} x {scenario.coprocessors:,}", "tasks/s", max(own), peer, max(theirs))


def evm(rounds: int) -> Rows:
    """Measure the EVM within the process: the whole engine, and its calls alone beside verbs."""
    whole = max(run_on(DEFAULT, "evm").summary["tasks_per_second"] for _ in range(rounds))
    alone = calls.measure_calls(CALLS, rounds)
    return {
        "evm": RateRow("evm, whole engine", "tasks/s", whole),
        "evm_calls": RateRow("evm, calls, CPU time", "tasks/s", alone.own, f"verbs {alone.version}", alone.theirs),
    }


def anvil(rounds: int) -> Rows:
    """Measure Anvil beside web3.py, and how its rate changes over a run."""
    summaries, theirs = [], []
    for _ in range(rounds):
        theirs.append(web3_tasks.rate(WEB3_TASKS))
        summaries.append(run_on(DEFAULT, "anvil").summary)
    best = max(summaries, key=lambda summary: float(summary["tasks_per_second"]))
    first, last = best["rate_first_tenth"], best["rate_last_tenth"]
    return {
        "anvil": RateRow("anvil", "tasks/s", best["tasks_per_second"], f"web3.py {version('web3')}", max(theirs)),
        "anvil_flatness": RateRow("anvil, last tenth", "tasks/s", last, "first tenth", first),
        "anvil_gas": RateRow("anvil, a task", "gas", best["gas_per_task"]),
    }


def memory() -> RateRow:
    """Measure the largest memory of a process that runs the twin as ``ballast simulate`` does."""
    # a process of its own for each: the first may have to compile, which takes memory too
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        pool.submit(get_ready).result()
        peak = pool.submit(peak_memory).result()
    return RateRow("twin, memory", "MB", peak / 1e6)


def peak_memory() -> int:
    """Run a million tasks on the twin, with their directory; the largest memory this process had so far, bytes."""
    with tempfile.TemporaryDirectory() as folder:
        simulate(MILLION, Path(folder) / "run", engine="twin")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure_engines() -> Rows:
    """Measure everything; some three minutes.

    Raises
    ------
    BallastError
        If a peer cannot be run, or does not do the same.
    """
    # memory first: a process that was started by a large one counts as large itself
    rows = {"twin_memory": memory()}
    rows["twin"] = twin(MILLION, 20, ROUNDS)
    rows["twin_large"] = twin(LARGE, 2, FEW_ROUNDS)
    rows |= evm(ROUNDS)
    return rows | anvil(FEW_ROUNDS)


def show(rows: Rows, console: Console) -> None:
    """Print the table."""
    table = Table(title="ballast bench", caption="best of rounds in turns, after compilation and set-up")
    table.add_column("what")
    for heading in ("ours", "unit", "peer's", "peer", "ratio"):
        table.add_column(heading, justify="right" if heading in ("ours", "peer's", "ratio") else "left")
    for row in rows.values():
        theirs = "" if row.theirs is None else f"{row.theirs:,.0f}"
        ratio = "" if row.ratio is None else f"{row.ratio:,.{1 if row.ratio >= 10 else 2}f}"
        table.add_row(row.what, f"{row.ours:,.0f}", row.unit, theirs, row.peer, ratio)
    console.print(table)


def write(rows: Rows, target: Path) -> None:
    """Write the rows as JSON, by names that do not change."""
    content: dict[str, Any] = {name: {**asdict(row), "ratio": row.ratio} for name, row in rows.items()}
    write_whole(target, f"{json.dumps(content, indent=2)}\n".encode())


def target_of(arguments: list[str]) -> Path | None:
    """File the arguments name, if any; it is not made before there is something to write.

    Raises
    ------
    UserError
        If there is more than one argument, or the file cannot be written.
    """
    if not arguments:
        return None
    if len(arguments) > 1 or arguments[0].startswith("-"):
        raise UserError(f"{' '.join(arguments)} is not understood: give nothing, or one file to write")
    target = Path(arguments[0])
    try:
        check_places([target])
    except ResultsError as error:
        raise UserError(f"{error}; give another file") from error
    return target


def main(arguments: list[str], measured: Callable[[], Rows] = measure_engines) -> None:
    """Measure, print, write."""
    try:
        target = target_of(arguments)
        rows = measured()
        show(rows, Console())
        if target is not None:
            write(rows, target)
    except BallastError as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
