"""Tasks on machines, compiled: each is placed where the load is then the least."""

from __future__ import annotations

from typing import Any

import numpy as np

from ballast.sim.bidders import Fractions
from ballast.sim.compiled import allocating
from ballast.sim.market.records import Integers


@allocating
def place_all(
    wave: Integers,
    seconds: Fractions,
    difficulty: Integers,
    capacity: Fractions,
    limit: Fractions,
    speed: Fractions,
    gap: int,
    due: int,
    late: float,
    last: int,
    first: int,
) -> Any:
    """Place tasks, each on the machine with the least load with it.

    Parameters
    ----------
    wave : array of shape (tasks,)
        When each comes, ascending.
    seconds, difficulty : array of shape (tasks,)
        How long it takes at speed 1, and its resource units.
    capacity, limit, speed : arrays of shape (machines,)
        Resource units, the largest load as a share of them, and the speed.
    gap, due : int
        Seconds of a wave, and for a result.
    late : float
        Share of the results that do not come, whose load is held until they are due.
    last, first : int
        Waves there are, and the first that is measured.

    Returns
    -------
    used, lost : float
        Mean load, as a share of all capacity; load that found no room, as a share of all load.
    """
    load = np.zeros(len(capacity))
    ending, following = np.full(last + 1, -1), np.full(len(wave), -1)
    machine = np.full(len(wave), -1)
    total = used = came = lost = 0.0
    task = 0
    for now in range(last):
        done = ending[now]
        while done >= 0:
            load[machine[done]] -= difficulty[done]
            total -= difficulty[done]
            done = following[done]
        while task < len(wave) and wave[task] == now:
            chosen, least = -1, 2.0
            for i in range(len(capacity)):
                x = (load[i] + difficulty[task]) / capacity[i]
                if x <= limit[i] and x < least and seconds[task] <= (due - gap) * speed[i]:
                    chosen, least = i, x
            came += difficulty[task] * seconds[task]
            if chosen < 0:
                lost += difficulty[task] * seconds[task]
            else:
                load[chosen] += difficulty[task]
                total += difficulty[task]
                machine[task] = chosen
                held = (1 - late) * seconds[task] / speed[chosen] + late * due
                end = min(now + int(np.ceil(held / gap)), last)
                following[task], ending[end] = ending[end], task
            task += 1
        if now >= first:
            used += total
    return used / (last - first) / capacity.sum(), lost / came
