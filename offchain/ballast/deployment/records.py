"""The deployment files there are, and which of them belongs to the node one speaks to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from ballast.chain.rpc import Node
from ballast.deployment.checking import absent
from ballast.deployment.file import Deployment
from ballast.errors import RecordError
from ballast.places import CHECKOUT

RECORDS = Path(os.environ.get("BALLAST_DEPLOYMENTS", (CHECKOUT or Path.cwd()) / "deployments"))
ASIDE = ".before-"
"""Part of the names of files that were replaced by a later deployment on the same chain."""
DEVNET = "devnet-"
"""Beginning of the names of devnets' files."""
LOCAL_HOST = "127.0.0.1"
"""Where devnets listen unless told otherwise; it is left out of their files' names."""
DIGITS = 8
"""Of a hash, in the name of a file."""
MAX_NAMED = 5
"""Files that a message names."""


def devnet_path(host: str, port: int) -> Path:
    """Where a devnet is written down while it runs; several may run at once, all of one chain id."""
    return RECORDS / f"{DEVNET}{port if host == LOCAL_HOST else f'{host}-{port}'}.json"


def aside_path(path: Path, block: int) -> Path:
    """Where a file is kept that a deployment at a block replaces; one kept there before stays, as after a revert."""
    places = (path.with_name(f"{path.stem}{ASIDE}{block}{f'-{n}' if n > 1 else ''}.json") for n in count(1))
    return next(place for place in places if not place.exists())


def free_path(deployment: Deployment) -> Path:
    """Where a new deployment is written down: by its chain's id, and by more if another chain has that name."""
    name = str(deployment.chain_id)
    for digest in (deployment.genesis_hash, deployment.block_hash):
        if not (RECORDS / f"{name}.json").exists():
            break
        name += f"-{digest[2:][:DIGITS]}" if digest else ""
    return RECORDS / f"{name}.json"


def records() -> Iterator[tuple[Path, Deployment | str]]:
    """All deployment files but those set aside: what each holds, or why it cannot be read."""
    for path in sorted(RECORDS.glob("*.json")):
        if ASIDE in path.name or path.name.startswith("."):
            continue
        try:
            yield path, Deployment.load(path)
        except RecordError as error:
            yield path, str(error)


def standing(rpc: Node) -> tuple[dict[Path, Deployment], dict[Path, str]]:
    """Sort the files by whether their contracts stand on the node's chain: those that do, and why the others do not."""
    found: dict[Path, Deployment] = {}
    others: dict[Path, str] = {}
    for path, content in records():
        why = content if isinstance(content, str) else absent(rpc, content)
        if isinstance(content, Deployment) and not why:
            found[path] = content
        else:
            others[path] = why
    return found, others


def find(rpc: Node) -> tuple[Path, Deployment]:
    """Find the deployment that stands on the node's chain.

    Raises
    ------
    RecordError
        If none does, or several do; the message names them.
    """
    chain = f"chain {int(rpc.call('eth_chainId'), 16)}"
    found, others = standing(rpc)
    if len(found) == 1:
        return next(iter(found.items()))
    if found:
        names = _listed([str(path) for path in found])
        raise RecordError(f"several deployments stand on the node's chain ({chain}), name one: {names}")
    reasons = [f"{path.name} {why.removeprefix(f'{path} ')}" for path, why in others.items()]
    files = f"passed over: {_listed(reasons)}" if reasons else "there is no file"
    raise RecordError(f"no deployment in {RECORDS} stands on the node's chain ({chain}), name its file; {files}")


def _listed(items: list[str]) -> str:
    more = [f"{len(items) - MAX_NAMED} more"] if len(items) > MAX_NAMED else []
    return "; ".join([*items[:MAX_NAMED], *more])
