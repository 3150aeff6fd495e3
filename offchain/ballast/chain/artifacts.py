"""Compiled contracts: made once from the sources, kept in ``build/`` and made anew when a source changes.

A wheel has no sources; it brings the contracts as they were compiled for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from ballast.errors import UserError
from ballast.places import CACHE, CHECKOUT, DATA
from ballast.writing import write_whole

FILE = "contracts.json"
STORE = CACHE / FILE if CHECKOUT else DATA / FILE
ABI = DATA / "abi"
"""Folder of one JSON file a contract and one of layouts, kept in the repository for those who use another library."""
FORMAT = b"3"
DEPLOYABLE = (
    "CollateralEscrow",
    "ParticipantRegistry",
    "ClassRegistry",
    "TaskRegistry",
    "Slasher",
    "GasReputation",
    "testing/MockToken",
)


@dataclass(frozen=True)
class Artifact:
    """A compiled contract.

    Attributes
    ----------
    name : str
        Contract name.
    abi : list of dict
        Its ABI.
    bytecode : bytes
        Creation code without constructor arguments.
    runtime_size : int
        Bytes of deployed code before immutables.
    runtime_hash : str
        Keccak of these bytes, hex without a prefix.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime_size: int
    runtime_hash: str


def _fingerprint(root: Path) -> str:
    digest = hashlib.sha256(FORMAT)
    for path in sorted((root / "contracts").rglob("*.vy*")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _compile(root: Path) -> dict[str, Any]:
    import vyper
    from vyper.compiler import compile_from_file_input
    from vyper.compiler.input_bundle import FilesystemInputBundle

    bundle = FilesystemInputBundle([root])
    contracts: dict[str, Any] = {}
    for name in DEPLOYABLE:
        source = bundle.load_file(Path("contracts") / f"{name}.vy")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = compile_from_file_input(
                source, input_bundle=bundle, output_formats=["abi", "bytecode", "bytecode_runtime"]
            )
        runtime = bytes.fromhex(out["bytecode_runtime"][2:])
        contracts[Path(name).name] = {
            "abi": out["abi"],
            "bytecode": out["bytecode"],
            "runtime_size": len(runtime),
            "runtime_hash": keccak(runtime).hex(),
        }
    return {"compiler": vyper.__version__, "contracts": contracts}


@cache
def _compiled() -> dict[str, Any]:
    stored: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):  # none yet, or one that was cut short
        stored = json.loads(STORE.read_text(encoding="utf-8"))
    if CHECKOUT and stored.get("fingerprint") != (fingerprint := _fingerprint(CHECKOUT)):
        stored = {"fingerprint": fingerprint} | _compile(CHECKOUT)
        STORE.parent.mkdir(exist_ok=True)
        write_whole(STORE, json.dumps(stored))
    return stored


@cache
def artifacts() -> dict[str, Artifact]:
    """All deployable contracts by name, compiled if a source changed since the last time."""
    return {
        name: Artifact(name, c["abi"], bytes.fromhex(c["bytecode"][2:]), c["runtime_size"], c["runtime_hash"])
        for name, c in _compiled()["contracts"].items()
    }


def compiler() -> str:
    """Version of the Vyper compiler that made the contracts."""
    version: str = _compiled()["compiler"]
    return version


def abi_text(artifact: Artifact) -> str:
    """Text of a contract's ABI file: a JSON array, one entry a line."""
    entries = ",\n".join(f"  {json.dumps(entry)}" for entry in artifact.abi)
    return f"[\n{entries}\n]\n"


def write_abis(beside: Mapping[str, str]) -> None:
    """Bring the files in ``ABI`` in step with the contracts.

    Parameters
    ----------
    beside : mapping of str to str
        Texts of other files that go with them, by name without suffix.

    Raises
    ------
    UserError
        If this is no checkout of the repository.
    """
    if CHECKOUT is None:
        raise UserError(f"this Ballast was installed with its contracts compiled; their ABIs are in {ABI}")
    ABI.mkdir(exist_ok=True)
    texts = {artifact.name: abi_text(artifact) for artifact in artifacts().values()} | dict(beside)
    for name, text in texts.items():
        path = ABI / f"{name}.json"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
