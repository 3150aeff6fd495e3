"""Why a value is what it is: inputs, formula, result."""

from __future__ import annotations

from typing import Any

from offchain.keeper.observe import Evidence


def describe_inputs(evidence: Evidence) -> dict[str, Any]:
    """Put the inputs of an epoch into the form the journal keeps; large numbers as text."""
    i = evidence.inputs
    busy = [[a, str(n), str(k), *map(str, i.activity[a])] for a, (n, k) in i.fees.items()]
    return {
        "epoch": i.epoch,
        "epoch_seconds": i.epoch_seconds,
        "words": [hex(word) for word in evidence.words],
        "pages": [hex(word) for word in i.words],
        "busy": busy,
    }
