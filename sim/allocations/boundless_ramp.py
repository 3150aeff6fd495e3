"""A price that rises in even steps, from half of the reward to the highest: whoever first profits locks the task.

After Boundless's reverse Dutch auction: the price of a request ramps up from a minimum to a maximum; the first prover
that accepts it locks the request with a stake, which is slashed if it misses the deadline; then anybody may fulfil the
request for a part of the stake, half of it by the documents. Simplified:

- All accept as soon as the price pays what they ask. Whose transaction comes first is drawn.
- The stake is the collateral of the class. Boundless asks for some ten times the highest price, so that half of it is
  more than the reward. Here what is slashed goes where it goes under all rules, and the bounty of the second chance is
  the highest price, out of the reward, as under all rules.
- No request is fulfilled without a lock while others may still lock it.
"""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.batch import Batch, ask_all, give
from ballast.sim.bidders import NOT_AT_ALL, Bidders, drawn
from ballast.sim.compiled import allocating
from ballast.sim.handicaps import handicapped_price

ABOUT: Final = "a rising price; who first profits locks the task, a missed one is open to all (Boundless)"


@allocating
def clear(bidders: Bidders, batch: Batch, task_class: Any) -> float:
    """Give each task to one drawn of those who first profit."""
    for lot in range(len(batch.tasks)):
        best = batch.key[ask_all(bidders, batch, lot, task_class)]
        if best == NOT_AT_ALL:
            continue
        step = 0
        while handicapped_price(step, True) < best:
            step += 1
        price = handicapped_price(step, True)
        give(bidders, batch, lot, drawn(batch.key, price + 1.0, batch.draws[lot]))
        batch.price[lot], batch.step[lot] = price, step
    return 0.0
