"""The command that makes a keystore."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from eth_account import Account
from eth_typing import HexStr

from ballast.cli import main
from ballast.keeper.options import PASSPHRASE_VARIABLE
from ballast.transact.accounts import unlock

KEY = HexStr("0x" + "17" * 32)
SECRET = "correct horse"


def test_new_asks_twice_and_prints_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)
    path = str(tmp_path / "new.json")
    (tmp_path / "key").write_text(f"{KEY}\n")

    def new(*more: str, typed: str = "") -> Result:
        return CliRunner(mix_stderr=False).invoke(main, ["account", "new", path, *more], input=typed)

    typed = f"one\ntwo\n{SECRET}\n{SECRET}\n"
    done = new("--private-key-file", str(tmp_path / "key"), "--json", typed=typed)
    assert done.exit_code == 0, done.stderr
    assert "do not match" in done.stderr
    assert unlock(Path(path), lambda: SECRET).key.hex() == KEY[2:]
    assert json.loads(done.stdout) == {"address": Account.from_key(KEY).address, "keystore": path}
    for told in (done.stdout, done.stderr, (tmp_path / "new.json").read_text()):
        assert SECRET not in told
        assert KEY[2:] not in told
    assert new(typed=f"{SECRET}\n{SECRET}\n").exit_code == 2
    (tmp_path / "new.json").unlink()
    again = new("--private-key-file", "-", typed=f"{KEY[2:]}\n{SECRET}\n{SECRET}\n")
    assert Account.from_key(KEY).address in again.stdout
    assert new("--private-key-file", str(tmp_path / "none")).exit_code == 2
