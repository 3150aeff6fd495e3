"""Exactly one effect of each intent: lost replies, stuck and unknown transactions, dead processes, reorganisations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson
import pytest

from ballast.client.events import Corrected, Posted, topic
from ballast.errors import NodeError
from ballast.keeper.keeper import Keeper
from ballast.keeper.report import PassReport
from ballast.keeper.view import Overdue
from ballast.node.endpoint import Endpoint
from ballast.transact.blocks import Tip
from tests.keeper.faults import EMPTY, FULL, burning
from tests.keeper.run import FEE
from tests.keeper.world import HALF, SETTINGS, World, codes, world
from tests.support.liar import lying, serving


class Killed(BaseException):
    """The process dies here."""


def bonded(net: World) -> None:
    """Give the first keeper bond for all pages, then mine on request only."""
    net.reputation.bond(16_000).send(net.anvil.rpc, net.keepers[0].address)
    net.anvil.rpc.call("evm_setAutomine", False)


def posts(net: World) -> int:
    """Count the events of posts."""
    wanted = {"address": net.reputation.address, "topics": [topic(Posted)], "fromBlock": "0x0"}
    return len(net.anvil.rpc.call("eth_getLogs", wanted))


def nonces(net: World) -> tuple[int, int]:
    """Transactions of the first keeper that are included, and those that wait too."""
    call = net.anvil.rpc.call
    latest, pending = (call("eth_getTransactionCount", net.keepers[0].address, b) for b in ("latest", "pending"))
    return int(latest, 16), int(pending, 16)


def finish(net: World, keeper: Keeper, passes: int = 6) -> PassReport:
    """Let a keeper come to rest while blocks are mined."""
    for _ in range(passes):
        keeper.once()
        net.mine()
    return keeper.once()


def test_nothing_is_sent_twice_while_one_waits(net: World) -> None:
    bonded(net)
    keeper = net.keeper()
    first = keeper.once()
    assert [a["kind"] for a in first.actions] == ["post"]
    assert keeper.once().actions == []
    latest, pending = nonces(net)
    assert pending == latest + 1
    assert finish(net, keeper).in_flight == 0
    assert posts(net) == 1


def test_an_empty_journal_adopts_what_waits(net: World) -> None:
    bonded(net)
    net.keeper().once()
    other = net.keeper()
    report = other.once()
    assert "ADOPTED" in codes(report)
    assert report.actions == []
    finish(net, other)
    assert posts(net) == 1


def full_blocks(net: World, number: int = 2) -> None:
    """Mine blocks in which others who pay more take all gas, so that what waits in the node's pool stays there."""
    rpc = net.anvil.rpc
    rpc.call("evm_setBlockGasLimit", hex(FULL))
    for _ in range(number):
        rpc.call("anvil_setNextBlockBaseFeePerGas", hex(FEE))
        rpc.call("eth_sendTransaction", burning(net.stranger.address, 100 * FEE))
        net.mine()
    rpc.call("evm_setBlockGasLimit", hex(EMPTY))


def waiting(net: World) -> dict[str, Any]:
    """Return the only transaction of the first keeper in the node's pool."""
    ((_, found),) = net.anvil.rpc.call("txpool_content")["pending"][net.keepers[0].address.lower()].items()
    return dict(found)


def check_replaced(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Check that a transaction has the nonce of another and both fees at least 13% higher."""
    assert (new["nonce"], new["hash"] != old["hash"]) == (old["nonce"], True)
    for fee in ("maxFeePerGas", "maxPriorityFeePerGas"):
        assert 100 * int(new[fee], 16) >= 113 * int(old[fee], 16)


def test_a_stuck_transaction_is_replaced_at_the_same_nonce(net: World) -> None:
    bonded(net)
    keeper = net.keeper()
    keeper.once()
    old = waiting(net)
    full_blocks(net, 1)
    assert "REPLACED" not in codes(keeper.once())
    assert waiting(net) == old
    full_blocks(net, 1)
    assert "REPLACED" in codes(keeper.once())
    check_replaced(old, waiting(net))
    assert waiting(net)["input"] == old["input"]
    finish(net, keeper)
    assert posts(net) == 1


def test_a_stuck_transaction_nobody_needs_is_replaced_by_an_empty_one(net: World) -> None:
    bonded(net)
    net.go(3, clock=400)
    keeper = net.keeper()
    assert [a["kind"] for a in keeper.once().actions] == ["poke"]
    old = waiting(net)
    raw = net.anvil.rpc.call("eth_getRawTransactionByHash", old["hash"])
    net.anvil.rpc.call("anvil_dropTransaction", old["hash"])
    other = net.keepers[1].address
    net.anvil.rpc.call("eth_sendTransaction", net.reputation.poke([0, 1]).request(other))
    net.mine()
    net.anvil.rpc.call("eth_sendRawTransaction", raw)
    full_blocks(net)
    assert "CANCELLED" in codes(keeper.once())
    check_replaced(old, waiting(net))
    assert (waiting(net)["to"], waiting(net)["input"]) == (old["from"], "0x")
    assert finish(net, keeper).in_flight == 0


def test_a_transaction_nobody_shows_is_waited_for_and_then_its_nonce_taken(net: World) -> None:
    """A node counts one more that waits than there is; it cannot show it, since others fill the pending block."""
    bonded(net)

    def twist(request: dict[str, Any], result: Any) -> Any:
        counts = request["method"] == "eth_getTransactionCount" and request["params"][1] == "pending"
        return hex(int(result, 16) + 1) if counts else result

    with lying(net.anvil.url, twist) as node:
        keeper = net.keeper(urls=[node])
        for _ in range(SETTINGS.stuck_blocks):
            report = keeper.once()
            assert "UNKNOWN_IN_FLIGHT" in codes(report)
            assert report.actions == []
            net.mine()
        assert [(a["kind"], a["nonce"]) for a in keeper.once().actions] == [("post", nonces(net)[0])]
    assert finish(net, net.keeper()).in_flight == 0
    assert posts(net) == 1


def test_a_reply_lost_after_the_node_took_it(net: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent while the transaction is known; if it is not any more, the same bytes are sent again."""
    bonded(net)
    real, handed = Endpoint.ask, []

    def lossy(self: Endpoint, method: str, params: Any, deadline: float) -> list[Any]:
        answer = real(self, method, params, deadline)
        if method == "eth_sendRawTransaction":
            handed.append(params[0][0])
            raise NodeError("the line went dead")
        return answer

    monkeypatch.setattr(Endpoint, "ask", lossy)
    keeper = net.keeper()
    assert "SEND_ERROR" in codes(keeper.once())
    keeper.once()
    assert len(handed) == 1
    net.anvil.rpc.call("anvil_dropAllTransactions")
    assert "SEND_ERROR" in codes(keeper.once())
    assert len(handed) == 2
    assert len(set(handed)) == 1
    assert finish(net, keeper).in_flight == 0
    assert posts(net) == 1


def test_a_transaction_the_nodes_forgot_is_sent_again_as_it_was(net: World) -> None:
    bonded(net)
    keeper = net.keeper()
    sent = keeper.once().actions[0]
    net.anvil.rpc.call("anvil_dropTransaction", sent["hash"])
    report = keeper.once()
    assert "RESENT" in codes(report)
    waiting = net.anvil.rpc.call("eth_getBlockByNumber", "pending", False)["transactions"]
    assert waiting == [sent["hash"]]
    finish(net, keeper)
    assert posts(net) == 1


def test_a_transaction_the_nodes_forgot_long_ago_is_replaced_no_dearer_than_a_stuck_one(net: World) -> None:
    bonded(net)
    keeper = net.keeper()
    keeper.once()
    old = waiting(net)
    net.anvil.rpc.call("anvil_dropTransaction", old["hash"])
    net.mine(SETTINGS.stuck_blocks)
    assert "REPLACED" in codes(keeper.once())
    check_replaced(old, waiting(net))
    assert int(waiting(net)["maxFeePerGas"], 16) < 2 * int(old["maxFeePerGas"], 16)
    finish(net, keeper)
    assert posts(net) == 1


def test_the_nonce_of_a_forgotten_transaction_is_never_used_for_other_work(net: World) -> None:
    bonded(net)
    keeper = net.keeper()
    sent = keeper.once().actions[0]
    net.anvil.rpc.call("anvil_dropTransaction", sent["hash"])
    net.go(3, clock=400)
    report = keeper.once()
    assert "CANCELLED" in codes(report)
    assert [(a["kind"], a["nonce"]) for a in report.actions] == [("poke", sent["nonce"] + 1)]
    finish(net, keeper)
    assert net.posted(2) == 2


def test_a_dry_run_leaves_what_waits_or_was_lost(net: World, tmp_path: Path) -> None:
    bonded(net)
    journal = f"sqlite:///{tmp_path / 'journal.db'}"
    sent = net.keeper(journal=journal).once().actions[0]
    dry = net.keeper(settings=replace(SETTINGS, dry_run=True), journal=journal)
    net.anvil.rpc.call("anvil_dropTransaction", sent["hash"])
    assert dry.once().in_flight == 1
    net.go(3, clock=400)
    assert dry.once().in_flight == 1
    assert net.anvil.rpc.call("txpool_status")["pending"] == "0x0"
    net.go(3, clock=410)
    net.keeper(journal=journal).once()
    assert net.anvil.rpc.call("txpool_status")["pending"] == "0x2", "cancelled and poked"


def overdue_at(net: World) -> tuple[list[Overdue], Keeper]:
    """Two tasks that anyone can end, and a keeper that looks at them as a test says."""
    bonded(net)
    settings = replace(SETTINGS, tasks="always", poke="never", bond=False)
    keeper = net.keeper(settings=settings)
    net.go(6, clock=400)
    found = keeper._scan.overdue(keeper._watch.tip(), 0)
    assert found
    return list(found), keeper


def looking_at(keeper: Keeper, found: list[Overdue], seen: list[Overdue]) -> None:
    """Have the scan's present part hold some of the tasks."""

    def overdue(tip: Tip, account: int) -> tuple[Overdue, ...]:
        del tip, account
        keeper._scan.seen = {(o.task >> 48, o.task >> 32 & 0xFFFF) for o in seen}
        return tuple(o for o in found if o in seen)

    keeper._scan.overdue = overdue  # type: ignore[method-assign]


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "stuck"])
def test_the_step_of_a_task_not_looked_at_is_still_due(net: World, lost: bool) -> None:
    found, keeper = overdue_at(net)
    looking_at(keeper, found, found)
    sent = keeper.once().actions[0]
    looking_at(keeper, found, [])
    if lost:
        net.anvil.rpc.call("anvil_dropTransaction", sent["hash"])
    else:
        for _ in range(2):
            net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**11))
            net.mine()
    report = keeper.once()
    assert "CANCELLED" not in codes(report)
    assert ("RESENT" if lost else "REPLACED") in codes(report)
    looking_at(keeper, [], found)
    assert "CANCELLED" not in codes(keeper.once()), "it neither waits too long nor is it lost"


def test_nothing_is_cancelled_before_the_epoch_is_confirmed(net: World) -> None:
    bonded(net)
    keeper = net.keeper(settings=replace(SETTINGS, confirmations=2))
    net.mine(2)
    sent = keeper.once().actions[0]
    net.anvil.rpc.call("anvil_dropTransaction", sent["hash"])
    net.go(4, clock=1)
    report = keeper.once()
    assert "BOUNDARY" in codes(report)
    assert "CANCELLED" not in codes(report)
    assert report.in_flight == 1


def test_a_post_that_waits_at_half_time_gives_way_to_the_poke(net: World) -> None:
    bonded(net)
    keeper = net.keeper(settings=replace(SETTINGS, stuck_blocks=1_000, max_fee=10**13))
    sent = keeper.once().actions[0]
    net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**11))
    net.go(3, clock=400)
    report = keeper.once()
    assert "CANCELLED" in codes(report)
    assert [(a["kind"], a["nonce"]) for a in report.actions] == [("poke", sent["nonce"] + 1)]
    net.wait(10)
    report = finish(net, keeper)
    assert posts(net) == 0
    assert net.posted(2) == 2


def test_a_poke_does_not_outlive_its_epoch(net: World) -> None:
    bonded(net)
    net.go(3, clock=400)
    keeper = net.keeper(settings=replace(SETTINGS, stuck_blocks=1_000, max_fee=10**13))
    sent = keeper.once().actions[0]
    assert (sent["kind"], sent["items"]) == ("poke", ("poke:2:0", "poke:2:1"))
    net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**11))
    net.go(4, clock=5)
    report = keeper.once()
    assert "CANCELLED" in codes(report)
    assert [a["kind"] for a in report.actions] == ["post"]
    finish(net, keeper)
    assert net.posted(3) == 2
    assert posts(net) == 1


def test_a_challenge_does_not_outlive_its_epoch(net: World) -> None:
    liar = net.keepers[1].address
    net.reputation.bond(16_000).send(net.anvil.rpc, liar)
    net.reputation.post(2, 0, [12345, 12345]).send(net.anvil.rpc, liar)
    bonded(net)
    keeper = net.keeper(settings=replace(SETTINGS, stuck_blocks=1_000))
    sent = keeper.once().actions
    assert {action["kind"] for action in sent} == {"challenge"}
    net.anvil.rpc.call("evm_setBlockGasLimit", hex(FULL))
    net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(FEE))
    net.anvil.rpc.call("eth_sendTransaction", burning(net.stranger.address, 100 * FEE))
    net.go(4, clock=5)
    net.anvil.rpc.call("evm_setBlockGasLimit", hex(EMPTY))
    assert nonces(net)[1] - nonces(net)[0] == len(sent), "all wait still"
    assert "CANCELLED" in codes(keeper.once())
    assert finish(net, keeper).in_flight == 0
    wanted = {"address": net.reputation.address, "topics": [topic(Corrected)], "fromBlock": "0x0"}
    assert net.anvil.rpc.call("eth_getLogs", wanted) == []


@pytest.mark.parametrize("kept", [True, False], ids=["same process", "restarted"])
def test_a_final_transaction_is_followed_again_after_a_deep_reorganisation(
    net: World, tmp_path: Path, kept: bool
) -> None:
    bonded(net)
    journal = f"sqlite:///{tmp_path / 'journal.db'}"
    keeper = net.keeper(settings=replace(SETTINGS, confirmations=1), journal=journal)
    net.mine(3)
    before = net.anvil.rpc.call("evm_snapshot")
    sent = keeper.once().actions[0]
    net.mine(3)
    assert "CONFIRMED" in codes(keeper.once())
    if not kept:
        net.close()
        keeper = net.keeper(settings=replace(SETTINGS, confirmations=1), journal=journal)
    net.anvil.rpc.call("evm_revert", before)
    net.anvil.rpc.call("anvil_dropAllTransactions")
    net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**9 + 7))
    net.mine(4)
    report = keeper.once()
    assert {"REORG", "RESENT"} <= codes(report)
    assert net.anvil.rpc.call("eth_getBlockByNumber", "pending", False)["transactions"] == [sent["hash"]]
    finish(net, keeper)
    assert posts(net) == 1


def test_an_estimate_that_fails_ends_one_action_only(net: World) -> None:
    bonded(net)
    net.anvil.rpc.call("evm_setAutomine", True)
    liar = net.keepers[1].address
    net.reputation.bond(16_000).send(net.anvil.rpc, liar)
    net.reputation.post(2, 0, [12345]).send(net.anvil.rpc, liar)
    challenge = net.reputation.challenge(0, [0], 0).data[:10]

    def answers(request: Any) -> tuple[int, bytes]:
        each = request if isinstance(request, list) else [request]
        failing = [q["method"] == "eth_estimateGas" and q["params"][0]["data"].startswith(challenge) for q in each]
        if any(failing):
            error = {"code": -32015, "message": "VM execution error."}
            return 200, orjson.dumps({"jsonrpc": "2.0", "id": each[0]["id"], "error": error})
        return 200, urlopen(Request(net.anvil.url, orjson.dumps(request), {"Content-Type": "application/json"})).read()

    with serving(answers) as node:
        keeper = net.keeper(settings=replace(SETTINGS, stand_ins=1), urls=[node])
        reports = [keeper.once() for _ in range(3)]
    assert all("SIMULATION_FAILED" in codes(r) for r in reports)
    assert net.posted(2) == 2


def test_bonding_waits_for_nothing_but_bonding(net: World) -> None:
    own = net.keepers[0].address
    net.reputation.bond(8_000).send(net.anvil.rpc, own)
    net.anvil.rpc.call("evm_setAutomine", False)
    net.go(3, clock=HALF * 4 // 5 + 1)
    first = net.keeper(settings=replace(SETTINGS, bond=False))
    assert [a["kind"] for a in first.once().actions] == ["post"]
    second = net.keeper()
    assert [a["kind"] for a in second.once().actions] == ["bond"]
    assert "bond" not in [a["kind"] for a in second.once().actions]


@pytest.mark.parametrize("kept", [True, False], ids=["same journal", "empty journal"])
@pytest.mark.parametrize(
    "where",
    [
        "journal:before:transaction",
        "journal:after:transaction",
        "send:before:post",
        "send:after:post",
        "journal:before:outcome",
        "journal:after:outcome",
        "journal:before:observation",
        "journal:after:blocks",
    ],
)
def test_death_at_a_boundary(net: World, tmp_path: Path, where: str, kept: bool) -> None:
    bonded(net)
    journal = f"sqlite:///{tmp_path / 'journal.db'}"

    def die(name: str) -> None:
        if name == where:
            raise Killed

    with pytest.raises(Killed):
        finish(net, net.keeper(journal=journal, checkpoint=die))
    heir = net.keeper(journal=journal if kept else "sqlite://")
    finish(net, heir)
    assert posts(net) == 1
    assert net.posted(2) == 2
    assert nonces(net)[0] == nonces(net)[1]


def test_a_foreign_transaction_with_the_nonce_is_noticed(net: World) -> None:
    bonded(net)
    keeper = net.keeper()
    keeper.once()
    net.anvil.rpc.call("anvil_dropAllTransactions")
    own = net.keepers[0].address
    net.anvil.rpc.call("eth_sendTransaction", {"from": own, "to": own, "value": "0x1"})
    net.mine()
    reports = [keeper.once(), finish(net, keeper)]
    assert any("SUPERSEDED" in codes(r) for r in reports)
    assert posts(net) == 1


def test_a_fee_above_the_cap_waits(net: World) -> None:
    bonded(net)
    keeper = net.keeper(settings=replace(SETTINGS, max_fee=10**10))
    net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**12))
    net.mine()
    assert "FEE_CAP" in codes(keeper.once())
    net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    net.mine()
    assert [a["kind"] for a in keeper.once().actions] == ["post"]


def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nodes take no transaction."""
    real = Endpoint.ask

    def ask(self: Endpoint, method: str, params: Any, deadline: float) -> list[Any]:
        if method == "eth_sendRawTransaction":
            raise NodeError("not now")
        return real(self, method, params, deadline)

    monkeypatch.setattr(Endpoint, "ask", ask)


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "forgotten"])
@pytest.mark.parametrize("late", [False, True], ids=["in time", "too late"])
def test_what_no_node_has_goes_out_again_at_the_highest_fee(
    net: World, monkeypatch: pytest.MonkeyPatch, refused: bool, late: bool
) -> None:
    """A post offers all that is allowed, so no offer can be higher; as no node has it, none needs to be."""
    limit = 10**11
    bonded(net)
    keeper = net.keeper(settings=replace(SETTINGS, max_fee=limit))
    net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(limit * 4 // 5))
    net.mine()
    with monkeypatch.context() as patch:
        if refused:
            refusing(patch)
        sent = keeper.once().actions[0]
    net.anvil.rpc.call("anvil_dropAllTransactions")
    for _ in range(SETTINGS.stuck_blocks):
        net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))
        net.mine()
    if late:
        net.go(3, clock=HALF + 100)
    report = keeper.once()
    assert {"CANCELLED"} <= codes(report) if late else {"RESENT"} <= codes(report)
    assert "REPLACED" not in codes(report), "the same was sent again"
    pool = net.anvil.rpc.call("txpool_content")["pending"][net.keepers[0].address.lower()]
    first = pool[str(sent["nonce"])]
    assert int(first["maxFeePerGas"], 16) == limit
    assert (first["hash"] == sent["hash"]) is not late
    assert [a["kind"] for a in report.actions] == (["poke"] if late else [])
    assert finish(net, keeper).in_flight == 0
    assert net.posted(2) == 2
    assert posts(net) == (0 if late else 1)


def test_what_a_node_has_at_the_highest_fee_waits(net: World) -> None:
    """A node takes no replacement that offers the same, and more is not allowed."""
    bonded(net)
    keeper = net.keeper(settings=replace(SETTINGS, max_fee=5 * FEE))
    net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(4 * FEE))
    net.mine()
    keeper.once()
    old = waiting(net)
    assert int(old["maxFeePerGas"], 16) == 5 * FEE
    full_blocks(net)
    assert {"FEE_CAP"} <= codes(keeper.once())
    assert waiting(net) == old
    assert len(keeper._journal.open_transactions(net.keepers[0].address)) == 1
    finish(net, keeper)
    assert posts(net) == 1


def test_an_underfunded_account_is_told_and_recovers(net: World) -> None:
    bonded(net)
    keeper = net.keeper()
    net.anvil.rpc.call("anvil_setBalance", net.keepers[0].address, hex(1))
    met = codes(keeper.once())
    assert {"UNDERFUNDED", "LOW_BALANCE"} <= met
    assert nonces(net)[0] == nonces(net)[1]
    net.anvil.rpc.call("anvil_setBalance", net.keepers[0].address, hex(10**18))
    assert [a["kind"] for a in keeper.once().actions] == ["post"]


@pytest.mark.parametrize("with_post", [True, False])
def test_reorganisations_with_and_without_the_post(net: World, with_post: bool) -> None:
    bonded(net)
    keeper = net.keeper(settings=replace(SETTINGS, confirmations=2))
    net.mine(3)
    before = net.anvil.rpc.call("evm_snapshot")
    sent = keeper.once().actions[0]
    raw = net.anvil.rpc.call("eth_getRawTransactionByHash", sent["hash"])
    net.mine(2)
    keeper.once()
    assert net.posted(2) == 2
    net.anvil.rpc.call("evm_revert", before)
    if with_post:
        net.anvil.rpc.call("eth_sendRawTransaction", raw)
    net.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**9 + 7))
    net.mine(3)
    report = keeper.once()
    assert "REORG" in codes(report)
    finish(net, keeper)
    assert posts(net) == 1
    assert net.posted(2) == 2


def test_a_waiting_post_a_reorganisation_made_wrong_is_replaced() -> None:
    """What epoch 2 measured did not happen on the chain that won; the post that waits still tells of it."""
    with world(keepers=1) as net:
        net.go(2)
        snapshot = net.anvil.rpc.call("evm_snapshot")
        net.work()
        net.go(3)
        bonded(net)
        keeper = net.keeper()
        sent = keeper.once().actions[0]
        raw = net.anvil.rpc.call("eth_getRawTransactionByHash", sent["hash"])
        assert keeper.evidence is not None
        before = keeper.evidence.pages
        net.anvil.rpc.call("anvil_dropAllTransactions")
        net.anvil.rpc.call("evm_revert", snapshot)
        net.anvil.rpc.call("evm_setAutomine", True)
        net.reputation.bond(16_000).send(net.anvil.rpc, net.keepers[0].address)
        net.anvil.rpc.call("evm_setAutomine", False)
        net.go(3)
        net.anvil.rpc.call("eth_sendRawTransaction", raw)
        met = codes(keeper.once())
        assert "REPLACED" in met
        assert waiting(net)["nonce"] == hex(sent["nonce"])
        assert keeper.evidence.pages != before
        finish(net, keeper)
        assert posts(net) == 1
        words = net.page_words()[0::2]
        assert [word & (2**192 - 1) for word in words] == list(keeper.evidence.pages)
        assert [net.reputation.computed(a).read(net.anvil.rpc) for a in range(8)] == keeper.evidence.logits


def test_a_forgotten_challenge_is_sent_again_in_the_turn_of_another(net: World) -> None:
    keeper, liar = net.keeper(), net.keepers[1].address
    bonded(net)
    net.anvil.rpc.call("evm_setAutomine", True)
    net.reputation.bond(16_000).send(net.anvil.rpc, liar)
    net.reputation.post(2, 0, [12345, 12345]).send(net.anvil.rpc, liar)
    net.anvil.rpc.call("evm_setAutomine", False)
    net.go(3, clock=80)
    sent = keeper.once().actions
    assert {action["kind"] for action in sent} == {"challenge"}
    for action in sent:
        net.anvil.rpc.call("anvil_dropTransaction", action["hash"])
    net.wait(38)
    report = keeper.once()
    assert "RESENT" in codes(report)
    assert "CANCELLED" not in codes(report)
    accounts = {item for action in sent for item in action["items"]}
    assert accounts.isdisjoint(item for action in report.actions for item in action["items"])
    assert report.actions, "those of this keeper's turn now"
