"""What can be set about sending transactions with a key; everything has a default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ballast.errors import UserError

GWEI: Final = 10**9
MIN_BUMP: Final = 10
"""Least increase nodes accept of a replacement, percent."""
MAX_SECONDS: Final = 10**6
BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "confirmations": (0, 256),
    "call_batch": (1, 10_000),
    "max_in_flight": (1, 64),
    "stuck_blocks": (1, 10_000),
    "bump_percent": (MIN_BUMP, 1_000),
    "max_fee": (1, 10**18),
    "min_tip": (0, 10**18),
    "token_wei": (0, 10**36),
}
"""Least and greatest value of each whole number."""


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """Settings of a sender.

    Attributes
    ----------
    confirmations : int
        Blocks behind the newest one at which the chain is read, and below which a transaction counts as final.
    poll_seconds : float
        Pause between passes.
    timeout_seconds : float
        Longest wait for an answer of a node.
    pass_seconds : float
        Longest pass; each of the nodes that do not rest when it begins has an equal share of it.
    call_batch : int
        Calls in one request to a node.
    max_in_flight : int
        Transactions of the key that may wait for inclusion at once, each for other work.
    stuck_blocks : int
        Blocks after which a transaction not yet included is replaced.
    bump_percent : int
        Increase of both fees of a replacement, at least 10.
    max_fee : int
        Highest price of gas, wei.
    min_tip : int
        Least priority fee, wei.
    token_wei : int
        Worth of one token unit in wei, for what is done if it pays.
    stale_seconds : float
        Time without a new block after which a warning is given.
    rest_seconds : float
        Time for which a node that failed or lied is not asked.
    dry_run : bool
        Decide, but send nothing.
    """

    confirmations: int = 2
    poll_seconds: float = 4.0
    timeout_seconds: float = 10.0
    pass_seconds: float = 120.0
    call_batch: int = 100
    max_in_flight: int = 16
    stuck_blocks: int = 5
    bump_percent: int = 13
    max_fee: int = 500 * GWEI
    min_tip: int = GWEI // 10
    token_wei: int = 0
    stale_seconds: float = 180.0
    rest_seconds: float = 20.0
    dry_run: bool = False


def check_number(name: str, value: Any, bounds: Mapping[str, tuple[int, int]], told: str = "") -> None:
    """Refuse a value of a setting that is out of its bounds.

    Parameters
    ----------
    name : str
        Of the setting; one of a time ends with ``_seconds``.
    value
    bounds : mapping of str to tuple of int
        Least and greatest value of each whole number.
    told : str
        What the user knows the setting as; its name by default.

    Raises
    ------
    UserError
        Naming the setting and what would be right.
    """
    told = told or name
    if name in bounds:
        low, high = bounds[name]
        if not low <= value <= high:
            raise UserError(f"{told} is {value}: must be between {low} and {high}")
    elif name.endswith("_seconds") and not 0 < value <= MAX_SECONDS:
        raise UserError(f"{told} is {value}: must be above zero, at most {MAX_SECONDS}")
