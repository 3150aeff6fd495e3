"""Claims that are computed: jumps of the curve, the filter's reaction, theory's window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ballast.model import load_curve
from ballast.model.load_curve import PRESETS
from ballast.sim.scenario import load
from ballast.studies.claims.evidence import FACTORS, LETTERS, OWN, Gathered
from ballast.studies.claims.theory import as_predicted, crossing_time, deterrence_window, jumps, outlier, shape
from tests.studies.claims.test_judge import made


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_no_jump_but_by_rounding_of_their_constants(name: str) -> None:
    assert all(0 <= jump < 0.01 for jump in jumps(PRESETS[name]))


@pytest.mark.parametrize(("field", "at_b", "at_f"), [("d", 50, 50), ("c", 50, 0), ("i", 0, 50)])
def test_a_curve_that_jumps_is_seen_to(field: str, at_b: int, at_f: int) -> None:
    curve = PRESETS["hump"]
    # constants are in nano: 50,000 of them are 50 ppm
    broken = replace(curve, **{field: getattr(curve, field) + 50_000})
    assert [float(jump) for jump in jumps(broken)] == pytest.approx([at_b, at_f], abs=0.01)


def test_the_shape_is_told_of_all_presets() -> None:
    n, words = len(PRESETS), {load_curve.pack(curve): curve.b for curve in PRESETS.values()}
    best = sum(load_curve.rate(word, b) > load_curve.rate(word, 0) for word, b in words.items())
    assert f"of {n} presets {n} take nothing up to F, {n} amplify" in shape()
    assert f"{best} pay most at B" in shape()


def test_the_window_is_that_of_the_incentive_constraints() -> None:
    # (0.743 / 0.38 - 0.9) / 50 and (0.9 * 0.98 - 0.743) / (50 * 0.02)
    assert deterrence_window(load("deterrence")) == pytest.approx((0.0211053, 0.139), rel=1e-5)
    assert deterrence_window(load("faultless")) == deterrence_window(load("deterrence"))
    # (0.2 / 0.38 - 0.9) / 1 and (0.9 * 0.98 - 0.2) / 0.02
    assert deterrence_window(load("paper")) == pytest.approx((-0.373684, 34.1), rel=1e-5)


@pytest.mark.parametrize(
    ("slashing", "shirked", "active", "right"),
    [
        *((0.01, 0.9, 90, 1), (0.01, 0.1, 90, 0), (0.01, 0.9, 49, 0)),
        *((0.1, 0.1, 50, 1), (0.1, 0.9, 50, 0), (0.1, 0.1, 49, 0)),
        *((0.2, 0.1, 49, 1), (0.2, 0.1, 50, 0), (0.2, 0.9, 49, 0)),
    ],
)
def test_a_prediction_is_right_if_effort_and_survival_are(
    slashing: float, shirked: float, active: float, right: int
) -> None:
    found = {"shirked": np.array([shirked]), "operators_active": np.array([float(active)])}
    assert as_predicted(found, replace(load("deterrence"), slashing=slashing)) == [right]


def test_stability_is_the_share_of_factors_foreseen_under_the_terms_of_each_run() -> None:
    stays = {f"{letter}{digits}__operators_active": 100.0 for letter in "sdf" for digits in FACTORS}
    works = {f"{letter}{digits}__shirked": 0.0 for letter in "sdf" for digits in FACTORS}
    o, efficiency = made(**stays, **works)
    found = Gathered(o, efficiency, [1, 2, 3])["C19"]
    # Everybody works and stays: right wherever theory says so, and nowhere else. Under the contracts' terms there is
    # nowhere else; of the others 0.01 asks for shirking, 0.2 and 0.5 for leaving. Catches a share of all five factors,
    # which a network that is always stable passes.
    assert found.samples == pytest.approx(np.full(3, 0.5))
    assert {name: float(samples[0]) for name, samples in found.assumed.items()} == pytest.approx(
        dict.fromkeys(LETTERS, 0.5)
    )
    for letter in LETTERS.values():
        o[f"{letter}001"]["shirked"] = np.array([1.0, 1.0, 0.0])
        o[f"{letter}020"]["operators_active"] = o[f"{letter}050"]["operators_active"] = np.array([0.0, 100.0, 0.0])
    found = Gathered(o, efficiency, [1, 2, 3])["C19"]
    for samples in found.assumed.values():
        assert samples == pytest.approx(np.array([1.0, 2 / 3, 5 / 6]))
    assert OWN not in LETTERS.values()


def test_the_filter_reacts_as_the_score_driven_model_does() -> None:
    times = [crossing_time(np.random.default_rng(i)) for i in range(300)]
    # A model of the same constants in floating point: mean 4.6 periods, 95th percentile 7
    assert np.mean(times) == pytest.approx(4.6, abs=0.5)
    assert np.percentile(times, 95) == pytest.approx(7, abs=1)
    assert crossing_time(np.random.default_rng(1)) == crossing_time(np.random.default_rng(1))


def test_outliers_move_a_student_t_filter_less() -> None:
    # scores 6 * 20 / 405 over 6 * 2 / 9, and 20 over 2
    assert "0.22 times as far as one 2 sigma off, a Gaussian one 10 times" in outlier()
