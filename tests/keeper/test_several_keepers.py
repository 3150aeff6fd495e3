"""Several keepers: one posts, another takes over, and nobody malicious costs the network anything but its own bond."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from ballast.keeper.report import PassReport
from ballast.model.constants import PAGE
from tests.keeper.network import BOND
from tests.keeper.run import ALWAYS, SECONDS, Fault, Run, Stage
from tests.keeper.several import BOND_PER_VALUE, SEVERAL, Rogue
from tests.support.contract_words import page


class Company(Fault):
    """Nothing goes wrong, but there are several keepers."""

    kind = "nothing"
    hinders = False
    keepers = (3,)

    def interval(self, rng: Random) -> tuple[int, int]:
        """Be there from the start to the end."""
        del rng
        return 0, ALWAYS


def posts(run: Run) -> list[tuple[str, int]]:
    """List the posts on the chain: by whom, and whether they succeeded."""
    addresses = [actor.address for actor in run.actors]
    return [(a, t["status"]) for a in addresses for t in run.network.transactions(a) if t["name"] == "post"]


def test_only_one_of_three_posts(stage: Stage) -> None:
    for seed in range(2):
        run = Run(stage, f"company {seed}", [Company(Random(seed))])
        run.execute()
        assert [status for _, status in posts(run)] == [1, 1], "one post an epoch, none in vain"


def test_another_takes_over_within_the_window(stage: Stage) -> None:
    run = Run(stage, "absent", [Company(Random(0))], epochs=1)
    order: dict[int, int] = {}
    network = run.network
    network.mine(network.moment(network.present, SECONDS[0]), 3)
    network.rpc.call("anvil_dropAllTransactions")
    for i, actor in enumerate(run.actors):
        report = actor.once()
        assert isinstance(report, PassReport)
        order[report.rank] = i
        actor.stop()
        actor.lose_journal()
    assert sorted(order) == [0, 1, 2]
    network.rpc.call("anvil_dropAllTransactions")
    run.actors[order[0]].alive = False
    run.execute()
    (poster,) = {page(pair[(network.present - 1) & 1]).poster for pair in network.page_words()}
    assert poster == run.actors[order[1]].poster.number
    assert posts(run) == [(run.actors[order[1]].address, 1)]


@pytest.mark.parametrize("kind", [k for k in SEVERAL if issubclass(k, Rogue)])
def test_malice_costs_only_the_malicious(
    kind: type[Rogue], stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    """What a run checks: all values right, honest bonds whole, the rogue's smaller by what its wrong values cost."""
    rogue = kind(Random(7))
    Run(stage, "malice", [rogue]).execute()
    assert rogue.happened
    record_property("fault runs", {rogue.kind: 1, "runs": 1})


def test_every_value_of_a_wrong_post_is_challenged(stage: Stage) -> None:
    class AllWrong(Rogue):
        """It posts nothing but wrong values."""

        kind = "wrong posts"
        keepers = (1,)

        def block(self) -> None:
            """Post as soon as an epoch has closed."""
            if (epoch := self.early()) is not None:
                self.post_wrong(epoch)

        def draw_wrong(self, epoch: int) -> dict[int, int]:
            """Choose a wrong value for every account."""
            return {a: phi + 1 for a, phi in enumerate(self.run.stage.undisturbed[epoch])}

    rogue = AllWrong(Random(1))
    run = Run(stage, "all wrong", [rogue], epochs=1)
    run.execute()
    values = run.network.pages * PAGE
    assert run.network.bond_of(rogue.poster) == BOND - values * BOND_PER_VALUE
    corrected = [v["page"] for name, v in run.network.events() if name == "Corrected"]
    assert sorted(corrected) == list(range(run.network.pages))
