"""What was measured for each claim: the estimate by seed, the same under assumptions, and what else is worth saying."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from ballast.model.load_curve import PRESETS
from ballast.sim.scenario import load
from ballast.studies.claims.theory import TASKS, Samples, as_predicted, crossing_time, jumps, outlier, shape, window
from ballast.studies.compare.study import estimate

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
class Evidence:
    """What was measured for a claim.

    Attributes
    ----------
    samples : array
        The estimate, by seed.
    note : str
        What else is worth saying.
    assumed : mapping
        The estimate under assumptions, by name and seed.
    """

    samples: Samples
    note: str
    assumed: Mapping[str, Samples] = field(default_factory=dict)


def said(samples: Samples) -> str:
    """Mean with its interval, in words."""
    e = estimate(samples.tolist())
    return f"{e.mean:.3g} [{e.mean - e.half:.3g}, {e.mean + e.half:.3g}]"


def of_runs(passed: Samples) -> str:
    """Say in how many runs something was so, given 1 or 0 for each."""
    count, runs = int(passed.sum()), len(passed)
    return f"all {runs} runs" if count == runs else f"{count} of {runs} runs"


class Gathered:
    """Evidence for the claims, by their numbers: ``gathered["C1"]``.

    Parameters
    ----------
    o : mapping
        Measurements of the variants.
    efficiency : mapping
        Allocative efficiency of the market, by figure and seed.
    seeds : sequence of int
        In the order of the measurements.
    """

    def __init__(self, o: Observed, efficiency: Mapping[str, Samples], seeds: Sequence[int]) -> None:
        self.o, self.efficiency, self.seeds = o, efficiency, seeds
        self.base = o["base"]

    def __getitem__(self, number: str) -> Evidence:
        found: Evidence = getattr(self, f"_{number.lower()}")()
        return found

    # Words

    def _mean(self, variant: str, name: str) -> str:
        return f"{float(np.mean(self.o[variant][name])):.3g}"

    def _ours(self, name: str) -> str:
        return self._mean("base", name)

    def _share(self, variant: str, name: str) -> str:
        """Say a share in percent, so that nobody takes it for a count."""
        return f"{float(np.mean(self.o[variant][name])):.1%}"

    def _less(self, variant: str, name: str) -> str:
        """Say the base's figure less that of a variant, paired by seed."""
        return said(self.base[name] - self.o[variant][name])

    def _by_factor(self, letter: str, name: str) -> str:
        return ", ".join(self._mean(letter + digits, name) for digits in FACTORS)

    def _under_all(self, name: str) -> str:
        """Say a figure by slashing factor, under the contracts' terms and the assumptions."""
        parts = (f"{terms} {self._by_factor(letter, name)}" for terms, letter in LETTERS.items())
        return "; ".join((f"at s = {', '.join(map(str, FACTORS.values()))}: {self._by_factor(OWN, name)}", *parts))

    def _at_none_and_some(self, name: str) -> str:
        """Say a figure at s = 0 and 0.1, under the contracts' terms and the assumptions."""
        parts = (
            f"{terms}{self._mean(letter + '000', name)} and {self._mean(letter + '010', name)}"
            for terms, letter in (("", OWN), *((f"{terms} ", letter) for terms, letter in LETTERS.items()))
        )
        return "; ".join(parts)

    # Numbers

    def _under_assumptions(self, find: Callable[[str], Samples]) -> dict[str, Samples]:
        return {name: find(letter) for name, letter in LETTERS.items()}

    def _fewer(self, letter: str) -> Samples:
        return self.o[f"{letter}001"]["operators_active"] - self.o[f"{letter}050"]["operators_active"]

    def _best(self, letter: str, name: str, digits: Sequence[str]) -> Samples:
        found: Samples = np.max([self.o[letter + d][name] for d in digits], axis=0)
        return found

    def _moderate(self, letter: str, name: str) -> Samples:
        return self._best(letter, name, ("003", "010")) - self._best(letter, name, ("001", "020", "050"))

    def _deterred(self, letter: str) -> Samples:
        return self.o[f"{letter}000"]["shirked"] - self.o[f"{letter}010"]["shirked"]

    def _stable(self, letter: str) -> Samples:
        terms = load(next((name for name, other in LETTERS.items() if other == letter), "paper"))
        cases = [as_predicted(self.o[letter + d], replace(terms, slashing=s)) for d, s in FACTORS.items()]
        return np.asarray(np.mean(cases, axis=0), dtype=np.float64)

    # Claims

    def _c1(self) -> Evidence:
        opened = self.base["tasks"]
        exact = all(bool(figures["exact"].min() == 1) for figures in self.o.values())
        return Evidence(
            self.base["exact"],
            f"{opened.min():,.0f} to {opened.max():,.0f} tasks opened a run; "
            f"{'exact' if exact else 'NOT exact'} in all runs of all variants",
        )

    def _c2(self) -> Evidence:
        rule = "rule_of_thumb"
        return Evidence(
            self.o[rule]["beyond"],
            f"tasks of every tenth period; operators could execute {self._share(rule, 'own_within')} of those they "
            f"took themselves. Mean complexity {self._mean(rule, 'complexity_auctioned')} auctioned, "
            f"{self._mean(rule, 'complexity_own')} own. Operators that weigh costs, as in all other claims, could have "
            f"executed {float(np.mean(1 - self.base['beyond'])):.1%} of what they auction",
        )

    def _c3(self) -> Evidence:
        return Evidence(
            self.base["price_right"],
            f"tasks of every tenth period; {self._share('base', 'first_step')} are won at the first step, 0.98 of the "
            f"reward; price paid on average {self._ours('price')}",
        )

    def _c4(self) -> Evidence:
        return Evidence(
            self.base["jain"] - self.o["price_only"]["jain"],
            f"Jain index {self._ours('jain')}; less random's {self._less('random', 'jain')}, less two choices' "
            f"{self._less('two_choices', 'jain')}. 95th percentile of loads less price only's "
            f"{self._less('price_only', 'load_p95')}. Winners' load before they won less the mean load "
            f"{said(self.base['winners_gap'])}",
        )

    def _c5(self) -> Evidence:
        return Evidence(
            self.efficiency["efficiency_lp"],
            f"{said(self.efficiency['efficiency_patient'])} of the bound if nobody is loaded beyond what it accepts. "
            f"Welfare as a share of all rewards {self._ours('welfare')}; less random's "
            f"{self._less('random', 'welfare')}, less price only's {self._less('price_only', 'welfare')}, less two "
            f"choices' {self._less('two_choices', 'welfare')}",
        )

    def _c6(self) -> Evidence:
        return Evidence(
            self._fewer(OWN),
            f"operators active at period 100 {self._under_all('operators_active_100')}. At the end "
            f"{self._under_all('operators_active')}. Coprocessors at the end {self._under_all('coprocessors_active')}",
            self._under_assumptions(self._fewer),
        )

    def _c7(self) -> Evidence:
        paid = ", ".join(f"{name} {said(self._moderate(of, 'earned'))}" for name, of in LETTERS.items())
        return Evidence(
            self._moderate(OWN, "profit"),
            f"profit as a share of all rewards {self._under_all('profit')}. Counting what was paid less slashes, but "
            f"not what work costs, as the paper's figure may, the measure is {said(self._moderate(OWN, 'earned'))}; "
            f"{paid}",
            self._under_assumptions(lambda letter: self._moderate(letter, "profit")),
        )

    def _c8(self) -> Evidence:
        return Evidence(
            self._deterred(OWN),
            f"s = 0 stands for a millionth. Faults at s = 0 and 0.1: {self._at_none_and_some('faults')}. Failures: "
            f"{self._at_none_and_some('failures')}. Paid less slashes, as a share of all rewards: "
            f"{self._at_none_and_some('earned')}",
            self._under_assumptions(self._deterred),
        )

    def _c9(self) -> Evidence:
        return Evidence(
            self.base["convergence"],
            f"of the operators that stay {said(self.base['convergence_stayed'])}. Heavy tasks delegated and settled: "
            f"{self._ours('delegated_early')} in the first tenth, {self._ours('delegated_late')} in the last. Without "
            f"learning the measure is {said(self.o['no_learning']['convergence'])}, with mandates shared out evenly "
            f"{said(self.o['even_mandates']['convergence'])}",
        )

    def _c10(self) -> Evidence:
        return Evidence(
            self.base["reputation_pays"],
            f"of those that stay {said(self.base['reputation_pays_stayed'])}; when the AVS shares tasks out evenly "
            f"{said(self.o['even_mandates']['reputation_pays'])}. With total income instead of profit per unit of "
            f"capacity {said(self.base['reputation_rewards'])}; shared out evenly "
            f"{said(self.o['even_mandates']['reputation_rewards'])}. Reputation and capacity: "
            f"{said(self.base['reputation_capacity'])}",
        )

    def _c11(self) -> Evidence:
        return Evidence(
            self.base["edges_exact"],
            f"{float(self.base['edges'].mean()):,.0f} tasks a run over {self._share('base', 'pairs')} of the pairs, "
            "rescued own tasks among them",
        )

    def _c12(self) -> Evidence:
        return Evidence(
            self.base["variance_ratio"],
            f"of those that take part in a period; mean profit per unit of capacity {self._ours('low_mean')} in the "
            f"lower third, {self._ours('high_mean')} in the upper",
        )

    def _c13(self) -> Evidence:
        return Evidence(
            self.base["entropy"],
            f"largest share {self._ours('largest_share')}, an even one would be 0.01; coprocessors have work in "
            f"{self._share('base', 'busy')} of the periods they take part in; "
            f"{self._ours('coprocessors_active')} of 100 are left at the end",
        )

    def _c14(self) -> Evidence:
        largest = max(float(max(jumps(curve))) for curve in PRESETS.values())
        return Evidence(np.full(len(self.seeds), largest), shape())

    def _c15(self) -> Evidence:
        def both(name: str) -> str:
            return f"{self._ours(name)} with the curve, {self._mean('no_curve', name)} without"

        return Evidence(
            self.o["no_curve"]["load_above"] - self.base["load_above"],
            f"above F {both('load_above')}; mean distance from B, of capacity, {both('load_from_b')}; 95th percentile "
            f"of loads {both('load_p95')}; slashed of all rewards {both('slashes')}; coprocessors at the end "
            f"{both('coprocessors_active')}",
        )

    def _c16(self) -> Evidence:
        simulated = self.o["shock"]["reaction_p95"]
        times = [[crossing_time(np.random.default_rng([16, seed, i])) for i in range(CHANGES)] for seed in self.seeds]
        return Evidence(
            np.percentile(times, 95, axis=1),
            f"{TASKS} equal tasks an epoch, the filter as the contracts have it. In the simulated shock, with tasks "
            f"of unequal value, {said(simulated)} periods, for {self._share('shock', 'reaction_share')} of those hit. "
            f"{outlier()}",
        )

    def _c17(self) -> Evidence:
        def course(variant: str, name: str) -> str:
            return ", ".join(self._mean(variant, f"{name}_{when}") for when in ("early", "stressed", "late"))

        with_learning, without = (self.o[name]["failures_late"] for name in ("shock", "shock_unlearned"))
        return Evidence(
            with_learning / without - 1,
            f"failures in the first tenth, the middle third and the last tenth of the run {course('shock', 'failures')}"
            f"; without learning {course('shock_unlearned', 'failures')}. Auctioned tasks sold in the last tenth: "
            f"{self._mean('shock', 'fill_late')}; without learning {self._mean('shock_unlearned', 'fill_late')}. "
            f"Coprocessors at the end: {self._mean('shock', 'coprocessors_active')}; without learning "
            f"{self._mean('shock_unlearned', 'coprocessors_active')}",
        )

    def _c18(self) -> Evidence:
        exact = np.concatenate([self.o[name]["exact"] for name in ("outage", "burst")])
        return Evidence(
            self.o["outage"]["fill_stressed"],
            f"the same periods without the outage {self._ours('fill_stressed')}; in a burst of three times the tasks "
            f"{self._mean('burst', 'fill_stressed')}. Tasks that expired though somebody had room and funds, of those "
            f"auctioned in the whole run: {self._mean('outage', 'idle_expired')}; without stress "
            f"{self._ours('idle_expired')}. Balances add up in {of_runs(exact)}",
        )

    def _c19(self) -> Evidence:
        def bounds(terms: str) -> str:
            low, high = window(load(terms))
            return f"{low:.3g} and {high:.3g}"

        return Evidence(
            self._stable(OWN),
            f"s_IC and s_IR are {bounds('paper')} under the contracts' terms: theory foresees effort and staying at "
            f"all five factors, and no border is tested; {bounds('deterrence')} under the assumptions. Shirked "
            f"{self._under_all('shirked')}. Operators at the end {self._under_all('operators_active')}",
            self._under_assumptions(self._stable),
        )

    def _c20(self) -> Evidence:
        return Evidence(
            self.base["price"] - self.o["random"]["price"],
            f"price {self._ours('price')}; less price only's {self._less('price_only', 'price')}, less two choices' "
            f"{self._less('two_choices', 'price')}. Auctioned tasks sold, less price only's "
            f"{self._less('price_only', 'fill')}, less random's {self._less('random', 'fill')}",
        )
