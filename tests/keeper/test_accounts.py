"""Keystores: opened with a passphrase from a file, the environment or a prompt, and never telling it."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pytest
from eth_account import Account
from eth_typing import HexStr

from offchain.errors import KeystoreError
from offchain.keeper.accounts import PASSPHRASE_VARIABLE, address_of, passphrase, unlock

SECRET = "correct horse"
KEY = HexStr("0x" + "17" * 32)


def never() -> str:
    raise AssertionError("nobody should be asked")


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keystore made fast by a single round."""
    path = tmp_path_factory.mktemp("keys") / "key.json"
    path.write_text(json.dumps(Account.encrypt(KEY, SECRET, kdf="pbkdf2", iterations=1)))
    return path


def test_a_keystore_opens(keystore: Path) -> None:
    account = unlock(keystore, lambda: SECRET)
    assert account.key.hex() == KEY[2:]
    assert address_of(keystore) == account.address


def test_the_passphrase_comes_from_a_file_else_the_environment_else_a_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\nand more\n")
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "from the environment")
    assert passphrase(file, never) == SECRET
    assert passphrase(None, never) == "from the environment"
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    assert passphrase(None, lambda: "typed") == "typed"
    with pytest.raises(KeystoreError, match="cannot be read"):
        passphrase(tmp_path / "none", never)


def test_a_wrong_passphrase_appears_nowhere(keystore: Path) -> None:
    wrong = " ".join(["wrong", "horse"])  # not in one piece, since tracebacks quote the source
    with pytest.raises(KeystoreError, match="passphrase is wrong") as failure:
        unlock(keystore, lambda: wrong)
    told = "".join(traceback.format_exception(failure.value))
    assert wrong not in told
    assert KEY[2:] not in told


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"crypto": {}}'])
def test_what_is_no_keystore_is_told_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    with pytest.raises(KeystoreError) as failure:
        unlock(path, lambda: SECRET)
    assert "\n" not in str(failure.value)


def test_a_missing_or_unreadable_keystore(tmp_path: Path) -> None:
    with pytest.raises(KeystoreError, match="No such file"):
        unlock(tmp_path / "none.json", never)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(KeystoreError, match="not a keystore"):
        unlock(binary, never)


def test_a_keystore_without_its_address(tmp_path: Path, keystore: Path) -> None:
    content = json.loads(keystore.read_text())
    del content["address"]
    path = tmp_path / "key.json"
    path.write_text(json.dumps(content))
    with pytest.raises(KeystoreError, match="does not name its address"):
        address_of(path)
    assert unlock(path, lambda: SECRET).key.hex() == KEY[2:]
