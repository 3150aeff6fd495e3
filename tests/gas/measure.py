"""Gas of the protocol's steps, from receipts of a real Anvil.

In-process machines have no border between transactions, so their figures are far too low; these count. "Recycled" is
the steady state: slots used before, reputations posted each epoch, a pool that has changed in this epoch.
"""

from __future__ import annotations

from typing import Any

from ballast.chain.anvil import Anvil
from ballast.chain.deployment import Deployment, deploy
from ballast.client.events import TaskOpened, decoded
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
        names = (
            "MockToken",
            "CollateralEscrow",
            "ParticipantRegistry",
            "ClassRegistry",
            "TaskRegistry",
            "GasReputation",
        )
        contracts = [self.deployment.contract(self.rpc, name) for name in names]
        self.token, self.escrow, self.participants, self.classes, self.registry, self.reputation = contracts
        for i, who in enumerate(self.addresses):
            self.rpc.call("anvil_setBalance", who, hex(10**24))
            self.token.send(who, "mint", who, 2 * DEPOSIT)
            self.token.send(who, "approve", self.escrow.address, 2**256 - 1)
            self.escrow.send(who, "open_account")
            self.escrow.send(who, "deposit", i + 2, DEPOSIT)
        self.avs, self.keeper, self.coprocessor, self.finder, *rest = self.addresses
        self.operators = rest[:MAX_BATCH]
        for who in self.operators:
            self.participants.send(who, "register", OPERATOR, 10**6, 5, 64)
        for who in (self.coprocessor, self.finder):
            self.participants.send(who, "register", COPROCESSOR, 10**6, 0, 0)
        auction = ClassParameters().auction()
        terms = ClassParameters()
        dispute = (terms.risk, terms.audit_share, terms.comparator, terms.tolerance, terms.adjudicator)
        fields = tuple(getattr(auction, f) for f in auction.__slots__)
        opening = terms.opening()
        self.classes.send(
            self.avs, "register_class", fields, (opening.min_reputation, 3, opening.min_reward, 0), dispute
        )
        for who in self.operators:
            self.classes.send(self.avs, "fund_mandate", 1, self.account(who), 10**9)
        self.reputation.send(self.keeper, "bond", 10**9)
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
        logits = [self.reputation.read("computed", account) for account in range(PAGES * PAGE)]
        pages = [page_packing.pack(logits[p * PAGE : (p + 1) * PAGE], 0, 0) for p in range(PAGES)]
        return self.gas(self.reputation.send(self.keeper, "post", epoch, 0, pages))

    @staticmethod
    def gas(receipt: dict[str, Any]) -> int:
        """Gas a transaction used."""
        return int(receipt["gasUsed"], 16)

    def open(self, who: str, count: int) -> tuple[list[int], int]:
        """Open tasks in an operator's next slots; their numbers, and the gas."""
        orders = []
        for _ in range(count):
            orders.append((self.slots[who], DIFFICULTY, REWARD, False))
            self.slots[who] = (self.slots[who] + 1) % 64
        receipt = self.registry.send(who, "open_tasks", 1, orders, True)
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
        bids = [(task, 1, DIFFICULTY, REWARD, 1, 10_000) for task in tasks]
        used["bid"] = self.gas(self.registry.send(self.coprocessor, "bid", bids, True))
        self.wait(20)
        results = [(task, 2**255 + task) for task in tasks]
        used["submit"] = self.gas(self.registry.send(self.coprocessor, "submit", results, True))
        self.wait(61)
        used["settle"] = self.gas(self.registry.send(self.keeper, "settle", tasks, True))
        for task in tasks:
            terms = self.registry.read("task_words", task)[0]
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
            order = (self.slots[who], DIFFICULTY, REWARD, False)
            self.slots[who] = (self.slots[who] + 1) % 64
            opening = self.together(who, ("settle", submitted, True), ("open_tasks", 1, [order], True))
            task = next(event.task for log in opening["logs"] if isinstance(event := decoded(log), TaskOpened))
            results = [(task, 2**255 + task) for task in won]
            bids = [(task, 1, DIFFICULTY, REWARD, 1, 10_000)]
            bidding = self.together(self.coprocessor, ("submit", results, True), ("bid", bids, True))
            submitted, won = won, [task]
            if number >= 2:
                used += self.gas(opening) + self.gas(bidding)
            self.wait(61)
        self.registry.send(self.coprocessor, "submit", [(task, 2**255 + task) for task in won], True)
        self.wait(61)
        self.registry.send(self.keeper, "settle", submitted + won, True)
        return used // rounds

    def together(self, who: str, *steps: tuple[Any, ...]) -> dict[str, Any]:
        """Send steps in one transaction; the receipt."""
        calls = [bytes.fromhex(self.registry.data(name, *arguments)[2:]) for name, *arguments in steps]
        return self.registry.send(who, "multicall", calls)

    def slash(self, count: int) -> int:
        """Gas of slashing overdue tasks in one batch; they are failed afterwards."""
        tasks, _ = self.open(self.operators[0], count)
        bids = [(task, 1, DIFFICULTY, REWARD, 1, 10_000) for task in tasks]
        self.registry.send(self.coprocessor, "bid", bids, True)
        self.wait(700)
        gas = self.gas(self.registry.send(self.finder, "slash", tasks, self.account(self.finder), True))
        self.wait(700)
        self.registry.send(self.keeper, "fail", tasks, True)
        return gas

    def challenge(self) -> int:
        """Gas of correcting a wrong reputation."""
        self.wait(EPOCH - (self.now - self.deployment.genesis) % EPOCH + 1)
        wrong = [1 << (24 * 4)] + [0] * (PAGES - 1)
        self.reputation.send(self.keeper, "post", self.epoch - 1, 0, wrong)
        return self.gas(
            self.reputation.send(
                self.finder, "challenge", self.epoch - 1, self.account(self.coprocessor), self.account(self.finder)
            )
        )

    def poke(self) -> int:
        """Gas of having the contract compute a hundred reputations without finished tasks."""
        for _ in range(2):  # the first payment closes epochs of the pool that nobody closed
            self.wait(EPOCH)
            receipt = self.reputation.send(self.keeper, "poke", list(range(PAGES)))
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
        figures["challenge"] = bench.challenge()
        figures["poke_100_warm"] = bench.poke()
        return figures
