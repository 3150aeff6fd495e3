"""Deployments shared by the tests of a module; whatever a test does to them is undone after it."""

from __future__ import annotations

from collections.abc import Iterator

import boa
import pytest

from tests.support.protocol import Market, Protocol


@pytest.fixture(scope="module")
def protocol() -> Iterator[Protocol]:
    """Give a fresh deployment with nobody in it, in its first epoch."""
    with boa.env.anchor():
        yield Protocol()


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    """Give a deployment in which one AVS, one operator and two coprocessors may work."""
    with boa.env.anchor():
        yield Market()
