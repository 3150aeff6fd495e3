"""Parameters that adapt, worked out by hand.

In epoch 3 the coprocessor carries 900 of 1,000 units, which is above F, and the rival 300 of 1,000: the mean load is
0.6, and half of the capacity is above F. Both finish a task well, and the coprocessor fails in a third one as large: a
third of the fees were at stake in faults.
"""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import Any

import pytest

from ballast.model import adaptation, load_curve
from ballast.model.adaptation import AdaptationRules, AdaptationState
from ballast.model.constants import PPM
from ballast.model.load_curve import PRESETS
from tests.support.chain import construct, events, refused
from tests.support.protocol import HUMP, SLASH_TERMS, Market, Protocol
from tests.unit.slasher.test_claim import finish
from tests.unit.slasher.test_slash import Parties, fault, punish

RULES = AdaptationRules(
    fault_target=50_000,
    slash_gain=PPM,
    most_severe=4 * PPM,
    overload_target=100_000,
    full_gain=50_000,
    best_gain=100_000,
)
APART = 2


@pytest.fixture
def adapting() -> Market:
    """Give a market whose parameters adapt from the beginning."""
    return Market(adaptation=astuple(RULES))


def live_through_epoch_three(market: Market) -> None:
    """See above; ends in the first second of epoch 4."""
    tasks = [finish(market, market.coprocessor_address, 10**8, 0), finish(market, market.rival, 10**8, 1)]
    bad = market.late(reward=10**8, slot=2)
    market.next_epoch()
    market.registry.slash([bad], 0, True)
    for account, units in ((market.coprocessor_account, 900), (market.rival_account, 300)):
        market.participants.change_load(account, units, 0, sender=market.registry.address)
    market.registry.settle(tasks, True)
    market.wait(market.terms.rescue_seconds + 1)
    market.registry.fail([bad], True)
    assert market.epoch == 3
    market.next_epoch()


def enter(market: Market, *accounts: int) -> None:
    """Enter accounts, both coprocessors if none are named, and go to the epoch in which parameters adapt to it."""
    market.slasher.claim(list(accounts) or [market.coprocessor_account, market.rival_account])
    market.next_epoch()


def turns(market: Protocol) -> tuple[int, int]:
    """B and F in force."""
    return load_curve.turns(market.participants.curve_in(market.epoch))


def state(market: Protocol) -> AdaptationState:
    """Where the parameters have got to."""
    return AdaptationState(*market.slasher.adaptation_state())


class TestSteps:
    """One step an epoch, of three parameters."""

    def test_by_what_was_observed(self, adapting: Market) -> None:
        """Severity by 1 (1/3 - 0.05), F by 0.05 (0.5 - 0.1), B a tenth of the way to 0.6; in force from epoch 6 on."""
        live_through_epoch_three(adapting)
        enter(adapting)
        assert adapting.slasher.observed_in(3) == (3, 5_880_000, 3_920_000, 2_000, 4_320 * 10**7, 3_600_000)
        adapting.slasher.adapt(sender=adapting.stranger)
        told = {name: events(adapting.slasher, name) for name in ("Adapted", "SeverityScheduled", "CurveScheduled")}
        assert state(adapting) == AdaptationState(3, 1_283_333, 820_000, 510_000)
        assert told["Adapted"] == [(3, 333_333, 600_000, 500_000, 1_283_333, 820_000, 510_000)]
        assert told["SeverityScheduled"] == [(1_283_333, 6)]
        moved = load_curve.moved(PRESETS["hump"], 5_100, 8_200)
        assert told["CurveScheduled"] == [(astuple(moved), 6)]
        assert (adapting.slasher.severity(), turns(adapting)) == (PPM, (5_000, 8_000))
        adapting.next_epoch()
        assert (adapting.slasher.severity(), turns(adapting)) == (1_283_333, (5_100, 8_200))
        assert adapting.participants.curve_in(6) == load_curve.pack(moved)
        assert adapting.slasher.terms() == SLASH_TERMS

    def test_only_those_who_were_entered_count(self, adapting: Market) -> None:
        """The rival alone: no fault, a load of 0.3, nothing above F. The severity cannot fall below one."""
        live_through_epoch_three(adapting)
        enter(adapting, adapting.rival_account)
        adapting.slasher.adapt()
        assert state(adapting) == AdaptationState(3, PPM, 795_000, 480_000)

    def test_nobody_counts_twice(self, adapting: Market) -> None:
        """In one call or in two, with a share of the budget or without: each is entered once."""
        live_through_epoch_three(adapting)
        both = [adapting.coprocessor_account, adapting.rival_account]
        adapting.slasher.claim(both * 2)
        first = adapting.slasher.observed_in(3)
        adapting.slasher.claim(both)
        assert adapting.slasher.observed_in(3) == first
        assert first[3] == 2_000

    def test_who_only_failed_counts_too(self, adapting: Market) -> None:
        """It earns no share of the budget, and is entered once all the same."""
        bad = adapting.late(reward=10**8)
        adapting.next_epoch()
        adapting.registry.slash([bad], 0, True)
        adapting.wait(adapting.terms.rescue_seconds + 1)
        adapting.registry.fail([bad], True)
        adapting.next_epoch()
        for _ in range(2):
            adapting.slasher.claim([adapting.coprocessor_account, adapting.operator_account])
            assert {account for account, _ in events(adapting.slasher, "UptimeSkipped")} >= {adapting.operator_account}
        assert adapting.slasher.observed_in(3)[:4] == (3, 1_960_000, 0, 1_000)
        assert adapting.slasher.weight_of(3) == 0
        adapting.next_epoch()
        adapting.slasher.claim([adapting.coprocessor_account])
        adapting.slasher.adapt()
        assert state(adapting).severity == PPM + 950_000

    def test_each_epoch_once(self, adapting: Market) -> None:
        """A second call in the epoch is refused, and so is one in the next if nobody was entered meanwhile."""
        live_through_epoch_three(adapting)
        enter(adapting)
        adapting.slasher.adapt()
        with refused("slasher: adapted already"):
            adapting.slasher.adapt()
        adapting.next_epoch()
        with refused("slasher: nothing observed"):
            adapting.slasher.adapt()

    def test_not_before_all_can_be_entered(self, adapting: Market) -> None:
        """In the epoch after, others may still enter: there is nothing to adapt to yet."""
        live_through_epoch_three(adapting)
        adapting.slasher.claim([adapting.rival_account])
        with refused("slasher: nothing observed"):
            adapting.slasher.adapt()

    def test_a_change_waits_until_the_last_is_long_enough_ago(self, adapting: Market) -> None:
        """A step in the epoch after moves the state alone; the next one schedules both, where the state has got to."""
        live_through_epoch_three(adapting)
        both = [adapting.coprocessor_account, adapting.rival_account]
        for epoch in (4, 5, 6, 7):
            assert adapting.epoch == epoch
            adapting.slasher.claim(both)
            if epoch > 4:
                adapting.slasher.adapt()
                scheduled = events(adapting.slasher, "SeverityScheduled"), events(adapting.slasher, "CurveScheduled")
                assert [len(each) for each in scheduled] == ([0, 0] if epoch == 6 else [1, 1])
            if epoch in (6, 7):
                assert state(adapting).epoch == epoch - 2
                assert (adapting.slasher.severity(), turns(adapting)) == (1_283_333, (5_100, 8_200))
            task = finish(adapting, adapting.rival, 10**8, epoch)
            adapting.wait(adapting.terms.challenge_seconds + 1)
            adapting.registry.settle([task], True)
            adapting.next_epoch()
        now = state(adapting)
        assert now.severity < 1_283_333
        assert scheduled[0] == [(now.severity, 8)]
        assert (adapting.slasher.severity(), turns(adapting)) == (now.severity, (now.best // 100, now.full // 100))

    def test_what_does_not_move_is_not_scheduled(self) -> None:
        """With no gain for the curve, the severity alone."""
        market = Market(adaptation=astuple(replace(RULES, full_gain=0, best_gain=0)))
        live_through_epoch_three(market)
        enter(market)
        market.slasher.adapt()
        assert state(market) == AdaptationState(3, 1_283_333, 800_000, 500_000)
        assert not events(market.slasher, "CurveScheduled")

    def test_a_step_is_the_twins(self, adapting: Market) -> None:
        """With the shares that the event says, from the state before."""
        before = state(adapting)
        live_through_epoch_three(adapting)
        enter(adapting)
        adapting.slasher.adapt()
        ((epoch, *shares, _, _, _),) = events(adapting.slasher, "Adapted")
        assert state(adapting) == adaptation.adapted_to(RULES, before, epoch, *shares)


class TestSeverity:
    """Of the epoch in which a task was opened last."""

    @pytest.mark.parametrize(("proved", "amounts"), [(False, (1_000, 1_283)), (True, (2_500, 3_208))])
    def test_multiplies_both_factors(self, adapting: Market, proved: bool, amounts: tuple[int, int]) -> None:
        """S of 0.1 and w of 0.25, for tasks opened before and after the change, however late they are slashed."""
        parties = Parties(*(adapting.account(name)[1] for name in ("executor", "harmed", "finder")))
        live_through_epoch_three(adapting)
        enter(adapting)
        adapting.slasher.adapt()
        adapting.next_epoch()
        for opened, amount in ((adapting.now - 3_600, amounts[0]), (adapting.now, amounts[1])):
            factor = 250_000 if proved else 100_000
            words = fault(adapting, parties, reward=1_000, factor=factor, opened=opened, proved=proved)
            punish(adapting, words)
            assert [a for *_, a in events(adapting.slasher, "Slashed")] == [amount]

    def test_stays_when_the_owner_changes_terms(self, adapting: Market) -> None:
        """Terms are the owner's, the severity is not."""
        live_through_epoch_three(adapting)
        enter(adapting)
        adapting.slasher.adapt()
        adapting.wait(APART * 3_600)
        adapting.slasher.set_terms((60_000, *SLASH_TERMS[1:]), sender=adapting.owner)
        adapting.next_epoch()
        assert adapting.slasher.terms()[0] == 60_000
        assert adapting.slasher.severity() == 1_283_333


class TestRules:
    """Who sets them, when, and what is refused."""

    def test_without_rules_nothing_is_observed(self, market: Market) -> None:
        """And nothing adapts; a claim costs no more."""
        live_through_epoch_three(market)
        enter(market)
        assert market.slasher.observed_in(3) == (3, 0, 0, 0, 0, 0)
        assert market.slasher.adaptation_rules() == (0,) * 10
        with refused("slasher: nothing adapts"):
            market.slasher.adapt()

    def test_the_owner_gives_rules_later(self, market: Market) -> None:
        """What is observed from the next epoch on counts; state and base are those of the curve scheduled last."""
        curve = load_curve.moved(PRESETS["hump"], 4_000, 7_000)
        market.slasher.set_curve(astuple(curve), sender=market.owner)
        market.slasher.set_adaptation(astuple(RULES), sender=market.owner)
        assert events(market.slasher, "AdaptationSet") == [(astuple(RULES),)]
        assert market.slasher.adaptation_rules() == astuple(RULES)
        assert state(market) == AdaptationState(2, PPM, 700_000, 400_000)
        live_through_epoch_three(market)
        enter(market)
        market.slasher.adapt()
        assert state(market).full == 720_000

    def test_a_new_curve_is_where_b_and_f_go_on_from(self, adapting: Market) -> None:
        """The owner's curve becomes the one that moves; what was observed under the old one counts no more."""
        live_through_epoch_three(adapting)
        curve = load_curve.moved(PRESETS["hump"], 3_000, 9_000)
        adapting.slasher.set_curve(astuple(curve), sender=adapting.owner)
        assert state(adapting) == AdaptationState(4, PPM, 900_000, 300_000)
        enter(adapting)
        with refused("slasher: adapted already"):
            adapting.slasher.adapt()

    def test_a_curve_that_does_not_suit_the_rules_is_refused(self, adapting: Market) -> None:
        """One whose F is full load cannot be moved."""
        curve = load_curve.designed(0, 10**8, 5_000, 10_000, 0)
        with refused("adaptation: bounds of F"):
            adapting.slasher.set_curve(astuple(curve), sender=adapting.owner)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"fault_target": PPM + 1}, "adaptation: target"),
            ({"overload_target": PPM + 1}, "adaptation: target"),
            ({"slash_gain": 16 * PPM + 1}, "adaptation: slash gain"),
            ({"most_severe": PPM - 1}, "adaptation: severity"),
            ({"most_severe": 16 * PPM + 1}, "adaptation: severity"),
            ({"full_gain": 100_001}, "adaptation: gain of B or F"),
            ({"best_gain": PPM + 1}, "adaptation: gain of B or F"),
            ({"best_low": 0}, "adaptation: bounds of B"),
            ({"best_high": 1_999}, "adaptation: bounds of B"),
            ({"full_low": 5_500}, "adaptation: bounds of F"),
            ({"full_high": 5_999}, "adaptation: bounds of F"),
            ({"full_high": 10_000}, "adaptation: bounds of F"),
            ({"full_low": 5_600}, "load_curve: E or I range"),
            ({"full_high": 9_950}, "load_curve: G range"),
        ],
    )
    def test_bounds(self, market: Market, changes: dict[str, int], reason: str) -> None:
        """Each just outside; the last two would lead to a curve that is not allowed. Nothing is stored then."""
        rules: Any = astuple(replace(RULES, **changes))
        with refused(reason):
            market.slasher.set_adaptation(rules, sender=market.owner)
        assert market.slasher.adaptation_rules() == (0,) * 10

    def test_the_constructor_refuses_too(self) -> None:
        """With the same check, against the curve of the participant registry that it is given."""
        participants = Protocol().participants.address
        with refused("adaptation: severity"):
            construct("Slasher", participants=participants, adaptation=astuple(replace(RULES, most_severe=1)))

    def test_is_the_owners(self, market: Market) -> None:
        """A stranger sets no rules."""
        with refused("ownable: not the owner"):
            market.slasher.set_adaptation(astuple(RULES), sender=market.stranger)

    def test_a_narrower_bound_holds_from_the_next_step_on(self, adapting: Market) -> None:
        """Severity back to one, F and B into their new bounds."""
        live_through_epoch_three(adapting)
        enter(adapting)
        adapting.slasher.adapt()
        narrow = replace(RULES, most_severe=PPM, full_low=9_000, full_high=9_000, best_low=2_000, best_high=2_000)
        adapting.slasher.set_adaptation(astuple(narrow), sender=adapting.owner)
        assert state(adapting) == AdaptationState(5, 1_283_333, 820_000, 510_000)
        task = finish(adapting, adapting.rival, 10**8, 5)
        adapting.next_epoch()
        adapting.registry.settle([task], True)
        adapting.next_epoch()
        enter(adapting)
        adapting.slasher.adapt()
        assert state(adapting) == AdaptationState(6, PPM, 900_000, 200_000)


def test_curves_between_the_corners_are_allowed() -> None:
    """What the check at the corners stands for: every B and F within the bounds passes the curve's own check."""
    assert astuple(PRESETS["hump"]) == HUMP
    for curve in PRESETS.values():
        adaptation.check(RULES, curve)
        for b in range(RULES.best_low, RULES.best_high + 1, 125):
            for f in range(RULES.full_low, RULES.full_high + 1, 125):
                moved = load_curve.moved(curve, b, f)
                load_curve.check(moved)
                words = load_curve.pack(curve), load_curve.pack(moved)
                assert load_curve.peak(words[0]) == load_curve.peak(words[1])
                full = [load_curve.rate(word, 10_000) for word in words]
                assert abs(full[0] - full[1]) <= 1
