"""Numba with machine code that is kept until a source it was made of changes.

Numba itself looks at the file of a function only. A function holds the code of all it calls and the numbers it reads,
also from other files, so the folder of the machine code is named by the contents of all of them.
"""

from __future__ import annotations

import dis
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
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
    for source in sorted({*sources, Path(__file__)}):
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


def deriver(compiled: Callable[[Function], Function], substitutes: Mapping[Any, Any]) -> Callable[[Function], Function]:
    """Compiler of plain functions together with all plain functions they call, so that none is written again.

    Numba compiles no call of a function that is not compiled itself. A function is therefore copied with its globals
    replaced, and so are the functions among these, and those it reads from a module by name.

    Parameters
    ----------
    compiled : callable
        What `compiler` made, whose sources include the files of the functions.
    substitutes : mapping
        Function or class to what takes its place wherever it is called: where the plain one does not fit machine words.
        There is one set of them for all functions, because Numba knows a function's machine code by its name.

    Returns
    -------
    callable
        From a plain function to the compiled one. Recursion is not possible.
    """
    made: dict[Any, Any] = dict(substitutes)

    def taken(value: Any) -> Any:
        """Compile a global that is a plain function; others may have a substitute, or stand for themselves."""
        if isinstance(value, FunctionType):
            return derived(value)
        return made.get(value, value) if isinstance(value, type) else value

    def view(module: ModuleType, names: set[str]) -> ModuleType:
        """Copy a module with some of its functions compiled."""
        seen = ModuleType(module.__name__)
        vars(seen).update(vars(module))
        vars(seen).update({name: taken(getattr(module, name)) for name in names})
        return seen

    def derived(function: Any) -> Any:
        if function not in made:
            around, read = function.__globals__, _globals_read(function)
            replaced = {
                name: view(around[name], attributes) if isinstance(around[name], ModuleType) else taken(around[name])
                for name, attributes in read.items()
                if name in around
            }
            copy: Any = FunctionType(
                function.__code__, {**around, **replaced}, function.__name__, function.__defaults__
            )
            copy.__doc__ = function.__doc__
            made[function] = compiled(copy)
        return made[function]

    return derived


def _globals_read(function: FunctionType) -> dict[str, set[str]]:
    """Names of the globals a function reads, and the attributes it reads of each."""
    read: dict[str, set[str]] = {}
    last = None
    for instruction in dis.get_instructions(function):
        if instruction.opname == "LOAD_GLOBAL":
            last = read.setdefault(instruction.argval, set())
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and last is not None:
            last.add(instruction.argval)
            last = None
        else:
            last = None
    return read
