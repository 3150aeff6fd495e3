"""A keeper at nodes that are limited, speak another client's words, or cannot do what it needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from eth_account import Account
from eth_typing import HexStr

from ballast.chain.anvil import Anvil
from ballast.cli import main
from ballast.deployment import Deployment, deploy
from ballast.errors import ChainError, NodeError
from ballast.keeper.options import PASSPHRASE_VARIABLE
from tests.keeper.world import GENESIS, SETTINGS, World, codes
from tests.node.odd import Oddity, Reply, failed, front
from tests.support.liar import forwarded

Refusal = Callable[[Any], Reply]


def kinds(net: World, url: str, passes: int = 3) -> list[str]:
    """List what a keeper does in some passes, none of which meets anything unusual."""
    keeper = net.keeper(settings=replace(SETTINGS, stand_ins=1), urls=[url])
    done = []
    for _ in range(passes):
        report = keeper.once()
        assert codes(report) <= {"SENT", "CONFIRMED", "WAITS_TURN"}, codes(report)
        done += [action["kind"] for action in report.actions]
    return done


RANGE_REFUSALS: dict[str, Refusal] = {
    "400": lambda r: (400, failed(r, -32600, "at most 10 blocks")),
    "200": lambda r: (200, failed(r, -32005, "query returned more than 10000 results")),
    "413 without JSON": lambda _: (413, b"<html>too large</html>"),
    "400 without JSON": lambda _: (400, b"block range too large"),
    "500": lambda r: (500, failed(r, -32603, "internal error")),
    "503": lambda r: (503, failed(r, -32000, "Query timeout exceeded. Consider reducing your block range.")),
    "of an archive": lambda r: (200, failed(r, -32602, "archive requests are limited to 10 blocks")),
}


@pytest.mark.parametrize("how", RANGE_REFUSALS)
def test_the_range_of_a_search_is_halved_until_the_node_takes_it(net: World, how: str) -> None:
    net.mine(30)

    def limited(asked: Any) -> Reply | None:
        if not isinstance(asked, dict) or asked["method"] != "eth_getLogs":
            return None
        bounds = [int(asked["params"][0][name], 16) for name in ("fromBlock", "toBlock")]
        return RANGE_REFUSALS[how](asked) if bounds[1] - bounds[0] >= 10 else None

    with front(net.anvil.url, limited) as (url, heard):
        assert kinds(net, url) == ["bond", "post"]
    refused = [blocks for blocks in heard.ranges if blocks > 10]
    assert 1 < len(refused) < 6, "what works is remembered"
    assert max(heard.ranges[len(refused) :]) <= 10


def test_messages_are_as_long_as_the_node_takes(net: World) -> None:
    too_many = (200, failed(None, -32600, "batch limit 2 exceeded"))
    with front(net.anvil.url, lambda a: too_many if isinstance(a, list) and len(a) > 2 else None) as (url, heard):
        assert kinds(net, url) == ["bond", "post"]
    assert max(heard.sizes) > 2
    assert sum(size > 2 for size in heard.sizes) < 6


def test_a_node_without_batches(net: World) -> None:
    none = (200, failed(None, -32005, "Batched requests are not supported by this server"))
    with front(net.anvil.url, lambda a: none if isinstance(a, list) else None) as (url, _):
        assert kinds(net, url) == ["bond", "post"]


def test_a_node_that_answers_only_who_names_itself(net: World) -> None:
    with front(net.anvil.url, lambda _: None) as (url, heard):
        assert kinds(net, url) == ["bond", "post"]
    assert {headers.get("User-Agent", "")[:8] for headers in heard.headers} == {"ballast/"}


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (200, -32010, "AlreadyKnown"),
        (200, -32000, "Known transaction"),
        (400, -32000, "already known"),
        (500, -32000, "ALREADY_EXISTS: already known"),
        (200, -32003, "transaction already imported"),
    ],
)
def test_a_transaction_the_node_has_already_counts_as_sent(net: World, status: int, code: int, text: str) -> None:
    def known(asked: Any) -> Reply | None:
        if isinstance(asked, dict) and asked["method"] == "eth_sendRawTransaction":
            forwarded(net.anvil.url, asked)
            return status, failed(asked, code, text)
        return None

    with front(net.anvil.url, known) as (url, _):
        assert kinds(net, url) == ["bond", "post"]


def lacking(refuses: Callable[[dict[str, Any]], bool], code: int, text: str) -> Oddity:
    """Refuse some requests, be they in a batch or not."""

    def oddity(asked: Any) -> Reply | None:
        each = asked if isinstance(asked, list) else [asked]
        if not any(map(refuses, each)):
            return None
        answers = [failed(r, code, text) for r in each]
        return 200, answers if isinstance(asked, list) else answers[0]

    return oddity


def pinned(request: dict[str, Any]) -> bool:
    """Whether a request names its block by hash."""
    return any(isinstance(p, dict) and "blockHash" in p for p in request["params"])


LACKS: dict[str, tuple[Oddity, str]] = {
    "block by hash": (
        lacking(pinned, -32602, "invalid block parameter"),
        "cannot read at a block hash (EIP-1898): one that can is needed, see docs/keeper.md",
    ),
    "block by hash, in other words": (
        lacking(pinned, -32602, "invalid argument 1: json: cannot unmarshal object into Go value of type string"),
        "cannot read at a block hash (EIP-1898): one that can is needed, see docs/keeper.md",
    ),
    "states of before": (
        lacking(pinned, -32000, "missing trie node 5d3a (path ) state 0x5d3a is not available, not found"),
        "no longer has the history or state asked for: one that can is needed, see docs/keeper.md",
    ),
    "a method": (
        lacking(lambda r: r["method"] == "eth_getStorageAt", -32601, "the method eth_getStorageAt does not exist"),
        "does not know this method, see docs/keeper.md",
    ),
}


@pytest.mark.parametrize("what", LACKS)
def test_what_a_node_cannot_do_is_said_in_words(net: World, what: str) -> None:
    oddity, told = LACKS[what]
    with front(net.anvil.url, oddity) as (url, _), pytest.raises(ChainError) as caught:
        net.keeper(urls=[url]).once()
    assert f"the node at {url} {told}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_node_need_not_suggest_a_tip(net: World) -> None:
    none = lacking(lambda r: r["method"] == "eth_maxPriorityFeePerGas", -32601, "Method not found")
    with front(net.anvil.url, none) as (url, _):
        assert kinds(net, url) == ["bond", "post"]


def test_a_node_need_not_show_what_waits(net: World) -> None:
    net.anvil.rpc.call("evm_setAutomine", False)
    own = net.keepers[0].address
    net.anvil.rpc.call("eth_sendTransaction", {"from": own, "to": own})
    hidden = lacking(lambda r: r["params"][:1] == ["pending"], -32602, "pending is not supported")
    with front(net.anvil.url, hidden) as (url, _):
        assert "UNKNOWN_IN_FLIGHT" in net.keeper(urls=[url]).once().codes


def test_a_node_that_wants_fewer_requests_rests_and_another_one_is_asked(net: World) -> None:
    slow = lambda asked: (429, failed(asked, 429, "Your app has exceeded its compute units per second"))  # noqa: E731
    with front(net.anvil.url, slow) as (url, heard):
        keeper = net.keeper(urls=[url, net.anvil.url], settings=replace(SETTINGS, rest_seconds=60.0))
        assert [action["kind"] for action in keeper.once().actions] == ["bond"]
        assert "NODE_FAILED" in codes(keeper.report)
        assert len(heard.sizes) == 1
        with pytest.raises(NodeError, match="it wants fewer requests: Your app has exceeded its compute units"):
            net.keeper(urls=[url]).once()


# Which chain, and how deep


Command = Callable[..., Result]


@pytest.fixture
def fresh() -> Iterator[Anvil]:
    """Chain that mines a block for each transaction, and none else."""
    with Anvil(timestamp=GENESIS) as anvil:
        yield anvil


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a subcommand of the keeper, with a key and deployment files of the test's own."""
    monkeypatch.setattr("ballast.deployment.records.RECORDS", tmp_path / "deployments")
    key = tmp_path / "key.json"
    key.write_text(json.dumps(Account.encrypt(HexStr("0x" + "17" * 32), "x", kdf="pbkdf2", iterations=1)))
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "x")

    def run(name: str, url: str, *more: str) -> Result:
        given = ["keeper", name, "--rpc", url, "--journal", f"sqlite:///{tmp_path / 'journal.db'}", *more]
        given += ["--account", str(key)] if name != "replay" else ["4"]
        return CliRunner(mix_stderr=False).invoke(main, given)

    return run


def recorded(anvil: Anvil, path: Path) -> Deployment:
    """Deploy and write it down."""
    deployment = deploy(anvil.rpc)
    deployment.save(path)
    return deployment


@pytest.mark.parametrize("name", ["status", "once", "replay"])
def test_a_deployment_of_too_few_confirmations_is_told(
    command: Command, fresh: Anvil, tmp_path: Path, name: str
) -> None:
    recorded(fresh, tmp_path / "deployments" / "31337.json")
    for depth, wait in ((0, "2 blocks"), (1, "1 block")):
        done = command(name, fresh.url)
        assert done.exit_code == 1
        assert done.stderr.splitlines()[-1] == (
            f"ballast: the deployment is {depth} blocks deep, 2 confirmations are asked for: "
            f"give --confirmations {depth}, or wait for {wait}"
        )
        assert command("status", fresh.url, "--confirmations", str(depth)).exit_code == 0
        fresh.rpc.call("evm_mine")
    assert command("status", fresh.url).exit_code == 0


def test_a_contract_that_is_not_there_is_told(command: Command, fresh: Anvil, tmp_path: Path) -> None:
    deployment = recorded(fresh, tmp_path / "deployments" / "31337.json")
    missing = deployment.address("CollateralEscrow")
    fresh.rpc.call("anvil_setCode", missing, "0x")
    fresh.rpc.call("anvil_mine", "0x3")
    done = command("status", fresh.url)
    assert done.exit_code == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"ballast: no usable answer from the node at {fresh.url}: CollateralEscrow.account_count: ")
    assert told.endswith(f"no contract stands at {missing} at the block asked for")


@pytest.mark.parametrize("name", ["status", "once", "run", "replay"])
def test_a_deployment_of_another_chain_is_refused_at_once(
    command: Command, fresh: Anvil, tmp_path: Path, name: str
) -> None:
    record = tmp_path / "other.json"
    with Anvil(timestamp=GENESIS + 1) as other:
        recorded(other, record)
    deploy(fresh.rpc)
    done = command(name, fresh.url, "--deployment", str(record))
    assert done.exit_code == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"ballast: the deployment in {record} is of another chain: genesis differs (0x")


def test_the_record_of_a_devnet_is_found_beside_those_of_chains_that_are_gone(
    command: Command, fresh: Anvil, tmp_path: Path
) -> None:
    folder = tmp_path / "deployments"
    with Anvil(timestamp=GENESIS + 1) as gone:
        recorded(gone, folder / "31337.json")
    none = command("status", fresh.url)
    assert none.exit_code == 2
    assert "31337.json is of another chain: genesis differs" in none.stderr.splitlines()[-1]
    recorded(fresh, folder / "devnet-8545.json")
    done = command("status", fresh.url, "--confirmations", "0", "--json")
    assert done.exit_code == 0, done.stderr
    recorded(fresh, folder / "31337-2.json")
    several = command("status", fresh.url)
    assert several.exit_code == 2
    assert f"name one: {folder / '31337-2.json'}; {folder / 'devnet-8545.json'}" in several.stderr.splitlines()[-1]
