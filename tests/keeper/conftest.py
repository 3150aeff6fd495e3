"""A stage for fault runs, one a module; gone after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offchain.keeper import journal
from tests.keeper.run import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give a network that was traded in, and three nodes in front of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "LOCK_SECONDS", 0.02)
        stage = Stage(tmp_path_factory.mktemp("journals"))
        try:
            yield stage
        finally:
            stage.close()
