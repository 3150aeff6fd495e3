"""Names of the files of results, for those who look for them before anything else is loaded."""

from __future__ import annotations

from typing import Final

SUMMARY: Final = "summary.json"
"""Of a run."""
BY_PERIOD: Final = "periods.parquet"
"""Of a sweep."""
CLAIMS: Final = "claims.json"
STRESS: Final = "stress.json"
REPORT: Final = "report.html"
FIGURES: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9)
"""Numbers of the paper's figures that are drawn."""
KINDS: Final = ("png", "svg", "csv")
"""Files of a figure."""
