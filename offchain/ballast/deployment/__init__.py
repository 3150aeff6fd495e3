"""Putting the protocol on a chain, writing down where it stands, finding that again, and checking it.

The six contracts hold each other's addresses as immutables, so their addresses are predicted from the deployer's nonce
(``plan``) and confirmed one by one. ``deploy`` is the fast way over JSON-RPC, for nodes that hold the keys; the Ape
script signs the same plan with any account Ape knows. Both write the same file, ``find`` finds the one that belongs to
a node, and ``verify`` judges it.
"""

from ballast.deployment.checking import GONE, LOCAL_CHAINS, absent, code_at, elsewhere, verify
from ballast.deployment.deploying import deploy, deployment_of
from ballast.deployment.file import CONTRACTS, TOKEN, Deployed, Deployment
from ballast.deployment.planning import (
    DeploymentPlan,
    constructor_arguments,
    create_address,
    creation_code,
    doubts,
    plan,
)
from ballast.deployment.records import DEVNET, RECORDS, aside_path, devnet_path, find, free_path, standing
from ballast.model.parameters import ZERO_ADDRESS

__all__ = [
    "CONTRACTS",
    "DEVNET",
    "GONE",
    "LOCAL_CHAINS",
    "RECORDS",
    "TOKEN",
    "ZERO_ADDRESS",
    "Deployed",
    "Deployment",
    "DeploymentPlan",
    "absent",
    "aside_path",
    "code_at",
    "constructor_arguments",
    "create_address",
    "creation_code",
    "deploy",
    "deployment_of",
    "devnet_path",
    "doubts",
    "elsewhere",
    "find",
    "free_path",
    "plan",
    "standing",
    "verify",
]
