"""What Prometheus scrapes, and whether the keeper is well."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, make_wsgi_app

from ballast.errors import UserError
from ballast.keeper.log import Code
from ballast.keeper.view import Own

if TYPE_CHECKING:
    from ballast.keeper.keeper import Report

ETHER = 10**18
HEALTHY_PASSES = 10
"""Pauses between passes without a complete pass after which the keeper is not well."""
MIN_HEALTHY_SECONDS = 60.0
CLIENT_SECONDS = 5
"""Seconds a client may take for each part of its request."""
POINTER = b"A keeper of Ballast. /metrics is for Prometheus, /health tells whether it is well.\n"


class Metrics:
    """Metrics of one keeper.

    Parameters
    ----------
    poll_seconds : float
        Pause between passes.
    """

    def __init__(self, poll_seconds: float) -> None:
        self.registry = CollectorRegistry()
        self._patience = max(MIN_HEALTHY_SECONDS, HEALTHY_PASSES * poll_seconds)
        self._last = time.monotonic()
        self._errors: list[str] = []
        gauges = {
            "epoch": "Present epoch.",
            "epoch_lag": "Epochs between the last one that closed and the last one all of whose pages are written.",
            "head_block": "Newest block.",
            "confirmed_block": "Block the keeper decides on.",
            "pages": "Pages of the network.",
            "pages_missing": "Pages nobody has written for the epoch that closed.",
            "wrong_values": "Posted values that differ from the computed ones.",
            "rank": "Place in this epoch's order of keepers, 0 for the first.",
            "in_flight": "Transactions that are not final.",
            "balance_ether": "Balance of the keeper's address.",
            "bond_tokens": "The keeper's bond, token units.",
            "free_tokens": "Free funds of the keeper's escrow account, token units.",
            "epochs_left": "Epochs of posts the balance covers at the present price of gas.",
            "reorg_depth": "Blocks undone by the last reorganisation.",
            "last_success_timestamp_seconds": "Time of the last complete pass.",
            "journal_detached": "1 while the journal cannot be written.",
        }
        self._gauges = {n: Gauge(f"ballast_keeper_{n}", text, registry=self.registry) for n, text in gauges.items()}
        self._passes = self._counter("passes", "Passes.", "result")
        self._conditions = self._counter("conditions", "Conditions met, by code.", "code")
        for code in Code:  # an increase is only seen from a value that was there
            self._conditions.labels(code.name)
        self._sent = self._counter("sent", "Transactions handed to nodes.", "kind")
        self._final = self._counter("final", "Transactions that are final.", "kind", "result")
        self._fees = self._counter("fees_ether", "Paid for gas.", "kind")
        self._rpc = self._counter("rpc_errors", "Answers that were none, by node.", "node")
        self._reorgs = self._counter("reorgs", "Reorganisations seen.")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"ballast_keeper_{name}", text, labels, registry=self.registry)

    def met(self, code: Code, fields: dict[str, Any]) -> None:
        """Count a condition."""
        self._conditions.labels(code.name).inc()
        match code:
            case Code.SENT:
                self._sent.labels(fields["kind"]).inc()
            case Code.CONFIRMED | Code.REVERTED:
                self._final.labels(fields["kind"], code.name.lower()).inc()
                self._fees.labels(fields["kind"]).inc(fields["gas_used"] * fields["gas_price"] / ETHER)
            case Code.NODE_FAILED | Code.NODE_LIES | Code.NODE_LAGS:
                self._rpc.labels(fields["node"]).inc()
            case Code.REORG:
                self._reorgs.inc()
                self._gauges["reorg_depth"].set(fields["depth"])

    def own(self, own: Own, epochs_left: float) -> None:
        """Take down the keeper's funds."""
        self._gauges["balance_ether"].set(own.balance / ETHER)
        self._gauges["bond_tokens"].set(own.bond)
        self._gauges["free_tokens"].set(own.free)
        self._gauges["epochs_left"].set(epochs_left)

    def complete(self, report: Report) -> None:
        """Take down a complete pass."""
        values = {
            "epoch": report.epoch,
            "epoch_lag": report.epoch_lag,
            "head_block": report.head,
            "confirmed_block": report.block,
            "pages": report.pages,
            "pages_missing": report.missing,
            "wrong_values": report.wrong,
            "rank": report.rank,
            "in_flight": report.in_flight,
            "journal_detached": int(Code.JOURNAL_DETACHED.name in report.codes),
            "last_success_timestamp_seconds": time.time(),
        }
        for name, value in values.items():
            self._gauges[name].set(value)
        self._passes.labels("complete").inc()
        self._last = time.monotonic()
        self._errors = [code for code in report.codes if Code[code].level == "error"]

    def failed(self) -> None:
        """Take down a pass that ended early."""
        self._passes.labels("failed").inc()

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether the keeper is well, and what is known about that."""
        silent = time.monotonic() - self._last
        well = silent < self._patience and not self._errors
        return well, {"well": well, "seconds_since_last_pass": round(silent, 1), "errors": self._errors}


class _Quiet(WSGIRequestHandler):
    timeout = CLIENT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Leave the log to the keeper."""


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave it: the client went away, or took too long."""


class Server:
    """Serves ``/metrics`` and ``/health`` until it is closed.

    Parameters
    ----------
    metrics : Metrics
    host, port
        Where to listen; port 0 chooses a free one.

    Raises
    ------
    UserError
        If the port is in use.
    """

    def __init__(self, metrics: Metrics, host: str, port: int) -> None:
        exposition: Callable[..., Iterable[bytes]] = make_wsgi_app(metrics.registry)

        def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            path = environ.get("PATH_INFO")
            if path == "/metrics":
                return exposition(environ, start)
            if path == "/health":
                well, content = metrics.health()
                start("200 OK" if well else "503 Service Unavailable", [("Content-Type", "application/json")])
                return [orjson.dumps(content)]
            start("200 OK" if path in ("", "/") else "404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [POINTER]

        try:
            self._server = make_server(host, port, application, _Threads, _Quiet)
        except OSError as error:
            raise UserError(f"metrics cannot be served on {host}:{port}: {error.strerror}") from None
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(CLIENT_SECONDS)
