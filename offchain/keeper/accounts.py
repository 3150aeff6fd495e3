"""The keeper's key: a keystore file, opened with a passphrase that nobody else sees."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import is_address, to_checksum_address

from offchain.errors import KeystoreError

PASSPHRASE_VARIABLE = "BALLAST_KEEPER_PASSPHRASE"


def passphrase(file: Path | None, ask: Callable[[], str]) -> str:
    """Find the passphrase: in a file, in the environment, or by asking for it.

    Parameters
    ----------
    file : Path or None
        Its first line is the passphrase.
    ask : callable
        Asks the user.

    Raises
    ------
    KeystoreError
        If the file cannot be read.
    """
    if file is not None:
        try:
            lines = file.read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise KeystoreError(f"passphrase file {file} cannot be read: {_reason(error)}") from None
        return lines[0] if lines else ""
    given = os.environ.get(PASSPHRASE_VARIABLE)
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
    address = f"0x{str(_content(path).get('address', '')).removeprefix('0x')}"
    if not is_address(address):
        raise KeystoreError(f"keystore {path} does not name its address: give the address itself")
    return str(to_checksum_address(address))


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
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
