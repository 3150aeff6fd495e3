"""How much storage the contracts' arrays reserve: as many words as there can be accounts, task slots and epochs.

Written from the documented bounds. An array of another length would move all that stands behind it.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.support.protocol import deployer

ACCOUNTS: Final = 2**32
SLOTS: Final = 2**16  # of one operator, in a task's number
CLOSED: Final = 4  # epochs a ring remembers
PRESENT: Final = CLOSED + 1

ARRAYS: Final = {
    "ClassRegistry": {},
    "CollateralEscrow": {"_balances": ACCOUNTS, "_pool_closings": PRESENT},
    # two words for eight accounts; there is room for twice as many
    "GasReputation": {"_pages": ACCOUNTS // 8 * 2 * 2},
    "ParticipantRegistry": {"_activities": ACCOUNTS, "_closed": ACCOUNTS * CLOSED},
    "Slasher": {"_budgets": 3 * CLOSED, "_weights": CLOSED},
    # the ring of five begins anew every five words, and 2**35 is the next power of two
    "TaskRegistry": {
        "_terms": ACCOUNTS * SLOTS,
        "_progress": ACCOUNTS * SLOTS,
        "_results": ACCOUNTS * SLOTS,
        "_fees": ACCOUNTS * 8,
    },
}
"""Words of each variable that takes more than one."""


def arrays(layout: dict[str, Any]) -> dict[str, int]:
    """Words of the variables in a storage layout that take more than one, those of modules too."""
    found: dict[str, int] = {}
    for name, place in layout.items():
        if "n_slots" not in place:
            found |= arrays(place)
        elif place["n_slots"] > 1:
            found[name] = place["n_slots"]
    return found


@pytest.mark.parametrize("contract", ARRAYS)
def test_arrays_are_as_long_as_there_can_be_indices(contract: str) -> None:
    assert arrays(deployer(contract).compiler_data.storage_layout["storage_layout"]) == ARRAYS[contract]
