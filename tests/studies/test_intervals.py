"""Intervals, p-values and Holm's procedure, against tables, hand calculations and known distributions."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from ballast.studies import coverage
from ballast.studies.compare.rules import OURS
from ballast.studies.intervals import Estimate, Samples, estimate, holm, p_value, student_half
from ballast.studies.measures import MEASURES

EVEN: Samples = np.linspace(-1.0, 1.0, 30)
SKEWED: Samples = np.array([0.0] * 24 + [0.01, 0.02, 0.03, 0.05, 0.1, 0.4])


@pytest.mark.parametrize(("mean", "sign"), [(1.1, 1), (-1.1, -1), (1.0, 0), (-0.5, 0), (math.nan, 0)])
def test_a_difference_counts_if_its_interval_leaves_out_zero(mean: float, sign: int) -> None:
    assert Estimate(mean, 1.0).sign == sign


def test_students_interval_is_that_of_the_tables() -> None:
    # t(0.975; 3) = 3.182446, t(0.975; 29) = 2.045230; catches a one-sided quantile, n for n - 1, and n for its root
    assert student_half(2.0, 4) == pytest.approx(3.182446, rel=1e-6)
    assert student_half([3.0, 6.0], 30) == pytest.approx(np.array([3.0, 6.0]) * 2.045230 / math.sqrt(30), rel=1e-6)


def test_without_skew_the_interval_is_hardly_wider_than_students() -> None:
    found = estimate(EVEN)
    student = float(student_half(EVEN.std(ddof=1), 30))
    assert found.mean == pytest.approx(0)
    assert student <= found.half < 1.08 * student


def test_of_few_values_and_of_equal_ones_the_bootstrap_says_nothing() -> None:
    few = SKEWED[-9:]
    assert estimate(few).half == student_half(few.std(ddof=1), 9)
    assert estimate([1.0, 3.0]).half == pytest.approx(12.706205, rel=1e-6)
    assert estimate([2.0] * 12) == Estimate(2.0, 0.0)
    assert math.isnan(estimate([math.nan, 1.0]).half)


def test_skew_widens_the_interval_and_its_side_and_unit_do_not_matter() -> None:
    found = estimate(SKEWED)
    assert found.half > 1.5 * student_half(SKEWED.std(ddof=1), 30)
    # a share near 1 is as sure as what is missing to it: catches an interval that looks at one tail alone
    assert estimate(1 - SKEWED).half == pytest.approx(found.half)
    assert estimate(1e9 * SKEWED).half == pytest.approx(1e9 * found.half)
    assert estimate(SKEWED) == found


@pytest.mark.parametrize("name", coverage.MADE_UP)
def test_intervals_of_30_seeds_cover_skewed_shares(name: str) -> None:
    draw, mean = coverage.MADE_UP[name]
    found = coverage.coverage(draw, mean, 30, trials=500)
    # Catches Student's interval alone, which is too short for the skewed ones.
    assert 0.92 <= found.ours <= 0.99
    assert (found.student < 0.93) == ("skew" not in name)
    assert found.width >= 1


def test_p_values_agree_with_the_interval_on_either_side() -> None:
    samples: tuple[Samples, ...] = (EVEN, SKEWED, 1 - SKEWED)
    for sample in samples:
        found = estimate(sample)
        for side in (-1.0, 1.0):
            inside, outside = (p_value(sample, found.mean + side * share * found.half) for share in (0.99, 1.01))
            assert 0.04 < outside <= 0.05 < inside < 0.06


def test_p_values_are_at_least_students() -> None:
    known = stats.ttest_1samp(EVEN, 0.2).pvalue
    assert known <= p_value(EVEN, 0.2) < 1.3 * known
    assert p_value([1.0, 3.0], 0.0) == pytest.approx(stats.ttest_1samp([1.0, 3.0], 0.0).pvalue)


def test_p_values_at_the_ends() -> None:
    assert p_value(EVEN, 0.0) == pytest.approx(1)
    assert p_value([2.0, 2.0], 2.0) == 1
    assert p_value([2.0, 2.0], 1.0) == 0
    assert p_value([math.nan, 1.0], 0.0) == 1
    # 39,999 resamples tell nothing rarer than one of them: catches a p-value of nothing
    assert p_value(EVEN, 100.0) == 2 / 40_000


def test_holm_by_hand() -> None:
    # 3 x 0.01; 2 x 0.02 = 0.04; 1 x 0.03, raised to the one before. Catches Bonferroni, and steps that fall
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_runs_are_looked_at_where_they_are_skewed(tmp_path: Path) -> None:
    def rows(rule: str, fill: Samples) -> list[dict[str, object]]:
        return [{"rule": rule, "seed": s, **dict.fromkeys(MEASURES, s % 2), "fill": f} for s, f in enumerate(fill)]

    path = tmp_path / "runs.parquet"
    pq.write_table(pa.Table.from_pylist([*rows(OURS, 1 - SKEWED), *rows("random", 1 - EVEN)]), path)
    assert [(title, values.tolist()) for title, values in coverage.of_runs(path)] == [
        ("ours: fill", (1 - SKEWED).tolist())
    ]
