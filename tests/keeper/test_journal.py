"""Journals that cannot be written stop no keeper."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from ballast.errors import JournalError
from ballast.keeper.discover import network_of
from ballast.transact.journal import Journal
from ballast.transact.tables import EVENTS, TRANSACTIONS
from tests.keeper import disk
from tests.keeper.world import World, codes
from tests.support.process import forked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test's journal is."""
    return tmp_path / "journal.db"


def test_an_entry_left_out_is_told(file: Path, net: World) -> None:
    keeper = net.keeper(journal=f"sqlite:///{file}")
    journal = net.opened[-2]
    assert isinstance(journal, Journal)
    journal.tell(2**64, 1, "REORG", {})
    report = keeper.once()
    assert "JOURNAL_GAP" in codes(report)
    assert "JOURNAL_DETACHED" not in codes(report)


@pytest.mark.skipif(not disk.mountable(), reason="the system lets nobody mount a small disk")
@pytest.mark.parametrize("left", [0, 4_096])
@pytest.mark.parametrize("running", [True, False], ids=["becomes full", "was full"])
def test_a_full_disk_stops_nothing_and_all_follows_later(file: Path, net: World, left: int, running: bool) -> None:
    def live() -> int:
        disk.mount(file.parent, 2**18)
        if not running:
            disk.fill(file.parent, left)
        keeper = net.keeper(journal=f"sqlite:///{file}")
        journal = net.opened[-2]
        assert isinstance(journal, Journal)
        if running:
            disk.fill(file.parent, left)
        sent = []
        for _ in range(3):
            report = keeper.once()
            sent += [a["kind"] for a in report.actions]
            assert "JOURNAL_DETACHED" in codes(report)
            assert journal.trouble == "OperationalError: database or disk is full"
        assert sent == ["bond", "post"]
        assert net.posted(2) == 2
        disk.clear(file.parent)
        assert "JOURNAL_BACK" in codes(keeper.once())
        kept = {row["kind"]: row["state"] for row in journal.read(select(TRANSACTIONS))}
        assert kept == {"bond": "confirmed", "post": "confirmed"}
        return 0

    _, status = os.waitpid(forked(live), 0)
    assert status == 0


def test_a_locked_journal_stops_nothing(file: Path, net: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballast.transact.journal.LOCK_SECONDS", 0.05)
    keeper = net.keeper(journal=f"sqlite:///{file}")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("begin exclusive")
    assert "JOURNAL_DETACHED" in codes(keeper.once())
    assert [a["kind"] for a in keeper.once().actions] == ["post"]
    other.execute("rollback")
    other.close()
    assert "JOURNAL_BACK" in codes(keeper.once())


@pytest.mark.parametrize("content", [b"SQLite format 3\0 and then nothing of it", b"my letters", b"\0" * 5_000])
def test_a_damaged_journal_stops_nothing_and_is_left_alone(file: Path, net: World, content: bytes) -> None:
    file.write_bytes(content)
    keeper = net.keeper(journal=f"sqlite:///{file}")
    reports = [keeper.once() for _ in range(3)]
    assert "JOURNAL_DETACHED" in codes(reports[0])
    assert [a["kind"] for r in reports for a in r.actions] == ["bond", "post"]
    assert file.read_bytes() == content
    with pytest.raises(JournalError):
        Journal.open(f"sqlite:///{file}").read(select(EVENTS))


def test_a_journal_damaged_while_in_use(file: Path, net: World) -> None:
    keeper = net.keeper(journal=f"sqlite:///{file}")
    keeper.once()
    file.write_bytes(b"x" * file.stat().st_size)
    assert [a["kind"] for a in keeper.once().actions] == ["post"]
    assert "JOURNAL_DETACHED" in codes(keeper.report)


def test_conditions_are_kept_once_while_they_last(net: World) -> None:
    net.keepers[0], kept = net.stranger, net.keepers[0]
    lonely = net.keeper()
    net.keepers[0] = kept
    journal = net.opened[-2]
    assert isinstance(journal, Journal)
    for _ in range(3):
        lonely.once()
    assert [row["code"] for row in journal.read(select(EVENTS))] == ["NO_ACCOUNT"]


def test_two_deployments_at_one_address_are_two_networks(net: World) -> None:
    first = network_of(net.deployment)
    later = network_of(replace(net.deployment, genesis=net.deployment.genesis + 1))
    assert first != later
    assert first.startswith(f"31337:{net.reputation.address}:")


def test_nothing_is_sent_while_another_keeper_has_the_lock(file: Path, net: World) -> None:
    keeper = net.keeper(journal=f"sqlite:///{file}")
    own, journal = net.keepers[0].address, net.opened[-2]
    assert isinstance(journal, Journal)
    journal.claim(own)
    file.with_name(f"{file.name}.{own.lower()}.lock").unlink()
    with Journal.open(f"sqlite:///{file}") as other:
        other.claim(own)
        report = keeper.once()
        assert report.actions == []
        assert "NOT_ALONE" in codes(report)
    assert [a["kind"] for a in keeper.once().actions] == ["bond"]
    assert "NOT_ALONE" not in codes(keeper.report)
