"""Results to draw, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sim import results


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a run."""
    return results.write_run(tmp_path_factory.mktemp("one") / "run")


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of directories of runs."""
    return results.write_runs(tmp_path_factory.mktemp("several") / "runs")


@pytest.fixture(scope="session")
def sweep(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of a sweep, with nothing but its table."""
    return results.write_table(tmp_path_factory.mktemp("table") / "sweep", runs)
