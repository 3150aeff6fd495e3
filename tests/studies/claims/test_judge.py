"""Verdicts, on made samples; the file of claims."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ballast.errors import ParameterError
from ballast.sim.known_populations import POPULATIONS, inhabited
from ballast.sim.scenario import load
from ballast.studies.claims.evidence import FACTORS, LETTERS, OWN, ClaimEvidence, Gathered, of_runs, said
from ballast.studies.claims.judge import (
    CHECKED,
    COUNT,
    FAILS,
    HOLDS,
    OPEN,
    UNDER_ASSUMPTION,
    ClaimLine,
    Verdict,
    judge,
    lines_of,
    read_claims,
    scenario_of,
    verdicts,
)
from ballast.studies.intervals import Samples

NUMBERS = [f"C{n}" for n in range(1, COUNT + 1)]
CHECKS = {"C1", "C2", "C3", "C11", "C14"}
READINGS = {"C2", "C7", "C9", "C10", "C12", "C16", "C20"}
ABOVE: dict[str, Any] = {"statement": "more", "measure": "how much", "above": 0.5}
BELOW: dict[str, Any] = {"statement": "less", "measure": "how much", "below": 0.5}
ASSUMPTIONS = {"rich": "everybody is rich", "poor": "everybody is poor"}
HIGH, LOW, ACROSS = (np.array(values) for values in ([0.6, 0.61, 0.62], [0.4, 0.41, 0.42], [0.1, 0.9, 1.2]))
NEARLY = np.array([0.55, 0.6, 0.65])
"""Beyond 0.5 with a p-value of 0.074."""
JUST = np.array([0.57, 0.6, 0.63])
"""Beyond 0.5 with a p-value of 0.029: alone, not beside another test."""


def lines(claim: dict[str, Any], samples: Samples, number: str = "C3") -> list[ClaimLine]:
    """Make a line to judge of made samples."""
    return lines_of(number, claim, ClaimEvidence(samples))


def judged(*given: ClaimLine) -> list[Verdict]:
    """Judge lines of one population."""
    return verdicts({"uniform": given}, ASSUMPTIONS, 30)["uniform"]


def verdict(claim: dict[str, Any], samples: Samples, **assumed: Samples) -> Verdict:
    """Judge made samples."""
    (found,) = judged(*lines_of("C3", claim, ClaimEvidence(samples, "a note", assumed)))
    return found


@pytest.mark.parametrize(
    ("claim", "samples", "expected"),
    [
        (ABOVE, HIGH, HOLDS),
        (ABOVE, LOW, FAILS),
        (ABOVE, ACROSS, FAILS),
        (ABOVE, NEARLY, FAILS),
        (ABOVE, JUST, HOLDS),
        (BELOW, LOW, HOLDS),
        (BELOW, HIGH, FAILS),
        (BELOW, 1 - ACROSS, FAILS),
        (ABOVE, np.full(3, 0.5), FAILS),
        (BELOW, np.full(3, 0.5), FAILS),
        (ABOVE, np.full(3, math.nan), FAILS),
        (BELOW, np.full(3, math.nan), FAILS),
    ],
)
def test_a_claim_holds_if_the_whole_interval_is_beyond_the_threshold(
    claim: dict[str, Any], samples: Samples, expected: str
) -> None:
    assert verdict(claim, samples).verdict == expected


def test_the_mean_alone_does_not_decide() -> None:
    assert ACROSS.mean() > 0.5
    found = verdict(ABOVE, ACROSS)
    assert found.low is not None
    assert found.estimate is not None
    assert found.low < 0.5 < found.estimate


def test_the_interval_and_the_p_value_are_those_of_the_one_home() -> None:
    found = verdict(ABOVE, np.array([1.0, 2.0, 3.0, 4.0]))
    # t(0.975; 3) = 3.182446 from a table, standard deviation sqrt(5 / 3)
    half = 3.182446 * math.sqrt(5 / 3) / 2
    assert (found.estimate, found.low, found.high) == pytest.approx((2.5, 2.5 - half, 2.5 + half), rel=1e-6)
    assert found.p == found.p_holm == pytest.approx(stats.ttest_1samp([1, 2, 3, 4], 0.5).pvalue)
    assert (found.id, found.threshold, found.seeds, found.note) == ("C3", "above 0.5", 4, "a note")
    assert said(np.array([1.0, 2.0, 3.0, 4.0])) == "2.5 [0.446, 4.55]"


def test_what_is_not_a_number_is_none() -> None:
    found = verdict(ABOVE, np.full(3, math.nan))
    assert (found.estimate, found.low, found.high, found.p) == (None, None, None, 1)


def test_what_is_significant_alone_and_not_beside_others_is_open() -> None:
    one, other = lines(ABOVE, JUST), lines(ABOVE, ACROSS, "C4")
    alone, _ = judged(*one, *other)
    assert alone.verdict == OPEN
    assert alone.p is not None
    assert alone.p_holm == pytest.approx(2 * alone.p)
    # A claim that is settled takes nothing from it, by Holm; one that cannot fail is no test. Catches Bonferroni.
    settled = lines(ABOVE, HIGH + 1.0, "C4")
    assert [v.verdict for v in judged(*one, *settled)] == [HOLDS, HOLDS]
    checked = lines(ABOVE | {"check": "it is so"}, ACROSS, "C4")
    assert [v.verdict for v in judged(*one, *checked)] == [HOLDS, CHECKED]


def test_populations_are_one_family_and_keep_their_own_verdicts() -> None:
    one, other = lines(ABOVE, JUST), lines(ABOVE, LOW)
    checked = lines(ABOVE | {"check": "it is so"}, HIGH, "C4")
    found = verdicts({"uniform": [*one, *checked], "mixed": [*other, *checked]}, ASSUMPTIONS, 30)
    assert {p: [(v.id, v.verdict) for v in of] for p, of in found.items()} == {
        "uniform": [("C3", HOLDS), ("C4", CHECKED)],  # the smaller p-value of the two is the other's
        "mixed": [("C3", FAILS), ("C4", CHECKED)],
    }
    beside = verdicts({"uniform": one, "mixed": lines(ABOVE, ACROSS)}, ASSUMPTIONS, 30)
    assert [of[0].verdict for of in beside.values()] == [OPEN, FAILS]
    (alone,) = judged(*one)
    assert alone.p is not None
    assert (alone.verdict, alone.p_holm) == (HOLDS, alone.p)
    assert beside["uniform"][0].p_holm == pytest.approx(2 * alone.p)


def test_a_check_is_not_tested_and_says_why() -> None:
    found = verdict(ABOVE | {"check": "it is so"}, HIGH)
    assert (found.verdict, found.check, found.p, found.p_holm) == (CHECKED, "it is so", None, None)
    assert verdict(ABOVE | {"check": "it is so"}, LOW).verdict == FAILS
    assert verdict(ABOVE, HIGH).check == ""


@pytest.mark.parametrize(
    ("own", "rich", "poor", "expected"),
    [
        (LOW, HIGH, LOW, UNDER_ASSUMPTION),
        (LOW, LOW, HIGH, UNDER_ASSUMPTION),
        (LOW, LOW, ACROSS, FAILS),
        (ACROSS, HIGH, LOW, UNDER_ASSUMPTION),
        (HIGH, LOW, LOW, HOLDS),
        (HIGH, HIGH, LOW, HOLDS),
        (ACROSS, JUST, ACROSS, OPEN),
    ],
)
def test_an_assumption_saves_what_fails_without_it(own: Samples, rich: Samples, poor: Samples, expected: str) -> None:
    found = verdict(ABOVE, own, rich=rich, poor=poor)
    assert found.verdict == expected
    # the estimate stays that of the contracts' own terms, and what was tried is told whatever came of it
    assert found.estimate == own.mean()
    told = found.assumption.split("; ")
    assert [part.partition(", p ")[0] for part in told] == [
        f"everybody is rich: {said(rich)}",
        f"everybody is poor: {said(poor)}",
    ]
    assert all(part.endswith(" by Holm") for part in told)


@pytest.mark.parametrize("claim", [ABOVE | BELOW, {"statement": "more", "measure": "how much"}])
def test_a_claim_without_one_threshold_is_refused(claim: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"claims\.toml: C3 needs one of above and below"):
        verdict(claim, HIGH)


def test_our_own_reading_is_judged_by_itself() -> None:
    claim = ABOVE | {"reading": {"measure": "how little", "below": 0.7}}
    found = lines_of("C3", claim, ClaimEvidence(LOW, reading=ClaimEvidence(HIGH, "ours")))
    told = judged(*found)
    assert [(v.id, v.measure, v.threshold, v.verdict, v.note) for v in told] == [
        ("C3", "how much", "above 0.5", FAILS, ""),
        ("C3b", "how little", "below 0.7", HOLDS, "ours"),
    ]
    assert told[1].statement == "more"


# The file of claims


def test_the_file_has_every_claim_and_nothing_else() -> None:
    table = read_claims()
    assert sorted(table) == sorted([*NUMBERS, "variants", "assumptions"])
    assert {number for number in NUMBERS if "check" in table[number]} == CHECKS
    assert {number for number in NUMBERS if "reading" in table[number]} == READINGS
    for number in NUMBERS:
        claim = table[number]
        assert isinstance(claim["statement"], str)
        for part in (claim, claim.get("reading", claim)):
            assert set(part) - {"statement", "assumptions", "check", "reading"} in (
                {"measure", "above"},
                {"measure", "below"},
            )
            assert part["measure"]


def test_thresholds_are_as_they_were_fixed() -> None:
    table = read_claims()
    assert {number: table[number].get("above", table[number].get("below")) for number in NUMBERS} == {
        **{"C1": 0.999, "C2": 0.999, "C3": 0.999, "C4": 0.0, "C5": 0.9, "C6": 50.0, "C7": 0.0, "C8": 0.5, "C9": 0.8},
        **{"C10": 0.3, "C11": 0.999, "C12": 0.0, "C13": 0.0, "C14": 2.0, "C15": 0.0, "C16": 10.0, "C17": 0.0},
        **{"C18": 0.95, "C19": 0.79, "C20": 0.0},
    }
    assert [number for number in NUMBERS if "below" in table[number]] == ["C9", "C14", "C16", "C17", "C20"]
    # our own reading is held to the same
    for number in READINGS:
        claim, reading = table[number], table[number]["reading"]
        assert [reading.get(side) for side in ("above", "below")] == [claim.get(side) for side in ("above", "below")]


def test_variants_are_scenarios_and_change_what_their_names_say() -> None:
    table = read_claims()
    assert list(table["assumptions"]) == list(LETTERS)
    found = {name: scenario_of(changes, "mixed", 70) for name, changes in table["variants"].items()}
    for scenario in found.values():
        scenario.validate()
        assert scenario.periods == 70
        assert scenario.bad_share == POPULATIONS["mixed"].fields["bad_share"] > 0
    for letter, terms in ((OWN, "paper"), *((letter, name) for name, letter in LETTERS.items())):
        for digits, factor in {"000": 1e-6, **FACTORS}.items():
            expected = replace(inhabited(load(terms), "mixed"), slashing=factor, periods=70)
            assert found[letter + digits] == expected
    assert scenario_of({}, "uniform", 70) == replace(load("paper"), periods=70)


# What is compared with what


def made(**changes: float) -> tuple[dict[str, dict[str, Samples]], Samples]:
    """Make measurements in which all figures are 0.25, with those changed that are named as ``variant__figure``."""
    variants = read_claims()["variants"]
    o: dict[str, dict[str, Samples]] = {name: defaultdict(lambda: np.full(3, 0.25)) for name in variants}
    efficiency = np.full(3, changes.pop("efficiency", 0.25))
    for name, value in changes.items():
        variant, figure = name.split("__")
        o[variant][figure] = np.full(3, value)
    return o, efficiency


@pytest.mark.parametrize(
    ("number", "changes", "expected"),
    [
        ("C1", {"base__exact": 0.5}, 0.5),
        ("C2", {"rule_of_thumb__beyond": 0.5}, 0.5),
        ("C3", {"base__price_right": 0.5}, 0.5),
        ("C4", {"base__jain": 0.9, "price_only__jain": 0.5}, 0.4),
        ("C5", {"efficiency": 0.5}, 0.5),
        ("C6", {"s001__operators_active": 90, "s050__operators_active": 20}, 70),
        ("C7", {"s003__reward": 0.5, "s010__reward": 0.9, "s020__reward": 0.7}, 0.2),
        ("C7", {"s003__reward": 0.9, "s001__reward": 0.8, "s050__reward": 1.0}, -0.1),
        ("C7", {"s003__reward": 0.5, "s001__reward": 0.8}, -0.3),
        ("C7", {"s010__reward": 0.5, "s020__reward": 0.8}, -0.3),
        ("C8", {"s000__shirked": 0.9, "s010__shirked": 0.1}, 0.8),
        ("C9", {"base__reward_convergence": 0.5}, 0.5),
        ("C10", {"base__reputation_rewards": 0.5}, 0.5),
        ("C11", {"base__edges_exact": 0.5}, 0.5),
        ("C12", {"base__reward_variance": 1.5, "random__reward_variance": 1.2}, 0.3),
        ("C13", {"base__entropy": 0.9, "price_only__entropy": 0.5}, 0.4),
        ("C15", {"base__load_above": 0.1, "no_curve__load_above": 0.4}, 0.3),
        ("C17", {"shock__failures_late": 0.1, "shock_unlearned__failures_late": 0.4}, -0.75),
        ("C20", {"base__price": 0.7, "price_only__price": 0.9}, -0.2),
    ],
)
def test_estimates_are_of_the_variants_their_measures_name(
    number: str, changes: dict[str, float], expected: float
) -> None:
    o, efficiency = made(**changes)
    assert Gathered(o, efficiency, [1, 2, 3])[number].samples == pytest.approx(np.full(3, expected))


@pytest.mark.parametrize(
    ("number", "changes", "expected"),
    [
        ("C2", {"base__beyond": 0.5}, 0.5),
        ("C7", {"s003__profit": 0.5, "s010__profit": 0.9, "s020__profit": 0.7}, 0.2),
        ("C9", {"base__profit_convergence": 0.5}, 0.5),
        ("C10", {"base__reputation_pays": 0.5}, 0.5),
        ("C12", {"base__profit_variance": 1.5, "random__profit_variance": 1.2}, 0.3),
        ("C16", {"shock__reaction_p95": 22.0}, 22.0),
        ("C20", {"base__cost": 0.5, "random__cost": 0.6}, -0.1),
    ],
)
def test_our_readings_are_of_the_variants_their_measures_name(
    number: str, changes: dict[str, float], expected: float
) -> None:
    o, efficiency = made(**changes)
    reading = Gathered(o, efficiency, [1, 2, 3])[number].reading
    assert reading is not None
    assert reading.samples == pytest.approx(np.full(3, expected))


@pytest.mark.parametrize(
    ("outage", "burst", "expected"),
    [
        # Three quarters of all capacity are loaded by nine in ten tasks: all would load five sixths. Two thirds are
        # there in the outage.
        ({"room": 2 / 3, "used": 0.5, "auctioned": 100}, {"room": 1.0, "used": 0.9, "auctioned": 300}, 0.5 * 3 / 2),
        # Three times the tasks would load 2.5 times what there is: what there is, is all that can be loaded.
        ({"room": 2 / 3, "used": 0.6, "auctioned": 100}, {"room": 1.0, "used": 0.8, "auctioned": 300}, 0.8),
        # Where there is room for all, all is what can be loaded, and no more.
        ({"room": 1.0, "used": 0.7, "auctioned": 100}, {"room": 1.0, "used": 0.8, "auctioned": 100}, 0.7 * 6 / 5),
    ],
)
def test_what_is_loaded_under_stress_is_a_share_of_what_could_be(
    outage: dict[str, float], burst: dict[str, float], expected: float
) -> None:
    figures = {"base": {"used": 0.75, "fill": 0.9, "auctioned": 100.0}, "outage": outage, "burst": burst}
    changes = {f"{v}__{name}_stressed": value for v, of in figures.items() for name, value in of.items()}
    o, efficiency = made(**changes)
    assert Gathered(o, efficiency, [1, 2, 3])["C18"].samples == pytest.approx(np.full(3, expected))


@pytest.mark.parametrize(("terms", "letter"), LETTERS.items())
def test_estimates_under_an_assumption_are_of_its_variants(terms: str, letter: str) -> None:
    o, efficiency = made(
        **{f"{letter}001__operators_active": 90.0, f"{letter}050__operators_active": 20.0},
        **{f"{letter}010__reward": 0.75, f"{letter}000__shirked": 0.9},
    )
    gathered = Gathered(o, efficiency, [1, 2, 3])
    for number, expected in (("C6", 70), ("C7", 0.5), ("C8", 0.65)):
        found = gathered[number].assumed
        assert found[terms] == pytest.approx(np.full(3, expected))
        assert all(found[other] == pytest.approx(np.zeros(3)) for other in LETTERS if other != terms)


def test_differences_are_taken_seed_by_seed() -> None:
    o, efficiency = made()
    o["base"]["jain"] = np.array([0.1, 0.5, 0.9])
    o["price_only"]["jain"] = o["base"]["jain"] - 0.01
    (found,) = (v for v in judge({"mixed": Gathered(o, efficiency, [1, 2, 3])}, 30)["mixed"] if v.id == "C4")
    assert found.verdict == HOLDS
    assert found.low == pytest.approx(found.high, abs=1e-9)


def test_every_claim_is_judged_once_in_order_with_our_readings_behind() -> None:
    o, efficiency = made()
    found = judge({"mixed": Gathered(o, efficiency, [1, 2, 3])}, 30)["mixed"]
    assert [v.id for v in found] == [i for n in NUMBERS for i in ([n, n + "b"] if n in READINGS else [n])]
    assert all(v.estimate is not None and v.seeds == 3 for v in found)
    assert all(v.note for v in found if v.id in NUMBERS)
    assert {v.id for v in found if v.check} == CHECKS
    assert all((v.p is None) == (v.p_holm is None) == bool(v.check) for v in found)
    assert {v.id for v in found if v.assumption} == {"C6", "C7", "C7b", "C8", "C19"}


def test_shares_of_runs_are_said_as_counts() -> None:
    assert of_runs(np.ones(60)) == "all 60 runs"
    assert of_runs(np.array([1.0, 0.0, 1.0])) == "2 of 3 runs"
