"""A local chain to build against: the protocol deployed, participants funded and registered, a class open for tasks.

The chain's clock agrees with the wall clock and a block is mined every second. Epoch 1 lies before the start, so that
capacities, which count from the epoch after registration, count at once.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from eth_account import Account
from eth_utils.address import to_checksum_address

from offchain.chain.anvil import Anvil
from offchain.chain.contract import Contract, send_all
from offchain.chain.deployment import RECORDS, TOKEN, Deployment, deploy
from offchain.chain.rpc import Node
from offchain.errors import ChainError, UserError
from offchain.model.constants import COPROCESSOR, OPERATOR
from offchain.model.parameters import ClassParameters, NetworkParameters
from offchain.signals import ignore, interruptible

MNEMONIC = "test test test test test test test test test test test junk"
DERIVATION = "m/44'/60'/0'/0"
FUNDS = 10**10
"""Token units every participant deposits; the AVS ten times as many."""
MANDATE = 10**10
"""Token units each operator may draw."""
CAPACITY = 10_000
"""Resource units of every participant."""
COMPLEXITY = 5
SLOTS = 64
BLOCK_SECONDS = 1
STATES_KEPT = "256"
SPARE_ACCOUNTS = 3


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
    """

    deployment: Deployment
    class_id: int
    participants: tuple[Participant, ...]

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
    ChainError
        If a transaction reverts.
    """
    roles = ["owner", "avs", *["operator"] * operators, *["coprocessor"] * coprocessors]
    addresses = [str(to_checksum_address(a)) for a in rpc.call("eth_accounts")]
    roles += ["spare"] * (len(addresses) - len(roles))
    people = [Participant(role, address) for role, address in zip(roles, addresses, strict=True)]
    members = [p for p in people if p.role in ("avs", "operator", "coprocessor")]
    token, escrow, registry, classes = (
        deployment.contract(rpc, name) for name in (TOKEN, "CollateralEscrow", "ParticipantRegistry", "ClassRegistry")
    )
    wealth = 10 * FUNDS + MANDATE * operators + deployment.parameters.entry_fee
    send_all(rpc, [token.request(p.address, "mint", p.address, wealth) for p in people])
    send_all(rpc, [token.request(p.address, "approve", escrow.address, 2**256 - 1) for p in people])
    send_all(rpc, [escrow.request(p.address, "open_account") for p in members])
    people = [replace(p, account=escrow.read("account_of", p.address)) for p in people]
    members = [p for p in people if p.account]
    send_all(rpc, [escrow.request(p.address, "deposit", p.account, _deposit(p, operators)) for p in members])
    avs = next(p for p in members if p.role == "avs")
    terms = terms or ClassParameters()
    terms.validate()
    send_all(
        rpc,
        [_registration(registry, p) for p in members if p is not avs]
        + [classes.request(avs.address, "register_class", *terms.arguments())],
    )
    class_id = int(deployment.contract(rpc, "TaskRegistry").read("class_count"))
    mandates = [(class_id, p.account, MANDATE) for p in members if p.role == "operator"]
    send_all(rpc, [classes.request(avs.address, "fund_mandate", *mandate) for mandate in mandates])
    return Devnet(deployment, class_id, tuple(people))


def _deposit(participant: Participant, operators: int) -> int:
    return 10 * FUNDS + MANDATE * operators if participant.role == "avs" else FUNDS


def _registration(registry: Contract, participant: Participant) -> dict[str, str]:
    if participant.role == "operator":
        return registry.request(participant.address, "register", OPERATOR, CAPACITY, COMPLEXITY, SLOTS)
    return registry.request(participant.address, "register", COPROCESSOR, CAPACITY, 0, 0)


def run(port: int | None, operators: int, coprocessors: int, epoch_seconds: int, say: Callable[[str], None]) -> None:
    """Run a devnet until SIGINT or SIGTERM, then stop it and leave nothing behind.

    Parameters
    ----------
    port : int or None
        Port on 127.0.0.1; a free one if None.
    operators, coprocessors : int
        How many to register.
    epoch_seconds : int
        Length of an epoch.
    say : callable
        Takes lines of text for the user.

    Raises
    ------
    UserError
        If the port is in use or the epoch's length out of its bounds.
    ChainError
        If Anvil fails or ends by itself.
    """
    parameters = NetworkParameters(epoch_seconds=epoch_seconds)
    parameters.validate()
    if port is not None:
        _check_port(port)
    accounts = 2 + operators + coprocessors + SPARE_ACCOUNTS
    flags = ("--no-mining", "--order", "fifo", "--accounts", str(accounts), "--prune-history", STATES_KEPT)
    timestamp = int(time.time()) - epoch_seconds
    with suppress(KeyboardInterrupt), interruptible(), Anvil(*flags, port=port, timestamp=timestamp) as anvil:
        # Named by its port: all local chains have one chain id, and several may run at once.
        record = RECORDS / f"devnet-{anvil.port}.json"
        try:
            net = populate(anvil.rpc, deploy(anvil.rpc, parameters), operators, coprocessors)
            _catch_up(anvil.rpc, net.deployment.genesis + epoch_seconds)
            anvil.rpc.call("evm_setIntervalMining", BLOCK_SECONDS)
            net.deployment.save(record)
            say(describe(net, anvil.url, record))
            while anvil.running:
                time.sleep(0.2)
            raise ChainError("Anvil ended by itself")
        finally:
            ignore()
            record.unlink(missing_ok=True)
            with suppress(OSError):
                RECORDS.rmdir()
            say("stopping")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise UserError(f"port {port} of 127.0.0.1 is in use: choose another, or leave --port out") from None


def _catch_up(rpc: Node, epoch_start: int) -> None:
    """Set the chain's clock to the wall clock, which lies in the second epoch."""
    latest = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    now = max(int(time.time()), epoch_start, latest + 1)
    rpc.call("evm_setNextBlockTimestamp", now)
    rpc.call("evm_mine")


def describe(net: Devnet, url: str, record: Path) -> str:
    """Tell a user where everything is and how to use it.

    Parameters
    ----------
    net : Devnet
        What stands on the chain.
    url : str
        Address of the node.
    record : Path
        The deployment file.
    """
    d = net.deployment
    lines = [
        f"RPC URL    {url}",
        f"chain id   {d.chain_id}",
        f"epochs     {d.parameters.epoch_seconds} s each, the first began at {d.genesis}",
        f"blocks     every {BLOCK_SECONDS} s",
        f"file       {record}",
        "",
        f"{'token, anyone can mint':<24} {d.token}",
        *(f"{name:<24} {deployed.address}" for name, deployed in d.contracts.items()),
        "",
        f"{'role':<12} {'account':>7}  {'address':<42}  private key",
    ]
    for index, participant in enumerate(net.participants):
        lines.append(
            f"{participant.role:<12} {participant.account or '-':>7}  {participant.address:<42}  {_key(index)}"
        )
    operator, coprocessor = net.having("operator")[0], net.having("coprocessor")[0]
    lines += [
        "",
        "These are Anvil's development accounts, whose keys everybody knows: never send them anything of value.",
        f'Mnemonic "{MNEMONIC}", path {DERIVATION}/<index>. The owner is also the court.',
        f"Operators may open tasks of class {net.class_id}, registered by the AVS. To open one and bid for it:",
        "",
        ".venv/bin/python - <<'END'",
        "from pathlib import Path",
        "from offchain.chain.deployment import Deployment",
        "from offchain.chain.rpc import JsonRpc",
        f'deployment = Deployment.load(Path("{record}"))',
        f'registry = deployment.contract(JsonRpc("{url}"), "TaskRegistry")',
        "slot, difficulty, reward, own = 0, 100, 10_000, False",
        f"order = ({net.class_id}, [(slot, difficulty, reward, own)], True)",
        f'receipt = registry.send("{operator.address}", "open_tasks", *order)',
        f"task = ({operator.account} << 48) | (slot << 32) | 1",
        "lowest_price, highest_load = 1, 10_000",
        f'registry.send("{coprocessor.address}", "bid", [(task, lowest_price, highest_load)], True)',
        'print("task", task, "terms, progress, result:", *map(hex, registry.read("task_words", task)))',
        "END",
        "",
        "Ctrl-C stops the chain; nothing of it is kept.",
    ]
    return "\n".join(lines)


def _key(index: int) -> str:
    Account.enable_unaudited_hdwallet_features()
    return str(Account.from_mnemonic(MNEMONIC, account_path=f"{DERIVATION}/{index}").key.to_0x_hex())
