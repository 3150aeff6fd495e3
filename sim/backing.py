"""Shares of a stake that have no effect: what no task ever locks more for than its reward asks for anyway."""

from __future__ import annotations

from ballast.model import class_packing
from ballast.sim.run import Run
from ballast.sim.scenario import Scenario


def unbinding(scenario: Scenario) -> list[str]:
    """Say of which classes a ``stake_share`` changes no collateral, by the tasks and capacities that a run begins with.

    Parameters
    ----------
    scenario : Scenario
        What is run.
    """
    run = Run(scenario)
    unit = run.parameters.stake_per_unit
    largest = max(int(side.capacity.max()) for side in run.people)
    numbers, found = run.workload.class_numbers(scenario.wash_class), []
    for number, (name, terms) in enumerate(scenario.class_terms().items(), start=1):
        rewards = run.workload.reward[numbers == number]
        if terms.stake_share == 0 or len(rewards) == 0:
            continue
        auction, least = terms.auction(run.parameters.fee), int(rewards.min())
        by_stake = class_packing.collateral(auction, 0, largest * unit)
        by_reward = class_packing.collateral(auction, least, 0)
        if by_stake <= by_reward:
            found.append(
                f"stake_share of class {name} has no effect: it asks for at most {by_stake:,} of a stake, and the "
                f"smallest reward for {by_reward:,}; raise it, or stake_per_unit, which is {unit:,}"
            )
    return found
