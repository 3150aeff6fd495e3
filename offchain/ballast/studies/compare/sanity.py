"""Known results of queueing, measured with the very code that allocates tasks.

*Balls into bins*: 1,000 equal jobs on 100 equal servers; how far the fullest server is above the mean. The oracles are
means of other simulations, with their intervals.

*Supermarket*: jobs arrive at a rate of 0.9 a server and are served one at a time, both with exponential times; how long
a job stays, in mean times of service. One choice is M/M/1, ``1 / (1 - 0.9)``; two choices is the limit of many servers,
``sum over i of 0.9**(2**i - 2)`` (Mitzenmacher, IEEE TPDS 12, 2001), which 250 servers miss by about half a percent.

*Erlang C*: a call centre of 14 agents with 100 calls of 180 seconds in half an hour, by the functions that plans use;
the oracles are those of the R package ErlangC, to the digits it prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ballast.model.constants import BPS
from ballast.sim.bidders import Bidders, Fractions, no_bidders
from ballast.sim.compiled import compiled
from ballast.sim.market.records import CLASS, TASK
from ballast.sim.period.allocation import find
from ballast.sim.scenario import ALLOCATIONS
from ballast.studies.planning.erlang import erlang_c, mean_wait, service_level

BINS, BALLS, REPETITIONS = 100, 1_000, 1_600
RATE: Final = 0.9
SERVERS: Final = 250
AGENTS, CALLS, TALK = 14, 10.0, 180.0
"""Erlang C: agents, erlangs, seconds."""
SLOTS: Final = BPS
"""Capacity of a server: a job is a basis point of load."""
RANDOM, TWO_CHOICES, SHORTEST_QUEUE = (ALLOCATIONS.index(name) for name in ("random", "two_choices", "shortest_queue"))


@dataclass(frozen=True)
class Check:
    """A known value and what came out.

    Attributes
    ----------
    name : str
        What is measured.
    oracle, tolerance : float
        The known value, and how far from it the measured one may be.
    got : float
        The measured one.
    """

    name: str
    oracle: float
    tolerance: float
    got: float

    @property
    def within(self) -> bool:
        """Whether the measured value is near enough."""
        return abs(self.got - self.oracle) <= self.tolerance


def servers(count: int) -> tuple[Bidders, Fractions, Any, Any]:
    """Equal coprocessors that take whatever they can, their discounts, a task of one unit, and its class."""
    bidders = no_bidders(count, 1)
    bidders.account[:], bidders.size[0] = np.arange(count), count
    bidders.share[:], bidders.reputation[:] = 1e4 / SLOTS, 1e6
    bidders.free[:], bidders.late[:], bidders.reach[:] = SLOTS, SLOTS, 1
    task, terms = np.zeros(1, TASK), np.zeros(1, CLASS)
    task["difficulty"] = task["class_id"] = task["reward"] = 1
    terms["steps"], terms["cap"], terms["floor_"] = 2, 980_000, 500_000
    return bidders, np.zeros((2, BPS + 1)), task[0], terms[0]


@compiled
def throw(bidders: Bidders, discounts: Fractions, task: Any, task_class: Any, rule: int, draws: Fractions) -> None:
    """Give a job to a server for each row of random numbers."""
    for i in range(len(draws)):
        bidders.load[find(bidders, discounts, task, task_class, rule, False, 0, bidders.size[0], draws[i])[0]] += 1


@compiled
def serve(
    bidders: Bidders, discounts: Fractions, task: Any, task_class: Any, rule: int, draws: Fractions, rate: float
) -> float:
    """Let jobs arrive and be served for as many events as there are rows of random numbers; the mean number of jobs.

    The chain of arrivals and services, made uniform: an event is an arrival with probability ``rate / (1 + rate)``,
    else the end of a service at any server, which an idle one ignores. Events are equally far apart on average.
    """
    count = bidders.size[0]
    jobs, total = bidders.load.sum(), 0.0
    for i in range(len(draws)):
        total += jobs
        kind = draws[i, 0] * (1 + rate)
        if kind < rate:
            bidders.load[find(bidders, discounts, task, task_class, rule, False, 0, count, draws[i])[0]] += 1
            jobs += 1
        else:
            server = int((kind - rate) * count)
            if bidders.load[server] > 0:
                bidders.load[server] -= 1
                jobs -= 1
    return total / len(draws)


def fullest(rule: int, repetitions: int, rng: np.random.Generator) -> float:
    """Balls into bins: the fullest bin above the mean, mean over repetitions."""
    gaps = []
    for _ in range(repetitions):
        bidders, discounts, task, task_class = servers(BINS)
        throw(bidders, discounts, task, task_class, rule, rng.random((BALLS, 3)))
        gaps.append(bidders.load.max() - bidders.load.mean())
    return float(np.mean(gaps))


def sojourn(rule: int, count: int, warm_up: int, units: int, rng: np.random.Generator) -> float:
    """Supermarket: mean stay by Little's law, in mean times of service, over some of them after a warm-up."""
    equal = servers(count)
    events = round(count * (1 + RATE))
    means = [serve(*equal, rule, rng.random((events, 3)), RATE) for _ in range(warm_up + units)]
    return float(np.mean(means[warm_up:])) / (RATE * count)


def two_choices_stay(rate: float) -> float:
    """Mean stay with two choices in the limit of many servers."""
    return float(sum(rate ** (2**i - 2) for i in range(1, 30)))


def checks(seed: int) -> list[Check]:
    """Measure everything there is an oracle for."""
    rngs = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
    return [
        Check("balls into bins, random", 8.71, 0.24, fullest(RANDOM, REPETITIONS, rngs[0])),
        Check("balls into bins, two choices", 1.93, 0.04, fullest(TWO_CHOICES, REPETITIONS, rngs[1])),
        Check("balls into bins, shortest queue", 0.0, 0.0, fullest(SHORTEST_QUEUE, 10, rngs[2])),
        Check("mean stay, one choice", 1 / (1 - RATE), 0.3, sojourn(RANDOM, 50, 1_000, 100_000, rngs[3])),
        Check(
            "mean stay, two choices",
            two_choices_stay(RATE),
            0.05,
            sojourn(TWO_CHOICES, SERVERS, 100, 4_000, rngs[4]),
        ),
        Check("Erlang C, probability to wait", 0.1741319, 5e-8, erlang_c(AGENTS, CALLS)),
        Check("Erlang C, share within 20 s", 0.88835, 5e-6, service_level(AGENTS, CALLS, 20, TALK)),
        Check("Erlang C, mean wait, s", 7.83594, 5e-6, mean_wait(AGENTS, CALLS, TALK)),
    ]
