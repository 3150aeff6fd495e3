"""A market shared by all stories; whatever a story does to it is undone after it."""

from __future__ import annotations

import boa
import pytest

from tests.support.protocol import Market


@pytest.fixture(scope="session", autouse=True)
def deployed() -> tuple[Market, int]:
    """Deploy before anything else, so that no story's undoing takes the contracts away; with the moment it starts."""
    return Market(), boa.env.timestamp


@pytest.fixture
def market(deployed: tuple[Market, int]) -> Market:
    """Give a deployment in which all may work, in the first second of its second epoch."""
    boa.env.timestamp = deployed[1]
    return deployed[0]
