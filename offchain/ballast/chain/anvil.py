"""Starting and stopping a local Anvil."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path
from types import TracebackType

from ballast.chain.rpc import JsonRpc
from ballast.errors import ChainError, UserError
from ballast.places import CHECKOUT
from ballast.signals import held

CHAIN_ID = 31337
ANY_ADDRESS = "0.0.0.0"
BLOCK_GAS_LIMIT = 2**53
TRANSACTION_GAS_LIMIT = 2**24
PR_SET_PDEATHSIG = 1

# One block a phase, mined on request; free gas; the order of sending is the order of execution.
THROUGHPUT_FLAGS = (
    "--no-mining",
    "--order",
    "fifo",
    "--base-fee",
    "0",
    "--gas-price",
    "0",
    "--auto-impersonate",
    "--prune-history",
    "--transaction-block-keeper",
    "1",
    "--no-request-size-limit",
)


def fork_flags(origin: Anvil) -> tuple[str, ...]:
    """Give the flags of an Anvil that continues the chain of another one after its genesis block.

    On a chain of its own Anvil computes the state root of everything for each block, also of what did not change; on a
    continued one it computes none, and asks the origin for accounts it has not seen.
    """
    return ("--fork-url", origin.url, "--fork-block-number", "0", "--no-storage-caching", "--no-rate-limit")


def anvil_binary() -> Path:
    """Find the Anvil that ``make`` installs from npm, or else one on the search path.

    Raises
    ------
    UserError
        If it is not there.
    """
    if CHECKOUT:
        for found in sorted((CHECKOUT / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil*")):
            return found
    if (own := shutil.which("anvil")) is not None:
        return Path(own)
    install = "run `make setup` (it needs Node and npm)" if CHECKOUT else "put it on the search path"
    raise UserError(f"Anvil is not installed: {install}")


def free_port() -> int:
    """Find a port of the loopback interface nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """Have Linux end this process when the thread that started it ends, however that happens."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start Anvil in a session of its own, so that Ctrl-C reaches us first and we stop it in order."""
    with warnings.catch_warnings():
        # Python 3.12 warns of running code between fork and exec while threads run; ours is one system call.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )


class Anvil:
    """An Anvil process, gone when the context ends.

    On Linux it also ends with the thread that started it, even if that is killed.

    Parameters
    ----------
    flags : sequence of str
        Further command-line flags.
    port : int, optional
        Port to listen on; a free one by default.
    timestamp : int, optional
        Timestamp of the genesis block.
    host : str
        IPv4 address to listen on.
    """

    def __init__(
        self, *flags: str, port: int | None = None, timestamp: int | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.port = port if port is not None else free_port()
        self.url = f"http://{'127.0.0.1' if host == ANY_ADDRESS else host}:{self.port}"
        command = [str(anvil_binary()), "--host", host, "--port", str(self.port), "--silent", *flags]
        command += ["--chain-id", str(CHAIN_ID), "--gas-limit", str(BLOCK_GAS_LIMIT)]
        if timestamp is not None:
            command += ["--timestamp", str(timestamp)]
        self.rpc = JsonRpc(self.url)
        self._process: subprocess.Popen[bytes] | None = None
        try:
            with held():
                self._process = _start(command)
            self._wait(self._process)
        except BaseException:
            self.stop()
            raise

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if process.poll() is not None:
                assert process.stderr is not None
                said = process.stderr.read().decode(errors="replace").strip()
                raise ChainError(f"Anvil stopped at its start: {said or process.returncode}")
            try:
                self.rpc.call("eth_chainId")
                return
            except ChainError:
                time.sleep(0.02)
        raise ChainError(f"Anvil did not answer on port {self.port} within 30 s")

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the process and wait for its end."""
        self.rpc.close()
        if self._process is None:
            return
        if self.running:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def __enter__(self) -> Anvil:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
