"""Registering a task class: its terms, their bounds, and where they are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ballast.model.parameters import ClassParameters
from tests.support.chain import events, refused
from tests.support.contract_words import fields
from tests.support.protocol import DAY, PLAIN, Protocol

DAYS_5 = 5 * DAY
ADJUDICATOR = "0x" + "44" * 20


@pytest.fixture
def avs(protocol: Protocol) -> tuple[str, int]:
    """Give an account that registers classes."""
    return protocol.account("avs")


def test_classes_are_numbered_from_one(protocol: Protocol, avs: tuple[str, int]) -> None:
    """Each registration makes a new class, also with the same terms."""
    assert [protocol.task_class(avs[0]) for _ in range(2)] == [1, 2]
    assert protocol.registry.class_count() == 2


def test_class_belongs_to_the_caller(protocol: Protocol, avs: tuple[str, int]) -> None:
    """By its escrow account; no class belongs to nobody."""
    class_id = protocol.task_class(avs[0])
    assert protocol.registry.avs_of(class_id) == avs[1]
    assert protocol.registry.avs_of(class_id + 1) == 0


def test_terms_are_kept_as_given(protocol: Protocol, avs: tuple[str, int]) -> None:
    """Every term in its place in the two words, with the fee in force and the AVS filled in."""
    terms = ClassParameters(
        steps=63,
        step_seconds=2**11 - 1,
        start=654_321,
        start_gain=12_300,
        start_target=56_000,
        cap=901_000,
        floor=403_000,
        tick=17_000,
        idle_discount=71_000,
        load_bonus=302_000,
        load_malus=7_003_000,
        record_weight=3_004_000,
        record_level=905_000,
        hard_quality=1,
        min_executor_reputation=123_000,
        collateral=3_000_001,
        stake_share=40_100,
        operator_share=40_200,
        submit_seconds=1_009,
        rescue_seconds=2_003,
        challenge_seconds=3_001,
        slash_factor=90_001,
        wrong_factor=345_678,
        min_operator_reputation=234_000,
        complexity=65_535,
        min_reward=2**80 - 1,
    )
    auction, opening = protocol.registry.class_words(protocol.task_class(avs[0], terms))
    widths = (6, 16, 10, 10, 10, 10, 10, 13, 12, 10, 1, 10, 22, 14, 14, 18, 18, 18, 11, 20)
    shares = (3_000_001, 401, 402)
    windows = (1_009, 2_003, 3_001)
    assert fields(auction, *widths) == (
        *(63, 2_047, 901, 403, 17, 71, 302, 7_003, 3_004, 905, 1, 123),
        *shares,
        *windows,
        200,
        90_001,
    )
    expected = (234, 65_535, 2**80 - 1, 123, 56, 654_321, avs[1], 345_678)
    assert fields(opening, 10, 16, 80, 11, 10, 20, 32, 20) == expected


def test_terms_of_disputes_are_kept_beside(protocol: Protocol, avs: tuple[str, int]) -> None:
    """Risk, audit share, comparator, tolerance and adjudicator."""
    terms = ClassParameters(risk=11, audit_share=22, comparator=2, tolerance=2**256 - 1, adjudicator=ADJUDICATOR)
    class_id = protocol.task_class(avs[0], terms)
    assert protocol.classes.disputes(class_id) == (11, 22, 2, 2**256 - 1, ADJUDICATOR)


def test_is_announced(protocol: Protocol, avs: tuple[str, int]) -> None:
    """All terms by name, with the fee in force and the AVS filled in."""
    terms = ClassParameters(risk=11, audit_share=22, comparator=1, tolerance=33, adjudicator=ADJUDICATOR, start=970_001)
    auction, opening, _ = terms.arguments()
    class_id = protocol.task_class(avs[0], terms)
    (announced,) = events(protocol.classes, "ClassRegistered")
    auction = (*auction[:18], 20_000, auction[19])
    opening = (*opening[:6], avs[1], opening[7])
    assert announced == (class_id, avs[1], auction, opening, (11, 22, 1, 33, ADJUDICATOR))


def test_needs_an_escrow_account(protocol: Protocol) -> None:
    """A class belongs to an account."""
    with refused("class: no escrow account"):
        protocol.task_class(protocol.stranger)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"steps": 1}, "class: steps"),
        ({"steps": 64}, "class: steps"),
        ({"step_seconds": 0}, "class: step seconds"),
        ({"step_seconds": 2**16}, "class: step seconds"),
        ({"cap": 1_001_000, "collateral": 2_000_000}, "class: price above reward"),
        ({"floor": 0}, "class: zero price"),
        ({"floor": 981_000}, "class: floor above cap"),
        ({"start": 980_001}, "class: start price"),
        ({"start": 99_999}, "class: start price"),
        ({"start_gain": 200_100}, "class: start gain or target"),
        ({"start_target": 1_001_000}, "class: start gain or target"),
        ({"tick": 0}, "class: tick"),
        ({"tick": 1_001_000}, "class: tick"),
        ({"idle_discount": 1_001_000}, "class: load discount"),
        ({"load_bonus": 1_001_000}, "class: load discount"),
        ({"load_malus": 8_001_000}, "class: load discount"),
        ({"record_weight": 4_001_000}, "class: record discount"),
        ({"record_level": 1_001_000}, "class: record discount"),
        ({"hard_quality": 2}, "class: hard quality"),
        ({"min_executor_reputation": 1_001_000}, "class: minimum reputation"),
        ({"min_operator_reputation": 1_001_000}, "class: minimum reputation"),
        ({"collateral": 979_999}, "class: collateral below price"),
        ({"collateral": 4_000_001}, "class: collateral"),
        ({"stake_share": 1_000_100}, "class: stake share"),
        ({"operator_share": 50_100}, "class: operator share"),
        ({"slash_factor": 100_199, "operator_share": 50_100}, "class: operator share"),
        ({"wrong_factor": 99_999}, "class: wrong factor"),
        ({"wrong_factor": 1_000_001}, "class: wrong factor"),
        ({"slash_factor": 0, "operator_share": 0}, "class: slash factor"),
        ({"slash_factor": 1_000_001}, "class: slash factor"),
        ({"complexity": 2**16}, "class: complexity"),
        ({"min_reward": 0}, "class: minimum reward"),
        ({"min_reward": 2**80}, "class: minimum reward"),
        ({"submit_seconds": 0}, "class: submit seconds"),
        ({"submit_seconds": 2**18}, "class: submit seconds"),
        ({"rescue_seconds": 0}, "class: rescue seconds"),
        ({"rescue_seconds": 2**18}, "class: rescue seconds"),
        ({"challenge_seconds": 0}, "class: challenge seconds"),
        ({"challenge_seconds": 2**18}, "class: challenge seconds"),
        ({"risk": 1_000_001}, "class: risk or audit share"),
        ({"audit_share": 1_000_001}, "class: risk or audit share"),
        ({"comparator": 3}, "class: comparator"),
    ],
)
def test_refused_terms(protocol: Protocol, avs: tuple[str, int], changes: dict[str, Any], reason: str) -> None:
    """Each term just outside its bound."""
    with refused(reason):
        protocol.task_class(avs[0], replace(ClassParameters(), **changes))


@pytest.mark.parametrize(
    "name",
    [
        "cap",
        "floor",
        "tick",
        "idle_discount",
        "load_bonus",
        "load_malus",
        "record_weight",
        "record_level",
        "min_executor_reputation",
        "min_operator_reputation",
        "start_target",
    ],
)
@pytest.mark.parametrize("beyond", [1, 999])
def test_terms_in_permille(protocol: Protocol, avs: tuple[str, int], name: str, beyond: int) -> None:
    """A word could not hold what lies between."""
    changes: dict[str, Any] = {name: (PLAIN.start if name == "cap" else PLAIN.floor) + beyond}
    with refused("class: not in permille"):
        protocol.task_class(avs[0], replace(PLAIN, **changes))


@pytest.mark.parametrize("name", ["stake_share", "operator_share", "start_gain"])
@pytest.mark.parametrize("beyond", [1, 99])
def test_terms_in_basis_points(protocol: Protocol, avs: tuple[str, int], name: str, beyond: int) -> None:
    """A word could not hold what lies between."""
    changes: dict[str, Any] = {name: 40_000 + beyond}
    with refused("class: not in basis points"):
        protocol.task_class(avs[0], replace(PLAIN, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 2},
        {"steps": 63},
        {"step_seconds": 1},
        {"cap": 1_000_000, "start": 1_000_000},
        {"cap": 1_000, "start": 1_000, "floor": 1_000, "collateral": 1_000},
        {"start": 100_000},
        {"start_gain": 200_000, "start_target": 1_000_000},
        {"tick": 1_000},
        {"tick": 1_000_000},
        {"idle_discount": 1_000_000, "load_bonus": 1_000_000, "load_malus": 8_000_000},
        {"record_weight": 4_000_000, "record_level": 1_000_000, "hard_quality": 1},
        {"collateral": 980_000},
        {"stake_share": 1_000_000},
        {"wrong_factor": 100_000},
        {"slash_factor": 100_200, "operator_share": 50_100},
        {"min_executor_reputation": 1_000_000, "min_operator_reputation": 1_000_000},
        {"collateral": 4_000_000},
        {"operator_share": 50_000},
        {"slash_factor": 1, "operator_share": 0},
        {"slash_factor": 1_000_000, "operator_share": 500_000},
        {"min_reward": 1, "complexity": 0},
        {"submit_seconds": 1, "rescue_seconds": 1, "challenge_seconds": 1},
        {"challenge_seconds": 2**18 - 1},
        {"risk": 1_000_000, "audit_share": 1_000_000},
    ],
)
def test_bounds_themselves_are_allowed(protocol: Protocol, avs: tuple[str, int], changes: dict[str, Any]) -> None:
    """Each term just inside its bound."""
    protocol.task_class(avs[0], replace(ClassParameters(), **changes))


# 14 days less 5 for a dispute are 777,600 s; two clocks of 8 steps of 100 s leave 776,000 for the windows
@pytest.mark.parametrize(
    ("submit", "rescue", "challenge"),
    [(250_000, 91_000, 3_000), (200_000, 125_000, 1_000), (1, 200_000, 175_998), (128_000, 86_000, 262_000)],
)
def test_life_of_a_task_is_bounded(
    protocol: Protocol, avs: tuple[str, int], submit: int, rescue: int, challenge: int
) -> None:
    """Two auctions, two executions, rescue time thrice (second chances twice, rescue once), challenge, dispute."""
    assert 2 * 8 * 100 + 2 * submit + 3 * rescue + challenge + DAYS_5 == 14 * DAY
    terms = replace(PLAIN, step_seconds=100, submit_seconds=submit, rescue_seconds=rescue, challenge_seconds=challenge)
    protocol.task_class(avs[0], terms)
    with refused("class: task life"):
        protocol.task_class(avs[0], replace(terms, challenge_seconds=challenge + 1))
