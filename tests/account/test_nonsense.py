"""Every command that asks a node, against one whose answers have the right form and make no sense."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.account.conftest import Stand, plain, said
from tests.support import liar

ADDRESS = "0x00000000000000000000000000000000000000aa"
ANSWERS: tuple[Any, ...] = (None, 7, "nonsense", "0x", [], [1], {}, True)
LOOKING = (("keeper", "status"), ("keeper", "replay", "3"), ("account", "balance", "--account", ADDRESS))
DEEDS = (
    ("keeper", "once"),
    ("account", "open"),
    ("account", "deposit", "5"),
    ("account", "thaw", "5"),
    ("account", "thaw", "--cancel"),
    ("account", "withdraw"),
)


def nonsense(answer: Any) -> liar.Answers:
    """Answer the same to every request."""

    def answers(request: Any) -> liar.Answer:
        many = isinstance(request, list)
        told = [liar.plain(each, answer) for each in (request if many else [request])]
        return 200, orjson.dumps(told if many else told[0])

    return answers


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_the_node_is_blamed_in_one_line(answer: Any, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    record = str(stand.folder / "deployment.json")
    monkeypatch.setattr("ballast.deployment.records.RECORDS", stand.folder)
    key = ("--account", str(stand.folder / "key.json"), "--journal", f"sqlite:///{stand.folder / 'journal.db'}")
    deployments = (("--deployment", record), ("--registry", ADDRESS), ())
    with liar.serving(nonsense(answer)) as url:
        commands = [("verify",), ("verify", record)]
        commands += [(*command, *of) for command in LOOKING for of in deployments]
        commands += [(*command, *key, *of) for command in DEEDS for of in deployments]
        for command in commands:
            done = plain(*command, "--rpc", url)
            told = said(done)
            no_registry = told == f"there is no task registry at {ADDRESS}"  # what a node says that knows no contract
            assert done.exit_code == (2 if no_registry else 1), (command, told)
            assert no_registry or f"the node at {url}" in told, (command, told)
            assert "this is a fault" not in told, (command, told)
