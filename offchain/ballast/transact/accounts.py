"""Keys: keystore files, found by path or by the name other tools know them by, and opened with a passphrase."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from ballast.chain.address import checked, mistyped
from ballast.errors import KeystoreError

ACCOUNT_HELP = "Keystore file, or the name of an account of Ape or of `cast wallet`."
NEAR = 3
"""Names like the one not found that are told."""


def _ape() -> Path:
    """Folder of Ape's accounts, which are files NAME.json."""
    return Path(os.environ.get("APE_DATA_FOLDER") or Path.home() / ".ape") / "accounts"


def _cast() -> Path:
    """Folder of the accounts of `cast wallet`, which are files NAME."""
    return Path.home() / ".foundry" / "keystores"


def find(given: str) -> Path:
    """Find a keystore.

    Parameters
    ----------
    given : str
        Path of a file, or the name of an account of Ape or of ``cast wallet``. A file of that name comes first.

    Raises
    ------
    KeystoreError
        If there is none, or a folder, or more than one account of that name, or it cannot be looked for.
    """
    try:
        path = Path(given).expanduser()
        folder, there = path.is_dir(), path.exists()
    except OSError as error:
        raise KeystoreError(f"keystore {given!r} cannot be read: {_reason(error)}") from None
    except RuntimeError:  # how pathlib tells that the user named after a tilde is not known
        raise KeystoreError(f"keystore {given!r} cannot be read: no such user") from None
    if not folder and (there or os.sep in given):
        return path
    found = [file for file in (_ape() / f"{given}.json", _cast() / given) if file.is_file()]
    if len(found) > 1:
        raise KeystoreError(f"two accounts are called {given!r}: give the path of one, {found[0]} or {found[1]}")
    if found:
        return found[0]
    if folder and given:
        raise KeystoreError(f"{given!r} is a folder: give a keystore file")
    names = {file.stem for file in _files(_ape()) if file.suffix == ".json"} | {file.name for file in _files(_cast())}
    near = get_close_matches(given, sorted(names), NEAR, 0.5)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    raise KeystoreError(
        f"there is no keystore {given!r}: no such file, and no account of that name in {_ape()} or {_cast()}{meant}"
    )


def _files(folder: Path) -> Iterable[Path]:
    try:
        return [file for file in folder.iterdir() if file.is_file()]
    except OSError:
        return []


def first_line(file: Path, what: str) -> str:
    """First line of a file that holds a secret.

    Raises
    ------
    KeystoreError
        If the file cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8").split("\n")[0]  # other ends of lines may be part of a passphrase
    except (OSError, UnicodeDecodeError) as error:
        raise KeystoreError(f"{what} file {file} cannot be read: {_reason(error)}") from None


def passphrase(file: Path | None, variable: str, ask: Callable[[], str]) -> str:
    """Find the passphrase: in a file, in the environment, or by asking for it.

    Parameters
    ----------
    file : Path or None
        Its first line is the passphrase.
    variable : str
        Of the environment.
    ask : callable
        Asks the user.

    Raises
    ------
    KeystoreError
        If the file cannot be read.
    """
    if file is not None:
        return first_line(file, "passphrase")
    given = os.environ.get(variable)
    return given if given is not None else ask()


def unlock(path: Path, find: Callable[[], str]) -> LocalAccount:
    """Open a keystore.

    Parameters
    ----------
    path : Path
        File in the Web3 Secret Storage format.
    find : callable
        Finds the passphrase; called only if the file looks like a keystore.

    Raises
    ------
    KeystoreError
        If the file is not a keystore or the passphrase is wrong; the message holds neither key nor passphrase.
    """
    content = _content(path)
    secret = find()
    try:
        key = Account.decrypt(content, secret)
    except Exception:
        # whatever it is, it must not carry the passphrase or the key
        key = None
    if key is None:
        raise KeystoreError(f"keystore {path} cannot be opened: the passphrase is wrong or the file is damaged")
    account: LocalAccount = Account.from_key(key)
    return account


def address_of(path: Path) -> str:
    """Address a keystore names; no passphrase is needed.

    Raises
    ------
    KeystoreError
        If the file is not a keystore, or one that keeps the address to itself.
    """
    address = checked(f"0x{str(_content(path).get('address', '')).removeprefix('0x')}")
    if address is None:
        raise KeystoreError(f"keystore {path} does not name its address: give the address itself")
    return address


def address_named(given: str) -> str:
    """Address that is given itself, or that a keystore names.

    Raises
    ------
    KeystoreError
        If it is neither.
    """
    if mistyped(given):
        raise KeystoreError(
            f"{given} is no address: a digit is wrong, or the case of a letter; its letters may all be small"
        )
    return checked(given) or address_of(find(given))


def key_of(text: str) -> LocalAccount:
    """Read a private key written as 64 hexadecimal digits, with or without 0x.

    Raises
    ------
    KeystoreError
        If it is none; the message does not hold it.
    """
    digits = text.strip().removeprefix("0x")
    try:
        account: LocalAccount | None = Account.from_key(bytes.fromhex(digits)) if len(digits) == 64 else None
    except Exception:  # whatever it is, it must not carry the key
        account = None
    if account is None:
        raise KeystoreError("that is no private key: 64 hexadecimal digits are wanted, with or without 0x before them")
    return account


def refuse_taken(path: Path) -> None:
    """Refuse a path at which no new keystore can be made.

    Raises
    ------
    KeystoreError
    """
    try:
        taken, placed = path.exists() or path.is_symlink(), path.absolute().parent.is_dir()
    except OSError as error:
        raise KeystoreError(f"keystore {path} cannot be written: {_reason(error)}") from None
    if taken:
        raise KeystoreError(f"{path} is there already and is left as it is: give a file that is not")
    if not placed:
        raise KeystoreError(f"the folder {path.parent} does not exist: make it, or give another file")


def make(path: Path, secret: str, account: LocalAccount | None = None) -> str:
    """Make a keystore file that its owner alone can read.

    Parameters
    ----------
    path : Path
        Must not be there yet.
    secret : str
        The passphrase.
    account : LocalAccount, optional
        The key; a new one is drawn by default.

    Returns
    -------
    str
        The key's address.

    Raises
    ------
    KeystoreError
        If the passphrase is empty, or the file is there or cannot be written. Nothing is left half-written.
    """
    if not secret:
        raise KeystoreError("the passphrase is empty: give one, since whoever reads the keystore could use the key")
    refuse_taken(path)
    account = account if account is not None else Account.create()
    content = json.dumps(account.encrypt(secret), indent=2) + "\n"
    try:
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(file, "w", encoding="utf-8") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        except BaseException:
            path.unlink()
            raise
    except OSError as error:
        raise KeystoreError(f"keystore {path} cannot be written: {_reason(error)}") from None
    return str(account.address)


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        content = None
    except OSError as error:
        raise KeystoreError(f"keystore {path} cannot be read: {_reason(error)}") from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or not ({"crypto", "Crypto"} & content.keys()):
        raise KeystoreError(f"{path} is not a keystore: give a file in the Web3 Secret Storage format")
    return content


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or "unknown" if isinstance(error, OSError) else "not text"
