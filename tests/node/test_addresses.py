"""What is secret in the address of a node is not told, whatever fails and whoever repeats it."""

from __future__ import annotations

import traceback
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from click.testing import CliRunner

from ballast.chain.anvil import Anvil
from ballast.chain.rpc import JsonRpc
from ballast.cli import main
from ballast.deployment import deploy
from ballast.errors import ChainError
from ballast.node.address import Address
from ballast.node.endpoint import Endpoint
from ballast.node.secrecy import Secrets
from tests.node.odd import failed, front, streaming

USER, WORD, KEY, TOKEN, PART = "op%40firm", "hunter2 hunter2", "5f3759df5f3759df", "se/cret~tok en", "frag-ment-secret"
PLAIN = ("op@firm", WORD, KEY, TOKEN, PART)


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    """Give one chain to all."""
    with Anvil() as node:
        yield node


def secret(url: str) -> str:
    """Address of a server with a secret in each of its parts."""
    scheme, host = url.split("://")
    return f"{scheme}://{USER}:{quote(WORD)}@{host}/v2/{KEY}?key={quote(TOKEN, safe='')}#{PART}"


def forms(text: str) -> set[str]:
    """Ways to write a text."""
    return {
        text,
        quote(text),
        quote(text, safe=""),
        quote_plus(text),
        quote(quote(text, safe=""), safe=""),
        "".join(f"%{byte:02X}" for byte in text.encode()),
        "".join(f"%{byte:02x}" for byte in text.encode()),
        text.replace("/", "\\/"),
        text.upper(),
    }


def leaks(text: str) -> set[str]:
    """List what a text holds that it should not."""
    basic = b64encode(f"op@firm:{WORD}".encode()).decode()
    return {form for part in PLAIN for form in forms(part) if form.lower() in text.lower()} | {
        basic for _ in [0] if basic in text
    }


def test_a_text_may_be_written_in_many_ways() -> None:
    secrets = Secrets(Address.of(secret("https://node.example:8443")).secrets)
    for part in PLAIN:
        for form in forms(part):
            assert secrets.hide(f"at {form}!") == "at ***!", form
    assert secrets.hide("node.example:8443, key") == "node.example:8443, key"


def test_an_address_and_a_client_do_not_tell_it_when_they_are_printed() -> None:
    url = secret("wss://node.example:8443")
    for thing in (Address.of(url), Endpoint(url), JsonRpc(url)):
        assert not leaks(f"{thing!r} {thing}")
    assert Address.of(url).name == "wss://node.example:8443"
    assert Address.of("http://[::1]:8545/x").name == "http://[::1]:8545"


@pytest.mark.parametrize("scheme", ["http", "https", "ws", "wss"])
def test_a_dead_node_is_told_by_host_and_port(scheme: str, tmp_path: Path) -> None:
    url = secret(f"{scheme}://127.0.0.1:1")
    with closing(JsonRpc(url)) as rpc, pytest.raises(ChainError) as caught:
        rpc.call("eth_chainId")
    told = "".join(traceback.format_exception(caught.value))
    done = CliRunner().invoke(main, ["verify", "--rpc", url, str(tmp_path / "none.json")])
    assert done.exit_code == 2
    done = CliRunner().invoke(main, ["verify", "--rpc", url])
    assert done.exit_code == 1
    for text in (told.splitlines()[-1], done.output):
        assert f"no usable answer from the node at {scheme}://127.0.0.1:1: " in text
        assert not leaks(text)


def block(asked: Any, said: str) -> Any:
    """Answer a request, with a hash of a block that is none."""
    return {"hash": said} if asked["method"] == "eth_getBlockByNumber" else "0x7a69"


ECHOES: dict[str, Any] = {
    "message": lambda said: lambda asked: (200, failed(asked, -32000, f"no access to {said}")),
    "message with another status": lambda said: lambda asked: (403, failed(asked, -32000, f"no access to {said}")),
    "an error that is a text": lambda said: lambda asked: (200, {"id": asked["id"], "error": said}),
    "fewer requests": lambda said: lambda asked: (429, failed(asked, 429, f"slow down, {said}")),
    "no such method": lambda said: lambda asked: (200, failed(asked, -32601, f"no {said}")),
    "a page": lambda said: lambda _: (403, said.encode()),
    "a block": lambda said: lambda asked: (200, {"id": asked["id"], "result": block(asked, said)}),
    "a result": lambda said: lambda asked: (200, {"id": asked["id"], "result": said}),
}


@pytest.mark.parametrize(
    ("serve", "how"), [*((front, how) for how in ECHOES), *((streaming, how) for how in ECHOES if how != "a page")]
)
def test_what_a_node_repeats_is_not_told(anvil: Anvil, how: str, serve: Any) -> None:
    said: list[str] = []
    with serve(anvil.url, lambda asked: ECHOES[how](said[0])(asked)) as (url, heard):
        for form in {quote(secret(url), safe=":/?"), secret(url), *(" ".join(forms(part)) for part in PLAIN)}:
            said[:] = [form[:200]]
            done = CliRunner().invoke(main, ["verify", "--rpc", secret(url)])
            assert done.exit_code in (1, 2)
            assert not leaks(done.output), done.output
            assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert heard.targets[0] == f"/v2/{KEY}?key={quote(TOKEN, safe='')}"


@pytest.mark.parametrize("serve", [front, streaming])
def test_verify_passes_all_of_the_address(anvil: Anvil, serve: Any, tmp_path: Path) -> None:
    deploy(anvil.rpc).save(tmp_path / "record.json")
    with serve(anvil.url, lambda _: None) as (url, heard):
        done = CliRunner().invoke(main, ["verify", "--rpc", secret(url), str(tmp_path / "record.json")])
        assert done.output == f"6 contracts stand as recorded in {tmp_path / 'record.json'}\n"
    headers = {name.lower(): value for name, value in heard.headers[0].items()}
    assert headers["authorization"] == f"Basic {b64encode(f'op@firm:{WORD}'.encode()).decode()}"
    assert heard.targets[0] == f"/v2/{KEY}?key={quote(TOKEN, safe='')}"
