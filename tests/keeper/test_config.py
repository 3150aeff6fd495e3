"""The configuration file: what it may hold, what comes before it, and how its mistakes are told."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from eth_account import Account

from ballast.cli import main
from ballast.keeper import config
from ballast.keeper.options import PASSPHRASE_VARIABLE, known, nodes_of, unlocked
from ballast.keeper.settings import KeeperSettings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keeper.md"
Runs = Callable[..., dict[str, Any]]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test's file is, and nothing else that could be found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("BALLAST_KEEPER_RPC", "BALLAST_KEEPER_JOURNAL", PASSPHRASE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "keeper.toml"


@pytest.fixture
def seen(file: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Run `keeper once` up to where it opens the key, and see what it was given."""
    found: dict[str, Any] = {}

    def run(*arguments: str) -> dict[str, Any]:
        found.clear()
        done = invoke(file, "once", *arguments)
        assert done.exit_code == 2, "the key is none"
        assert "is not a keystore" in done.stderr, done.stderr
        return found

    def noting(given: dict[str, Any], settings: KeeperSettings) -> Any:
        found.update(given, settings=settings)
        return nodes_of(given, settings)

    monkeypatch.setattr("ballast.keeper.command.nodes_of", noting)
    (file.parent / "key.json").write_text("{}")
    monkeypatch.setattr("ballast.keeper.command.check_deployment", lambda _: None)
    return run


def invoke(file: Path, name: str, *arguments: str) -> Result:
    """Run a subcommand of the keeper with the file."""
    command = ["keeper", name, "--config", str(file), *arguments]
    return CliRunner(mix_stderr=False).invoke(main, command, prog_name="ballast")


def test_a_file_gives_options(file: Path, seen: Runs) -> None:
    file.write_text(
        'account = "key.json"\nrpc = ["http://127.0.0.1:1", "http://127.0.0.1:2"]\nconfirmations = 7\ntimeout = 3\n'
        'poke = "pays"\nbond = false\ndry-run = true\nmax-fee-gwei = 2.5\nmetrics-port = 9464\njournal = "sqlite://"\n'
        'log-format = "text"\npassphrase-file = "secret"\npoll-seconds = 9\nwait-seconds = 5\n'
    )
    found = seen()
    assert found["urls"] == ("http://127.0.0.1:1", "http://127.0.0.1:2")
    settings = found["settings"]
    assert (settings.confirmations, settings.timeout_seconds, settings.poke) == (7, 3.0, "pays")
    assert (settings.bond, settings.dry_run, settings.max_fee) == (False, True, 2_500_000_000)
    assert settings.stuck_blocks == KeeperSettings().stuck_blocks
    assert (found["journal_url"], found["log_format"]) == ("sqlite://", "text")


def test_command_line_then_environment_then_file_then_default(
    file: Path, seen: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('account = "key.json"\nrpc = "http://127.0.0.1:3"\nbond = false\nconfirmations = 7\n')
    assert seen()["urls"] == ("http://127.0.0.1:3",)
    monkeypatch.setenv("BALLAST_KEEPER_RPC", "http://127.0.0.1:2 http://127.0.0.1:4")
    assert seen()["urls"] == ("http://127.0.0.1:2", "http://127.0.0.1:4")
    found = seen("--rpc", "http://127.0.0.1:1", "--bond", "--confirmations", "1")
    assert found["urls"] == ("http://127.0.0.1:1",)
    assert (found["settings"].bond, found["settings"].confirmations) == (True, 1)
    assert found["journal_url"] == "sqlite:///ballast-keeper.db"


def test_the_passphrase_of_the_environment_comes_before_a_file_the_file_names(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def unlock(_: Path, find: Callable[[], str]) -> Any:
        asked.append(find())
        return unlocked

    monkeypatch.setattr("ballast.keeper.options.unlock", unlock)
    for name in ("of-file", "of-line"):
        (file.parent / name).write_text(name)
    (file.parent / "key.json").write_text("{}")
    file.write_text('account = "key.json"\npassphrase-file = "of-file"\njournal = "sqlite:////no/such/folder/j.db"\n')
    invoke(file, "once")
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "of-environment")
    invoke(file, "once")
    invoke(file, "once", "--passphrase-file", "of-line")
    assert asked == ["of-file", "of-environment", "of-line"]


def test_a_registry_of_the_command_line_comes_before_a_deployment_of_the_file(file: Path) -> None:
    file.write_text('deployment = "none.json"\n')
    (file.parent / "key.json").write_text("{}")
    assert "none.json cannot be read" in invoke(file, "status").stderr
    done = invoke(file, "status", "--registry", "0x12")
    assert "'0x12' is not an address" in done.stderr
    file.write_text('registry = "0x12"\n')
    assert "none.json cannot be read" in invoke(file, "status", "--deployment", "none.json").stderr
    done = invoke(file, "status", "--deployment", "none.json", "--registry", "0x12")
    assert "not both" in done.stderr


def test_a_key_of_an_option_is_not_taken_for_an_argument(file: Path) -> None:
    file.write_text('account = "key.json"\n')
    done = invoke(file, "replay")
    assert done.exit_code == 2
    assert "Missing argument 'ACCOUNT'" in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("poll_seconds = 3", "'poll_seconds' is no option of the keeper; did you mean 'poll-seconds'?"),
        ('passphrase = "x"', "'passphrase' is no option of the keeper; did you mean 'passphrase-file'?"),
        ("config = 'x'", "'config' is no option of the keeper; "),
        ("[keeper]\nrpc = 'x'", "'keeper' is no option of the keeper; options stand in no table"),
        ("confirmations = '2'", "confirmations: a whole number is wanted, not '2'"),
        ("confirmations = 2.0", "confirmations: a whole number is wanted, not 2.0"),
        ("confirmations = true", "confirmations: a whole number is wanted, not true"),
        ("confirmations = -1", "confirmations: --confirmations is -1: must be between 0 and 256"),
        ("timeout = 'long'", "timeout: a number is wanted, not 'long'"),
        ("timeout = nan", "timeout: --timeout is nan: must be above zero, at most 1000000"),
        ("timeout = [1]", "timeout: a number is wanted, not a list of other things"),
        ("max-fee-gwei = inf", "max-fee-gwei: --max-fee-gwei is inf: must be between 0.000000001 and 1,000,000,000"),
        ("max-fee-gwei = 0", "max-fee-gwei: --max-fee-gwei is 0.0: must be between 0.000000001 and 1,000,000,000"),
        ("bond = 'no'", "bond: true or false is wanted, not 'no'"),
        ("dry-run = 1", "dry-run: true or false is wanted, not 1"),
        ("poke = 'sometimes'", "poke: one of 'always', 'pays', 'never' is wanted, not 'sometimes'"),
        ("poke = 1", "poke: one of 'always', 'pays', 'never' is wanted, not 1"),
        ("metrics-port = 70000", "metrics-port: a whole number from 0 to 65,535 is wanted, not 70000"),
        ("rpc = 1", "rpc: a text or a list of texts is wanted, not 1"),
        ("rpc = []", "rpc: a text or a list of texts is wanted, not an empty list"),
        ("rpc = ['http://h/key', 2]", "rpc: a text or a list of texts is wanted, not a list of other things"),
        ("journal = ['sqlite:///key']", "journal: a text is wanted, not a list"),
        ("rpc = 'nowhere'", "rpc: a node's address is not usable: "),
        ("journal = 'letters'", "journal: the journal's address is not usable: "),
        ("journal = {}", "journal: a text is wanted, not a table"),
        ("account = 'nobody'", "account: there is no keystore 'nobody': "),
        ("account = 2026-11-28", "account: a text is wanted, not 2026-11-28"),
        ("deployment = 'none.json'", "deployment: deployment file none.json cannot be read: "),
        ("passphrase-file = 'none'", "passphrase-file: passphrase file none cannot be read: "),
    ],
)
def test_a_mistake_is_one_line_with_the_file_and_the_key(file: Path, text: str, told: str) -> None:
    content = Account.encrypt(bytes([23] * 32), "secret", kdf="pbkdf2", iterations=1)
    (file.parent / "key.json").write_text(json.dumps(content))
    (file.parent / "secret").write_text("secret")
    given = [] if text.startswith("passphrase-file") else ["--passphrase-file", "secret"]
    given += [] if text.startswith("account") else ["--account", "key.json"]
    file.write_text(f"{text}\n")
    done = invoke(file, "run", *given)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith(f"ballast: {file}: {told}"), done.stderr
    assert "/key'" not in done.stderr, "an address may be secret"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"rpc = ", "is not TOML: Invalid value (at end of document)"),
        (b"rpc = 'a'\nrpc = 'b'", "is not TOML: "),
        (b"budget = " + b"9" * 5_000, "is not TOML: Exceeds the limit (4300 digits)"),
        (b"\xff\xfe", "cannot be read: it is not UTF-8"),
        (b"", "sets nothing; there are account, "),
        (b"# rpc = 'http://127.0.0.1:8545'\n", "sets nothing; there are account, "),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_file(file: Path, content: bytes | None, told: str) -> None:
    if content is not None:
        file.write_bytes(content)
    for command in (["keeper", "run"], ["keeper", "once"], ["keeper", "status"], ["account", "open"]):
        done = CliRunner(mix_stderr=False).invoke(main, [*command, "--config", str(file)])
        assert done.exit_code == 2
        assert done.stderr.startswith(f"ballast: configuration file {file} {told}")
        assert done.stderr.count("\n") == 1


def test_the_example_of_the_page_is_taken(file: Path, seen: Runs) -> None:
    example = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    table = tomllib.loads(example)
    assert len(table) > 5
    file.write_text(example)
    found = seen("--account", "key.json", "--deployment", "deployment.json")
    assert list(found["urls"]) == table["rpc"]
    assert found["settings"].confirmations == table["confirmations"] != KeeperSettings().confirmations
    assert found["settings"].max_fee == table["max-fee-gwei"] * 10**9


def test_every_option_of_the_page_is_a_key() -> None:
    section = PAGE.read_text().split("\n### Options\n")[1].split("\n### ")[0]
    heads = "".join(line.partition(":")[0] for line in section.split("\n") if line.startswith("- `--"))
    named = set(re.findall(r"`--([a-z-]+)", heads))
    assert named - {"config", "no-bond"} == {config.name_of(option) for option in known()}
