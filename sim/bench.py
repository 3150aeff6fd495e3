"""Speed, as figures and ratios: ``python -m sim.bench [FILE]`` prints them and writes them as JSON.

The peer is the usual way to drive a chain from Python: one transaction at a time through web3.py's contract objects, on
the same kind of node, with the same contract calls (open, bid, submit, settle of single tasks). Machines differ and
share their cores, so quote the ratios.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from eth_typing import ChecksumAddress
from rich.console import Console
from rich.table import Table
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint, Wei

from offchain.chain.anvil import Anvil
from offchain.chain.artifacts import artifacts
from offchain.chain.deployment import deploy
from offchain.model.constants import COPROCESSOR, OPERATOR
from offchain.model.parameters import ClassParameters, NetworkParameters
from sim.directory import simulate
from sim.engines.engine import GENESIS
from sim.scenario import Scenario

PEER_LIVES = 40
DEPOSIT = 10**12


def ours(scenario: Scenario) -> dict[str, Any]:
    """Run a scenario; its summary."""
    with tempfile.TemporaryDirectory() as folder:
        return simulate(scenario, Path(folder) / "run")


def peer(lives: int) -> float:
    """Tasks a second of single tasks driven one transaction at a time by web3.py."""
    with Anvil("--base-fee", "0", "--gas-price", "0", timestamp=GENESIS) as anvil:
        deployment = deploy(anvil.rpc, NetworkParameters())
        w3 = Web3(HTTPProvider(anvil.url))
        contracts = {
            name: w3.eth.contract(address=w3.to_checksum_address(deployment.address(name)), abi=artifact.abi)
            for name, artifact in artifacts().items()
        }
        avs, operator, coprocessor = list(w3.eth.accounts)[1:4]

        def send(who: ChecksumAddress, contract: str, function: str, *arguments: Any) -> Any:
            call = contracts[contract].functions[function](*arguments)
            digest = call.transact({"from": who, "gasPrice": Wei(0), "gas": 5_000_000})
            return w3.eth.wait_for_transaction_receipt(digest, poll_latency=0.001)

        for i, who in enumerate((avs, operator, coprocessor)):
            send(who, "MockToken", "mint", who, 2 * DEPOSIT)
            send(who, "MockToken", "approve", contracts["CollateralEscrow"].address, 2 * DEPOSIT)
            send(who, "CollateralEscrow", "open_account")
            send(who, "CollateralEscrow", "deposit", i + 2, DEPOSIT)
        send(operator, "ParticipantRegistry", "register", OPERATOR, 10_000, 5, 8)
        send(coprocessor, "ParticipantRegistry", "register", COPROCESSOR, 10_000, 0, 0)
        terms = ClassParameters()
        auction, opening = terms.auction(), terms.opening()
        send(
            avs,
            "ClassRegistry",
            "register_class",
            tuple(getattr(auction, field) for field in auction.__slots__),
            (opening.min_reputation, opening.complexity, opening.min_reward, 0),
            (terms.risk, terms.audit_share, terms.comparator, terms.tolerance, terms.adjudicator),
        )
        send(avs, "ClassRegistry", "fund_mandate", 1, 3, 10**10)

        def wait(seconds: int) -> None:
            w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [seconds])

        wait(deployment.parameters.epoch_seconds)
        started = time.perf_counter()
        for i in range(lives):
            receipt = send(operator, "TaskRegistry", "open_tasks", 1, [(i % 8, 100, 100_000, False)], True)
            task = int.from_bytes(receipt["logs"][0]["topics"][1], "big")
            send(coprocessor, "TaskRegistry", "bid", [(task, 1, 10_000)], True)
            wait(20)
            send(coprocessor, "TaskRegistry", "submit", [(task, i)], True)
            wait(61)
            send(operator, "TaskRegistry", "settle", [task], True)
        return lives / (time.perf_counter() - started)


def main() -> None:
    """Measure, print, write."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    summary = ours(Scenario())
    one_at_a_time = peer(PEER_LIVES)
    figures = {
        "tasks": summary["tasks_opened"],
        "anvil_tasks_per_second": summary["tasks_per_second"],
        "rate_first_tenth": summary["rate_first_tenth"],
        "rate_last_tenth": summary["rate_last_tenth"],
        "last_to_first": round(summary["rate_last_tenth"] / summary["rate_first_tenth"], 3),
        "web3_tasks_per_second": round(one_at_a_time, 1),
        "ratio_to_web3": round(summary["tasks_per_second"] / one_at_a_time, 1),
        "gas_per_task": summary["gas_per_task"],
    }
    table = Table(title="ballast bench")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    Console().print(table)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
