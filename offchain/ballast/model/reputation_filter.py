"""One step of the score-driven reputation; twin of ``contracts/modules/reputation_filter.vy``.

::

    phi' = (1 - w) idle + w active, w = min(n / n0, 1)
    idle = clamp(phi + drift (newcomer - phi))
    active = clamp(omega + beta phi + alpha (k / n - rho) + gamma g)

A generalised autoregressive score model (Creal, Koopman and Lucas 2013, Journal of Applied Econometrics 28(5)) of the
Bernoulli density with logit link and unit scaling, whose score is ``k / n - rho``; value-weighted, with a load term. An
epoch counts in proportion to its evidence, in full from n0 on.
Only unsigned divisions; a sign travels beside its magnitude, so every quotient is rounded towards zero.

Parameters are packed into one word: omega 24 (two's complement), beta 20, alpha 24, gamma 24, drift 20, newcomer 24
(two's complement), stale epochs 8, n0 96, from the lowest bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ballast.errors import ParameterError
from ballast.model._evm import signed, unsigned
from ballast.model.constants import MAX_AMOUNT, MAX_LOGIT, PPM
from ballast.model.fixed_point import sigmoid

MAX_OMEGA: Final = 2 * 10**6
MAX_ALPHA: Final = 8 * 10**6
MAX_STALE: Final = 255


@dataclass(frozen=True, slots=True)
class Parameters:
    """Governed parameters of the filter.

    Attributes
    ----------
    omega : int
        Micro-logits, signed.
    beta : int
        Ppm.
    alpha, gamma : int
        Micro-logits.
    drift : int
        Share an idle epoch closes of the distance to the newcomer value, ppm.
    newcomer : int
        Micro-logits, signed.
    stale_epochs : int
        Epochs without a post after which no reputation exceeds the newcomer's.
    n0 : int
        Fees from which an epoch counts in full, token units.
    """

    omega: int
    beta: int
    alpha: int
    gamma: int
    drift: int
    newcomer: int
    stale_epochs: int
    n0: int


def check(p: Parameters) -> None:
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
    if abs(p.newcomer) > MAX_LOGIT:
        raise ParameterError("reputation: newcomer")
    # omega / (1 - beta) above the newcomer value, cross-multiplied
    if p.omega * 10**6 <= p.newcomer * (PPM - p.beta):
        raise ParameterError("reputation: level")
    if not 0 < p.n0 <= MAX_AMOUNT:
        raise ParameterError("reputation: n0")
    if not 1 < p.stale_epochs <= MAX_STALE:
        raise ParameterError("reputation: stale epochs")


def pack(p: Parameters) -> int:
    """One word of parameters that passed `check`."""
    low = unsigned(p.omega, 24) | (p.beta << 24) | (p.alpha << 44) | (p.gamma << 68)
    return low | (p.drift << 92) | (unsigned(p.newcomer, 24) << 112) | (p.stale_epochs << 136) | (p.n0 << 144)


def unpack(word: int) -> Parameters:
    """Parameters of a word; bits above 240 are ignored."""
    return Parameters(
        omega=signed(word, 24),
        beta=(word >> 24) & (2**20 - 1),
        alpha=(word >> 44) & (2**24 - 1),
        gamma=(word >> 68) & (2**24 - 1),
        drift=(word >> 92) & (2**20 - 1),
        newcomer=signed(word >> 112, 24),
        stale_epochs=(word >> 136) & (2**8 - 1),
        n0=(word >> 144) & (2**96 - 1),
    )


def clamp(phi: int) -> int:
    """Hold phi within ``[-MAX_LOGIT, MAX_LOGIT]``."""
    return max(-MAX_LOGIT, min(MAX_LOGIT, phi))


def scaled(number: int, numerator: int, denominator: int) -> int:
    """Product ``number * numerator / denominator``, rounded towards zero; only the number may be negative."""
    quotient = abs(number) * numerator // denominator
    return quotient if number >= 0 else -quotient


def idle(p: Parameters, phi: int) -> int:
    """Reputation in micro-logits after an epoch without a finished task."""
    return clamp(phi + scaled(p.newcomer - phi, p.drift, PPM))


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


def weighed(p: Parameters, phi: int, rho: int, n: int, k: int, bonus: int, overload: int) -> int:
    """Reputation in micro-logits after an epoch with finished tasks; rho is the sigmoid of phi, else as in `step`."""
    active = p.omega + scaled(phi, p.beta, PPM)
    active += scaled(k * PPM - rho * n, p.alpha, n * PPM)
    active += scaled(bonus - overload, p.gamma, PPM)
    active = clamp(active)
    if n >= p.n0:
        return active
    without = idle(p, phi)
    return without + scaled(active - without, n, p.n0)


def step(p: Parameters, phi: int, n: int, k: int, bonus: int, overload: int) -> int:
    """Reputation in logits after an epoch.

    Parameters
    ----------
    p : Parameters
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
