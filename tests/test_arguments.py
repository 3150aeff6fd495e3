"""Whatever a program gives to what ``import ballast`` offers: it is taken, or refused in one line of Ballast's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from inspect import signature
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pytest

import ballast
from ballast.model.parameters import ClassParameters, ContractParameters, NetworkParameters

ODD: Final[tuple[Any, ...]] = (
    *(3, -1, 0, 2**70, 0.5, float("nan"), True, 1j, None, "nonsense", "", "\0", "\ud800", b"bytes", Path("nowhere")),
    *([], [1], ["a"], [[1], [1, 2]], [2**63], (1, 2), {}, {"a": 1}, {"mean": "a"}, {1, 2}),
    *(np.zeros(2), np.zeros((2, 2)), np.array("text"), np.int64(4), np.uint64(2**64 - 1), object(), len, int),
)
"""Among them what each argument takes, so that not all are refused."""

TINY: Final = ballast.Scenario(operators=3, coprocessors=3, periods=2, tasks_per_period=6)
simulate: Final[Any] = ballast.simulate
designed: Final[Any] = ballast.load_curve.designed
CURVE: Final = ballast.load_curve.PRESETS["hump"]
PARAMETERS: Final = ContractParameters(TINY.network(), TINY.task_class())
COUNTS: Final = np.array([1, 0, 2, 4, 3, 5, 4, 2, 1, 0, 1, 2, 2, 3, 1])
MODEL: Final = ballast.GasModel("poisson")
COEFFICIENTS: Final = {"omega": 0.1, "alpha": 0.1, "beta": 0.5}


def rng() -> np.random.Generator:
    """Make a source of randomness."""
    return np.random.default_rng(1)


def of_fields(record: Any, run: Callable[[Any], object]) -> tuple[Callable[..., object], dict[str, Any]]:
    """Take the fields of a record for arguments of what is done with it."""
    return lambda **values: run(replace(record, **values)), {f.name: getattr(record, f.name) for f in fields(record)}


def with_terms(terms: ClassParameters) -> object:
    """Run on contracts with a class."""
    return ballast.simulate(TINY, parameters=replace(PARAMETERS, terms=terms))


def calls() -> Iterator[tuple[str, Callable[..., object], dict[str, Any]]]:
    """List what can be called, with arguments that are right."""
    tasks = ballast.workload([0, 1], [5, 6])
    people = ballast.population(TINY)
    given = {"scenario": TINY, "workload": tasks, "parameters": TINY.network()}
    yield "simulate", ballast.simulate, given | {"population": people, "curve": CURVE, "engine": "twin"}
    yield "simulate like", lambda like: ballast.simulate(TINY, like=like), {"like": None}
    yield "population", ballast.population, given
    yield "population like", lambda like: ballast.population(TINY, like=like), {"like": None}
    yield "load", ballast.load, {"name": "market"}
    columns = {"reward": [100, 100], "heavy": [True, False], "operator": [0, 1]}
    yield "workload", ballast.workload, {"period": [0, 1], "difficulty": [5, 6]} | columns
    right = {"idle": 0, "best": 10**8, "b": 5_000, "f": 8_000, "full": 10**9}
    yield "designed", designed, right
    records: dict[str, tuple[Any, Callable[[Any], object]]] = {
        "Scenario": (TINY, ballast.simulate),
        "NetworkParameters": (TINY.network(), lambda found: ballast.simulate(TINY, parameters=found)),
        "ContractParameters": (PARAMETERS, lambda found: ballast.simulate(TINY, parameters=found)),
        "ClassParameters": (TINY.task_class(), with_terms),
        "Curve": (CURVE, lambda found: ballast.simulate(TINY, curve=found)),
        "slash": (TINY.network().slash, lambda found: replace(TINY.network(), slash=found).validate()),
        "filter": (TINY.network().filter, lambda found: replace(TINY.network(), filter=found).validate()),
        "operators": (people[0], lambda found: ballast.simulate(TINY, population=(found, people[1]))),
    }
    for name, (record, run) in records.items():
        yield name, *of_fields(record, run)
    made = {name: p.default for name, p in signature(ballast.GasModel).parameters.items()} | {"density": "poisson"}
    yield "GasModel", lambda **given: ballast.GasModel(**given).filter(COUNTS, COEFFICIENTS), made
    seen = {"y": COUNTS, "params": COEFFICIENTS}
    yield "filter of a series", MODEL.filter, seen
    yield "loglik", MODEL.loglik, seen
    yield "fit", MODEL.fit, {"y": COUNTS}
    yield "GasModel.simulate", MODEL.simulate, {"params": COEFFICIENTS, "n": 3, "rng": rng()}
    yield "forecast", MODEL.forecast, seen | {"horizon": 2, "rng": rng(), "draws": 5}
    yield "diagnose", MODEL.diagnose, seen | {"rng": rng(), "lags": 3}
    fit = MODEL.fit(COUNTS)
    yield "Fit.band", fit.band, {"rng": rng(), "draws": 5}
    yield "Fit.forecast", fit.forecast, {"horizon": 2, "rng": rng(), "draws": 5}
    yield "Fit.diagnose", fit.diagnose, {"rng": rng(), "lags": 3}


NAMES: Final = (
    *("simulate", "simulate like", "population", "population like", "load", "workload", "designed"),
    *(
        "Scenario",
        "NetworkParameters",
        "ContractParameters",
        "ClassParameters",
        "Curve",
        "slash",
        "filter",
        "operators",
    ),
    *("GasModel", "filter of a series", "loglik", "fit", "GasModel.simulate", "forecast", "diagnose"),
    *("Fit.band", "Fit.forecast", "Fit.diagnose"),
)


Known = dict[str, tuple[Callable[..., object], dict[str, Any]]]


@pytest.fixture(scope="module")
def known() -> Known:
    """Make all calls by their names."""
    found = {name: (call, given) for name, call, given in calls()}
    assert tuple(found) == NAMES
    return found


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_given_is_taken_or_refused_in_one_line(known: Known, name: str) -> None:
    call, given = known[name]
    call(**given)
    declared = [name for name, p in signature(call).parameters.items() if p.kind is not p.VAR_KEYWORD]
    for argument in dict.fromkeys([*given, *declared]):
        told: list[str] = []
        for value in ODD:
            try:
                call(**{**given, argument: value})
            except ballast.BallastError as error:
                told.append(str(error))
        assert told, f"{argument} may be anything"
        assert not [line for line in told if "\n" in line or len(line) > 500]


def with_network(**changes: Any) -> NetworkParameters:
    """Change parameters to what they must not be."""
    return replace(NetworkParameters(), **changes)


SAID: Final[dict[str, Callable[[], object]]] = {
    "parameters is of type int: give NetworkParameters, ContractParameters, or the path of a file": (
        lambda: simulate(TINY, parameters=3)
    ),
    "curve is of type str: give one of ballast.load_curve.designed or ballast.load_curve.PRESETS": (
        lambda: simulate(TINY, curve="hump")
    ),
    "slash is of type dict: give slash_split.SlashTerms": lambda: with_network(slash={"burn": 1}).validate(),
    "workload is of type list: give tasks that ballast.workload makes": lambda: simulate(TINY, workload=[1]),
    "population has 3 parts: give operators and coprocessors, as ballast.population does": (
        lambda: simulate(TINY, population=(1, 2, 3))
    ),
    "engine is 'twins': give one of twin, evm, anvil (did you mean twin?)": lambda: simulate(TINY, engine="twins"),
    "idle of a curve is '2%': give a whole number": lambda: designed(idle="2%", best=1, b=1, f=1, full=1),
    "workload: reward has 9223372036854775808: give whole numbers to 9223372036854775807": (
        lambda: ballast.workload([0], [1], [2**63])
    ),
    "rng is of type int; it must be one of numpy.random.default_rng": (
        lambda: cast(Any, MODEL.simulate)(COEFFICIENTS, 3, 1)
    ),
}


@pytest.mark.parametrize("told", SAID)
def test_what_is_said(told: str) -> None:
    with pytest.raises(ballast.BallastError) as refused:
        SAID[told]()
    assert str(refused.value) == told
