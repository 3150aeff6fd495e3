"""Hypothesis for the model: a typed ``given`` with enough examples for integers, and strategies shared by the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import strategies as st

from ballast.model.constants import MAX_LOGIT, PPM

EXAMPLES = 300
MAX_AMOUNT = 2**96 - 1
WORD = 2**256 - 1


def given(**strategies: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """``hypothesis.given`` with at least ``EXAMPLES`` examples, or as many as the profile in force asks for."""
    profile = hypothesis.settings.default
    assert profile is not None
    examples = max(EXAMPLES, profile.max_examples)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        settings = hypothesis.settings(max_examples=examples)
        decorated: Callable[..., None] = settings(hypothesis.given(**strategies)(test))
        return decorated

    return decorate


def assume(condition: bool) -> None:
    """``hypothesis.assume``."""
    hypothesis.assume(condition)


def integers(low: int, high: int) -> Any:
    """Integers of a closed range, its ends and its middle more often than by chance."""
    near = [v for v in (low, low + 1, (low + high) // 2, high - 1, high) if low <= v <= high]
    return st.sampled_from(near) | st.integers(low, high)


def choice(*values: Any) -> Any:
    """One of some values."""
    return st.sampled_from(values)


def lists(elements: Any, most: int) -> Any:
    """Non-empty lists up to some length."""
    return st.lists(elements, min_size=1, max_size=most)


def built(kind: Any, **strategies: Any) -> Any:
    """Instances of a dataclass from one strategy a field."""
    return st.builds(kind, **strategies)


def fields(kind: Any, **widths: int) -> Any:
    """Instances of a dataclass whose fields use all of their bits; a negative width means two's complement."""
    ranges = {
        name: integers(0, 2**width - 1) if width > 0 else integers(-(2 ** (-width - 1)), 2 ** (-width - 1) - 1)
        for name, width in widths.items()
    }
    return st.builds(kind, **ranges)


ppm = integers(0, PPM)
logits = integers(-MAX_LOGIT, MAX_LOGIT)
amounts = integers(0, MAX_AMOUNT)
any_word = integers(0, WORD)
