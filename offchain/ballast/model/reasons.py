"""Why a step does not apply; twin of ``contracts/modules/reasons.vy``.

A batch skips the item and reports the code in an event; a strict call reverts with the text.
"""

from __future__ import annotations

from typing import Final

NO_TASK: Final = 1
STATE: Final = 2
TOO_EARLY: Final = 3
TOO_LATE: Final = 4
CALLER: Final = 5
CAPACITY: Final = 6
REPUTATION: Final = 7
PRICE: Final = 8
LOAD_LIMIT: Final = 9
NOT_LEADING: Final = 10
MANDATE: Final = 11
SLOT: Final = 12
TASK_TERMS: Final = 13
COMPLEXITY: Final = 14
PAUSED: Final = 15
ROLE: Final = 16
SENDER: Final = 17

TEXTS: Final[dict[int, str]] = {
    NO_TASK: "registry: no such task",
    STATE: "registry: wrong state",
    TOO_EARLY: "registry: too early",
    TOO_LATE: "registry: too late",
    CALLER: "registry: not the caller's",
    CAPACITY: "registry: over capacity",
    REPUTATION: "registry: reputation too low",
    PRICE: "registry: price out of reach",
    LOAD_LIMIT: "registry: load above limit",
    NOT_LEADING: "registry: bid does not lead",
    MANDATE: "registry: mandate exhausted",
    SLOT: "registry: slot",
    TASK_TERMS: "registry: task terms",
    COMPLEXITY: "registry: too complex",
    PAUSED: "registry: paused",
    ROLE: "registry: wrong role",
    SENDER: "registry: sender not allowed",
}


def text(code: int) -> str:
    """Revert reason of a code; of an unknown code that of ``SENDER``, as in the contract."""
    return TEXTS.get(code, TEXTS[SENDER])
