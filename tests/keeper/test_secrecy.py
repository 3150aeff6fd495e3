"""Nothing a keeper tells holds what is secret in an address, whoever said it."""

from __future__ import annotations

import json
import logging
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from eth_account import Account
from prometheus_client import generate_latest

from ballast.cli import main
from ballast.errors import BallastError
from ballast.keeper.metrics import KeeperMetrics
from ballast.keeper.options import PASSPHRASE_VARIABLE
from ballast.node.secrecy import Secrets, secret_parts
from ballast.transact import log
from ballast.transact.journal import Journal
from tests.keeper.world import SETTINGS, World
from tests.support.liar import Answer, forwarded, serving

USER, WORD, KEY, TOKEN, SHORT = "us%40er", "hunter2", "5f3759df5f3759df5f3759df5f3759df", "se%2Fcret-token", "k3y"
"""Parts of an address; `SHORT` and `WORD` are hidden only where they are words of their own."""
PLAIN = {USER, "us@er", WORD, KEY, TOKEN, "se/cret-token", SHORT}


def secret(url: str) -> str:
    """Address of a server with all that may be secret in it."""
    scheme, rest = url.split("://")
    return f"{scheme}://{USER}:{WORD}@{rest}/v3/{KEY}/{SHORT}?apikey={TOKEN}&fast"


def echo(url: str) -> str:
    """Say what a node says that repeats the address it was asked at, in all ways."""
    basic = b64encode(b"us@er:hunter2").decode()
    return f"no access to {url}: user us@er, key {KEY.upper()}x, token se/cret-token, word {WORD}, {SHORT}; {basic}"


def leaks(text: str) -> set[str]:
    """List what a text holds that it should not."""
    return {part for part in PLAIN | {b64encode(b"us@er:hunter2").decode()} if part.lower() in text.lower()}


def test_the_parts_of_addresses() -> None:
    assert secret_parts("https://host.example:8545") == set()
    assert secret_parts("https://host/v3/KEY") == {"v3", "KEY"}
    assert secret_parts("wss://host/?apikey=KEY&KEY2#KEY3") == {"KEY", "KEY2", "KEY3"}
    assert secret_parts("http://me:pass%20word@host") == {"me", "pass%20word", b64encode(b"me:pass word").decode()}


def test_short_parts_are_hidden_as_words_and_long_ones_everywhere() -> None:
    secrets = Secrets(["v3", "abcdefgh", "pass%20word"])
    assert secrets.hide("/v3/x v33 _abcdefgh9 ABCDEFGH pass word pass%20word") == "/***/x v33 _***9 *** *** ***"
    assert Secrets(["eth"]).hide("eth_call: no access to /eth/") == "eth_call: no access to /***/"
    assert secrets.hidden({"v3": ["v3", ("v3", 3)]}) == {"***": ["***", ["***", 3]]}
    assert Secrets([]).hide("v3") == "v3"
    assert (secrets | Secrets(["other"])).hide("v3 other") == "*** ***"


@contextmanager
def saying(net: World, method: str, what: Callable[[str], dict[str, Any]]) -> Iterator[str]:
    """Serve a node that answers one method in a special way, given what repeats its address; that address."""
    said = ""

    def answers(request: Any) -> Answer:
        each = request if isinstance(request, list) else [request]
        found = forwarded(net.anvil.url, each)
        if method == each[0]["method"]:
            found = [{"id": r["id"], **what(said)} for r in each]
        return 200, orjson.dumps(found if isinstance(request, list) else found[0])

    with serving(answers) as url:
        said = echo(secret(url))
        yield secret(url)


ERRORS: dict[str, Callable[[str], dict[str, Any]]] = {
    "message": lambda said: {"error": {"code": -32000, "message": said}},
    "revert": lambda said: {"error": {"code": 3, "message": f"execution reverted: {said}"}},
    "message that is none": lambda said: {"error": {"code": 1, "message": {"url": said, "more": [said]}}},
    "error that is a text": lambda said: {"error": said},
    "error that is a list": lambda said: {"error": [said, {"url": said}]},
    "no message": lambda said: {"error": {"code": said, "data": said}},
    "cut in the middle": lambda said: {"error": {"code": 1, "message": "x" * (300 - 20 - len(KEY)) + KEY + said}},
    "result": lambda said: {"result": said},
    "hex result": lambda said: {"result": "0x" + said.encode().hex() + KEY},
    "block": lambda said: {"result": dict.fromkeys(("number", "hash", "parentHash", "timestamp"), said)},
    "result in a list": lambda said: {"result": [said, {"topics": [said, said]}]},
    "transactions": lambda said: {"result": {"transactions": [{"hash": said}, said], "number": said}},
}
METHODS = (
    *("eth_chainId", "eth_getBlockByNumber", "eth_getTransactionCount", "eth_call", "eth_getStorageAt", "eth_getLogs"),
    *("eth_getBalance", "eth_estimateGas", "eth_maxPriorityFeePerGas", "eth_sendRawTransaction"),
)
CASES = [(m, h) for m in METHODS for h in ERRORS if m in ("eth_getBlockByNumber", "eth_call") or h in tuple(ERRORS)[:2]]


def passes(net: World, urls: list[str], file: Path, caplog: pytest.LogCaptureFixture) -> str:
    """All that a keeper tells in some passes: log, journal, metrics, errors with their tracebacks, its account."""
    metrics = KeeperMetrics(1.0)
    keeper = net.keeper(
        settings=replace(SETTINGS, rest_seconds=0.001), journal=f"sqlite:///{file}", urls=urls, metrics=metrics
    )
    told: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            try:
                told.append(json.dumps(keeper.once().table()))
            except BallastError as error:
                told += traceback.format_exception(error)
    told += [log.JsonLines().format(record) for record in caplog.records]
    told += [str(record.__dict__) for record in caplog.records if record.name == log.LOGGER.name]
    return "".join(told) + generate_latest(metrics.registry).decode() + file.read_bytes().decode("latin-1")


@pytest.mark.parametrize(("method", "how"), CASES)
def test_what_a_node_says_of_its_address_is_not_told(
    method: str, how: str, net: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with saying(net, method, ERRORS[how]) as url:
        told = passes(net, [url], tmp_path / "journal.db", caplog)
        assert leaks(echo(url)), "the node says it"
    assert not leaks(told)


def test_what_a_node_says_of_another_ones_address_is_not_told(
    net: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = secret("http://other.example")
    echoing = lambda _: {"error": {"code": 1, "message": echo(other)}}  # noqa: E731
    with saying(net, "eth_getTransactionCount", echoing) as url:
        told = passes(net, [other, f"http://{url.split('@')[1].split('/')[0]}"], tmp_path / "journal.db", caplog)
    assert not leaks(told)
    assert "no access to http://***:***@other.example/***/***/***?apikey=***&***" in told


def test_an_adopted_transaction_holds_nothing_but_hex(
    net: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    net.anvil.rpc.call("evm_setAutomine", False)
    own = net.keepers[0].address
    net.anvil.rpc.call("eth_sendTransaction", {"from": own, "to": own})
    fields = ("hash", "to", "input", "gas", "maxFeePerGas")
    for i, name in enumerate(fields):

        def pending(said: str, name: str = name) -> dict[str, Any]:
            block = net.anvil.rpc.call("eth_getBlockByNumber", "pending", True)
            block["transactions"] = [{**t, name: said} for t in block["transactions"]]
            return {"result": block}

        with saying(net, "eth_getBlockByNumber", pending) as url:
            assert not leaks(passes(net, [url], tmp_path / f"{i}.db", caplog))


COMMANDS = (("eth_call", "status"), ("eth_getBlockByNumber", "status"), ("eth_call", "replay"), ("eth_call", "once"))


def test_the_command_tells_no_address(net: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net.deployment.save(tmp_path / "deployment.json")
    content = Account.encrypt(net.keepers[0].key, "x", kdf="pbkdf2", iterations=1)
    (tmp_path / "key.json").write_text(json.dumps(content))
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "x")
    given = ["--deployment", str(tmp_path / "deployment.json"), "--journal", f"sqlite:///{tmp_path / 'journal.db'}"]
    more = {"once": ["--account", str(tmp_path / "key.json")], "status": [], "replay": ["4"]}
    for how in ERRORS:
        for method, name in COMMANDS:
            with saying(net, method, ERRORS[how]) as url:
                done = CliRunner().invoke(main, ["keeper", name, "--rpc", url, *given, *more[name]])
                assert not leaks(done.output)
                assert "Traceback" not in done.output


def test_what_the_journals_database_says_of_its_address_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+pg8000://me:hunter2%21@127.0.0.1:1/name?ssl_word=k3y"

    def failing(*_: object, **__: object) -> None:
        raise OSError(f"cannot connect with hunter2! or hunter2%21 and k3y to {url}")

    with Journal.open(url) as journal:
        assert journal.name == "postgresql+pg8000://me:***@127.0.0.1:1/name"
        monkeypatch.setattr(journal._engine, "begin", failing)
        monkeypatch.setattr(journal._engine, "connect", failing)
        journal.tell(1, 1, "REORG", {})
        journal.retry()
        with pytest.raises(BallastError) as caught:
            journal.counts()
        told = journal.trouble + "".join(traceback.format_exception(caught.value))
    assert "cannot connect with *** or *** and *** to postgresql+pg8000://me:***@" in told
    assert not any(part in told.split("Error: ", 1)[1] for part in ("hunter2", "k3y"))
