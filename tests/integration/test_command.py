"""The command line: help, version, checks of a deployment, and how failures are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ballast.chain.anvil import Anvil
from ballast.deployment import deploy
from ballast.wording import counted
from tests.integration.conftest import Run


def test_help_lists_all_commands_without_importing_the_simulation(ballast: Run) -> None:
    done = ballast("--help")
    assert done.returncode == 0
    for name in ("compile", "devnet", "keeper", "simulate", "verify", "version"):
        assert f"\n  {name}" in done.stdout


def test_version(ballast: Run) -> None:
    assert ballast("version").stdout.startswith("ballast ")


def test_an_unknown_command_is_a_usage_error(ballast: Run) -> None:
    done = ballast("simulat")
    assert done.returncode == 2
    assert done.stderr == "ballast: No such command 'simulat'; see `ballast --help`\n"


def test_an_unknown_option_before_the_command_is_one_line(ballast: Run) -> None:
    done = ballast("--versoin")
    assert done.returncode == 2
    assert done.stderr.startswith("ballast: No such option: --versoin")
    assert done.stderr.endswith("; see `ballast --help`\n")
    assert done.stderr.count("\n") == 1


def test_a_bad_option_is_one_line(ballast: Run) -> None:
    done = ballast("devnet", "--port", "70000")
    assert done.returncode == 2
    assert done.stderr.startswith("ballast: Invalid value for '--port'")
    assert done.stderr.endswith("; see `ballast devnet --help`\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--parameters", "--scenario", "--like", "--config"])
def test_a_file_nested_too_deep_is_one_line(ballast: Run, option: str, tmp_path: Path) -> None:
    """In a process of its own: the compiler of the contracts lets its process recurse deeper than the stack is."""
    file = tmp_path / "deep"
    file.write_text(("" if option == "--like" else "deep = ") + "[" * 100_000)
    command = ("keeper", "status") if option == "--config" else ("simulate", "--out", str(tmp_path / "out"))
    done = ballast(*command, option, str(file))
    assert done.returncode == 2
    assert f"{file}" in done.stderr
    assert "maximum recursion depth exceeded" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_compile_prints_sizes(ballast: Run) -> None:
    lines = ballast("compile").stdout.splitlines()
    assert [line.split()[0] for line in lines][:1] == ["CollateralEscrow"]
    assert all(line.endswith(" bytes") for line in lines)


def test_verify(ballast: Run, anvil: Anvil, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    deploy(anvil.rpc).save(record)
    done = ballast("verify", "--rpc", anvil.url, str(record))
    assert done.returncode == 0
    assert done.stdout == f"6 contracts stand as recorded in {record}\n"


def test_verify_tells_of_a_tampered_file_in_one_line(ballast: Run, anvil: Anvil, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    deployment = deploy(anvil.rpc)
    record.write_text(deployment.to_json().replace(deployment.address("Slasher"), deployment.address("ClassRegistry")))
    done = ballast("verify", "--rpc", anvil.url, str(record))
    assert done.returncode == 1
    assert done.stderr.startswith("ballast: Slasher at ")
    assert done.stderr.count("\n") == 1


def test_verify_without_a_record_is_the_users_mistake(ballast: Run, anvil: Anvil) -> None:
    done = ballast("verify", "--rpc", anvil.url)
    assert done.returncode == 2
    assert "stands on the node's chain (chain 31337), name its file; there is no file" in done.stderr
    assert done.stderr.count("\n") == 1


def test_verify_without_a_node_is_a_failure_of_the_chain(ballast: Run) -> None:
    done = ballast("verify", "--rpc", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("ballast: no usable answer from the node at http://127.0.0.1:1: ")


def test_verify_with_a_bad_address_is_the_users_mistake(ballast: Run) -> None:
    done = ballast("verify", "--rpc", "localhost")
    assert done.returncode == 2
    told = "ballast: a node's address is not usable: give one like http://127.0.0.1:8545 or wss://host/path\n"
    assert done.stderr == told


def test_one_is_singular() -> None:
    assert [counted(n, "run") for n in (0, 1, 2, 1_234)] == ["0 runs", "1 run", "2 runs", "1,234 runs"]
