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
    d = net.deployment
    return {
        "rpc": place.url,
        "chain_id": d.chain_id,
        "genesis": d.genesis,
        "epoch_seconds": d.parameters.epoch_seconds,
        "block_seconds": place.block_seconds,
        "record": str(place.record),
        "abi": str(ABI),
        "addresses": {TOKEN: d.token, **{name: deployed.address for name, deployed in d.contracts.items()}},
        "class": {"id": net.class_id, "terms": asdict(net.terms)},
        "fee": {"share": d.parameters.fee, "per_unit": d.parameters.fee_per_unit},
        "accounts": [{**asdict(p), "private_key": private_key(i)} for i, p in enumerate(net.participants)],
        "mnemonic": MNEMONIC,
        "derivation": DERIVATION,
    }


def percent(ppm: int) -> str:
    """Write parts of a million in percent, without zeros at the end."""
    return f"{100 * ppm / PPM:.4f}".rstrip("0").rstrip(".") + "%"


def terms_in_words(terms: ClassParameters, network: NetworkParameters) -> list[tuple[str, str]]:
    """Say what a class asks of those who take part: what each term is about, and a sentence."""
    t = terms
    course = "falls" if t.start >= t.floor else "rises"
    return [
        ("auction", f"{t.steps} steps of {t.step_seconds} s; the price {course} from {percent(t.start)} to "
                    f"{percent(t.floor)} of the reward"),
        ("entry", f"full load postpones a bid by {percent(t.handicap)} of the clock, no reputation by "
                  f"{percent(t.reputation_handicap)}"),
        ("submit", f"within {t.submit_seconds} s of the award"),
        ("rescue", f"for {t.rescue_seconds} s another coprocessor can take over a late task"),
        ("challenge", f"for {t.challenge_seconds} s the court can hold a result; then anyone can settle"),
        ("collateral", f"{percent(t.collateral)} of the reward, locked by the executor"),
        ("late", f"costs the executor {percent(t.slash_factor)} of the collateral, more if overloaded; a failed task "
                 f"costs the operator {percent(t.operator_share)}"),
        ("fee", f"{percent(network.fee)} of the price, at least {network.fee_per_unit} a unit of difficulty"),
        ("complexity", f"{t.complexity}: operators of that complexity or more may execute tasks themselves"),
        ("reward", f"at least {t.min_reward} token units"),
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
    d = net.deployment
    lines = [
        f"RPC URL    {place.url}",
        f"chain id   {d.chain_id}",
        f"epochs     {d.parameters.epoch_seconds} s each, the first began at {d.genesis}",
        f"blocks     every {place.block_seconds} s",
        f"file       {place.record}",
        f"ABIs       {ABI}/<contract>.json",
        "",
        f"{f'{TOKEN}, anyone can mint':<24} {d.token}",
        *(f"{name:<24} {deployed.address}" for name, deployed in d.contracts.items()),
        "",
        f"{'role':<12} {'account':>7}  {'address':<42}  private key",
    ]
    for index, p in enumerate(net.participants):
        lines.append(f"{p.role:<12} {p.account or '-':>7}  {p.address:<42}  {private_key(index)}")
    operator, coprocessor = net.having("operator")[0], net.having("coprocessor")[0]
    lines += [
        "",
        "These are Anvil's development accounts, whose keys everybody knows: never send them anything of value.",
        f'Mnemonic "{MNEMONIC}", path {DERIVATION}/<index>. The owner is also the court.',
        "",
        f"Operators may open tasks of class {net.class_id}, registered by the AVS. Its terms:",
        *(f"  {what:<11} {said}" for what, said in terms_in_words(net.terms, d.parameters)),
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
