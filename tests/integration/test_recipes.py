"""The recipes of the pages about the keeper, run as they are printed."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ballast.chain.anvil import Anvil
from ballast.client.contracts import MockToken
from ballast.deployment import deploy
from ballast.model.parameters import NetworkParameters
from tests.integration.conftest import ROOT
from tests.integration.test_devnet import devnet

DEVNET = (ROOT / "docs" / "keeper.md").read_text().split("### On a devnet")[1].split("\n## ")[0]
HOW_TO = (ROOT / "docs" / "how-to" / "run-a-keeper.md").read_text()
EPOCH_SECONDS = 600


def blocks(page: str) -> list[str]:
    """Commands of a page, block by block."""
    return re.findall(r"```\n(.*?)```", page, re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path, environment: dict[str, str]) -> Path:
    """Folder of a checkout as far as the recipes need one: what Git ignores, and the command."""
    folder = tmp_path / "checkout"
    (folder / ".venv" / "bin").mkdir(parents=True)
    command = folder / ".venv" / "bin" / "ballast"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ballast.cli "$@"\n')
    command.chmod(0o755)
    shutil.copy(ROOT / ".gitignore", folder)
    environment["BALLAST_DEPLOYMENTS"] = str(folder / "deployments")
    git(folder, environment, "init", "-q")
    git(folder, environment, "add", ".gitignore")
    return folder


def git(folder: Path, environment: dict[str, str], *arguments: str) -> str:
    """Run Git."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def bash(script: str, folder: Path, environment: dict[str, str]) -> str:
    """Run commands to their end."""
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(command: str, folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a keeper until it posted, and a block longer; told to stop, it does."""
    process = subprocess.Popen(
        ["bash", "-euc", f"exec {command}"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        deadline = time.monotonic() + 60
        for line in process.stderr:
            told = json.loads(line)
            assert told["code"] not in ("NO_ACCOUNT", "BOND_SHORT", "INTERNAL_ERROR"), line
            if time.monotonic() > deadline or (told["code"] == "CONFIRMED" and told["kind"] == "post"):
                break
        assert told["code"] == "CONFIRMED"
        yield process
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait(timeout=20) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()


def unwatched(folder: Path, environment: dict[str, str]) -> list[str]:
    """List what Git would add."""
    return git(folder, environment, "status", "--porcelain", "--untracked-files=all").splitlines()


def test_the_recipe_of_a_devnet_leaves_nothing_git_would_add(checkout: Path, environment: dict[str, str]) -> None:
    with devnet(environment, "--epoch-seconds", "120") as net:
        port = net.url.rpartition(":")[2]
        key = next(line.split()[3] for line in net.printed.splitlines() if line.startswith("coprocessor "))
        script = blocks(DEVNET)[0].replace("8545", port).replace("PRIVATE_KEY", key)
        before, rest = script.split(".venv/bin/ballast keeper run ")
        options, _, after = rest.partition("\n")
        bash(before, checkout, environment)
        with running(f".venv/bin/ballast keeper run {options}", checkout, environment):
            told = bash(after, checkout, environment)
    assert "token units" in told
    assert "poster" in told
    assert (checkout / ".keeper" / "journal.db").exists()
    assert (checkout / ".keeper" / "key.json").stat().st_mode & 0o777 == 0o600
    assert unwatched(checkout, environment) == ["A  .gitignore"]


def test_what_is_secret_is_ignored_where_people_put_it(checkout: Path, environment: dict[str, str]) -> None:
    names = ("keystore.json", "key.json", "secret", "passphrase", "ballast-keeper.db", "ballast-keeper.db-wal")
    for name in (*names, f"ballast-keeper.db.0x{'ab' * 20}.lock", ".keeper/anything"):
        path = checkout / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert unwatched(checkout, environment) == ["A  .gitignore"]
    assert git(ROOT, environment, "ls-files", "-ci", "--exclude-standard") == "", "nothing of the project is hidden"


def test_the_how_to_ends_with_a_keeper_that_posts(checkout: Path, environment: dict[str, str]) -> None:
    """From nothing, on a deployment of our own, block by block; the user sends ether and tokens after the first."""
    parameters = NetworkParameters(epoch_seconds=EPOCH_SECONDS)
    with Anvil(timestamp=int(time.time()) - 2 * EPOCH_SECONDS) as anvil:
        deployment = deploy(anvil.rpc, parameters)
        deployment.save(checkout / "deployments" / "1.json")
        anvil.rpc.call("evm_increaseTime", EPOCH_SECONDS)
        anvil.rpc.call("anvil_mine", hex(3))  # as deep as the keeper asks for, however soon it comes
        anvil.rpc.call("evm_setIntervalMining", 1)
        first, *others = (block.replace("https://node.example", anvil.url) for block in blocks(HOW_TO))
        address = re.findall(r"address +(0x\w{40})", bash(first, checkout, environment))[0]
        anvil.rpc.call("anvil_setBalance", address, hex(10**18))
        deployment.contract(MockToken).mint(address, parameters.entry_fee + 100_000).send(anvil.rpc, deployment.owner)
        place = next(i for i, block in enumerate(others) if "keeper run" in block)
        for block in others[:place]:
            bash(block, checkout, environment)
        run, look, leave = others[place:]
        with running(run.strip().replace("9464", "0"), checkout, environment):
            status = bash(look, checkout, environment)
        assert "posters               2\n" in status
        told = bash(leave, checkout, environment)
        assert "thawing               1,000 token units (0.001000 tBAL)" in told
    assert unwatched(checkout, environment) == ["A  .gitignore"]
