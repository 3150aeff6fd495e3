"""The keeper on a real chain: right values, its turn, other keepers, what is not posted, what is wrong."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from eth_abi.exceptions import EncodingError

from ballast.client.contracts import CollateralEscrow, MockToken
from ballast.errors import ChainError
from ballast.keeper.keeper import Keeper
from ballast.keeper.report import PassReport
from ballast.model.page_packing import logit
from ballast.model.reputation_filter import FilterParameters
from tests.keeper.world import HALF, SETTINGS, World, codes


def drive(keeper: Keeper, passes: int = 4) -> list[str]:
    """Make passes; what was sent, by kind."""
    return [action["kind"] for _ in range(passes) for action in keeper.once().actions]


def values_are_right(net: World, epoch: int) -> None:
    """Compare every posted value with the contract's own computation."""
    words = net.page_words()[epoch & 1 :: 2]
    for account in range(8 * len(words)):
        assert logit(words[account // 8], account) == net.reputation.computed(account).read(net.anvil.rpc)


def test_a_keeper_bonds_and_posts_what_the_contract_computes(net: World) -> None:
    keeper = net.keeper()
    assert drive(keeper) == ["bond", "post"]
    assert net.posted(2) == 2
    values_are_right(net, 2)
    assert any(logit(word, a) for word in net.page_words() for a in range(8)), "a task was settled in epoch 2"
    assert codes(keeper.once()) == set()


def test_epoch_after_epoch(net: World) -> None:
    keeper = net.keeper()
    for epoch in (3, 4, 5):
        net.go(epoch, clock=30)
        drive(keeper)
        assert net.posted(epoch - 1) == 2
        values_are_right(net, epoch - 1)


def test_it_reads_parameters_scheduled_for_the_next_epoch(net: World) -> None:
    """The epoch measured under the old ones is computed with them, though new ones hold by then."""
    owner = net.net.having("owner")[0].address
    others = FilterParameters(10_000, 900_000, 500_000, 10_000, 20_000, -1_000_000, 2, 5_000)
    net.reputation.set_parameters(others).send(net.anvil.rpc, owner)
    net.go(4, clock=30)
    keeper = net.keeper()
    drive(keeper)
    values_are_right(net, 3)
    net.go(5, clock=30)
    drive(keeper)
    values_are_right(net, 4)


def test_nothing_is_posted_in_the_second_half_but_poked(net: World) -> None:
    net.go(3, clock=HALF + 1)
    keeper = net.keeper(settings=replace(SETTINGS, poke="never"))
    assert drive(keeper) == ["bond"]
    assert net.posted(2) == 0
    assert drive(net.keeper()) == ["poke"]
    values_are_right(net, 2)


def test_a_poke_that_must_pay_is_left_if_it_does_not(net: World) -> None:
    net.go(3, clock=HALF + 1)
    worthless = replace(SETTINGS, poke="pays", token_wei=10**6)
    assert drive(net.keeper(settings=worthless)) == ["bond"]
    dear = replace(SETTINGS, poke="pays", tasks="never", token_wei=10**15)
    assert drive(net.keeper(settings=dear)) == ["poke"]


def test_an_empty_journal_changes_nothing(net: World) -> None:
    assert [kind for _ in range(4) for kind in drive(net.keeper(), 1)] == ["bond", "post"]
    assert net.posted(2) == 2


def test_a_dry_run_sends_nothing(net: World) -> None:
    keeper = net.keeper(settings=replace(SETTINGS, dry_run=True))
    counted = ("eth_getTransactionCount", net.keepers[0].address, "pending")
    before = net.anvil.rpc.call(*counted)
    assert "DRY_RUN" in codes(keeper.once())
    assert net.anvil.rpc.call(*counted) == before


def test_the_second_keeper_waits_and_takes_over(net: World) -> None:
    keepers = [net.keeper(0), net.keeper(1)]
    net.go(3, clock=HALF + 1)
    for keeper in keepers:
        drive(keeper)  # both bond
    net.go(4, clock=1)
    dry = replace(SETTINGS, dry_run=True)
    ranks = [net.keeper(which, dry).once().rank for which in (0, 1)]
    assert sorted(ranks) == [0, 1]
    second = keepers[ranks.index(1)]
    assert drive(second) == []
    assert "WAITS_TURN" in codes(second.once())
    net.go(4, clock=HALF // 5 + 1)
    assert drive(second) == ["post"], "the first is dead"
    assert drive(keepers[ranks.index(0)]) == []
    values_are_right(net, 3)


def test_a_page_somebody_posted_is_left_and_the_rest_is_posted(net: World) -> None:
    other = net.keepers[1].address
    net.reputation.bond(8_000).send(net.anvil.rpc, other)
    wanted = net.keeper(settings=replace(SETTINGS, dry_run=True))
    wanted.once()
    assert wanted.evidence is not None
    page = wanted.evidence.pages[0]
    net.reputation.post(2, 0, [page]).send(net.anvil.rpc, other)
    keeper = net.keeper()
    assert drive(keeper) == ["bond", "post"]
    assert net.posted(2) == 2
    values_are_right(net, 2)
    stored = net.reputation.keeper(net.account_of(net.keepers[0].address)).read(net.anvil.rpc)
    assert stored.at_risk == 8, "one page at risk, not two"


def test_wrong_values_are_challenged_and_cost_their_poster(net: World) -> None:
    liar = net.keepers[1].address
    net.reputation.bond(16_000).send(net.anvil.rpc, liar)
    net.reputation.post(2, 0, [0, 12345]).send(net.anvil.rpc, liar)
    keeper = net.keeper()
    account = net.account_of(net.keepers[0].address)
    before = net.contract(CollateralEscrow).balances(account).read(net.anvil.rpc)[0]
    sent = drive(keeper)
    assert set(sent) == {"bond", "challenge"}
    values_are_right(net, 2)
    lost = 16_000 - net.reputation.keeper(net.account_of(liar)).read(net.anvil.rpc).bond
    assert lost == 16_000, "both pages, each as a whole"
    assert net.contract(CollateralEscrow).balances(account).read(net.anvil.rpc)[0] == before - 16_000 + 8_000


def test_an_own_wrong_value_is_corrected_and_no_bond_added(net: World) -> None:
    own = net.keepers[0].address
    net.reputation.bond(8_000).send(net.anvil.rpc, own)
    net.reputation.post(2, 0, [12345]).send(net.anvil.rpc, own)
    keeper = net.keeper()
    report = keeper.once()
    assert "OWN_WRONG_VALUE" in codes(report)
    assert {action["kind"] for action in report.actions} == {"challenge"}


def test_it_collects_when_that_pays(net: World) -> None:
    pool = 1
    donor = net.keepers[1].address
    net.contract(MockToken).mint(donor, 10**6).send(net.anvil.rpc, donor)
    net.contract(CollateralEscrow).deposit(pool, 10**6).send(net.anvil.rpc, donor)
    drive(net.keeper())
    net.go(4)
    assert drive(net.keeper()) == ["post"]
    net.go(5)
    rich = net.keeper(settings=replace(SETTINGS, tasks="never", token_wei=10**15))
    assert sorted(drive(rich)) == ["collect", "post"]


def test_without_an_account_it_says_so_and_still_pokes(net: World) -> None:
    net.keepers[0], kept = net.stranger, net.keepers[0]
    try:
        assert "NO_ACCOUNT" in codes(net.keeper().once())
        net.go(3, clock=HALF + HALF * 4 // 5 + 1)
        assert drive(net.keeper()) == ["poke"]
    finally:
        net.keepers[0] = kept


def test_a_bond_too_small_is_told_and_covers_what_it_can(net: World) -> None:
    net.reputation.bond(8_000).send(net.anvil.rpc, net.keepers[0].address)
    keeper = net.keeper(settings=replace(SETTINGS, bond=False))
    assert "WAITS_TURN" in codes(keeper.once()), "those with all of the bond come first"
    net.go(3, clock=HALF * 4 // 5 + 1)
    report = keeper.once()
    assert "BOND_SHORT" in codes(report)
    assert [action["kind"] for action in report.actions] == ["post"]
    assert net.posted(2) == 1


def test_it_waits_for_a_confirmed_block_of_the_epoch(net: World) -> None:
    keeper = net.keeper(settings=replace(SETTINGS, confirmations=3))
    net.go(4, clock=1)
    assert "BOUNDARY" in codes(keeper.once())
    net.mine(3)
    assert "BOUNDARY" not in codes(keeper.once())


def test_confirmations_that_outlast_half_an_epoch_are_told(net: World) -> None:
    keeper = net.keeper(settings=replace(SETTINGS, confirmations=30))
    net.go(4, clock=HALF - 1)
    assert "BOUNDARY_LONG" not in codes(keeper.once())
    net.go(4, clock=HALF)
    assert "BOUNDARY_LONG" in codes(keeper.once())


@pytest.mark.parametrize("error", [KeyError, TypeError, RuntimeError, EncodingError])
def test_no_failure_of_a_pass_ends_the_keeper(
    net: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: type[Exception]
) -> None:
    keeper, stop = net.keeper(settings=replace(SETTINGS, poll_seconds=0.001)), threading.Event()
    real, passes = keeper._once, []

    def failing() -> PassReport:
        passes.append(1)
        if len(passes) == 1:
            raise error("hidden")
        stop.set()
        return real()

    monkeypatch.setattr(keeper, "_once", failing)
    keeper.run(stop)
    told = [r.condition.name for r in caplog.records if r.levelname in ("WARNING", "ERROR")]  # type: ignore[attr-defined]
    assert told == [("INTERNAL_ERROR" if error in (RuntimeError, EncodingError) else "CHAIN_ERROR")]
    assert len(passes) == 2
    if error is RuntimeError:
        fields = next(r.fields for r in caplog.records if r.levelname == "ERROR")  # type: ignore[attr-defined]
        assert fields["error"].startswith("RuntimeError at test_keeper.py:")


def test_a_lost_epoch_is_told(net: World) -> None:
    drive(net.keeper())
    net.go(5)
    assert "EPOCH_LOST" in codes(net.keeper().once())


@pytest.mark.parametrize("depth", [1, 3])
def test_a_post_undone_by_a_reorganisation_is_posted_again(net: World, depth: int) -> None:
    keeper = net.keeper()
    net.mine(3)
    drive(keeper)
    net.mine(depth - 1)
    net.anvil.rpc.call("anvil_reorg", depth, [])
    report = keeper.once()
    assert "REORG" in codes(report)
    drive(keeper)
    net.mine(2)
    assert net.posted(2) == 2
    values_are_right(net, 2)
    assert keeper.once().in_flight == 0


def test_once_raises_if_no_node_answers(net: World) -> None:
    with pytest.raises(ChainError):
        net.keeper(urls=["http://127.0.0.1:1"]).once()
