"""Numbers shared by several modules; twin of ``contracts/modules/constants.vy``."""

from __future__ import annotations

from typing import Final

# Units
PPM: Final = 10**6
"""Fractions: parts per million."""
BPS: Final = 10**4
"""Load: basis points of capacity in use."""
NANO: Final = 10**9
"""Constants of the load curve."""
MICRO: Final = 10**6
"""Logits."""

# Bounds
MAX_BATCH: Final = 32
"""Items a batch call takes."""
MAX_MOVES: Final = 2 * MAX_BATCH + 2
"""Balance changes one escrow call takes."""
MAX_PAGE: Final = 64
"""Words a view of many returns."""
EPOCH_RING: Final = 4
"""Closed epochs a participant's ring remembers."""
PAGE: Final = 8
"""Reputations stored in one word."""
MAX_LOGIT: Final = 8 * 10**6
"""Largest magnitude of phi, micro-logits."""
MAX_AMPLIFIER: Final = 10 * PPM
"""Largest m(x), ppm."""
MAX_AMOUNT: Final = 2**96 - 1
"""Token units in one balance."""
MAX_TASK_SLOTS: Final = 1024
"""Task slots of one operator."""

# Time
DISPUTE_SECONDS: Final = 5 * 86_400
"""A held task the court leaves undecided this long settles."""
MAX_TASK_LIFE: Final = 14 * 86_400
"""From opening to the end of a dispute, seconds; the thaw delay is at least this."""
MAX_THAW: Final = 90 * 86_400
"""Longest thaw delay, seconds: nobody can be locked in."""

# Accounts of the escrow that belong to nobody
BURN_ACCOUNT: Final = 0
"""What lands here is gone."""
POOL_ACCOUNT: Final = 1
"""Free: the incentive pool; locked: the rewards of all mandates and live tasks."""

# Roles of a participant
OPERATOR: Final = 1
COPROCESSOR: Final = 2
