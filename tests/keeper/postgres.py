"""A PostgreSQL server of a test's own on 127.0.0.1, where one is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from ballast.chain.anvil import free_port

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]


def program(name: str) -> str | None:
    """Find one of PostgreSQL's programs."""
    return shutil.which(name) or next((str(b / name) for b in INSTALLED if (b / name).exists()), None)


def at_hand() -> bool:
    """Whether a server can be started here."""
    return (
        program("initdb") is not None and program("pg_ctl") is not None and (os.getuid() != 0 or _other() is not None)
    )


def _other() -> str | None:
    """Somebody to run the server as, since it refuses to run as root."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


class Postgres:
    """A server with an empty database, gone when the context ends."""

    def __init__(self) -> None:
        # not among other tests' folders, which other sessions of pytest close to everybody but their owner
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        self._data, self._log = folder / "data", folder / "log"
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:
            self._as = {"user": _other(), "group": pwd.getpwnam(str(_other())).pw_gid, "extra_groups": []}
            shutil.chown(folder, self._as["user"])
        self.port = free_port()
        self.url = f"postgresql+pg8000://ballast@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-D", str(self._data), "-U", "ballast", "-A", "trust", "--no-sync")

    def _run(self, name: str, *arguments: str) -> None:
        command = [str(program(name)), *arguments]
        with self._log.with_suffix(f".{name}").open("w") as out:
            subprocess.run(command, cwd="/", stdout=out, stderr=out, check=True, **self._as)

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -k '' -F"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._log), "-w", "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        """Stop it, as a crash would by default."""
        self._run("pg_ctl", "-D", str(self._data), "-m", how, "-w", "stop")

    def __enter__(self) -> Postgres:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._folder:
            self.stop()
