"""Machine code of test programs is not kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from boa.vm.py_evm import Sha3PreimageTracer, SstoreTracer

from ballast.evm import native
from tests.evm.both import Both


@pytest.fixture(scope="package", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep machine code in a folder of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "STORE", tmp_path_factory.mktemp("evm"))
        yield native.STORE


@pytest.fixture(scope="package", autouse=True)
def untraced() -> Iterator[None]:
    """Have py-evm alone execute hashes and storage: titanoboa's tracers expect enough words on the stack."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sha3PreimageTracer, "__call__", lambda self, computation: self.sha3(computation))
        patch.setattr(SstoreTracer, "__call__", lambda self, computation: self.sstore(computation))
        yield


@pytest.fixture
def both() -> Both:
    """py-evm and a chain in memory."""
    return Both()
