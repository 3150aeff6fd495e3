"""The one door to Numba: compile on the first call, keep the machine code beside the source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a numeric function; divisions follow IEEE 754 and never raise."""
    return cast(Function, numba.njit(cache=True, error_model="numpy")(function))
