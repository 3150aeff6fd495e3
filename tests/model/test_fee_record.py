"""Fees at stake in an epoch: two counters that saturate."""

from __future__ import annotations

from ballast.model import fee_record
from ballast.model.fee_record import MAX_FEES
from tests.model.properties import amounts, any_word, choice, given, integers

epochs = integers(0, 2**24 - 1)


@given(n=amounts, k=amounts, epoch=epochs, fee=amounts, good=choice(True, False))
def test_add(n: int, k: int, epoch: int, fee: int, good: bool) -> None:
    """All fees count in n, those of good tasks in k too, and neither counter wraps."""
    word = n | (k << 96) | (epoch << 192)
    after = fee_record.add(word, epoch, fee, good)
    assert fee_record.unpack(after, epoch) == (min(n + fee, MAX_FEES), min(k + fee, MAX_FEES) if good else k)
    assert after >> 192 == epoch


@given(word=any_word, epoch=epochs, fee=amounts, good=choice(True, False))
def test_another_epoch_starts_empty(word: int, epoch: int, fee: int, good: bool) -> None:
    """A word of another epoch counts for nothing, so that no epoch needs clearing."""
    if word >> 192 == epoch:
        word ^= 1 << 192
    assert fee_record.unpack(word, epoch) == (0, 0)
    assert fee_record.unpack(fee_record.add(word, epoch, fee, good), epoch) == (fee, fee if good else 0)


@given(word=any_word, epoch=epochs, fees=integers(0, 2**95), good=choice(True, False))
def test_good_fees_never_exceed_all_fees(word: int, epoch: int, fees: int, good: bool) -> None:
    """Whatever was recorded before in the same way."""
    record = fee_record.add(0, epoch, word & MAX_FEES, good)
    n, k = fee_record.unpack(fee_record.add(record, epoch, fees, True), epoch)
    assert k <= n <= MAX_FEES
