"""Several keepers: one dies, or one is malicious."""

from __future__ import annotations

from random import Random
from typing import ClassVar

from ballast.model._evm import unsigned
from ballast.model.constants import MAX_LOGIT, PAGE
from ballast.model.parameters import NetworkParameters
from tests.keeper.network import EPOCH_SECONDS
from tests.keeper.run import ALWAYS, SECONDS, Fault
from tests.keeper.wire import SEND

POST_GAS = 3_000_000
BOND_PER_VALUE = NetworkParameters().bond_per_value
ROGUE = -1
"""Which of the network's keepers is the malicious one."""


class Dies(Fault):
    """One of several keepers is killed and stays dead."""

    kind = "one of several keepers dies"
    may_revert = True
    hinders = False
    keepers: ClassVar[tuple[int, ...]] = (2, 3)

    def begin(self) -> None:
        """Choose the write boundary at which it is killed, counted from now."""
        self._left = self.rng.randint(1, 8)

    def step(self) -> bool:
        """Let the first keeper live as a process of its own until it is killed, then no more."""
        if not self.run.actor.alive:
            return True
        left = self.run.actor.killed(self._left)
        if left == 0 or self.run.moment == self.end - 1:
            self.run.actor.alive = False
            self.happened = 1
        self._left -= max(left - 1, 0)
        return True


class Rogue(Fault):
    """A malicious keeper: it is bonded, and looks at the epoch before anybody else."""

    keepers: ClassVar[tuple[int, ...]] = (1, 2, 2)
    may_revert = True
    hinders = False

    def interval(self, rng: Random) -> tuple[int, int]:
        """Be there from the start to the end."""
        del rng
        return 0, ALWAYS

    def begin(self) -> None:
        """Bond."""
        self.poster = self.run.network.keepers[ROGUE]
        self.wrong: dict[str, int] = {}
        self.acted: set[int] = set()
        self.run.network.bond(self.poster)
        self.run.network.mine(self.run.network.now() + 1)

    def page_words(self, epoch: int, wrong: dict[int, int]) -> list[int]:
        """Pages of an epoch as they should be, but for some wrong values."""
        logits = [wrong.get(a, phi) for a, phi in enumerate(self.run.stage.undisturbed[epoch])]
        return [
            sum(unsigned(phi, 24) << (24 * i) for i, phi in enumerate(logits[first : first + PAGE]))
            for first in range(0, len(logits), PAGE)
        ]

    def post(self, epoch: int, first: int, page_words: list[int]) -> str:
        """Post pages before anybody else gets a block; the hash."""
        call = self.run.network.reputation.post(epoch, first, page_words)
        request = call.request(self.poster.account.address, gas=POST_GAS)
        digest: str = self.run.network.rpc.call("eth_sendTransaction", request)
        self.run.network.mine(self.run.network.now() + 1)
        return digest

    def over(self) -> None:
        """Have lost what wrong pages cost, and nothing else; what a reorg undid costs nothing."""
        network = self.run.network
        lost = sum(values * BOND_PER_VALUE for digest, values in self.wrong.items() if network.succeeded(digest))
        assert network.bond_of(self.poster) == network.bonded_by(self.poster) - lost

    def draw_wrong(self, epoch: int) -> dict[int, int]:
        """Choose wrong values for some accounts."""
        right = self.run.stage.undisturbed[epoch]
        accounts = self.rng.sample(range(len(right)), self.rng.randint(1, 6))
        wrong = {}
        for account in accounts:
            value = right[account] + self.rng.choice((-1, 1, 1_000, -(10**6), 10**6, 8 * 10**6))
            wrong[account] = max(-MAX_LOGIT, min(MAX_LOGIT, value))
        return {a: v for a, v in wrong.items() if v != right[a]}

    def early(self) -> int | None:
        """Epoch to post for, in the first seconds after it closed; None at other times, and the second time."""
        network = self.run.network
        epoch, clock = network.epoch() - 1, (network.now() - network.moment(1, 0)) % EPOCH_SECONDS
        if clock > SECONDS[0] or epoch in self.acted:
            return None
        self.acted.add(epoch)
        return epoch

    def post_wrong(self, epoch: int) -> None:
        """Post all pages with some wrong values."""
        wrong = self.draw_wrong(epoch)
        digest = self.post(epoch, 0, self.page_words(epoch, wrong))
        self.wrong[digest] = PAGE * len({account // PAGE for account in wrong})
        self.happened += self.run.network.succeeded(digest)


class WrongPost(Rogue):
    """It posts wrong values at the very start of an epoch."""

    kind = "wrong posts"

    def block(self) -> None:
        """Post as soon as an epoch has closed."""
        if (epoch := self.early()) is not None:
            self.post_wrong(epoch)


class LatePost(Rogue):
    """It posts wrong values in the last seconds of the window, while the first honest keeper is away."""

    kind = "late wrong posts"
    keepers = (1,)

    def step(self) -> bool:
        """Keep the honest keeper away during the window, and post at its end."""
        network = self.run.network
        epoch, second = self.run.moments[self.run.moment]
        if second >= EPOCH_SECONDS // 2:
            return False
        self.run.actor.stop()
        if second == max(s for s in SECONDS if s < EPOCH_SECONDS // 2):
            network.go(epoch, EPOCH_SECONDS // 2 - 2)
            self.post_wrong(epoch - 1)
        return True


class Censor(Rogue):
    """It posts some pages and leaves others out."""

    kind = "censoring posts"

    def block(self) -> None:
        """Post some pages as soon as an epoch has closed."""
        if (epoch := self.early()) is not None:
            page_words = self.page_words(epoch, {})
            for page in self.rng.sample(range(len(page_words)), self.rng.randint(1, len(page_words) - 1)):
                self.happened += self.run.network.succeeded(self.post(epoch, page, page_words[page : page + 1]))


class Silent(Rogue):
    """It has its turn like others, and does nothing with it."""

    kind = "silent keeper"

    def begin(self) -> None:
        """Bond, and that is all."""
        super().begin()
        self.happened = 1


class FrontRunner(Rogue):
    """It pays more, to post in the block in which the honest keeper's post would be mined, and before it."""

    kind = "front-running posts"
    keepers = (1,)

    def after(self) -> None:
        """Get ahead of what waits to be mined."""
        network = self.run.network
        epoch, second = self.run.moments[self.run.moment]
        if second > EPOCH_SECONDS // 2 or epoch in self.acted or not network.waiting(self.run.actor.address):
            return
        waiting = network.rpc.call("txpool_content")["pending"][self.run.actor.address.lower()]
        digests = {t["hash"] for t in waiting.values()}
        network.rpc.call("anvil_dropAllTransactions")
        self.acted.add(epoch)
        wrong = self.draw_wrong(epoch - 1) if self.rng.random() < 0.5 else {}
        post = network.reputation.post(epoch - 1, 0, self.page_words(epoch - 1, wrong))
        posted = post.request(self.poster.account.address)
        dearer = max(int(t["maxFeePerGas"], 16) for t in waiting.values()) * 2
        fees = {"maxFeePerGas": hex(dearer), "maxPriorityFeePerGas": hex(dearer // 2)}
        digest = network.rpc.call("eth_sendTransaction", {**posted, **fees})
        for raw in {r for d, r in self.run.raw_by_hash().items() if d in digests}:
            network.rpc.call(SEND, raw)
        network.mine(network.now() + 1)
        self.wrong[digest] = PAGE * len({account // PAGE for account in wrong})
        self.happened |= network.succeeded(digest)


SEVERAL: tuple[type[Fault], ...] = (Dies, WrongPost, LatePost, Censor, Silent, FrontRunner)
