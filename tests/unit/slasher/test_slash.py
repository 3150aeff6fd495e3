"""Slashes of collateral, with the faults the task registry would report.

The default terms: lateness floor a twentieth of the reward; of a slash two fifths to the harmed, a quarter (rounded
up) to the finder, a tenth burned, the rest to the pool. The default curve has F at 80 % of capacity.
"""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

import boa
import pytest

from tests.support.books import Books
from tests.support.chain import events, refused
from tests.support.contract_words import BURN, POOL, move
from tests.support.protocol import Protocol, slash_terms

OTHER_CURVE = (200_000_000, 5_000, 0, 200_000_000, -500_000_000, 9_000, 22_500_000, 900_000_000, 0)
ALL_BURNED = (500_000, 0, 0, 1_000_000, 0, 0, 0)


class Parties(NamedTuple):
    """Accounts a slash concerns."""

    executor: int
    harmed: int
    finder: int


@pytest.fixture
def parties(protocol: Protocol) -> Parties:
    """Give three accounts."""
    return Parties(*(protocol.account(name)[1] for name in ("executor", "harmed", "finder")))


def fault(
    protocol: Protocol,
    parties: Parties,
    collateral: int = 10_000,
    reward: int | None = None,
    factor: int = 100_000,
    x: int = 0,
    opened: int | None = None,
    proved: bool = False,
    task: int = 1,
) -> list[int]:
    """Lock collateral of the executor and make the words of a fault; the reward is as much, opened in epoch 1."""
    protocol.escrow.move([move(parties.executor, -collateral, collateral)], sender=protocol.registry.address)
    reward = collateral if reward is None else reward
    opened = protocol.genesis if opened is None else opened
    first = collateral | reward << 96 | parties.executor << 192 | parties.harmed << 224
    second = factor | x << 20 | opened << 34 | int(proved) << 74 | 7 << 75 | task << 107
    return [first, second]


def punish(protocol: Protocol, words: list[int], finder: int = 0) -> dict[int, tuple[int, int]]:
    """Slash as the task registry; what changed."""
    books = Books(protocol)
    protocol.slasher.slash(words, finder, sender=protocol.registry.address)
    return books.changes()


def amounts(protocol: Protocol) -> list[int]:
    """Amounts the events of the last call say."""
    return [amount for *_, amount in events(protocol.slasher, "Slashed")]


class TestAmounts:
    """max(lateness floor * reward, collateral * s * m(x)), at most the collateral."""

    @pytest.mark.parametrize(
        ("collateral", "reward", "factor", "x", "amount"),
        [
            # a tenth of the collateral, above the floor of 500; F itself is not amplified
            (10_000, 10_000, 100_000, 0, 1_000),
            (10_000, 10_000, 100_000, 5_000, 1_000),
            (10_000, 10_000, 100_000, 8_000, 1_000),
            # m = 1 + 22.5 (0.8001 - 0.788888889)**2 - 0.002777778 = 1.000050; s m = 100,005 ppm
            (10**8, 10**8, 100_000, 8_001, 10_000_500),
            # m = 1.081249, 1.274999, 1.999999; s m = 108,124, 127,499, 199,999 ppm
            (10**8, 10**8, 100_000, 8_500, 10_812_400),
            (10**8, 10**8, 100_000, 9_000, 12_749_900),
            (10**8, 10**8, 100_000, 10_000, 19_999_900),
            # s m = 3.82 ppm is 3, and only then comes the collateral
            (10**8, 0, 3, 9_000, 300),
            # a tenth of 10,009 is 1,000.9
            (10_009, 10_009, 100_000, 0, 1_000),
            # the floor: a twentieth of the reward; of 10,019 it is 500.95
            (10_000, 10_000, 50_000, 0, 500),
            (10_000, 10_000, 49_999, 0, 500),
            (10_000, 10_000, 0, 0, 500),
            (10_019, 10_019, 0, 10_000, 500),
            (10_000, 30_000, 100_000, 0, 1_500),
            # a floor of 50,000, s m = 1, s m = 1.2, s above one
            (10_000, 10**6, 100_000, 0, 10_000),
            (10_000, 10_000, 1_000_000, 0, 10_000),
            (10_000, 10_000, 600_000, 10_000, 10_000),
            (10_000, 10_000, 2**20 - 1, 0, 10_000),
            # less than a unit
            (9, 9, 100_000, 0, 0),
            (0, 10_000, 100_000, 0, 0),
            (10_000, 0, 0, 0, 0),
        ],
    )
    def test_late(
        self, protocol: Protocol, parties: Parties, collateral: int, reward: int, factor: int, x: int, amount: int
    ) -> None:
        """Both products are rounded down; what is not slashed is free again."""
        words = fault(protocol, parties, collateral, reward, factor, x)
        free = protocol.free(parties.executor)
        punish(protocol, words)
        assert amounts(protocol) == [amount]
        assert protocol.free(parties.executor) == free + collateral - amount
        assert protocol.locked(parties.executor) == 0

    @pytest.mark.parametrize(("factor", "x"), [(0, 0), (100_000, 5_000), (100_000, 10_000)])
    def test_proved_wrong_forfeits_everything(self, protocol: Protocol, parties: Parties, factor: int, x: int) -> None:
        """Whatever the factor and the load."""
        changes = punish(protocol, fault(protocol, parties, factor=factor, x=x, proved=True), parties.finder)
        assert amounts(protocol) == [10_000]
        assert changes == {
            parties.executor: (0, -10_000),
            parties.harmed: (4_000, 0),
            parties.finder: (2_500, 0),
            BURN: (1_000, 0),
            POOL: (2_500, 0),
        }

    @pytest.mark.parametrize("proved", [False, True])
    def test_largest_amounts(self, protocol: Protocol, proved: bool) -> None:
        """Nearly all tokens there can be, in one slash."""
        harmed, finder = (protocol.account(name, deposit=0)[1] for name in ("harmed", "finder"))
        stake = 2**96 - 1 - 300
        executor = protocol.account("executor", deposit=stake)[1]
        words = fault(protocol, Parties(executor, harmed, finder), stake, proved=proved)
        changes = punish(protocol, words, finder)
        amount = stake if proved else stake // 10
        shares = (amount * 2 // 5, -(-amount // 4), amount // 10)
        expected = {
            executor: (stake - amount, -stake),
            harmed: (shares[0], 0),
            finder: (shares[1], 0),
            BURN: (shares[2], 0),
            POOL: (amount - sum(shares), 0),
        }
        assert changes == expected


class TestShares:
    """Where a slash goes."""

    @pytest.mark.parametrize(
        ("amount", "harmed", "finder", "burned", "pool"),
        [
            (1, 0, 1, 0, 0),
            (3, 1, 1, 0, 1),
            (4, 1, 1, 0, 2),
            (9, 3, 3, 0, 3),
            (19, 7, 5, 1, 6),
            (10_007, 4_002, 2_502, 1_000, 2_503),
        ],
    )
    def test_dust_goes_to_the_pool(
        self, protocol: Protocol, parties: Parties, amount: int, harmed: int, finder: int, burned: int, pool: int
    ) -> None:
        """The finder's share is rounded up, so that it is never nothing; those of harmed and burn down."""
        changes = punish(protocol, fault(protocol, parties, amount, proved=True), parties.finder)
        expected = {
            parties.executor: (0, -amount),
            parties.harmed: (harmed, 0),
            parties.finder: (finder, 0),
            BURN: (burned, 0),
            POOL: (pool, 0),
        }
        assert changes == {account: change for account, change in expected.items() if change != (0, 0)}

    @pytest.mark.parametrize(("amount", "pool"), [(7, 1), (8, 0), (20, 0)])
    def test_shares_of_everything_leave_the_pool_dust(
        self, protocol: Protocol, parties: Parties, amount: int, pool: int
    ) -> None:
        """0.5, 0.25, 0.25: of 7 they are 3, 2, 1; of 8 they are 4, 2, 2; of 20 they are 10, 5, 5."""
        protocol.slasher.set_terms(slash_terms(compensation=500_000, burn=250_000), sender=protocol.owner)
        protocol.next_epoch()
        words = fault(protocol, parties, amount, opened=protocol.now, proved=True)
        assert punish(protocol, words, parties.finder).get(POOL, (0, 0)) == (pool, 0)

    def test_without_finder_its_share_is_the_pools(self, protocol: Protocol, parties: Parties) -> None:
        """Of 10,007 the pool takes its 2,503 and the finder's 2,502; account 0 gets what is burned and no more."""
        changes = punish(protocol, fault(protocol, parties, 10_007, proved=True))
        assert changes == {
            parties.executor: (0, -10_007),
            parties.harmed: (4_002, 0),
            BURN: (1_000, 0),
            POOL: (5_005, 0),
        }

    @pytest.mark.parametrize("who", ["executor", "harmed", "pool"])
    def test_finder_may_be_anybody(self, protocol: Protocol, parties: Parties, who: str) -> None:
        """Who has another part in it gets both."""
        finder = POOL if who == "pool" else getattr(parties, who)
        expected = {parties.executor: 0, parties.harmed: 4_000, POOL: 2_500}
        expected[finder] += 2_500
        changes = punish(protocol, fault(protocol, parties, proved=True), finder)
        assert {account: changes[account][0] for account in expected} == expected

    @pytest.mark.parametrize("finder", [1_000_000, 2**32 - 1])
    def test_finder_may_open_its_account_later(self, protocol: Protocol, parties: Parties, finder: int) -> None:
        """Any number below 2**32 is credited."""
        punish(protocol, fault(protocol, parties, proved=True), finder)
        assert protocol.escrow.balances(finder)[:2] == (2_500, 0)

    @pytest.mark.parametrize("finder", [2**32, 2**256 - 1])
    @pytest.mark.parametrize("count", [0, 1])
    def test_finder_is_an_account(self, protocol: Protocol, parties: Parties, finder: int, count: int) -> None:
        """Refused before anything is looked at."""
        words = fault(protocol, parties) * count
        with refused("slasher: no such account"):
            protocol.slasher.slash(words, finder, sender=protocol.registry.address)

    def test_event(self, protocol: Protocol, parties: Parties) -> None:
        """Task, executor, finder and amount; the largest task number fits."""
        punish(protocol, fault(protocol, parties, task=2**80 - 1), 2**32 - 1)
        announced = (2**80 - 1, parties.executor, 2**32 - 1, 1_000)
        assert events(protocol.slasher, "Slashed") == [announced]


class TestOpeningEpoch:
    """Terms and curve of the epoch in which the task was opened."""

    @pytest.mark.parametrize(("age", "amount", "burned"), [(-1, 1_000, 100), (0, 5_000, 5_000), (3_600, 5_000, 5_000)])
    def test_terms(self, protocol: Protocol, parties: Parties, age: int, amount: int, burned: int) -> None:
        """From the boundary on half the reward is the floor and all is burned; a second before it is not."""
        protocol.slasher.set_terms(ALL_BURNED, sender=protocol.owner)
        protocol.next_epoch()
        boundary = protocol.now
        protocol.wait(7_200)
        changes = punish(protocol, fault(protocol, parties, opened=boundary + age), parties.finder)
        assert amounts(protocol) == [amount]
        assert changes[BURN] == (burned, 0)

    @pytest.mark.parametrize(("age", "amount"), [(-1, 1_274), (0, 1_000), (3_600, 1_000)])
    def test_curve(self, protocol: Protocol, parties: Parties, age: int, amount: int) -> None:
        """At 90 % m is 1.274999 under the default curve, and 1 under one with F there."""
        protocol.slasher.set_curve(OTHER_CURVE, sender=protocol.owner)
        protocol.next_epoch()
        boundary = protocol.now
        protocol.wait(7_200)
        punish(protocol, fault(protocol, parties, x=9_000, opened=boundary + age))
        assert amounts(protocol) == [amount]

    def test_by_turns_and_in_any_order(self, protocol: Protocol, parties: Parties) -> None:
        """Each of a batch by its own epoch, with the same total whichever comes first."""
        protocol.slasher.set_terms(ALL_BURNED, sender=protocol.owner)
        protocol.slasher.set_curve(OTHER_CURVE, sender=protocol.owner)
        protocol.next_epoch()
        expected = {1: 1_274, 2: 5_000, 3: 1_000, 4: 10_000}
        faults = {
            1: fault(protocol, parties, x=9_000, task=1),
            2: fault(protocol, parties, x=9_000, task=2, opened=protocol.now),
            3: fault(protocol, parties, task=3),
            4: fault(protocol, parties, task=4, opened=protocol.now, proved=True),
        }
        for order in permutations(faults):
            with boa.env.anchor():
                changes = punish(protocol, [word for task in order for word in faults[task]], parties.finder)
                assert amounts(protocol) == [expected[task] for task in order]
                # of 1,274: 509, 319, 127 and 319; of 1,000: 400, 250, 100 and 250
                assert changes == {
                    parties.executor: (40_000 - 17_274, -40_000),
                    parties.harmed: (909, 0),
                    parties.finder: (569, 0),
                    BURN: (227 + 15_000, 0),
                    POOL: (569, 0),
                }

    def test_by_turns_without_finder(self, protocol: Protocol, parties: Parties) -> None:
        """The share of a finder is the pool's, whichever epoch comes first: of 1,000 it has 250 and 250."""
        protocol.slasher.set_terms(ALL_BURNED, sender=protocol.owner)
        protocol.next_epoch()
        old, new = (fault(protocol, parties, opened=moment) for moment in (protocol.now - 1, protocol.now))
        for words in (old + new, new + old):
            with boa.env.anchor():
                changes = punish(protocol, words)
                assert changes == {
                    parties.executor: (14_000, -20_000),
                    parties.harmed: (400, 0),
                    BURN: (100 + 5_000, 0),
                    POOL: (500, 0),
                }


class TestCalls:
    """One call, several faults."""

    def test_each_slash_is_split_by_itself(self, protocol: Protocol, parties: Parties) -> None:
        """Three of 9 make 3, 3, 0 and 3 each, not the shares of 27."""
        words = [word for task in range(3) for word in fault(protocol, parties, 9, proved=True, task=task)]
        assert punish(protocol, words, parties.finder) == {
            parties.executor: (0, -27),
            parties.harmed: (9, 0),
            parties.finder: (9, 0),
            POOL: (9, 0),
        }
        assert [task for task, *_ in events(protocol.slasher, "Slashed")] == [0, 1, 2]

    def test_takes_32(self, protocol: Protocol, parties: Parties) -> None:
        """And not 33."""
        words = [word for task in range(32) for word in fault(protocol, parties, 1_000, task=task)]
        with boa.reverts():
            protocol.slasher.slash([*words, 0, 0], parties.finder, sender=protocol.registry.address)
        assert punish(protocol, words, parties.finder) == {
            parties.executor: (32 * 900, -32_000),
            parties.harmed: (32 * 40, 0),
            parties.finder: (32 * 25, 0),
            BURN: (320, 0),
            POOL: (800, 0),
        }

    @pytest.mark.parametrize("with_finder", [False, True])
    def test_no_fault_moves_nothing(self, protocol: Protocol, parties: Parties, with_finder: bool) -> None:
        """An empty list is no error."""
        assert punish(protocol, [], parties.finder if with_finder else 0) == {}
        assert amounts(protocol) == []

    def test_only_what_is_locked(self, protocol: Protocol, parties: Parties) -> None:
        """Collateral that is not there takes the other faults of the call with it."""
        words = fault(protocol, parties)
        books = Books(protocol)
        with refused("escrow: locked out of range"):
            protocol.slasher.slash(words * 2, 0, sender=protocol.registry.address)
        assert books.changes() == {}

    def test_goes_on_while_all_is_paused(self, protocol: Protocol, parties: Parties) -> None:
        """No pause keeps a slash back."""
        words = fault(protocol, parties)
        for contract in (protocol.registry, protocol.participants):
            contract.pause(True, sender=protocol.owner)
        protocol.escrow.pause_deposits(True, sender=protocol.owner)
        punish(protocol, words)
        assert amounts(protocol) == [1_000]
