"""The books of a run: who gained and lost how much, and what came of the tasks of each period.

An account's gain is what it holds at the end, mandates included, less what it paid in, entry fees included, and less
what its work cost. The reward of a task that is under way at the end is still its AVS's. To the AVS a settled task is
worth its reward, as in the welfare of `ballast.studies.measures`; a task that a ring trades with itself is worth
nothing. Tokens only change hands, so all gains add up to the value of what was done less the cost of doing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ballast.model.constants import BURN_ACCOUNT, POOL_ACCOUNT
from ballast.model.parameters import NetworkParameters
from ballast.sim.bidders import Fractions
from ballast.sim.engines.twin import Twin
from ballast.sim.market.records import Integers, Records
from ballast.sim.market.steps import EXPIRED, SETTLED
from ballast.sim.period.pool import living
from ballast.sim.run import Run
from ballast.sim.scenario import Scenario
from ballast.sim.state import AVS, FIRST_OPERATOR, KEEPER
from ballast.studies.measures import warmed_up

COLUMNS: Final = (
    *("ended", "ended_reward", "executed", "faulted", "settled", "settled_reward"),
    *("auctioned_reward", "auctioned_price", "slashed", "cost"),
)
"""What is summed up in each period, over all tasks but those a ring trades with itself: tasks that ended or found no
operator, and their rewards; of those that ended, the executed, and those whose first executor was late or wrong; tasks
settled, and their rewards; rewards and prices of those settled that were auctioned; slashes, and costs of all work.
Money in token units."""

PARTIES: Final = ("burned", "pool", "avs", "keeper", "operators", "coprocessors", "attackers")
"""Who gains and loses: all but the last in the order of their accounts, and without the attackers among them."""
STARTS: Final = (BURN_ACCOUNT, POOL_ACCOUNT, AVS, KEEPER, FIRST_OPERATOR)
"""First accounts of ``PARTIES``, up to the operators'."""


@dataclass(frozen=True)
class Books:
    """What a run came to.

    Attributes
    ----------
    gain : array of shape (accounts,)
        By escrow account, token units.
    attackers : array of int
        Accounts of the ring, if the stress is an attack.
    first_coprocessor, first_entrant : int
        Where the accounts of coprocessors, and of those that came later, begin.
    periods : array of shape (periods, len(COLUMNS))
        As in ``COLUMNS``.
    digest : str
        The run's state digest.
    steady : int
        First period after the start-up and the warm-up.
    """

    gain: Fractions
    attackers: Integers
    first_coprocessor: int
    first_entrant: int
    periods: Fractions
    digest: str
    steady: int

    def gains(self, attackers: Integers) -> dict[str, float]:
        """Gains by ``PARTIES``, given the attackers' accounts; token units."""
        accounts = np.arange(len(self.gain))
        party = np.searchsorted((*STARTS, self.first_coprocessor), accounts, side="right") - 1
        party[attackers[attackers < len(accounts)]] = PARTIES.index("attackers")
        return dict(zip(PARTIES, np.bincount(party, self.gain, len(PARTIES)).tolist(), strict=True))


class DepositBook(Twin):
    """The twin, which besides notes what everybody pays in.

    Attributes
    ----------
    paid_in : list of int
        By account, deposit and entry fee, token units.
    """

    def __init__(self, parameters: NetworkParameters) -> None:
        super().__init__(parameters)
        self.paid_in = [0, 0]

    def pay_in(self, deposits: Sequence[int]) -> None:
        """Note what the next accounts pay in."""
        super().pay_in(deposits)
        self.paid_in += [deposit + self.entry_fee for deposit in deposits]


def books_of(scenario: Scenario) -> Books:
    """Run a scenario on the twin, and keep its books.

    Raises
    ------
    UserError
        If the scenario cannot be run.
    """
    periods = np.zeros((scenario.periods, len(COLUMNS)))
    before = np.zeros(2, dtype=np.int64)

    def watch(run: Run) -> None:
        now = _outstanding(run)
        periods[run.done] = _entries(run, now - before)
        before[:] = now

    run = Run(scenario, watch=watch)
    engine = DepositBook(scenario.network())
    run.execute(engine)
    return Books(
        gain=_gains(run, engine.paid_in, periods[:, COLUMNS.index("settled_reward")].sum()),
        attackers=run.stress.attackers(run),
        first_coprocessor=run.first_coprocessor,
        first_entrant=run.first_coprocessor + scenario.coprocessors,
        periods=periods,
        digest=run.digest.hex(),
        steady=warmed_up(run.scenario),
    )


def _honest(tasks: Records, wash_class: int) -> Records:
    """Tasks that a ring does not trade with itself."""
    honest: Records = tasks[tasks["class_id"] != wash_class]
    return honest


def _outstanding(run: Run) -> Integers:
    """Count tasks that are under way or wait for a free slot, and sum up their rewards."""
    live, jobs = _honest(living(run.world.pool), run.scenario.wash_class), run.workload
    waiting = run.queue[~jobs.wash[run.queue]]
    return np.array([len(live) + len(waiting), live["reward"].sum() + jobs.reward[waiting].sum()])


def _entries(run: Run, more: Integers) -> list[float]:
    """Row of ``COLUMNS`` for the period a run has just played, given what more is outstanding at its end than before.

    What came and is not outstanding has ended, or found no operator.
    """
    tally, jobs = run.periods[run.done], run.workload
    this = slice(run.borders[run.done], run.borders[run.done + 1])
    came = ~jobs.wash[this]
    ended = _honest(run.tasks, run.scenario.wash_class)
    executed = ended[ended["outcome"] != EXPIRED]
    settled = ended[ended["outcome"] == SETTLED]
    auctioned = settled[settled["own"] == 0]
    return [
        np.count_nonzero(came) - more[0],
        jobs.reward[this][came].sum() - more[1],
        len(executed),
        np.count_nonzero((executed["late"] == 1) | (executed["wrong"] == 1)),
        len(settled),
        settled["reward"].sum(),
        auctioned["reward"].sum(),
        auctioned["price"].sum(),
        tally["slashed"],
        tally["cost"],
    ]


def _gains(run: Run, paid_in: Sequence[int], worth: float) -> Fractions:
    """Gain of every account, given what was paid in and what the AVS got for its money; token units."""
    market, accounts = run.world.market, len(paid_in)
    held = (market.accounts["free"] + market.accounts["locked"])[:accounts].copy()
    mandates = market.mandates.sum(axis=1)
    held[POOL_ACCOUNT] -= mandates.sum()
    np.add.at(held, market.classes["avs"], mandates)
    live = living(run.world.pool)
    held[POOL_ACCOUNT] -= live["reward"].sum()
    np.add.at(held, market.classes["avs"][live["class_id"]], live["reward"])
    gain = held - np.array(paid_in) - run.world.fortune["spent"][:accounts]
    gain[AVS] += worth
    return np.asarray(gain)
