"""Runs what is compared with, in an environment of its own: its packages would not fit ours."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from ballast.errors import PeerError
from ballast.places import CHECKOUT

HERE: Final = Path(__file__).parent
PYTHON: Final = (CHECKOUT or Path()) / ".make" / "peers" / "bin" / "python"
"""Interpreter of the peers' environment, which `make bench` makes."""


def ask(script: str, question: dict[str, Any], python: Path = PYTHON) -> dict[str, Any]:
    """Run a script of this folder with a question and give its answer, both in JSON.

    Raises
    ------
    PeerError
        If it cannot be run or fails, with the last line of what it said.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as stream:
        json.dump(question, stream)
        stream.flush()
        try:
            # -P: the folder's own modules are not to be found in place of packages
            done = subprocess.run([python, "-P", HERE / script, stream.name], capture_output=True, text=True)
        except OSError as error:
            raise PeerError(f"{python} cannot be run: {error.strerror}; `make bench` installs it") from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise PeerError(f"{script} did not run: {said[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
