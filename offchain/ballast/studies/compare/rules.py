"""The rules compared, each as what it changes in a scenario; everything else, seeds included, stays the same.

Who has no reason to wait does not: at a fixed price, in a sealed auction and on a rising clock a later bid gains
nothing. On falling clocks bidders wait as in the scenario.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from ballast.errors import ParameterError
from ballast.sim.scenario import Scenario


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes
    ----------
    about : str
        What it is.
    changes : dict
        Fields of a scenario and their values under this rule.
    """

    about: str
    changes: dict[str, Any] = field(default_factory=dict)


def _at_once(allocation: str) -> dict[str, Any]:
    return {"allocation": allocation, "waiting": False}


OURS: Final = "ours"
RULES: Final = {
    OURS: Rule("the protocol's auction"),
    "random": Rule("anybody who can, at the starting price", _at_once("random")),
    "round_robin": Rule("the next in turn who can, at the starting price", _at_once("round_robin")),
    "shortest_queue": Rule("the least loaded who can, at the starting price", _at_once("shortest_queue")),
    "two_choices": Rule("the less loaded of two drawn at random, at the starting price", _at_once("two_choices")),
    "price_dutch": Rule("a falling clock without handicaps and scores", {"allocation": "price_dutch"}),
    "rising": Rule("our auction on a rising clock", {"clock": "rising", "waiting": False}),
    "second_price": Rule("sealed bids at cost; the cheapest, at the second cheapest's bid", _at_once("second_price")),
    "static_reputation": Rule("our auction, with reputations that stay a newcomer's", {"learning": False}),
    "no_curve": Rule("our auction, without bonus and amplified slashes", {"curve": False}),
    "no_waiting": Rule("our auction, in which everybody bids at once", {"waiting": False}),
}
"""Everything compared, by name."""


def under(rule: str, scenario: Scenario) -> Scenario:
    """Scenario under a rule.

    Raises
    ------
    ParameterError
        If the scenario itself departs from the protocol's auction in a field that rules change.
    """
    for name in ("allocation", "clock", "learning", "curve"):
        value, protocol = getattr(scenario, name), getattr(Scenario, name)
        if value != protocol:
            raise ParameterError(f"{name} is {value!r}, and is what is compared: give a scenario with {protocol!r}")
    return replace(scenario, **RULES[rule].changes)
