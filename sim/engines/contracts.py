"""Steps of a scenario as calls of the contracts; what executes them is a matter of the engine.

Calldata are put together by hand: a run makes tens of thousands of calls, and an ABI encoder would take longer than
they. A second thread executes them, so that the model can run ahead.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
from eth_utils.abi import function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from ballast.chain.artifacts import artifacts
from ballast.chain.rpc import Node
from ballast.deployment import Deployment, deploy
from ballast.errors import DivergenceError
from ballast.model import fee_record, page_packing
from ballast.model._evm import unsigned
from ballast.model.constants import MAX_BATCH, MAX_PAGE, PAGE
from ballast.model.page_packing import LOGIT_BITS
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.sim.engines.engine import BidNumbers
from ballast.sim.market.records import Integers

WORD = 32
"""Bytes of a word."""
ORDER_WORDS, BID_WORDS, RESULT_WORDS = 5, 6, 2
"""Words of what opens a task, of a bid, and of a result."""
MAX_CALLS, MAX_CALL = 4, 1_280
"""Steps that ``TaskRegistry.multicall`` takes, and bytes of one."""
AHEAD = 16
"""Phases the model may be ahead of the contracts."""

SentCall = tuple[str, str, bytes]
"""Sender, receiver, calldata."""
Word = int
StateWords = dict[str, list[Word]]
"""By field (``balances``, ``activity``, ``fees``, ``logits``), one word an account."""


def participant_address(account: int) -> str:
    """Address of an account, derived from its number; nobody needs a key for it."""
    return str(to_checksum_address(keccak(text=f"ballast account {account}")[-20:]))


def abi_words(*numbers: int) -> bytes:
    """Numbers as ABI words."""
    return b"".join([n.to_bytes(32) for n in numbers])


def listed(numbers: Sequence[int], width: int = 1) -> bytes:
    """List of structs of some words each, with its length."""
    return abi_words(len(numbers) // width, *numbers)


def rows_of(*columns: Integers) -> bytes:
    """ABI words of columns of whole numbers below 2**63, row by row, without a length."""
    words = np.zeros((len(columns[0]), len(columns), WORD // 8), dtype=">u8")
    for place, column in enumerate(columns):
        words[:, place, -1] = column
    return words.tobytes()


def results_of(numbers: Integers) -> bytes:
    """ABI words of tasks and their results, row by row: a result is the task's number, four times."""
    words = np.zeros((len(numbers), 2, WORD // 8), dtype=">u8")
    words[:, 0, -1] = numbers
    words[:, 1, :] = numbers[:, None]
    return words.tobytes()


few_words = cache(abi_words)
"""ABI words of lengths and places, of which there are few."""


@cache
def frame(lengths: tuple[int, ...]) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """Give what is written before a list of byte strings of some lengths, and before and after each of them."""
    places, around = [], []
    place = WORD * len(lengths)
    for length in lengths:
        places.append(place)
        padding = -length % WORD
        place += WORD + length + padding
        around.append((abi_words(length), bytes(padding)))
    return abi_words(len(lengths), *places), tuple(around)


def blobs(items: Sequence[bytes]) -> bytes:
    """List of byte strings, with its length."""
    head, around = frame(tuple(map(len, items)))
    return head + b"".join([before + item + after for item, (before, after) in zip(items, around, strict=True)])


def chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Pieces of a sequence that fit into one batch call."""
    return (items[i : i + MAX_BATCH] for i in range(0, len(items), MAX_BATCH))


class Calls(ABC):
    """Puts the steps of a phase together as calls; a subclass executes them as one block.

    Parameters
    ----------
    node : Node
        Where to deploy.
    parameters : NetworkParameters
        What to deploy.
    """

    name: str
    measures_gas = False

    def __init__(self, node: Node, parameters: NetworkParameters) -> None:
        self.gas_used = 0
        self.transactions = 0
        self.compared_at: list[float] = []
        self._entry_fee = parameters.entry_fee
        self.court = participant_address(0)
        self.deployment: Deployment = deploy(node, parameters, court=self.court)
        self.genesis = self.deployment.genesis
        self._groups: list[list[SentCall]] = [[]]
        self._pending: deque[Future[None]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._selectors = {
            (name, f["name"]): function_abi_to_4byte_selector(f)
            for name, artifact in artifacts().items()
            for f in artifact.abi
            if f["type"] == "function"
        }
        self._addresses = {name: self.deployment.address(name) for name in artifacts()}
        self._participants: list[str] = []

    def close(self) -> None:
        """Stop whatever was started."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    @abstractmethod
    def _execute(self, groups: list[list[SentCall]], timestamp: int) -> None:
        """Execute calls, group by group, as one block. In the second thread."""

    @abstractmethod
    def _call(self, receiver: str, data: bytes) -> bytes:
        """Call a view."""

    def _calls(self, receiver: str, each: Sequence[bytes]) -> list[bytes]:
        """Call a view many times."""
        return [self._call(receiver, data) for data in each]

    @abstractmethod
    def _failed(self) -> str:
        """Reason of the first call that reverted lately, for a message; empty if none did."""

    # Blocks

    def _put(self, sender: str, contract: str, function: str, arguments: bytes = b"") -> None:
        self._send(sender, contract, self._encoded_call(contract, function, arguments))

    def _send(self, sender: str, contract: str, data: bytes) -> None:
        self._groups[-1].append((sender, self._addresses[contract], data))

    def _encoded_call(self, contract: str, function: str, arguments: bytes) -> bytes:
        return bytes(self._selectors[contract, function] + arguments)

    def barrier(self) -> None:
        """Have what follows executed after what came before, whoever sends it."""
        self._groups.append([])

    def mine(self, timestamp: int) -> None:
        """Execute what was put together since the last phase as one block at a timestamp."""
        groups = [group for group in self._groups if group]
        self._groups = [[]]
        if groups:
            self._later(self._execute, groups, timestamp)

    def _later(self, function: Callable[..., None], *arguments: Any) -> None:
        self._pending.append(self._thread.submit(function, *arguments))
        while len(self._pending) > AHEAD:
            self._pending.popleft().result()

    def wait(self) -> None:
        """Wait until the contracts have done everything; raises what went wrong there."""
        while self._pending:
            self._pending.popleft().result()

    # Set-up

    def open_accounts(self, deposits: Sequence[int], first: int = 2) -> None:
        """Open the next accounts, from a first one on, with deposits, token units."""
        entry_fee = self._entry_fee
        escrow = int(self._addresses["CollateralEscrow"], 16)
        numbers = range(first, first + len(deposits))
        for account, deposit in zip(numbers, deposits, strict=True):
            sender = participant_address(account)
            self._participants.append(sender)
            self._put(sender, "MockToken", "mint", abi_words(int(sender, 16), deposit + entry_fee))
            self._put(sender, "MockToken", "approve", abi_words(escrow, deposit + entry_fee))
        for account in numbers:
            self.barrier()  # accounts are numbered in the order in which they are opened
            self._put(self._who(account), "CollateralEscrow", "open_account")
        self.barrier()
        for account, deposit in zip(numbers, deposits, strict=True):
            self._put(self._who(account), "CollateralEscrow", "deposit", abi_words(account, deposit))
        self.barrier()

    def _who(self, account: int) -> str:
        return self._participants[account - 2]

    def register(self, account: int, role: int, capacity: int, complexity: int, slots: int) -> None:
        """Register a participant."""
        self._put(self._who(account), "ParticipantRegistry", "register", abi_words(role, capacity, complexity, slots))

    def leave(self, account: int) -> None:
        """End a participation."""
        self._put(self._who(account), "ParticipantRegistry", "leave")

    def resize(self, account: int, capacity: int, /) -> None:
        """Change a participant's capacity, resource units, from the next epoch on."""
        self._put(self._who(account), "ParticipantRegistry", "resize", abi_words(capacity))

    def add_class(self, avs: int, terms: ClassParameters) -> None:
        """Register a class of an AVS."""
        auction, opening, (*dispute, adjudicator) = terms.arguments()
        arguments = abi_words(*auction, *opening, *dispute, int(adjudicator, 16))
        self._put(self._who(avs), "ClassRegistry", "register_class", arguments)

    def fund_mandate(self, avs: int, class_id: int, operator: int, amount: int) -> None:
        """Fund an operator's mandate."""
        self._put(self._who(avs), "ClassRegistry", "fund_mandate", abi_words(class_id, operator, amount))

    def bond(self, keeper: int, amount: int) -> None:
        """Lock a keeper's bond."""
        self._put(self._who(keeper), "GasReputation", "bond", abi_words(amount))

    # Steps of tasks

    def together(self, caller: int, steps: Sequence[bytes]) -> None:
        """Send steps of one caller, in their order, as many in one transaction as ``multicall`` takes."""
        waiting: list[bytes] = []
        for step in [*steps, b""]:
            if waiting and (not step or len(step) > MAX_CALL or len(waiting) == MAX_CALLS):
                data = (
                    waiting[0] if len(waiting) == 1 else self._task_call("multicall", few_words(0x20) + blobs(waiting))
                )
                self._send(self._who(caller), "TaskRegistry", data)
                waiting = []
            if len(step) > MAX_CALL:
                self._send(self._who(caller), "TaskRegistry", step)
            elif step:
                waiting.append(step)

    def _task_call(self, function: str, arguments: bytes) -> bytes:
        return self._encoded_call("TaskRegistry", function, arguments)

    def _listed_calls(self, function: str, rows: bytes, words: int, head: bytes = b"") -> list[bytes]:
        """Put together calls with a list of structs of some words each, asked to be strict.

        The list is preceded by what is the same for all, and comes in as many calls as it needs.
        """
        place, most = few_words(len(head) + 0x40, 1), MAX_BATCH * WORD * words
        parts = [rows[first : first + most] for first in range(0, len(rows), most)]
        return [
            self._task_call(function, head + place + few_words(len(part) // (WORD * words)) + part) for part in parts
        ]

    def open(self, class_id: int, orders: bytes) -> list[bytes]:
        """Open tasks: slot, difficulty, reward, own, smallest reputation."""
        return self._listed_calls("open_tasks", orders, ORDER_WORDS, few_words(class_id))

    def bid(self, bids: bytes) -> list[bytes]:
        """Bid for tasks: number, class, difficulty, reward, smallest price, largest load."""
        return self._listed_calls("bid", bids, BID_WORDS)

    def reopen(self, task: int) -> bytes:
        """Reopen a task for the last call."""
        return self._task_call("reopen", abi_words(task))

    def self_execute(self, task: int) -> bytes:
        """Take an unsold task into own execution."""
        return self._task_call("self_execute", abi_words(task))

    def submit(self, results: bytes) -> list[bytes]:
        """Submit results: task, result."""
        return self._listed_calls("submit", results, RESULT_WORDS)

    def expire(self, tasks: bytes) -> list[bytes]:
        """End unsold tasks."""
        return self._listed_calls("expire", tasks, 1)

    def slash(self, keeper: int, tasks: Sequence[int]) -> None:
        """Slash overdue tasks; the keeper is the finder."""
        self._put(self._who(keeper), "TaskRegistry", "slash", abi_words(0x60, keeper, 1) + listed(tasks))

    def take_over(self, rescuer: int, order: BidNumbers) -> None:
        """Take a late task over."""
        self._put(self._who(rescuer), "TaskRegistry", "take_over", abi_words(0x40, 1) + listed(order, width=6))

    def hold(self, tasks: Sequence[int]) -> None:
        """Hold submitted tasks."""
        for part in chunks(tasks):
            self._put(self.court, "TaskRegistry", "hold", abi_words(0x40, 1) + listed(part))

    def overturn(self, tasks: Sequence[int], finder: int) -> None:
        """Overturn held tasks."""
        self._put(self.court, "TaskRegistry", "overturn", abi_words(0x60, finder, 1) + listed(tasks))

    def settle(self, keeper: int, tasks: Sequence[int]) -> None:
        """Settle submitted tasks."""
        for part in chunks(tasks):
            self._put(self._who(keeper), "TaskRegistry", "settle", abi_words(0x40, 1) + listed(part))

    def fail(self, keeper: int, tasks: Sequence[int]) -> None:
        """Fail late tasks."""
        self._put(self._who(keeper), "TaskRegistry", "fail", abi_words(0x40, 1) + listed(tasks))

    # Epochs

    def claim(self, keeper: int, accounts: Sequence[int]) -> None:
        """Claim uptime rewards."""
        self._put(self._who(keeper), "Slasher", "claim", abi_words(0x20) + listed(accounts))

    def post(self, keeper: int, epoch: int, first_page: int, pages: Sequence[int]) -> None:
        """Post pages of logits."""
        self._put(self._who(keeper), "GasReputation", "post", abi_words(epoch, first_page, 0x60) + listed(pages))

    def collect(self, keeper: int) -> None:
        """Collect a keeper's pay."""
        self._put(self._who(keeper), "GasReputation", "collect")

    # Comparing

    def expect(self, expected: StateWords, epoch: int, period: int) -> None:
        """Compare the contracts' state with the model's, later but before anything that follows.

        Raises
        ------
        DivergenceError
            Naming the first account and field that differ, and both values.
        """
        self._later(self._compare, expected, epoch, period)

    def _read(self, contract: str, function: str, *arguments: int) -> bytes:
        return self._call(self._addresses[contract], self._selectors[contract, function] + abi_words(*arguments))

    def _list(self, contract: str, function: str, count: int, most: int, *arguments: int) -> list[Word]:
        """Words of a view that tells of some things at most in one call, of a number of them from the first on."""
        parts = [abi_words(first, min(most, count - first), *arguments) for first in range(0, count, most)]
        selector = self._selectors[contract, function]
        answers = self._calls(self._addresses[contract], [selector + part for part in parts])
        return [int.from_bytes(answer[i : i + 32]) for answer in answers for i in range(64, len(answer), 32)]

    def read_state(self, count: int, epoch: int) -> StateWords:
        """Words of all accounts, by field."""
        pages = self._list("GasReputation", "page_words", -(-count // PAGE), MAX_PAGE // 2)
        newest = pages[(epoch - 1) % 2 :: 2]  # the word of the epoch before this one is at its parity
        return {
            "balances": self._list("CollateralEscrow", "balance_words", count, MAX_PAGE),
            "activity": self._list("ParticipantRegistry", "activity_words", count, MAX_PAGE),
            "fees": self._list("TaskRegistry", "fee_words", count, MAX_PAGE, epoch),
            "logits": [unsigned(page_packing.logit(newest[i // PAGE], i), LOGIT_BITS) for i in range(count)],
        }

    def _compare(self, expected: StateWords, epoch: int, period: int) -> None:
        state = self.read_state(len(expected["balances"]), epoch)
        for name, model in expected.items():
            chain = state[name]
            if name == "fees":
                chain = [w if any(fee_record.unpack(w, epoch)) else 0 for w in chain]
            if chain != model:
                account = next(i for i, (a, b) in enumerate(zip(chain, model, strict=True)) if a != b)
                raise DivergenceError(
                    f"period {period}: {name} of account {account} differ: chain {chain[account]:#x}, "
                    f"model {model[account]:#x}{self._failed()}"
                )
        self.compared_at.append(time.perf_counter())

    def token_balance(self) -> int:
        """Token units the escrow holds."""
        return int.from_bytes(self._read("MockToken", "balanceOf", int(self._addresses["CollateralEscrow"], 16)))
