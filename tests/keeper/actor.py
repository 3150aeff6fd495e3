"""A keeper as a process that can be started, stopped and killed."""

from __future__ import annotations

import gc
import os
import signal
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from offchain.errors import BallastError
from offchain.keeper.journal import Journal
from offchain.keeper.keeper import Keeper, Report
from offchain.keeper.nodes import Nodes
from offchain.keeper.settings import Settings
from tests.keeper.network import Network, Poster

SETTINGS = Settings(
    confirmations=2,
    poll_seconds=0.01,
    timeout_seconds=0.5,
    pass_seconds=8.0,
    rest_seconds=0.001,
    stuck_blocks=3,
    stand_ins=1,
    tasks="never",
)
"""Short waits. One keeper is alone here, so it does not wait for its turn; live tasks are none of its business."""
FAILED = 255
Checkpoint = Callable[[str], None]


def nothing(name: str) -> None:
    """Do nothing at a boundary."""
    del name


class Actor:
    """A keeper, its journal and its nodes. Started when it is first asked to do something.

    Parameters
    ----------
    network : Network
        Where it works.
    poster : Poster
        As whom.
    urls : sequence of str
        Its nodes.
    folder : Path
        Where its journals lie.
    settings : Settings
        Its settings.
    """

    def __init__(
        self, network: Network, poster: Poster, urls: Sequence[str], folder: Path, settings: Settings = SETTINGS
    ) -> None:
        self.network, self.poster, self.urls, self.settings = network, poster, tuple(urls), settings
        self._folder = folder
        self._journals = 0
        self._running: tuple[Keeper, Nodes, Journal] | None = None
        self.told: list[BallastError] = []
        self.codes: list[str] = []
        self.checkpoint: Checkpoint = nothing
        self.address = poster.account.address
        self.alive = True
        self.lose_journal()

    def lose_journal(self) -> None:
        """Begin with an empty journal at the next start."""
        assert self._running is None
        self._journals += 1
        self.path = self._folder / f"{self.poster.number}-{self._journals}.db"
        self.url = f"sqlite:///{self.path}"
        for path in self._folder.glob(self.path.name + "*"):
            path.unlink()

    def _start(self) -> Keeper:
        if self._running is None:
            nodes = Nodes(self.urls, timeout=self.settings.timeout_seconds, rest_seconds=self.settings.rest_seconds)
            journal = Journal.open(self.url)
            keeper = Keeper(
                self.network.deployment,
                nodes,
                self.poster.account,
                journal,
                self.settings,
                checkpoint=lambda name: self.checkpoint(name),
            )
            self._running = keeper, nodes, journal
        return self._running[0]

    def stop(self) -> None:
        """End it in order."""
        if self._running is not None:
            _, nodes, journal = self._running
            self._running = None
            nodes.close()
            journal.close()

    def once(self) -> Report | None:
        """Have it do a pass; None if it gave up with an error of its own."""
        if not self.alive:
            return None
        try:
            report = self._start().once()
        except BallastError as error:
            self.told.append(error)
            return None
        self.codes = report.codes
        return report

    def killed(self, boundary: int, passes: int = 1) -> int:
        """Have it do passes as a process of its own that is killed at a write boundary.

        Parameters
        ----------
        boundary : int
            At which boundary, from 1.
        passes : int
            Passes without a block in between.

        Returns
        -------
        int
            0 if it was killed, else how many boundaries it passed, and one.
        """
        self.stop()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the threads of the proxies stay behind
            gc.freeze()  # or the child would copy everything as soon as it collects
            child = os.fork()
        if child == 0:
            self._live(boundary, passes)
        gc.unfreeze()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return 0
        code = os.WEXITSTATUS(status)
        assert code != FAILED, "the keeper failed in its own process"
        return code + 1

    def _live(self, boundary: int, passes: int) -> None:
        """Live as a child process; does not return."""
        reached = 0

        def count(name: str) -> None:
            nonlocal reached
            del name
            reached += 1
            if reached == boundary:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            self.checkpoint = count
            for _ in range(passes):
                self.once()
            self.stop()
            os._exit(min(reached, FAILED - 1))
        except BaseException:
            os._exit(FAILED)
