"""The journal keeps what it was told, and what it cannot keep stops nothing."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from offchain.errors import JournalError, UserError
from offchain.keeper import tables
from offchain.keeper.journal import Journal
from offchain.keeper.tables import BLOCKS, EVENTS, TRANSACTIONS, Transaction
from tests.keeper import disk
from tests.keeper.process import forked
from tests.keeper.world import World, codes

ADDRESS = "0x" + "ab" * 20
INTENT = Transaction(
    hash="0x" + "01" * 32,
    sender=ADDRESS,
    nonce=7,
    kind="post",
    epoch=3,
    items=("post:3:0", "post:3:116"),
    receiver=ADDRESS,
    data="0x1234",
    gas=100_000,
    max_fee=2**70,
    tip=10**9,
    raw="0x02",
    sent_block=11,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test's journal is."""
    return tmp_path / "journal.db"


def at(file: Path) -> Journal:
    """Journal in a file."""
    return Journal.open(f"sqlite:///{file}")


def test_an_intent_outlives_the_process(file: Path) -> None:
    with at(file) as journal:
        journal.add(replace(INTENT))
    with at(file) as journal:
        assert journal.open_transactions(ADDRESS) == [INTENT]
        assert journal.open_transactions("0x" + "cd" * 20) == []
        journal.change(journal.open_transactions(ADDRESS)[0], state=tables.CONFIRMED, gas_used=5, gas_price=2**65)
    with at(file) as journal:
        assert journal.open_transactions(ADDRESS) == []
        kept = [Transaction.of(row) for row in journal.read(select(TRANSACTIONS))]
        assert kept == [replace(INTENT, state=tables.CONFIRMED, gas_used=5, gas_price=2**65)]
        assert journal.counts() == {"confirmed": 1}


def test_an_intent_is_on_disk_before_the_call_returns(file: Path) -> None:
    with at(file) as journal:
        journal.add(replace(INTENT))
        with sqlite3.connect(file) as other:
            assert other.execute("select state from transactions").fetchall() == [("intent",)]
        other.close()


def test_blocks_are_bounded_and_rewound(file: Path) -> None:
    with at(file) as journal:
        for first in range(0, 1_000, 100):
            journal.see([(number, hex(number), number) for number in range(first, first + 100)])
        assert min(journal.blocks()) == 1_000 - 512
        journal.see([(999, "other", 999)])
        journal.rewind(990)
    with at(file) as journal:
        assert (min(journal.blocks()), max(journal.blocks())) == (1_000 - 512, 990)
        assert journal.blocks()[990] == hex(990)


def test_observations_replace_their_like_and_old_ones_go(file: Path) -> None:
    with at(file) as journal:
        for epoch in range(5):
            journal.observe(epoch, epoch, "0xaa", 8, {"epoch": epoch}, keep=2)
            journal.observe(epoch, epoch, "0xaa", 8, {"epoch": epoch, "again": True}, keep=2)
        assert journal.inputs_of(4) == [(4, "0xaa", {"epoch": 4, "again": True})]
        assert journal.inputs_of(3)
        assert journal.inputs_of(2) == []


def test_checkpoints_surround_every_write(file: Path) -> None:
    names: list[str] = []
    with at(file) as journal:
        journal.checkpoint = names.append
        journal.add(replace(INTENT))
        journal.change(journal.open_transactions(ADDRESS)[0], state=tables.SENT)
        journal.see([(1, "0x1", 1)])
        journal.rewind(0)
        journal.observe(1, 1, "0x1", 8, {}, keep=9)
        journal.tell(1, 1, "REORG", {"depth": 1})
    kinds = ("transaction", "outcome", "blocks", "rewind", "observation", "event")
    assert names == [f"journal:{when}:{kind}" for kind in kinds for when in ("before", "after")]


def test_what_can_never_be_written_is_left_out(file: Path) -> None:
    with at(file) as journal:
        journal.see([(5, "0xaa", 2**64), (2**63, "0xab", 5)])
        journal.see([(6, "0xac", 6)])
        journal.tell(2**64, 1, "REORG", {})
        journal.tell(1, 1, "LOW_BALANCE", {"balance": 20 * 10**18})
        assert journal.trouble == ""
        assert len(journal.take_left_out()) == 2
        assert journal.take_left_out() == []
        assert [row["number"] for row in journal.read(select(BLOCKS))] == [6]
        assert [row["detail"] for row in journal.read(select(EVENTS))] == ['{"balance":"20000000000000000000"}']


def test_many_entries_that_can_never_be_written(file: Path) -> None:
    with at(file) as journal:
        journal.trouble = "away"
        for number in range(2_000):
            journal.tell(2**64, number, "REORG", {})
        journal.retry()
        assert journal.trouble == ""
        assert len(journal.take_left_out()) == 2_000


def test_a_block_far_ahead_does_not_push_out_the_others(file: Path) -> None:
    with at(file) as journal:
        journal.see([(number, hex(number), number) for number in range(100)])
        journal.see([(2**40, "0xaa", 1)])
        assert set(range(100)) <= journal.blocks().keys()
        journal.see([(100, "0x64", 100)])
        assert journal.blocks().keys() == set(range(101))
    with at(file) as journal:
        assert journal.blocks().keys() == set(range(101))


def test_an_entry_left_out_is_told(file: Path, net: World) -> None:
    keeper = net.keeper(journal=f"sqlite:///{file}")
    journal = net.opened[-2]
    assert isinstance(journal, Journal)
    journal.tell(2**64, 1, "REORG", {})
    report = keeper.once()
    assert "JOURNAL_GAP" in codes(report)
    assert "JOURNAL_DETACHED" not in codes(report)


def test_nobody_else_can_read_the_file(file: Path) -> None:
    with at(file) as journal:
        journal.claim(ADDRESS)
    assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}


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
    monkeypatch.setattr("offchain.keeper.journal.LOCK_SECONDS", 0.05)
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
        at(file).read(select(EVENTS))


def test_a_journal_damaged_while_in_use(file: Path, net: World) -> None:
    keeper = net.keeper(journal=f"sqlite:///{file}")
    keeper.once()
    file.write_bytes(b"x" * file.stat().st_size)
    assert [a["kind"] for a in keeper.once().actions] == ["post"]
    assert "JOURNAL_DETACHED" in codes(keeper.report)


def test_a_journal_of_another_version_is_left_alone(file: Path) -> None:
    at(file).close()
    with sqlite3.connect(file) as other:
        other.execute("update meta set value = '999'")
    other.close()
    with at(file) as journal:
        assert "another version" in journal.trouble


def test_conditions_are_kept_once_while_they_last(net: World) -> None:
    net.keepers[0], kept = net.stranger, net.keepers[0]
    lonely = net.keeper()
    net.keepers[0] = kept
    journal = net.opened[-2]
    assert isinstance(journal, Journal)
    for _ in range(3):
        lonely.once()
    assert [row["code"] for row in journal.read(select(EVENTS))] == ["NO_ACCOUNT"]


def test_a_journal_of_another_network_is_refused(file: Path, net: World) -> None:
    net.keeper(journal=f"sqlite:///{file}").once()
    with at(file) as journal, pytest.raises(UserError, match="is of the network 31337:0x"):
        journal.bind("1:0x00")
    with pytest.raises(UserError, match="is of the network 31337:0x"):
        Journal.to_read(f"sqlite:///{file}", "1:0x00")
    net.keeper(journal=f"sqlite:///{file}").once()


@pytest.mark.parametrize("stored", ["", "1:0x00", "2:0x00"])
def test_a_journal_that_recovers_is_bound_then(file: Path, monkeypatch: pytest.MonkeyPatch, stored: str) -> None:
    with at(file) as journal:
        if stored:
            journal.bind(stored)
    monkeypatch.setattr("offchain.keeper.journal.LOCK_SECONDS", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("begin exclusive")
    with at(file) as journal:
        journal.bind("1:0x00")
        journal.tell(1, 1, "REORG", {})
        other.execute("rollback")
        other.close()
        journal.retry()
        assert journal.trouble == ("" if stored != "2:0x00" else "OSError: of the network 2:0x00, not 1:0x00")
        assert len(journal.read(select(EVENTS))) == (stored != "2:0x00")
    assert (stored == "2:0x00") == (network_in(file) != "1:0x00")


def network_in(file: Path) -> str:
    """Network a journal is of."""
    with sqlite3.connect(file) as other:
        found = other.execute("select value from meta where name = 'network'").fetchone()[0]
    other.close()
    return str(found)


def test_an_empty_file_is_no_journal(file: Path) -> None:
    file.touch()
    assert Journal.to_read(f"sqlite:///{file}", "1:0x00") is None
    with at(file) as journal:
        journal.bind("1:0x00")
    with at(file) as journal:
        assert journal.trouble == ""


def test_a_lock_that_cannot_be_opened_is_the_users_mistake(file: Path) -> None:
    (file.parent / f"{file.name}.{ADDRESS}.lock").mkdir()
    with at(file) as journal, pytest.raises(UserError, match="cannot be opened"):
        journal.claim(ADDRESS)


def test_one_keeper_a_key_and_journal(file: Path) -> None:
    with at(file) as first, at(file) as second:
        first.claim(ADDRESS)
        with pytest.raises(UserError, match="another keeper"):
            second.claim(ADDRESS)
    with at(file) as third:
        third.claim(ADDRESS)


def test_a_lock_that_was_removed_is_taken_anew_or_missed(file: Path) -> None:
    lock = file.with_name(f"{file.name}.{ADDRESS}.lock")
    with at(file) as first:
        first.claim(ADDRESS)
        lock.unlink()
        assert first.alone()
        with at(file) as second, pytest.raises(UserError, match="another keeper"):
            second.claim(ADDRESS)
        lock.unlink()
        with at(file) as third:
            third.claim(ADDRESS)
            assert third.alone()
            assert not first.alone()
        assert first.alone()


def test_nothing_is_sent_while_another_keeper_has_the_lock(file: Path, net: World) -> None:
    keeper = net.keeper(journal=f"sqlite:///{file}")
    own, journal = net.keepers[0].address, net.opened[-2]
    assert isinstance(journal, Journal)
    journal.claim(own)
    file.with_name(f"{file.name}.{own.lower()}.lock").unlink()
    with at(file) as other:
        other.claim(own)
        report = keeper.once()
        assert report.actions == []
        assert "NOT_ALONE" in codes(report)
    assert [a["kind"] for a in keeper.once().actions] == ["bond"]
    assert "NOT_ALONE" not in codes(keeper.report)


@pytest.mark.parametrize(
    "url", ["", "keeper.db", "nosuch://x", "sqlite:////no/such/folder/x.db", "postgresql+none://x"]
)
def test_a_bad_address_is_the_users_mistake(url: str) -> None:
    with pytest.raises(UserError):
        Journal.open(url)


def test_a_password_stays_out_of_names_and_messages() -> None:
    journal = Journal.open("postgresql+pg8000://user:hidden@127.0.0.1:1/name")
    with journal, pytest.raises(JournalError) as failure:
        journal.read(select(EVENTS))
    assert "hidden" not in journal.name + journal.trouble + str(failure.value)
