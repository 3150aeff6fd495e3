"""One run: somebody in a role, or several, through an epoch or two with faults in them, and what must hold then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import ClassVar, Protocol

from ballast.transact.journal import Journal
from ballast.transact.nodes import Nodes
from ballast.transact.settings import SenderSettings
from tests.keeper.actor import Actor, Checkpoint, Worker
from tests.keeper.network import EPOCH_SECONDS, GWEI, QUIET_BLOCKS, Network, Poster
from tests.keeper.proxy import SCHEMES, Proxy
from tests.keeper.wire import digest_of

SECONDS = (150, 650, 1_150, 1_650, 2_400, 3_200)
"""Moments of an epoch at which the keepers do a pass; four lie in the posting window."""
CALM = 2
"""Last moments of an epoch, at which nothing is wrong any more."""
POSTS_STILL = 2
"""Moments with nothing wrong within the window that suffice for posting."""
BOTH = 0.5
"""Part of the runs that go on through a second epoch."""
ALWAYS = 10**6
"""A moment after the end of any run."""
BLOCK_SECONDS = 12
REORG = 20
FEE = GWEI


class Role(Protocol):
    """What those in a run are."""

    @property
    def once(self) -> Collection[str]:
        """Functions none of which may be called twice with the same arguments in an epoch."""
        ...

    def start(
        self,
        network: Network,
        poster: Poster,
        nodes: Nodes,
        journal: Journal,
        settings: SenderSettings,
        checkpoint: Checkpoint,
    ) -> Worker:
        """Make one."""
        ...

    def settings(self, several: bool) -> SenderSettings:
        """Make the settings of each, if there may be several or not."""
        ...

    def join(self, network: Network, poster: Poster) -> None:
        """Let others know that there is one more."""
        ...

    def check(self, run: Run) -> None:
        """Check what must hold after any run, beside what must hold in every role."""
        ...


class Stage:
    """A network with three nodes in front of it, used for many runs.

    Parameters
    ----------
    folder : Path
        Where journals lie.
    role : Role
        Of those in the runs.
    """

    def __init__(self, folder: Path, role: Role) -> None:
        self.role = role
        self.network = Network()
        self.folder = folder
        self.undisturbed = self.network.undisturbed
        self.proxies = [Proxy(self.network.anvil.port) for _ in range(3)]

    def close(self) -> None:
        """Stop everything."""
        for proxy in self.proxies:
            proxy.close()
        self.network.stop()


class Fault:
    """Something that goes wrong during some moments of a run.

    Parameters
    ----------
    rng : Random
        What is random about it.
    """

    kind: ClassVar[str]
    last_moment: ClassVar[int] = len(SECONDS) - CALM
    """First moment of an epoch at which it must be over."""
    quiet: ClassVar[int] = 0
    """Empty blocks it needs before the run."""
    nodes: ClassVar[int] = 0
    """How many nodes the keeper needs to be able to live with it; 0 if it does not matter."""
    may_revert: ClassVar[bool] = False
    """Whether a transaction of an honest keeper may revert."""
    hinders: ClassVar[bool] = True
    """Whether it keeps the keeper from posting while it is there."""
    undoes: ClassVar[bool] = False
    """Whether it can undo what was posted; it is over before the pass of its moment."""
    keepers: ClassVar[tuple[int, ...]] = (1,)
    """How many honest keepers there may be; they know of each other."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.first, self.end = self.interval(rng)
        self.happened = 0
        self.run: Run

    def move(self, moments: int) -> None:
        """Go wrong later than drawn."""
        self.first, self.end = self.first + moments, self.end + moments

    def interval(self, rng: Random) -> tuple[int, int]:
        """Choose the moments at which it is there: the first, and the first at which it is over."""
        first = rng.choice((0, 0, 0, rng.randrange(self.last_moment)))
        return first, min(first + rng.randint(1, self.last_moment), self.last_moment)

    def begin(self) -> None:
        """Go wrong, before the blocks of the first moment are mined."""

    def mined(self) -> None:
        """Do something when they are mined, at the first moment."""

    def block(self) -> None:
        """Do something before a block is mined."""

    def over(self) -> None:
        """Be over."""

    def step(self) -> bool:
        """Have the keeper do a pass in a special way; whether that was done."""
        return False

    def after(self) -> None:
        """Do something after a pass."""

    @contextmanager
    def around(self) -> Iterator[None]:
        """Be there during a pass."""
        yield


class Run:
    """A run over one epoch or two.

    Parameters
    ----------
    stage : Stage
        Where; set back at the start.
    seed : str
        Seed of everything random.
    faults : sequence of Fault
        What goes wrong.
    epochs : int
        How many epochs it lasts.
    """

    def __init__(self, stage: Stage, seed: str, faults: Sequence[Fault] = (), epochs: int = 2) -> None:
        self.stage, self.network, self.faults = stage, stage.network, list(faults)
        for fault in self.faults:
            fault.run = self
        self.rng = Random(seed)
        self.proxies = stage.proxies
        for i, proxy in enumerate(self.proxies):
            proxy.reseed(f"{seed} {i}")
        wanted = max([f.nodes for f in self.faults], default=0) or self.rng.choice((1, 1, 2, 3))
        self.urls = [p.at(self.rng.choice(SCHEMES)) for p in self.proxies[:wanted]]
        self.network.reset(max([QUIET_BLOCKS, *(f.quiet for f in self.faults)]))
        for path in stage.folder.iterdir():
            path.unlink()
        several = [f for f in self.faults if f.keepers != (1,) or not f.hinders]
        honest = self.rng.choice(several[0].keepers) if several else 1
        role, settings = stage.role, stage.role.settings(bool(several))
        self.actors = [
            Actor(self.network, self.network.keepers[i], self.urls, stage.folder, role.start, settings)
            for i in range(honest)
        ]
        for actor in self.actors[1:]:
            role.join(self.network, actor.poster)
        self.epochs = range(self.network.present, self.network.present + epochs)
        self.moments = [(e, s) for e in self.epochs for s in SECONDS]
        self.moment = 0

    @property
    def actor(self) -> Actor:
        """The first keeper."""
        return self.actors[0]

    @property
    def active(self) -> list[Fault]:
        """Faults that are there now."""
        return [f for f in self.faults if f.first <= self.moment < f.end]

    # Doing

    def execute(self) -> None:
        """Go through all moments, then check."""
        try:
            for moment, (epoch, second) in enumerate(self.moments):
                self.moment = moment
                for fault in self.faults:
                    if fault.end == self.moment:
                        fault.over()
                beginning = [fault for fault in self.faults if fault.first == self.moment]
                for fault in beginning:
                    fault.begin()
                self.mine_until(self.network.moment(epoch, second))
                for fault in beginning:
                    fault.mined()
                self._pass()
                for fault in self.active:
                    fault.after()
            self.network.go(self.moments[-1][0], SECONDS[-1] + 100)
            for fault in self.faults:
                if fault.end >= len(self.moments):
                    fault.over()
            self.check()
        finally:
            for actor in self.actors:
                actor.stop()
            for proxy in self.proxies:
                proxy.calm()
                proxy.drop()

    def _pass(self) -> None:
        for actor in self.rng.sample(self.actors, len(self.actors)):
            self.step(actor)

    def step(self, actor: Actor) -> None:
        """Have one keeper do a pass under what is wrong now."""
        active = self.active if actor is self.actor else []
        for fault in active:
            if fault.step():
                return
        self._nested(actor, active)

    def _nested(self, actor: Actor, faults: list[Fault]) -> None:
        if not faults:
            actor.once()
            return
        with faults[0].around():
            self._nested(actor, faults[1:])

    def mine_until(self, moment: int) -> None:
        """Mine a block soon after the last, and some more, of which the last are mined at a moment or soon after."""
        first, count = self.network.now() + BLOCK_SECONDS, self.rng.randint(3, 4)
        following = max(moment - count, first + 1)
        if not self.active:
            self.network.mine(first)
            self.network.mine(following, count)
            return
        for timestamp in (first, *range(following, following + count)):
            for fault in self.active:
                fault.block()
            self.network.mine(max(timestamp, self.network.now() + 1))

    def raw_by_hash(self) -> dict[str, str]:
        """Signed transactions the nodes were given, by their hash."""
        return {digest_of(raw): raw for proxy in self.proxies for raw in proxy.raw}

    # Checking

    def check(self) -> None:
        """Check what must hold after any run."""
        self.stage.role.check(self)
        for actor in self.actors:
            self._check_actor(actor)

    @staticmethod
    def hindered(fault: Fault, index: int) -> bool:
        """Whether a fault left too few moments of the window in the run's first or second epoch."""
        start = index * len(SECONDS)
        window = start + sum(1 for s in SECONDS if s < EPOCH_SECONDS // 2)
        calm = fault.first if fault.undoes else fault.end
        reach = start + len(SECONDS) if fault.undoes else window
        return fault.hinders and calm > window - POSTS_STILL and fault.first < reach

    def _check_actor(self, actor: Actor) -> None:
        """Check that somebody left nothing behind."""
        assert self.network.waiting(actor.address) == 0, "transactions are left waiting"
        done = self.network.transactions(actor.address)
        reverted = [t["name"] for t in done if not t["status"]]
        if not any(f.may_revert for f in self.faults) and len(self.actors) == 1:
            assert reverted == []
        # a call need not say of which epoch it is: that of the block tells
        once = [t for t in done if t["status"] and t["name"] in self.stage.role.once]
        calls = Counter((t["epoch"], t["input"]) for t in once)
        assert all(count == 1 for count in calls.values()), "a call was made twice"
