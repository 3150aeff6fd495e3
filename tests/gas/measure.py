"""Gas of the protocol's steps, from receipts of a real Anvil.

In-process machines have no border between transactions, so their figures are far too low; these count. "Recycled" is
the steady state: slots used before, reputations posted each epoch, a pool that has changed in this epoch.
"""

from __future__ import annotations

from typing import Any

from ballast.chain.anvil import Anvil
from ballast.chain.contract import Call
from ballast.client.contracts import (
    Bid,
    ClassRegistry,
    CollateralEscrow,
    GasReputation,
    MockToken,
    Order,
    ParticipantRegistry,
    Submission,
    TaskRegistry,
)
from ballast.client.events import TaskOpened, decoded
from ballast.deployment import Deployment, deploy
from ballast.model import page_packing, task_packing
from ballast.model.constants import COPROCESSOR, EPOCH_RING, MAX_BATCH, OPERATOR, PAGE
from ballast.model.parameters import ClassParameters, NetworkParameters

GENESIS = 1_700_000_000
DEPOSIT = 10**11
DIFFICULTY, REWARD = 100, 100_000
EPOCH = 3_600
PAGES = 13  # one hundred reputations


class Bench:
    """The protocol with one AVS, 32 operators, 4 coprocessors and a keeper, on an Anvil that mines at once."""

    def __init__(self, anvil: Anvil) -> None:
        self.rpc = anvil.rpc
        self.addresses: list[str] = [f"0x{i:040x}" for i in range(0x1000, 0x1000 + 110)]
        parameters = NetworkParameters(epoch_seconds=EPOCH)
        self.deployment: Deployment = deploy(self.rpc, parameters)
        at = self.deployment.contract
        self.token, self.escrow, self.participants = at(MockToken), at(CollateralEscrow), at(ParticipantRegistry)
        self.classes, self.tasks, self.reputation = at(ClassRegistry), at(TaskRegistry), at(GasReputation)
        for i, who in enumerate(self.addresses):
            self.rpc.call("anvil_setBalance", who, hex(10**24))
            self.token.mint(who, 2 * DEPOSIT).send(self.rpc, who)
            self.token.approve(self.escrow.address, 2**256 - 1).send(self.rpc, who)
            self.escrow.open_account().send(self.rpc, who)
            self.escrow.deposit(i + 2, DEPOSIT).send(self.rpc, who)
        self.avs, self.keeper, self.coprocessor, self.finder, *rest = self.addresses
        self.operators = rest[:MAX_BATCH]
        for who in self.operators:
            self.participants.register(OPERATOR, 10**6, 5, 64).send(self.rpc, who)
        for who in (self.coprocessor, self.finder):
            self.participants.register(COPROCESSOR, 10**6, 5, 0).send(self.rpc, who)
        # all is sold in the first auction, so the start price would come down to where no discount fits
        terms = ClassParameters(complexity=3, start_target=1_000)
        registration = self.classes.register_class(terms.auction(), terms.opening(), terms.dispute())
        registration.send(self.rpc, self.avs)
        for who in self.operators:
            self.classes.fund_mandate(1, self.account(who), 10**9).send(self.rpc, self.avs)
        self.reputation.bond(10**9).send(self.rpc, self.keeper)
        self.slots = dict.fromkeys(self.operators, 0)
        self.next_epoch()

    def account(self, who: str) -> int:
        """Escrow account of an address."""
        return self.addresses.index(who) + 2

    @property
    def now(self) -> int:
        """Timestamp of the last block."""
        return int(self.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    @property
    def epoch(self) -> int:
        """Number of the present epoch."""
        return (self.now - self.deployment.genesis) // EPOCH + 1

    def wait(self, seconds: int) -> None:
        """Let chain time pass."""
        self.rpc.call("evm_increaseTime", seconds)
        self.rpc.call("evm_mine")

    def next_epoch(self) -> int:
        """Go into the next epoch and post the last one's reputations; gas of the post."""
        self.wait(EPOCH - (self.now - self.deployment.genesis) % EPOCH + 1)
        epoch = self.epoch - 1
        logits = [self.reputation.computed(account).read(self.rpc) for account in range(PAGES * PAGE)]
        pages = [page_packing.pack(logits[p * PAGE : (p + 1) * PAGE], 0, 0) for p in range(PAGES)]
        return self.gas(self.reputation.post(epoch, 0, pages).send(self.rpc, self.keeper))

    @staticmethod
    def gas(receipt: dict[str, Any]) -> int:
        """Gas a transaction used."""
        return int(receipt["gasUsed"], 16)

    def open(self, who: str, count: int) -> tuple[list[int], int]:
        """Open tasks in an operator's next slots; their numbers, and the gas."""
        orders = []
        for _ in range(count):
            orders.append(Order(self.slots[who], DIFFICULTY, REWARD, own=False))
            self.slots[who] = (self.slots[who] + 1) % 64
        receipt = self.tasks.open_tasks(1, orders, True).send(self.rpc, who)
        numbers = [event.task for log in receipt["logs"] if isinstance(event := decoded(log), TaskOpened)]
        return numbers, self.gas(receipt)

    def life(self, operators: list[str], each: int) -> dict[str, int]:
        """Gas of opening, winning, submitting and settling tasks of several operators."""
        tasks: list[int] = []
        opened = 0
        for who in operators:
            numbers, gas = self.open(who, each)
            tasks += numbers
            opened += gas
        used = {"open": opened}
        bids = [Bid(task, 1, DIFFICULTY, REWARD, min_price=1, max_load=10_000) for task in tasks]
        used["bid"] = self.gas(self.tasks.bid(bids, True).send(self.rpc, self.coprocessor))
        self.wait(61)
        results = [Submission(task, 2**255 + task) for task in tasks]
        used["submit"] = self.gas(self.tasks.submit(results, True).send(self.rpc, self.coprocessor))
        self.wait(61)
        used["settle"] = self.gas(self.tasks.settle(tasks, True).send(self.rpc, self.keeper))
        for task in tasks:
            terms = self.tasks.task_words(task).read(self.rpc)[0]
            assert task_packing.outcome(terms) == task_packing.SETTLED
        return used

    def combined(self, rounds: int) -> int:
        """Gas of a task's life in steady state with two steps in each transaction; the mean of some rounds.

        In each round the operator settles a task and opens another, and the coprocessor submits the result of one and
        bids for another.
        """
        who = self.operators[0]
        submitted: list[int] = []
        won: list[int] = []
        used = 0
        for number in range(rounds + 2):
            order = Order(self.slots[who], DIFFICULTY, REWARD, own=False)
            self.slots[who] = (self.slots[who] + 1) % 64
            opening = self.together(who, self.tasks.settle(submitted, True), self.tasks.open_tasks(1, [order], True))
            task = next(event.task for log in opening["logs"] if isinstance(event := decoded(log), TaskOpened))
            results = [Submission(task, 2**255 + task) for task in won]
            bids = [Bid(task, 1, DIFFICULTY, REWARD, min_price=1, max_load=10_000)]
            bidding = self.together(self.coprocessor, self.tasks.submit(results, True), self.tasks.bid(bids, True))
            submitted, won = won, [task]
            if number >= 2:
                used += self.gas(opening) + self.gas(bidding)
            self.wait(61)
        self.tasks.submit([Submission(task, 2**255 + task) for task in won], True).send(self.rpc, self.coprocessor)
        self.wait(61)
        self.tasks.settle(submitted + won, True).send(self.rpc, self.keeper)
        return used // rounds

    def together(self, who: str, *steps: Call[Any]) -> dict[str, Any]:
        """Send steps in one transaction; the receipt."""
        return self.tasks.multicall(steps).send(self.rpc, who)

    def slash(self, count: int) -> int:
        """Gas of slashing overdue tasks in one batch; they are failed afterwards."""
        tasks, _ = self.open(self.operators[0], count)
        bids = [Bid(task, 1, DIFFICULTY, REWARD, min_price=1, max_load=10_000) for task in tasks]
        self.tasks.bid(bids, True).send(self.rpc, self.coprocessor)
        self.wait(700)
        gas = self.gas(self.tasks.slash(tasks, self.account(self.finder), True).send(self.rpc, self.finder))
        self.wait(700)
        self.tasks.fail(tasks, True).send(self.rpc, self.keeper)
        return gas

    def fill(self, pages: int) -> None:
        """Open accounts that do nothing, until so many pages are full."""
        for number in range(len(self.addresses) + 2, pages * PAGE):
            who = f"0x{0x2000 + number:040x}"
            self.rpc.call("anvil_setBalance", who, hex(10**24))
            self.token.mint(who, DEPOSIT).send(self.rpc, who)
            self.token.approve(self.escrow.address, 2**256 - 1).send(self.rpc, who)
            self.escrow.open_account().send(self.rpc, who)

    def challenge(self, pages: int) -> tuple[int, int]:
        """Gas of posting pages in which every value is wrong, twice on the same words, and of correcting all."""
        for _ in range(2):  # the second time the words are there already, as in every epoch from the third on
            self.wait(EPOCH)
            self.reputation.post(self.epoch - 1, 0, [0] * pages).send(self.rpc, self.keeper)
        self.wait(EPOCH - (self.now - self.deployment.genesis) % EPOCH + 1)
        wrong = [page_packing.pack([1_234_567] * PAGE, 0, 0)] * pages
        lying = self.gas(self.reputation.post(self.epoch - 1, 0, wrong).send(self.rpc, self.keeper))
        call = self.reputation.challenge(self.epoch - 1, range(pages), self.account(self.finder))
        return lying, self.gas(call.send(self.rpc, self.finder))

    def poke(self) -> int:
        """Gas of having the contract compute a hundred reputations without finished tasks."""
        for _ in range(2):  # the first payment closes epochs of the pool that nobody closed
            self.wait(EPOCH)
            receipt = self.reputation.poke(list(range(PAGES))).send(self.rpc, self.keeper)
        return self.gas(receipt)


def measure_gas() -> dict[str, int]:
    """All figures by name, gas. Those of batches are per task."""
    with Anvil("--auto-impersonate", "--base-fee", "0", "--gas-price", "0", timestamp=GENESIS) as anvil:
        bench = Bench(anvil)
        figures: dict[str, int] = {}
        one = bench.operators[:1]
        cold = bench.life(one, 1)
        figures["life_single_first"] = sum(cold.values())
        for _ in range(2):
            bench.life(one, MAX_BATCH)
        for _ in range(EPOCH_RING + 2):  # every record's place in the ring has been used before
            bench.slots = dict.fromkeys(bench.operators, 0)
            bench.life(bench.operators, 1)
            figures["post_100_warm"] = bench.next_epoch()
        bench.slash(1)
        single = bench.life(one, 1)
        single = bench.life(one, 1)
        figures |= {f"single_{step}": gas for step, gas in single.items()}
        figures["life_single"] = sum(single.values())
        figures["life_combined"] = bench.combined(4)
        batch = bench.life(one, MAX_BATCH)
        figures |= {f"batch_{step}": gas // MAX_BATCH for step, gas in batch.items()}
        figures["life_batch_same_pair"] = sum(batch.values()) // MAX_BATCH
        bench.slots = dict.fromkeys(bench.operators, 0)
        many = bench.life(bench.operators, 1)
        batched = {step: gas for step, gas in many.items() if step != "open"}
        figures["life_batch_32_operators"] = sum(batched.values()) // MAX_BATCH + batch["open"] // MAX_BATCH
        figures["slash_single"] = bench.slash(1)
        figures["slash_batch"] = bench.slash(MAX_BATCH) // MAX_BATCH
        figures["poke_100_warm"] = bench.poke()
        bench.fill(MAX_BATCH)
        for pages, name in ((1, "one_page"), (MAX_BATCH // 4, "8_pages"), (MAX_BATCH, "32_pages")):
            lying, correcting = bench.challenge(pages)
            figures[f"lie_{name}"] = lying // pages
            figures[f"challenge_{name}"] = correcting // pages
        return figures
