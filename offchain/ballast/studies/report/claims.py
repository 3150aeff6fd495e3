"""What of claims is put into the page: those of ``claims.json``, as ``ballast claims`` writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ballast.errors import ResultsError
from ballast.sim.result_files import CLAIMS
from ballast.studies.report.numbers import in_words

FIELDS_OF_CLAIM: Final = (
    *("id", "statement", "measure", "threshold", "estimate", "low", "high", "p", "p_holm", "seeds", "periods"),
    *("verdict", "check", "assumption"),
)


def read_claims(directory: Path) -> list[list[dict[str, Any]]]:
    """Read ``claims.json`` of a directory: what was claimed, measured and found.

    Returns
    -------
    list of list of dict
        Claim by claim, a dict for each population: with the keys of `FIELDS_OF_CLAIM`, its ``population``, and perhaps
        a ``note``. Empty if there is no such file.

    Raises
    ------
    ResultsError
        If the file holds no such thing.
    """
    path = directory / CLAIMS
    if not path.exists():
        return []
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read: {error}") from None
    found: dict[str, list[dict[str, Any]]] = {}
    for population, judged in document.items() if isinstance(document, dict) else ():
        claims = judged.get("claims") if isinstance(judged, dict) else None
        if not isinstance(claims, list):
            raise ResultsError(f"{path} is nothing that ballast claims of this version has written")
        for place, claim in enumerate(claims, start=1):
            missing = [name for name in FIELDS_OF_CLAIM if not isinstance(claim, dict) or name not in claim]
            if missing:
                raise ResultsError(f"{path}: claim {place} lacks {', '.join(missing)}")
            found.setdefault(str(claim["id"]), []).append({**claim, "population": population})
    if not found:
        raise ResultsError(f"{path} is nothing that ballast claims of this version has written")
    return list(found.values())


def _brief(value: object) -> str:
    """Write a value of a claim, numbers with four digits."""
    return "" if value is None else f"{value:,.4g}" if isinstance(value, float) else in_words(value)


def claim_in_words(claim: Mapping[str, Any]) -> dict[str, str]:
    """Write the values of a claim as people read them."""
    texts = {name: _brief(claim[name]) for name in FIELDS_OF_CLAIM}
    if texts["low"] and texts["high"]:
        texts["estimate"] += f" (95% interval {texts['low']} to {texts['high']})"
    if texts["p"] and texts["p_holm"]:
        texts["estimate"] += f"; p {texts['p']} alone, {texts['p_holm']} beside all other tests, by Holm"
    return texts | {"population": str(claim["population"]), "note": str(claim.get("note") or "")}
