"""Which posted value holds in which epoch."""

from __future__ import annotations

import pytest

from tests.support.chain import construct, events, refused
from tests.support.contract_words import logits
from tests.support.protocol import FILTER, Market, Protocol

from .conftest import Keeper

ACCOUNT = 3


def post(market: Market, keeper: Keeper, value: int) -> None:
    """Post a value of the account for the last epoch."""
    market.reputation.post(market.epoch - 1, 0, [logits(0, 0, 0, value)], sender=keeper.address)


def held(market: Market) -> int:
    """Logit that holds now."""
    return int(market.reputation.logit(ACCOUNT))


def test_newcomers_value_without_a_post(worked: Market) -> None:
    """And its reputation of one half."""
    assert held(worked) == 0
    assert worked.reputation.reputation(ACCOUNT) == 500_000


def test_from_the_epoch_after_the_post(worked: Market, keeper: Keeper) -> None:
    """Posted in epoch 3 for 2, it holds from the first second of 4."""
    post(worked, keeper, 1_000_000)
    worked.wait(3_599)
    assert held(worked) == 0
    worked.wait(1)
    assert held(worked) == 1_000_000
    assert worked.reputation.reputation(ACCOUNT) == 731_059


@pytest.mark.parametrize(
    ("logit", "reputation"),
    [
        (0, 500_000),
        (1_098_612, 750_000),
        (-1_098_612, 250_000),
        (8_000_000, 999_665),
        (-8_000_000, 335),
        (2, 500_000),
        (-2, 500_000),
        (3, 500_001),
        (-3, 499_999),
    ],
)
def test_reputation_is_the_logistic_function(worked: Market, keeper: Keeper, logit: int, reputation: int) -> None:
    """Rounded to the nearest ppm: sigma(8) = 0.99966465; near zero it is 0.5 and a quarter of the logit."""
    post(worked, keeper, logit)
    worked.next_epoch()
    assert worked.reputation.reputation(ACCOUNT) == reputation


def test_posts_in_following_epochs(worked: Market, keeper: Keeper) -> None:
    """Each holds for one epoch, while the next is being posted."""
    for value in (11, 22, 33, 44):
        post(worked, keeper, value)
        worked.next_epoch()
        assert held(worked) == value


@pytest.mark.parametrize("gap", [1, 2, 3, 4])
def test_a_gap_keeps_the_last_value(worked: Market, keeper: Keeper, gap: int) -> None:
    """Silence of some epochs, then a post: until it holds the old value does, also while the new one waits."""
    post(worked, keeper, 11)
    worked.next_epoch()
    post(worked, keeper, 22)
    worked.next_epoch()
    for _ in range(gap):
        assert held(worked) == 22
        worked.next_epoch()
    assert held(worked) == 22
    post(worked, keeper, 33)
    assert held(worked) == 22
    worked.next_epoch()
    assert held(worked) == 33


@pytest.mark.parametrize("gaps", [(1, 1, 1), (1, 2, 1), (2, 1, 2), (2, 2, 2), (3, 1, 2), (1, 3, 1)])
@pytest.mark.parametrize("way", ["post", "poke"])
def test_gaps_of_all_lengths_in_a_row(worked: Market, keeper: Keeper, gaps: tuple[int, ...], way: str) -> None:
    """Whatever words the gaps have left behind, the newest final value holds, also while the next waits."""
    post(worked, keeper, 1_000)
    worked.next_epoch()
    expected = 1_000
    for place, gap in enumerate(gaps):
        for _ in range(gap):
            assert held(worked) == expected
            worked.next_epoch()
        if way == "post":
            following = 2_000 + place
            post(worked, keeper, following)
        else:
            following = int(worked.reputation.computed(ACCOUNT))
            worked.reputation.poke([0])
        assert held(worked) == expected
        worked.next_epoch()
        expected = following
        assert held(worked) == expected


def test_the_filter_goes_on_from_what_holds(worked: Market, keeper: Keeper) -> None:
    """After a gap the step starts from the old value: 1,000,000 drifts to 990,000, posted or computed."""
    post(worked, keeper, 1_000_000)
    for _ in range(3):
        worked.next_epoch()
    assert worked.reputation.computed(ACCOUNT) == 990_000
    post(worked, keeper, 990_000)
    assert worked.reputation.computed(ACCOUNT) == 990_000
    with refused("reputation: nothing to correct"):
        worked.reputation.challenge(worked.epoch - 1, [ACCOUNT // 8], 0)


def test_the_step_starts_from_the_predecessor_not_from_the_post_itself(worked: Market, keeper: Keeper) -> None:
    """Computed says the same before and after a post, and after the next epoch has begun it starts from the post."""
    post(worked, keeper, 1_000_000)
    assert worked.reputation.computed(ACCOUNT) == 102_442
    worked.next_epoch()
    assert worked.reputation.computed(ACCOUNT) == 990_000


@pytest.mark.parametrize(("value", "stale"), [(1_000_000, 0), (-1_000_000, -1_000_000)])
def test_silence_makes_good_reputations_stale(worked: Market, keeper: Keeper, value: int, stale: int) -> None:
    """Posted for epoch 2, eight epochs of patience: it holds up to epoch 10, and then at most as the newcomer's."""
    post(worked, keeper, value)
    worked.wait(7 * 3_600)
    assert (worked.epoch, held(worked)) == (10, value)
    worked.next_epoch()
    assert held(worked) == stale
    worked.wait(100 * 3_600)
    assert held(worked) == stale


def test_a_post_ends_the_silence(worked: Market, keeper: Keeper) -> None:
    """It holds in full from the next epoch on."""
    post(worked, keeper, 1_000_000)
    worked.wait(20 * 3_600)
    post(worked, keeper, 990_000)
    assert held(worked) == 0
    worked.next_epoch()
    assert held(worked) == 990_000


@pytest.mark.parametrize(("value", "clamped"), [(2**23 - 1, 8_000_000), (-(2**23), -8_000_000)])
def test_a_wrong_value_nobody_challenged_is_clamped(worked: Market, keeper: Keeper, value: int, clamped: int) -> None:
    """No post can make a reading fail."""
    post(worked, keeper, value)
    worked.next_epoch()
    assert held(worked) == clamped
    worked.next_epoch()
    assert held(worked) == clamped


def test_newcomers_value_changes_with_the_parameters(worked: Market) -> None:
    """At the boundary, for all who were never posted."""
    worked.reputation.set_parameters((*FILTER[:5], -1_098_612, *FILTER[6:]), sender=worked.owner)
    assert worked.reputation.reputation(ACCOUNT) == 500_000
    worked.next_epoch()
    assert worked.reputation.reputation(ACCOUNT) == 250_000


class TestParameters:
    """Bounds of the filter's parameters, and of the constructor."""

    FIELDS = ("omega", "beta", "alpha", "gamma", "drift", "newcomer", "stale_epochs", "n0")
    REFUSED = (
        ({"omega": 2_000_001}, "reputation: omega"),
        ({"omega": -2_000_001}, "reputation: omega"),
        ({"beta": 1_000_000}, "reputation: beta"),
        ({"alpha": 8_000_001}, "reputation: alpha"),
        ({"beta": 0, "alpha": 4_000_000}, "reputation: not contracting"),
        ({"alpha": 7_920_000}, "reputation: not contracting"),
        ({"gamma": 50_001}, "reputation: gamma"),
        ({"drift": 1_000_001}, "reputation: drift"),
        ({"newcomer": 8_000_001}, "reputation: newcomer"),
        ({"newcomer": -8_000_001}, "reputation: newcomer"),
        # 0.02 / 0.02 is 1
        ({"newcomer": 1_000_000}, "reputation: level"),
        ({"omega": 0}, "reputation: level"),
        ({"n0": 0}, "reputation: n0"),
        ({"n0": 2**96}, "reputation: n0"),
        ({"stale_epochs": 1}, "reputation: stale epochs"),
        ({"stale_epochs": 256}, "reputation: stale epochs"),
    )
    ALLOWED = (
        {"omega": 2_000_000},
        {"omega": -2_000_000, "beta": 740_000, "newcomer": -8_000_000},
        {"alpha": 0, "gamma": 0, "n0": 1},
        {"beta": 0, "alpha": 3_999_999},
        {"beta": 999_999, "alpha": 7_999_995},
        {"gamma": 50_000},
        {"drift": 1_000_000},
        {"drift": 0},
        {"newcomer": 999_999},
        {"newcomer": -8_000_000},
        {"omega": 1},
        {"n0": 2**96 - 1},
        {"stale_epochs": 2},
        {"stale_epochs": 255},
    )

    def parameters(self, **changes: int) -> tuple[int, ...]:
        """Make the default parameters with some changed."""
        assert set(changes) <= set(self.FIELDS)
        return tuple((dict(zip(self.FIELDS, FILTER, strict=True)) | changes).values())

    @pytest.mark.parametrize(("changes", "reason"), REFUSED)
    def test_setter_refuses(self, protocol: Protocol, changes: dict[str, int], reason: str) -> None:
        """Each parameter just outside its bound."""
        with refused(reason):
            protocol.reputation.set_parameters(self.parameters(**changes), sender=protocol.owner)

    @pytest.mark.parametrize(("changes", "reason"), [REFUSED[0], REFUSED[-1]])
    def test_constructor_refuses_too(self, changes: dict[str, int], reason: str) -> None:
        """The first parameters pass the same check, from its first condition to its last."""
        with refused(reason):
            construct("GasReputation", parameters=self.parameters(**changes))

    @pytest.mark.parametrize("changes", ALLOWED)
    def test_bounds_themselves_are_allowed(self, protocol: Protocol, changes: dict[str, int]) -> None:
        """Each parameter just inside its bound, and readable from the next epoch on."""
        protocol.reputation.set_parameters(self.parameters(**changes), sender=protocol.owner)
        protocol.next_epoch()
        assert protocol.reputation.parameters() == self.parameters(**changes)

    def test_event_carries_the_parameters(self, protocol: Protocol) -> None:
        """Each field in its place."""
        changed = self.parameters(newcomer=-123_456, n0=2**96 - 1)
        protocol.reputation.set_parameters(changed, sender=protocol.owner)
        assert events(protocol.reputation, "ParametersScheduled") == [(changed, protocol.epoch + 1)]

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"bond_per_value": 0, "pay_per_value": 0}, "reputation: bond per value"),
            ({"bond_per_value": 2**64}, "reputation: bond per value"),
            ({"pay_per_value": 101}, "reputation: pay per value"),
        ],
    )
    def test_refused_settings(self, changes: dict[str, int], reason: str) -> None:
        """A wrong value costs something, and at least ten times what a right one earns."""
        with refused(reason):
            construct("GasReputation", **changes)

    @pytest.mark.parametrize(
        "changes", [{"bond_per_value": 1, "pay_per_value": 0}, {"bond_per_value": 2**64 - 1}, {"pay_per_value": 100}]
    )
    def test_bounds_of_the_settings(self, changes: dict[str, int]) -> None:
        """The bounds themselves."""
        contract = construct("GasReputation", **changes)
        expected = {"bond_per_value": 1_000, "pay_per_value": 10} | changes
        assert contract.BOND_PER_VALUE() == expected["bond_per_value"]
        assert contract.PAY_PER_VALUE() == expected["pay_per_value"]

    def test_settings_are_readable(self, protocol: Protocol) -> None:
        """Each constructor argument ends up in the getter of its name."""
        reputation = protocol.reputation
        assert reputation.ESCROW() == protocol.escrow.address
        assert reputation.SLASHER() == protocol.slasher.address
        assert reputation.PARTICIPANTS() == protocol.participants.address
        assert reputation.TASK_REGISTRY() == protocol.registry.address
        assert reputation.parameters() == FILTER
