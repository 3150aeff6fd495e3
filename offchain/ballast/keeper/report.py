"""What one pass of a keeper found and did."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class PassReport:
    """What one pass found and did.

    Attributes
    ----------
    epoch, block, head : int
        The present epoch; the confirmed and the newest block.
    rank : int
        Place in this epoch's order of keepers.
    pages, missing, wrong : int
        Pages of the network, those nobody wrote yet for the epoch that closed, and wrong values found in posts.
    epoch_lag : int
        Epochs between the one that closed and the last all of whose pages are written.
    actions : list of dict
        What was sent: kind, epoch, items, nonce, hash.
    would_send : list of dict or None
        What a dry run would have sent: kind, epoch, items; None if it is no dry run.
    in_flight : int
        Transactions that are not final.
    codes : list of str
        Conditions met, in order, each once.
    """

    epoch: int = 0
    block: int = 0
    head: int = 0
    rank: int = 0
    pages: int = 0
    missing: int = 0
    wrong: int = 0
    epoch_lag: int = 0
    actions: list[dict[str, Any]] = field(default_factory=list)
    would_send: list[dict[str, Any]] | None = None
    in_flight: int = 0
    codes: list[str] = field(default_factory=list)

    def table(self) -> dict[str, Any]:
        """Content as JSON holds it."""
        content = asdict(self)
        if self.would_send is None:
            del content["would_send"]
        return content
