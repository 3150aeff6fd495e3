"""What people read: the log on a terminal, and a status that fits it."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import sys
from pathlib import Path

import pytest

from ballast.keeper.conditions import KeeperCode
from ballast.keeper.show import show
from ballast.transact import log
from ballast.transact.log import Code, Condition
from tests.keeper.test_command import SECRET, Command, files, keeper

__all__ = ["files", "keeper"]
HASH = "0x" + "a1b2c3d4" * 8
LINE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (info|warning|error) [A-Z_]+ .*"


def line(code: Condition, **fields: object) -> str:
    """Text of a condition."""
    record = logging.makeLogRecord(
        {"msg": code.meaning, "levelname": code.level.upper(), "created": 1_800_000_000.5, "condition": code}
    )
    record.fields = fields
    return log.TextLines().format(record)


def test_a_condition_is_one_line_of_text() -> None:
    sent = line(Code.SENT, epoch=3, kind="post", items="post:3:0", nonce=7, hash=HASH)
    assert sent == (
        "2027-01-15T08:00:00Z info SENT a transaction was handed to the nodes: kind=post nonce=7 hash=0xa1b2…c3d4"
    )
    done = line(Code.CONFIRMED, kind="post", hash=HASH, mined_block=12, mined_hash=HASH, gas_used=5, gas_price=6)
    assert done.endswith(": kind=post block=12 hash=0xa1b2…c3d4")
    counts = {"block": 12_345_678, "head": 12_345_680, "pages": 2, "missing": 0, "wrong": 0, "in_flight": 1}
    assert len(line(KeeperCode.PASS, epoch=12_345, actions=[], rank=0, epoch_lag=0, **counts)) <= 100
    assert line(KeeperCode.STOPPED, epoch=3).endswith("STOPPED the keeper ended its work as it was asked to")
    assert "\n" not in line(Code.CHAIN_ERROR, error="one\ntwo")


def test_amounts_in_the_log_have_units() -> None:
    broke = line(Code.UNDERFUNDED, kind="post", balance=10**15, needed=str(2 * 10**18 + 10**17))
    assert broke.endswith("kind=post balance=0.001ether needed=2.1ether")
    assert line(Code.FEE_CAP, base_fee=3 * 10**9, max_fee=10**9).endswith("base_fee=3gwei max_fee=1gwei")
    assert line(KeeperCode.BOND_SHORT, bond=1, needed=16_000, free=2).endswith("bond=1 needed=16000 free=2")


def test_a_terminal_gets_text_and_a_pipe_gets_json(
    keeper: Command, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command once with its log on a terminal, once not, and each told otherwise."""
    assert all(json.loads(each)["code"] for each in keeper("once").stderr.splitlines())
    for each in keeper("once", "--log-format", "text").stderr.splitlines():
        assert re.fullmatch(LINE, each)
    main, terminal = pty.openpty()
    try:
        with os.fdopen(terminal, "w") as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            log.to_stderr(None)
            log.write(KeeperCode.STARTED, account=HASH[:42])
            stream.flush()
            seen = os.read(main, 4_096).decode()
            log.to_stderr("json")
            log.write(KeeperCode.STOPPED)
            stream.flush()
            chosen = os.read(main, 4_096).decode()
    finally:
        os.close(main)
        log.LOGGER.handlers = []
    assert re.fullmatch(LINE, seen.strip())
    assert json.loads(chosen)["code"] == "STOPPED"
    assert SECRET not in seen
    assert files.exists()


@pytest.mark.parametrize("width", [80, 60])
def test_the_status_fits_a_terminal(keeper: Command, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    for _ in range(3):
        keeper("once")
    monkeypatch.setenv("COLUMNS", str(width))
    text = keeper("status").stdout
    journal = next(part for part in text.split() if part.startswith("sqlite:"))
    assert max(len(each) for each in text.splitlines() if journal not in each) <= width
    told = json.loads(keeper("status", "--json").stdout)
    for row in told["latest"]:
        assert len(row["hash"]) == 66
        assert re.search(rf"\b{row['kind']}\b.*\b{row['state']}\b.* {row['hash'][:6]}…{row['hash'][-4:]}\n", text)
    assert re.search(r"\n    balance +[\d,.]+ ether\n", text)
    assert re.search(r"\n  base fee +[\d,.]+ gwei\n", text)
    assert "\n    bond                16,000 token units\n" in text


@pytest.mark.parametrize("width", [80, 60, 40])
def test_words_are_kept_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    detail = json.dumps({"told": [["http://127.0.0.1:8545"], ["http://127.0.0.1:9545"]], "block": 5, "was": HASH})
    events = [{"id": 1, "epoch": 3, "block": 123, "code": "NODES_DISAGREE", "detail": detail}]
    show({"events": events, "formula": "one two three " * 9, "nothing": {}, "keepers": list(range(90))}, False, "title")
    text = capsys.readouterr().out
    words = {"NODES_DISAGREE", "http://127.0.0.1:8545,", "http://127.0.0.1:9545;", "0xa1b2…c3d4", "three", "none"}
    assert words <= set(text.split())
    assert {f"{n}," for n in range(89)} <= set(text.split())
    assert width == 40 or max(map(len, text.splitlines())) <= width
