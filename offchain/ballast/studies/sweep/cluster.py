"""Dask: workers of one's own on this machine, or those of any cluster by its scheduler's address.

Workers of one's own are one process a core. They and their scheduler listen on 127.0.0.1 only, speak TLS with a
certificate made for this one sweep, so that nobody else on the machine can use them, and serve no pages.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from dask.system import CPU_COUNT
from distributed import Client, KilledWorker, Nanny, Scheduler, SpecCluster, Worker, as_completed
from distributed.security import Security
from distributed.utils import silence_logging_cmgr

from ballast.errors import BallastError, ClusterError, ParameterError, UserError
from ballast.signals import withheld
from ballast.studies.sweep.parts import SweepJob, carry_out

HERE: Final = "127.0.0.1"
ADDRESS: Final = re.compile(r"(tcp|tls)://[^\s:/]+:\d{1,5}")
PATIENCE: Final = 10
"""Seconds that a scheduler is waited for."""


class OwnScheduler(Scheduler):
    """Scheduler that serves no pages."""

    def start_http_server(self, *_arguments: Any, **_options: Any) -> None:
        """Listen on nothing more."""


class OwnWorker(Worker):
    """Worker that serves no pages."""

    def start_http_server(self, *_arguments: Any, **_options: Any) -> None:
        """Listen on nothing more."""


def check_address(address: str) -> None:
    """Refuse what is no address of a scheduler, and TLS without a certificate.

    Raises
    ------
    ParameterError
        If it is either.
    """
    if not ADDRESS.fullmatch(address):
        raise ParameterError(f"--scheduler is {address!r}: give tcp://HOST:PORT or tls://HOST:PORT")
    if address.startswith("tls") and Security().get_connection_args("client").get("ssl_context") is None:
        raise ParameterError(f"--scheduler is {address!r}: give Dask a certificate (its setting distributed.comm.tls)")


def cores() -> int:
    """Cores this process may use."""
    return int(CPU_COUNT)


@contextlib.contextmanager
def own(workers: int, scratch: Path) -> Iterator[Client]:
    """Workers on this machine for as long as a block lasts.

    Parameters
    ----------
    workers : int
        How many, one process each.
    scratch : Path
        Folder for what they write.
    """
    shared = {"host": HERE, "protocol": "tls://", "security": Security.temporary()}
    one = {
        "cls": Nanny,
        "options": {
            **shared,
            "nthreads": 1,
            "worker_class": OwnWorker,
            "local_directory": str(scratch),
            "silence_logs": logging.CRITICAL,
        },
    }
    with contextlib.ExitStack() as stack:
        stack.enter_context(silence_logging_cmgr(logging.CRITICAL))
        with withheld():  # a cluster that is cut short at its start cannot be closed
            cluster = SpecCluster(
                scheduler={"cls": OwnScheduler, "options": {**shared, "port": 0, "dashboard": False}},
                workers=dict.fromkeys(range(workers), one),
                security=shared["security"],
                silence_logs=logging.CRITICAL,
            )
            stack.enter_context(cluster)
        yield stack.enter_context(Client(cluster, set_as_default=False))


@contextlib.contextmanager
def remote(address: str, tell: Callable[[str], None]) -> Iterator[Client]:
    """Workers of a cluster, by its scheduler's address.

    Parameters
    ----------
    address : str
        Of the scheduler.
    tell : callable
        Called with what the user should know.

    Raises
    ------
    ClusterError
        If no scheduler answers.
    """
    check_address(address)
    with silence_logging_cmgr(logging.CRITICAL):
        try:
            client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(f"no Dask scheduler answers at {address}") from error
        with client:
            if not client.scheduler_info()["workers"]:
                tell(f"{address} has no workers yet: waiting for them")
            yield client


def results(client: Client, jobs: Sequence[SweepJob]) -> Iterator[tuple[SweepJob, bytes]]:
    """Carry out jobs, and give each with its part as soon as it is done.

    A worker that is lost is replaced by others: what it had not handed over is run again.

    Raises
    ------
    ClusterError
        If the scheduler is lost, or a run fails or takes its worker down again and again.
    UserError
        If a scenario cannot be run.
    """
    futures = client.map(carry_out, jobs, key=[f"ballast-{job.sweep[:12]}-{job.place}" for job in jobs])
    places = {future.key: job for future, job in zip(futures, jobs, strict=True)}
    arriving = as_completed(futures, loop=client.loop)
    del futures
    for future in arriving:
        job = places[future.key]
        try:
            part = future.result()
        except UserError as error:
            raise UserError(f"{error} (run {job.place})") from error
        except BallastError:
            raise
        except KilledWorker as error:
            raise ClusterError(f"run {job.place} ended its workers again and again: too little memory?") from error
        except Exception as error:
            if future.status == "error":
                raise ClusterError(f"run {job.place} failed: {error!r}") from error
            raise ClusterError("the Dask scheduler was lost") from error
        future.release()
        yield job, part
