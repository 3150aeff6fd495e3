"""Deployments shared by all unit tests; whatever a test does to them is undone after it."""

from __future__ import annotations

from typing import NamedTuple

import boa
import pytest

from tests.support.protocol import Market, Protocol


class Deployments(NamedTuple):
    """Two deployments, each with the moment at which its tests start."""

    protocol: Protocol
    protocol_start: int
    market: Market
    market_start: int


@pytest.fixture(scope="session", autouse=True)
def deployments() -> Deployments:
    """Deploy before anything else, so that no test's undoing takes the contracts away."""
    protocol = Protocol()
    protocol_start = boa.env.timestamp
    market = Market()
    return Deployments(protocol, protocol_start, market, boa.env.timestamp)


@pytest.fixture
def protocol(deployments: Deployments) -> Protocol:
    """Give a deployment with nobody in it, in the first second of its first epoch."""
    boa.env.timestamp = deployments.protocol_start
    return deployments.protocol


@pytest.fixture
def market(deployments: Deployments) -> Market:
    """Give a deployment in which all may work, in the first second of its second epoch."""
    boa.env.timestamp = deployments.market_start
    return deployments.market
