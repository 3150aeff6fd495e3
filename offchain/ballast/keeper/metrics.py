"""What Prometheus scrapes of a keeper."""

from __future__ import annotations

from typing import Final

from ballast.keeper.conditions import CONDITIONS
from ballast.keeper.report import PassReport
from ballast.keeper.view import Own
from ballast.transact import metrics
from ballast.transact.metrics import ETHER

GAUGES: Final = {
    "epoch": "Present epoch.",
    "epoch_lag": "Epochs between the last one that closed and the last one all of whose pages are written.",
    "pages": "Pages of the network.",
    "pages_missing": "Pages nobody has written for the epoch that closed.",
    "wrong_values": "Posted values that differ from the computed ones.",
    "rank": "Place in this epoch's order of keepers, 0 for the first.",
    "bond_tokens": "The keeper's bond, token units.",
    "free_tokens": "Free funds of the keeper's escrow account, token units.",
    "epochs_left": "Epochs of posts the balance covers at the present price of gas.",
}


class KeeperMetrics(metrics.Metrics):
    """Metrics of one keeper.

    Parameters
    ----------
    poll_seconds : float
        Pause between passes.
    """

    def __init__(self, poll_seconds: float) -> None:
        super().__init__("keeper", CONDITIONS.values(), GAUGES, poll_seconds)

    def own(self, own: Own, epochs_left: float) -> None:
        """Take down the keeper's funds."""
        self.show(
            balance_ether=own.balance / ETHER, bond_tokens=own.bond, free_tokens=own.free, epochs_left=epochs_left
        )

    def complete(self, report: PassReport) -> None:
        """Take down a complete pass."""
        self.passed(
            [CONDITIONS[code] for code in report.codes],
            epoch=report.epoch,
            epoch_lag=report.epoch_lag,
            head_block=report.head,
            confirmed_block=report.block,
            pages=report.pages,
            pages_missing=report.missing,
            wrong_values=report.wrong,
            rank=report.rank,
            in_flight=report.in_flight,
        )
