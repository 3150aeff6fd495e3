"""What is seen from outside: metrics, health, and the structured log."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing

import pytest

from ballast.keeper.conditions import CONDITIONS, KeeperCode
from ballast.keeper.keeper import Keeper
from ballast.keeper.metrics import KeeperMetrics
from ballast.transact.log import Code
from ballast.transact.metrics import Server
from tests.keeper.world import World


def fetch(port: int, path: str) -> tuple[int, str]:
    """Status and body of an address."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def metrics() -> KeeperMetrics:
    """Metrics of a keeper that has just started."""
    return KeeperMetrics(poll_seconds=1.0)


@pytest.fixture
def port(metrics: KeeperMetrics) -> Iterator[int]:
    """Where they are served."""
    with closing(Server(metrics, "127.0.0.1", 0)) as server:
        yield server.port


def values(text: str) -> dict[str, float]:
    """Read the samples of an exposition."""
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_metrics_tell_what_the_keeper_did(net: World, metrics: KeeperMetrics, port: int) -> None:
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


def test_failures_are_counted(net: World, metrics: KeeperMetrics, port: int) -> None:
    keeper = net.keeper(metrics=metrics, urls=["http://127.0.0.1:1", net.anvil.url])
    keeper.once()
    found = values(fetch(port, "/metrics")[1])
    assert found['ballast_keeper_rpc_errors_total{node="http://127.0.0.1:1"}'] >= 1
    assert found['ballast_keeper_conditions_total{code="NODE_FAILED"}'] >= 1


def test_health(net: World, metrics: KeeperMetrics, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_every_condition_is_counted_from_zero(port: int) -> None:
    found = values(fetch(port, "/metrics")[1])
    assert {code: found[f'ballast_keeper_conditions_total{{code="{code}"}}'] for code in CONDITIONS} == dict.fromkeys(
        CONDITIONS, 0.0
    )


def test_every_condition_has_a_meaning_of_its_own_and_a_level() -> None:
    assert len({condition.meaning for condition in CONDITIONS.values()}) == len(Code) + len(KeeperCode)
    assert {condition.level for condition in CONDITIONS.values()} == {"info", "warning", "error"}
    assert all("\n" not in condition.meaning for condition in CONDITIONS.values())
