"""Figures can be read: by everybody, in print, with units; and they are the same each time."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from ballast.studies.figures.catalogue import FIGURES, draw, drawn
from ballast.studies.figures.coprocessors import Integers, dealt, shares
from ballast.studies.figures.files import content, themed
from ballast.studies.figures.loads import best, reward_by_load
from ballast.studies.figures.operators import averages, course, extremes, together, variation, while_active
from ballast.studies.figures.results import read
from ballast.studies.figures.style import (
    COLUMN,
    INK,
    LINES,
    NARROW,
    PAPER,
    RULE,
    WIDE,
    Picture,
    apart,
    line_style,
    stretches,
    token_scale,
)
from tests.sim.results import write_run

NUMBERS = range(1, 10)


@pytest.fixture(scope="module")
def pictures(runs: Path) -> list[Picture]:
    """All figures of several runs."""
    return [picture for _, picture in drawn(read(runs)) if isinstance(picture, Picture)]


def test_all_nine_are_drawn(pictures: list[Picture]) -> None:
    assert [picture.number for picture in pictures] == list(NUMBERS) == list(FIGURES)


def test_every_axis_has_its_unit(pictures: list[Picture]) -> None:
    for picture in pictures:
        for axes in picture.figure.axes:
            if not axes.axison:
                continue
            shared = not any(label.get_visible() for label in axes.get_xticklabels())
            labels = [axes.get_ylabel()] + ([] if shared or not axes.get_xticklabels() else [axes.get_xlabel()])
            for label in labels:
                assert re.search(r"\(.+\)", label), (picture.number, label)


def test_lines_differ_without_their_colours() -> None:
    assert len({str(look["linestyle"]) for look in LINES}) == len({look["marker"] for look in LINES}) == len(LINES)


@pytest.mark.parametrize("points", [1, 2, 7, 40, 1_000])
def test_every_line_has_a_marker(points: int) -> None:
    for i in range(7):
        first, step = line_style(i, points)["markevery"]
        assert 0 <= first < points
        assert step >= 1


def test_titles_and_descriptions_hold_no_missing_number(pictures: list[Picture]) -> None:
    for picture in pictures:
        assert picture.title
        assert len(picture.alt) > 100
        assert not re.search(r"\bnan\b|\binf\b|None", picture.seen + picture.alt)


def test_the_same_directory_gives_the_same_bytes(runs: Path, pictures: list[Picture]) -> None:
    for number, again in drawn(read(runs)):
        assert isinstance(again, Picture)
        assert content(again, "svg") == content(pictures[number - 1], "svg"), number
    assert content(draw(2, read(runs)), "png") == content(draw(2, read(runs)), "png")


def test_files_carry_no_date_and_no_program(pictures: list[Picture]) -> None:
    svg, png = content(pictures[3], "svg"), content(pictures[3], "png")
    assert b"dc:date" not in svg
    assert b"matplotlib.org" not in svg.split(b"<defs>")[0].split(b"<metadata>")[-1]
    assert b"Software" not in png


def test_the_page_can_set_ink_and_paper(pictures: list[Picture]) -> None:
    for picture in pictures:
        svg = themed(picture)
        assert not any(colour in svg for colour in (INK, RULE, PAPER))
        assert "var(--ink)" in svg
        root = ElementTree.fromstring(svg)
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"] == picture.alt
        names = set(re.findall(r'\bid="([^"]+)"', svg))
        assert all(name.startswith(f"f{picture.number}-") for name in names)
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) <= names


def test_themed_figures_have_no_title_and_files_do(pictures: list[Picture]) -> None:
    picture = pictures[1]
    inline, whole = themed(picture), content(picture, "svg").decode()
    assert "<!-- Figure 2." in whole
    assert "<!-- Figure 2." not in inline


def test_token_amounts_are_short() -> None:
    assert token_scale(np.array([-2.5e9, 3.0])) == (1e9, "billion token units")
    assert token_scale(np.array([999_999.0]), np.array([])) == (1e3, "thousand token units")
    assert token_scale(np.array([])) == (1.0, "token units")


# Figure 3


def test_who_has_left_is_not_counted() -> None:
    profit = np.array([[5.0, 1.0, 0.0], [0.0, 2.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    known = while_active(profit, np.array([True, False, False]))
    nan = np.nan
    np.testing.assert_array_equal(known, [[5, 1, nan], [0, 2, nan], [4, nan, nan], [0, nan, nan]])


def test_spread_needs_two_operators_and_a_profit() -> None:
    nan = np.nan
    spread = variation(np.array([[1.0, 3.0, nan], [2.0, nan, nan], [-1.0, -3.0, 0.0], [nan, nan, nan]]))
    np.testing.assert_array_equal(spread, [0.5, nan, nan, nan])


def test_means_leave_out_what_is_missing() -> None:
    values = np.array([[1.0, 7.0], [3.0, np.nan], [5.0, np.nan]])
    np.testing.assert_array_equal(averages(values, stretches(3, 2)), [[2.0, 7.0], [5.0, np.nan]])


def test_stretches_are_equally_long_but_for_the_last() -> None:
    assert stretches(1_000, 40).tolist() == list(range(0, 1_001, 25))
    assert stretches(7, 3).tolist() == [0, 3, 6, 7]
    assert stretches(2, 40).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        (0.79, "In this run operators' rewards converge"),
        (0.81, "In this run operators' rewards do not converge"),
        (1.26, "In this run operators' rewards diverge"),
    ],
)
def test_what_figure_3_says(last: float, verdict: str) -> None:
    spread = np.concatenate([np.full(10, 1.0), np.full(80, 9.0), np.full(10, last)])
    assert course(np.ones((100, 12)), spread) == (
        f"{verdict}: their spread is 1.00 in the first tenth after the start-up (12 operators, 10 periods) and "
        f"{last:.2f} in the last (12 operators, 10 periods)"
    )


@pytest.mark.parametrize(
    ("operators", "periods", "said"),
    [
        (9, 100, "cannot be told from 9 operators: their spread is 1.00 "),
        (10, 100, "In this run operators' rewards converge: their spread is 1.00 "),
        (10, 50, "In this run operators' rewards converge: their spread is 1.00 "),
        (10, 49, "cannot be told from 4 periods: their spread is 1.00 "),
        (10, 10, "cannot be told from 1 period: their spread is 1.00 "),
    ],
)
def test_figure_3_does_not_judge_a_thin_run(operators: int, periods: int, said: str) -> None:
    spread = np.full(periods, 1.0)
    spread[-(periods // 10) :] = 0.1
    assert said in course(np.ones((periods, operators)), spread)


def test_figure_3_does_not_judge_a_market_that_is_gone() -> None:
    profit = np.where(np.arange(20)[:, None] < 10, 1.0, np.nan) * np.ones((1, 3))
    assert course(profit, variation(profit)) == (
        "Whether operators' rewards converge cannot be told: no period of the last tenth has a spread, which needs two "
        "operators and a profit (no operators)"
    )


ALONE = "No correlation of operators' reputation and reward can be told"


@pytest.mark.parametrize(
    ("reputation", "reward", "said"),
    [
        (np.arange(10), np.arange(10), "In this run operators' reputation and reward rise together: rank correlation "),
        (np.arange(10), -np.arange(10), "In this run operators' reputation and reward run against each other: rank "),
        (np.arange(9), np.arange(9), f"{ALONE}: rank correlation +1.00 over 9 operators"),
        (np.arange(3), np.arange(3), f"{ALONE}: rank correlation +1.00 over 3 operators"),
        (np.arange(100), np.tile([1, 2], 50), f"{ALONE}: rank correlation +0.02 over 100 operators"),
        (np.arange(2), np.arange(2), f"{ALONE} from 2 operators"),
        (np.arange(1), np.arange(1), f"{ALONE} from 1 operator"),
        (np.ones(50), np.arange(50), f"{ALONE} from 50 operators"),
    ],
)
def test_what_figure_4_says(reputation: Integers, reward: Integers, said: str) -> None:
    found = together(reputation.astype(float), reward.astype(float), np.full(len(reward), fill_value=True))
    assert found.startswith(said)


def test_figure_5_compares_the_operators_drawn_with_the_others() -> None:
    none, many = np.zeros((5, 3)), np.ones((10, 3))
    few = np.hstack([many[:5, :1], none[:, 1:]])
    assert dealt(few, np.vstack([few, many])).endswith(
        "The 5 operators dealt with 1 of all 3 coprocessors on average, the 10 others with 3"
    )
    assert "others" not in dealt(few, np.vstack([few, many[:9]]))
    assert dealt(none, np.vstack([none, many])) == "Of 15 pairs none dealt with each other"


def test_what_figure_6_says() -> None:
    load = np.arange(1_000.0)
    for reward, said in (
        (load, "In this run reward rises with load (rank correlation +1.00 over 1,000 coprocessor-periods)"),
        (-load, "In this run reward falls with load (rank correlation -1.00 over 1,000 coprocessor-periods)"),
        (load % 2, "From 1,000 coprocessor-periods no correlation of load and reward can be told (rank correlation "),
        (0 * load, "From 1,000 coprocessor-periods no correlation of load and reward can be told"),
    ):
        assert reward_by_load(load, reward).startswith(said)
    load = np.arange(2_000.0)
    hardly = reward_by_load(load, np.where(load < 50, load, load * 7_919 % 2_000))
    assert hardly.startswith("In this run reward hardly depends on load (rank correlation +0.0")


def test_what_figure_7_says() -> None:
    tasks = np.zeros((12, 4))
    assert shares(tasks) == "Of 4 coprocessors none gets a task in 12 periods"
    tasks[0, 1] = 2
    assert shares(tasks) == (
        "Of 4 coprocessors 1 had tasks in the first tenth of the periods (1 period), 0 in the last; the busiest had "
        "100.0% of all 2 tasks, an even share is 25.0%"
    )


def test_figure_9_compares_loads_only_where_there_are_several() -> None:
    assert best(np.array([40.0]), np.array([1.0]), [25]).startswith("only one range of loads has as many as 20")
    assert best(np.array([42.5, 47.5]), np.array([1.0, 2.0]), [25, 1_030]) == (
        "the mean profit is largest at loads from 45 to 50% (1,030 of them)"
    )


def test_captions_of_a_thin_run_judge_nothing(tmp_path: Path) -> None:
    thin = write_run(tmp_path / "thin", operators=3, coprocessors=4, periods=20, tasks_per_period=2)
    said = [(picture.seen, picture.alt) for _, picture in drawn(read(thin)) if isinstance(picture, Picture)]
    assert len(said) >= 5
    for text in (text for both in said for text in both):
        assert not re.search(r"In this run operators|others with|\b1 periods|\b0 operators", text)


def test_captions_of_a_full_run_judge(tmp_path: Path) -> None:
    # Where demand is steady, so are loads, and nothing can be told of them.
    changes = {"operators": 30, "coprocessors": 20, "periods": 60, "tasks_per_period": 200, "arrivals": "seasonal"}
    full = write_run(tmp_path / "full", **changes)
    seen = {number: picture.seen for number, picture in drawn(read(full)) if isinstance(picture, Picture)}
    assert seen[3].startswith("In this run operators' rewards ")
    assert seen[3].endswith("in the last (30 operators, 5 periods)")
    assert "others with" in seen[5]
    assert seen[6].startswith("In this run reward by unit of capacity rises with load ")


def test_figure_3_says_each_periods_extremes() -> None:
    low, high = extremes(np.array([0.4, 0.9, np.nan, 0.2, np.nan, np.nan]), stretches(6, 3))
    np.testing.assert_array_equal(low, [0.4, 0.2, np.nan])
    np.testing.assert_array_equal(high, [0.9, 0.2, np.nan])


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([0.2, 0.5], [0.2, 0.5]),
        ([0.5, 0.5], [0.45, 0.55]),
        ([0.0, 0.0, 0.0], [0.0, 0.1, 0.2]),
        ([0.98, 1.0], [0.9, 1.0]),
        ([0.3, 0.32, 0.45], [0.256667, 0.356667, 0.456667]),
    ],
)
def test_names_stand_apart_and_within_the_panel(heights: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(apart(np.array(heights), 0.1), expected, atol=1e-6)


def test_text_has_one_size_and_nothing_is_cut_off(runs: Path) -> None:
    for look in (COLUMN, NARROW, WIDE):
        for number in NUMBERS:
            picture = draw(number, read(runs), look)
            svg = themed(picture)
            sizes = {float(size) for size in re.findall(r"font-size: ([0-9.]+)px", svg)}
            assert sizes == {look.font}, (number, look)
            whole = picture.figure.get_tightbbox()
            width, height = picture.figure.get_size_inches()
            assert min(whole.x0, whole.y0, width - whole.x1, height - whole.y1) > -0.02, (number, look)


def test_the_title_stands_above_legends_and_panels(pictures: list[Picture]) -> None:
    for picture in pictures:
        content(picture, "svg")
        (title,) = picture.figure.texts
        boxes = [legend.get_window_extent() for legend in picture.figure.legends]
        boxes += [box for axes in picture.figure.axes if (box := axes.get_tightbbox())]
        assert max(box.y1 for box in boxes) < title.get_window_extent().y0 + 1, picture.number


def test_legends_stand_beside_panels(pictures: list[Picture]) -> None:
    for picture in pictures:
        content(picture, "svg")
        panels = [box for axes in picture.figure.axes if (box := axes.get_tightbbox())]
        for legend in picture.figure.legends:
            box = legend.get_window_extent()
            assert all(box.y0 > panel.y1 - 1 or box.y1 < panel.y0 + 1 for panel in panels), picture.number


# Values


def test_points_to_point_at_lie_on_the_marks(pictures: list[Picture]) -> None:
    svg = ElementTree.fromstring(content(pictures[3], "svg"))
    space = "{http://www.w3.org/2000/svg}"
    (axes,) = (g for g in svg.iter(f"{space}g") if g.get("id") == "axes_1")
    lines = [g for g in axes if (g.get("id") or "").startswith("line2d")]
    marks = [(float(u.attrib["x"]), float(u.attrib["y"])) for g in lines for u in g.iter(f"{space}use")]
    hits = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in svg.iter(f"{space}circle")]
    assert len(hits) == len(pictures[3].table.rows) == 8
    assert len(marks) == 8
    for x, y in hits:
        assert min(np.hypot(x - across, y - down) for across, down in marks) < 0.2


def test_every_figure_tells_its_values_when_pointed_at(pictures: list[Picture]) -> None:
    for picture in pictures:
        svg = ElementTree.fromstring(content(picture, "svg"))
        (hits,) = (g for g in svg.iter() if g.get("class") == "hits")
        assert hits.get("pointer-events") == "all"
        titles = [place.findtext("{http://www.w3.org/2000/svg}title") for place in hits]
        assert titles == [hit.text for hit in picture.hits]
        assert titles
        for place in hits:
            x, y, across, down = _box(place)
            assert x >= 0
            assert y >= 0
            assert x + across <= 4.6 * 72 + 0.1
            assert y + down <= picture.figure.get_size_inches()[1] * 72 + 0.1


def _box(place: ElementTree.Element) -> tuple[float, float, float, float]:
    """Box of a place to point at."""
    known = {name: float(value) for name, value in place.items() if re.fullmatch(r"-?[0-9.]+", value)}
    if "r" in known:
        return known["cx"], known["cy"], 0, 0
    if "width" in known:
        return known["x"], known["y"], known["width"], known["height"]
    numbers = [float(n) for n in re.findall(r"[0-9.]+", place.attrib["d"])]
    across, down = numbers[::2], numbers[1::2]
    return min(across), min(down), max(across) - min(across), max(down) - min(down)
