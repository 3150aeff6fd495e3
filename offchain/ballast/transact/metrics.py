"""What Prometheus scrapes, and whether a sender is well."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, make_wsgi_app

from ballast.errors import UserError
from ballast.transact.log import Code, Condition

ETHER: Final = 10**18
HEALTHY_PASSES: Final = 10
"""Pauses between passes without a complete pass after which a sender is not well."""
MIN_HEALTHY_SECONDS: Final = 60.0
CLIENT_SECONDS: Final = 5
"""Seconds a client may take for each part of its request."""
GAUGES: Final = {
    "head_block": "Newest block.",
    "confirmed_block": "Block that is decided on.",
    "in_flight": "Transactions that are not final.",
    "balance_ether": "Balance of the address.",
    "reorg_depth": "Blocks undone by the last reorganisation.",
    "last_success_timestamp_seconds": "Time of the last complete pass.",
    "journal_detached": "1 while the journal cannot be written.",
}


class Metrics:
    """Metrics of one sender.

    Parameters
    ----------
    role : str
        What the sender is; all names begin with ``ballast_`` and this.
    conditions : iterable of Condition
        All it can be in.
    gauges : mapping of str to str
        What each gauge of its own shows, by name.
    poll_seconds : float
        Pause between passes.
    """

    def __init__(
        self, role: str, conditions: Iterable[Condition], gauges: Mapping[str, str], poll_seconds: float
    ) -> None:
        self.role = role
        self.registry = CollectorRegistry()
        self._patience = max(MIN_HEALTHY_SECONDS, HEALTHY_PASSES * poll_seconds)
        self._last = time.monotonic()
        self._errors: list[str] = []
        self._gauges = {
            name: Gauge(f"ballast_{role}_{name}", text, registry=self.registry)
            for name, text in {**gauges, **GAUGES}.items()
        }
        self._passes = self._counter("passes", "Passes.", "result")
        self._conditions = self._counter("conditions", "Conditions met, by code.", "code")
        for condition in conditions:  # an increase is only seen from a value that was there
            self._conditions.labels(condition.name)
        self._sent = self._counter("sent", "Transactions handed to nodes.", "kind")
        self._final = self._counter("final", "Transactions that are final.", "kind", "result")
        self._fees = self._counter("fees_ether", "Paid for gas.", "kind")
        self._rpc = self._counter("rpc_errors", "Answers that were none, by node.", "node")
        self._reorgs = self._counter("reorgs", "Reorganisations seen.")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"ballast_{self.role}_{name}", text, labels, registry=self.registry)

    def met(self, condition: Condition, fields: dict[str, Any]) -> None:
        """Count a condition."""
        self._conditions.labels(condition.name).inc()
        match condition:
            case Code.SENT:
                self._sent.labels(fields["kind"]).inc()
            case Code.CONFIRMED | Code.REVERTED:
                self._final.labels(fields["kind"], condition.name.lower()).inc()
                self._fees.labels(fields["kind"]).inc(fields["gas_used"] * fields["gas_price"] / ETHER)
            case Code.NODE_FAILED | Code.NODE_LIES | Code.NODE_LAGS:
                self._rpc.labels(fields["node"]).inc()
            case Code.REORG:
                self._reorgs.inc()
                self.show(reorg_depth=fields["depth"])

    def show(self, **values: float) -> None:
        """Set gauges."""
        for name, value in values.items():
            self._gauges[name].set(value)

    def passed(self, conditions: Iterable[Condition], **values: float) -> None:
        """Take down a complete pass: the conditions met in it, and what gauges are to show."""
        met = list(conditions)
        self.show(
            **values,
            journal_detached=int(Code.JOURNAL_DETACHED in met),
            last_success_timestamp_seconds=time.time(),
        )
        self._passes.labels("complete").inc()
        self._last = time.monotonic()
        self._errors = [condition.name for condition in met if condition.level == "error"]

    def failed(self) -> None:
        """Take down a pass that ended early."""
        self._passes.labels("failed").inc()

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether the sender is well, and what is known about that."""
        silent = time.monotonic() - self._last
        well = silent < self._patience and not self._errors
        return well, {"well": well, "seconds_since_last_pass": round(silent, 1), "errors": self._errors}


class _Quiet(WSGIRequestHandler):
    timeout = CLIENT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Leave the log to the sender."""


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
        pointer = f"A {metrics.role} of Ballast. /metrics is for Prometheus, /health tells whether it is well.\n"
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
            return [pointer.encode()]

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
