"""Draw mutants of the contracts, test each, and name those that no test notices: ``python -m tests.mutants``."""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from ballast.writing import write_whole
from tests.mutants.sources import code, sources
from tests.mutants.trees import SURVIVED, Mutant, Tree

ROOT: Final = Path(__file__).resolve().parents[2]
MUTATOR: Final = ROOT / ".make" / "mutants" / "bin" / "python"
EQUIVALENT: Final = Path(__file__).with_name("equivalent.toml")
WANTED: Final = 0.98
"""Share of the mutants that are not equivalent to be noticed."""
NOT_COUNTED: Final = ("invalid", "same")


def drawn(seed: int) -> list[Mutant]:
    """All mutants of the contracts, in the order of a seed."""
    lines = {str(path.relative_to(ROOT)): code(path.read_text(encoding="utf-8")) for path in sources(ROOT)}
    command = [MUTATOR, Path(__file__).with_name("draw.py")]
    made = subprocess.run(command, input=json.dumps(lines), capture_output=True, text=True, check=True)
    mutants = [Mutant(*mutant) for mutant in json.loads(made.stdout)]
    random.Random(seed).shuffle(mutants)
    return mutants


def reasons() -> dict[tuple[str, str, str], str]:
    """Why a mutant does the same as its original, by path, original line and line of the mutant."""
    rows = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]
    return {(row["path"], row["line"], row["mutant"]): row["reason"] for row in rows}


def original(mutant: Mutant) -> str:
    """Line that a mutant changes."""
    return (ROOT / mutant.path).read_text(encoding="utf-8").splitlines()[mutant.number - 1]


def told(mutant: Mutant) -> str:
    """Lines that name a mutant."""
    return f"{mutant.path}:{mutant.number}\n  - {original(mutant).strip()}\n  + {mutant.line.strip()}"


def kept(rows: list[list[Any]], mutants: list[Mutant], again: bool) -> dict[Mutant, str]:
    """Verdicts that were written down and still hold: on mutants that can still be drawn; not on survivors if again."""
    verdicts = {Mutant(*mutant): verdict for *mutant, verdict in rows}
    present = set(mutants)
    return {m: verdict for m, verdict in verdicts.items() if m in present and not (again and verdict == SURVIVED)}


def whole(text: str) -> int:
    """Read a number of things, at least one."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number from 1 on")
    return int(text)


class Study:
    """Verdicts on mutants, written down one by one, so that a study that was ended goes on.

    Parameters
    ----------
    seed : int
        Of the order in which mutants are taken.
    count : int
        How many are tested, besides those that do not compile or compile to the same code.
    again : bool
        Whether those that survived are tested again.
    """

    def __init__(self, seed: int, count: int, again: bool) -> None:
        self.count = count
        mutants = drawn(seed)
        self.waiting = iter(mutants)
        self.under_test = 0
        self.lock = threading.Lock()
        self.path = ROOT / "build" / "mutants" / f"{seed}.json"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else []
        self.verdicts = kept(rows, mutants, again)

    def counted(self) -> dict[Mutant, str]:
        """Verdicts on mutants that differ from the original."""
        return {mutant: verdict for mutant, verdict in self.verdicts.items() if verdict not in NOT_COUNTED}

    def take(self) -> Mutant | None:
        """Next mutant to be tested, None if those tested and under test are enough.

        So the mutants that count are the first in the order, however many are tested at a time.
        """
        with self.lock:
            if len(self.counted()) + self.under_test >= self.count:
                return None
            mutant = next((mutant for mutant in self.waiting if mutant not in self.verdicts), None)
            self.under_test += mutant is not None
            return mutant

    def note(self, mutant: Mutant, verdict: str) -> None:
        """Keep a verdict."""
        with self.lock:
            self.under_test -= 1
            self.verdicts[mutant] = verdict
            write_whole(self.path, json.dumps([[*key, value] for key, value in self.verdicts.items()], indent=1))

    def result(self) -> int:
        """Print what came out; 0 if enough were noticed."""
        known = reasons()
        counted = list(self.counted().items())
        survived = [mutant for mutant, verdict in counted if verdict == SURVIVED]
        same = [m for m in survived if (m.path, original(m).strip(), m.line.strip()) in known]
        missed = [mutant for mutant in survived if mutant not in same]
        for mutant in same:
            print(f"{told(mutant)}\n  the same: {known[mutant.path, original(mutant).strip(), mutant.line.strip()]}")
        for mutant in missed:
            print(f"{told(mutant)}\n  SURVIVED")
        different = len(counted) - len(same)
        share = (different - len(missed)) / different if different else 1.0
        left = sum(verdict in NOT_COUNTED for verdict in self.verdicts.values())
        print(
            f"{len(counted)} mutants; {len(same)} do the same as the original;"
            f" {different - len(missed)} of {different} others noticed, {share:.1%}"
            f" ({left} more did not compile, or to the same code)"
        )
        return 0 if share >= WANTED else 1


def work(study: Study, workers: int) -> None:
    """Test mutants, each worker in a copy of the checkout."""
    with Progress() as progress, ThreadPoolExecutor(workers) as pool:
        bar = progress.add_task("Mutants", total=study.count, completed=len(study.counted()))

        def go_on(number: int) -> None:
            tree = Tree(ROOT, f"tree-{number}")
            while (mutant := study.take()) is not None:
                study.note(mutant, tree.verdict(mutant))
                progress.update(bar, completed=len(study.counted()))

        list(pool.map(go_on, range(workers)))


def main() -> int:
    """Run a study."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--count", type=whole, default=200, help="mutants to test")
    parser.add_argument("--seed", type=int, default=1, help="of the order in which they are drawn")
    parser.add_argument("--workers", type=whole, default=2, help="copies of the checkout that are tested at a time")
    parser.add_argument("--again", action="store_true", help="test those again that survived: there are more tests now")
    options = parser.parse_args()
    study = Study(options.seed, options.count, options.again)
    work(study, options.workers)
    return study.result()


if __name__ == "__main__":
    sys.exit(main())
