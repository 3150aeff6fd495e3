"""What to deploy: the contracts hold each other's addresses, which follow from the deployer's nonce."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import rlp
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from ballast.chain.abi import encoded
from ballast.chain.artifacts import Artifact
from ballast.deployment.file import CONTRACTS
from ballast.model.constants import PAGE
from ballast.model.parameters import NetworkParameters

DeploymentPlan = list[tuple[str, tuple[Any, ...]]]
GAS_OF_A_PAGE: Final = 60_000
"""Gas a challenge in a list uses for a wrong page without finished tasks, rounded up from ``tests/gas``."""
JUNK_YEARS: Final = 2
"""Years for which the pay for a value that never changes should stay below the entry fee of its account."""
YEAR: Final = 365 * 86_400
"""Seconds."""


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


def doubts(parameters: NetworkParameters, gas_price: int, token_wei: int) -> list[str]:
    """Tell which amounts do not do what they are for, at prices the contracts cannot know; a line each.

    Parameters
    ----------
    parameters : NetworkParameters
        What is to be deployed.
    gas_price : int
        Wei for a unit of gas, which a challenge must be worth.
    token_wei : int
        What a token unit is worth, wei; 0 if that is not known.
    """
    p = parameters
    found = []
    cost, share = GAS_OF_A_PAGE * gas_price, PAGE * p.bond_per_value // 2
    if not token_wei:
        found.append("nobody knows whether correcting wrong values pays: tell what a token unit is worth, --token-wei")
    elif share * token_wei <= cost:
        right = 2 * cost // (PAGE * token_wei) + 1
        found.append(
            f"bond_per_value is {p.bond_per_value}: at {gas_price} wei for gas and {token_wei} wei for a token unit"
            f" correcting does not pay; must be at least {right}"
        )
    earned = p.pay_per_value * (JUNK_YEARS * YEAR // p.epoch_seconds)
    if p.entry_fee < earned:
        found.append(
            f"entry_fee is {p.entry_fee}: keepers are paid {earned} for an idle account in {JUNK_YEARS} years, so it"
            " should be at least that"
        )
    return found


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
    participants, classes, registry, slasher, reputation, escrow = (addresses[name] for name in CONTRACTS)
    clock = (genesis, parameters.epoch_seconds)
    movers = (classes, registry, slasher, reputation)
    return {
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
        "CollateralEscrow": (
            token,
            parameters.entry_fee,
            parameters.thaw_seconds,
            *clock,
            participants,
            *movers,
            owner,
        ),
    }


def creation_code(artifact: Artifact, arguments: Sequence[Any]) -> bytes:
    """Creation code of a contract with its constructor's arguments."""
    inputs = [argument for entry in artifact.abi if entry["type"] == "constructor" for argument in entry["inputs"]]
    return artifact.bytecode + encoded(inputs, arguments)
