"""Running a devnet until it is told to stop."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from ballast.chain.anvil import ANY_ADDRESS, Anvil
from ballast.chain.rpc import JsonRpc, Node
from ballast.deployment import RECORDS, deploy, devnet_path, verify
from ballast.devnet import state
from ballast.devnet.bots import Bots
from ballast.devnet.description import Place, describe, document
from ballast.devnet.population import Devnet, populate
from ballast.errors import ChainError, UserError
from ballast.model.parameters import NetworkParameters
from ballast.signals import ignore, interruptible

STATES_KEPT: Final = "256"
SPARE_ACCOUNTS: Final = 3
DEFAULTS: Final = {"operators": 3, "coprocessors": 3, "epoch_seconds": 300}
PAUSE: Final = 0.2
"""Seconds between two looks at the chain."""


@dataclass(frozen=True)
class Options:
    """How a devnet is to be run.

    Attributes
    ----------
    port : int or None
        Port to listen on; a free one if None.
    host : str
        Address to listen on.
    operators, coprocessors, epoch_seconds : int or None
        How many to register, and the length of an epoch; ``DEFAULTS`` if None. A state that is continued has its own.
    block_time : int
        Seconds from one block to the next.
    bots : int
        Coprocessors that take part by themselves.
    state : Path or None
        File to continue from and to save to.
    as_json : bool
        Whether to print for a script.
    """

    port: int | None = None
    host: str = "127.0.0.1"
    operators: int | None = None
    coprocessors: int | None = None
    epoch_seconds: int | None = None
    block_time: int = 1
    bots: int = 0
    state: Path | None = None
    as_json: bool = False


def run(options: Options) -> None:
    """Run a devnet until SIGINT or SIGTERM, then stop it and leave nothing behind but a state that is asked for.

    Raises
    ------
    UserError
        If an option cannot be used.
    ChainError
        If Anvil fails or ends by itself.
    """
    stored = _stored(options)
    operators, coprocessors, epoch_seconds = _sizes(options, stored)
    parameters = NetworkParameters(epoch_seconds=epoch_seconds)
    parameters.validate()
    _check_host(options.host)
    if options.port is not None:
        _check_port(options.host, options.port)
    if options.bots > coprocessors:
        raise UserError(f"--bots is {options.bots}: give at most the number of coprocessors, {coprocessors}")
    if options.state is not None:
        state.check_place(options.state)
    accounts = 2 + operators + coprocessors + SPARE_ACCOUNTS
    flags = ("--no-mining", "--order", "fifo", "--accounts", str(accounts), "--prune-history", STATES_KEPT)
    timestamp = int(time.time()) - epoch_seconds
    with (
        suppress(KeyboardInterrupt),
        interruptible(),
        Anvil(*flags, port=options.port, timestamp=timestamp, host=options.host) as anvil,
        _recorded(anvil, options) as recorded,
    ):
        if stored is not None:
            net = state.restore(anvil.rpc, stored)
            verify(anvil.rpc, net.deployment)
        else:
            net = populate(anvil.rpc, deploy(anvil.rpc, parameters), operators, coprocessors)
        _catch_up(anvil.rpc, net.deployment.genesis + epoch_seconds)
        anvil.rpc.call("evm_setIntervalMining", options.block_time)
        place = recorded(net)
        say(json.dumps(document(net, place)) if options.as_json else describe(net, place, options.bots > 0))
        if not options.as_json:
            fate = f"{options.state} keeps it" if options.state else "nothing of it is kept"
            say(f"{warning(options.host)}Ctrl-C stops the chain; {fate}.")
        _wait(anvil, Bots(anvil.rpc, net, options.bots, _teller(options)) if options.bots else None)


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    click.echo(text)


def _teller(options: Options) -> Callable[[str], None]:
    """Where lines about what happens go: a script that reads JSON finds nothing else on stdout."""
    return lambda text: click.echo(text, err=options.as_json)


def _stored(options: Options) -> state.Stored | None:
    """Find the state to continue from, if there is one."""
    return state.read(options.state) if options.state is not None else None


def _sizes(options: Options, stored: state.Stored | None) -> tuple[int, int, int]:
    """Find how many operators and coprocessors there are, and the length of an epoch.

    Raises
    ------
    UserError
        If an option asks for another number than a state that is continued has.
    """
    sizes = dict(DEFAULTS)
    if stored is not None:
        net = stored.net
        sizes = {
            "operators": len(net.having("operator")),
            "coprocessors": len(net.having("coprocessor")),
            "epoch_seconds": net.deployment.parameters.epoch_seconds,
        }
    for name in sizes:
        given = getattr(options, name)
        if given is None:
            continue
        if stored is not None and given != sizes[name]:
            option = name.replace("_", "-")
            raise UserError(f"--{option} is {given}, and {options.state} has {sizes[name]}: leave --{option} out")
        sizes[name] = given
    return sizes["operators"], sizes["coprocessors"], sizes["epoch_seconds"]


def warning(host: str) -> str:
    """Line about who can reach the chain, if that is others than this machine."""
    if ipaddress.IPv4Address(host).is_loopback:
        return ""
    return f"It listens on {host}: whoever reaches this machine can use all accounts.\n"


@contextmanager
def _recorded(anvil: Anvil, options: Options) -> Iterator[Callable[[Devnet], Place]]:
    """Give what writes the deployment file; at the end save the state, and remove the file.

    The file is named by the port, and by the host if that is another than usual: all local chains have one chain id,
    and several may run at once.
    """
    record = devnet_path(options.host, anvil.port)
    made = not RECORDS.exists()
    running: list[Devnet] = []

    def write(net: Devnet) -> Place:
        net.deployment.save(record)
        running.append(net)
        return Place(anvil.url, record, options.block_time)

    try:
        yield write
    finally:
        ignore()
        try:
            if options.state is not None and running and anvil.running:
                with contextlib.closing(JsonRpc(anvil.url)) as rpc:  # the other may have been cut short in a request
                    state.save(options.state, rpc, running[0])
        finally:
            record.unlink(missing_ok=True)
            if made:
                with suppress(OSError):
                    RECORDS.rmdir()
            _teller(options)("stopping")


def _wait(anvil: Anvil, bots: Bots | None) -> None:
    """Let the chain run, with its bots, until a signal.

    Raises
    ------
    ChainError
        If Anvil ends by itself.
    """
    trouble = ""
    while anvil.running:
        time.sleep(PAUSE)
        if bots is not None:
            try:
                bots.act()
            except ChainError as error:
                if anvil.running and str(error) != trouble:
                    trouble = str(error)
                    bots.tell(f"bots: {trouble}")
    raise ChainError("Anvil ended by itself")


def _check_host(host: str) -> None:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise UserError(f"--host is {host!r}: give an IPv4 address, such as 127.0.0.1 or {ANY_ADDRESS}") from None
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            raise UserError(f"--host is {host}, and this machine cannot listen there: {error.strerror}") from None


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is in use:" if taken else f"cannot be used: {error.strerror};"
            raise UserError(f"port {port} of {host} {why} choose another, or leave --port out") from None


def _catch_up(rpc: Node, epoch_start: int) -> None:
    """Set the chain's clock to the wall clock, which lies in the second epoch or later."""
    latest = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    now = max(int(time.time()), epoch_start, latest + 1)
    rpc.call("evm_setNextBlockTimestamp", now)
    rpc.call("evm_mine")
