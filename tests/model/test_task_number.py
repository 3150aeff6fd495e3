"""Numbers of tasks."""

from __future__ import annotations

from ballast.model import task_number
from tests.model.properties import given, integers


@given(operator=integers(0, 2**32 - 1), slot=integers(0, 2**16 - 1), sequence=integers(0, 2**32 - 1))
def test_round_trip(operator: int, slot: int, sequence: int) -> None:
    """Every field over its full range, in the order of the documents."""
    number = task_number.pack(operator, slot, sequence)
    assert task_number.unpack(number) == (operator, slot, sequence)
    assert number == operator * 2**48 + slot * 2**32 + sequence
