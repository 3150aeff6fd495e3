"""All mutants of some sources, by universalmutator with our operators. Run by the mutator's own environment.

Reads a JSON object from standard input, the lines of each file by its path, and writes a list of mutants: path, number
of the line, the line as the mutant has it.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from universalmutator.mutator import mutants_regexp

OPERATORS = Path(__file__).with_name("operators.rules")


def main() -> None:
    """Write the mutants."""
    found: list[tuple[str, int, str]] = []
    with contextlib.redirect_stdout(sys.stderr):
        for path, lines in json.load(sys.stdin).items():
            for number, line, *_ in mutants_regexp(lines, [str(OPERATORS)], ignorePatterns=[]):
                found.append((path, number, line.rstrip("\n")))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
