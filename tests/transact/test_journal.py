"""The journal keeps what it was told, and what it cannot keep stops nothing."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from ballast.errors import JournalError, UserError
from ballast.transact import tables
from ballast.transact.journal import Journal
from ballast.transact.tables import BLOCKS, EVENTS, TRANSACTIONS, Transaction

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


def test_nobody_else_can_read_the_file(file: Path) -> None:
    with at(file) as journal:
        journal.claim(ADDRESS)
    assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}


def test_a_journal_of_another_version_is_left_alone(file: Path) -> None:
    at(file).close()
    with sqlite3.connect(file) as other:
        other.execute("update meta set value = '999'")
    other.close()
    with at(file) as journal:
        assert "another version" in journal.trouble


def test_networks_share_a_journal_and_see_their_own_rows_alone(file: Path) -> None:
    """The same transaction, block and observation may be those of two local chains that were set up alike."""
    for network, state in (("1:0x00:5", tables.SENT), ("1:0x00:6", tables.REVERTED)):
        with at(file) as journal:
            journal.bind(network)
            assert journal.open_transactions(ADDRESS) == []
            assert journal.blocks() == {}
            journal.see([(7, "0x77", 7)])
            journal.add(replace(INTENT))
            journal.change(journal.open_transactions(ADDRESS)[0], state=state)
            journal.observe(3, 7, "0x77", 8, {"of": network}, keep=9)
            journal.tell(3, 7, "REORG", {"of": network})
            assert journal.trouble == ""
    with at(file) as journal:
        journal.bind("1:0x00:6")
        journal.see([(8, "0x88", 8)])
        journal.rewind(0)
        journal.observe(100, 9, "0x99", 8, {}, keep=9)
    with at(file) as journal:
        journal.bind("1:0x00:5")
        assert [t.hash for t in journal.open_transactions(ADDRESS)] == [INTENT.hash]
        assert journal.blocks() == {7: "0x77"}
    read = Journal.to_read(f"sqlite:///{file}", "1:0x00:5")
    assert read is not None
    with read:
        assert read.counts() == {"sent": 1}
        assert read.inputs_of(3) == [(7, "0x77", {"of": "1:0x00:5"})]
        assert [row["detail"] for row in read.read(select(EVENTS))] == ['{"of":"1:0x00:5"}']


BEFORE = """
create table meta (name varchar(32) not null primary key, value text not null);
create table blocks (number bigint not null primary key, hash varchar(66) not null, timestamp bigint not null);
create table observations (
    epoch integer not null, block_hash varchar(66) not null, block_number bigint not null, accounts integer not null,
    inputs blob not null, primary key (epoch, block_hash)
);
create table transactions (
    hash varchar(66) not null primary key, sender varchar(42) not null, nonce bigint not null,
    kind varchar(16) not null, epoch integer not null, items text not null, receiver varchar(42) not null,
    data text not null, gas bigint not null, max_fee varchar(40) not null, tip varchar(40) not null,
    raw text not null, sent_block bigint not null, state varchar(12) not null, mined_block bigint not null,
    mined_hash varchar(66) not null, gas_used bigint not null, gas_price varchar(40) not null
);
create table events (
    id integer not null primary key, epoch integer not null, block bigint not null, code varchar(32) not null,
    detail text not null
);
insert into meta values ('version', '1'), ('network', '1:0x00');
insert into blocks values (7, '0x77', 7);
insert into events values (3, 3, 7, 'REORG', '{}'), (4, 3, 8, 'LOW_BALANCE', '{}');
"""
"""A journal of the first version, whose rows named no network."""


@pytest.fixture
def before(file: Path) -> Path:
    """File with such a journal."""
    with sqlite3.connect(file) as other:
        other.executescript(BEFORE)
        row = {**INTENT.row(), "state": tables.SENT}
        names = ", ".join(row)
        other.execute(f"insert into transactions ({names}) values ({', '.join('?' * len(row))})", [*row.values()])
        content = zlib.compress(b'{"epoch":3}')
        other.execute("insert into observations values (3, '0x77', 7, 8, ?)", [content])
    other.close()
    return file


def check(journal: Journal) -> None:
    """See that nothing of it was lost."""
    assert journal.counts() == {"sent": 1}
    assert journal.inputs_of(3) == [(7, "0x77", {"epoch": 3})]
    assert [row["code"] for row in journal.read(select(EVENTS.c.code))] == ["REORG", "LOW_BALANCE"]


def test_a_journal_of_the_first_version_opens_with_all_it_holds(before: Path) -> None:
    for _ in range(2):
        with at(before) as journal:
            journal.bind("1:0x00:5")
            assert journal.trouble == ""
            assert [replace(t, state=tables.INTENT) for t in journal.open_transactions(ADDRESS)] == [INTENT]
            assert journal.blocks() == {7: "0x77"}
            check(journal)
    with at(before) as journal:
        journal.bind("1:0x00:5")
        journal.tell(4, 9, "REORG", {})
        assert journal.trouble == ""
    with sqlite3.connect(before) as other:
        names = {row[0] for row in other.execute("select name from sqlite_master where type = 'table'")}
    other.close()
    assert names == {"meta", "blocks", "observations", "transactions", "events"}


def test_a_journal_of_the_first_version_is_read_as_it_is(before: Path) -> None:
    content = before.read_bytes()
    journal = Journal.to_read(f"sqlite:///{before}", "1:0x00:5")
    assert journal is not None
    with journal:
        check(journal)
    assert Journal.to_read(f"sqlite:///{before}", "1:0x01:5") is None
    assert before.read_bytes() == content


@pytest.mark.parametrize("network", ["1:0x00:5", "1:0x01:5"])
def test_a_journal_of_a_later_version_is_not_read(file: Path, network: str) -> None:
    with at(file) as journal:
        journal.bind("1:0x00:5")
    with sqlite3.connect(file) as other:
        other.execute("update meta set value = '3' where name = 'version'")
    other.close()
    with pytest.raises(JournalError, match=r"cannot be read: written by another version \(3\)"):
        Journal.to_read(f"sqlite:///{file}", network)


def test_a_journal_that_is_not_read_is_closed(before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Journal] = []
    monkeypatch.setattr(Journal, "close", lambda journal: closed.append(journal))
    assert Journal.to_read(f"sqlite:///{before}", "1:0x01:5") is None
    assert len(closed) == 1
    for name, content in (("letters.db", b"my letters"), ("other.db", None)):
        file = tmp_path / name
        if content:
            file.write_bytes(content)
        else:
            with sqlite3.connect(file) as other:
                other.execute("create table mine (content text)")
            other.close()
        with pytest.raises(JournalError):
            Journal.to_read(f"sqlite:///{file}", "1:0x00:5")
    assert len(closed) == 3
    journal = Journal.to_read(f"sqlite:///{before}", "1:0x00:5")
    assert journal is not None
    assert len(closed) == 3
    monkeypatch.undo()
    journal.close()


def test_an_upgrade_that_fails_changes_nothing(before: Path) -> None:
    with sqlite3.connect(before) as other:
        other.execute("create table events_1 (mine integer)")
    other.close()
    with at(before) as journal:
        assert "events_1" in journal.trouble
    with sqlite3.connect(before) as other:
        other.execute("drop table events_1")
    other.close()
    with at(before) as journal:
        journal.bind("1:0x00:5")
        check(journal)


@pytest.mark.parametrize("stored", ["", "1:0x00:5", "2:0x00:5"])
def test_a_journal_that_recovers_is_bound_then(file: Path, monkeypatch: pytest.MonkeyPatch, stored: str) -> None:
    with at(file) as journal:
        if stored:
            journal.bind(stored)
            journal.tell(1, 1, "BOUNDARY", {})
    monkeypatch.setattr("ballast.transact.journal.LOCK_SECONDS", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("begin exclusive")
    with at(file) as journal:
        journal.bind("1:0x00:5")
        journal.tell(1, 1, "REORG", {})
        assert "locked" in journal.trouble
        other.execute("rollback")
        other.close()
        journal.retry()
        assert journal.trouble == ""
        told = [row["code"] for row in journal.read(select(EVENTS))]
        assert told == ["BOUNDARY"] * (stored == "1:0x00:5") + ["REORG"]


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


def test_one_process_a_key_and_journal(file: Path) -> None:
    with at(file) as first, at(file) as second:
        first.claim(ADDRESS)
        with pytest.raises(UserError, match="another process"):
            second.claim(ADDRESS)
    with at(file) as third:
        third.claim(ADDRESS)


def test_a_lock_that_was_removed_is_taken_anew_or_missed(file: Path) -> None:
    lock = file.with_name(f"{file.name}.{ADDRESS}.lock")
    with at(file) as first:
        first.claim(ADDRESS)
        lock.unlink()
        assert first.alone()
        with at(file) as second, pytest.raises(UserError, match="another process"):
            second.claim(ADDRESS)
        lock.unlink()
        with at(file) as third:
            third.claim(ADDRESS)
            assert third.alone()
            assert not first.alone()
        assert first.alone()


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
