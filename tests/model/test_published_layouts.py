"""The published layouts are those by which the twins pack and unpack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from ballast.model import activity, class_packing, fee_record, load_curve, page_packing, task_packing
from ballast.model.layouts import LAYOUTS, parts
from tests.model.properties import any_word, given
from tests.support.contract_words import card


def fields_of(unpack: Callable[[int], Any]) -> Callable[[int], dict[str, int]]:
    """Make a reader of fields from a twin that gives a dataclass."""
    return lambda word: asdict(unpack(word))


def balance(word: int) -> dict[str, int]:
    """Read a balance as `docs/protocol.md` has it."""
    return {"free": word & (2**96 - 1), "locked": word >> 96}


def fees(word: int) -> dict[str, int]:
    """Read a fee record of its own epoch."""
    epoch = word >> 192
    n, k = fee_record.unpack(word, epoch)
    return {"n": n, "k": k, "epoch": epoch}


def page(word: int) -> dict[str, int]:
    """Read a page place by place."""
    logits = {f"logit_{place}": page_packing.logit(word, place) for place in range(8)}
    return {**logits, "epoch": page_packing.epoch_of(word), "poster": page_packing.poster(word)}


READERS: dict[str, Callable[[int], dict[str, int]]] = {
    "terms": fields_of(task_packing.terms),
    "progress": fields_of(task_packing.progress),
    "auction": fields_of(class_packing.auction),
    "opening": fields_of(class_packing.opening),
    "card": lambda word: card(word)._asdict(),
    "balance": balance,
    "activity": fields_of(activity.unpack),
    "fees": fees,
    "curve": fields_of(load_curve.unpack),
    "page": page,
}


def test_every_layout_has_a_reader() -> None:
    assert list(READERS) == list(LAYOUTS)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_reads_what_the_twin_reads(name: str) -> None:
    """Of any word of its width; a word has at most 256 bits, and its fields have names of their own."""
    width = sum(field.bits for field in LAYOUTS[name])
    assert width <= 256
    assert len({field.name for field in LAYOUTS[name]}) == len(LAYOUTS[name])

    @given(word=any_word)
    def check(word: int) -> None:
        assert parts(name, word % 2**width) == READERS[name](word % 2**width)

    check()


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_as_wide_as_the_word(name: str) -> None:
    """The highest bit is the last field's."""
    width = sum(field.bits for field in LAYOUTS[name])
    highest = READERS[name](2 ** (width - 1))
    last = LAYOUTS[name][-1]
    assert highest[last.name] == ((-1 if last.signed else 1) << (last.bits - 1)) * last.unit
