"""Queues with Poisson arrivals, exponential service and c equal servers (Erlang 1917): loss, waiting, staffing.

Loads are offered loads in erlangs: arrivals a second times mean seconds of service.
"""

from __future__ import annotations

import math
from itertools import count

from scipy import optimize, stats

from ballast.errors import ParameterError


def _check(servers: int, offered: float) -> None:
    if servers < 1:
        raise ParameterError(f"servers is {servers}: must be at least 1")
    if not (math.isfinite(offered) and offered > 0.0):
        raise ParameterError(f"offered load is {offered}: must be a number of erlangs above 0")


def _step(blocked: float, servers: int, offered: float) -> float:
    """Erlang-B for one server more: B(c) = a B(c-1) / (c + a B(c-1))."""
    return offered * blocked / (servers + offered * blocked)


def _waiting(blocked: float, servers: int, offered: float) -> float:
    """Erlang-C from Erlang-B: C = B / (1 - a/c (1 - B)), and 1 where the queue grows without end."""
    return blocked / (1.0 - offered / servers * (1.0 - blocked)) if servers > offered else 1.0


def erlang_b(servers: int, offered: float) -> float:
    """Probability that an arrival is lost if nobody can wait, by the recursion over the servers.

    Raises
    ------
    ParameterError
        If there is no server or no load.
    """
    _check(servers, offered)
    blocked = 1.0
    for c in range(1, servers + 1):
        blocked = _step(blocked, c, offered)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """Probability that an arrival has to wait; 1 if the load is not below the servers. Errors of `erlang_b`."""
    return _waiting(erlang_b(servers, offered), servers, offered)


def service_level(servers: int, offered: float, within: float, service: float) -> float:
    """Share of arrivals that wait no longer than ``within``: 1 - C exp(-(c - a) within / service).

    Parameters
    ----------
    servers : int
        c.
    offered : float
        Load a, erlangs.
    within : float
        Longest wait, seconds.
    service : float
        Mean service, seconds.
    """
    return 1.0 - erlang_c(servers, offered) * math.exp(-max(servers - offered, 0.0) * within / service)


def mean_wait(servers: int, offered: float, service: float) -> float:
    """Mean wait of all arrivals (average speed of answer), seconds: C service / (c - a)."""
    waiting = erlang_c(servers, offered)
    return waiting * service / (servers - offered) if servers > offered else math.inf


def occupancy(servers: int, offered: float) -> float:
    """Share of the time a server is busy."""
    _check(servers, offered)
    return min(offered / servers, 1.0)


def staffing(offered: float, level: float, within: float, service: float) -> int:
    """Find the smallest number of servers with which a share ``level`` of arrivals waits no longer than ``within``.

    Raises
    ------
    ParameterError
        If there is no load, or the level is not between 0 and 1.
    """
    _check(1, offered)
    if not 0.0 < level < 1.0:
        raise ParameterError(f"service level is {level}: must lie between 0 and 1")
    blocked = 1.0
    for c in count(1):
        blocked = _step(blocked, c, offered)
        late = _waiting(blocked, c, offered) * math.exp(-max(c - offered, 0.0) * within / service)
        if late <= 1.0 - level:
            return c
    raise AssertionError("unreachable")


def square_root(offered: float, level: float, within: float, service: float) -> float:
    """Approximate `staffing` for large loads by c = a + b sqrt(a) (Halfin and Whitt 1981, Operations Research 29(3)).

    There P(wait) is 1 / (1 + b Phi(b) / phi(b)) and waits are exponential at rate b sqrt(a) / service; b is where the
    share of longer waits is 1 - level.
    """

    def too_late(b: float) -> float:
        waiting = 1.0 / (1.0 + b * stats.norm.cdf(b) / stats.norm.pdf(b))
        return float(waiting * math.exp(-b * math.sqrt(offered) * within / service) - (1.0 - level))

    return float(offered + optimize.brentq(too_late, 0.0, 30.0) * math.sqrt(offered))
