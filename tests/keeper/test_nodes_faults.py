"""Faults that last: what a keeper does while they are there, not only after them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from ballast.chain.anvil import free_port
from tests.keeper import proxy
from tests.keeper.actor import SETTINGS
from tests.keeper.faults import Lags, Spike, Stuck
from tests.keeper.network import GWEI
from tests.keeper.run import ALWAYS, Fault, Run, Stage


class Lasting(Fault):
    """Something that lasts for the whole run."""

    kind = "lasting"
    hinders = False

    def interval(self, rng: Random) -> tuple[int, int]:
        """Be there from the start to the end."""
        del rng
        return 0, ALWAYS


def test_a_node_nobody_listens_at(stage: Stage) -> None:
    run = Run(stage, "nobody", epochs=1)
    run.actor.urls = (f"http://127.0.0.1:{free_port()}", stage.proxies[0].url)
    run.execute()


@pytest.mark.parametrize("scheme", proxy.SCHEMES)
def test_two_of_three_nodes_fail_in_their_own_ways(stage: Stage, scheme: str) -> None:
    for kind in ("refused", "truncated", "half JSON", "429", "5xx", "node error"):
        run = Run(stage, kind, [Lasting(Random(0))], epochs=1)
        for front in stage.proxies[:2]:
            front.disturb(proxy.Disturbance(kind))
        run.actor.urls = tuple(p.at(scheme) for p in stage.proxies)
        run.actor.settings = replace(SETTINGS, rest_seconds=20)
        run.execute()
        assert stage.proxies[0].hits[kind]


def test_a_node_that_lags_for_ever(stage: Stage) -> None:
    class Behind(Lags, Lasting):
        """It never catches up."""

        nodes = 3
        hinders = False

    run = Run(stage, "behind", [Behind(Random(3))])
    run.execute()


@pytest.mark.parametrize("lie", proxy.LIES)
@pytest.mark.parametrize(("place", "age"), [(0, 0), (0, SETTINGS.confirmations), (2, SETTINGS.confirmations)])
def test_one_liar_of_three_delays_nothing(lie: str, place: int, age: int, stage: Stage) -> None:
    class Liar(Lasting):
        """It lies about the newest block or the one that values are read at, wherever it is in the list."""

        nodes = 3

        def mined(self) -> None:
            """Lie."""
            liar = self.run.proxies[place]
            liar.lie, liar.lied_about = lie, self.run.network.head() - age

    run = Run(stage, "liar", [Liar(Random(0))], epochs=1)
    run.execute()
    assert "OWN_WRONG_VALUE" not in run.actor.codes


def test_a_stuck_post_is_replaced_at_a_higher_fee_in_time(stage: Stage) -> None:
    class Held(Stuck):
        """It lasts for the whole posting window."""

        def interval(self, rng: Random) -> tuple[int, int]:
            """Be there for the window."""
            del rng
            return 0, self.last_moment

        def over(self) -> None:
            """Have been outbid."""
            super().over()
            sent = self.run.network.transactions(self.run.actor.address)
            (fee,) = [int(t["maxFeePerGas"], 16) for t in sent if t["name"] == "post"]
            assert self.happened
            assert fee > self.bid

    for seed in range(3):
        run = Run(stage, f"held {seed}", [Held(Random(seed))], epochs=1)
        run.execute()
        run.network.stored(run.network.present - 1)
        names = {name for name, _ in run.network.events()}
        assert "Poked" not in names, "posted within the window"


def test_no_gas_is_bought_above_the_cap(stage: Stage) -> None:
    class Dear(Spike):
        """Gas costs more than the cap for the whole posting window."""

        def interval(self, rng: Random) -> tuple[int, int]:
            """Be there for the window."""
            del rng
            return 0, self.last_moment

        def begin(self) -> None:
            """Cost more than allowed."""
            self._fee = 501 * GWEI

    run = Run(stage, "dear", [Dear(Random(0))], epochs=1)
    run.execute()
    assert {name for name, _ in run.network.events()} == {"Poked"}
    sent = run.network.transactions(run.actor.address)
    assert all(int(t["maxFeePerGas"], 16) <= run.actor.settings.max_fee for t in sent)
