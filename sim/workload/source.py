"""Text of a file with a trace, plain or compressed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from pathlib import Path
from typing import Final

from ballast.errors import WorkloadError

READ: Final = {
    "gzip": (b"\x1f\x8b", gzip.decompress),
    "xz": (b"\xfd7zXZ\x00", lzma.decompress),
    "bzip2": (b"BZh", bz2.decompress),
}
"""Compressions that are undone: how such a file begins, and what undoes it."""
NAMED: Final = {
    "zip": (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"),
    "zstd": (b"\x28\xb5\x2f\xfd",),
    "7z": (b"7z\xbc\xaf\x27\x1c",),
    "rar": (b"Rar!\x1a\x07",),
    "lz4": (b"\x04\x22\x4d\x18",),
    "lzip": (b"LZIP",),
    "compress": (b"\x1f\x9d",),
}
"""Compressions that are only recognised."""
OTHERS: Final = {
    "a Parquet file": b"PAR1",
    "an SQLite database": b"SQLite format 3\x00",
    "an HDF5 file": b"\x89HDF",
    "a PDF": b"%PDF",
    "encoded as UTF-16": b"\xff\xfe",
    "encoded as big-endian UTF-16": b"\xfe\xff",
}
"""Other files that are taken for traces."""
TAR: Final = slice(257, 262)
"""Where an archive says that it is one."""


def compression(raw: bytes) -> str | None:
    """Name of the compression of some bytes."""
    for name, (start, _) in READ.items():
        if raw.startswith(start):
            return name
    return next((name for name, starts in NAMED.items() if raw.startswith(starts)), None)


def text_of(path: Path) -> str:
    """Text of a file: UTF-8 with or without a byte-order mark; bytes of other encodings are kept as escapes.

    Raises
    ------
    WorkloadError
        If the file cannot be read or holds no text.
    """
    try:
        raw = path.read_bytes()
        packed = compression(raw)
        if packed in READ:
            raw = READ[packed][1](raw)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise WorkloadError(f"workload {path} cannot be read: {why}") from error
    again = compression(raw)
    if again:
        inside = f"{again} within {packed}" if packed in READ else again
        raise WorkloadError(f"workload {path} is compressed with {inside}: unpack it first")
    if raw[TAR] == b"ustar":
        raise WorkloadError(f"workload {path} is a tar archive: unpack it first")
    for what, start in OTHERS.items():
        if raw.startswith(start):
            raise WorkloadError(f"workload {path} is {what}: {ACCEPTED}")
    if b"\x00" in raw:
        raise WorkloadError(f"workload {path} holds no text: {ACCEPTED}")
    return raw.decode("utf-8-sig", errors="backslashreplace")


ACCEPTED: Final = "give a trace in the Standard Workload Format, or a CSV with the columns submit and duration"
"""What is right instead of anything else."""
