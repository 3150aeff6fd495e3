"""The rules compared, each as what it changes in a scenario; everything else, seeds included, stays the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import Any, Final

from ballast.errors import ParameterError
from ballast.sim import allocations
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


OURS: Final = "ours"
ASKING_MORE: Final[dict[str, Any]] = {"markup": 0.3}
"""What bidders do where the cheapest bids first: honest ones earn nothing there (``ballast compare --regret``)."""
VARIANTS: Final = {
    "static_reputation": Rule("our auction, with nobody learning: reputations stay a newcomer's", {"learning": False}),
    "no_curve": Rule("our auction, without bonus and amplified slashes", {"curve": False}),
    "rising_marked_up": Rule(
        "a rising clock, whose bidders ask more than breaks even", ASKING_MORE | {"allocation": "rising"}
    ),
    "second_price_marked_up": Rule(
        "sealed bids above what breaks even; the cheapest, at the second cheapest's bid",
        ASKING_MORE | {"allocation": "second_price"},
    ),
    "waiting": Rule("our auction, in which loaded bidders wait for a lower price", {"waiting": True}),
}
"""Ours with something changed, and sealed bids of people who mark up."""
RULES: Final = (OURS, *allocations.NAMES, *VARIANTS)
"""Names of everything compared."""
FIXED: Final = {"deliberate": False, "mandate_weight": 0.0, "rescue_at_cap": True}
"""Fields of a scenario in which all rules auction the same tasks, and pay rescuers the same.

The AVS shares tasks out evenly, operators execute what they can, and a rescue is paid the highest price."""


@cache
def rule_of(name: str) -> Rule:
    """Find a rule by its name; a rule of allocation is loaded now."""
    if name == OURS:
        return Rule("the protocol's auction")
    if name in VARIANTS:
        return VARIANTS[name]
    found = import_module(f"ballast.sim.allocations.{name}")
    return Rule(found.ABOUT, {"allocation": name} | getattr(found, "TERMS", {}))


def under(rule: str, scenario: Scenario) -> Scenario:
    """Scenario under a rule.

    Raises
    ------
    ParameterError
        If the scenario itself departs from the protocol's auction in a field that rules change.
    """
    for name in ("allocation", "learning", "curve", "waiting", "markup"):
        value, protocol = getattr(scenario, name), getattr(Scenario, name)
        if value != protocol:
            raise ParameterError(f"{name} is {value!r}, and is what is compared: give a scenario with {protocol!r}")
    return replace(scenario, **rule_of(rule).changes)
