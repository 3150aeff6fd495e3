# pragma version 0.4.3
"""
@title GAS reputation filter
@license MIT
@notice One step of the score-driven reputation (Creal, Koopman and Lucas 2013; Bernoulli density, logit link, unit
        scaling), value-weighted, with a load term; an epoch counts in proportion to its evidence, in full from n0 on:
            phi' = (1 - w) idle + w active, w = min(n / n0, 1)
            idle = phi - drift max(phi - newcomer, 0)
            active = clamp(omega + beta phi + alpha (k / n - rho) + gamma g)
        Python twin: ballast.model.reputation_filter.
@dev Parameters are packed into one word: omega 24 (two's complement), beta 20, alpha 24, gamma 24, drift 20,
     newcomer 24 (two's complement), stale epochs 8, n0 96, from the lowest bit. Only unsigned divisions; a sign travels
     beside its magnitude, so every quotient is rounded towards zero.
"""

from contracts.modules import constants
from contracts.modules import fixed_point

struct FilterParameters:
    omega: int256  # micro-logits
    beta: uint256  # ppm
    alpha: uint256  # micro-logits
    gamma: uint256  # micro-logits
    drift: uint256  # ppm an idle epoch takes of what exceeds the newcomer value
    newcomer: int256  # micro-logits
    stale_epochs: uint256  # epochs without a post after which no reputation exceeds the newcomer's
    n0: uint256  # fees from which an epoch counts in full, token units

MAX_OMEGA: constant(int256) = 2 * 10**6
MAX_ALPHA: constant(uint256) = 8 * 10**6
MAX_STALE: constant(uint256) = 255


@internal
@pure
def _check(p: FilterParameters):
    """
    @notice Reverts unless the filter is stable and a newcomer starts below where results as good as expected lead.
    """
    limit: int256 = convert(constants.MAX_LOGIT, int256)
    assert abs(p.omega) <= MAX_OMEGA, "reputation: omega"
    assert p.beta < constants.PPM, "reputation: beta"
    assert p.alpha <= MAX_ALPHA, "reputation: alpha"
    # |beta - alpha / 4| < 1; beta < 1 leaves only the lower side, in quarters of a ppm
    assert p.alpha < 4 * (constants.PPM + p.beta), "reputation: not contracting"
    assert p.gamma * 20 <= p.alpha, "reputation: gamma"
    assert p.drift <= constants.PPM, "reputation: drift"
    assert p.newcomer >= -limit and p.newcomer < limit, "reputation: newcomer"
    # omega / (1 - beta), if need be cut to the limit, above the newcomer value, cross-multiplied
    assert p.omega * 10**6 > p.newcomer * convert(constants.PPM - p.beta, int256), "reputation: level"
    assert p.n0 > 0 and p.n0 <= constants.MAX_AMOUNT, "reputation: n0"
    assert p.stale_epochs > 1 and p.stale_epochs <= MAX_STALE, "reputation: stale epochs"


@internal
@pure
def _pack(p: FilterParameters) -> uint256:
    """
    @notice One word of parameters that passed `_check`.
    """
    omega: uint256 = convert(convert(p.omega, bytes32), uint256) & (2**24 - 1)
    newcomer: uint256 = convert(convert(p.newcomer, bytes32), uint256) & (2**24 - 1)
    low: uint256 = omega | (p.beta << 24) | (p.alpha << 44) | (p.gamma << 68)
    return low | (p.drift << 92) | (newcomer << 112) | (p.stale_epochs << 136) | (p.n0 << 144)


@internal
@pure
def _unpack(word: uint256) -> FilterParameters:
    """
    @notice The parameters of a word; bits above 240 are ignored.
    """
    return FilterParameters(
        omega=convert(convert(word << 232, bytes32), int256) >> 232,
        beta=(word >> 24) & (2**20 - 1),
        alpha=(word >> 44) & (2**24 - 1),
        gamma=(word >> 68) & (2**24 - 1),
        drift=(word >> 92) & (2**20 - 1),
        newcomer=convert(convert(word << 120, bytes32), int256) >> 232,
        stale_epochs=(word >> 136) & (2**8 - 1),
        n0=(word >> 144) & (2**96 - 1),
    )


@internal
@pure
def _clamp(phi: int256) -> int256:
    """
    @notice phi held within [-MAX_LOGIT, MAX_LOGIT].
    """
    limit: int256 = convert(constants.MAX_LOGIT, int256)
    return max(-limit, min(limit, phi))


@internal
@pure
def _scaled(number: int256, numerator: uint256, denominator: uint256) -> int256:
    """
    @notice number * numerator / denominator, rounded towards zero.
    """
    quotient: int256 = convert(convert(abs(number), uint256) * numerator // denominator, int256)
    return quotient if number >= 0 else -quotient


@internal
@pure
def _idle(p: FilterParameters, phi: int256) -> int256:
    """
    @notice phi after an epoch without a finished task: a good record fades to the newcomer value, a bad one stays.
    """
    return phi - self._scaled(max(phi - p.newcomer, 0), p.drift, constants.PPM)


@internal
@pure
def _holding(word: uint256, phi: int256, posted: uint256, epoch: uint256) -> int256:
    """
    @notice The logit that holds in an epoch, from the one last posted: the newcomer value if there is none, and at most
            that once it is stale.
    @param word Packed parameters in force in the epoch.
    @param phi Micro-logits as posted.
    @param posted Epoch it was posted for, 0 if never.
    @return Micro-logits.
    """
    newcomer: int256 = convert(convert(word << 120, bytes32), int256) >> 232
    if posted == 0:
        return newcomer
    held: int256 = self._clamp(phi)
    return min(held, newcomer) if posted + ((word >> 136) & (2**8 - 1)) < epoch else held


@internal
@pure
def _step(p: FilterParameters, phi: int256, n: uint256, k: uint256, bonus: uint256, overload: uint256) -> int256:
    """
    @notice phi after an epoch.
    @param phi Micro-logits before the epoch.
    @param n Fees of the participant's finished tasks, token units.
    @param k Those of the good ones among them.
    @param bonus Mean of f over the epoch as a share of max f, ppm.
    @param overload Share of the epoch spent above F, ppm.
    @return Micro-logits.
    """
    if n == 0:
        return self._idle(p, phi)
    rho: uint256 = fixed_point._sigmoid(phi)
    surprise: int256 = convert(k * constants.PPM, int256) - convert(rho * n, int256)
    active: int256 = p.omega + self._scaled(phi, p.beta, constants.PPM)
    active += self._scaled(surprise, p.alpha, n * constants.PPM)
    active += self._scaled(convert(bonus, int256) - convert(overload, int256), p.gamma, constants.PPM)
    active = self._clamp(active)
    if n >= p.n0:
        return active
    idle: int256 = self._idle(p, phi)
    return idle + self._scaled(active - idle, n, p.n0)
