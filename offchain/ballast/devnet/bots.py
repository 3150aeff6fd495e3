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

from ballast.chain.contract import Call
from ballast.chain.rpc import Node
from ballast.client.contracts import Bid, Order, Submission, TaskRegistry
from ballast.client.events import (
    Event,
    ResultSubmitted,
    TaskClosed,
    TaskOpened,
    TaskReopened,
    TaskSettled,
    TaskTakenOver,
    TaskWon,
    decoded,
)
from ballast.devnet.population import SLOTS, Devnet, Participant
from ballast.model import card_packing, deadlines, task_number, task_packing
from ballast.model.constants import BPS, MAX_BATCH, PPM
from ballast.model.task_packing import LIVE, NOBODY, SUBMITTED, WON, TaskTerms

OPENING_SECONDS: Final = 5
"""From one task that the bots open to the next."""
DIFFICULTIES: Final = (100, 1_500)
REWARD_PER_UNIT: Final = 100
"""Token units."""
OWN_SHARE: Final = 0.2
"""Share of the tasks that operators execute themselves."""
UNITS_PER_SECOND: Final = 100
"""How fast a coprocessor works."""
COSTS: Final = (0.1, 0.4)
"""Range of the lowest price a coprocessor accepts, as a share of the reward. A newcomer's record costs almost half."""
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
        self.tasks = net.deployment.contract(TaskRegistry)
        self.auction = net.terms.auction(net.deployment.parameters.fee)
        self.operators = net.having("operator")
        self.coprocessors = net.having("coprocessor")[:coprocessors]
        self.members = {p.account: p for p in (*self.operators, *self.coprocessors)}
        cards = {p.account: self.tasks.card(p.address).read(rpc) for p in self.coprocessors}
        self.able = {account: card_packing.unpack(card).complexity for account, card in cards.items()}
        self.costs = {p.account: round(self.rng.uniform(*COSTS) * PPM) for p in self.coprocessors}
        self._begin()

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
            {"address": self.tasks.address, "fromBlock": hex(self.block + 1), "toBlock": hex(number)},
        )
        first = self.block < 0
        self.block = number
        for log in logs:
            event = decoded(log)
            match event:
                case TaskOpened(task):
                    self.live.add(task)
                case TaskReopened(task):  # its last call has prices of its own
                    self.offered.discard(task)
            said = self._said(event)
            if said and not first:
                self.tell(f"block {int(log['blockNumber'], 16)}: {said}")

    def _said(self, event: Event | None) -> str | None:
        """Say what happened to a task, None of other events."""
        match event:
            case TaskOpened(task, _, difficulty, reward, start):
                said = f"opened, difficulty {difficulty}, reward {reward}, start price {start / PPM:.1%}"
            case TaskReopened(task):
                said = "opened again, for the last call"
            case TaskWon(task, executor, step, price, load):
                leads = f"leads at step {step}, at {price / PPM:.1%} of the reward, with load {load / BPS:.0%}"
                own = executor == task_number.unpack(task)[0]
                said = f"{self._name(executor)} {'executes it itself' if own else leads}"
            case TaskTakenOver(task, executor):
                said = f"{self._name(executor)} takes it over"
            case ResultSubmitted(task):
                said = "result submitted"
            case TaskSettled(task, price, fee):
                said = f"settled, price {price}, fee {fee}"
            case TaskClosed(task, outcome):
                said = OUTCOMES[outcome]
            case _:
                return None
        return f"task {task}: {said}"

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

    def _send(self, who: Participant, call: Call[Any]) -> None:
        digest = self.rpc.call("eth_sendTransaction", call.request(who.address))
        self.sent.append((digest, f"{call.function} of {who.role} {who.account}"))

    def _serve(self, now: int) -> None:
        """Bid for tasks, submit results that are done, settle and end what can be."""
        offers: dict[int, TaskTerms] = {}
        results: dict[int, list[Submission]] = defaultdict(list)
        settled: list[int] = []
        expired: list[int] = []
        for task in sorted(self.live):
            terms_word, progress_word, _ = self.tasks.task_words(task).read(self.rpc)
            terms, progress = task_packing.terms(terms_word), task_packing.progress(progress_word)
            if terms.sequence != task_number.unpack(task)[2] or terms.outcome != LIVE:
                self.live.discard(task)
                self.offered.discard(task)
                continue
            if terms.class_id != self.net.class_id:
                continue
            status = progress.status if progress.sequence == terms.sequence else NOBODY
            auction = self.auction
            closing = deadlines.closing(terms.opened, auction.steps, auction.step_seconds)
            if status == NOBODY and now < closing and task not in self.offered:
                offers[task] = terms
            elif status == NOBODY and now > deadlines.chance_until(closing, auction.rescue_seconds):
                expired.append(task)
            elif status == WON and progress.executor in self.members:
                if (
                    progress.time + terms.difficulty / UNITS_PER_SECOND
                    <= now
                    < deadlines.due(progress.time, progress.window)
                ):
                    results[progress.executor].append(Submission(task, result_of(task)))
            elif status == SUBMITTED and now > deadlines.challenge_until(progress.time, auction.challenge_seconds):
                settled.append(task)
        self._bid(offers)
        for account, done in results.items():
            self._send(self.members[account], self.tasks.submit(done[:MAX_BATCH], strict=False))
        if settled:
            self._send(self.coprocessors[0], self.tasks.settle(settled[:MAX_BATCH], strict=False))
        if expired:
            self._send(self.operators[0], self.tasks.expire(expired[:MAX_BATCH], strict=False))

    def _bid(self, offers: dict[int, TaskTerms]) -> None:
        """Have every coprocessor bid once for tasks, in an order that is drawn anew each time."""
        meant = list(offers.items())[:MAX_BATCH]
        self.offered.update(task for task, _ in meant)
        for bidder in self.rng.sample(self.coprocessors, len(self.coprocessors)) if meant else ():
            cost = self.costs[bidder.account]
            bids = [
                Bid(task, t.class_id, t.difficulty, t.reward, min_price=cost, max_load=BPS)
                for task, t in meant
                if t.complexity <= self.able[bidder.account]
            ]
            if bids:
                self._send(bidder, self.tasks.bid(bids, strict=False))

    def _open(self, now: int) -> None:
        """Have one of the operators open a task; the low slots are left to people."""
        operator = self.rng.choice(self.operators)
        numbers = map(task_number.unpack, self.live)
        busy = {slot for account, slot, _ in numbers if account == operator.account}
        slot = next((slot for slot in reversed(range(SLOTS)) if slot not in busy), None)
        if slot is None:
            return
        difficulty = self.rng.randint(*DIFFICULTIES)
        own = self.rng.random() < OWN_SHARE
        order = Order(slot, difficulty, difficulty * REWARD_PER_UNIT, own)
        self._send(operator, self.tasks.open_tasks(self.net.class_id, [order], strict=False))
        self.opened_at = now


def result_of(task: int) -> int:
    """Compute the result that bots submit: the hash of the task's number, which anybody can check."""
    return int.from_bytes(keccak(task.to_bytes(32, "big")), "big")
