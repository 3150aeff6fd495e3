"""Files are written whole or not at all."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ballast.writing import replacing, write_whole


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """File with something in it, in a process that lets its group write."""
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")
    mask = os.umask(0o002)
    yield path
    os.umask(mask)


def test_the_new_content_takes_the_place_of_the_old(file: Path) -> None:
    with replacing(file) as stream:
        stream.write(b"new")
        stream.flush()
        assert file.read_bytes() == b"old", "until all of it is there"
    assert file.read_bytes() == b"new"
    write_whole(file, "größer")
    assert file.read_bytes() == "größer".encode()
    write_whole(file.with_name("other"), b"\0")
    assert sorted(each.name for each in file.parent.iterdir()) == ["file", "other"]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_alone(file: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with replacing(file) as stream:
            stream.write(b"ne")
            raise error

    with pytest.raises(error):
        fail()
    assert [each.name for each in file.parent.iterdir()] == ["file"]
    assert file.read_bytes() == b"old"


def test_a_writer_that_is_killed_leaves_the_old_file_alone(file: Path) -> None:
    if (child := os.fork()) == 0:
        with replacing(file) as stream:
            stream.write(b"ne")
            stream.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert file.read_bytes() == b"old"
    write_whole(file, "new")
    assert file.read_bytes() == b"new"


def test_a_file_is_for_whom_the_system_says(file: Path) -> None:
    write_whole(file.with_name("fresh"), "new")
    assert file.with_name("fresh").stat().st_mode & 0o777 == 0o664


def test_what_a_link_leads_to_is_replaced(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file.name)
    write_whole(link, "new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


def test_a_file_that_cannot_be_written_is_an_error(file: Path) -> None:
    for path in (file / "none", file.with_name("none") / "file", file.parent):
        with pytest.raises(OSError, match=r"Not a directory|No such file|Is a directory"):
            write_whole(path, "new")
    assert [each.name for each in file.parent.iterdir()] == ["file"]
