"""What databases have in common, and what they fail for."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from ballast.node.secrecy import Secrets


def is_file(url: URL) -> bool:
    """Whether an address is one of a file."""
    return url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")


def careful(connection: Any, record: Any) -> None:
    """Have SQLite keep what was written even if the machine fails."""
    del record
    connection.execute("PRAGMA synchronous=FULL")


def hopeless(error: Exception) -> bool:
    """Whether a statement fails for what it says, so that it will fail again."""
    if isinstance(error, DBAPIError):
        told = error.orig.args[0] if error.orig is not None and error.orig.args else None
        state = str(told.get("C", "")) if isinstance(told, dict) else ""  # class 22 is bad data, as pg8000 tells
        return isinstance(error, DataError | IntegrityError) or state.startswith("22")
    return isinstance(error, StatementError | OverflowError | ValueError | TypeError)


def reason(error: Exception) -> str:
    """One line about a failure of the database, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(cause).__name__}: {' '.join(str(cause).split())}"


def secrets_in(url: URL) -> Secrets:
    """Find what may be secret in the address of a database: the password, and values given to the driver."""
    return Secrets([url.password or "", *(value for values in url.normalized_query.values() for value in values)])
