"""Results to report on, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sim import results


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run."""
    return results.write_run(tmp_path_factory.mktemp("one") / "run")
