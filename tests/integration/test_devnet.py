"""The devnet as a user runs it: it starts, can be used as it says, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from offchain.chain.deployment import Deployment, verify
from offchain.chain.rpc import JsonRpc
from tests.integration.conftest import ROOT, Run, listens

READY = "Ctrl-C stops the chain"


class Devnet:
    """A running devnet and what it printed.

    Parameters
    ----------
    process : subprocess.Popen
        The command.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.printed = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.printed += line
            if READY in line:
                break
        assert READY in self.printed, self.printed
        self.url = self.value("RPC URL")

    def value(self, label: str) -> str:
        """Read what was printed behind a label."""
        line = next(line for line in self.printed.splitlines() if line.startswith(label))
        return line.removeprefix(label).strip()

    def descendants(self) -> list[int]:
        """Find the process ids of the chain it started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        if children.exists():
            return [int(pid) for pid in children.read_text().split()]
        command = ["ps", "-o", "pid=", "--ppid", str(self.process.pid)]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        return [int(pid) for pid in found]


@contextmanager
def devnet(environment: dict[str, str], *arguments: str) -> Iterator[Devnet]:
    """Run a devnet; killed at the end if it still runs."""
    command = [sys.executable, "-u", "-m", "offchain.cli", "devnet", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Devnet(process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=10)


def alive(pid: int) -> bool:
    """Tell whether a process lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_starts_answers_and_stops(number: signal.Signals, environment: dict[str, str]) -> None:
    with devnet(environment, "--operators", "2", "--coprocessors", "4", "--epoch-seconds", "120") as net:
        rpc = JsonRpc(net.url)
        assert int(rpc.call("eth_chainId"), 16) == int(net.value("chain id")) == 31337
        record = Path(net.value("file"))
        deployment = Deployment.load(record)
        assert verify(rpc, deployment) == ()
        assert deployment.parameters.epoch_seconds == 120
        rows = [line.split() for line in net.printed.splitlines() if " 0x" in line]
        roles = [row[0] for row in rows if len(row) == 4]
        assert roles.count("operator") == 2
        assert roles.count("coprocessor") == 4
        block = rpc.call("eth_getBlockByNumber", "latest", False)
        assert abs(int(block["timestamp"], 16) - time.time()) < 5
        rpc.close()
        chains = net.descendants()
        assert chains
        net.process.send_signal(number)
        assert net.process.wait(timeout=10) == 0
        assert not any(alive(pid) for pid in chains)
        assert not listens(net.url)
        assert not record.parent.exists()


def test_leaves_what_other_chains_have_written_down(environment: dict[str, str]) -> None:
    theirs = Path(environment["BALLAST_DEPLOYMENTS"]) / "31337.json"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    with devnet(environment) as first, devnet(environment) as second:
        assert first.value("file") != second.value("file")
        for net in (first, second):
            rpc = JsonRpc(net.url)
            assert verify(rpc, Deployment.load(Path(net.value("file")))) == ()
            rpc.close()
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(timeout=10) == 0
        assert Path(first.value("file")).exists()
    assert [path.name for path in theirs.parent.iterdir()] == [theirs.name]
    assert theirs.read_text() == "theirs"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_killed_devnet_takes_its_chain_along(environment: dict[str, str]) -> None:
    with devnet(environment) as net:
        net.process.kill()
        net.process.wait(timeout=10)
        deadline = time.monotonic() + 10
        while listens(net.url) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not listens(net.url)


def test_the_printed_example_runs(environment: dict[str, str]) -> None:
    with devnet(environment) as net:
        example = net.printed[net.printed.index(".venv/bin/python - <<") : net.printed.index(READY)]
        example = example.replace(".venv/bin/python", sys.executable)
        done = subprocess.run(
            ["bash", "-c", example], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("task ")


def test_a_port_in_use_is_one_line(ballast: Run) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = ballast("devnet", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == f"ballast: port {port} of 127.0.0.1 is in use: choose another, or leave --port out\n"


def test_an_epoch_out_of_bounds_is_one_line(ballast: Run) -> None:
    done = ballast("devnet", "--epoch-seconds", "59")
    assert done.returncode == 2
    assert done.stderr == "ballast: epoch_seconds is 59: must be from 60 to 1000000 (seconds)\n"


def test_a_chain_that_dies_is_told(environment: dict[str, str]) -> None:
    with devnet(environment) as net:
        for pid in net.descendants():
            os.kill(pid, signal.SIGKILL)
        assert net.process.wait(timeout=10) == 1
