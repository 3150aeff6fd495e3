"""The transaction layer speaks of nodes, blocks and transactions, and of nothing that the market deals with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ballast.transact

WORDS = (
    *("auction", "avs", "bid", "bond", "capacity", "challenge", "collateral", "coprocessor", "court", "curve"),
    *("deposit", "escrow", "executor", "finder", "keeper", "logit", "mandate", "operator", "page", "participant"),
    *("poke", "post", "reputation", "rescue", "slash", "slasher", "stake", "task", "thaw"),
)
WORD = re.compile(rf"(?<![a-z])({'|'.join(WORDS)})(s|d|r|ed|es|er|ers|ing)?(?![a-z])")
FILES = sorted(Path(ballast.transact.__file__).parent.rglob("*.py"))


def told(text: str) -> list[str]:
    """Words of the protocol in a text, those inside of names with underscores or capitals included."""
    return [found[0] for found in WORD.finditer(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower())]


def test_words_are_found_wherever_they_stand() -> None:
    assert told("a Task, the own_tasks of GasReputation: slashed, posted") == [
        *("task", "tasks", "reputation", "slashed", "posted")
    ]
    assert told("multitasking on PostgreSQL, homepage, forbidding") == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_word_of_the_protocol_stands_in_the_transaction_layer(file: Path) -> None:
    assert told(file.read_text()) == []
