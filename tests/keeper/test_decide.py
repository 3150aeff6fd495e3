"""Decisions from a view alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from ballast.client.contracts import GasReputation, TaskRegistry
from ballast.keeper.compute import pack
from ballast.keeper.decide import GAS_CHALLENGE, GAS_POKE_PAGE, decide, order, turn_begins
from ballast.keeper.settings import KeeperSettings
from ballast.keeper.view import Overdue, Own, View
from ballast.model.page_packing import GROUP
from ballast.transact.action import Action
from ballast.transact.settings import GWEI

EPOCH = 10
SECONDS = 3_600
HEADER = (EPOCH - 1) << 192
MINE, OTHER = 5, 6
SETTINGS = KeeperSettings()
REPUTATION, TASKS = GasReputation("0x" + "11" * 20), TaskRegistry("0x" + "22" * 20)


def view(pages: int = 3, written: dict[int, int] | None = None, **changes: object) -> View:
    """Look at a network early in an epoch; nothing is written but what is given."""
    expected = tuple(pack([page * 8 + place for place in range(8)])[0] for page in range(pages))
    words = tuple((written or {}).get(page, 0) for page in range(pages))
    base = View(
        epoch=EPOCH,
        clock=10,
        epoch_seconds=SECONDS,
        expected=expected,
        confirmed=words,
        written=words,
        rank=0,
        keepers=1,
        own=Own(account=MINE, bond=10**9, at_risk=0, free=0, payable=0, balance=10**18),
        bond_per_value=1_000,
        pay_per_value=10,
        gas_price=GWEI,
        overdue=(),
        reputation=REPUTATION,
        tasks=TASKS,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def posted(page: int, poster: int = OTHER, change: int = 0) -> int:
    """Word of a page as somebody posted it; its first value changed."""
    return pack([page * 8 + place + (change if place == 0 else 0) for place in range(8)])[0] | HEADER | poster << 216


def kinds(actions: list[Action]) -> list[str]:
    """Kinds of actions, each once."""
    return list(dict.fromkeys(a.kind for a in actions))


def test_all_pages_are_posted_in_parts_of_a_fixed_division() -> None:
    pages = 2 * GROUP + 7
    actions = decide(view(pages), SETTINGS)
    assert kinds(actions) == ["post"]
    covered = []
    for action in actions:
        epoch, first, words = action.call.arguments
        assert epoch == EPOCH - 1
        assert len(words) <= 128
        assert first // GROUP == (first + len(words) - 1) // GROUP
        covered += list(range(first, first + len(words)))
    assert covered == list(range(pages))
    assert len({item for a in actions for item in a.items}) == len(actions)


def test_what_is_written_is_left() -> None:
    actions = decide(view(5, {0: posted(0), 2: posted(2)}), SETTINGS)
    assert [a.call.arguments[1] for a in actions] == [1]
    assert decide(view(3, {page: posted(page) for page in range(3)}), SETTINGS) == []


def test_a_page_seen_at_the_newest_block_only_is_left_too() -> None:
    seen = replace(view(1), written=(posted(0),))
    assert decide(seen, SETTINGS) == []


def test_the_unit_of_work_is_the_same_whatever_is_missing() -> None:
    items = {a.items for written in ({}, {0: posted(0)}, {2: posted(2)}) for a in decide(view(4, written), SETTINGS)}
    assert items == {("post:9:0",)}


@pytest.mark.parametrize("clock", [SECONDS // 2 - SETTINGS.margin_seconds, SECONDS // 2, SECONDS - 100])
def test_no_post_in_the_second_half(clock: int) -> None:
    assert "post" not in kinds(decide(view(clock=clock), SETTINGS))


def test_turns_fall_into_the_posting_window_one_after_another() -> None:
    begins = [turn_begins(view(rank=rank), SETTINGS) for rank in range(8)]
    assert begins[0] == 0
    assert all(a < b for a, b in pairwise(begins[: SETTINGS.stand_ins + 1]))
    assert max(begins) < SECONDS // 2 - SETTINGS.margin_seconds
    for rank, begin in enumerate(begins[1:], 1):
        assert decide(view(rank=rank, clock=begin - 1), SETTINGS) == []
        assert kinds(decide(view(rank=rank, clock=begin), SETTINGS)) == ["post"]


def test_the_order_changes_and_is_everybodys() -> None:
    keepers = [3, 5, 8]
    assert order(7, keepers) == order(7, keepers[::-1])
    firsts = [order(epoch, keepers)[0] for epoch in range(300)]
    assert all(60 < firsts.count(k) < 140 for k in keepers)


def test_pokes_come_in_the_second_half_by_policy() -> None:
    late = view(40, clock=SECONDS // 2)
    actions = decide(late, SETTINGS)
    assert [len(a.items) for a in actions] == [16, 16, 8]
    assert decide(late, replace(SETTINGS, poke="never")) == []
    assert decide(late, replace(SETTINGS, poke="pays")) == []
    dear = decide(late, replace(SETTINGS, poke="pays", token_wei=10**13))
    assert kinds(dear) == ["poke"]
    assert all(a.must_pay for a in dear)
    assert decide(replace(late, rank=1), SETTINGS) == [], "the first has its turn first"


def test_bond_is_raised_to_what_the_pages_need() -> None:
    own = view().own
    poor = view(3, own=replace(own, bond=4_000, free=10**6))
    assert decide(poor, SETTINGS)[0] == Action(REPUTATION.bond(20_000), EPOCH, ("bond",))
    assert "bond" not in kinds(decide(poor, replace(SETTINGS, bond=False)))
    assert "bond" not in kinds(decide(view(3, own=replace(own, bond=4_000, free=19_999)), SETTINGS))


def test_posts_go_as_far_as_the_bond() -> None:
    own = replace(view().own, bond=17_000, at_risk=8)
    actions = decide(view(3, own=own), replace(SETTINGS, bond=False))
    assert [(a.call.arguments[1], len(a.call.arguments[2])) for a in actions] == [(0, 1)]
    assert decide(view(3, own=replace(own, at_risk=16)), replace(SETTINGS, bond=False)) == []


def test_wrong_values_are_challenged_by_policy() -> None:
    wrong = view(2, {0: posted(0), 1: posted(1, change=5)})
    found = decide(wrong, SETTINGS)
    assert found == [Action(REPUTATION.challenge(9, [1], MINE), 9, ("challenge:9:1",), 4_000)]
    assert decide(wrong, replace(SETTINGS, challenge="never")) == []
    assert decide(wrong, replace(SETTINGS, challenge="pays")) == []
    assert kinds(decide(wrong, replace(SETTINGS, challenge="pays", token_wei=10**15))) == ["challenge"]


def test_keepers_take_turns_at_challenging() -> None:
    wrong = view(2, {0: posted(0, change=5), 1: posted(1, change=5)}, keepers=2)
    clocks = range(0, SECONDS * 3 // 4, 50)
    for clock in clocks:
        shares = [decide(replace(wrong, rank=rank, clock=clock), SETTINGS) for rank in (0, 1)]
        items = [item for actions in shares for a in actions if a.kind == "challenge" for item in a.items]
        assert sorted(items) == ["challenge:9:0", "challenge:9:1"], "each by one"
    for page in (0, 1):
        turns = {decide_challenges(replace(wrong, rank=0, clock=clock), page) for clock in clocks}
        assert turns == {True, False}, "if the other is dead it is the first's turn before long"
    late = replace(wrong, clock=SECONDS * 3 // 4, rank=7)
    assert [a.items for a in decide(late, SETTINGS)] == [("challenge:9:0", "challenge:9:1")], "in the end all are"


def test_wrong_pages_are_challenged_in_lists() -> None:
    """As many in a transaction as in a poke; what the list costs is weighed against all it brings."""
    wrong = view(20, {page: posted(page, change=5) for page in range(20)})
    lists = [a.call.arguments[1] for a in decide(wrong, SETTINGS)]
    assert lists == [tuple(range(16)), tuple(range(16, 20))]
    gain, cost = 4_000, wrong.gas_price * GAS_POKE_PAGE
    worth = cost // gain + 10**9  # each page pays for itself, and one alone not for the transaction
    few = replace(SETTINGS, challenge="pays", token_wei=worth)
    assert decide(view(2, {0: posted(0), 1: posted(1, change=5)}), few) == []
    enough = worth + GAS_CHALLENGE * wrong.gas_price // (gain * 16)
    assert [len(a.call.arguments[1]) for a in decide(wrong, replace(few, token_wei=enough))] == [16]


def test_wrong_values_do_not_crowd_out_what_is_missing() -> None:
    wrong = {page: posted(page, change=5) for page in range(20)}
    early = decide(view(40, wrong), SETTINGS)
    assert kinds(early) == ["post", "challenge"]
    late = decide(view(40, wrong, clock=SECONDS // 2), SETTINGS)
    assert kinds(late) == ["poke", "challenge"]


def decide_challenges(seen: View, page: int) -> bool:
    """Whether a page would be challenged."""
    return any(f"challenge:9:{page}" in a.items for a in decide(seen, SETTINGS))


def test_a_poked_page_a_corrected_value_and_an_unconfirmed_one_are_not_challenged() -> None:
    wrong, right = posted(1, change=5), posted(1)
    assert decide(view(2, {0: posted(0), 1: posted(1, poster=0, change=5)}), SETTINGS) == []
    base = view(2, {0: posted(0), 1: wrong})
    assert decide(replace(base, written=(posted(0), right)), SETTINGS) == []
    assert decide(replace(base, confirmed=(posted(0), 0)), SETTINGS) == []
    assert decide(replace(base, confirmed=(posted(0), right)), SETTINGS) == []


def test_no_bond_behind_own_wrong_values() -> None:
    own = replace(view().own, bond=0, free=10**9)
    assert kinds(decide(view(2, {1: posted(1, MINE, 5)}, own=own), SETTINGS)) == ["challenge"]


def test_pay_is_collected_when_worth_it() -> None:
    done = {0: posted(0)}
    due = view(1, done, own=replace(view().own, payable=1_000))
    assert decide(due, SETTINGS) == []
    found = decide(due, replace(SETTINGS, token_wei=10**15))
    assert [(a.kind, a.gain, a.must_pay) for a in found] == [("collect", 1_000, True)]


def test_tasks_are_moved_on_by_policy_in_batches() -> None:
    overdue = (*(Overdue(task, "slash", gain=task % 2) for task in range(70)), Overdue(99, "settle", 0))
    busy = view(1, {0: posted(0)}, overdue=overdue)
    assert decide(busy, SETTINGS) == []
    paying = decide(busy, replace(SETTINGS, token_wei=10**15))
    assert [(a.kind, len(a.items), a.gain) for a in paying] == [("slash", 32, 32), ("slash", 3, 3)]
    assert paying[0].call == TASKS.slash([*range(1, 65, 2)], MINE, False)
    every = decide(busy, replace(SETTINGS, tasks="always"))
    assert [(a.kind, len(a.items)) for a in every] == [("settle", 1), ("slash", 32), ("slash", 32), ("slash", 6)]
    assert every[0].call == TASKS.settle([99], False)
    assert decide(busy, replace(SETTINGS, tasks="never", token_wei=10**15)) == []


def test_the_first_epoch_has_nothing_to_post() -> None:
    assert decide(view(0, epoch=1), SETTINGS) == []
