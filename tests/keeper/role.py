"""The keeper as a role of fault runs: how it starts, and what must hold after it was disturbed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from ballast.keeper.keeper import Keeper
from ballast.keeper.settings import KeeperSettings
from ballast.model.constants import PAGE
from ballast.transact.journal import Journal
from ballast.transact.nodes import Nodes
from ballast.transact.settings import SenderSettings
from tests.keeper.actor import SETTINGS, Checkpoint
from tests.keeper.network import Network, Poster
from tests.keeper.run import Run
from tests.support.contract_words import page

TURNS = 4
"""Turns within the window, where there are several keepers."""


def keeper(
    network: Network, poster: Poster, nodes: Nodes, journal: Journal, settings: SenderSettings, checkpoint: Checkpoint
) -> Keeper:
    """Make a keeper."""
    assert isinstance(settings, KeeperSettings)
    return Keeper(network.deployment, nodes, poster.account, journal, settings, checkpoint=checkpoint)


class KeeperRole:
    """Keepers: whatever happens, all values of every epoch are right, and nobody honest loses anything."""

    once = ("post", "poke", "challenge")
    start = staticmethod(keeper)

    def settings(self, several: bool) -> SenderSettings:
        """Give one that is alone no turns to wait for."""
        return replace(SETTINGS, stand_ins=TURNS) if several else SETTINGS

    def join(self, network: Network, poster: Poster) -> None:
        """Bond one."""
        network.bond(poster)

    def check(self, run: Run) -> None:
        """Check the values, who wrote and corrected them, and the bonds."""
        for epoch in run.epochs:
            right = run.stage.undisturbed[epoch - 1]
            assert run.network.stored(epoch - 1) == right, f"values of epoch {epoch - 1}"
        self._check_written(run)
        self._check_challenges(run)
        for actor in run.actors:
            assert run.network.bond_of(actor.poster) == run.network.bonded_by(actor.poster)

    def _check_written(self, run: Run) -> None:
        """Check that every page was written once an epoch, and posted if there was time for it."""
        written: Counter[int] = Counter()
        for name, values in run.network.events():
            if name in ("Posted", "Poked"):
                written[values["epoch"]] += values["pages"] if name == "Posted" else 1
        assert written == {e - 1: run.network.pages for e in run.epochs}
        for index, epoch in enumerate(e - 1 for e in run.epochs):
            corrected = {v["page"] for name, v in run.network.events() if name == "Corrected" and v["epoch"] == epoch}
            posters = [page(pair[epoch & 1]).poster for pair in run.network.page_words()]
            poked = {number for number, poster in enumerate(posters) if poster == 0} - corrected
            if not any(run.hindered(fault, index) for fault in run.faults):
                assert not poked, f"epoch {epoch} was not posted though there was time"

    def _check_challenges(self, run: Run) -> None:
        """Check that every correction was justified, and that only others were corrected."""
        mine = {actor.poster.number for actor in run.actors}
        for name, values in run.network.events():
            if name == "Corrected":
                first = values["page"] * PAGE
                right = run.stage.undisturbed[values["epoch"]][first : first + PAGE]
                assert [*values["logits"]] == right
                assert values["poster"] not in mine, "a keeper posted a wrong value"


KEEPER: Final = KeeperRole()
