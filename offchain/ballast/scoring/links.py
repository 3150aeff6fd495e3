"""Link functions: f = link(theta) lives on the whole line, theta in its domain.

Predictors beyond +-300 (log) and +-36 (logit) are held there, so that neither theta nor its complement is rounded to a
bound of its domain.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ballast.scoring._compile import compiled

IDENTITY: Final = 0
LOG: Final = 1
LOGIT: Final = 2
LINKS: Final = {"identity": IDENTITY, "log": LOG, "logit": LOGIT}

REAL: Final = 0
POSITIVE: Final = 1
UNIT: Final = 2
DEFAULT_LINK: Final = {REAL: "identity", POSITIVE: "log", UNIT: "logit"}
ALLOWED_LINKS: Final = {REAL: ("identity",), POSITIVE: ("log", "identity"), UNIT: ("logit", "identity")}

MAX_LOG: Final = 300.0
MAX_LOGIT: Final = 36.0

Array = NDArray[np.float64]


@compiled
def inverse(link: int, f: float) -> float:
    """Find theta of a predictor f."""
    if link == LOG:
        return math.exp(min(max(f, -MAX_LOG), MAX_LOG))
    if link == LOGIT:
        return 1.0 / (1.0 + math.exp(-min(max(f, -MAX_LOGIT), MAX_LOGIT)))
    return f


@compiled
def slope(link: int, theta: float) -> float:
    """Differentiate theta with respect to f."""
    if link == LOG:
        return theta
    if link == LOGIT:
        return theta * (1.0 - theta)
    return 1.0


@compiled
def inside(domain: int, theta: float) -> bool:
    """Whether theta is finite and in its domain."""
    if domain == POSITIVE:
        return 0.0 < theta < math.inf
    if domain == UNIT:
        return 0.0 < theta < 1.0
    return math.isfinite(theta)


def to_predictor(link: str, theta: Array) -> Array:
    """Predictors f of values theta, any shape."""
    if link == "log":
        return np.asarray(np.log(theta))
    if link == "logit":
        return np.asarray(np.log(theta) - np.log1p(-theta))
    return np.asarray(theta, dtype=np.float64)


def from_predictor(link: str, f: Array) -> Array:
    """Values theta of predictors f, any shape; the vectorised `inverse`."""
    if link == "log":
        return np.exp(np.clip(f, -MAX_LOG, MAX_LOG))
    if link == "logit":
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(f, -MAX_LOGIT, MAX_LOGIT))))
    return np.asarray(f, dtype=np.float64)
