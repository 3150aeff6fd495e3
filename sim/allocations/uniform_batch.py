"""A batch auction at one price: the cheapest within the capacity that they report, all paid the first losing ask.

After Proo-phi (Wang and others, arXiv 2404.06495): provers report a cost and a capacity, those of the lowest cost get
the work up to their capacity, and all of them are paid the cost of the first that gets none of it. Simplified:

- The reported capacity is what is registered and not in use. A report above what a machine can do is not fined but
  slashed, as all lateness.
- A bidder reports a cost for each load, as its costs rise with load; so it may be the first losing ask itself. For
  whoever has room for one task it is a dominant strategy to ask what it costs.
- Tasks differ in size: the losing ask is that for one more of the smallest task sold, and no ask that won is above the
  price. If nobody could take one more, the price is the class's highest.
- Users do not bid for being included: every task is auctioned.
"""

from __future__ import annotations

from typing import Any, Final

from ballast.sim.batch import REVEALED, Batch, ask_all, give
from ballast.sim.bidders import NOT_AT_ALL, Bidders
from ballast.sim.compiled import allocating

ABOUT: Final = "a batch auction: the cheapest within their capacity, all at the first losing ask (Proo-phi)"


@allocating
def clear(bidders: Bidders, batch: Batch, task_class: Any) -> float:
    """Give each task to the cheapest, and all the same price."""
    price, smallest = 0.0, -1
    for lot in range(len(batch.tasks)):
        place = ask_all(bidders, batch, lot, task_class)
        if batch.key[place] == NOT_AT_ALL:
            continue
        price = max(price, batch.key[place])
        give(bidders, batch, lot, place)
        if smallest < 0 or batch.tasks[lot].difficulty < batch.tasks[smallest].difficulty:
            smallest = lot
    if smallest >= 0:
        losing = batch.key[ask_all(bidders, batch, smallest, task_class)]
        price = max(price, min(losing, task_class.cap))
    batch.price[:] = int(price)
    batch.step[:] = REVEALED
    return 0.0
