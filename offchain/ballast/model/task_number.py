"""Numbers of tasks, as ``contracts/TaskRegistry.vy`` makes them.

From the lowest bit: sequence 32, slot 16, operator 32. The sequence counts the tasks that have used the slot.
"""

from __future__ import annotations


def pack(operator: int, slot: int, sequence: int) -> int:
    """Make the number of a task.

    Parameters
    ----------
    operator : int
        Escrow account.
    slot : int
        Of the operator.
    sequence : int
        Which of the slot's tasks, from 1; 0 stands for the slot itself.
    """
    return (operator << 48) | (slot << 32) | sequence


def unpack(number: int) -> tuple[int, int, int]:
    """Operator, slot and sequence of a task's number."""
    return number >> 48, (number >> 32) & (2**16 - 1), number & (2**32 - 1)
