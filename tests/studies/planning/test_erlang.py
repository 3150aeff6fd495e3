"""Erlang's formulas against published figures, closed forms and sums in exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from ballast.errors import ParameterError
from ballast.studies.planning import erlang

# A call centre: 100 calls in half an hour, 180 seconds each, 14 agents, an answer within 20 seconds. The example of the
# R package ErlangC.
OFFERED = 100 * 180 / 1800


def test_the_published_example_is_reproduced() -> None:
    assert OFFERED == 10.0
    assert erlang.erlang_c(14, OFFERED) == pytest.approx(0.1741319, abs=5e-8)
    assert erlang.service_level(14, OFFERED, 20, 180) == pytest.approx(0.88835, abs=5e-6)
    assert erlang.mean_wait(14, OFFERED, 180) == pytest.approx(7.83594, abs=5e-6)
    assert erlang.occupancy(14, OFFERED) == pytest.approx(0.7142857, abs=5e-8)


@pytest.mark.parametrize(("servers", "offered"), [(1, 0.4), (3, 2.5), (20, 12.0), (40, 60.0)])
def test_loss_is_the_sum_formula(servers: int, offered: float) -> None:
    terms = [Fraction(offered) ** k / math.factorial(k) for k in range(servers + 1)]
    assert erlang.erlang_b(servers, offered) == pytest.approx(float(terms[-1] / sum(terms)), rel=1e-12)


def test_one_server_waits_as_often_as_it_is_busy() -> None:
    assert erlang.erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang.mean_wait(1, 0.7, 60) == pytest.approx(60 * 0.7 / 0.3)


def test_a_queue_without_end() -> None:
    assert erlang.erlang_c(10, 10.0) == 1.0
    assert erlang.service_level(10, 12.0, 3_600, 180) == 0.0
    assert erlang.mean_wait(10, 10.0, 180) == math.inf
    assert erlang.occupancy(10, 12.0) == 1.0


@pytest.mark.parametrize("offered", [0.3, 10.0, 31.4, 400.0])
@pytest.mark.parametrize("level", [0.8, 0.99])
def test_staffing_is_the_smallest_that_keeps_the_level(offered: float, level: float) -> None:
    servers = erlang.staffing(offered, level, 20, 180)
    assert erlang.service_level(servers, offered, 20, 180) >= level
    assert servers == 1 or erlang.service_level(servers - 1, offered, 20, 180) < level


@pytest.mark.parametrize("offered", [20.0, 100.0, 1_000.0])
@pytest.mark.parametrize(("level", "within"), [(0.8, 20), (0.99, 32), (0.95, 0)])
def test_square_root_rule_is_within_a_server_or_two(offered: float, level: float, within: float) -> None:
    exact = erlang.staffing(offered, level, within, 180)
    assert abs(erlang.square_root(offered, level, within, 180) - exact) < 1.7


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: erlang.erlang_b(0, 1.0), "servers is 0"),
        (lambda: erlang.erlang_c(3, 0.0), "offered load is 0.0"),
        (lambda: erlang.occupancy(3, math.nan), "offered load is nan"),
        (lambda: erlang.staffing(3.0, 1.0, 20, 180), "service level is 1.0"),
        (lambda: erlang.staffing(-3.0, 0.9, 20, 180), "offered load is -3.0"),
    ],
)
def test_what_is_no_queue_is_refused(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParameterError, match=message):
        call()
