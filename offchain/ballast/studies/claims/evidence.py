"""What was measured for each claim: the estimate by seed, the same under assumptions, and what else is worth saying."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from ballast.model.constants import PPM
from ballast.model.load_curve import PRESETS
from ballast.sim.scenario import load
from ballast.studies.claims.theory import (
    TASKS,
    as_predicted,
    crossing_time,
    deterrence_window,
    jumps,
    outlier,
    shape,
)
from ballast.studies.intervals import Samples, estimate

FACTORS: Final = {"001": 0.01, "003": 0.03, "010": 0.1, "020": 0.2, "050": 0.5}
"""The paper's slashing factors, by the digits in the names of variants; the letter before says under which terms."""
OWN: Final = "s"
"""The letter of the contracts' own terms."""
LETTERS: Final = {"deterrence": "d", "faultless": "f"}
"""The letters of the assumptions."""
CHANGES: Final = 200
"""Changes of quality looked at for a seed."""
Observed = Mapping[str, Mapping[str, Samples]]
"""By variant and by figure, one number a seed."""


@dataclass(frozen=True)
class ClaimEvidence:
    """What was measured for a claim.

    Attributes
    ----------
    samples : array
        The estimate, by seed.
    note : str
        What else is worth saying.
    assumed : mapping
        The estimate under assumptions, by name and seed.
    reading : ClaimEvidence or None
        What was measured for our own reading of the claim.
    """

    samples: Samples
    note: str = ""
    assumed: Mapping[str, Samples] = field(default_factory=dict)
    reading: ClaimEvidence | None = None


def said(samples: Samples) -> str:
    """Mean with its interval, in words."""
    found = estimate(samples.tolist())
    return f"{found.mean:.3g} [{found.mean - found.half:.3g}, {found.mean + found.half:.3g}]"


def of_runs(passed: Samples) -> str:
    """Say in how many runs something was so, given 1 or 0 for each."""
    count, runs = int(passed.sum()), len(passed)
    return f"all {runs} runs" if count == runs else f"{count} of {runs} runs"


class Gathered:
    """Evidence for the claims, by their numbers: ``gathered["C1"]``.

    Parameters
    ----------
    observed : mapping
        Measurements of the variants.
    efficiency : array
        Allocative efficiency of the market, by seed.
    seeds : sequence of int
        In the order of the measurements.
    """

    def __init__(self, observed: Observed, efficiency: Samples, seeds: Sequence[int]) -> None:
        self.observed, self.efficiency, self.seeds = observed, efficiency, seeds
        self.base = observed["base"]

    def __getitem__(self, number: str) -> ClaimEvidence:
        return CLAIMS[number](self)

    # Words

    def mean(self, variant: str, name: str) -> str:
        """Say the mean of a figure of a variant."""
        return f"{float(np.mean(self.observed[variant][name])):.3g}"

    def ours(self, name: str) -> str:
        """Say the mean of a figure of the base."""
        return self.mean("base", name)

    def share(self, variant: str, name: str) -> str:
        """Say a share in percent, so that nobody takes it for a count."""
        return f"{float(np.mean(self.observed[variant][name])):.1%}"

    def less(self, variant: str, name: str) -> str:
        """Say the base's figure less that of a variant, paired by seed."""
        return said(self.base[name] - self.observed[variant][name])

    def by_factor(self, letter: str, name: str) -> str:
        """Say the means of a figure under some terms, by slashing factor."""
        return ", ".join(self.mean(letter + digits, name) for digits in FACTORS)

    def under_all(self, name: str) -> str:
        """Say a figure by slashing factor, under the contracts' terms and the assumptions."""
        parts = (f"{terms} {self.by_factor(letter, name)}" for terms, letter in LETTERS.items())
        return "; ".join((f"at s = {', '.join(map(str, FACTORS.values()))}: {self.by_factor(OWN, name)}", *parts))

    def at_none_and_some(self, name: str) -> str:
        """Say a figure at s = 0 and 0.1, under the contracts' terms and the assumptions."""
        parts = (
            f"{terms}{self.mean(letter + '000', name)} and {self.mean(letter + '010', name)}"
            for terms, letter in (("", OWN), *((f"{terms} ", letter) for terms, letter in LETTERS.items()))
        )
        return "; ".join(parts)

    # Numbers

    def under_assumptions(self, find: Callable[[str], Samples]) -> dict[str, Samples]:
        """Find something under each of the assumptions, given the letter of its terms."""
        return {name: find(letter) for name, letter in LETTERS.items()}

    def fewer(self, letter: str) -> Samples:
        """Count the operators that the highest slashing factor drives away."""
        return self.observed[f"{letter}001"]["operators_active"] - self.observed[f"{letter}050"]["operators_active"]

    def best(self, letter: str, name: str, digits: Sequence[str]) -> Samples:
        """Take the best of a figure at some slashing factors."""
        found: Samples = np.max([self.observed[letter + d][name] for d in digits], axis=0)
        return found

    def moderate(self, letter: str, name: str) -> Samples:
        """Take the best of a figure at a moderate slashing factor, less the best at others."""
        return self.best(letter, name, ("003", "010")) - self.best(letter, name, ("001", "020", "050"))

    def deterred(self, letter: str) -> Samples:
        """Take the share of tasks without effort at no slashing, less that at s = 0.1."""
        return self.observed[f"{letter}000"]["shirked"] - self.observed[f"{letter}010"]["shirked"]

    def stable(self, letter: str) -> Samples:
        """Take the share of slashing factors at which effort and survival are as theory says, inside and outside.

        The mean of the share of those where theory expects both, and of the others; nothing is right where none lie.
        """
        terms = load(next((name for name, other in LETTERS.items() if other == letter), "paper"))
        low, high = deterrence_window(terms)
        inside = np.array([low <= s < high for s in FACTORS.values()])
        cases = [as_predicted(self.observed[letter + d], replace(terms, slashing=s)) for d, s in FACTORS.items()]
        right = np.array(cases)
        sides = [right[side].mean(axis=0) if side.any() else np.zeros(right.shape[1]) for side in (inside, ~inside)]
        return np.asarray(np.mean(sides, axis=0), dtype=np.float64)

    def withstood(self, stress: str) -> Samples:
        """Take the capacity loaded under a stress, as a share of what could have been.

        Without the stress the tasks sold load a share of all capacity, and all auctioned ones would load more by as
        much as was not sold. Under the stress more are auctioned, or less capacity is there. Loads are compared, not
        numbers of tasks: where room is short, small tasks find some and large ones do not.
        """
        calm, stressed = self.base, self.observed[stress]
        wanted = calm["used_stressed"] / calm["fill_stressed"]
        wanted = wanted * stressed["auctioned_stressed"] / calm["auctioned_stressed"]
        return np.asarray(stressed["used_stressed"] / np.minimum(stressed["room_stressed"], wanted), dtype=np.float64)


def exact_counts(runs: Gathered) -> ClaimEvidence:
    """C1: Every task opened ends once or is under way, and every token is accounted for."""
    opened = runs.base["tasks"]
    exact = all(bool(figures["exact"].min() == 1) for figures in runs.observed.values())
    return ClaimEvidence(
        runs.base["exact"],
        f"{opened.min():,.0f} to {opened.max():,.0f} tasks opened a run; "
        f"{'exact' if exact else 'NOT exact'} in all runs of all variants",
    )


def beyond_own_complexity(runs: Gathered) -> ClaimEvidence:
    """C2: Operators auction what they cannot execute."""
    rule = "rule_of_thumb"
    return ClaimEvidence(
        runs.observed[rule]["beyond"],
        "tasks opened in the last wave of every tenth period; operators could execute "
        f"{runs.share(rule, 'own_within')} of those they took themselves. Mean complexity "
        f"{runs.mean(rule, 'complexity_auctioned')} auctioned, {runs.mean(rule, 'complexity_own')} own. Operators that "
        "weigh costs, as in all other claims, could have executed "
        f"{float(np.mean(1 - runs.base['beyond'])):.1%} of what they auction",
        reading=ClaimEvidence(runs.base["beyond"]),
    )


def prices_on_the_clock(runs: Gathered) -> ClaimEvidence:
    """C3: The price paid is that of the step a task was won at."""
    cap = load("paper").task_class().cap / PPM
    return ClaimEvidence(
        runs.base["price_right"],
        f"tasks of every tenth period. Auctions start at their mandate's start price, {runs.ours('start')} of the "
        f"reward on average and at most {cap:g}; {runs.share('base', 'first_step')} are won at the first step; price "
        f"paid on average {runs.ours('price')}",
    )


def even_load(runs: Gathered) -> ClaimEvidence:
    """C4: The auction spreads load more evenly than by price alone."""
    return ClaimEvidence(
        runs.base["jain"] - runs.observed["price_only"]["jain"],
        f"Jain index {runs.ours('jain')}; less random's {runs.less('random', 'jain')}, less two choices' "
        f"{runs.less('two_choices', 'jain')}. 95th percentile of loads less price only's "
        f"{runs.less('price_only', 'load_p95')}. Winners' load before they won less the mean load "
        f"{said(runs.base['winners_gap'])}",
    )


def efficient_assignment(runs: Gathered) -> ClaimEvidence:
    """C5: The assignment is close to the optimum."""
    return ClaimEvidence(
        runs.efficiency,
        f"Welfare as a share of all rewards {runs.ours('welfare')}; less random's "
        f"{runs.less('random', 'welfare')}, less price only's {runs.less('price_only', 'welfare')}, less two "
        f"choices' {runs.less('two_choices', 'welfare')}",
    )


def operators_leave(runs: Gathered) -> ClaimEvidence:
    """C6: The slashing factor drives operators away."""
    return ClaimEvidence(
        runs.fewer(OWN),
        f"operators active at period 100 {runs.under_all('operators_active_100')}. At the end "
        f"{runs.under_all('operators_active')}. Coprocessors at the end {runs.under_all('coprocessors_active')}",
        runs.under_assumptions(runs.fewer),
    )


def moderate_slashing_pays(runs: Gathered) -> ClaimEvidence:
    """C7: A moderate slashing factor earns participants most."""
    return ClaimEvidence(
        runs.moderate(OWN, "reward"),
        f"as a share of all rewards {runs.under_all('reward')}",
        runs.under_assumptions(lambda letter: runs.moderate(letter, "reward")),
        ClaimEvidence(
            runs.moderate(OWN, "profit"),
            f"as a share of all rewards {runs.under_all('profit')}",
            runs.under_assumptions(lambda letter: runs.moderate(letter, "profit")),
        ),
    )


def slashing_deters(runs: Gathered) -> ClaimEvidence:
    """C8: Without slashing participants shirk."""
    return ClaimEvidence(
        runs.deterred(OWN),
        f"s = 0 stands for a millionth. Faults at s = 0 and 0.1: {runs.at_none_and_some('faults')}. Failures: "
        f"{runs.at_none_and_some('failures')}. Settled rewards less slashes, as a share of all rewards: "
        f"{runs.at_none_and_some('reward')}",
        runs.under_assumptions(runs.deterred),
    )


def rewards_converge(runs: Gathered) -> ClaimEvidence:
    """C9: Operators' rewards converge over time."""

    def others(name: str) -> str:
        evenly = said(runs.observed["even_mandates"][name])
        return f"without learning {said(runs.observed['no_learning'][name])}, with mandates shared out evenly {evenly}"

    return ClaimEvidence(
        runs.base["reward_convergence"],
        f"of the operators that stay {said(runs.base['reward_convergence_stayed'])}; {others('reward_convergence')}. "
        f"Heavy tasks delegated and settled: {runs.ours('delegated_early')} in the tenth after the start-up, "
        f"{runs.ours('delegated_late')} in the last",
        reading=ClaimEvidence(runs.base["profit_convergence"], others("profit_convergence")),
    )


def reputation_earns(runs: Gathered) -> ClaimEvidence:
    """C10: Operators of higher reputation earn more."""
    evenly = runs.observed["even_mandates"]
    return ClaimEvidence(
        runs.base["reputation_rewards"],
        f"of those that stay {said(runs.base['reputation_rewards_stayed'])}; when the AVS shares tasks out evenly "
        f"{said(evenly['reputation_rewards'])}",
        reading=ClaimEvidence(
            runs.base["reputation_pays"],
            f"when the AVS shares tasks out evenly {said(evenly['reputation_pays'])}. Reputation and capacity: "
            f"{said(runs.base['reputation_capacity'])}",
        ),
    )


def edges_add_up(runs: Gathered) -> ClaimEvidence:
    """C11: Each settled task flows from one operator to one coprocessor."""
    return ClaimEvidence(
        runs.base["edges_exact"],
        f"{float(runs.base['edges'].mean()):,.0f} tasks a run over {runs.share('base', 'pairs')} of the pairs, "
        "rescued own tasks among them",
    )


def rewards_vary_with_load(runs: Gathered) -> ClaimEvidence:
    """C12: Coprocessors' rewards vary more at high loads."""

    def beside(name: str) -> str:
        return f"{said(runs.base[name])} under our auction, {said(runs.observed['random'][name])} at random"

    return ClaimEvidence(
        runs.base["reward_variance"] - runs.observed["random"]["reward_variance"],
        f"{beside('reward_variance')}: a sum of more prices varies more under any rule",
        reading=ClaimEvidence(
            runs.base["profit_variance"] - runs.observed["random"]["profit_variance"], beside("profit_variance")
        ),
    )


def no_monopoly(runs: Gathered) -> ClaimEvidence:
    """C13: All coprocessors are used."""
    return ClaimEvidence(
        runs.base["entropy"] - runs.observed["price_only"]["entropy"],
        f"entropy {runs.ours('entropy')} of its maximum; less random's {runs.less('random', 'entropy')}. Largest share "
        f"{runs.ours('largest_share')}, an even one would be 0.01; coprocessors have work in "
        f"{runs.share('base', 'busy')} of the periods they take part in; {runs.ours('coprocessors_active')} of 100 are "
        "left at the end",
    )


def curve_is_continuous(runs: Gathered) -> ClaimEvidence:
    """C14: The load curve has no jump."""
    largest = max(float(max(jumps(curve))) for curve in PRESETS.values())
    return ClaimEvidence(np.full(len(runs.seeds), largest), shape())


def curve_prevents_overload(runs: Gathered) -> ClaimEvidence:
    """C15: The load curve keeps coprocessors from overload."""

    def both(name: str) -> str:
        return f"{runs.ours(name)} with the curve, {runs.mean('no_curve', name)} without"

    return ClaimEvidence(
        runs.observed["no_curve"]["load_above"] - runs.base["load_above"],
        f"above F {both('load_above')}; mean distance from B, of capacity, {both('load_from_b')}; 95th percentile "
        f"of loads {both('load_p95')}; slashed of all rewards {both('slashes')}; coprocessors at the end "
        f"{both('coprocessors_active')}",
    )


def reputation_reacts(runs: Gathered) -> ClaimEvidence:
    """C16: The reputation follows a change quickly."""
    times = [[crossing_time(np.random.default_rng([16, seed, i])) for i in range(CHANGES)] for seed in runs.seeds]
    return ClaimEvidence(
        np.percentile(times, 95, axis=1),
        f"{TASKS} equal tasks an epoch, the filter as the contracts have it. {outlier()}",
        reading=ClaimEvidence(
            runs.observed["shock"]["reaction_p95"],
            f"tasks of unequal value; {runs.share('shock', 'reaction_share')} of those hit get there",
        ),
    )


def learning_adapts(runs: Gathered) -> ClaimEvidence:
    """C17: Learning lets the network adapt to a change."""

    def course(variant: str, name: str) -> str:
        return ", ".join(runs.mean(variant, f"{name}_{when}") for when in ("early", "stressed", "late"))

    with_learning, without = (runs.observed[name]["failures_late"] for name in ("shock", "shock_unlearned"))
    return ClaimEvidence(
        with_learning / without - 1,
        f"failures in the tenth after the warm-up, the middle third and the last tenth of the run "
        f"{course('shock', 'failures')}; without learning {course('shock_unlearned', 'failures')}. Auctioned tasks "
        f"sold in the last tenth: {runs.mean('shock', 'fill_late')}; without learning "
        f"{runs.mean('shock_unlearned', 'fill_late')}. Coprocessors at the end: "
        f"{runs.mean('shock', 'coprocessors_active')}; without learning "
        f"{runs.mean('shock_unlearned', 'coprocessors_active')}",
    )


def stress_is_withstood(runs: Gathered) -> ClaimEvidence:
    """C18: The network withstands bursts and outages."""
    exact = np.concatenate([runs.observed[name]["exact"] for name in ("outage", "burst")])
    outage, burst = (runs.withstood(name) for name in ("outage", "burst"))
    return ClaimEvidence(
        np.minimum(outage, burst),
        f"outage {said(outage)}, burst {said(burst)}. Auctioned tasks sold: {runs.mean('outage', 'fill_stressed')} in "
        f"the outage, {runs.mean('burst', 'fill_stressed')} in the burst of three times the tasks, "
        f"{runs.ours('fill_stressed')} without. Tasks that expired though somebody had room and funds, of those "
        f"auctioned in the whole run: {runs.mean('outage', 'idle_expired')}; without stress "
        f"{runs.ours('idle_expired')}. Balances add up in {of_runs(exact)}",
    )


def stable_where_predicted(runs: Gathered) -> ClaimEvidence:
    """C19: The network is stable at the slashing factors where theory says so."""

    def bounds(terms: str) -> str:
        low, high = deterrence_window(load(terms))
        return f"{low:.3g} and {high:.3g}"

    return ClaimEvidence(
        runs.stable(OWN),
        f"s_IC and s_IR are {bounds('paper')} under the contracts' terms: all five factors lie between them, and "
        f"none outside can be right; {bounds('deterrence')} under the assumptions. Shirked "
        f"{runs.under_all('shirked')}. Operators at the end {runs.under_all('operators_active')}",
        runs.under_assumptions(runs.stable),
    )


def auction_is_cheap(runs: Gathered) -> ClaimEvidence:
    """C20: The auction is cost-efficient."""
    return ClaimEvidence(
        runs.base["price"] - runs.observed["price_only"]["price"],
        f"price {runs.ours('price')}; less that of a random assignment, which pays the cap, "
        f"{runs.less('random', 'price')}. Auctioned tasks sold, less price only's {runs.less('price_only', 'fill')}, "
        f"less random's {runs.less('random', 'fill')}",
        reading=ClaimEvidence(
            runs.base["cost"] - runs.observed["random"]["cost"],
            f"cost {runs.ours('cost')}; less price only's {runs.less('price_only', 'cost')}, less two choices' "
            f"{runs.less('two_choices', 'cost')}",
        ),
    )


CLAIMS: Final[Mapping[str, Callable[[Gathered], ClaimEvidence]]] = {
    "C1": exact_counts,
    "C2": beyond_own_complexity,
    "C3": prices_on_the_clock,
    "C4": even_load,
    "C5": efficient_assignment,
    "C6": operators_leave,
    "C7": moderate_slashing_pays,
    "C8": slashing_deters,
    "C9": rewards_converge,
    "C10": reputation_earns,
    "C11": edges_add_up,
    "C12": rewards_vary_with_load,
    "C13": no_monopoly,
    "C14": curve_is_continuous,
    "C15": curve_prevents_overload,
    "C16": reputation_reacts,
    "C17": learning_adapts,
    "C18": stress_is_withstood,
    "C19": stable_where_predicted,
    "C20": auction_is_cheap,
}
"""What is measured for each claim, by its number."""
