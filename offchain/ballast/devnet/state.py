"""A devnet that goes on where it was stopped: one file with Anvil's state and what stands on the chain."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ballast.chain.rpc import Node
from ballast.deployment import Deployment
from ballast.devnet.population import Devnet, Participant
from ballast.errors import BallastError, ParameterError, RecordError, RpcError
from ballast.model.parameters import ClassParameters
from ballast.writing import try_place, write_whole

FORMAT: Final = "state of a Ballast devnet, 1"


@dataclass(frozen=True)
class Stored:
    """What a state file holds.

    Attributes
    ----------
    path : Path
        The file.
    net : Devnet
        What stands on the chain.
    anvil : str
        State of the node, as ``anvil_dumpState`` gave it.
    """

    path: Path
    net: Devnet
    anvil: str


def check_place(path: Path) -> None:
    """Refuse a file that cannot be written, before anything is started; its folders are made when it is saved.

    Raises
    ------
    RecordError
        With the reason.
    """
    try:
        try_place(path)
    except OSError as error:
        raise RecordError(f"--state {path} cannot be written: {error.strerror}; give another file") from error


def save(path: Path, rpc: Node, net: Devnet) -> None:
    """Write a devnet's state, whole or not at all.

    Raises
    ------
    ChainError
        If the node does not give its state.
    BallastError
        If the file cannot be written; what was there before stays.
    """
    content = {
        "format": FORMAT,
        "deployment": json.loads(net.deployment.to_json()),
        "class_id": net.class_id,
        "terms": asdict(net.terms),
        "participants": [asdict(p) for p in net.participants],
        "anvil": rpc.call("anvil_dumpState"),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(content))
    except OSError as error:
        raise BallastError(f"--state {path} could not be written: {error.strerror}") from error


def read(path: Path) -> Stored | None:
    """Read a state file; None if there is no file.

    Raises
    ------
    RecordError
        If it cannot be read or holds no state.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content["format"] != FORMAT:
            raise ValueError("unknown format")
        terms = ClassParameters(**content["terms"])
        terms.validate()
        net = Devnet(
            Deployment.from_json(json.dumps(content["deployment"]), str(path)),
            int(content["class_id"]),
            tuple(Participant(**p) for p in content["participants"]),
            terms,
        )
        return Stored(path, net, str(content["anvil"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecordError(f"--state {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, ParameterError, RecordError) as error:
        raise RecordError(f"--state {path} is no state of a devnet: give another file, or a new one") from error


def restore(rpc: Node, stored: Stored) -> Devnet:
    """Put a saved state on a fresh Anvil.

    Raises
    ------
    RecordError
        If Anvil does not take it.
    """
    try:
        rpc.call("anvil_loadState", stored.anvil)
    except RpcError as error:
        raise RecordError(f"--state {stored.path}: Anvil refuses the state: {error}") from error
    return stored.net
