"""Registering a task class: its terms, their bounds, and where they are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ballast.model.parameters import ClassParameters
from tests.support.chain import events, refused
from tests.support.contract_words import fields
from tests.support.protocol import DAY, Protocol

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
        start=900_001,
        floor=400_003,
        handicap=300_007,
        reputation_handicap=100_002,
        min_executor_reputation=123_457,
        collateral=3_000_001,
        operator_share=40_001,
        submit_seconds=1_009,
        rescue_seconds=2_003,
        challenge_seconds=3_001,
        slash_factor=90_001,
        min_operator_reputation=234_567,
        complexity=65_535,
        min_reward=2**96 - 1,
    )
    auction, opening = protocol.registry.class_words(protocol.task_class(avs[0], terms))
    assert fields(auction, 6, 16, 20, 20, 19, 19, 20, 22, 20, 18, 18, 18, 20, 20) == (
        63,
        2_047,
        900_001,
        400_003,
        300_007,
        100_002,
        123_457,
        3_000_001,
        40_001,
        1_009,
        2_003,
        3_001,
        20_000,
        90_001,
    )
    assert fields(opening, 20, 16, 96, 32) == (234_567, 65_535, 2**96 - 1, avs[1])


def test_terms_of_disputes_are_kept_beside(protocol: Protocol, avs: tuple[str, int]) -> None:
    """Risk, audit share, comparator, tolerance and adjudicator."""
    terms = ClassParameters(risk=11, audit_share=22, comparator=2, tolerance=2**256 - 1, adjudicator=ADJUDICATOR)
    class_id = protocol.task_class(avs[0], terms)
    assert protocol.classes.disputes(class_id) == (11, 22, 2, 2**256 - 1, ADJUDICATOR)


def test_is_announced(protocol: Protocol, avs: tuple[str, int]) -> None:
    """All terms by name, with the fee in force and the AVS filled in."""
    terms = ClassParameters(risk=11, audit_share=22, comparator=1, tolerance=33, adjudicator=ADJUDICATOR, start=970_000)
    auction, opening, _ = terms.arguments()
    class_id = protocol.task_class(avs[0], terms)
    (announced,) = events(protocol.classes, "ClassRegistered")
    auction = (*auction[:12], 20_000, auction[13])
    assert announced == (class_id, avs[1], auction, (*opening[:3], avs[1]), (11, 22, 1, 33, ADJUDICATOR))


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
        ({"start": 1_000_001, "collateral": 2_000_000}, "class: price above reward"),
        ({"floor": 1_000_001, "collateral": 2_000_000}, "class: price above reward"),
        ({"start": 0}, "class: zero price"),
        ({"floor": 0}, "class: zero price"),
        ({"handicap": 400_000, "reputation_handicap": 100_001}, "class: handicaps"),
        ({"reputation_handicap": 100_001}, "class: reputation handicap"),
        ({"min_executor_reputation": 1_000_001}, "class: minimum reputation"),
        ({"min_operator_reputation": 1_000_001}, "class: minimum reputation"),
        ({"collateral": 979_999}, "class: collateral below price"),
        ({"start": 500_000, "floor": 980_000, "collateral": 979_999}, "class: collateral below price"),
        ({"collateral": 4_000_001}, "class: collateral"),
        ({"operator_share": 50_001}, "class: operator share"),
        ({"slash_factor": 0, "operator_share": 0}, "class: slash factor"),
        ({"slash_factor": 1_000_001}, "class: slash factor"),
        ({"complexity": 2**16}, "class: complexity"),
        ({"min_reward": 0}, "class: minimum reward"),
        ({"min_reward": 2**96}, "class: minimum reward"),
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
    "changes",
    [
        {"steps": 2},
        {"steps": 63},
        {"step_seconds": 1},
        {"start": 1_000_000},
        {"start": 1, "floor": 1, "collateral": 1},
        {"start": 980_000, "collateral": 980_000},
        {"handicap": 375_000, "reputation_handicap": 125_000},
        {"handicap": 500_000, "reputation_handicap": 0},
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
    terms = ClassParameters(step_seconds=100, submit_seconds=submit, rescue_seconds=rescue, challenge_seconds=challenge)
    protocol.task_class(avs[0], terms)
    with refused("class: task life"):
        protocol.task_class(avs[0], replace(terms, challenge_seconds=challenge + 1))
