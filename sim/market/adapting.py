"""Parameters that adapt, between epochs: the severity of slashes, F and B, as ``Slasher.adapt`` moves them.

Plain Python, once an epoch. What is in force is a regime; regimes that living tasks began under are kept.
"""

from __future__ import annotations

from typing import Any

from ballast.model import adaptation, epoch_parameter, load_curve, observation
from ballast.model.adaptation import PPM_PER_BPS, AdaptationRules, AdaptationState
from ballast.model.observation import Observation
from ballast.model.parameters import NetworkParameters
from ballast.sim.market.records import Integers, Market
from ballast.sim.market.steps import tabulate_discounts


def turn(market: Market, parameters: NetworkParameters, rules: AdaptationRules, claimants: Integers) -> bool:
    """Put into force what was scheduled for this epoch, adapt to the epoch before the last, and observe the last one.

    Parameters
    ----------
    market : Market
        In whose present epoch all who worked have just been entered for the last one.
    parameters : NetworkParameters
        With the curve whose B and F move.
    rules : AdaptationRules
        By which parameters adapt.
    claimants : array of int
        Accounts that were entered.

    Returns
    -------
    bool
        Whether there was anything to adapt to: then ``Slasher.adapt`` is called.
    """
    epoch, kept = int(market.ledger[0]["epoch"]), market.adapted[0]
    if epoch in (kept["severity_from"], kept["curve_from"]):
        come_into_force(market, parameters, epoch)
    observed = kept["seen"] == epoch - 2 > kept["epoch"]
    if observed:
        adapt(market, parameters, rules, epoch)
    observe(market, claimants, epoch - 1, parameters.epoch_seconds)
    return bool(observed)


def state_of(market: Market) -> AdaptationState:
    """Where the parameters have got to."""
    kept: Any = market.adapted[0]
    return AdaptationState(*(int(kept[name]) for name in AdaptationState.__slots__))


def adapt(market: Market, parameters: NetworkParameters, rules: AdaptationRules, epoch: int) -> None:
    """Adapt to what was observed of the epoch before the last, and schedule what has moved."""
    kept: Any = market.adapted[0]
    shares = (int(kept[name]) for name in ("faults", "load", "overload"))
    after = adaptation.adapted_to(rules, state_of(market), epoch - 2, *shares)
    for name in AdaptationState.__slots__:
        kept[name] = getattr(after, name)
    apart = epoch_parameter.epochs_apart(parameters.epoch_seconds)
    if after.severity != kept["next_severity"] and may_change(kept["severity_from"], epoch, apart):
        kept["next_severity"], kept["severity_from"] = after.severity, epoch + 1
    turns = after.best // PPM_PER_BPS, after.full // PPM_PER_BPS
    if turns != (kept["next_best"], kept["next_full"]) and may_change(kept["curve_from"], epoch, apart):
        kept["next_best"], kept["next_full"] = turns
        kept["curve_from"] = epoch + 1


def may_change(last: int, epoch: int, apart: int) -> bool:
    """Whether the last change of a parameter, if there was one, is so long ago that another may be scheduled."""
    return last == 0 or epoch + 1 >= last + apart


def curve_of(market: Market, parameters: NetworkParameters) -> int:
    """Packed load curve in force."""
    rules: Any = market.rules[0]
    return load_curve.pack(load_curve.moved(parameters.chosen_curve, int(rules["best"]), int(rules["kink"])))


def come_into_force(market: Market, parameters: NetworkParameters, epoch: int) -> None:
    """Begin a regime with what was scheduled."""
    kept: Any = market.adapted[0]
    rules, ledger = market.rules[0], market.ledger[0]
    if kept["severity_from"] == epoch:
        rules["severity"] = kept["next_severity"]
    if kept["curve_from"] == epoch:
        rules["best"], rules["kink"] = kept["next_best"], kept["next_full"]
        market.rates[:] = load_curve.table(curve_of(market, parameters))
        for number in range(1, len(market.classes)):
            tabulate_discounts(market, number)
    ledger["regime"] = row = ledger["regime"] + 1
    market.regimes[row] = epoch, rules["severity"], rules["kink"]
    market.regime_rates[row] = market.rates


def observe(market: Market, claimants: Integers, epoch: int, seconds: int) -> None:
    """Keep the shares of an epoch for which all who worked in it have been entered."""
    seen = Observation(epoch)
    names = ("last_fees", "last_good_fees", "closed_capacity", "closed_area", "closed_overload")
    for row in zip(*(market.accounts[name][claimants].tolist() for name in names), strict=True):
        if row[0] > 0:
            seen = observation.with_account(seen, *row)
    kept: Any = market.adapted[0]
    if seen.fees > 0 and seen.capacity > 0:
        kept["seen"] = epoch
        kept["faults"], kept["load"], kept["overload"] = observation.shares(seen, seconds)


def most_regimes(parameters: NetworkParameters, periods: int) -> int:
    """Count the sets of parameters that a run of some periods may have: slash terms and the curve change apart."""
    if parameters.adaptation is None:
        return 1
    return 2 * (periods // epoch_parameter.epochs_apart(parameters.epoch_seconds) + 1) + 1
