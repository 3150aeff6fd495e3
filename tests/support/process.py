"""Processes that share what a test has made so far."""

from __future__ import annotations

import gc
import os
import traceback
import warnings
from collections.abc import Callable

FAILED = 255


def forked(live: Callable[[], int]) -> int:
    """Have a child process do something and end.

    Parameters
    ----------
    live : callable
        What it does; its exit status. If it raises, that is `FAILED`, and it says why on stderr.

    Returns
    -------
    int
        Its number; the caller waits for it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the threads of the proxies stay behind
        gc.freeze()  # or the child would copy everything as soon as it collects
        child = os.fork()
    if child == 0:
        status = FAILED
        try:
            status = live()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    gc.unfreeze()
    return child
