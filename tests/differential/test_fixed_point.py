"""exp and sigmoid, Vyper against Python."""

from __future__ import annotations

import pytest

from ballast.errors import ModelError
from ballast.model import fixed_point
from ballast.model.constants import MAX_LOGIT
from ballast.model.fixed_point import MAX_EXPONENT_Q100, ONE_Q100
from tests.differential.cases import Cases, covered
from tests.differential.harness import Harness


def test_exp(load_harness: Harness) -> None:
    """Exponents over the whole range and of every magnitude."""
    cases = Cases("exp")
    x = cases.column(0, MAX_EXPONENT_Q100, ONE_Q100, *(1 << s for s in range(104)))
    load_harness.agree("exp_q100", [(v,) for v in x], [(fixed_point.exp_q100(v),) for v in x])


def test_sigmoid(load_harness: Harness) -> None:
    """Logits of both signs."""
    phi = Cases("sigmoid").column(-MAX_LOGIT, MAX_LOGIT)
    covered(((v > 0) - (v < 0) for v in phi), -1, 0, 1)
    load_harness.agree("sigmoid", [(v,) for v in phi], [(fixed_point.sigmoid(v),) for v in phi])


@pytest.mark.parametrize("x", [MAX_EXPONENT_Q100, MAX_EXPONENT_Q100 + 1, 2**255, 2**256 - 1])
def test_exp_reverts_where_the_twin_raises(load_harness: Harness, x: int) -> None:
    """The last exponent allowed and the first refused."""
    expected = None
    try:
        fixed_point.exp_q100(x)
    except ModelError as error:
        expected = str(error)
    assert load_harness.reason("exp_q100", (32, 1, x)) == expected


@pytest.mark.parametrize("phi", [MAX_LOGIT, -MAX_LOGIT, MAX_LOGIT + 1, -MAX_LOGIT - 1])
def test_sigmoid_reverts_where_the_twin_raises(load_harness: Harness, phi: int) -> None:
    """The last logit allowed and the first refused, on both sides."""
    expected = None
    try:
        fixed_point.sigmoid(phi)
    except ModelError as error:
        expected = str(error)
    assert load_harness.reason("sigmoid", (32, 1, phi)) == expected
