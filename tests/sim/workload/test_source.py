"""Files with traces: compressed, encoded and ended in many ways."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ballast.errors import WorkloadError
from ballast.sim.scenario import Scenario
from ballast.sim.workload.trace import read_trace
from tests.sim.workload import HEADER, job

TEXT = HEADER + job(1, 0, 10, 4, 7) + job(2, 5, 20, 8, 9)
BYTES = TEXT.encode()


def zipped(method: int) -> bytes:
    """Zip archive with the trace."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("trace.swf", TEXT)
    return stream.getvalue()


def tarred(mode: str) -> bytes:
    """Tar archive with the trace."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        entry = tarfile.TarInfo("trace.swf")
        entry.size = len(BYTES)
        archive.addfile(entry, io.BytesIO(BYTES))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        BYTES,
        gzip.compress(BYTES),
        gzip.compress(BYTES[:40]) + gzip.compress(BYTES[40:]) + bytes(100),
        lzma.compress(BYTES),
        bz2.compress(BYTES),
        b"\xef\xbb\xbf" + BYTES,
        gzip.compress(b"\xef\xbb\xbf" + BYTES),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace(" ", "\t").encode(),
        TEXT.replace("a comment", "Zürich").encode("latin-1"),
        BYTES + b"\n\n",
    ],
    ids=["plain", "gzip", "members", "xz", "bzip2", "bom", "bom-gzip", "crlf", "cr", "tabs", "latin-1", "blank"],
)
def test_reads_the_same(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_bytes(content)
    found = read_trace(path, Scenario(periods=1))
    assert found.difficulty.tolist() == [40, 160]
    assert found.notes["lines_malformed"] == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (zipped(zipfile.ZIP_STORED), "is compressed with zip: unpack it first"),
        (zipped(zipfile.ZIP_DEFLATED), "is compressed with zip: unpack it first"),
        (gzip.compress(gzip.compress(BYTES)), "is compressed with gzip within gzip: unpack it first"),
        (gzip.compress(lzma.compress(BYTES)), "is compressed with xz within gzip: unpack it first"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "is compressed with zstd: unpack it first"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "is compressed with 7z: unpack it first"),
        (tarred("w"), "is a tar archive: unpack it first"),
        (tarred("w:gz"), "is a tar archive: unpack it first"),
        (b"PAR1\x15\x04", "is a Parquet file: give a trace"),
        (TEXT.encode("utf-16"), "is encoded as UTF-16: give a trace"),
        (TEXT.encode("utf-16-le"), "holds no text: give a trace"),
        (b"", "is empty: give a trace"),
        (b"\n \n", "is empty: give a trace"),
        (gzip.compress(BYTES)[:-12], "cannot be read: Compressed file ended"),
        (b"\x1f\x8b broken", "cannot be read: "),
        (lzma.compress(BYTES)[:-12], "cannot be read: Compressed data ended"),
        (b"BZh9 broken", "cannot be read: "),
        (b"a novel\nin two lines\n", "holds no usable job (2 malformed lines, 0 unusable jobs): give a trace"),
        (b'{"jobs": 1, "user": 2}', "line 1 cannot be read as CSV: "),
        (b",".join(b"a%d" % i for i in range(1_000)), "there is no column submit; it has a0, a1, "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_trace_is_named_in_one_line(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_bytes(content)
    with pytest.raises(WorkloadError) as caught:
        read_trace(path, Scenario())
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"workload {path}")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 200


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "nowhere.swf", "No such file"),
        (lambda folder: folder, "Is a directory"),
        (lambda _: Path("trace\0.swf"), "null"),
    ],
)
def test_what_is_no_file_is_refused(make: Callable[[Path], Path], says: str, tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match=f"cannot be read: .*{says}"):
        read_trace(make(tmp_path), Scenario())


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "trace.swf"
    for jobs in (1, 2):
        path.write_text(TEXT * jobs)
        assert len(read_trace(path, Scenario()).period) == 2 * jobs
