"""What to deploy: the contracts hold each other's addresses, which follow from the deployer's nonce."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rlp
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from ballast.chain.abi import encoded
from ballast.chain.artifacts import Artifact
from ballast.deployment.file import CONTRACTS
from ballast.model.parameters import NetworkParameters

DeploymentPlan = list[tuple[str, tuple[Any, ...]]]


def create_address(deployer: str, nonce: int) -> str:
    """Address of the contract an account creates with a nonce."""
    return str(to_checksum_address(keccak(rlp.encode([bytes.fromhex(deployer[2:]), nonce]))[12:]))


def plan(
    deployer: str, nonce: int, token: str, court: str, owner: str, genesis: int, parameters: NetworkParameters
) -> DeploymentPlan:
    """Plan what to deploy, in order, so that the contracts know each other.

    Parameters
    ----------
    deployer : str
        Account that creates all of them, one transaction after the other.
    nonce : int
        Nonce of the first.
    token, court : str
        Settlement token; who may hold and decide on tasks.
    owner : str
        First owner of all contracts.
    genesis : int
        Timestamp at which epoch 1 starts, not in the future.
    parameters : NetworkParameters
        Everything else.

    Returns
    -------
    list of (str, tuple)
        Contract name and constructor arguments.

    Raises
    ------
    ParameterError
        If a parameter is out of its bounds.
    """
    parameters.validate()
    at = {name: create_address(deployer, nonce + i) for i, name in enumerate(CONTRACTS)}
    return list(constructor_arguments(at, token, court, owner, genesis, parameters).items())


def constructor_arguments(
    addresses: dict[str, str], token: str, court: str, owner: str, genesis: int, parameters: NetworkParameters
) -> dict[str, tuple[Any, ...]]:
    """List the constructor arguments of all contracts, in the order of deployment.

    Parameters
    ----------
    addresses : dict of str to str
        Address of each contract by its name.
    token, court, owner, genesis, parameters
        As in ``plan``.
    """
    escrow, participants, classes, registry, slasher, reputation = (addresses[name] for name in CONTRACTS)
    clock = (genesis, parameters.epoch_seconds)
    movers = (classes, registry, slasher, reputation)
    return {
        "CollateralEscrow": (
            token,
            parameters.entry_fee,
            parameters.thaw_seconds,
            *clock,
            participants,
            *movers,
            owner,
        ),
        "ParticipantRegistry": (
            escrow,
            registry,
            slasher,
            *clock,
            parameters.stake_per_unit,
            parameters.curve_constants(),
            owner,
        ),
        "ClassRegistry": (escrow, registry, parameters.fee, owner),
        "TaskRegistry": (
            escrow,
            participants,
            slasher,
            reputation,
            classes,
            court,
            *clock,
            parameters.fee_per_unit,
            parameters.stake_per_unit,
            owner,
        ),
        "Slasher": (escrow, participants, registry, reputation, *clock, parameters.slash_terms(), owner),
        "GasReputation": (
            escrow,
            slasher,
            participants,
            registry,
            *clock,
            parameters.bond_per_value,
            parameters.pay_per_value,
            parameters.filter_parameters(),
            owner,
        ),
    }


def creation_code(artifact: Artifact, arguments: Sequence[Any]) -> bytes:
    """Creation code of a contract with its constructor's arguments."""
    inputs = [argument for entry in artifact.abi if entry["type"] == "constructor" for argument in entry["inputs"]]
    return artifact.bytecode + encoded(inputs, arguments)
