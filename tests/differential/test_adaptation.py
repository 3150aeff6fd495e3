"""Parameters that adapt, Vyper against Python: observations, steps, curves that move, severity."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ballast.errors import ParameterError
from ballast.model import adaptation, controller, load_curve, observation, slash_split
from ballast.model.adaptation import MAX_GAIN, AdaptationRules, AdaptationState
from ballast.model.constants import BPS, PPM
from ballast.model.load_curve import PRESETS, Curve, designed
from ballast.model.observation import MAX_FEES, Observation
from ballast.model.slash_split import MAX_SEVERITY
from tests.differential.cases import Cases, covered
from tests.differential.harness import EPOCH_SECONDS, Harness, flat

HUMP = PRESETS["hump"]
RULES = AdaptationRules(slash_gain=PPM, most_severe=4 * PPM, full_gain=50_000, best_gain=100_000)


def test_controller(adaptation_harness: Harness) -> None:
    """Up and down, within the bounds and at them, and from outside of bounds that were narrowed."""
    cases = Cases("controller stepped")
    rows = []
    columns = (cases.column(0, 2**24), cases.column(0, MAX_SEVERITY), cases.column(0, PPM), cases.column(0, PPM))
    bounds = zip(cases.column(0, 2**24), cases.column(0, 2**24), strict=True)
    for *row, (low, high) in zip(*columns, bounds, strict=True):
        rows.append((*row, min(low, high), max(low, high)))
    results = [controller.controlled(*r) for r in rows]
    branches = []
    for (at, gain, observed, target, low, high), after in zip(rows, results, strict=True):
        assert low <= after <= high
        free = at + abs(observed - target) * gain // PPM * (1 if observed > target else -1)
        branches.append("low" if free < low else "high" if free > high else "up" if observed > target else "down")
        assert after == min(max(free, low), high)
    covered(branches, "low", "high", "up", "down")
    adaptation_harness.agree("controller_stepped", rows, [(v,) for v in results])


def test_curves_that_move(adaptation_harness: Harness) -> None:
    """Constants of presets and others at any B and F below one."""
    cases = Cases("curve moved")
    bases = [c for c in (*PRESETS.values(), designed(0, 500_000_000, 3_000, 9_700, 3 * 10**9)) if c.f < BPS]
    rows = []
    for curve, b, f in zip(cases.pick(bases), cases.column(1, BPS - 2), cases.column(1, BPS - 1), strict=True):
        b, f = min(b, f), max(b, f)
        rows.append((curve, b - (b == f), f))
    rows = [(c, b, f) for c, b, f in rows if b > 0]
    rows += rows[: 10_240 - len(rows)]
    results = [load_curve.moved(*r) for r in rows]
    assert any(r != c for r, (c, *_) in zip(results, rows, strict=True))
    adaptation_harness.agree("curve_moved", [(*flat(c), b, f) for c, b, f in rows], [flat(r) for r in results])


def test_severity(adaptation_harness: Harness) -> None:
    """In any word of terms, and on any factor: what is less than the whole collateral, and what would be more."""
    cases = Cases("severity")
    columns = (cases.column(0, 2**168 - 1), cases.column(PPM, MAX_SEVERITY), cases.column(0, PPM))
    rows = list(zip(*columns, strict=True))
    results = []
    for word, severity, factor in rows:
        after = slash_split.with_severity(word, severity)
        assert slash_split.unpack(after) == slash_split.unpack(word)
        results.append((after, slash_split.severity(after), slash_split.severe(factor, severity)))
    assert all(found == severity for (_, found, _), (_, severity, _) in zip(results, rows, strict=True))
    covered(("whole" if r[2] == PPM else "part" for r in results), "whole", "part")
    adaptation_harness.agree("severity", rows, results)


def some_observations(cases: Cases) -> list[Observation]:
    """Observations whose fields are within their bits."""
    fees, good = cases.column(0, MAX_FEES), cases.column(0, MAX_FEES)
    columns = (
        cases.column(0, 2**24 - 1),
        [max(a, b) for a, b in zip(fees, good, strict=True)],
        [min(a, b) for a, b in zip(fees, good, strict=True)],
        cases.column(0, 2**63),
        cases.column(0, 2**97),
        cases.column(0, 2**83),
    )
    return [Observation(*row) for row in zip(*columns, strict=True)]


def test_observations(adaptation_harness: Harness) -> None:
    """To words and back, with one more account, and as shares."""
    cases = Cases("observations")
    some = some_observations(cases)
    words = [observation.pack(o) for o in some]
    assert [observation.unpack(*w) for w in words] == some
    adaptation_harness.agree("observation_words", [flat(o) for o in some], words)
    adaptation_harness.agree("observations", words, [flat(o) for o in some])
    fees, good = cases.column(0, 2**96 - 1), cases.column(0, 2**96 - 1)
    accounts = [
        (max(f, g), min(f, g), *rest)
        for f, g, *rest in zip(
            fees, good, cases.column(0, 2**32 - 1), cases.column(0, 2**34 - 1), cases.column(0, 2**20 - 1), strict=True
        )
    ]
    entered = [observation.with_account(o, *a) for o, a in zip(some, accounts, strict=True)]
    covered(("full" if o.fees == MAX_FEES else "room" for o in entered), "full", "room")
    rows = [(*flat(o), *a) for o, a in zip(some, accounts, strict=True)]
    adaptation_harness.agree("with_account", rows, [flat(o) for o in entered])
    seen = [o for o in entered if o.fees and o.capacity]
    seen += seen[: 10_240 - len(seen)]
    results = [observation.shares(o, EPOCH_SECONDS) for o in seen]
    adaptation_harness.agree("shares", [flat(o) for o in seen], results, (EPOCH_SECONDS,))


def some_rules(cases: Cases) -> list[AdaptationRules]:
    """Rules within their bounds; some move nothing of the curve."""
    still = cases.pick([True, False, False])
    columns = (
        cases.column(0, PPM),
        cases.column(0, MAX_SEVERITY),
        cases.column(PPM, MAX_SEVERITY),
        cases.column(0, PPM),
        [0 if s else v for s, v in zip(still, cases.column(0, MAX_GAIN), strict=True)],
        cases.column(6_000, 9_500),
        cases.column(6_000, 9_500),
        [0 if s else v for s, v in zip(still, cases.column(0, PPM), strict=True)],
        cases.column(1, 5_500),
        cases.column(1, 5_500),
    )
    found = []
    for target, gain, most, over, full, low, high, best, least, largest in zip(*columns, strict=True):
        bounds = min(low, high), max(low, high), best, min(least, largest), max(least, largest)
        found.append(AdaptationRules(target, gain, most, over, full, *bounds))
    return found


def test_steps(adaptation_harness: Harness) -> None:
    """Words of rules and states, and a step of any state by any of them."""
    cases = Cases("adaptation")
    rules = some_rules(cases)
    columns = zip(
        cases.column(0, 2**24 - 1), cases.column(PPM, MAX_SEVERITY), *(cases.column(0, PPM) for _ in "FB"), strict=True
    )
    states = [AdaptationState(*row) for row in columns]
    assert [adaptation.unpack_rules(adaptation.pack_rules(r)) for r in rules] == rules
    assert [adaptation.unpack_state(adaptation.pack_state(s)) for s in states] == states
    adaptation_harness.agree("rules", [flat(r) for r in rules], [(adaptation.pack_rules(r),) for r in rules])
    adaptation_harness.agree("states", [flat(s) for s in states], [(adaptation.pack_state(s),) for s in states])
    seen = list(zip(cases.column(0, 2**24 - 1), *(cases.column(0, PPM) for _ in "fxo"), strict=True))
    rows = [(*flat(r), *flat(s), *o) for r, s, o in zip(rules, states, seen, strict=True)]
    results = [adaptation.adapted_to(r, s, *o) for r, s, o in zip(rules, states, seen, strict=True)]
    moves = (a.full != s.full for a, s, r in zip(results, states, rules, strict=True) if r.full_gain + r.best_gain == 0)
    assert not any(moves)
    adaptation_harness.agree("stepped", rows, [flat(s) for s in results])


def refusal(rules: AdaptationRules, curve: Curve) -> str | None:
    """Reason of the twin, none if the rules pass."""
    try:
        adaptation.check(rules, curve)
    except ParameterError as error:
        return str(error)
    return None


CHECKED = {
    "fault_target": (0, PPM),
    "slash_gain": (0, MAX_SEVERITY),
    "most_severe": (0, PPM, MAX_SEVERITY),
    "overload_target": (0, PPM),
    "full_gain": (0, MAX_GAIN),
    "full_low": (0, 5_500, 5_875, 9_500),
    "full_high": (6_000, 9_500, BPS - 1, BPS),
    "best_gain": (0, PPM),
    "best_low": (0, 1, 5_500),
    "best_high": (0, 2_000, 5_625, 6_000),
}


@pytest.mark.parametrize("curve", [HUMP, PRESETS["smooth"], designed(0, 10**8, 5_000, BPS, 0)])
@pytest.mark.parametrize("rules", [RULES, AdaptationRules(), replace(RULES, full_gain=0), replace(RULES, best_gain=0)])
def test_check_at_every_bound(adaptation_harness: Harness, rules: AdaptationRules, curve: Curve) -> None:
    """Each field just inside and just outside each bound: the contract reverts where the twin raises, and says so."""
    for field, bounds in CHECKED.items():
        for value in sorted({b + d for b in bounds for d in (-1, 0, 1)} - {-1}):
            changed = replace(rules, **{field: value})
            expected = refusal(changed, curve)
            assert adaptation_harness.reason("check", (*flat(changed), *flat(curve))) == expected, changed


def test_every_reason_is_met() -> None:
    """By some rules above, and none by the ones they come from."""
    seen = {
        refusal(replace(RULES, **{field: b + d}), curve)
        for curve in (HUMP, designed(0, 10**8, 5_000, BPS, 0))
        for field, bounds in CHECKED.items()
        for b in bounds
        for d in (-1, 0, 1)
        if b + d >= 0
    }
    names = {"target", "slash gain", "severity", "gain of B or F", "bounds of B", "bounds of F"}
    assert {None, *(f"adaptation: {name}" for name in names)} <= seen
    assert any(reason and reason.startswith("load_curve") for reason in seen)
