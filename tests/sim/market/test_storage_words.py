"""The state as the contracts store it, against the packings of the twins."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from ballast.model import activity, fee_record
from ballast.model._evm import unsigned
from ballast.model.constants import MAX_LOGIT
from ballast.model.parameters import NetworkParameters
from ballast.sim import digest
from ballast.sim.engines.engine import GENESIS
from ballast.sim.market.records import TASK, new_market
from ballast.sim.market.storage_words import integers as as_integers
from ballast.sim.market.storage_words import storage_words
from tests.model.properties import given, integers

amount = integers(0, 2**62)
widths = {
    **{"capacity": 32, "next_capacity": 32, "load": 32, "role": 3},
    **{"epoch": 24, "clock": 20, "bonus": 40, "overload": 20},
}
account = st.fixed_dictionaries(
    {name: integers(0, 2**bits - 1) for name, bits in widths.items()}
    | dict.fromkeys(("free", "locked", "fees", "good_fees"), amount)
    | {"next_logit": integers(-MAX_LOGIT, MAX_LOGIT)}
).map(lambda state: {**state, "good_fees": min(state["good_fees"], state["fees"])})


@given(states=st.lists(account, min_size=1, max_size=6), epoch=integers(1, 2**24 - 1), posted=integers(0, 8))
def test_words_are_what_the_contracts_store(states: list[dict[str, int]], epoch: int, posted: int) -> None:
    m = new_market(NetworkParameters(), GENESIS, 8, 2, 2, 4)
    m.ledger[0]["accounts"] = len(states)
    for row, state in enumerate(states):
        for name, value in state.items():
            m.accounts[row][name] = value
    found = {name: as_integers(words) for name, words in storage_words(m, epoch, posted).items()}
    assert found == {
        "balances": [s["free"] | (s["locked"] << 96) for s in states],
        "activity": [activity.pack(activity.Activity(**{name: s[name] for name in widths})) for s in states],
        "fees": [s["fees"] | (s["good_fees"] << 96) | (epoch << 192) if s["fees"] else 0 for s in states],
        "logits": [unsigned(s["next_logit"], 24) if row < posted else 0 for row, s in enumerate(states)],
    }


@given(fees=st.lists(st.tuples(integers(1, 2**40), st.booleans()), min_size=1, max_size=8), epoch=integers(1, 2**20))
def test_fees_add_up_to_the_record_of_the_twin(fees: list[tuple[int, bool]], epoch: int) -> None:
    m = new_market(NetworkParameters(), GENESIS, 8, 2, 2, 4)
    m.ledger[0]["accounts"] = 8
    word = 0
    for fee, good in fees:
        word = fee_record.add(word, epoch, fee, good)
        m.accounts[5]["fees"] += fee
        m.accounts[5]["good_fees"] += fee * good
    assert as_integers(storage_words(m, epoch, 8)["fees"])[5] == word


def test_the_digest_depends_on_every_word_and_every_task() -> None:
    """A bit elsewhere or another outcome is another digest."""
    m = new_market(NetworkParameters(), GENESIS, 8, 2, 2, 4)
    m.ledger[0]["accounts"] = 8
    seen = {digest.with_state(digest.START, storage_words(m, 3, 8))}
    changes: tuple[tuple[str, Any], ...] = (
        ("free", 1),
        ("bonus", 1),
        ("fees", 1),
        ("next_logit", 1),
        ("locked", 2**60),
    )
    for name, value in changes:
        m.accounts[6][name] += value
        seen.add(digest.with_state(digest.START, storage_words(m, 3, 8)))
    assert len(seen) == 1 + len(changes)

    ends = np.zeros(2, TASK)
    names = ("number", "outcome", "executor", "price")
    for name, values in zip(names, ((5, 9), (1, 2), (104, 0), (90, 0)), strict=True):
        ends[name] = values
    seen = {digest.with_tasks(digest.START, ends)}
    for name in names:
        for place in range(2):
            changed = ends.copy()
            changed[name][place] += 1
            seen.add(digest.with_tasks(digest.START, changed))
    assert len(seen) == 1 + 2 * len(names)
