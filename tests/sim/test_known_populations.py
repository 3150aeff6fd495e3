"""Populations by name: what they change, who has them, and that the page says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ballast.errors import ParameterError
from ballast.sim.known_populations import FIELDS, OWN, POPULATIONS, described, inhabited, peopled
from ballast.sim.run import run_on
from ballast.sim.scenario import Scenario, load
from tests.docs.blocks import ROOT

SMALL = Scenario(operators=20, coprocessors=30, periods=2, tasks_per_period=60)


def test_every_population_is_a_scenario_and_changes_nothing_but_its_fields() -> None:
    for name, scenario in peopled(SMALL).items():
        scenario.validate()
        kept = {field: getattr(SMALL, field) for field in FIELDS}
        assert replace(scenario, **kept) == SMALL
        assert scenario == inhabited(SMALL, name) == replace(SMALL, **POPULATIONS[name].fields)
        assert described(name)["fields"] == POPULATIONS[name].fields
    assert list(peopled(SMALL)) == list(POPULATIONS) == ["uniform", "mixed"]


def test_uniform_is_what_scenarios_have() -> None:
    for name in ("market", "paper", "deterrence", "faultless"):
        assert peopled(load(name))["uniform"] == load(name)


def test_in_mixed_a_fifth_of_both_kinds_are_bad() -> None:
    for people in run_on(peopled(SMALL, ["mixed"])["mixed"]).people:
        bad = people.traits["quality"] == 0.6
        assert bad.sum() == len(bad) // 5
        assert (np.flatnonzero(bad) != np.arange(bad.sum())).any()


def test_who_has_people_of_its_own_is_looked_at_with_them_alone() -> None:
    own = replace(SMALL, bad_share=0.4)
    assert peopled(own) == {OWN: own}
    with pytest.raises(ParameterError, match=r"bad_share is 0\.4, and --population decides it: give one of the two"):
        peopled(own, ["uniform"])


@pytest.mark.parametrize("names", [["martians"], [""], ["uniform", OWN]])
def test_a_population_that_is_not_known_is_refused(names: list[str]) -> None:
    with pytest.raises(ParameterError, match="--population has"):
        peopled(SMALL, names)


def test_the_page_has_them_all() -> None:
    page = (ROOT / "docs" / "simulation.md").read_text(encoding="utf-8")
    for name, known in POPULATIONS.items():
        fields = ", ".join(f"`{field} = {value:g}`" for field, value in known.fields.items())
        assert f"- **`{name}`** ({fields}): " in page
