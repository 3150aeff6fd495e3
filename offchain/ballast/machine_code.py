"""Numba with machine code that is kept until a source it was made of changes.

Numba itself looks at the file of a function only. A function holds the code of all it calls and the numbers it reads,
also from other files, so the folder of the machine code is named by the contents of all of them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from ballast.places import CACHE

Function = TypeVar("Function", bound=Callable[..., Any])


def compiler(
    folder: Path, sources: Iterable[Path], counted: bool = True, inlined: bool = False
) -> Callable[[Function], Function]:
    """Compiler of numeric functions; divisions by zero do not raise.

    Parameters
    ----------
    folder : Path
        Package whose ``__pycache__`` takes the machine code, unless ``NUMBA_CACHE_DIR`` names another place, or nobody
        may write there and the user's cache has to do. What was made of other sources goes.
    sources : iterable of Path
        All files that the functions, and what they call, are written in or read numbers from.
    counted : bool
        Whether references to arrays are counted. Functions that create none need not, and small steps on many arrays
        take half the time without.
    inlined : bool
        Whether the machine code goes into that of the callers: for small functions in the innermost loop.

    Returns
    -------
    callable
        A decorator.
    """
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    beside = folder / "__pycache__" if os.access(folder, os.W_OK) else CACHE / "numba"
    around = Path(numba.config.CACHE_DIR or beside)
    cache = around / f"{folder.name}-{digest.hexdigest()[:16]}"
    for other in around.glob(f"{folder.name}-*"):
        if other != cache:
            shutil.rmtree(other, ignore_errors=True)

    def compiled(function: Function) -> Function:
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(cache)
        try:
            return cast(
                Function, numba.njit(cache=True, error_model="numpy", _nrt=counted, forceinline=inlined)(function)
            )
        finally:
            numba.config.CACHE_DIR = before

    return compiled
