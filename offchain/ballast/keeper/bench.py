"""How long the computation of a large network takes; ``python -m ballast.keeper.bench [accounts]``."""

from __future__ import annotations

import random
import sys
import time

from ballast.keeper import compute
from ballast.model import load_curve, page_packing
from ballast.model.constants import MAX_LOGIT, PAGE
from ballast.model.parameters import DEFAULT_FILTER

EPOCH = 1_000
EPOCH_SECONDS = 3_600
BUSY_SHARE = 0.5


def network(accounts: int, seed: int = 1) -> compute.Inputs:
    """Make up the inputs of an epoch: every account with a logit of its own, half of them with finished tasks.

    Parameters
    ----------
    accounts : int
        Accounts, rounded up to whole pages.
    seed : int
        The same seed, the same network.
    """
    draw = random.Random(seed)
    curve = load_curve.pack(load_curve.PRESETS[load_curve.DEFAULT_PRESET])
    peak = load_curve.peak(curve)
    page_words = []
    for _ in range(-(-accounts // PAGE)):
        for epoch in (EPOCH, EPOCH - 1):
            logits = [draw.randint(-MAX_LOGIT, MAX_LOGIT) for _ in range(PAGE)]
            page_words.append(page_packing.pack(logits, epoch, draw.randrange(2, 2**32)))
    busy = [a for a in range(len(page_words) // 2 * PAGE) if draw.random() < BUSY_SHARE]
    fees = {}
    for account in busy:
        n = draw.randrange(1, 10 ** draw.randint(1, 20))
        fees[account] = (n, draw.randrange(n + 1))
    activity = {}
    for account in busy:
        overload = draw.randrange(EPOCH_SECONDS)
        activity[account] = (draw.randrange((EPOCH_SECONDS - overload) * peak + 1), overload)
    return compute.Inputs(EPOCH, EPOCH_SECONDS, DEFAULT_FILTER, DEFAULT_FILTER, peak, page_words, fees, activity)


def seconds(accounts: int, repeats: int = 3) -> float:
    """Measure the processor time of computing a network, logits and packed pages; the best of some repeats."""
    inputs = network(accounts)
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        compute.pack(compute.computed(inputs))
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    """Print a measurement."""
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print(f"{accounts:,} accounts, half of them with finished tasks: {seconds(accounts):.2f} s")


if __name__ == "__main__":
    main()
