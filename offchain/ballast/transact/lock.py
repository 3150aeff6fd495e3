"""The lock of a key: of the senders that share a journal, one alone may send with it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError


class Lock(Protocol):
    """A lock that ends with the process, however it ends."""

    def take(self) -> bool:
        """Take it, or make sure that it is still held.

        Returns
        -------
        bool
            Whether it is held now; False if another process holds it.

        Raises
        ------
        OSError, SQLAlchemyError
            If that cannot be found out.
        """
        ...

    def close(self) -> None:
        """Give it up."""
        ...


class FileLock:
    """A lock on a file.

    Parameters
    ----------
    path : Path
        The file; made if it is not there. One that was removed or replaced while it was locked is locked anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Take it, or make sure that it is still held."""
        if self._file is not None and self._stands(self._file):
            return True
        self.close()
        file = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return self._stands(file)

    def _stands(self, file: int) -> bool:
        """Whether the path still leads to the file that is locked."""
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Give it up."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class ServerLock:
    """An advisory lock of PostgreSQL, held by a session.

    Parameters
    ----------
    engine : Engine
        Of the database.
    address : str
        Whose lock: its first 64 bits, with a sign, are the lock's number.
    """

    def __init__(self, engine: Engine, address: str) -> None:
        self._engine = engine
        self._number = int(address[2:18], 16) - 2**63
        self._session: Connection | None = None

    def take(self) -> bool:
        """Take it, or make sure that the session lives that holds it."""
        if self._session is not None:
            with contextlib.suppress(OSError, SQLAlchemyError):
                self._session.execute(text("select 1"))
                return True
            self.close()
        session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not session.execute(text("select pg_try_advisory_lock(:n)"), {"n": self._number}).scalar():
            session.close()
            return False
        self._session = session
        return True

    def close(self) -> None:
        """Give it up."""
        if self._session is not None:
            with contextlib.suppress(OSError, SQLAlchemyError):  # the server may be gone, and the lock with it
                self._session.invalidate()
                self._session.close()
            self._session = None
