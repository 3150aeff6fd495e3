"""Trade that gives keepers something to measure."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random
from typing import TYPE_CHECKING

from ballast.client.contracts import Bid, Order, Submission, TaskRegistry
from ballast.devnet import Participant

if TYPE_CHECKING:
    from tests.keeper.network import Network


class Trade:
    """Tasks of every kind: own and auctioned, punctual, late, taken over, settled in the epoch or in the next.

    Parameters
    ----------
    network : Network
        Where to trade.
    rng : Random
        What is random about it.
    """

    def __init__(self, network: Network, rng: Random) -> None:
        self.network, self.rng = network, rng
        self.registry = network.contract(TaskRegistry)
        members = network.devnet.participants
        self.operators = [p for p in members if p.role == "operator"]
        self.coprocessors = [p for p in members if p.role == "coprocessor"]
        self.sequences: Counter[tuple[int, int]] = Counter()
        self.submitted: list[int] = []
        self.late: list[int] = []

    def _send(self, requests: list[dict[str, str]], epoch: int, second: int) -> None:
        """Have a block mined at a second of an epoch with some transactions, all of which must succeed."""
        rpc = self.network.rpc
        digests = [rpc.call("eth_sendTransaction", request) for request in requests]
        self.network.go(epoch, second)
        for digest in digests:
            receipt = rpc.call("eth_getTransactionReceipt", digest)
            assert receipt is not None, "a transaction was not mined"
            assert int(receipt["status"], 16) == 1, "a trade was refused"

    def begin(self, epoch: int, tasks: int = 5) -> None:
        """Open tasks, have most of them executed, and settle half of them; the others are left for `finish`.

        Parameters
        ----------
        epoch : int
            The present one, at its start.
        tasks : int
            Tasks an operator opens.
        """
        rng = self.rng
        opening: list[dict[str, str]] = []
        own: list[tuple[Participant, int]] = []
        auctioned: list[tuple[Participant, int]] = []
        bids: dict[str, list[Bid]] = defaultdict(list)
        class_id = self.network.devnet.class_id
        for operator in self.operators:
            orders = []
            for slot in range(tasks):
                place = operator.account, slot
                self.sequences[place] += 1
                mine = rng.random() < 0.3
                difficulty, reward = rng.randrange(100, 1_500), rng.randrange(10_000, 500_000)
                orders.append(Order(slot, difficulty, reward, mine))
                number = operator.account << 48 | slot << 32 | self.sequences[place]
                executor = operator if mine else rng.choice(self.coprocessors)
                (own if mine else auctioned).append((executor, number))
                if not mine:
                    bids[executor.address].append(Bid(number, class_id, difficulty, reward, 1, 10_000))
            opening.append(self.registry.open_tasks(class_id, orders, False).request(operator.address))
        self._send(opening, epoch, 10)
        self._send([self.registry.bid(placed, False).request(who) for who, placed in bids.items()], epoch, 22)
        done: dict[str, list[Submission]] = defaultdict(list)
        for who, number in own + auctioned:
            if rng.random() < 0.75:
                done[who.address].append(Submission(number, 7))
                self.submitted.append(number)
            else:
                self.late.append(number)
        submissions = [self.registry.submit(results, False).request(who) for who, results in done.items()]
        self._send(submissions, epoch, 300 + rng.randrange(200))
        anyone = self.network.stranger.address
        half = len(self.submitted) // 2
        calls = [self.registry.settle(self.submitted[:half], False).request(anyone)]
        if self.late:
            calls.append(self.registry.slash(self.late, self.coprocessors[0].account, False).request(anyone))
        self.submitted = self.submitted[half:]
        self._send(calls, epoch, 1_000)

    def finish(self) -> None:
        """End what the epoch before left unfinished, in the present block's second."""
        anyone = self.network.stranger.address
        calls = [self.registry.settle(self.submitted, False).request(anyone)] if self.submitted else []
        calls += [self.registry.fail(self.late, False).request(anyone)] if self.late else []
        self.submitted, self.late = [], []
        if calls:
            self._send(calls, self.network.epoch(), 2)
