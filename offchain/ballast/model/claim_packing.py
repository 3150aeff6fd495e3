"""Claims; twin of ``contracts/modules/claim_packing.vy``.

Which of the last epochs an account was paid an uptime reward for. At the place epoch % EPOCH_RING, from the lowest bit:
the epoch claimed 32. Epochs count from 1, so an empty place is no claim.
"""

from __future__ import annotations

from typing import Final

from ballast.model._evm import unsigned
from ballast.model.constants import EPOCH_RING

EPOCH_BITS: Final = 32


def claimed(word: int, epoch: int) -> bool:
    """Whether an epoch was claimed."""
    return epoch > 0 and unsigned(word >> (epoch % EPOCH_RING * EPOCH_BITS), EPOCH_BITS) == epoch


def with_claim(word: int, epoch: int) -> int:
    """Word after the claim of an epoch, in the place of one that left the ring."""
    place = epoch % EPOCH_RING * EPOCH_BITS
    return (word & ~(((1 << EPOCH_BITS) - 1) << place)) | (epoch << place)
