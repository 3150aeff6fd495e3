"""The tutorials, played as they are printed."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ballast.chain.anvil import free_port
from ballast.deployment import Deployment
from tests.docs.blocks import DOCS, ROOT, shown, with_output
from tests.docs.terminal import Terminal, checkout

INTERPRETER = """
import contextlib, io, json, sys

world = {"__name__": "__main__"}
for line in sys.stdin:
    block, printed = json.loads(line), io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\\n" * block["line"] + block["text"], block["page"], "exec"), world)
    print(json.dumps(printed.getvalue()), flush=True)
"""


USUAL_PORT = "8545"
"""Port that pages name. Where somebody else has it, another takes its place; nothing else is changed."""


def free_or(port: str) -> str:
    """Give the port itself if it is free, else one that is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError:
            return str(free_port())
    return port


class Interpreter:
    """One Python for all blocks of a page."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", INTERPRETER]
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, page: Path, line: int, text: str) -> str:
        """Run a block; what it prints."""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps({"page": page.name, "line": line, "text": text}), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, f"{page.name}, line {line}: ended with status {self.process.wait()}"
        printed: str = json.loads(answer)
        return printed

    def close(self) -> None:
        """End it as Ctrl-D does, so that it can put away what it began."""
        self.process.communicate(timeout=30)


@contextlib.contextmanager
def reader(folder: Path) -> Iterator[Reader]:
    """Somebody who does what a page says, in a folder that looks like a checkout."""
    with contextlib.ExitStack() as begun:
        yield Reader(checkout(folder), begun)


class Reader:
    """Terminals, an interpreter and a folder; what it opens is closed with ``begun``, each even if another fails to."""

    def __init__(self, folder: Path, begun: contextlib.ExitStack) -> None:
        self.folder = folder
        self._begun = begun
        self.terminals: dict[str, Terminal] = {}
        self.interpreter: Interpreter | None = None

    def follow(self, page: Path) -> None:
        """Play a page from its first block to its last."""
        played = 0
        port = free_or(USUAL_PORT)
        for block, expected in with_output(page, {USUAL_PORT: port}):
            if block.language == "bash":
                if block.terminal not in self.terminals:
                    self.terminals[block.terminal] = self._begun.enter_context(
                        contextlib.closing(Terminal(self.folder))
                    )
                self.terminals[block.terminal].play(block, expected)
            elif block.language == "python":
                if not self.interpreter:
                    self.interpreter = self._begun.enter_context(contextlib.closing(Interpreter(self.folder)))
                printed = self.interpreter.run(page, block.line, block.text)
                assert shown(expected or "", printed), f"line {block.line}:\n{printed}\nbut the page shows\n{expected}"
            else:
                assert block.title, f"{page.name}, line {block.line}: a block of {block.language!r} has no name"
                (self.folder / block.title).write_text(block.text)
            played += 1
        assert played


@pytest.fixture
def someone(tmp_path: Path) -> Iterator[Reader]:
    with reader(tmp_path) as person:
        yield person


def test_first_run(someone: Reader) -> None:
    someone.follow(DOCS / "tutorials" / "first-run.md")
    assert (someone.folder / "runs/first/report.html").stat().st_size > 100_000


def test_first_task(someone: Reader) -> None:
    someone.follow(DOCS / "tutorials" / "first-task.md")


def test_devnet_with_a_keeper(someone: Reader) -> None:
    someone.follow(DOCS / "tutorials" / "devnet-with-a-keeper.md")
    assert (someone.folder / "deployments").exists()
    assert someone.terminals["Terminal 1"].interrupt() == 0
    assert not (someone.folder / "deployments").exists()


@pytest.mark.parametrize(
    "name",
    ["simulate-a-trace", "write-a-scenario", "run-a-sweep", "fit-a-model", "use-from-python", "read-with-web3"],
)
def test_how_to(someone: Reader, name: str) -> None:
    someone.follow(DOCS / "how-to" / f"{name}.md")


@pytest.mark.usefixtures("only_ape")
def test_deploy_and_verify(someone: Reader) -> None:
    """Rehearsed on two chains; what needs a public network is in blocks for reading."""
    for name in ("ape-config.yaml", "contracts", "scripts", "offchain"):
        (someone.folder / name).symlink_to(ROOT / name)
    someone.follow(DOCS / "how-to" / "deploy-and-verify.md")
    records = [Deployment.load(path) for path in (someone.folder / "deployments").iterdir()]
    assert [record.parameters.epoch_seconds for record in records] == [3_600, 3_600]


def test_what_a_page_shows_must_have_been_printed() -> None:
    printed = "one   \r\ntwo 22\r\nthree\r\n"
    assert shown("one\ntwo  22\n", printed)
    assert shown("one\n...\nthree\n", printed)
    assert shown("two ...\nthree\n", printed)
    assert not shown("one\ntwo 2\n", printed)
    assert not shown("one\nthree\n", printed)
    assert not shown("three\n...\none\n", printed)


def test_one_that_does_not_close_leaves_the_others_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text('```python\nprint("here")\n```\n\n```bash\ntrue\n```\n')
    close = Terminal.close

    def fails(terminal: Terminal) -> None:
        close(terminal)
        raise OSError("it does not close")

    monkeypatch.setattr(Terminal, "close", fails)
    with contextlib.suppress(OSError), reader(tmp_path) as person:
        person.follow(page)
        assert person.interpreter
        assert person.interpreter.process.poll() is None
    assert person.interpreter
    assert person.interpreter.process.poll() == 0


def test_a_terminal_whose_shell_has_ended_ends_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr("os.killpg", lambda group, _: ended.append(group))
    terminal = Terminal(tmp_path)
    terminal.shell.kill()
    terminal.shell.wait()
    terminal.close()
    assert ended == []
