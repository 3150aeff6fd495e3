"""Parameter checks against the contracts: ``validate`` raises exactly where a constructor or setter reverts.

Every field is put to and just beyond each of its bounds, alone and together with others; the curve's constants, which
must fit together, are also moved by a little.
"""

from __future__ import annotations

from dataclasses import astuple, fields, replace
from typing import Any

import boa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballast.chain.artifacts import artifacts
from ballast.deployment import CONTRACTS, constructor_arguments, creation_code
from ballast.errors import ParameterError
from ballast.model import parameters as p
from ballast.model.constants import MAX_TASK_LIFE
from ballast.model.layout import Bounds, bounds_of
from ballast.model.load_curve import PRESETS, Curve
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.model.reputation_filter import FilterParameters
from ballast.model.slash_split import SlashTerms
from tests.support.protocol import Protocol

SOMEONE = "0x" + "11" * 20
SIGNED = ("omega", "newcomer", "a", "c", "e", "i")
INT256 = (-(2**255), 2**255 - 1)
UINT256 = (0, 2**256 - 1)

Edges = dict[str, tuple[int, ...]]


def edges(bounds: Bounds, *extra: int) -> Edges:
    """Values of each field around its bounds and at the ends of its ABI type."""
    found: Edges = {}
    for name, low, high, _ in bounds:
        first, last = INT256 if name in SIGNED else UINT256
        near = {first, last, *(v + d for v in (low, high, *extra) for d in (-1, 0, 1))}
        found[name] = tuple(sorted(v for v in near if first <= v <= last))
    return found


NETWORK = edges((*bounds_of(NetworkParameters), ("pay_per_value", 0, 100, "")))
SLASH = edges(bounds_of(SlashTerms), 350_000, 650_000)
FILTER = edges(bounds_of(FilterParameters), 4_000_000, 50_000)
CURVE = edges(p.CURVE_BOUNDS)
CLASS = edges(bounds_of(ClassParameters), 100_000, 300_000, 50_000, 400_000, 200_000)


def changes(values: Edges) -> st.SearchStrategy[dict[str, int]]:
    """Draw a few fields, each at an edge or anywhere."""
    names = st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=3, unique=True)

    def any_of(name: str) -> st.SearchStrategy[int]:
        low, high = INT256 if name in SIGNED else UINT256
        return st.sampled_from(values[name]) | st.integers(0, 10**6) | st.integers(low, high)

    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: any_of(name) for name in chosen}))


@st.composite
def moved_curves(draw: st.DrawFn) -> Curve:
    """Presets whose constants are moved by little or much, two of them at times in step."""
    curve = draw(st.sampled_from(sorted(PRESETS.values(), key=astuple)))
    step = draw(st.sampled_from([1, 10, 999, 1_000, 1_001, 10**4, 10**5, 10**6, 10**8]))
    moved = draw(st.lists(st.sampled_from([f.name for f in fields(Curve)]), min_size=1, max_size=2))
    for name in moved:
        low = INT256[0] if name in SIGNED else 0
        value = getattr(curve, name) + draw(st.sampled_from([-step, step]))
        curve = replace(curve, **{name: max(low, value)})
    return curve


def accepted(network: NetworkParameters) -> bool:
    """Whether all constructors take the parameters."""
    at = dict.fromkeys(CONTRACTS, SOMEONE)
    arguments = constructor_arguments(at, SOMEONE, SOMEONE, SOMEONE, boa.env.timestamp, network)
    with boa.env.anchor():
        for name in CONTRACTS:
            _, computation = boa.env.deploy(bytecode=creation_code(artifacts()[name], arguments[name]))
            if computation.is_error:
                return False
    return True


def valid(parameters: NetworkParameters | ClassParameters) -> bool:
    """Whether the parameters pass the check."""
    try:
        parameters.validate()
    except ParameterError:
        return False
    return True


def agree(network: NetworkParameters) -> bool:
    """Check that contracts and check agree, and tell their verdict."""
    verdict = valid(network)
    assert accepted(network) == verdict
    return verdict


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_pass(preset: str) -> None:
    assert agree(NetworkParameters(preset=preset))


PARTS = [
    *((None, name) for name in NETWORK),
    *(("slash", name) for name in SLASH),
    *(("filter", name) for name in FILTER),
    *(("curve", name) for name in CURVE),
]


@pytest.mark.parametrize(("part", "name"), PARTS, ids=lambda v: str(v or "network"))
def test_each_field_at_its_bounds(part: str | None, name: str) -> None:
    default = NetworkParameters(preset="hump")
    if part is None:
        verdicts = [agree(replace(default, **{name: value})) for value in NETWORK[name]]  # type: ignore[arg-type]
    elif part == "curve":
        curve = default.chosen_curve
        verdicts = [agree(replace(default, curve=replace(curve, **{name: value}))) for value in CURVE[name]]
    else:
        table: Any = getattr(default, part)
        values = {"slash": SLASH, "filter": FILTER}[part][name]
        verdicts = [agree(replace(default, **{part: replace(table, **{name: value})})) for value in values]
    assert False in verdicts
    assert part == "curve" or True in verdicts  # a constant of a curve does not move alone


@given(network=changes(NETWORK), slash=changes(SLASH), filter_=changes(FILTER), which=st.integers(0, 2))
def test_fields_together(network: dict[str, Any], slash: dict[str, Any], filter_: dict[str, Any], which: int) -> None:
    default = NetworkParameters()
    agree(
        [
            replace(default, **network),
            replace(default, slash=replace(default.slash, **slash)),
            replace(default, filter=replace(default.filter, **filter_)),
        ][which]
    )


@given(moved_curves())
def test_curves(curve: Curve) -> None:
    agree(NetworkParameters(curve=curve))


@pytest.fixture(scope="module")
def register() -> Any:
    """Register a class of an AVS; whether that was possible."""
    protocol = Protocol()
    avs, _ = protocol.account("avs")

    def attempt(terms: ClassParameters) -> bool:
        with boa.env.anchor():
            try:
                protocol.classes.register_class(*terms.arguments(), sender=avs)
            except boa.BoaError:
                return False
        return True

    return attempt


@pytest.mark.parametrize("name", CLASS)
def test_each_class_field_at_its_bounds(name: str, register: Any) -> None:
    refusals = 0
    for value in CLASS[name]:
        terms = replace(ClassParameters(), **{name: value})  # type: ignore[arg-type]
        assert register(terms) == valid(terms), value
        refusals += not valid(terms)
    assert len(CLASS[name]) - refusals > 0
    assert (refusals > 0) == (name != "tolerance")


def test_class_fields_together(register: Any) -> None:
    verdicts = set()

    @given(changes(CLASS))
    def run(changed: dict[str, Any]) -> None:
        terms = replace(ClassParameters(), **changed)
        verdicts.add(valid(terms))
        assert register(terms) == valid(terms)

    run()
    assert verdicts == {True, False}


@pytest.mark.parametrize(("name", "weight"), [("rescue_seconds", 3), ("step_seconds", 2 * ClassParameters().steps)])
def test_the_longest_life_of_a_task(name: str, weight: int, register: Any) -> None:
    default = ClassParameters()
    longest = getattr(default, name) + (MAX_TASK_LIFE - default.life) // weight
    for value, allowed in ((longest, True), (longest + 1, False)):
        terms = replace(default, **{name: value})
        assert register(terms) == valid(terms) == allowed


@pytest.mark.parametrize("adjudicator", ["", "0x", "0x" + "1" * 39, "0x" + "g" * 40, 0, None])
def test_an_adjudicator_is_an_address(adjudicator: Any) -> None:
    assert not valid(ClassParameters(adjudicator=adjudicator))
