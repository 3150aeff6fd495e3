"""Wording of messages: numbers with their nouns, and what Click says of a number it refuses, in plain words."""

from __future__ import annotations

import re

import click
from click.types import FloatParamType, IntParamType

REFUSED = re.compile(r"(?P<value>.*) is not (a valid (integer|float)( range)?|in the range .*)\.$", re.DOTALL)
"""Click's own words."""


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 run``, ``2,000 runs``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def plainly(error: click.UsageError) -> click.UsageError:
    """Have an error about a number say what number is wanted; others stay as they are."""
    kind = error.param.type if isinstance(error, click.BadParameter) and error.param else None
    if isinstance(kind, IntParamType | FloatParamType) and (told := REFUSED.match(error.message)):
        error.message = f"{wanted(kind)} is wanted, not {told['value']}"
    return error


def wanted(kind: IntParamType | FloatParamType) -> str:
    """Say which numbers an option takes."""
    name = "a whole number" if isinstance(kind, IntParamType) else "a number"
    if not isinstance(kind, click.IntRange | click.FloatRange):
        return name
    low, high = kind.min, kind.max
    if low is not None and high is not None and not (kind.min_open or kind.max_open):
        return f"{name} from {low:,} to {high:,}"
    bounds = []
    if low is not None:
        bounds.append(f"{'above' if kind.min_open else 'of at least'} {low:,}")
    if high is not None:
        bounds.append(f"{'below' if kind.max_open else 'of at most'} {high:,}")
    return f"{name} {' and '.join(bounds)}"
