"""One step of the score-driven reputation; twin of ``contracts/modules/reputation_filter.vy``.

::

    phi' = (1 - w) idle + w active, w = min(n / n0, 1)
    idle = phi - drift max(phi - newcomer, 0)
    active = clamp(omega + beta phi + alpha (k / n - rho) + gamma g)

A generalised autoregressive score model (Creal, Koopman and Lucas 2013, Journal of Applied Econometrics 28(5)) of the
Bernoulli density with logit link and unit scaling, whose score is ``k / n - rho``; value-weighted, with a load term. An
epoch counts in proportion to its evidence, in full from n0 on.
Only unsigned divisions; a sign travels beside its magnitude, so every quotient is rounded towards zero.

Parameters are packed into one word, in the order of their fields from the lowest bit; what may be below zero is in
two's complement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.errors import ParameterError
from ballast.model import layout
from ballast.model._evm import signed
from ballast.model.constants import MAX_AMOUNT, MAX_LOGIT, PPM
from ballast.model.fixed_point import sigmoid
from ballast.model.layout import row

MAX_OMEGA: Final = 2 * 10**6
MAX_ALPHA: Final = 8 * 10**6
MAX_STALE: Final = 255


@dataclass(frozen=True, slots=True)
class FilterParameters:
    """Governed parameters of the filter: default, bounds, unit and bits of each.

    Attributes
    ----------
    omega : int
        Micro-logits, signed.
    beta : int
        Ppm.
    alpha, gamma : int
        Micro-logits.
    drift : int
        Share an idle epoch takes of what exceeds the newcomer value, ppm.
    newcomer : int
        Micro-logits, signed.
    stale_epochs : int
        Epochs without a post after which no reputation exceeds the newcomer's.
    n0 : int
        Fees from which an epoch counts in full, token units.
    """

    omega: int = row(20_000, -MAX_OMEGA, MAX_OMEGA, "micro-logits", bits=24)
    beta: int = row(980_000, 0, PPM - 1, "ppm", bits=20)
    alpha: int = row(1_000_000, 0, MAX_ALPHA, "micro-logits", bits=24)
    gamma: int = row(20_000, 0, MAX_ALPHA // 20, "micro-logits", bits=24)
    drift: int = row(10_000, 0, PPM, "ppm", bits=20)
    newcomer: int = row(0, -MAX_LOGIT, MAX_LOGIT - 1, "micro-logits", bits=24)
    stale_epochs: int = row(8, 2, MAX_STALE, "epochs", bits=8)
    n0: int = row(15_000, 1, MAX_AMOUNT, "token units", bits=96)


def check(p: FilterParameters) -> None:
    """Refuse a filter that is not stable, or whose newcomer is not below where results as good as expected lead.

    Raises
    ------
    ParameterError
        With the reason the contract reverts with.
    """
    if abs(p.omega) > MAX_OMEGA:
        raise ParameterError("reputation: omega")
    if not 0 <= p.beta < PPM:
        raise ParameterError("reputation: beta")
    if not 0 <= p.alpha <= MAX_ALPHA:
        raise ParameterError("reputation: alpha")
    # |beta - alpha / 4| < 1; beta < 1 leaves only the lower side, in quarters of a ppm
    if p.alpha >= 4 * (PPM + p.beta):
        raise ParameterError("reputation: not contracting")
    if not 0 <= p.gamma * 20 <= p.alpha:
        raise ParameterError("reputation: gamma")
    if not 0 <= p.drift <= PPM:
        raise ParameterError("reputation: drift")
    if not -MAX_LOGIT <= p.newcomer < MAX_LOGIT:
        raise ParameterError("reputation: newcomer")
    # omega / (1 - beta), if need be cut to the limit, above the newcomer value, cross-multiplied
    if p.omega * 10**6 <= p.newcomer * (PPM - p.beta):
        raise ParameterError("reputation: level")
    if not 0 < p.n0 <= MAX_AMOUNT:
        raise ParameterError("reputation: n0")
    if not 1 < p.stale_epochs <= MAX_STALE:
        raise ParameterError("reputation: stale epochs")


def pack(p: FilterParameters) -> int:
    """One word of parameters that passed `check`."""
    return layout.pack(p)


def unpack(word: int) -> FilterParameters:
    """Parameters of a word; bits above 240 are ignored."""
    return layout.unpack(FilterParameters, word)


def clamp(phi: int) -> int:
    """Hold phi within ``[-MAX_LOGIT, MAX_LOGIT]``."""
    return max(-MAX_LOGIT, min(MAX_LOGIT, phi))


def scaled(number: int, numerator: int, denominator: int) -> int:
    """Product ``number * numerator / denominator``, rounded towards zero; only the number may be negative."""
    quotient = abs(number) * numerator // denominator
    return quotient if number >= 0 else -quotient


def idle(p: FilterParameters, phi: int) -> int:
    """Reputation in micro-logits after an epoch without a finished task: a good one fades, a bad one stays."""
    return phi - scaled(max(phi - p.newcomer, 0), p.drift, PPM)


def holding(word: int, phi: int, posted: int, epoch: int) -> int:
    """Logit that holds in an epoch, from the one last posted.

    The newcomer value if there is none, and at most that once it is stale.

    Parameters
    ----------
    word : int
        Packed parameters in force in the epoch.
    phi : int
        Micro-logits as posted.
    posted : int
        Epoch it was posted for, 0 if never.
    epoch : int
        The epoch.

    Returns
    -------
    int
        Micro-logits.
    """
    newcomer = signed(word >> 112, 24)
    if posted == 0:
        return newcomer
    held = clamp(phi)
    return min(held, newcomer) if posted + ((word >> 136) & (2**8 - 1)) < epoch else held


def weighed(p: FilterParameters, phi: int, rho: int, n: int, k: int, bonus: int, overload: int) -> int:
    """Reputation in micro-logits after an epoch with finished tasks; rho is the sigmoid of phi, else as in `step`."""
    active = p.omega + scaled(phi, p.beta, PPM)
    active += scaled(k * PPM - rho * n, p.alpha, n * PPM)
    active += scaled(bonus - overload, p.gamma, PPM)
    active = clamp(active)
    if n >= p.n0:
        return active
    without = idle(p, phi)
    return without + scaled(active - without, n, p.n0)


def step(p: FilterParameters, phi: int, n: int, k: int, bonus: int, overload: int) -> int:
    """Reputation in logits after an epoch.

    Parameters
    ----------
    p : FilterParameters
        The filter.
    phi : int
        Micro-logits before the epoch, within ``[-MAX_LOGIT, MAX_LOGIT]``.
    n : int
        Fees of the participant's finished tasks, token units.
    k : int
        Those of the good ones among them.
    bonus : int
        Mean of f over the epoch as a share of max f, ppm.
    overload : int
        Share of the epoch spent above F, ppm.

    Returns
    -------
    int
        Micro-logits.
    """
    if n == 0:
        return idle(p, phi)
    return weighed(p, phi, sigmoid(phi), n, k, bonus, overload)
