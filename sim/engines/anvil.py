"""The real chain: every step of every task as transactions on a local Anvil.

Transactions are written as hex by hand, sent unsigned in large batches over one connection, and mined as one block a
phase at a timestamp the scenario says. A second thread talks to the node, so that the model can run ahead.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from eth_utils.abi import function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from offchain.chain.anvil import THROUGHPUT_FLAGS, Anvil
from offchain.chain.artifacts import artifacts
from offchain.chain.contract import revert_reason
from offchain.chain.deployment import Deployment, deploy
from offchain.errors import ChainError, DivergenceError, RpcError
from offchain.model.constants import MAX_BATCH
from offchain.model.parameters import ClassParameters, NetworkParameters
from sim.engines.engine import GENESIS, Engine, State, Word

GAS = hex(16_000_000)
SENDING = 100
"""Transactions in one HTTP message."""
AHEAD = 16
"""Phases the model may be ahead of the chain."""
READING = 1_024
"""Accounts one view returns at most."""


def participant_address(account: int) -> str:
    """Address of an account, derived from its number; the node needs no key for it."""
    return str(to_checksum_address(keccak(text=f"ballast account {account}")[-20:]))


def words(*numbers: int) -> str:
    """Numbers as ABI words, hex."""
    return "".join([f"{n:064x}" for n in numbers])


def listed(numbers: Sequence[int], width: int = 1) -> str:
    """List of structs of some words each, with its length, hex."""
    return words(len(numbers) // width, *numbers)


def chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Pieces of a sequence that fit into one batch call."""
    return (items[i : i + MAX_BATCH] for i in range(0, len(items), MAX_BATCH))


class AnvilEngine(Engine):
    """Carries out a scenario's steps on a fresh Anvil.

    Parameters
    ----------
    parameters : NetworkParameters
        What to deploy.
    """

    name = "anvil"
    measures_gas = True

    def __init__(self, parameters: NetworkParameters) -> None:
        super().__init__(parameters)
        self.anvil = Anvil(*THROUGHPUT_FLAGS, timestamp=GENESIS)
        try:
            self.rpc = self.anvil.rpc
            self.court = participant_address(0)
            self.deployment: Deployment = deploy(self.rpc, parameters, court=self.court)
        except BaseException:
            self.anvil.stop()
            raise
        self.genesis = self.deployment.genesis
        self._groups: list[list[dict[str, str]]] = [[]]
        self._nonces: Counter[str] = Counter()
        self._pending: deque[Future[None]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._blocks: list[int] = []
        self._selectors = {
            (name, f["name"]): function_abi_to_4byte_selector(f).hex()
            for name, artifact in artifacts().items()
            for f in artifact.abi
            if f["type"] == "function"
        }
        self._addresses = {name: self.deployment.address(name) for name in artifacts()}
        self._participants: list[str] = []

    def close(self) -> None:
        """Stop the node."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self.anvil.stop()

    # Phases

    def _put(self, sender: str, contract: str, function: str, arguments: str = "") -> None:
        request = {
            "from": sender,
            "nonce": hex(self._nonces[sender]),
            "to": self._addresses[contract],
            "data": "0x" + self._selectors[contract, function] + arguments,
            "gas": GAS,
            "gasPrice": "0x0",
        }
        self._nonces[sender] += 1
        self._groups[-1].append(request)

    def barrier(self) -> None:
        """Have what follows executed after what came before, whoever sends it.

        Within an HTTP message the node may take requests of different senders in any order.
        """
        self._groups.append([])

    def mine(self, timestamp: int) -> None:
        """Send what was put together since the last phase, and mine it as one block at a timestamp."""
        groups = [group for group in self._groups if group]
        self._groups = [[]]
        if groups:
            self._later(self._mine, groups, timestamp)

    def _later(self, function: Any, *arguments: Any) -> None:
        self._pending.append(self._thread.submit(function, *arguments))
        while len(self._pending) > AHEAD:
            self._pending.popleft().result()

    def wait(self) -> None:
        """Wait until the chain has done everything; raises what went wrong there."""
        while self._pending:
            self._pending.popleft().result()

    def _mine(self, groups: list[list[dict[str, str]]], timestamp: int) -> None:
        for group in groups:
            self.rpc.batch("eth_sendTransaction", [[request] for request in group], SENDING)
        sent = sum(map(len, groups))
        self.rpc.call("evm_setNextBlockTimestamp", timestamp)
        self.rpc.call("evm_mine")
        block = self.rpc.call("eth_getBlockByNumber", "latest", False)
        if len(block["transactions"]) != sent:
            raise ChainError(f"{len(block['transactions'])} of {sent} transactions were mined")
        self.gas_used += int(block["gasUsed"], 16)
        self.transactions += sent
        self._blocks = [*self._blocks[-32:], int(block["number"], 16)]

    # Set-up

    def open_accounts(self, deposits: Sequence[int], entry_fee: int, timestamp: int) -> None:
        """Open accounts 2, 3, ... with deposits, token units."""
        escrow = int(self._addresses["CollateralEscrow"], 16)
        for i, deposit in enumerate(deposits):
            sender = participant_address(i + 2)
            self._participants.append(sender)
            self._put(sender, "MockToken", "mint", words(int(sender, 16), deposit + entry_fee))
            self._put(sender, "MockToken", "approve", words(escrow, deposit + entry_fee))
        for sender in self._participants:
            self.barrier()  # accounts are numbered in the order in which they are opened
            self._put(sender, "CollateralEscrow", "open_account")
        self.barrier()
        for i, deposit in enumerate(deposits):
            self._put(self._participants[i], "CollateralEscrow", "deposit", words(i + 2, deposit))
        self.mine(timestamp)

    def _who(self, account: int) -> str:
        return self._participants[account - 2]

    def register(self, account: int, role: int, capacity: int, complexity: int, slots: int) -> None:
        """Register a participant."""
        self._put(self._who(account), "ParticipantRegistry", "register", words(role, capacity, complexity, slots))

    def add_class(self, avs: int, terms: ClassParameters) -> None:
        """Register a class of an AVS."""
        auction = terms.auction()
        opening = terms.opening()
        arguments = words(
            auction.steps,
            auction.step_seconds,
            auction.start,
            auction.floor_,
            auction.handicap,
            auction.reputation_handicap,
            auction.min_reputation,
            auction.collateral,
            auction.operator_share,
            auction.submit_seconds,
            auction.rescue_seconds,
            auction.challenge_seconds,
            0,
            auction.slash_factor,
            opening.min_reputation,
            opening.complexity,
            opening.min_reward,
            0,
            terms.risk,
            terms.audit_share,
            terms.comparator,
            terms.tolerance,
            int(terms.adjudicator, 16),
        )
        self._put(self._who(avs), "ClassRegistry", "register_class", arguments)

    def fund_mandate(self, avs: int, class_id: int, operator: int, amount: int) -> None:
        """Fund an operator's mandate."""
        self._put(self._who(avs), "ClassRegistry", "fund_mandate", words(class_id, operator, amount))

    def bond(self, keeper: int, amount: int) -> None:
        """Lock a keeper's bond."""
        self._put(self._who(keeper), "GasReputation", "bond", words(amount))

    # Steps of tasks

    def open(self, operator: int, class_id: int, orders: Sequence[tuple[int, int, int, bool]]) -> None:
        """Open tasks: slot, difficulty, reward, own."""
        for part in chunks(orders):
            flat = [int(n) for order in part for n in order]
            self._put(
                self._who(operator), "TaskRegistry", "open_tasks", words(class_id, 0x60, 1) + listed(flat, width=4)
            )

    def bid(self, bidder: int, bids: Sequence[tuple[int, int, int]]) -> None:
        """Bid: task, smallest price in ppm, largest load in basis points."""
        for part in chunks(bids):
            flat = [n for bid in part for n in bid]
            self._put(self._who(bidder), "TaskRegistry", "bid", words(0x40, 1) + listed(flat, width=3))

    def reopen(self, operator: int, task: int) -> None:
        """Reopen a task on the rising clock."""
        self._put(self._who(operator), "TaskRegistry", "reopen", words(task))

    def self_execute(self, operator: int, task: int) -> None:
        """Take an unsold task into own execution."""
        self._put(self._who(operator), "TaskRegistry", "self_execute", words(task))

    def submit(self, executor: int, results: Sequence[tuple[int, int]]) -> None:
        """Submit results: task, result."""
        for part in chunks(results):
            flat = [n for result in part for n in result]
            self._put(self._who(executor), "TaskRegistry", "submit", words(0x40, 1) + listed(flat, width=2))

    def slash(self, keeper: int, tasks: Sequence[int]) -> None:
        """Slash overdue tasks; the keeper is the finder."""
        self._put(self._who(keeper), "TaskRegistry", "slash", words(0x60, keeper, 1) + listed(tasks))

    def take_over(self, rescuer: int, task: int, max_load: int) -> None:
        """Take a late task over."""
        self._put(self._who(rescuer), "TaskRegistry", "take_over", words(0x60, max_load, 1) + listed([task]))

    def hold(self, tasks: Sequence[int]) -> None:
        """Hold submitted tasks."""
        for part in chunks(tasks):
            self._put(self.court, "TaskRegistry", "hold", words(0x40, 1) + listed(part))

    def overturn(self, tasks: Sequence[int], finder: int) -> None:
        """Overturn held tasks."""
        self._put(self.court, "TaskRegistry", "overturn", words(0x60, finder, 1) + listed(tasks))

    def settle(self, keeper: int, tasks: Sequence[int]) -> None:
        """Settle submitted tasks."""
        for part in chunks(tasks):
            self._put(self._who(keeper), "TaskRegistry", "settle", words(0x40, 1) + listed(part))

    def fail(self, keeper: int, tasks: Sequence[int]) -> None:
        """Fail late tasks."""
        self._put(self._who(keeper), "TaskRegistry", "fail", words(0x40, 1) + listed(tasks))

    def expire(self, keeper: int, tasks: Sequence[int]) -> None:
        """Expire unsold tasks."""
        for part in chunks(tasks):
            self._put(self._who(keeper), "TaskRegistry", "expire", words(0x40, 1) + listed(part))

    # Epochs

    def claim(self, keeper: int, epoch: int, accounts: Sequence[int]) -> None:
        """Claim uptime rewards."""
        self._put(self._who(keeper), "Slasher", "claim", words(epoch, 0x40) + listed(accounts))

    def post(self, keeper: int, epoch: int, first_page: int, pages: Sequence[int]) -> None:
        """Post pages of logits."""
        self._put(self._who(keeper), "GasReputation", "post", words(epoch, first_page, 0x60) + listed(pages))

    def collect(self, keeper: int) -> None:
        """Collect a keeper's pay."""
        self._put(self._who(keeper), "GasReputation", "collect")

    # Comparing

    def compare(self, expected: State, epoch: int, period: int) -> None:
        """Compare the chain's state with the model's, later but before anything that follows.

        Raises
        ------
        DivergenceError
            Naming the first account and field that differ, and both values.
        """
        self._later(self._compare, expected, epoch, period)

    def _read(self, contract: str, function: str, first: int, count: int, *more: int) -> list[Word]:
        data = "0x" + self._selectors[contract, function] + words(first, count, *more)
        answer: str = self.rpc.call("eth_call", {"to": self._addresses[contract], "data": data}, "latest")
        return [int(answer[i : i + 64], 16) for i in range(130, len(answer), 64)]

    def read_state(self, count: int, epoch: int) -> State:
        """Words of all accounts, by field."""
        state: State = {"balances": [], "activity": [], "fees": [], "logits": []}
        for first in range(0, count, READING):
            size = min(READING, count - first)
            state["balances"] += self._read("CollateralEscrow", "balance_words", first, size)
            state["activity"] += self._read("ParticipantRegistry", "activity_words", first, size)
            state["fees"] += self._read("TaskRegistry", "fee_words", first, size, epoch)
            pages = self._read("GasReputation", "page_words", first // 8, -(-size // 8))
            # The word of the epoch before this one is at its parity.
            newest = [pages[i + ((epoch - 1) & 1)] for i in range(0, len(pages), 2)]
            state["logits"] += [(newest[i // 8] >> (i % 8 * 24)) & 0xFFFFFF for i in range(size)]
        return state

    def _compare(self, expected: State, epoch: int, period: int) -> None:
        state = self.read_state(len(expected["balances"]), epoch)
        for name, model in expected.items():
            chain = state[name]
            if name == "fees":
                chain = [w if w >> 192 == epoch else 0 for w in chain]
            if chain != model:
                account = next(i for i, (a, b) in enumerate(zip(chain, model, strict=True)) if a != b)
                raise DivergenceError(
                    f"period {period}: {name} of account {account} differ: chain {chain[account]:#x}, "
                    f"model {model[account]:#x}{self._failed()}"
                )
        self.compared_at.append(time.perf_counter())

    def _failed(self) -> str:
        """Reason of the first transaction that reverted in the last blocks, for a message."""
        for number in self._blocks:
            for receipt in self.rpc.call("eth_getBlockReceipts", hex(number)) or []:
                if int(receipt["status"], 16) != 1:
                    return f"; {self._why(receipt)}"
        return ""

    def _why(self, receipt: dict[str, Any]) -> str:
        digest = receipt["transactionHash"]
        try:
            trace = self.rpc.call("debug_traceTransaction", digest, {"tracer": "callTracer"})
            return f"transaction {digest} reverted: {revert_reason(trace.get('output', '0x'))}"
        except (RpcError, ValueError):
            return f"transaction {digest} reverted"

    def token_balance(self) -> int:
        """Token units the escrow holds."""
        data = "0x" + self._selectors["MockToken", "balanceOf"] + words(int(self._addresses["CollateralEscrow"], 16))
        return int(self.rpc.call("eth_call", {"to": self._addresses["MockToken"], "data": data}, "latest"), 16)
