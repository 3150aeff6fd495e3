"""The devnet as a user runs it: it starts, can be used as it says, and leaves nothing behind."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from ballast.chain.anvil import Anvil
from ballast.chain.contract import send_all
from ballast.chain.rpc import JsonRpc
from ballast.client.contracts import CollateralEscrow, Order, ParticipantRegistry, TaskRegistry
from ballast.client.events import Skipped, TaskOpened, topic
from ballast.deployment import TOKEN, Deployment, deploy, verify
from ballast.devnet import Devnet as Net
from ballast.devnet import populate
from ballast.devnet.bots import Bots, result_of
from ballast.devnet.description import percent
from ballast.devnet.running import Options, run
from ballast.devnet.state import check_place
from ballast.errors import ParameterError, RecordError, UserError
from ballast.model import card_packing, class_packing, task_packing
from ballast.model.constants import COPROCESSOR
from ballast.model.parameters import ClassParameters, NetworkParameters
from tests.integration.conftest import ROOT, Run, listens
from tests.support.waiting import until

READY = "Ctrl-C stops the chain"


class Devnet:
    """A running devnet and what it printed.

    Parameters
    ----------
    process : subprocess.Popen
        The command.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.printed = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.printed += line
            if READY in line:
                break
        assert READY in self.printed, self.printed
        self.url = self.value("RPC URL")

    def value(self, label: str) -> str:
        """Read what was printed behind a label."""
        line = next(line for line in self.printed.splitlines() if line.startswith(label))
        return line.removeprefix(label).strip()

    def descendants(self) -> list[int]:
        """Find the process ids of the chain it started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        if children.exists():
            return [int(pid) for pid in children.read_text().split()]
        command = ["ps", "-o", "pid=", "--ppid", str(self.process.pid)]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        return [int(pid) for pid in found]


@contextmanager
def devnet(environment: dict[str, str], *arguments: str) -> Iterator[Devnet]:
    """Run a devnet; killed at the end if it still runs."""
    command = [sys.executable, "-u", "-m", "ballast.cli", "devnet", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Devnet(process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=10)


def alive(pid: int) -> bool:
    """Tell whether a process lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_starts_answers_and_stops(number: signal.Signals, environment: dict[str, str]) -> None:
    begun = int(time.time())
    with devnet(environment, "--operators", "2", "--coprocessors", "4", "--epoch-seconds", "120") as net:
        rpc = JsonRpc(net.url)
        assert int(rpc.call("eth_chainId"), 16) == int(net.value("chain id")) == 31337
        record = Path(net.value("file"))
        deployment = Deployment.load(record)
        assert verify(rpc, deployment) == ()
        assert deployment.parameters.epoch_seconds == 120
        rows = [line.split() for line in net.printed.splitlines() if " 0x" in line]
        roles = [row[0] for row in rows if len(row) == 4]
        assert roles.count("operator") == 2
        assert roles.count("coprocessor") == 4
        block = rpc.call("eth_getBlockByNumber", "latest", False)
        assert begun <= int(block["timestamp"], 16) < time.time() + 120  # it may begin ahead, by less than an epoch
        rpc.close()
        chains = net.descendants()
        assert chains
        net.process.send_signal(number)
        assert net.process.wait(timeout=10) == 0
        assert not any(alive(pid) for pid in chains)
        assert not listens(net.url)
        assert not record.parent.exists()


def test_leaves_an_empty_folder_that_was_there(environment: dict[str, str]) -> None:
    folder = Path(environment["BALLAST_DEPLOYMENTS"])
    folder.mkdir()
    with devnet(environment) as net:
        assert Path(net.value("file")).parent == folder
    assert list(folder.iterdir()) == []


def test_two_hosts_may_have_devnets_at_one_port(environment: dict[str, str]) -> None:
    with devnet(environment) as first:
        port = first.url.rpartition(":")[2]
        with devnet(environment, "--host", "127.0.0.2", "--port", port) as second:
            assert Path(first.value("file")).name == f"devnet-{port}.json"
            assert Path(second.value("file")).name == f"devnet-127.0.0.2-{port}.json"


def test_leaves_what_other_chains_have_written_down(environment: dict[str, str]) -> None:
    theirs = Path(environment["BALLAST_DEPLOYMENTS"]) / "31337.json"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    with devnet(environment) as first, devnet(environment) as second:
        assert first.value("file") != second.value("file")
        for net in (first, second):
            rpc = JsonRpc(net.url)
            assert verify(rpc, Deployment.load(Path(net.value("file")))) == ()
            rpc.close()
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(timeout=10) == 0
        assert Path(first.value("file")).exists()
    assert [path.name for path in theirs.parent.iterdir()] == [theirs.name]
    assert theirs.read_text() == "theirs"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_killed_devnet_takes_its_chain_along(environment: dict[str, str]) -> None:
    with devnet(environment) as net:
        net.process.kill()
        net.process.wait(timeout=10)
        deadline = time.monotonic() + 10
        while listens(net.url) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not listens(net.url)


def test_the_terms_are_printed_in_words_and_the_example_runs(environment: dict[str, str]) -> None:
    with devnet(environment) as net:
        for line in (
            "  auction     8 steps of 2 s; the price falls by 10% of the reward each, not below 10%",
            "  submit      within 600 s of the award",
            "  challenge   for 60 s the court can hold a result; then anyone can settle",
            "  fee         2% of the price, at least 1 a unit of difficulty",
        ):
            assert line in net.printed.splitlines()
        assert any(line.startswith("  late        costs the executor 10% of the") for line in net.printed.splitlines())
        example = net.printed[net.printed.index(".venv/bin/python - <<") : net.printed.index(READY)]
        example = example.replace(".venv/bin/python", sys.executable)
        done = subprocess.run(
            ["bash", "-c", example], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("task ")


def test_a_port_in_use_is_one_line(ballast: Run) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = ballast("devnet", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == f"ballast: port {port} of 127.0.0.1 is in use: choose another, or leave --port out\n"


def test_a_port_that_may_not_be_taken_is_not_said_to_be_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(socket.socket):
        def bind(self, address: Any) -> None:
            if address[1] != 0:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            super().bind(address)

    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(UserError) as failure:
        run(Options(port=80))
    told = "port 80 of 127.0.0.1 cannot be used: Permission denied; choose another, or leave --port out"
    assert str(failure.value) == told


def test_an_epoch_out_of_bounds_is_one_line(ballast: Run) -> None:
    done = ballast("devnet", "--epoch-seconds", "59")
    assert done.returncode == 2
    assert done.stderr == "ballast: epoch_seconds is 59: must be from 60 to 1000000 (seconds)\n"


def test_a_chain_that_dies_is_told(environment: dict[str, str]) -> None:
    with devnet(environment) as net:
        for pid in net.descendants():
            os.kill(pid, signal.SIGKILL)
        assert net.process.wait(timeout=10) == 1


def test_percent_has_no_zeros_at_its_end() -> None:
    assert [percent(n) for n in (1_000_000, 980_000, 12_500, 1, 0)] == ["100%", "98%", "1.25%", "0.0001%", "0%"]


def started(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """Start a devnet for a script: with ``--json``."""
    command = [sys.executable, "-m", "ballast.cli", "devnet", "--json", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_script_gets_everything_as_one_line_of_json(environment: dict[str, str]) -> None:
    with started(environment, "--operators", "2", "--coprocessors", "1", "--block-time", "2") as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            rpc = JsonRpc(said["rpc"])
            deployment = Deployment.load(Path(said["record"]))
            assert verify(rpc, deployment) == ()
            assert said["chain_id"] == int(rpc.call("eth_chainId"), 16)
            assert (said["genesis"], said["epoch_seconds"]) == (deployment.genesis, 300)
            assert said["addresses"] == {name: deployment.address(name) for name in (TOKEN, *deployment.contracts)}
            assert sorted(f"{name}.json" for name in (*said["addresses"], "layouts")) == sorted(
                path.name for path in Path(said["abi"]).iterdir()
            )
            terms = ClassParameters(**said["class"]["terms"])
            auction, _ = deployment.contract(TaskRegistry).class_words(said["class"]["id"]).read(rpc)
            assert class_packing.pack_auction(terms.auction(said["fee"]["share"])) == auction
            roles = [account["role"] for account in said["accounts"]]
            assert roles == ["owner", "avs", "operator", "operator", "coprocessor", *["spare"] * 3]
            escrow = deployment.contract(CollateralEscrow)
            for account in said["accounts"]:
                assert Account.from_key(account["private_key"]).address == account["address"]
                assert escrow.account_of(account["address"]).read(rpc) == account["account"]
            first = int(rpc.call("eth_blockNumber"), 16)
            until(lambda: int(rpc.call("eth_blockNumber"), 16) >= first + 2)
            last = int(rpc.call("eth_blockNumber"), 16)
            times = [int(rpc.call("eth_getBlockByNumber", hex(n), False)["timestamp"], 16) for n in (last - 1, last)]
            assert times[1] - times[0] == said["block_seconds"] == 2
            rpc.close()
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=10)
            assert (process.returncode, rest, errors) == (0, "", "stopping\n")
        finally:
            process.kill()


def test_a_devnet_goes_on_where_it_was_stopped(environment: dict[str, str], tmp_path: Path) -> None:
    """The chain, its history, the deployment file and the bots: all as before; time has gone on."""
    state = tmp_path / "new" / "devnet.json"
    found = []
    for bots in ("2", "1"):
        begun = int(time.time())
        with started(environment, "--bots", bots, "--state", str(state)) as process:
            try:
                assert process.stdout is not None
                assert process.stderr is not None
                said = json.loads(process.stdout.readline())
                rpc = JsonRpc(said["rpc"])
                assert verify(rpc, Deployment.load(Path(said["record"]))) == ()
                assert any(": opened, difficulty " in line for line in process.stderr)  # reads until there is one
                chain = [rpc.call("eth_getBlockByNumber", hex(n), False)["hash"] for n in range(9)]
                newest = rpc.call("eth_getBlockByNumber", "latest", False)
                assert begun <= int(newest["timestamp"], 16) < time.time() + said["epoch_seconds"]
                query = {"fromBlock": "0x0", "topics": [topic(TaskOpened)]}
                tasks = [log["topics"][1] for log in rpc.call("eth_getLogs", query)]
                found.append((said, chain, int(newest["number"], 16), tasks))
                rpc.close()
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=20)
                assert process.returncode == 0
                assert not Path(said["record"]).exists()
            finally:
                process.kill()
    (first, chain, height, opened), (again, same_chain, higher, more) = found
    assert {**first, "rpc": "", "record": ""} == {**again, "rpc": "", "record": ""}
    assert same_chain == chain
    assert higher > height
    assert more[: len(opened)] == opened
    assert len(more) > len(opened) > 0
    assert [path.name for path in state.parent.iterdir()] == [state.name]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--bots", "4"], "--bots is 4: give at most the number of coprocessors, 3"),
        (["--host", "localhost"], "--host is 'localhost': give an IPv4 address, such as 127.0.0.1 or 0.0.0.0"),
        (["--host", "192.0.2.1"], "--host is 192.0.2.1, and this machine cannot listen there: "),
        (["--state", "{none}"], "--state {none} is no state of a devnet: give another file, or a new one"),
        (["--state", "{none}/below"], "--state {none}/below cannot be "),
        (["--state", "a" * 300], f"--state {'a' * 300} cannot be read: File name too long"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], says: str, tmp_path: Path, ballast: Run) -> None:
    none = tmp_path / "none.json"
    none.write_text('{"format": "another"}')
    done = ballast("devnet", *(argument.format(none=none) for argument in arguments))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"ballast: {says.format(none=none)}")


def test_the_place_of_a_state_is_looked_at_and_left_as_it_was(tmp_path: Path) -> None:
    check_place(tmp_path / "new" / "folder" / "devnet.json")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(RecordError, match="cannot be written: Not a directory"):
        check_place(tmp_path / "file" / "devnet.json")


# Bots


@pytest.fixture(scope="module")
def fresh_market() -> Iterator[tuple[Anvil, Net]]:
    """Make a chain without a clock of its own, two operators, three coprocessors, and a challenge of 5 seconds."""
    with Anvil("--no-mining", "--order", "fifo", timestamp=1_700_000_000) as anvil:
        parameters = NetworkParameters(epoch_seconds=60)
        terms = ClassParameters(
            steps=8,
            step_seconds=2,
            tick=60_000,
            record_weight=0,
            idle_discount=0,
            challenge_seconds=5,
            rescue_seconds=5,
        )
        net = populate(anvil.rpc, deploy(anvil.rpc, parameters), 2, 3, terms)
        anvil.rpc.call("evm_setNextBlockTimestamp", net.deployment.genesis + 60)
        anvil.rpc.call("evm_mine")
        yield anvil, net


@pytest.fixture
def market(fresh_market: tuple[Anvil, Net]) -> Iterator[tuple[Anvil, Net]]:
    """Give the chain as it was made: what bots do depends on the load that others left."""
    anvil, _ = fresh_market
    snapshot = anvil.rpc.call("evm_snapshot")
    yield fresh_market
    anvil.rpc.call("anvil_dropAllTransactions")
    assert anvil.rpc.call("evm_revert", snapshot)


def pass_blocks(anvil: Anvil, bots: Bots, blocks: int, seconds: int = 2) -> None:
    """Mine blocks, and let bots act after each."""
    for _ in range(blocks):
        now = int(anvil.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        anvil.rpc.call("evm_setNextBlockTimestamp", now + seconds)
        anvil.rpc.call("evm_mine")
        bots.act()


def test_bots_do_the_whole_life_of_a_task(market: tuple[Anvil, Net]) -> None:
    anvil, net = market
    told: list[str] = []
    bots = Bots(anvil.rpc, net, 2, told.append)
    pass_blocks(anvil, bots, 60)
    lives: dict[str, list[str]] = {}
    for line in told:
        assert "refused" not in line
        _, task, what = line.split(": ", 2)
        lives.setdefault(task, []).append(what)
    ended = [life for life in lives.values() if life[-1].startswith("settled, price ")]
    assert len(ended) >= 10
    winners = {what.split(" leads")[0] for life in ended for what in life if " leads" in what}
    assert winners == {f"coprocessor {p.account}" for p in net.having("coprocessor")[:2]}
    for life in ended:
        assert life[0].startswith("opened, difficulty ")
        assert " leads at step " in life[1] or life[1].endswith(" executes it itself")
        assert life[-2] == "result submitted"
    assert any(life[1].endswith(" executes it itself") for life in ended)
    registry = net.deployment.contract(TaskRegistry)
    last = [int(name.split()[1]) for name, life in lives.items() if life[-1].startswith("settled")][-1]
    terms, _, result = registry.task_words(last).read(anvil.rpc)
    assert task_packing.terms(terms).sequence == last & (2**32 - 1)
    assert result == result_of(last)


def life_of(market: tuple[Anvil, Net], operator: int, order: Order, bidders: int, blocks: int) -> list[str]:
    """Open a task for an operator, and hear what bots tell of it; they leave the lowest slot to people."""
    anvil, net = market
    registry = net.deployment.contract(TaskRegistry)
    owner = net.having("operator")[operator]
    told: list[str] = []
    bots = Bots(anvil.rpc, net, bidders, told.append)
    bots.act()
    anvil.rpc.call("eth_sendTransaction", registry.open_tasks(net.class_id, [order], True).request(owner.address))
    pass_blocks(anvil, bots, blocks)
    return [line.split(": ", 2)[2] for line in told if f" {owner.account << 48 | 1}: " in line]


def test_bots_serve_tasks_that_others_open(market: tuple[Anvil, Net]) -> None:
    mine = life_of(market, operator=0, order=Order(0, 321, 50_000, own=False), bidders=1, blocks=20)
    assert mine[0] == "opened, difficulty 321, reward 50000, start price 98.0%"
    # bid for one step after the opening: 0.98 - 0.06 of the reward, 2% of it as fee
    assert mine[-1] == "settled, price 46000, fee 920"


def test_bots_do_not_bid_above_their_complexity(market: tuple[Anvil, Net]) -> None:
    """A coprocessor that comes back with less than the class asks for: the contract never has to skip a bid of its."""
    anvil, net = market
    participants, registry = net.deployment.contract(ParticipantRegistry), net.deployment.contract(TaskRegistry)
    who = net.having("coprocessor")[0].address
    back = participants.register(COPROCESSOR, 10_000, net.terms.complexity - 1, 0)
    send_all(anvil.rpc, [participants.leave().request(who), back.request(who)])
    anvil.rpc.call("evm_increaseTime", 60)
    mine = life_of(market, operator=1, order=Order(0, 321, 50_000, own=False), bidders=1, blocks=16)
    assert mine == ["opened, difficulty 321, reward 50000, start price 98.0%", "expired without a bid"]
    logs = anvil.rpc.call("eth_getLogs", {"address": registry.address, "fromBlock": "0x0", "topics": [topic(Skipped)]})
    assert logs == []


@pytest.mark.parametrize(("asked", "complexity"), [(3, 5), (12, 12)])
def test_everybody_can_work_however_complex_the_class(market: tuple[Anvil, Net], asked: int, complexity: int) -> None:
    anvil, net = market
    hard = populate(anvil.rpc, deploy(anvil.rpc, net.deployment.parameters), 1, 1, replace(net.terms, complexity=asked))
    registry = hard.deployment.contract(TaskRegistry)
    for role in ("operator", "coprocessor"):
        card = registry.card(hard.having(role)[0].address).read(anvil.rpc)
        assert card_packing.unpack(card).complexity == complexity


def test_a_class_that_no_newcomer_could_enter_is_refused_before_anything_is_sent(market: tuple[Anvil, Net]) -> None:
    anvil, net = market
    block = anvil.rpc.call("eth_blockNumber")
    terms = replace(net.terms, min_executor_reputation=501_000)
    with pytest.raises(ParameterError, match=r"^min_executor_reputation is 501000: must be from 0 to 500000 "):
        populate(anvil.rpc, net.deployment, 1, 1, terms)
    assert anvil.rpc.call("eth_blockNumber") == block


def test_what_nobody_wants_expires(market: tuple[Anvil, Net]) -> None:
    """A task too large for any coprocessor: nobody bids with success, and the reward goes back."""
    mine = life_of(market, operator=1, order=Order(0, 20_000, 3_000_000, own=False), bidders=2, blocks=16)
    assert mine == ["opened, difficulty 20000, reward 3000000, start price 98.0%", "expired without a bid"]


def test_bots_bid_again_for_what_is_opened_again(market: tuple[Anvil, Net]) -> None:
    """For a task whose auction ended while bidding was paused, so that all their bids were refused."""
    anvil, net = market
    registry, participants = net.deployment.contract(TaskRegistry), net.deployment.contract(ParticipantRegistry)
    owner, operator = net.having("owner")[0].address, net.having("operator")[0]
    task = operator.account << 48 | 1
    told: list[str] = []
    bots = Bots(anvil.rpc, net, 1, told.append)
    bots.act()
    order = Order(0, 321, 50_000, own=False)
    for request in (
        participants.pause(True).request(owner),
        registry.open_tasks(net.class_id, [order], True).request(operator.address),
    ):
        anvil.rpc.call("eth_sendTransaction", request)
    pass_blocks(anvil, bots, 1 + 8)  # the block it is opened in, and the clock of 16 seconds
    assert task in bots.offered
    for request in (participants.pause(False).request(owner), registry.reopen(task).request(operator.address)):
        anvil.rpc.call("eth_sendTransaction", request)
    pass_blocks(anvil, bots, 20)
    mine = [line.split(": ", 2)[2] for line in told if f": task {task}: " in line]
    assert mine[:2] == ["opened, difficulty 321, reward 50000, start price 98.0%", "opened again, for the last call"]
    assert " leads at step " in mine[2]
    assert mine[-1].startswith("settled, price ")


def test_a_refused_transaction_is_told(market: tuple[Anvil, Net]) -> None:
    anvil, net = market
    registry = net.deployment.contract(TaskRegistry)
    owner = net.having("owner")[0]
    told: list[str] = []
    bots = Bots(anvil.rpc, net, 1, told.append)
    for paused in (True, False):
        anvil.rpc.call("eth_sendTransaction", registry.pause(paused).request(owner.address))
        pass_blocks(anvil, bots, 5)
        assert any(line.startswith("open_tasks of operator ") and line.endswith(" was refused") for line in told)


def test_bots_go_on_after_the_chain_was_set_back(market: tuple[Anvil, Net]) -> None:
    anvil, net = market
    told: list[str] = []
    bots = Bots(anvil.rpc, net, 1, told.append)
    snapshot = anvil.rpc.call("evm_snapshot")
    pass_blocks(anvil, bots, 6)
    assert anvil.rpc.call("evm_revert", snapshot)
    bots.act()
    before = len(told)
    pass_blocks(anvil, bots, 20)
    ends = [line.split(": ", 2)[2] for line in told[before:]]
    assert any(end.startswith("settled, price ") for end in ends)


@pytest.mark.parametrize(("looks", "mined"), [(2, 0), (20, 0), (2, 4)], ids=["bid for", "settled", "mined further"])
def test_bots_serve_again_what_was_set_back(market: tuple[Anvil, Net], looks: int, mined: int) -> None:
    anvil, net = market
    registry = net.deployment.contract(TaskRegistry)
    bots = Bots(anvil.rpc, net, 1, lambda _: None)
    order = Order(0, 321, 50_000, own=False)
    operator = net.having("operator")[0]
    anvil.rpc.call("eth_sendTransaction", registry.open_tasks(net.class_id, [order], False).request(operator.address))
    pass_blocks(anvil, bots, 1)
    task = next(t for t in bots.live if t >> 32 == operator.account << 16)
    snapshot = anvil.rpc.call("evm_snapshot")
    pass_blocks(anvil, bots, looks)
    assert anvil.rpc.call("evm_revert", snapshot)
    anvil.rpc.call("anvil_mine", hex(mined))
    bots.act()
    told: list[str] = []
    bots.tell = told.append
    pass_blocks(anvil, bots, 20)
    assert any(f": task {task}: settled, price " in line for line in told)
    opened = [line for line in told if ": opened, " in line]
    assert len(opened) > 1, "nor do they wait for the time they had come to"
