"""What can be set about a keeper; everything has a default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from ballast.errors import UserError
from ballast.transact import settings
from ballast.transact.settings import check_number

POLICIES: Final = ("always", "pays", "never")
MAX_POST_PAGES: Final = 128
"""Pages one post may carry (GasReputation.MAX_PAGES)."""
BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    **settings.BOUNDS,
    "log_blocks": (1, 10**7),
    "post_pages": (1, MAX_POST_PAGES),
    "poke_pages": (1, 32),
    "margin_seconds": (0, 10**6),
    "stand_ins": (1, 64),
    "low_balance_epochs": (0, 10**9),
    "sample": (1, 1_000),
    "scan_slots": (1, 10**6),
    "keep_epochs": (1, 10**9),
}
"""Least and greatest value of each whole number."""


@dataclass(frozen=True, slots=True)
class KeeperSettings(settings.SenderSettings):
    """Settings of a keeper, beside those of any sender.

    Attributes
    ----------
    log_blocks : int
        Blocks one search for events covers.
    post_pages : int
        Pages in one post, at most 128.
    poke_pages : int
        Pages in one poke or challenge, at most 32.
    margin_seconds : int
        Seconds before the end of a window within which nothing more is sent for it: two blocks; at most a hundredth of
        an epoch.
    poke, challenge, tasks : str
        ``always``; ``pays``: when the gain is worth more than the gas; or ``never``. Compute what nobody posted;
        challenge wrong values; settle, slash, fail and expire overdue tasks.
    bond : bool
        Whether the keeper may bond its free escrow funds up to what the pages need.
    stand_ins : int
        Turns within the posting window; keepers further back in the order share the last.
    low_balance_epochs : int
        Epochs of posts the balance must cover, or a warning is given.
    scan_slots : int
        Task slots looked at each pass.
    sample : int
        Values compared with the contract's own computation before a post.
    keep_epochs : int
        Epochs whose inputs the journal keeps.
    """

    log_blocks: int = 10_000
    post_pages: int = 116
    poke_pages: int = 16
    margin_seconds: int = 24
    poke: str = "always"
    challenge: str = "always"
    tasks: str = "pays"
    bond: bool = True
    stand_ins: int = 4
    low_balance_epochs: int = 168
    scan_slots: int = 2_000
    sample: int = 64
    keep_epochs: int = 500

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
    if name in ("poke", "challenge", "tasks") and value not in POLICIES:
        raise UserError(f"{told or name} is {value!r}: must be one of {', '.join(POLICIES)}")
    check_number(name, value, BOUNDS, told)
