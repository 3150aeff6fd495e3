"""The next after the last winner, in the order of accounts, who can; at the highest price."""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.bidders import NOT_AT_ALL, Bidders, Fractions
from ballast.sim.compiled import compiled

ABOUT: Final = "the next in turn who can, at the highest price"
CLOCK: Final = "none"

FAR: Final = 2**40
"""More than there are accounts."""


@compiled
def choose(
    bidders: Bidders, _task: Any, task_class: Any, key: Fractions, _best: float, begin: int, _draw: Fractions
) -> tuple[int, int]:
    """Take the next in turn, and turn on; the first turn is that of whoever comes first."""
    chosen, nearest = -1, 0
    if bidders.turn[0] == 0:
        bidders.turn[0] = bidders.account[begin]
    for i in range(len(key)):
        place = (begin + i) % bidders.size[0]
        ahead = bidders.account[place] - bidders.turn[0]
        if ahead < 0:
            ahead += FAR
        if key[i] < NOT_AT_ALL and (chosen < 0 or ahead < nearest):
            nearest, chosen = ahead, place
    bidders.turn[0] = bidders.account[chosen] + 1
    return chosen, task_class.cap
