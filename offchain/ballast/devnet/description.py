"""What a devnet says of itself: as text for people, as JSON for scripts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ballast.chain.artifacts import ABI
from ballast.deployment import TOKEN
from ballast.devnet.population import DERIVATION, MNEMONIC, Devnet, private_key
from ballast.model.constants import PPM
from ballast.model.parameters import ClassParameters, NetworkParameters


@dataclass(frozen=True)
class Place:
    """Where a devnet is.

    Attributes
    ----------
    url : str
        Address of the node.
    record : Path
        The deployment file.
    block_seconds : int
        Seconds from one block to the next.
    """

    url: str
    record: Path
    block_seconds: int


def document(net: Devnet, place: Place) -> dict[str, Any]:
    """Everything a script needs, as JSON has it."""
    deployment = net.deployment
    return {
        "rpc": place.url,
        "chain_id": deployment.chain_id,
        "genesis": deployment.genesis,
        "epoch_seconds": deployment.parameters.epoch_seconds,
        "block_seconds": place.block_seconds,
        "record": str(place.record),
        "abi": str(ABI),
        "addresses": {
            TOKEN: deployment.token,
            **{name: deployed.address for name, deployed in deployment.contracts.items()},
        },
        "class": {"id": net.class_id, "terms": asdict(net.terms)},
        "fee": {"share": deployment.parameters.fee, "per_unit": deployment.parameters.fee_per_unit},
        "accounts": [
            {**asdict(participant), "private_key": private_key(i)} for i, participant in enumerate(net.participants)
        ],
        "mnemonic": MNEMONIC,
        "derivation": DERIVATION,
    }


def percent(ppm: int) -> str:
    """Write parts of a million in percent, without zeros at the end."""
    return f"{100 * ppm / PPM:.4f}".rstrip("0").rstrip(".") + "%"


def terms_in_words(terms: ClassParameters, network: NetworkParameters) -> list[tuple[str, str]]:
    """Say what a class asks of those who take part: what each term is about, and a sentence."""
    return [
        ("auction", f"{terms.steps} steps of {terms.step_seconds} s; the price falls by {percent(terms.tick)} of the "
                    f"reward each, not below {percent(terms.floor)}"),
        ("start", f"at {percent(terms.start)} for a new mandate; {percent(terms.start_gain)} more after a task that "
                  f"the auction leaves, up to {percent(terms.cap)}, so that it leaves {percent(terms.start_target)}"),
        ("last call", f"rises from the task's start price to {percent(terms.cap)}"),
        ("load", f"costs {percent(terms.idle_discount)} of the reward, less {percent(terms.load_bonus)} of f up to F, "
                 f"and {percent(terms.load_malus)} of f more above it"),
        ("record", f"costs {percent(terms.record_weight)} of what reputation is missing to "
                   f"{percent(terms.record_level)}"),
        ("submit", f"within {terms.submit_seconds} s of the award"),
        ("rescue", f"for {terms.rescue_seconds} s another coprocessor can take over a late task"),
        ("challenge", f"for {terms.challenge_seconds} s the court can hold a result; then anyone can settle"),
        ("collateral", f"{percent(terms.collateral)} of the reward, locked by the executor, and at least "
                       f"{percent(terms.stake_share)} of the stake behind its capacity"),
        ("late", f"costs the executor {percent(terms.slash_factor)} of the collateral, more if overloaded; a failed "
                 f"task costs the operator {percent(terms.operator_share)}"),
        ("fee", f"{percent(network.fee)} of the price, at least {network.fee_per_unit} a unit of difficulty"),
        ("complexity", f"{terms.complexity}: whoever executes a task has that complexity or more"),
        ("reward", f"at least {terms.min_reward} token units"),
    ]  # fmt: skip


def describe(net: Devnet, place: Place, bots: bool = False) -> str:
    """Tell a user where everything is and how to use it.

    Parameters
    ----------
    net : Devnet
        What stands on the chain.
    place : Place
        Where it is.
    bots : bool
        Whether bots bid too: a bid may then come too late, which the example takes.
    """
    deployment = net.deployment
    lines = [
        f"RPC URL    {place.url}",
        f"chain id   {deployment.chain_id}",
        f"epochs     {deployment.parameters.epoch_seconds} s each, the first began at {deployment.genesis}",
        f"blocks     every {place.block_seconds} s",
        f"file       {place.record}",
        f"ABIs       {ABI}/<contract>.json",
        "",
        f"{f'{TOKEN}, anyone can mint':<24} {deployment.token}",
        *(f"{name:<24} {deployed.address}" for name, deployed in deployment.contracts.items()),
        "",
        f"{'role':<12} {'account':>7}  {'address':<42}  private key",
    ]
    for index, participant in enumerate(net.participants):
        lines.append(
            f"{participant.role:<12} {participant.account or '-':>7}  {participant.address:<42}  {private_key(index)}"
        )
    operator, coprocessor = net.having("operator")[0], net.having("coprocessor")[0]
    lines += [
        "",
        "These are Anvil's development accounts, whose keys everybody knows: never send them anything of value.",
        f'Mnemonic "{MNEMONIC}", path {DERIVATION}/<index>. The owner is also the court.',
        "",
        f"Operators may open tasks of class {net.class_id}, registered by the AVS. Its terms:",
        *(f"  {what:<11} {said}" for what, said in terms_in_words(net.terms, deployment.parameters)),
        "",
        "To open a task and bid for it:",
        "",
        ".venv/bin/python - <<'END'",
        "from pathlib import Path",
        "from ballast.chain.rpc import JsonRpc",
        "from ballast.client.contracts import Bid, Order, TaskRegistry",
        "from ballast.deployment import Deployment",
        f'deployment = Deployment.load(Path("{place.record}"))',
        f'node, tasks = JsonRpc("{place.url}"), deployment.contract(TaskRegistry)',
        "order = Order(slot=0, difficulty=100, reward=10_000, own=False)",
        f'tasks.open_tasks({net.class_id}, [order], strict=True).send(node, "{operator.address}")',
        f"task = ({operator.account} << 48) | (order.slot << 32) | 1",
        f"bid = Bid(task, {net.class_id}, order.difficulty, order.reward, min_price=1, max_load=10_000)",
        f'tasks.bid([bid], strict={not bots}).send(node, "{coprocessor.address}")',
        'print("task", task, "terms, progress, result:", *map(hex, tasks.task_words(task).read(node)))',
        "END",
        "",
    ]
    return "\n".join(lines)
