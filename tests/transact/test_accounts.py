"""Keystores: opened with a passphrase from a file, the environment or a prompt, and never telling it."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pytest
from eth_account import Account
from eth_typing import HexStr

from ballast.errors import KeystoreError
from ballast.transact.accounts import (
    address_named,
    address_of,
    find,
    key_of,
    make,
    passphrase,
    refuse_taken,
    unlock,
)

SECRET = "correct horse"
KEY = HexStr("0x" + "17" * 32)


def never() -> str:
    raise AssertionError("nobody should be asked")


VARIABLE = "OF_THE_PASSPHRASE"


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
    monkeypatch.setenv(VARIABLE, "from the environment")
    assert passphrase(file, VARIABLE, never) == SECRET
    assert passphrase(None, VARIABLE, never) == "from the environment"
    monkeypatch.delenv(VARIABLE)
    assert passphrase(None, VARIABLE, lambda: "typed") == "typed"
    with pytest.raises(KeystoreError, match="cannot be read"):
        passphrase(tmp_path / "none", VARIABLE, never)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nmore\n"])
@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_passphrase_ends_with_its_line_alone(tmp_path: Path, odd: str, end: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(f"correct{odd}horse{end}".encode())
    assert passphrase(file, VARIABLE, never) == f"correct{odd}horse"


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


# Names of other tools


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Home of a user who has accounts of Ape and of cast."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("APE_DATA_FOLDER", raising=False)
    monkeypatch.chdir(tmp_path)
    content = Account.encrypt(KEY, SECRET, kdf="pbkdf2", iterations=1)
    cast = {name: value for name, value in content.items() if name != "address"}  # as cast writes them
    for place, text in {
        ".ape/accounts/treasury.json": content,
        ".ape/accounts/both.json": content,
        ".foundry/keystores/deployer": cast,
        ".foundry/keystores/both": cast,
    }.items():
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(text))
    return tmp_path


def test_accounts_of_ape_and_of_cast_are_found_by_name(home: Path) -> None:
    assert find("treasury") == home / ".ape/accounts/treasury.json"
    assert find("deployer") == home / ".foundry/keystores/deployer"
    for name in ("treasury", "deployer"):
        assert unlock(find(name), lambda: SECRET).key.hex() == KEY[2:]
    assert address_named("treasury") == Account.from_key(KEY).address
    with pytest.raises(KeystoreError, match="does not name its address: give the address itself"):
        address_named("deployer")
    assert address_named("0x" + "ab" * 20) == "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB"


def test_an_address_with_a_wrong_digit_is_no_missing_keystore() -> None:
    right = Account.from_key(KEY).address
    wrong = right.swapcase().replace("X", "x")
    told = f"{wrong} is no address: a digit is wrong, or the case of a letter; its letters may all be small"
    with pytest.raises(KeystoreError, match=f"^{told}$"):
        address_named(wrong)
    assert address_named(right) == address_named(right.lower()) == right


def test_apes_folder_may_be_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".ape").rename(home / "elsewhere")
    with pytest.raises(KeystoreError):
        find("treasury")
    monkeypatch.setenv("APE_DATA_FOLDER", str(home / "elsewhere"))
    assert find("treasury") == home / "elsewhere/accounts/treasury.json"


def test_a_file_comes_before_a_name_and_a_path_is_no_name(home: Path) -> None:
    (home / "treasury").write_text("here")
    assert find("treasury") == Path("treasury")
    assert find("./deployer") == Path("deployer")
    assert find("folder/none.json") == Path("folder/none.json")


def test_a_folder_is_no_keystore_and_hides_no_account(home: Path) -> None:
    (home / "deployer").mkdir()
    assert find("deployer") == home / ".foundry" / "keystores" / "deployer"
    (home / "keys").mkdir()
    for given in ("keys", "keys/", "."):
        with pytest.raises(KeystoreError, match=f"'{given}' is a folder: give a keystore file"):
            find(given)
    with pytest.raises(KeystoreError, match="there is no keystore ''"):
        find("")


def test_what_can_be_no_path_is_told_in_one_line(home: Path) -> None:
    with pytest.raises(KeystoreError, match=r"^keystore 'aaa+' cannot be read: File name too long$"):
        find("a" * 300)
    with pytest.raises(KeystoreError, match=r"^keystore '~nobody-here/key' cannot be read: no such user$"):
        find("~nobody-here/key")
    with pytest.raises(KeystoreError, match=r"^keystore .*a cannot be written: File name too long$"):
        refuse_taken(home / ("a" * 300))


def test_a_name_that_two_accounts_have(home: Path) -> None:
    with pytest.raises(KeystoreError) as failure:
        find("both")
    first, second = home / ".ape/accounts/both.json", home / ".foundry/keystores/both"
    assert str(failure.value) == f"two accounts are called 'both': give the path of one, {first} or {second}"


def test_a_name_that_no_account_has(home: Path) -> None:
    with pytest.raises(KeystoreError) as failure:
        find("tresury")
    places = f"{home / '.ape/accounts'} or {home / '.foundry/keystores'}"
    told = f"there is no keystore 'tresury': no such file, and no account of that name in {places}"
    assert str(failure.value) == f"{told}; did you mean treasury?"
    with pytest.raises(KeystoreError) as failure:
        find("x")
    assert str(failure.value) == told.replace("tresury", "x")


# Making one


def test_a_keystore_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    address = make(path, SECRET)
    assert unlock(path, lambda: SECRET).address == address == address_of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(KeystoreError, match="is there already and is left as it is"):
        make(path, SECRET)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["new.json"]


def test_where_and_with_what_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(KeystoreError, match="the passphrase is empty"):
        make(tmp_path / "new.json", "")
    with pytest.raises(KeystoreError, match="none does not exist"):
        make(tmp_path / "none" / "new.json", SECRET)
    (tmp_path / "link.json").symlink_to(tmp_path / "nowhere.json")
    with pytest.raises(KeystoreError, match="is there already"):
        make(tmp_path / "link.json", SECRET)
    assert [file.name for file in tmp_path.iterdir()] == ["link.json"]


@pytest.mark.parametrize("text", ["", "0x", "17" * 31, "17" * 33, "zz" * 32, "0x" + "00" * 32, "f" * 64])
def test_what_is_no_private_key(text: str) -> None:
    with pytest.raises(KeystoreError, match="64 hexadecimal digits are wanted") as failure:
        key_of(text)
    assert not text or len(text) < 4 or text not in str(failure.value)
