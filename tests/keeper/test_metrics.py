"""What is seen from outside: metrics, health, and the structured log."""

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
from ballast.keeper import log
from ballast.keeper.keeper import Keeper
from ballast.keeper.log import Code
from ballast.keeper.metrics import Metrics, Server
from tests.keeper.world import SETTINGS, World


def fetch(port: int, path: str) -> tuple[int, str]:
    """Status and body of an address."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def metrics() -> Metrics:
    """Metrics of a keeper that has just started."""
    return Metrics(poll_seconds=1.0)


@pytest.fixture
def port(metrics: Metrics) -> Iterator[int]:
    """Where they are served."""
    with closing(Server(metrics, "127.0.0.1", 0)) as server:
        yield server.port


def values(text: str) -> dict[str, float]:
    """Read the samples of an exposition."""
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_metrics_tell_what_the_keeper_did(net: World, metrics: Metrics, port: int) -> None:
    keeper = net.keeper(metrics=metrics)
    for _ in range(3):
        keeper.once()
    status, text = fetch(port, "/metrics")
    assert status == 200
    found = values(text)
    assert found["ballast_keeper_epoch"] == 3
    assert found["ballast_keeper_epoch_lag"] == 0
    assert found["ballast_keeper_pages"] == 2
    assert found["ballast_keeper_pages_missing"] == 0
    assert found['ballast_keeper_sent_total{kind="post"}'] == 1
    assert found['ballast_keeper_final_total{kind="post",result="confirmed"}'] == 1
    assert found['ballast_keeper_fees_ether_total{kind="post"}'] > 0
    assert found['ballast_keeper_passes_total{result="complete"}'] == 3
    assert found["ballast_keeper_bond_tokens"] == 16_000
    assert found["ballast_keeper_balance_ether"] > 9_000
    assert found["ballast_keeper_last_success_timestamp_seconds"] > 1_700_000_000


def test_failures_are_counted(net: World, metrics: Metrics, port: int) -> None:
    keeper = net.keeper(metrics=metrics, urls=["http://127.0.0.1:1", net.anvil.url])
    keeper.once()
    found = values(fetch(port, "/metrics")[1])
    assert found['ballast_keeper_rpc_errors_total{node="http://127.0.0.1:1"}'] >= 1
    assert found['ballast_keeper_conditions_total{code="NODE_FAILED"}'] >= 1


def test_health(net: World, metrics: Metrics, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetch(port, "/health")[0] == 200
    net.keepers[0], kept = net.stranger, net.keepers[0]
    lonely: Keeper = net.keeper(metrics=metrics)
    net.keepers[0] = kept
    lonely.once()
    status, body = fetch(port, "/health")
    assert status == 503
    assert json.loads(body)["errors"] == ["NO_ACCOUNT"]
    net.keeper(metrics=metrics).once()
    assert fetch(port, "/health")[0] == 200
    monkeypatch.setattr(metrics, "_patience", -1.0)
    assert fetch(port, "/health")[0] == 503


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


def test_every_condition_is_counted_from_zero(port: int) -> None:
    found = values(fetch(port, "/metrics")[1])
    assert {code: found[f'ballast_keeper_conditions_total{{code="{code.name}"}}'] for code in Code} == dict.fromkeys(
        Code, 0.0
    )


def test_a_port_in_use_is_the_users_mistake(metrics: Metrics, port: int) -> None:
    with pytest.raises(UserError, match=f"127.0.0.1:{port}"):
        Server(metrics, "127.0.0.1", port)


def test_a_log_line_is_json_with_a_code() -> None:
    record = log.LOGGER.makeRecord(
        "x", logging.WARNING, "f", 1, "what it means", (), None, extra={"code": "REORG", "fields": {"depth": 2}}
    )
    line = json.loads(log.JsonLines().format(record))
    assert {"level": "warning", "code": "REORG", "message": "what it means", "depth": 2}.items() <= line.items()


def test_every_condition_has_a_meaning_of_its_own_and_a_level() -> None:
    assert len({code.meaning for code in Code}) == len(Code)
    assert {code.level for code in Code} == {"info", "warning", "error"}
    assert all("\n" not in code.meaning for code in Code)


def test_large_numbers_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", log.LOGGER.name)
    log.write(Code.UNDERFUNDED, balance=10**30)
    assert json.loads(log.JsonLines().format(caplog.records[-1]))["balance"] == str(10**30)
    assert SETTINGS.dry_run is False
