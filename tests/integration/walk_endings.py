"""Walk one task to each of its endings with Ape, and print what became of it.

A program of its own, since Ape keeps connections and settings for the life of a process. It prints a JSON object: for
every ending the task's words and by how much the balances of all involved changed; and how much of its gas limit the
tightest transaction left unused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ape import accounts, chain, networks

from ballast.chain.artifacts import artifacts
from ballast.chain.rpc import JsonRpc
from ballast.deployment import TOKEN, deploy
from ballast.devnet import Devnet, populate
from ballast.model.constants import BURN_ACCOUNT, POOL_ACCOUNT
from ballast.model.parameters import ClassParameters, NetworkParameters
from scripts.deploy import container

REWARD = 10_000
DIFFICULTY = 100
RESULT = 7
CLASS_TERMS = ClassParameters()


class Walk:
    """The actors of a devnet behind Ape, and the steps of a task.

    Parameters
    ----------
    net : Devnet
        With one operator and two coprocessors.
    """

    def __init__(self, net: Devnet) -> None:
        d = net.deployment
        self.class_id = net.class_id
        self.escrow, self.participants, self.registry, self.token = (
            container(name).at(d.address(name))
            for name in ("CollateralEscrow", "ParticipantRegistry", "TaskRegistry", TOKEN)
        )
        keys = {account.address: account for account in accounts.test_accounts}
        self.court = keys[d.court]
        avs, operator, executor, rival = (p for p in net.participants if p.account)
        self.operator, self.executor, self.rival = (keys[p.address] for p in (operator, executor, rival))
        self.numbers = {
            "burn": BURN_ACCOUNT,
            "pool": POOL_ACCOUNT,
            "avs": avs.account,
            "operator": operator.account,
            "executor": executor.account,
            "rival": rival.account,
        }
        self.slot = 0

    def open(self, own: bool = False) -> int:
        """Open a task in a fresh slot; its number."""
        self.slot += 1
        order = (self.slot, DIFFICULTY, REWARD, own, 0)
        self.registry.open_tasks(self.class_id, [order], True, sender=self.operator)
        return self.numbers["operator"] << 48 | self.slot << 32 | 1

    def order(self, task: int) -> tuple[int, int, int, int, int, int]:
        """Make an item of a bid or a take-over, at any price and load."""
        return (task, self.class_id, DIFFICULTY, REWARD, 1, 10_000)

    def award(self) -> int:
        """Open a task, have the executor bid for it and wait until it is awarded."""
        task = self.open()
        self.registry.bid([self.order(task)], True, sender=self.executor)
        wait(CLASS_TERMS.steps * CLASS_TERMS.step_seconds)
        return task

    def late(self) -> int:
        """Award a task, let the executor miss it, and have the rival find that."""
        task = self.award()
        wait(CLASS_TERMS.submit_seconds)
        self.registry.slash([task], self.numbers["rival"], True, sender=self.rival)
        return task

    def settle(self, task: int) -> None:
        """Settle a submitted task when its window is over."""
        wait(CLASS_TERMS.challenge_seconds)
        self.registry.settle([task], True, sender=self.court)

    # Endings

    def settled(self) -> int:
        """Execute as agreed."""
        task = self.award()
        self.registry.submit([(task, RESULT)], True, sender=self.executor)
        self.settle(task)
        return task

    def expired(self) -> int:
        """End unsold: nobody bid."""
        task = self.open()
        wait(CLASS_TERMS.steps * CLASS_TERMS.step_seconds)
        self.registry.expire([task], True, sender=self.operator)
        return task

    def failed(self) -> int:
        """End late: nobody took it over."""
        task = self.late()
        wait(CLASS_TERMS.rescue_seconds)
        self.registry.fail([task], True, sender=self.court)
        return task

    def forfeited(self) -> int:
        """End in court: held and overturned."""
        task = self.award()
        self.registry.submit([(task, RESULT)], True, sender=self.executor)
        self.registry.hold([task], True, sender=self.court)
        self.registry.overturn([task], self.numbers["rival"], True, sender=self.court)
        return task

    def rescued(self) -> int:
        """Execute late, by the rival that took it over."""
        task = self.late()
        self.registry.take_over([self.order(task)], True, sender=self.rival)
        wait(1)
        self.registry.submit([(task, RESULT)], True, sender=self.rival)
        self.settle(task)
        return task

    def self_executed(self) -> int:
        """Execute by the operator itself."""
        task = self.open(own=True)
        wait(1)
        self.registry.submit([(task, RESULT)], True, sender=self.operator)
        self.settle(task)
        return task

    # Observing

    def balances(self) -> dict[str, int]:
        """Free and locked funds of everybody, and what the operator may still draw."""
        found = {name: sum(self.escrow.balances(number)[:2]) for name, number in self.numbers.items()}
        found["pool"] = self.escrow.balances(POOL_ACCOUNT)[0]
        found["mandate"] = self.registry.mandate_of(self.class_id, self.numbers["operator"])
        return found

    def unfinished(self) -> dict[str, int]:
        """Load and locked funds of those who take part in tasks."""
        found = {}
        for name in ("operator", "executor", "rival"):
            found[f"load of {name}"] = self.participants.load_of(self.numbers[name])[0]
            found[f"locked of {name}"] = self.escrow.balances(self.numbers[name])[1]
        return found

    def room(self) -> float:
        """Share of the gas limit left unused, the least of all transactions of the actors."""
        actors = (self.operator, self.executor, self.rival, self.court)
        return min(1 - float(sent.gas_used / sent.gas_limit) for actor in actors for sent in actor.history.sessional)

    def report(self, ending: Callable[[], int]) -> dict[str, Any]:
        """Walk to an ending and tell what changed."""
        before = self.balances()
        task = ending()
        after = self.balances()
        terms, progress, result = self.registry.task_words(task)
        held = sum(sum(self.escrow.balances(i)[:3]) for i in range(self.escrow.account_count()))
        return {
            "terms": terms,
            "progress": progress,
            "result": result,
            "changes": {name: after[name] - before[name] for name in before},
            "unfinished": self.unfinished(),
            "surplus": self.token.balanceOf(self.escrow.address) - held,
        }


def wait(seconds: int) -> None:
    """Let more than some seconds pass before the next transaction."""
    chain.mine(deltatime=seconds + 1)


def main() -> None:
    """Walk on a chain that Ape starts and stops."""
    artifacts()
    with networks.parse_network_choice("ethereum:local:foundry") as provider:
        node = JsonRpc(provider.uri)
        parameters = NetworkParameters(epoch_seconds=1_000_000)
        walk = Walk(populate(node, deploy(node, parameters), operators=1, coprocessors=2))
        wait(parameters.epoch_seconds)
        endings = (walk.settled, walk.expired, walk.failed, walk.forfeited, walk.rescued, walk.self_executed)
        report = {ending.__name__: walk.report(ending) for ending in endings}
        print(json.dumps({"endings": report, "room": walk.room()}))


if __name__ == "__main__":
    main()
