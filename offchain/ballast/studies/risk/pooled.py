"""What records say of more than one account or epoch: how far chances differ, and how far means of epochs scatter.

All tasks are public, so that somebody with few of its own may look at everybody's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ballast.sim.market.records import Integers
from ballast.studies.risk.epochs import BLOCK
from ballast.studies.risk.lines import PRIOR

Floats = npt.NDArray[np.float64]


def common_prior(good: Floats, tasks: Floats) -> tuple[float, float]:
    """Beta distribution of the chances of all, from their records.

    By moments (Kleinman, Journal of the American Statistical Association 68, 1973, page 46): chances vary by what
    records differ beyond the binomial. It is never worth more than all tasks, nor less than Jeffreys' prior.

    Parameters
    ----------
    good, tasks : array
        Tasks that went well, and all, by account.

    Returns
    -------
    tuple of float
        Good and bad tasks that the distribution is worth.
    """
    some = tasks > 0
    good, tasks = good[some], tasks[some]
    every = float(tasks.sum())
    mean = (float(good.sum()) + PRIOR) / (every + 2 * PRIOR)
    usual = mean * (1.0 - mean)
    beyond = float((tasks * (good / tasks - mean) ** 2).sum()) - usual * (len(tasks) - 1)
    spread = beyond / max(every - float((tasks**2).sum()) / every, 1.0)
    worth = usual / spread - 1.0 if spread > 0 else every
    worth = min(max(worth, 2 * PRIOR), every)
    return mean * worth, (1.0 - mean) * worth


def scatter(tasks: Integers) -> Floats:
    """Variance of the mean of an epoch of a block that is drawn from the past, by account, shares of the mean squared.

    Parameters
    ----------
    tasks : array of shape (epochs, accounts)
        Tasks of past epochs.
    """
    blocks = np.mean([np.roll(tasks, -i, axis=0) for i in range(BLOCK)], axis=0)
    mean = tasks.mean(axis=0)
    return np.asarray(blocks.var(axis=0) / np.maximum(mean, 1e-9) ** 2)
