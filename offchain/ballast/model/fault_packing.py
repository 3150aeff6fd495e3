"""Fault words; twin of ``contracts/modules/fault_packing.vy``.

What the task registry tells the slasher about a fault, in two words. First word from the lowest bit: collateral 96,
reward 96, executor 32, harmed 32. Second: factor 20, x 14, opened 40, proved 1, released 32, task 80.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A task not done, late, or done wrong.

    Attributes
    ----------
    executor : int
        Escrow account slashed.
    harmed : int
        Escrow account compensated.
    collateral : int
        Locked for the task, all of it released with the slash; token units.
    reward : int
        Of the task, token units.
    factor : int
        s, ppm.
    x : int
        Executor's load when it won the task, basis points.
    opened : int
        Timestamp; the curve and the terms in force then apply.
    proved : bool
        A result proved wrong forfeits everything.
    released : int
        Load that ends with the fault, resource units.
    task : int
        Its number.
    """

    executor: int
    harmed: int
    collateral: int
    reward: int
    factor: int
    x: int
    opened: int
    proved: bool
    released: int
    task: int


def pack(f: Fault) -> tuple[int, int]:
    """Both words of a fault."""
    first = f.collateral | (f.reward << 96) | (f.executor << 192) | (f.harmed << 224)
    second = f.factor | (f.x << 20) | (f.opened << 34)
    return first, second | (int(f.proved) << 74) | (f.released << 75) | (f.task << 107)


def executor(first: int) -> int:
    """Executor in a fault's first word."""
    return (first >> 192) & (2**32 - 1)


def released(second: int) -> int:
    """Released load in a fault's second word."""
    return (second >> 75) & (2**32 - 1)


def unpack(first: int, second: int) -> Fault:
    """Fault of two words."""
    return Fault(
        executor=executor(first),
        harmed=first >> 224,
        collateral=first & (2**96 - 1),
        reward=(first >> 96) & (2**96 - 1),
        factor=second & (2**20 - 1),
        x=(second >> 20) & (2**14 - 1),
        opened=(second >> 34) & (2**40 - 1),
        proved=(second >> 74) & 1 == 1,
        released=released(second),
        task=second >> 107,
    )
