"""A contest: all who could do the task pay what they bid, and a higher bid raises the chance to get it at the full fee.

After the proof contests of Succinct's network whitepaper: provers bid from their collateral, all pay their bids, and
the winner is drawn with a chance that is a function of the bids; the winner earns the fee of the request. (The network
began with a reverse auction in place of it, much as our ``second_price``.) Simplified:

- The whitepaper leaves the function open. Here it is Tullock's lottery: a bidder's share of all bids.
- Bidders bid as in its equilibrium, in which all know all: with values ``V = fee - ask`` of the k largest, all bids
  together are ``S = (k - 1) / sum(1 / V)``, and one bids ``S (1 - S / V)``; who values it at S or less bids nothing. A
  single bidder bids nothing and wins.
- The fee is the class's highest price. Bids are burned. There are no proving pools.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.sim.batch import REVEALED, Batch, ask_all, give, in_tokens
from ballast.sim.bidders import NOT_AT_ALL, Bidders, Fractions
from ballast.sim.compiled import allocating

ABOUT: Final = "a contest in which all pay their bids, for the task at the full fee (Succinct's whitepaper)"


@allocating
def total_bid(value: Fractions) -> float:
    """All bids together in equilibrium, given what the task is worth to each, 0 for who cannot take it."""
    largest = np.sort(value[value > 0.0])[::-1]
    total = inverses = 0.0
    for k in range(len(largest)):
        if k > 0 and largest[k] <= total:
            break
        inverses += 1.0 / largest[k]
        total = k / inverses
    return total


@allocating
def clear(bidders: Bidders, batch: Batch, task_class: Any) -> float:
    """Hold a contest for each task, one after the other."""
    for lot in range(len(batch.tasks)):
        ask_all(bidders, batch, lot, task_class)
        value = np.array([task_class.cap - ask + 1.0 if ask < NOT_AT_ALL else 0.0 for ask in batch.key])
        total = total_bid(value)
        left, winner = batch.draws[lot], -1
        for i in range(len(value)):
            if value[i] <= total:
                continue
            chance = 1.0 - total / value[i]
            bid = min(in_tokens(batch, lot, total * chance), bidders.free[i] - batch.needed[lot])
            batch.paid[i] += bid
            bidders.free[i] -= bid
            if left >= 0.0:
                winner = i
            left -= chance
        if winner >= 0:
            give(bidders, batch, lot, winner)
            batch.price[lot], batch.step[lot] = task_class.cap, REVEALED
    return 0.0
