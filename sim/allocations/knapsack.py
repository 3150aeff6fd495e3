"""A double auction of all-or-nothing bids: by price for a resource unit, with threshold payments and trade reduction.

After DARA (Lagrange, eprint 2024/1750), where buyers want a number of units or nothing, and sellers have room for some.
Buyers are taken by what they bid for a unit, each served by the seller that asks the least for it, as long as it asks
no more. Then the trade that sets prices is given up: all buyers pay what the last one bid for a unit, all sellers get
the dearest ask that won, and neither these two nor anybody who would have to pay more than it bid trades. So sellers
never get more than buyers pay. Simplified:

- A buyer bids what its class pays at most, for whole tasks; sellers ask for units of mean reward.
- The seller with the dearest ask gives up all it won in the batch, so that nobody's ask sets its own price.
- What buyers pay above what sellers get is counted as the surplus, and stays with the operators.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ballast.sim.batch import (
    REVEALED,
    Batch,
    ask_all,
    give,
    in_ppm,
    in_tokens,
    mean_rate,
    take_back,
    worth_of_unit,
)
from ballast.sim.bidders import Bidders
from ballast.sim.compiled import allocating

ABOUT: Final = "a double auction of whole tasks by price for a unit, with trade reduction (DARA)"


@allocating
def clear(bidders: Bidders, batch: Batch, task_class: Any) -> float:
    """Match the best buyers with the cheapest sellers, give up the trade that sets the prices, and sum the surplus."""
    count, rate = len(batch.tasks), mean_rate(batch)
    bid = np.array([worth_of_unit(batch, lot, task_class, rate) for lot in range(count)])
    dearest, dear_seller = -1.0, -1
    for lot in np.argsort(-bid, kind="mergesort"):
        place = ask_all(bidders, batch, lot, task_class)
        if batch.key[place] > bid[lot]:
            continue
        give(bidders, batch, lot, place)
        if batch.key[place] > dearest:
            dearest, dear_seller = batch.key[place], place
    last = -1
    for lot in range(count):
        if batch.winner[lot] >= 0 and bid[lot] >= dearest and (last < 0 or bid[lot] <= bid[last]):
            last = lot
    surplus = 0.0
    for lot in range(count):
        if batch.winner[lot] < 0:
            continue
        if lot == last or bid[lot] < dearest or batch.winner[lot] == dear_seller:
            take_back(bidders, batch, lot)
            continue
        batch.price[lot], batch.step[lot] = in_ppm(batch, lot, dearest, rate), REVEALED
        surplus += in_tokens(batch, lot, in_ppm(batch, lot, bid[last], rate) - batch.price[lot])
    return surplus
