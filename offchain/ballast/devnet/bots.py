"""A market that lives: operators that open tasks, and coprocessors that bid for them, submit results and settle.

The bots look at each new block. What to do with a task follows from its words on the chain alone, so they also serve
tasks that others open, and continue with those of a devnet that was stopped. They send through accounts whose keys the
node holds, and do not wait for receipts: the events of the next block say what came of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from random import Random
from typing import Any, Final

from eth_utils.crypto import keccak

from ballast.chain.rpc import Node
from ballast.devnet.population import SLOTS, Devnet, Participant
from ballast.model import deadlines, task_packing
from ballast.model.constants import BPS, MAX_BATCH, PPM
from ballast.model.task_packing import LIVE, NOBODY, SUBMITTED, WON

OPENING_SECONDS: Final = 5
"""From one task that the bots open to the next."""
DIFFICULTIES: Final = (100, 1_500)
REWARD_PER_UNIT: Final = 100
"""Token units."""
OWN_SHARE: Final = 0.2
"""Share of the tasks that operators execute themselves."""
UNITS_PER_SECOND: Final = 100
"""How fast a coprocessor works."""
COSTS: Final = (0.5, 0.9)
"""Range of the lowest price a coprocessor accepts, as a share of the reward."""
OUTCOMES: Final = {
    task_packing.EXPIRED: "expired without a bid",
    task_packing.FAILED: "failed",
    task_packing.FORFEITED: "forfeited",
}


class Bots:
    """Operators and coprocessors of a devnet that act by themselves.

    Parameters
    ----------
    rpc : Node
        The node, which holds the keys.
    net : Devnet
        What stands on it.
    coprocessors : int
        How many of its coprocessors take part; all of its operators do.
    tell : callable
        Takes a line about each thing that happens.
    seed : int
        Of what is random about them.
    """

    def __init__(self, rpc: Node, net: Devnet, coprocessors: int, tell: Callable[[str], None], seed: int = 1) -> None:
        self.rpc, self.net, self.tell = rpc, net, tell
        self.rng = Random(seed)
        self.registry = net.deployment.contract(rpc, "TaskRegistry")
        self.auction = net.terms.auction(net.deployment.parameters.fee)
        self.operators = net.having("operator")
        self.coprocessors = net.having("coprocessor")[:coprocessors]
        self.members = {p.account: p for p in (*self.operators, *self.coprocessors)}
        self.costs = {p.account: round(self.rng.uniform(*COSTS) * PPM) for p in self.coprocessors}
        self._begin()
        self.topics = {
            self.registry.event(name): said
            for name, said in (
                ("TaskOpened", self._opened),
                ("TaskWon", self._won),
                ("ResultSubmitted", lambda _: "result submitted"),
                ("TaskSettled", self._settled),
                ("TaskClosed", lambda data: OUTCOMES[data]),
            )
        }

    def _begin(self) -> None:
        """Know nothing of the chain yet."""
        self.live: set[int] = set()
        self.offered: set[int] = set()
        self.sent: list[tuple[str, str]] = []
        self.block, self.digest = -1, ""
        self.opened_at = 0

    def act(self) -> None:
        """Look at what the blocks since the last time brought, and do what the latest one allows.

        Raises
        ------
        ChainError
            If the node fails.
        """
        block = self.rpc.call("eth_getBlockByNumber", "latest", False)
        number, now = int(block["number"], 16), int(block["timestamp"], 16)
        if block["hash"] == self.digest:
            return
        if self.digest and not self._stands():  # `evm_revert` undid what is known of tasks
            self._begin()
        self._listen(number)
        self.digest = block["hash"]
        self._check_sent()
        self._serve(now)
        if now >= self.opened_at + OPENING_SECONDS:
            self._open(now)

    def _stands(self) -> bool:
        """Whether the block that was the latest at the last look is still part of the chain."""
        block = self.rpc.call("eth_getBlockByNumber", hex(self.block), False)
        return block is not None and block["hash"] == self.digest

    # What happened

    def _listen(self, number: int) -> None:
        """Take note of the tasks that were opened, and tell what happened to all of them since the first look."""
        logs = self.rpc.call(
            "eth_getLogs",
            {"address": self.registry.address, "fromBlock": hex(self.block + 1), "toBlock": hex(number)},
        )
        first = self.block < 0
        self.block = number
        for log in logs:
            said = self.topics.get(log["topics"][0])
            if said is None:
                continue
            task = int(log["topics"][1], 16)
            if log["topics"][0] == self.registry.event("TaskOpened"):
                self.live.add(task)
            if not first:
                self.tell(f"block {int(log['blockNumber'], 16)}: task {task}: {said(int(log['data'], 16))}")

    def _opened(self, word: int) -> str:
        terms = task_packing.terms(word)
        return f"opened, difficulty {terms.difficulty}, reward {terms.reward}"

    def _won(self, word: int) -> str:
        progress = task_packing.progress(word)
        who = self._name(progress.executor)
        if progress.rescued:
            return f"{who} takes it over"
        if progress.own:
            return f"{who} executes it itself"
        return f"{who} leads at step {progress.step}, with load {progress.x / BPS:.0%}"

    def _settled(self, word: int) -> str:
        return f"settled, price {word & (2**128 - 1)}, fee {word >> 128}"

    def _name(self, account: int) -> str:
        role = next((p.role for p in self.net.participants if p.account == account), "account")
        return f"{role} {account}"

    def _check_sent(self) -> None:
        """Tell of transactions that were refused."""
        waiting = []
        for digest, what in self.sent:
            receipt = self.rpc.call("eth_getTransactionReceipt", digest)
            if receipt is None:
                waiting.append((digest, what))
            elif int(receipt["status"], 16) != 1:
                self.tell(f"{what} was refused")
        self.sent = waiting

    # What to do

    def _send(self, who: Participant, name: str, *arguments: Any) -> None:
        digest = self.rpc.call("eth_sendTransaction", self.registry.request(who.address, name, *arguments))
        self.sent.append((digest, f"{name} of {who.role} {who.account}"))

    def _serve(self, now: int) -> None:
        """Bid for tasks, submit results that are done, settle and end what can be."""
        bids: list[int] = []
        results: dict[int, list[tuple[int, int]]] = defaultdict(list)
        settled: list[int] = []
        expired: list[int] = []
        for task in sorted(self.live):
            terms_word, progress_word, _ = self.registry.read("task_words", task)
            terms, progress = task_packing.terms(terms_word), task_packing.progress(progress_word)
            if terms.sequence != task & (2**32 - 1) or terms.outcome != LIVE:
                self.live.discard(task)
                self.offered.discard(task)
                continue
            if terms.class_id != self.net.class_id:
                continue
            status = progress.status if progress.sequence == terms.sequence else NOBODY
            c = self.auction
            closing = deadlines.closing(terms.opened, c.steps, c.step_seconds)
            if status == NOBODY and now < closing and task not in self.offered:
                bids.append(task)
            elif status == NOBODY and now > deadlines.chance_until(closing, c.rescue_seconds):
                expired.append(task)
            elif status == WON and progress.executor in self.members:
                if progress.time + terms.difficulty / UNITS_PER_SECOND <= now < progress.due:
                    results[progress.executor].append((task, result_of(task)))
            elif status == SUBMITTED and now > deadlines.challenge_until(progress.time, c.challenge_seconds):
                settled.append(task)
        self._bid(bids)
        for account, done in results.items():
            self._send(self.members[account], "submit", done[:MAX_BATCH], False)
        if settled:
            self._send(self.coprocessors[0], "settle", settled[:MAX_BATCH], False)
        if expired:
            self._send(self.operators[0], "expire", expired[:MAX_BATCH], False)

    def _bid(self, tasks: list[int]) -> None:
        """Have every coprocessor bid once for tasks, in an order that is drawn anew each time."""
        tasks = tasks[:MAX_BATCH]
        self.offered.update(tasks)
        for bidder in self.rng.sample(self.coprocessors, len(self.coprocessors)) if tasks else ():
            self._send(bidder, "bid", [(task, self.costs[bidder.account], BPS) for task in tasks], False)

    def _open(self, now: int) -> None:
        """Have one of the operators open a task; the low slots are left to people."""
        operator = self.rng.choice(self.operators)
        busy = {task >> 32 & (2**16 - 1) for task in self.live if task >> 48 == operator.account}
        slot = next((slot for slot in reversed(range(SLOTS)) if slot not in busy), None)
        if slot is None:
            return
        difficulty = self.rng.randint(*DIFFICULTIES)
        own = self.rng.random() < OWN_SHARE
        order = (slot, difficulty, difficulty * REWARD_PER_UNIT, own)
        self._send(operator, "open_tasks", self.net.class_id, [order], False)
        self.opened_at = now


def result_of(task: int) -> int:
    """Compute the result that bots submit: the hash of the task's number, which anybody can check."""
    return int.from_bytes(keccak(task.to_bytes(32, "big")), "big")
