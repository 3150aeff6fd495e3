"""What can be set about a keeper; everything has a default."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from ballast.errors import UserError

GWEI: Final = 10**9
POLICIES: Final = ("always", "pays", "never")
MIN_BUMP: Final = 10
"""Least increase nodes accept of a replacement, percent."""
MAX_SECONDS: Final = 10**6
MAX_POST_PAGES: Final = 128
"""Pages one post may carry (GasReputation.MAX_PAGES)."""
BOUNDS: Final = {
    "confirmations": (0, 256),
    "call_batch": (1, 10_000),
    "log_blocks": (1, 10**7),
    "post_pages": (1, MAX_POST_PAGES),
    "poke_pages": (1, 32),
    "max_in_flight": (1, 64),
    "stuck_blocks": (1, 10_000),
    "bump_percent": (MIN_BUMP, 1_000),
    "max_fee": (1, 10**18),
    "min_tip": (0, 10**18),
    "margin_seconds": (0, 10**6),
    "token_wei": (0, 10**36),
    "stand_ins": (1, 64),
    "low_balance_epochs": (0, 10**9),
    "sample": (1, 1_000),
    "scan_slots": (1, 10**6),
    "keep_epochs": (1, 10**9),
}
"""Least and greatest value of each whole number."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a keeper.

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
    log_blocks : int
        Blocks one search for events covers.
    post_pages : int
        Pages in one post, at most 128.
    poke_pages : int
        Pages in one poke, at most 32.
    max_in_flight : int
        Transactions of the keeper's that may wait for inclusion at once, each for other work.
    stuck_blocks : int
        Blocks after which a transaction not yet included is replaced.
    bump_percent : int
        Increase of both fees of a replacement, at least 10.
    max_fee : int
        Highest price of gas, wei.
    min_tip : int
        Least priority fee, wei.
    margin_seconds : int
        Seconds before the end of a window within which nothing more is sent for it: two blocks; at most a hundredth of
        an epoch.
    poke, challenge, tasks : str
        ``always``; ``pays``: when the gain is worth more than the gas; or ``never``. Compute what nobody posted;
        challenge wrong values; settle, slash, fail and expire overdue tasks.
    token_wei : int
        Worth of one token unit in wei, for what is done if it pays.
    bond : bool
        Whether the keeper may bond its free escrow funds up to what the pages need.
    stand_ins : int
        Turns within the posting window; keepers further back in the order share the last.
    low_balance_epochs : int
        Epochs of posts the balance must cover, or a warning is given.
    scan_slots : int
        Task slots looked at each pass.
    stale_seconds : float
        Time without a new block after which a warning is given.
    rest_seconds : float
        Time for which a node that failed or lied is not asked.
    sample : int
        Values compared with the contract's own computation before a post.
    keep_epochs : int
        Epochs whose inputs the journal keeps.
    dry_run : bool
        Decide, but send nothing.
    """

    confirmations: int = 2
    poll_seconds: float = 4.0
    timeout_seconds: float = 10.0
    pass_seconds: float = 120.0
    call_batch: int = 100
    log_blocks: int = 10_000
    post_pages: int = 116
    poke_pages: int = 16
    max_in_flight: int = 16
    stuck_blocks: int = 5
    bump_percent: int = 13
    max_fee: int = 500 * GWEI
    min_tip: int = GWEI // 10
    margin_seconds: int = 24
    poke: str = "always"
    challenge: str = "always"
    tasks: str = "pays"
    token_wei: int = 0
    bond: bool = True
    stand_ins: int = 4
    low_balance_epochs: int = 168
    scan_slots: int = 2_000
    stale_seconds: float = 180.0
    rest_seconds: float = 20.0
    sample: int = 64
    keep_epochs: int = 500
    dry_run: bool = False

    def validate(self) -> None:
        """Refuse settings that make no sense.

        Raises
        ------
        UserError
            Naming the setting and what would be right.
        """
        for field in fields(self):
            check(field.name, getattr(self, field.name))


def check(name: str, value: Any, told: str = "") -> None:
    """Refuse a value of a setting that makes no sense.

    Parameters
    ----------
    name : str
        Of the setting.
    value
    told : str
        What the user knows the setting as; its name by default.

    Raises
    ------
    UserError
        Naming the setting and what would be right.
    """
    told = told or name
    if name in ("poke", "challenge", "tasks") and value not in POLICIES:
        raise UserError(f"{told} is {value!r}: must be one of {', '.join(POLICIES)}")
    if name in BOUNDS:
        low, high = BOUNDS[name]
        if not low <= value <= high:
            raise UserError(f"{told} is {value}: must be between {low} and {high}")
    if name.endswith("_seconds") and name not in BOUNDS and not 0 < value <= MAX_SECONDS:
        raise UserError(f"{told} is {value}: must be above zero, at most {MAX_SECONDS}")
