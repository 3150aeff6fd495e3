"""A price that rises in even steps from the lowest to the highest: whoever first profits locks the task.

After Boundless's reverse Dutch auction: the price of a request ramps up from a minimum to a maximum; the first prover
that accepts it locks the request with a stake, which is slashed if it misses the deadline; then anybody may fulfil the
request for a part of the stake, half of it by the documents. Simplified:

- All accept as soon as the price pays what they ask. Whose transaction comes first is drawn.
- The stake is the collateral of the class. Boundless asks for some ten times the highest price, so that half of it is
  more than the reward. Here what is slashed goes where it goes under all rules, and the bounty of the second chance is
  the highest price of a class, out of the reward (``TERMS``).
- No request is fulfilled without a lock while others may still lock it.
"""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.batch import Batch, ask_all, give
from ballast.sim.bidders import NOT_AT_ALL, Bidders, drawn
from ballast.sim.compiled import allocating
from ballast.sim.market.rules import price_at

ABOUT: Final = "a rising price; who first profits locks the task, a missed one is open to all (Boundless)"
TERMS: Final[dict[str, Any]] = {"rescue_price": 0.98}
"""What else the rule changes in a scenario: what whoever fulfils a missed task is paid, as a share of the reward."""


@allocating
def clear(bidders: Bidders, batch: Batch, task_class: Any) -> float:
    """Give each task to one drawn of those who first profit."""
    low, high = min(task_class.start, task_class.floor_), max(task_class.start, task_class.floor_)
    for lot in range(len(batch.tasks)):
        best = batch.key[ask_all(bidders, batch, lot, task_class)]
        if best == NOT_AT_ALL:
            continue
        step = 0
        while price_at(low, high, task_class.steps, step) < best:
            step += 1
        price = price_at(low, high, task_class.steps, step)
        give(bidders, batch, lot, drawn(batch.key, price + 1.0, batch.draws[lot]))
        batch.price[lot], batch.step[lot] = price, step
    return 0.0
