"""The bench of the EVM within the process measures what was recorded; verbs itself is there for the bench only."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from offchain.errors import ChainError
from sim.evm.chain import encoded
from sim.peers import bench
from sim.scenario import Scenario

SMALL = Scenario(operators=4, coprocessors=4, periods=2, tasks_per_period=30)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> bench.Recorder:
    """Record a small run."""
    monkeypatch.setattr(bench, "SCENARIO", SMALL)
    recorder, tasks = bench.record()
    assert tasks == 60
    return recorder


def test_replaying_comes_to_the_recorded_state(recorded: bench.Recorder) -> None:
    seconds, words = bench.replay(recorded)
    assert seconds > 0
    assert len(words) == 5
    assert words == [recorded.chain.view(encoded(to), data).hex() for to, data in recorded.views]


def test_a_call_that_fails_in_the_replay_is_an_error(recorded: bench.Recorder) -> None:
    recorded.blocks.append(recorded.blocks[-1])
    with pytest.raises(ChainError, match=r"^call 0 of block \d+ failed: "):
        bench.replay(recorded)


def test_another_state_is_an_error(recorded: bench.Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "record", lambda: (recorded, 60))
    monkeypatch.setattr(bench, "replay_on_verbs", lambda *_: {"seconds": 1.0, "gas": 1, "words": ["00"]})
    with pytest.raises(ChainError, match="different states"):
        bench.measure("python")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give the Python that has verbs; `make bench` does"),
        (["/no/such/python"], "/no/such/python cannot be run: No such file or directory; `make bench` installs it"),
        ([sys.executable], "verbs did not run: ModuleNotFoundError: No module named 'verbs'"),
    ],
)
def test_a_peer_that_is_not_there_is_one_line(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SCENARIO", replace(SMALL, periods=1))
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    with pytest.raises(SystemExit) as caught:
        bench.main()
    assert caught.value.code == f"bench: {said}"
