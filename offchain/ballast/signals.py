"""Being told to stop: SIGTERM and SIGHUP end a command as Ctrl-C does, in order."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

Handler = Callable[[int, FrameType | None], None]
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def handled(handler: Handler, numbers: Iterable[signal.Signals] = STOP_SIGNALS) -> Iterator[None]:
    """Have signals handled in a way of its own while a block runs."""
    previous = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt in the main thread for each of these signals while a block runs."""

    def stop(_signum: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with handled(stop):
        yield


@contextlib.contextmanager
def held() -> Iterator[list[int]]:
    """Put these signals off until the end of a block that must not be cut in two, such as the start of a process.

    Python drops exceptions that a handler raises at a fork. In other threads than the main one, which no handler
    interrupts, there is nothing to do.

    Yields
    ------
    list of int
        Signals that came: a block of many parts may end early between two of them.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    try:
        with handled(lambda signum, _: came.append(signum)):
            yield came
    finally:
        for signum in came:
            signal.raise_signal(signum)


@contextlib.contextmanager
def withheld() -> Iterator[None]:
    """Keep Ctrl-C from what is started in a block: a terminal sends it to all processes, also to those that begin.

    What is started, processes and threads, is for whoever started it to end. A signal that comes meanwhile is taken at
    the end of the block, also one that reaches another thread, which keeps nothing from the main one.
    """
    from multiprocessing import resource_tracker  # which most commands do not need

    resource_tracker.ensure_running()  # at its own start it would let Ctrl-C in again
    with held():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore() -> None:
    """Let nothing interrupt an orderly end; `interruptible` restores what was."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
