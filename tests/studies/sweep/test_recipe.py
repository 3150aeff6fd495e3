"""Points, seeds, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ballast.errors import ParameterError
from ballast.sim.scenario import Scenario
from ballast.studies.sweep import code
from ballast.studies.sweep.recipe import Recipe, recipe_of, values_of

BASE = Scenario(periods=3, seed=7)


def test_points_are_all_combinations_and_the_last_axis_varies_fastest() -> None:
    recipe = recipe_of(BASE, {"slashing": (0.1, 0.5), "preset": ("hump", "monotone"), "watch": (9,)}, 2)
    found = [(p.slashing, p.preset, p.watch, p.periods) for p in recipe.points()]
    assert found == [(0.1, "hump", 9, 3), (0.1, "monotone", 9, 3), (0.5, "hump", 9, 3), (0.5, "monotone", 9, 3)]
    assert list(recipe.axes) == ["slashing", "preset"]


def test_seeds_are_those_of_the_children_of_the_root_and_more_of_them_change_none() -> None:
    few, many = (Recipe(BASE, {}, n).replicate_seeds() for n in (3, 40))
    children = np.random.SeedSequence(7).spawn(3)
    assert few == [int(child.generate_state(1, np.uint64)[0]) // 2 for child in children]
    assert many[:3] == few
    assert len(set(many)) == 40
    assert max(many) < 2**63


@pytest.mark.parametrize(
    "recipe",
    [
        recipe_of(BASE, {"slashing": (0.1, 0.5), "learning": (True, False)}, 4),
        recipe_of(BASE, {"workload": (Path("/one.swf"), Path("/two.swf"))}, 1),
        recipe_of(BASE, {"workload": (Path("/one.swf"),)}, 1),
        recipe_of(BASE, {}, 1, 4),
    ],
)
def test_a_recipe_survives_its_file(recipe: Recipe) -> None:
    again = Recipe.from_table(json.loads(json.dumps(recipe.to_table())), "sweep.json")
    assert again == recipe
    assert again.identity() == recipe.identity()


def test_identity_changes_with_whatever_changes_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_of(BASE, {"slashing": (0.1, 0.5)}, 3)
    others = [
        recipe_of(BASE, {"slashing": (0.5, 0.1)}, 3),
        recipe_of(BASE, {"slashing": (0.1, 0.4)}, 3),
        recipe_of(BASE, {"slashing": (0.1, 0.5)}, 4),
        recipe_of(Scenario(periods=3, seed=8), {"slashing": (0.1, 0.5)}, 3),
        recipe_of(Scenario(periods=4, seed=7), {"slashing": (0.1, 0.5)}, 3),
    ]
    assert len({r.identity() for r in (recipe, *others)}) == 6
    before = recipe.identity()
    monkeypatch.setattr("ballast.studies.sweep.recipe.fingerprint", lambda: "other code")
    assert recipe.identity() != before


def test_the_fingerprint_is_of_the_files_a_run_goes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in code.SOURCES:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "one.py").write_text("1\n")
    monkeypatch.setattr(code, "PACKAGE", tmp_path)
    prints = []
    for change in (None, "sim/one.py", "model/one.py", "sim/notes.txt", "one.py"):
        if change:
            (tmp_path / change).write_text("2\n")
        code.fingerprint.cache_clear()
        prints.append(code.fingerprint())
    code.fingerprint.cache_clear()
    assert len(set(prints[:3])) == 3
    assert prints[2] == prints[3] == prints[4]


def test_the_simulator_is_among_the_files_of_the_fingerprint() -> None:
    """It is linked into the package, and a search that stops at links would leave it out."""
    assert {path.name for path in code.files("sim")} >= {"run.py", "steps.py", "play.py"}


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("slashing", "0.1, 1", (0.1, 1.0)),
        ("watch", "5,50", (5, 50)),
        ("preset", "hump,smooth", ("hump", "smooth")),
        ("learning", "true,false", (True, False)),
        ("workload", "/a/b.swf", (Path("/a/b.swf"),)),
    ],
)
def test_values_are_of_their_field_s_kind(name: str, text: str, values: tuple[Any, ...]) -> None:
    found = values_of(name, text)
    assert found == values
    assert [type(v) for v in found] == [type(v) for v in values] or name == "workload"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("slash", "0.1", "'slash' is no field"),
        ("slashing", "0.1,x", "slashing is 'x': give a number"),
        ("slashing", "", "slashing is '': give a number"),
        ("watch", "1.5", "watch is '1.5': give a whole number"),
        ("learning", "yes", "learning is 'yes': give true or false"),
    ],
)
def test_values_of_another_kind_are_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        values_of(name, text)


@pytest.mark.parametrize(
    ("given", "seeds", "sobol", "said"),
    [
        ({}, 0, None, "--seeds is 0"),
        ({}, 10_001, None, "--seeds is 10001"),
        ({"seed": (1, 2)}, 1, None, "seed is no axis"),
        ({"slashing": (0.1, 0.2, 0.1)}, 1, None, "slashing has a value twice"),
        ({"slashing": (0.1, 1.5)}, 1, None, "--slashing is 1.5"),
        ({"slashing": (0.1, float("nan"))}, 1, None, "--slashing is nan"),
        ({"preset": ("hump", "flat")}, 1, None, "--preset is 'flat'"),
        ({"watch": (5, 6)}, 1, 4, "--sobol chooses its points: give one value of watch"),
        ({"slashing": (0.1,)}, 1, 4, "--sobol varies slashing from 0.01 to 0.5"),
        ({}, 1, 0, "--sobol is 0: give a power of two"),
        ({}, 1, 12, "--sobol is 12: give a power of two"),
        ({}, 1, 2**17, "--sobol is 131072: give a power of two"),
    ],
)
def test_what_cannot_be_run_is_refused(given: dict[str, Any], seeds: int, sobol: int | None, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        recipe_of(BASE, given, seeds, sobol)
