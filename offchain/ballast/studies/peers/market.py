"""The twin beside the same market as a model in Mesa.

Participants, tasks and terms are the same; so are the rules, but for what ``mesa_market.py`` says. Both are timed from
the first period to the last, in one thread; participants and tasks are there before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ballast.errors import PeerError
from ballast.model import load_curve
from ballast.model.constants import BPS, PPM
from ballast.model.fee_record import DELEGATED
from ballast.sim.period.world import RESCUE_PREMIUM
from ballast.sim.run import Run
from ballast.sim.scenario import HEAVY
from ballast.studies.peers.process import ask

COUNTED: Final = ("opened", "self_executed", "unsold", "settled", "failed", "forfeited", "rescued", "live")
"""What is counted in each period, and compared as shares of the first."""
ENDINGS: Final = ("settled", "failed", "forfeited", "unsold")
NEAR: Final = 0.02
"""How far the shares of tasks by outcome, and the price of auctioned ones, may lie apart."""


PRICES: Final = ("cap", "floor", "start", "start_gain", "start_target", "tick")
DISCOUNTS: Final = ("idle_discount", "load_bonus", "load_malus", "record_weight", "record_level")
SHARES: Final = ("collateral", "stake_share", "operator_share", "slash_factor", "wrong_factor")
WINDOWS: Final = ("submit_seconds", "rescue_seconds", "challenge_seconds")


@dataclass(frozen=True)
class Played:
    """What a market came to.

    Attributes
    ----------
    seconds : float
        What its periods took.
    tasks : int
        Tasks opened.
    shares : dict of str to float
        Tasks by what became of them, as shares of those opened; ``live``, those under way at the end of a period, on
        average, as a share of those opened in one; and ``price``, the mean price of auctioned tasks that were settled,
        as a share of their rewards.
    """

    seconds: float
    tasks: int
    shares: dict[str, float]

    @property
    def rate(self) -> float:
        """Tasks a second."""
        return self.tasks / self.seconds


def twin(run: Run, periods: int) -> Played:
    """Sum up a run: shares of its first periods, tasks and seconds of all."""
    first = run.periods[:periods]
    shares = shares_of(
        {
            **{name: first[name].tolist() for name in COUNTED},
            "price": first["auctioned_price"].tolist(),
            "reward": first["auctioned_reward"].tolist(),
        }
    )
    return Played(run.summary["wall_seconds"], run.summary["tasks_opened"], shares)


def shares_of(counts: dict[str, list[int]]) -> dict[str, float]:
    """Give the shares of `Played`, given what was counted in each period by name."""
    opened = sum(counts["opened"])
    shares = {name: sum(counts[name]) / opened for name in COUNTED[1:]}
    return shares | {"price": sum(counts["price"]) / max(sum(counts["reward"]), 1)}


def question(run: Run, periods: int) -> dict[str, Any]:
    """Tell ``mesa_market.py`` of a run: its participants, the tasks of its first periods, its terms.

    Shares, prices and loads are fractions, amounts are token units, logits are logits.
    """
    scenario, network = run.scenario, run.scenario.network()
    curve = load_curve.pack(network.chosen_curve)
    terms = scenario.task_class()
    at = run.moments
    heavy = run.world.market.classes[HEAVY]
    jobs = run.workload
    wave = jobs.moment * at.waves // PPM
    tasks = np.stack((jobs.heavy, jobs.difficulty, jobs.reward, wave), axis=1)
    operators, coprocessors = (
        [
            {
                **{name: float(person[name]) for name in ("punctuality", "careless", "quality", "effort", "taste")},
                **{name: float(person[name]) / PPM for name in ("cost", "cost_heavy", "growth")},
                "speed": float(person["speed"]),
                "patience": float(person["patience"]) / BPS,
                "able": bool(person["complexity"] >= terms.complexity),
                "capacity": capacity,
                "funds": funds,
            }
            for person, capacity, funds in zip(
                people.traits, people.capacity.tolist(), people.funds.tolist(), strict=True
            )
        ]
        for people in run.people
    )
    in_ppm = {name: getattr(terms, name) for name in (*PRICES, *DISCOUNTS, *SHARES)}
    in_ppm |= {name: getattr(network.slash, name) for name in network.slash.__slots__}
    in_ppm |= {name: getattr(network.filter, name) for name in ("omega", "beta", "alpha", "gamma", "drift", "newcomer")}
    in_ppm |= {"fee": network.fee, "premium": RESCUE_PREMIUM, "peak": load_curve.peak(curve)}
    return {
        "seed": scenario.seed,
        "operators": operators,
        "coprocessors": coprocessors,
        "tasks": [tasks[run.borders[p] : run.borders[p + 1]].tolist() for p in range(periods)],
        "rates": [rate / PPM for rate in load_curve.table(curve)],
        "terms": {
            **{name: value / PPM for name, value in in_ppm.items()},
            "steps": terms.steps,
            "hard": bool(terms.hard_quality),
            "stake_per_unit": network.stake_per_unit,
            "delegated": DELEGATED,
            "watch": scenario.watch,
            "best": network.chosen_curve.b / BPS,
            "kink": load_curve.kink(curve) / BPS,
            "amplified": 1 + load_curve.table(curve)[BPS] / PPM,
            "overload": scenario.overload,
            "incentives": scenario.incentives,
            "room_worth": scenario.room_worth,
            "size": int(heavy["size"]),
            "worth": int(heavy["worth"]),
            "n0": network.filter.n0,
            "fee_per_unit": network.fee_per_unit,
            "pace": run.pace,
            **{name: getattr(at, name) for name in ("epoch_seconds", "waves", "turn", "bid", "gap")},
            **{name: getattr(terms, name) for name in ("step_seconds", *WINDOWS)},
        },
    }


def mesa(run: Run, periods: int) -> tuple[Played, str]:
    """Play the first periods of a run in Mesa; with its name and version.

    Raises
    ------
    PeerError
        If it cannot be run, if its tasks or its money do not add up, or if it is another market than the twin's.
    """
    answer = ask("mesa_market.py", question(run, periods))
    counts = {name: [each.get(name, 0) for each in answer["periods"]] for name in (*COUNTED, "price", "reward")}
    came, live = run.counts[:periods].tolist(), 0
    for period, given in enumerate(came):
        opened, ended = counts["opened"][period], sum(counts[name][period] for name in ENDINGS)
        more, live = counts["live"][period] - live, counts["live"][period]
        if not given == opened == ended + more:
            raise PeerError(
                f"Mesa's market was given {given} tasks in period {period}, opened {opened}, ended {ended}, and has "
                f"{more} more under way"
            )
    if answer["held"] != answer["paid_in"]:
        raise PeerError(f"Mesa's market holds {answer['held']} token units, {answer['paid_in']} were paid in")
    own, shares = twin(run, periods).shares, shares_of(counts)
    for name, share in own.items():
        if abs(shares[name] - share) > NEAR:
            raise PeerError(
                f"Mesa's market is another one: {name} is {shares[name]:.3f} there, {share:.3f} in the twin"
            )
    return Played(float(answer["seconds"]), sum(came), shares), f"Mesa {answer['version']}"
