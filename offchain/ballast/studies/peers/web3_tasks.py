"""The usual way to drive a chain from Python: one transaction at a time through web3.py's contract objects.

On an Anvil that mines each transaction as it comes, with the same contract calls: open, bid, submit, settle of single
tasks.
"""

from __future__ import annotations

import time
from typing import Any, Final

from eth_typing import ChecksumAddress
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint, Wei

from ballast.chain.anvil import Anvil
from ballast.chain.artifacts import artifacts
from ballast.deployment import deploy
from ballast.model.constants import COPROCESSOR, OPERATOR
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.sim.engines.engine import GENESIS

DEPOSIT: Final = 10**12
DIFFICULTY: Final = 100
REWARD: Final = 100_000


def rate(lives: int) -> float:
    """Tasks a second, over some tasks."""
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
        send(coprocessor, "ParticipantRegistry", "register", COPROCESSOR, 10_000, 5, 0)
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
            receipt = send(operator, "TaskRegistry", "open_tasks", 1, [(i % 8, DIFFICULTY, REWARD, False)], True)
            task = int.from_bytes(receipt["logs"][0]["topics"][1], "big")
            send(coprocessor, "TaskRegistry", "bid", [(task, 1, DIFFICULTY, REWARD, 1, 10_000)], True)
            wait(20)
            send(coprocessor, "TaskRegistry", "submit", [(task, i)], True)
            wait(61)
            send(operator, "TaskRegistry", "settle", [task], True)
        return lives / (time.perf_counter() - started)
