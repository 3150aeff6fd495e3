"""A deployment on an Anvil of its own, set back after each test, and a key that nobody else has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from eth_account import Account
from eth_account.signers.local import LocalAccount

from ballast.chain.anvil import Anvil
from ballast.cli import main
from ballast.client.contracts import CollateralEscrow, MockToken
from ballast.deployment import Deployment, deploy
from ballast.keeper.options import PASSPHRASE_VARIABLE
from ballast.model.parameters import NetworkParameters

GENESIS = 1_800_000_000
EPOCH_SECONDS = 600
PARAMETERS = NetworkParameters(epoch_seconds=EPOCH_SECONDS)
SECRET = "battery staple"
ETHER = 10**18
Command = Callable[..., Result]


@dataclass
class Stand:
    """A deployment, and a key."""

    anvil: Anvil
    deployment: Deployment
    key: LocalAccount
    folder: Path

    @property
    def token(self) -> MockToken:
        """The token."""
        return self.deployment.contract(MockToken)

    @property
    def owner(self) -> str:
        """Owner of the contracts, whose key the node holds."""
        return self.deployment.owner

    @property
    def escrow(self) -> CollateralEscrow:
        """The escrow."""
        return self.deployment.contract(CollateralEscrow)

    def fund(self, tokens: int, address: str | None = None) -> None:
        """Give an address tokens, and ether for gas."""
        address = address or self.key.address
        self.token.mint(address, tokens).send(self.anvil.rpc, self.owner)
        self.anvil.rpc.call("anvil_setBalance", address, hex(ETHER))

    def nonce(self) -> int:
        """Transactions the key has sent."""
        return int(self.anvil.rpc.call("eth_getTransactionCount", self.key.address, "latest"), 16)

    def wait(self, seconds: int) -> None:
        """Mine a block some seconds later."""
        self.anvil.rpc.call("evm_increaseTime", seconds)
        self.anvil.rpc.call("evm_mine")


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Anvil, Deployment]]:
    """Deployment of a module."""
    with Anvil(timestamp=GENESIS) as anvil:
        yield anvil, deploy(anvil.rpc, PARAMETERS)


@pytest.fixture
def stand(shared: tuple[Anvil, Deployment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Deployment as it was, and a new key in a keystore made fast by a single round."""
    anvil, deployment = shared
    snapshot = anvil.rpc.call("evm_snapshot")
    key: LocalAccount = Account.create()
    deployment.save(tmp_path / "deployment.json")
    (tmp_path / "key.json").write_text(json.dumps(Account.encrypt(key.key, SECRET, kdf="pbkdf2", iterations=1)))
    monkeypatch.setenv(PASSPHRASE_VARIABLE, SECRET)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("ballast.account.desk.PAUSE", 0.02)
    yield Stand(anvil, deployment, key, tmp_path)
    anvil.rpc.call("anvil_dropAllTransactions")  # first, or they are mined when mining goes on
    anvil.rpc.call("evm_setAutomine", True)
    assert anvil.rpc.call("evm_revert", snapshot)


@pytest.fixture
def ballast(stand: Stand) -> Command:
    """Run a command in this process, with the options all of them need."""

    def run(*arguments: str, account: str | None = None, confirmations: int = 0, **more: Any) -> Result:
        command = [*arguments, "--rpc", stand.anvil.url, "--deployment", str(stand.folder / "deployment.json")]
        command += ["--journal", f"sqlite:///{stand.folder / 'journal.db'}", "--confirmations", str(confirmations)]
        command += ["--account", account or str(stand.folder / "key.json")]
        return plain(*command, **more)

    return run


def plain(*arguments: str, **more: Any) -> Result:
    """Run a command in this process as it is given."""
    return CliRunner(mix_stderr=False).invoke(main, arguments, prog_name="ballast", **more)


def said(done: Result) -> str:
    """Read the one line that a command that failed said of it."""
    assert done.exit_code != 0, done.stdout
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert sum(line.startswith("ballast: ") for line in lines) == 1, lines
    return lines[-1].removeprefix("ballast: ")
