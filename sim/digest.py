"""The state digest: one number for everything a run did, the same on every engine.

A chain of SHA-256 over periods: ``d = sha256(d || block)``, starting from 32 zero bytes. The block of a period holds,
for every task that ended in it, in the order in which they ended, number, outcome, executor and price. The last block
holds, for every account, its four words as `ballast.sim.market.storage_words` gives them: balances of all accounts,
then activity, fees, logits. All are 64-bit integers, little-endian.
"""

from __future__ import annotations

import hashlib

import numpy as np

from ballast.sim.market.records import Records
from ballast.sim.market.storage_words import StorageWords

START = bytes(32)


def with_tasks(digest: bytes, ended: Records) -> bytes:
    """Digest with the ends of tasks."""
    block = np.stack([ended[name] for name in ("number", "outcome", "executor", "price")], axis=1)
    return hashlib.sha256(digest + np.ascontiguousarray(block, dtype="<i8").tobytes()).digest()


def with_state(digest: bytes, words: dict[str, StorageWords]) -> bytes:
    """Digest with the words of all accounts."""
    block = b"".join(np.ascontiguousarray(words[name], dtype="<u8").tobytes() for name in words)
    return hashlib.sha256(digest + block).digest()
