"""The command ``ballast keeper`` as a user runs it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from eth_account import Account

from ballast.cli import main
from ballast.client.contracts import CollateralEscrow
from ballast.errors import UserError
from ballast.keeper.options import PASSPHRASE_VARIABLE, asked, settings_of
from ballast.model.reputation_filter import scaled
from ballast.signals import STOP_SIGNALS, handled
from ballast.transact.journal import Journal
from tests.keeper import disk
from tests.keeper.test_nodes import wrong_counts
from tests.keeper.world import World
from tests.support.liar import lying
from tests.support.process import forked

SECRET = "battery staple"
ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., Result]


@pytest.fixture
def files(net: World, tmp_path: Path) -> Path:
    """Folder with deployment file, keystore and passphrase of the first keeper."""
    net.deployment.save(tmp_path / "deployment.json")
    content = Account.encrypt(net.keepers[0].key, SECRET, kdf="pbkdf2", iterations=1)
    (tmp_path / "key.json").write_text(json.dumps(content))
    (tmp_path / "secret").write_text(SECRET)
    return tmp_path


@pytest.fixture
def keeper(net: World, files: Path) -> Command:
    """Run a subcommand in this process."""

    def run(name: str, *more: str, key: bool = True, rpc: str | None = None, secret: str | None = None) -> Result:
        arguments = ["keeper", name, "--rpc", rpc or net.anvil.url, "--confirmations", "0"]
        arguments += ["--journal", f"sqlite:///{files / 'journal.db'}"]
        if "--registry" not in more:
            arguments += ["--deployment", str(files / "deployment.json")]
        if key:
            arguments += ["--account", str(files / "key.json")]
        if key and name in ("run", "once") and secret is None:
            arguments += ["--passphrase-file", str(files / "secret")]
        return CliRunner(mix_stderr=False).invoke(main, [*arguments, *more], input=secret)

    return run


def test_once_until_the_epoch_is_posted(keeper: Command, net: World) -> None:
    kinds = []
    for _ in range(3):
        done = keeper("once", "--json")
        assert done.exit_code == 0, done.stderr
        kinds += [a["kind"] for a in json.loads(done.stdout)["actions"]]
        assert all(json.loads(line)["code"] for line in done.stderr.splitlines())
    assert kinds == ["bond", "post"]
    assert net.posted(2) == 2


def test_status_and_replay_explain_what_was_posted(keeper: Command, net: World) -> None:
    for _ in range(3):
        keeper("once")
    status = json.loads(keeper("status", "--json").stdout)
    own = net.account_of(net.keepers[0].address)
    assert status["pages_written"] == status["pages"] == 2
    assert status["posters"] == status["keepers_in_order"] == [own]
    assert status["own"]["bond"] == 16_000
    assert status["transactions"] == {"confirmed": 2}
    operator = net.net.having("operator")[0].account
    told = json.loads(keeper("replay", str(operator), "--json", key=False).stdout)
    assert told["read_at"]["journal"]
    assert told["inputs"]["n"] > 0
    weight = min(told["inputs"]["n"], told["inputs"]["parameters"]["n0"])
    assert told["active"] == sum(told["terms"].values())
    idle, change = told["idle"], scaled(told["active"] - told["idle"], weight, told["inputs"]["parameters"]["n0"])
    assert told["result"]["phi"] == idle + change == net.reputation.computed(operator).read(net.anvil.rpc)
    assert told["on_chain"] == {"phi": told["result"]["phi"], "poster": own}
    assert told["transactions"][0]["phi"] == told["result"]["phi"]
    assert told["transactions"][0]["state"] == "confirmed"
    text = keeper("replay", str(operator), key=False).stdout
    assert "surprise" in text
    net.go(5)
    later = json.loads(keeper("replay", str(operator), "--epoch", "2", "--json", key=False).stdout)
    assert later["result"] == told["result"]


def test_replay_without_a_journal_reads_the_chain(keeper: Command, net: World) -> None:
    told = json.loads(keeper("replay", "4", "--json", key=False).stdout)
    assert not told["read_at"]["journal"]
    assert told["result"]["phi"] == net.reputation.computed(4).read(net.anvil.rpc)
    assert keeper("replay", "4", "--epoch", "1", key=False).exit_code == 2
    assert keeper("replay", "4000", key=False).exit_code == 2


def test_a_deployment_is_found_by_its_registry(keeper: Command, net: World) -> None:
    registry = net.deployment.address("TaskRegistry")
    done = keeper("once", "--registry", registry, "--json")
    assert done.exit_code == 0, done.stderr
    assert [a["kind"] for a in json.loads(done.stdout)["actions"]] == ["bond"]
    for wrong in (net.deployment.address("Slasher"), net.keepers[0].address, "0x12"):
        assert keeper("once", "--registry", wrong).exit_code == 2


def test_a_dry_run(keeper: Command) -> None:
    done = keeper("once", "--dry-run", "--json")
    report = json.loads(done.stdout)
    assert report["actions"] == []
    assert report["would_send"] == [{"kind": "bond", "epoch": report["epoch"], "items": ["bond"]}]
    assert "DRY_RUN" in done.stderr


def test_the_text_of_a_dry_run_tells_what_would_be_sent(keeper: Command) -> None:
    done = keeper("once", "--dry-run")
    epoch = done.stdout.split(",")[0].removeprefix("epoch ")
    assert [line.split() for line in table_of(done.stdout, "would send")] == [["kind", "epoch"], ["bond", epoch]]
    assert "actions" not in done.stdout
    nothing = keeper("once", "--dry-run", "--no-bond", "--poke", "never", "--tasks", "never")
    assert ["would", "send", "nothing"] in [line.split() for line in nothing.stdout.splitlines()]


def test_what_a_pass_would_send_is_told_of_dry_runs_alone(keeper: Command) -> None:
    assert "would_send" not in json.loads(keeper("once", "--json").stdout)


def table_of(output: str, title: str) -> list[str]:
    """Lines of the table below a title, which are further in."""
    lines = output.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip() == title)
    return list(itertools.takewhile(lambda line: line.startswith("    "), lines[at + 1 :]))


def test_the_passphrase_from_a_prompt_and_from_the_environment(
    keeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = keeper("once", secret=f"{SECRET}\n")
    assert asked.exit_code == 0
    assert "Passphrase" in asked.stderr
    assert SECRET not in asked.stderr + asked.stdout
    monkeypatch.setenv(PASSPHRASE_VARIABLE, SECRET)
    assert keeper("once", secret="").exit_code == 0


def test_a_passphrase_nobody_gives_is_a_mistake(keeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_arguments: object, **_options: object) -> str:
        raise click.Abort

    monkeypatch.setattr("ballast.keeper.command.click.prompt", nobody)
    done = keeper("once", secret="")
    assert done.exit_code == 2
    assert "no passphrase: answer, or give --passphrase-file" in last(done)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_the_prompt_can_be_interrupted(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in `run`, which takes a signal as the wish to end after the pass."""

    def typed(_: str) -> str:
        signal.raise_signal(number)
        return SECRET

    monkeypatch.setattr("click.termui.hidden_prompt_func", typed)
    with handled(lambda *_: None), pytest.raises(KeyboardInterrupt):
        asked()


def last(done: Result) -> str:
    """Last line of stderr."""
    return done.stderr.splitlines()[-1]


def test_exit_statuses(keeper: Command, net: World, files: Path) -> None:
    assert keeper("once", secret="wrong\n").exit_code == 2
    assert keeper("once", rpc="http://127.0.0.1:1").exit_code == 1
    assert keeper("once", rpc="nowhere").exit_code == 2
    assert keeper("once", "--poke", "sometimes").exit_code == 2
    assert keeper("once", "--confirmations", "-1").exit_code == 2
    assert keeper("once", "--journal", "sqlite:////no/such/folder/j.db").exit_code == 2
    assert keeper("once", "--no-bond").exit_code == 3
    balance = net.anvil.rpc.call("eth_getBalance", net.keepers[0].address, "latest")
    net.anvil.rpc.call("anvil_setBalance", net.keepers[0].address, "0x1")
    assert keeper("once").exit_code == 3
    net.anvil.rpc.call("anvil_setBalance", net.keepers[0].address, balance)
    with lying(net.anvil.url, wrong_counts(net)) as liar:
        assert keeper("once", "--rpc", liar).exit_code == 4
    (files / "journal.db").write_bytes(b"my letters")
    assert keeper("once").exit_code == 5
    assert keeper("status").exit_code == 5


@pytest.mark.skipif(not disk.mountable(), reason="the system lets nobody mount a small disk")
def test_once_on_a_full_disk(keeper: Command, files: Path) -> None:
    def live() -> int:
        disk.mount(files / "full", 2**18)
        disk.fill(files / "full", 0)
        done = keeper("once", "--json", "--journal", f"sqlite:///{files / 'full' / 'journal.db'}")
        assert done.exit_code == 5
        assert [a["kind"] for a in json.loads(done.stdout)["actions"]] == ["bond"]
        told = [line for line in map(json.loads, done.stderr.splitlines()) if line["code"] == "JOURNAL_DETACHED"]
        assert [line["error"] for line in told] == ["OperationalError: database or disk is full"]
        return 0

    (files / "full").mkdir()
    _, status = os.waitpid(forked(live), 0)
    assert status == 0


def test_mistakes_are_one_line(keeper: Command) -> None:
    for done in (keeper("once", rpc="nowhere"), keeper("once", secret="wrong\n"), keeper("status", "--account", "me")):
        assert done.exit_code == 2
        assert "ballast: " in last(done)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "given",
    [
        *(("--max-fee-gwei", value) for value in ("nan", "inf", "-1")),
        *(("--timeout", value) for value in ("nan", "inf", "0", "-1", "1e300")),
    ],
)
def test_numbers_that_are_none(keeper: Command, given: tuple[str, str]) -> None:
    done = keeper("once", *given)
    assert done.exit_code == 2
    assert "ballast: " in last(done)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [("--timeout", "-1.0"), ("--token-wei", "-1"), ("--stuck-blocks", "0"), ("--max-fee-gwei", "0.0")],
)
def test_what_is_refused_is_named_as_it_was_given(keeper: Command, option: str, value: str) -> None:
    assert last(keeper("once", option, value)).startswith(f"ballast: {option} is {value}: must be ")


@pytest.mark.parametrize(("gwei", "wei"), [(1.001, 1_001_000_000), (1.5e-8, 15), (1e-9, 1), (1e9, 10**18)])
def test_a_price_is_taken_to_the_wei(gwei: float, wei: int) -> None:
    assert settings_of({"max_fee_gwei": gwei}).max_fee == wei


@pytest.mark.parametrize("value", ["nan", "inf", "0"])
def test_pauses_that_are_none(keeper: Command, value: str) -> None:
    assert keeper("run", "--poll-seconds", value).exit_code == 2


@pytest.mark.parametrize("name", ["once", "status"])
def test_a_fault_is_one_line(keeper: Command, net: World, name: str) -> None:
    with lying(net.anvil.url, lambda request, found: None if request["method"] == "eth_call" else found) as liar:
        done = keeper(name, rpc=liar)
    assert done.exit_code == 1
    assert last(done).startswith("ballast: ")
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_fault_at_the_start_of_run_is_told_and_tried_again(keeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def failing(*_: object) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("hidden")
        raise UserError("enough")

    monkeypatch.setattr("ballast.keeper.options.verify", failing)
    done = keeper("run", "--poll-seconds", "0.001")
    assert done.exit_code == 2
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [line["code"] for line in told] == ["INTERNAL_ERROR"] * 2
    assert "hidden" not in done.stderr


@pytest.mark.parametrize("name", ["once", "status", "replay"])
def test_a_count_of_accounts_no_network_has(keeper: Command, net: World, name: str) -> None:
    selector = net.contract(CollateralEscrow).account_count().data[:10]

    def twist(request: dict[str, Any], result: Any) -> Any:
        mine = request["method"] == "eth_call" and request["params"][0]["data"].startswith(selector)
        return f"0x{2**40:064x}" if mine else result

    with lying(net.anvil.url, twist) as liar:
        done = keeper(name, *(["4"] if name == "replay" else []), key=name == "once", rpc=liar)
    assert done.exit_code == 1
    assert last(done).startswith("ballast: ")
    assert f"it tells of {2**40} accounts" in last(done)


def test_of_a_journal_only_what_is_of_the_network_is_shown(keeper: Command, files: Path) -> None:
    (files / "journal.db").touch()
    assert "journal" not in json.loads(keeper("status", "--json").stdout)
    (files / "journal.db").unlink()
    with Journal.open(f"sqlite:///{files / 'journal.db'}") as journal:
        journal.bind("31337:0x00:1")
        journal.tell(2, 1, "EPOCH_LOST", {})
    assert json.loads(keeper("status", "--json").stdout)["events"] == []
    keeper("once")
    told = json.loads(keeper("status", "--json").stdout)
    assert told["transactions"] == {"sent": 1}
    assert [row["kind"] for row in told["latest"]] == ["bond"]


def test_run_keeps_until_it_is_told_to_stop(net: World, files: Path) -> None:
    """As a process of its own, with metrics; nothing of the key is in what it says."""
    command = [sys.executable, "-m", "ballast.cli", "keeper", "run", "--rpc", net.anvil.url, "--poll-seconds", "0.2"]
    command += ["--deployment", str(files / "deployment.json"), "--account", str(files / "key.json")]
    command += ["--journal", f"sqlite:///{files / 'run.db'}", "--confirmations", "0", "--metrics-port", "0"]
    environment = {**os.environ, PASSPHRASE_VARIABLE: SECRET, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=files, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines: list[str] = []
    port = 0
    try:
        deadline = time.monotonic() + 30
        for line in process.stderr:
            lines.append(line)
            told = json.loads(line)
            port = told.get("port", port)
            if time.monotonic() > deadline or (told["code"] == "PASS" and told["missing"] == 0):
                break
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        lines += process.stderr.readlines()
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    assert json.loads(lines[-1])["code"] == "STOPPED"
    assert net.posted(2) == 2
    said = "".join(lines) + (files / "run.db").read_bytes().decode("latin-1")
    assert SECRET not in said
    assert bytes(net.keepers[0].key).hex() not in said
