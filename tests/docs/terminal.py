"""A terminal a test types into, as a reader would."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.docs.blocks import ROOT, Block, shown

PATIENCE: Final = 240.0
"""Seconds for what a command has to print; the first one may have to compile the market."""
COLUMNS: Final = 100
ENDED: Final = "ended-with"


class Terminal:
    """An interactive bash on a pseudo-terminal.

    Parameters
    ----------
    folder : Path
        Where it starts: a folder with a ``.venv``, as a checkout is.
    """

    def __init__(self, folder: Path) -> None:
        self.printed = ""
        self._busy = False
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        environment = {
            "HOME": str(folder),
            "PATH": os.defpath,
            "TERM": "dumb",
            "PS1": "",
            "LANG": "C.UTF-8",
            "BALLAST_DEPLOYMENTS": str(folder / "deployments"),
        }
        self.shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C reaches what runs in it
        )
        os.close(slave)
        self._type("stty -echo noflsh; PS1=; PS2=; VIRTUAL_ENV_DISABLE_PROMPT=1")
        self._status()

    def play(self, block: Block, expected: str | None) -> None:
        """Type a block and wait for what it has to print, and for its end unless it keeps running.

        Whatever still runs in this terminal is stopped first, as a page asks of its reader.
        """
        if self._busy:
            assert self.interrupt() == 0, self.printed
        start = len(self.printed)
        self._type(block.text.rstrip("\n"))
        self._busy = block.running
        if not block.running:
            assert self._status() == 0, self.printed[start:]
            # of nothing a line may be missing: the last one's end is not always read yet
            assert expected is None or shown(expected, self.printed[start:]), (
                f"line {block.line}: {expected}\n{self.printed[start:]}"
            )
        elif expected is not None:
            self._wait(lambda: shown(expected, self.printed[start:]), f"line {block.line}: {expected}")

    def interrupt(self) -> int:
        """Press Ctrl-C; the exit status of what ran."""
        self._busy = False
        os.write(self._master, b"\x03")
        return self._status()

    def close(self) -> None:
        """End the shell and all it runs."""
        group = os.tcgetpgrp(self._master)  # 0, which to a signal means ours, once the shell has ended
        if group not in (0, self.shell.pid):
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)
        self.shell.kill()
        self.shell.wait()
        os.close(self._master)

    def _type(self, text: str) -> None:
        os.write(self._master, text.encode() + b"\n")

    def _status(self) -> int:
        start = len(self.printed)
        self._type(f"echo {ENDED[:3]}''{ENDED[3:]} $?.")
        self._wait(lambda: "." in self.printed[start:].partition(ENDED)[2], "the end of the command")
        return int(self.printed[start:].partition(ENDED)[2].partition(".")[0])

    def _wait(self, reached: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < end, f"{what}\nwas awaited, and printed was\n{self.printed}"
            if select.select([self._master], [], [], 0.1)[0]:
                self.printed += os.read(self._master, 65536).decode(errors="replace")


def checkout(folder: Path) -> Path:
    """Make a folder look like a checkout in which everything is installed."""
    for name in (".venv", "abi"):
        (folder / name).symlink_to(ROOT / name)
    return folder
