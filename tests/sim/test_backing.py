"""Shares of a stake that have no effect are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ballast.cli import main
from ballast.model.constants import PPM
from ballast.model.parameters import ContractParameters
from ballast.sim.backing import unbinding
from ballast.sim.run import Run, run_on
from ballast.sim.scenario import Scenario, load, with_contracts

SMALL = Scenario(operators=6, coprocessors=8, periods=4, tasks_per_period=60, stake_share=0.01, seed=5)


def backed(stake_per_unit: int) -> Scenario:
    """Scenario with some stake behind a unit of capacity."""
    network = replace(SMALL.network(), stake_per_unit=stake_per_unit)
    return with_contracts(SMALL, ContractParameters(network, None), "here")


def test_a_share_is_told_up_to_the_stake_from_which_on_it_binds() -> None:
    run = Run(SMALL)
    largest = max(int(side.capacity.max()) for side in run.people)
    light = run.workload.class_numbers(SMALL.wash_class) == 1
    least = [int(run.workload.reward[some].min()) for some in (light, ~light)]
    edge = [-(-reward * 100 // largest) for reward in least]  # a hundredth of the stake is as much as the reward
    assert edge[0] < edge[1]
    for unit, told in ((edge[0] - 1, 2), (edge[0] + 1, 1), (edge[1] + 1, 0)):
        assert len(unbinding(backed(unit))) == told
    assert unbinding(SMALL)[0].startswith("stake_share of class light has no effect: it asks for at most")


def test_what_is_told_to_have_no_effect_has_none_and_what_is_not_has_one() -> None:
    def total(scenario: Scenario) -> tuple[str, str]:
        return str(run_on(replace(scenario, stake_share=0.0)).digest), str(run_on(scenario).digest)

    without, with_it = total(SMALL)
    assert unbinding(SMALL)
    assert without == with_it
    without, with_it = total(backed(40_000))
    assert not unbinding(backed(40_000))
    assert without != with_it


def test_scenarios_that_are_shipped_have_none_and_no_share_is_silent() -> None:
    assert not any(terms.stake_share for terms in load("classes").class_terms().values())
    stakes = load("stakes")
    assert stakes.task_class().stake_share == 0.12 * PPM
    assert not unbinding(replace(stakes, periods=5))
    assert unbinding(replace(SMALL, stake_share=0.0)) == []


@pytest.mark.parametrize(("share", "lines"), [(0.01, 2), (0.0, 0)])
def test_the_user_is_warned_in_a_line_for_each_class(share: float, lines: int, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"[ours]\noperators = 6\ncoprocessors = 8\nstake_share = {share}\n")
    arguments = ["simulate", "--engine", "twin", "--scenario", str(path), "--periods", "3", "--out"]
    result = CliRunner(mix_stderr=False).invoke(main, [*arguments, str(tmp_path / "run")])
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("ballast: warning: stake_share of class") == lines
