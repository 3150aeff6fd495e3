"""What is seen of any sender from outside: metrics, health, and the structured log."""

from __future__ import annotations

import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from ballast.errors import UserError
from ballast.transact import log
from ballast.transact.log import Code
from ballast.transact.metrics import Metrics, Server
from tests.keeper.world import SETTINGS


def fetch(port: int, path: str) -> tuple[int, str]:
    """Status and body of an address."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def port(metrics: Metrics) -> Iterator[int]:
    """Where they are served."""
    with closing(Server(metrics, "127.0.0.1", 0)) as server:
        yield server.port


@pytest.fixture
def metrics() -> Metrics:
    """Metrics of a sender that has just started."""
    return Metrics("bidder", Code, {"bids": "Bids that wait."}, poll_seconds=1.0)


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/?a=1", 200), ("/else", 404), ("/metrics/", 404)])
def test_the_way_to_metrics_and_health_is_told_everywhere(port: int, path: str, status: int) -> None:
    found, body = fetch(port, path)
    assert found == status
    assert "/metrics" in body
    assert "/health" in body


def test_idle_clients_hinder_nobody(metrics: Metrics) -> None:
    server = Server(metrics, "127.0.0.1", 0)
    with ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(3)]
        idle[1].sendall(b"GET /metrics HTTP/1.1\r\nX-Half: ")
        assert fetch(server.port, "/health")[0] == 200
        assert fetch(server.port, "/metrics")[0] == 200
        server.close()  # before the clients go


def test_a_port_in_use_is_the_users_mistake(metrics: Metrics, port: int) -> None:
    with pytest.raises(UserError, match=f"127.0.0.1:{port}"):
        Server(metrics, "127.0.0.1", port)


def test_a_log_line_is_json_with_a_code() -> None:
    record = log.LOGGER.makeRecord(
        "x", logging.WARNING, "f", 1, "what it means", (), None, extra={"condition": Code.REORG, "fields": {"depth": 2}}
    )
    line = json.loads(log.JsonLines().format(record))
    assert {"level": "warning", "code": "REORG", "message": "what it means", "depth": 2}.items() <= line.items()


def test_large_numbers_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", log.LOGGER.name)
    log.write(Code.UNDERFUNDED, balance=10**30)
    assert json.loads(log.JsonLines().format(caplog.records[-1]))["balance"] == str(10**30)
    assert SETTINGS.dry_run is False
