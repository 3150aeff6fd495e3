"""Settings of the whole suite: compile cache inside the checkout, Hypothesis profiles, one isolated chain a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boa
import pytest
from boa.interpret import set_cache_dir
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

set_cache_dir(str(ROOT / "build" / "titanoboa"))

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
settings.register_profile("default", deadline=None, derandomize=True, print_blob=True, suppress_health_check=SLOW)
settings.register_profile("deep", settings.get_profile("default"), max_examples=5_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def isolated_chain() -> Iterator[None]:
    """Undo on the in-process chain whatever a test did there."""
    with boa.env.anchor():
        yield
