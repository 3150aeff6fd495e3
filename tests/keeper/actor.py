"""Whoever works in a role, a keeper mostly, as a process that can be started, stopped and killed."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from ballast.errors import BallastError
from ballast.keeper.settings import KeeperSettings
from ballast.transact.journal import Journal
from ballast.transact.nodes import Nodes
from ballast.transact.settings import SenderSettings
from tests.keeper import disk
from tests.keeper.network import Network, Poster
from tests.support.process import FAILED, forked

SETTINGS = KeeperSettings(
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
SPACE = 2**18
"""Bytes a small disk holds beside the journal, before it is filled up."""
Checkpoint = Callable[[str], None]


class Told(Protocol):
    """What a pass tells."""

    @property
    def codes(self) -> list[str]:
        """Conditions met."""
        ...


class Worker(Protocol):
    """Whoever does passes."""

    def once(self) -> Told:
        """Do a pass."""
        ...


Start = Callable[[Network, Poster, Nodes, Journal, SenderSettings, Checkpoint], Worker]
"""Makes a worker of a network, a key, nodes, a journal, settings, and what is called at every write boundary."""


def nothing(name: str) -> None:
    """Do nothing at a boundary."""
    del name


class Actor:
    """Somebody at work, the journal and the nodes. Started when first asked to do something.

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
    start : callable
        Makes what works.
    settings : SenderSettings
        Its settings.
    """

    def __init__(
        self,
        network: Network,
        poster: Poster,
        urls: Sequence[str],
        folder: Path,
        start: Start,
        settings: SenderSettings = SETTINGS,
    ) -> None:
        self._make = start
        self.network, self.poster, self.urls, self.settings = network, poster, tuple(urls), settings
        self._folder = folder
        self._journals = 0
        self._running: tuple[Worker, Nodes, Journal] | None = None
        self.told: list[BallastError] = []
        self.codes: list[str] = []
        self.checkpoint: Checkpoint = nothing
        self.address = poster.account.address
        self.alive = True
        self._enclosure: tuple[int, Any, TemporaryDirectory[str]] | None = None
        self.lose_journal()

    def lose_journal(self) -> None:
        """Begin with an empty journal at the next start."""
        assert self._running is None
        assert not self.enclosed
        self._journals += 1
        self.path = self._folder / f"{self.poster.number}-{self._journals}.db"
        self.url = f"sqlite:///{self.path}"
        for path in self._folder.glob(self.path.name + "*"):
            path.unlink()

    def _start(self) -> Worker:
        if self._running is None:
            nodes = Nodes(self.urls, timeout=self.settings.timeout_seconds, rest_seconds=self.settings.rest_seconds)
            journal = Journal.open(self.url)
            journal.claim(self.address)
            worker = self._make(
                self.network, self.poster, nodes, journal, self.settings, lambda name: self.checkpoint(name)
            )
            self._running = worker, nodes, journal
        return self._running[0]

    def stop(self) -> None:
        """End it in order."""
        if self.enclosed:
            self.release()
        if self._running is not None:
            _, nodes, journal = self._running
            self._running = None
            nodes.close()
            journal.close()

    def once(self) -> Told | None:
        """Have it do a pass; None if it gave up with an error of its own."""
        if not self.alive:
            return None
        if self._enclosure is not None:
            return self._once_enclosed(self._enclosure[1])
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
        _, status = os.waitpid(forked(lambda: self._live(boundary, passes)), 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return 0
        code = os.WEXITSTATUS(status)
        assert code != FAILED, "it failed in its own process"
        return code + 1

    def _live(self, boundary: int, passes: int) -> int:
        """Live as a child process; how many boundaries it reached."""
        reached = 0

        def count(name: str) -> None:
            nonlocal reached
            del name
            reached += 1
            if reached == boundary:
                os.kill(os.getpid(), signal.SIGKILL)

        self.checkpoint = count
        for _ in range(passes):
            self.once()
        self.stop()
        return min(reached, FAILED - 1)

    # On a full disk

    @property
    def enclosed(self) -> bool:
        """Whether it lives in a process of its own, whose disk is full."""
        return self._enclosure is not None

    def enclose(self, left: int, running: bool) -> None:
        """Move it to a process of its own with a small disk, and fill that up.

        Parameters
        ----------
        left : int
            Bytes that stay free.
        running : bool
            Whether it runs when the disk becomes full, or starts on a full one.
        """
        self.stop()
        folder = TemporaryDirectory()
        here, there = Pipe()

        def live() -> int:
            here.close()
            return self._live_enclosed(there, Path(folder.name), left, running)

        self._enclosure = forked(live), here, folder
        there.close()

    def release(self, room: bool = True) -> None:
        """Bring its journal back.

        Parameters
        ----------
        room : bool
            Whether there is room on the disk once more before it ends.
        """
        assert self._enclosure is not None
        child, pipe, folder = self._enclosure
        self._enclosure = None
        with folder, pipe:
            pipe.send(room)
            _, status = os.waitpid(child, 0)
        assert status == 0, "it failed in its own process"

    def _once_enclosed(self, pipe: Any) -> Told | None:
        pipe.send(None)
        report, self.codes, errors = pipe.recv()
        self.told += errors
        return report  # type: ignore[no-any-return]

    def _live_enclosed(self, pipe: Connection, folder: Path, left: int, running: bool) -> int:
        """Live as a child process, and do as told."""
        files = list(self._folder.glob(self.path.name + "*"))
        disk.mount(folder, SPACE + sum(path.stat().st_size for path in files))
        for path in files:
            shutil.copy(path, folder)
        home, self.path = self.path.parent, folder / self.path.name
        self.url = f"sqlite:///{self.path}"
        if running:
            self._start()
        disk.fill(folder, left)
        while (room := pipe.recv()) is None:
            self.told.clear()
            pipe.send((self.once(), self.codes, self.told))
        if room:
            disk.clear(folder)
        self.stop()
        for path in folder.glob(self.path.name + "*"):
            shutil.copy(path, home)
        return 0
