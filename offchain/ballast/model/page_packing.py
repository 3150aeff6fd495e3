"""Reputation pages; twin of ``contracts/modules/page_packing.vy``.

Eight logits in one word, who wrote them and for which epoch; and which pages of a group were written. A page has two
words, by parity of the epoch. From the lowest bit. Page: eight logits of 24 bits in two's complement, then the fields
of `PageHeader` in their order. Marks: one bit for each of 232 pages, epoch 24.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ballast.model import layout
from ballast.model._evm import signed, unsigned
from ballast.model.constants import PAGE

LOGIT_BITS: Final = 24
LOGITS: Final = 2**192 - 1
"""Mask of a page's logits."""
GROUP: Final = 232
"""Pages one word of marks covers."""


@dataclass(frozen=True, slots=True)
class PageHeader:
    """What stands above the logits of a page.

    Attributes
    ----------
    epoch : int
        Epoch it was written for, 0 if it never was.
    poster : int
        Escrow account that posted it, 0 if it was poked or never written.
    """

    epoch: int = layout.bits(24)
    poster: int = layout.bits(32, highest=True)


def header(epoch: int, poster: int) -> int:
    """Bits of a page's word above its logits.

    Parameters
    ----------
    epoch : int
        Epoch it was written for.
    poster : int
        Escrow account that posted it, 0 if it was poked.
    """
    return layout.pack(PageHeader(epoch, poster)) << PAGE * LOGIT_BITS


def bits(phi: int, account: int) -> int:
    """Logit of an account at its place in a page."""
    return unsigned(phi, LOGIT_BITS) << (account % PAGE * LOGIT_BITS)


def pack(logits: Sequence[int], epoch: int, poster: int) -> int:
    """Word of a page.

    Parameters
    ----------
    logits : sequence of int
        Micro-logits of at most eight accounts, lowest first; zeros follow.
    epoch : int
        Epoch it is written for.
    poster : int
        Escrow account that posts it, 0 if it is poked.
    """
    word = header(epoch, poster)
    for place, phi in enumerate(logits):
        word |= bits(phi, place)
    return word


def epoch_of(word: int) -> int:
    """Epoch a page was written for, 0 if it never was."""
    return layout.unpack(PageHeader, word >> PAGE * LOGIT_BITS).epoch


def poster(word: int) -> int:
    """Escrow account that posted a page, 0 if it was poked or never written."""
    return layout.unpack(PageHeader, word >> PAGE * LOGIT_BITS).poster


def logit(word: int, account: int) -> int:
    """Logit of an account in its page as it was written, micro-logits."""
    return signed(word >> (account % PAGE * LOGIT_BITS), LOGIT_BITS)


def written(word: int, account: int) -> tuple[int, int]:
    """Epoch a page was written for, 0 if it never was, and an account's logit in it, micro-logits."""
    return epoch_of(word), logit(word, account)


def holding(first: int, second: int, epoch: int) -> int:
    """Of a page's two words the one that holds in an epoch.

    It is the newer of those written for an epoch at least two before; 0 if there is none.
    """
    first_epoch, second_epoch = epoch_of(first), epoch_of(second)
    if (first_epoch + 2 > epoch or first_epoch < second_epoch) and second_epoch + 2 <= epoch:
        return second
    return first if first_epoch + 2 <= epoch else 0


def bit(page: int) -> int:
    """Bit of a page in the marks of its group."""
    return 1 << (page % GROUP)


def pack_marks(bits: int, epoch: int) -> int:
    """Word of a group's marks."""
    return bits | (epoch << GROUP)


def marks(word: int, epoch: int) -> int:
    """Bits of a group's pages that were written for an epoch; none if the word holds another's."""
    return word & (2**GROUP - 1) if word >> GROUP == epoch else 0
