"""Pages of reputations, their marks and the keepers behind them, Vyper against Python."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ballast.errors import ModelError
from ballast.model import keeper_packing, page_packing
from ballast.model.constants import PAGE
from ballast.model.keeper_packing import MAX_VALUES, KeeperRecord
from tests.differential.cases import Cases, covered
from tests.differential.harness import Harness, flat

LOWEST, HIGHEST = -(2**23), 2**23 - 1


def test_fields_of_a_page(reputation_harness: Harness) -> None:
    """Any word, every place of it, logits of either sign and at the ends of their bits."""
    cases = Cases("page fields")
    rows = list(zip(cases.words(), cases.column(0, 2**32 - 1), cases.column(LOWEST, HIGHEST), strict=True))
    covered(((account % PAGE, phi < 0) for _, account, phi in rows), *((p, s) for p in range(PAGE) for s in (0, 1)))
    expected = []
    for word, account, phi in rows:
        epoch, posted = page_packing.written(word, account)
        assert (epoch, posted) == (page_packing.epoch_of(word), page_packing.logit(word, account))
        assert page_packing.logit(page_packing.bits(phi, account), account) == phi
        expected.append((epoch, page_packing.poster(word), posted, page_packing.bits(phi, account)))
    reputation_harness.agree("page_fields", rows, expected)


def test_the_word_that_holds(reputation_harness: Harness) -> None:
    """Either of two words or none: written just in time, too late, never, both in one epoch."""
    cases = Cases("holding")
    rows, branches = [], []
    columns = (cases.column(0, 2**24 - 1), cases.column(-3, 6), cases.column(-3, 6), cases.words(), cases.words())
    for number, (epoch, first, second, a, b) in enumerate(zip(*columns, strict=True)):
        epochs = [max(0, epoch - 4 + d) % 2**24 if (number >> i) % 5 else 0 for i, d in ((0, first), (3, second))]
        words = [w & ~((2**24 - 1) << 192) | (e << 192) for w, e in zip((a, b), epochs, strict=True)]
        rows.append((*words, epoch))
        old = [e for e in epochs if e + 2 <= epoch]
        held = page_packing.holding(*rows[-1])
        newest = max(old, default=0)
        assert page_packing.epoch_of(held) == newest
        assert held == 0 or held in words
        both = len(old) == 2 and epochs[0] != epochs[1]
        branches.append("none" if not old else "newer of two" if both else "one" if len(old) == 1 else "same epoch")
    covered(branches, "none", "one", "newer of two", "same epoch")
    reputation_harness.agree("holding", rows, [(page_packing.holding(*r),) for r in rows])


def test_marks(reputation_harness: Harness) -> None:
    """Of the epoch asked for and of another; bits of all places."""
    cases = Cases("marks")
    rows = []
    for word, epoch, same, poster, page in zip(
        cases.words(),
        cases.column(0, 2**24 - 1),
        cases.pick([True, False]),
        cases.column(0, 2**32 - 1),
        cases.column(0, 2**29, page_packing.GROUP),
        strict=True,
    ):
        rows.append((word, word >> page_packing.GROUP if same else epoch, poster, page))
    covered((word >> page_packing.GROUP == epoch for word, epoch, _, _ in rows), True, False)
    expected = []
    for word, epoch, poster, page in rows:
        marks = page_packing.marks(word, epoch)
        header = page_packing.header(epoch, poster)
        assert header == page_packing.pack([], epoch, poster)
        expected.append((header, marks, page_packing.pack_marks(marks, epoch), page_packing.bit(page)))
    reputation_harness.agree("page_marks", rows, expected)


def test_a_page_of_eight() -> None:
    """Places from the lowest bit, apart from each other and from what lies above them."""
    logits = [LOWEST, HIGHEST, 0, -1, 1, 12_345, -8_000_000, 8_000_000]
    word = page_packing.pack(logits, 2**24 - 1, 2**32 - 1)
    assert [page_packing.written(word, 16 + place) for place in range(PAGE)] == [(2**24 - 1, phi) for phi in logits]
    assert page_packing.poster(word) == 2**32 - 1
    assert word & page_packing.LOGITS == page_packing.pack(logits, 0, 0)


def test_values_mature(reputation_harness: Harness) -> None:
    """In the epoch of the post and after it, the count of unpaid values full or not."""
    cases = Cases("mature")
    keepers = [
        KeeperRecord(*row)
        for row in zip(
            cases.column(0, 2**96 - 1),
            cases.column(0, 2**24 - 1),
            cases.column(0, MAX_VALUES),
            cases.column(0, MAX_VALUES),
            cases.column(0, MAX_VALUES),
            strict=True,
        )
    ]
    later = cases.pick([0, 0, 1, 2])
    rows = [(keeper_packing.pack(k), k.epoch + ahead) for k, ahead in zip(keepers, later, strict=True)]
    full = [k.unpaid + k.at_risk + k.poked > MAX_VALUES for k in keepers]
    covered(zip(full, (a > 0 for a in later), strict=True), *((f, a) for f in (True, False) for a in (True, False)))
    reputation_harness.agree("mature", rows, [flat(keeper_packing.mature(*r)) for r in rows])


@pytest.mark.parametrize("values", [1, 8, 256])
@pytest.mark.parametrize(
    "keeper",
    [
        KeeperRecord(2**64, 7, 256, 0, 0),
        KeeperRecord(2**96 - 1, 2**24 - 1, MAX_VALUES, MAX_VALUES, MAX_VALUES),
        KeeperRecord(256, 1, 264, 9, 10),
    ],
)
def test_a_wrong_page_costs_its_bond(reputation_harness: Harness, keeper: KeeperRecord, values: int) -> None:
    """Fewer values at risk, and the bond behind them gone; the rest stays."""
    word = keeper_packing.pack(keeper)
    bond = min(keeper.bond, values * (2**64 - 1))
    after = keeper_packing.corrected(word, values, bond)
    left = replace(keeper, bond=keeper.bond - bond, at_risk=keeper.at_risk - values)
    assert keeper_packing.unpack(after) == left
    assert reputation_harness.single("corrected", word, values, bond) == (after,)


def test_what_is_not_there_cannot_be_taken(reputation_harness: Harness) -> None:
    """The last word that suffices, and the first that does not."""
    assert (
        reputation_harness.single("corrected", (8 << 120) + 5, 8, 5)
        == (keeper_packing.corrected((8 << 120) + 5, 8, 5),)
        == (0,)
    )
    assert reputation_harness.reason("corrected", ((8 << 120) + 4, 8, 5)) == ""
    with pytest.raises(ModelError, match="arithmetic"):
        keeper_packing.corrected((8 << 120) + 4, 8, 5)
