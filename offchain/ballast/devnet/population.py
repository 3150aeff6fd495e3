"""Who is on a devnet: accounts of the node, funded and registered, and a class open for tasks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from eth_account import Account
from eth_utils.address import to_checksum_address

from ballast.chain.contract import Call, send_all
from ballast.chain.rpc import Node
from ballast.client.contracts import ClassRegistry, CollateralEscrow, MockToken, ParticipantRegistry, TaskRegistry
from ballast.deployment import Deployment
from ballast.model.constants import COPROCESSOR, OPERATOR
from ballast.model.parameters import ClassParameters, ContractParameters

MNEMONIC = "test test test test test test test test test test test junk"
DERIVATION = "m/44'/60'/0'/0"
FUNDS = 10**10
"""Token units every participant deposits; the AVS ten times as many."""
MANDATE = 10**10
"""Token units each operator may draw."""
CAPACITY = 10_000
"""Resource units of every participant."""
COMPLEXITY = 5
"""Largest complexity of a task every participant executes, or that of the class if it is larger."""
SLOTS = 64


@dataclass(frozen=True)
class Participant:
    """Somebody on the devnet.

    Attributes
    ----------
    role : str
        ``owner``, ``avs``, ``operator``, ``coprocessor`` or ``spare``.
    address : str
        An account whose key Anvil holds.
    account : int
        Escrow account, 0 for none.
    """

    role: str
    address: str
    account: int = 0


@dataclass(frozen=True)
class Devnet:
    """What stands on the chain.

    Attributes
    ----------
    deployment : Deployment
        The protocol.
    class_id : int
        The class operators may open tasks of.
    participants : tuple of Participant
        In the order of Anvil's accounts.
    terms : ClassParameters
        Terms of the class.
    """

    deployment: Deployment
    class_id: int
    participants: tuple[Participant, ...]
    terms: ClassParameters = field(default_factory=ClassParameters)

    def having(self, role: str) -> list[Participant]:
        """List the participants of a role."""
        return [p for p in self.participants if p.role == role]


def populate(
    rpc: Node, deployment: Deployment, operators: int, coprocessors: int, terms: ClassParameters | None = None
) -> Devnet:
    """Fund accounts of the node and make them an AVS, operators and coprocessors.

    Their capacities count from the next epoch.

    Parameters
    ----------
    rpc : Node
        The node, which holds the keys.
    deployment : Deployment
        A deployment on a token that anyone can mint.
    operators, coprocessors : int
        How many to register.
    terms : ClassParameters, optional
        Terms of the class; the defaults if not given.

    Raises
    ------
    ParameterError
        If a term is out of its bounds, or the class asks for more than a newcomer's reputation; nothing has been sent
        then.
    ChainError
        If a transaction reverts.
    """
    terms = terms or ClassParameters()
    ContractParameters(deployment.parameters, terms).validate()
    roles = ["owner", "avs", *["operator"] * operators, *["coprocessor"] * coprocessors]
    addresses = [str(to_checksum_address(a)) for a in rpc.call("eth_accounts")]
    roles += ["spare"] * (len(addresses) - len(roles))
    people = [Participant(role, address) for role, address in zip(roles, addresses, strict=True)]
    members = [p for p in people if p.role in ("avs", "operator", "coprocessor")]
    token, escrow = deployment.contract(MockToken), deployment.contract(CollateralEscrow)
    participants, classes = deployment.contract(ParticipantRegistry), deployment.contract(ClassRegistry)
    wealth = 10 * FUNDS + MANDATE * operators + deployment.parameters.entry_fee
    send_all(rpc, [token.mint(p.address, wealth).request(p.address) for p in people])
    send_all(rpc, [token.approve(escrow.address, 2**256 - 1).request(p.address) for p in people])
    send_all(rpc, [escrow.open_account().request(p.address) for p in members])
    people = [replace(p, account=escrow.account_of(p.address).read(rpc)) for p in people]
    members = [p for p in people if p.account]
    send_all(rpc, [escrow.deposit(p.account, _deposit(p, operators)).request(p.address) for p in members])
    avs = next(p for p in members if p.role == "avs")
    send_all(
        rpc,
        [_registration(participants, p, terms).request(p.address) for p in members if p is not avs]
        + [classes.register_class(terms.auction(), terms.opening(), terms.dispute()).request(avs.address)],
    )
    class_id = deployment.contract(TaskRegistry).class_count().read(rpc)
    mandates = [classes.fund_mandate(class_id, p.account, MANDATE) for p in members if p.role == "operator"]
    send_all(rpc, [mandate.request(avs.address) for mandate in mandates])
    deployment = replace(deployment, classes={**deployment.classes, class_id: terms})
    return Devnet(deployment, class_id, tuple(people), terms)


def _deposit(participant: Participant, operators: int) -> int:
    return 10 * FUNDS + MANDATE * operators if participant.role == "avs" else FUNDS


def _registration(participants: ParticipantRegistry, participant: Participant, terms: ClassParameters) -> Call[None]:
    complexity = max(COMPLEXITY, terms.complexity)
    if participant.role == "operator":
        return participants.register(OPERATOR, CAPACITY, complexity, SLOTS)
    return participants.register(COPROCESSOR, CAPACITY, complexity, slots=0)


def private_key(index: int) -> str:
    """Key of one of Anvil's accounts, hex."""
    Account.enable_unaudited_hdwallet_features()
    return str(Account.from_mnemonic(MNEMONIC, account_path=f"{DERIVATION}/{index}").key.to_0x_hex())
