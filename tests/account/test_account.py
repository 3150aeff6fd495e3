"""The command ``ballast account`` as a user runs it, on a deployment of our own."""

from __future__ import annotations

import json

import pytest
from eth_account import Account

from ballast.client.contracts import ParticipantRegistry
from ballast.transact.journal import Journal
from tests.account.conftest import EPOCH_SECONDS, ETHER, GENESIS, PARAMETERS, SECRET, Command, Stand, plain, said

FEE = PARAMETERS.entry_fee
SOME = 20_000


@pytest.fixture
def opened(stand: Stand, ballast: Command) -> Stand:
    """Deployment in which the key has an account and tokens."""
    stand.fund(FEE + 10 * SOME)
    assert ballast("account", "open").exit_code == 0
    return stand


def test_from_nothing_to_a_keeper_that_posts(stand: Stand, ballast: Command) -> None:
    """The whole way: a key, funds, an account, a deposit, a bond and a post."""
    (stand.folder / "secret").write_text(f"{SECRET}\n")
    path = str(stand.folder / "new.json")
    new = plain("account", "new", path, "--passphrase-file", str(stand.folder / "secret"), "--json")
    assert new.exit_code == 0, new.stderr
    made = json.loads(new.stdout)
    stand.fund(FEE + SOME, made["address"])
    opened = ballast("account", "open", "--json", account=path)
    assert opened.exit_code == 0, opened.stderr
    number = stand.escrow.account_of(made["address"]).read(stand.anvil.rpc)
    assert json.loads(opened.stdout)["account"] == number > 0
    deposited = ballast("account", "deposit", str(SOME), "--json", account=path)
    assert deposited.exit_code == 0, deposited.stderr
    assert [t["kind"] for t in json.loads(deposited.stdout)["transactions"]] == ["approve", "deposit"]
    assert stand.escrow.balances(number).read(stand.anvil.rpc)[:3] == (SOME, 0, 0)
    stand.anvil.rpc.call("evm_setNextBlockTimestamp", GENESIS + EPOCH_SECONDS + 5)
    stand.anvil.rpc.call("evm_mine")
    kinds = []
    for _ in range(3):
        kept = ballast("keeper", "once", "--json", account=path)
        assert kept.exit_code == 0, kept.stderr
        kinds += [action["kind"] for action in json.loads(kept.stdout)["actions"]]
    assert kinds == ["bond", "post"]
    status = json.loads(ballast("keeper", "status", "--json", account=path).stdout)
    assert status["posters"] == [number]
    assert status["own"]["bond"] == status["bond_needed"] > 0


def test_the_balance_has_units_and_json_has_none(opened: Stand, ballast: Command) -> None:
    ballast("account", "deposit", str(SOME))
    told = json.loads(ballast("account", "balance", "--json").stdout)
    ether = int(told.pop("ether_wei"))
    assert 0 < ether < ETHER
    assert told == {
        "address": opened.key.address,
        "account": opened.escrow.account_of(opened.key.address).read(opened.anvil.rpc),
        "free": SOME,
        "locked": 0,
        "thawing": 0,
        "thawed_at": None,
        "tokens": 9 * SOME,
        "token": {"symbol": "tBAL", "decimals": 6},
    }
    text = ballast("account", "balance", account=opened.key.address).stdout
    assert "free                  20,000 token units (0.020000 tBAL)\n" in text
    assert "tokens                180,000 token units (0.180000 tBAL)\n" in text
    assert f"ether                 0.{ether // 10**12:06d}".rstrip("0") in text
    assert " ether\n" in text


def test_a_stranger_has_a_balance_too(ballast: Command) -> None:
    told = json.loads(ballast("account", "balance", "--json").stdout)
    assert told["account"] is None
    assert told["ether_wei"] == "0"
    assert "account               none\n" in ballast("account", "balance").stdout


def test_an_account_that_is_open_stays_as_it_is(opened: Stand, ballast: Command) -> None:
    before = opened.nonce()
    again = ballast("account", "open", "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["transactions"] == []
    assert opened.nonce() == before


def test_thaw_wait_and_withdraw(opened: Stand, ballast: Command) -> None:
    number = opened.escrow.account_of(opened.key.address).read(opened.anvil.rpc)
    ballast("account", "deposit", str(SOME))
    assert ballast("account", "thaw", "600").exit_code == 0
    joined = ballast("account", "thaw", "400")
    assert "600 token units (0.000600 tBAL) thaws already: the delay starts anew for all of it" in joined.stderr
    free, _, thawing, thawed_at = opened.escrow.balances(number).read(opened.anvil.rpc)
    assert (free, thawing) == (SOME - 1_000, 1_000)
    told = json.loads(ballast("account", "balance", "--json").stdout)
    assert (told["thawing"], told["thawed_at"]) == (1_000, thawed_at)
    early = ballast("account", "withdraw")
    assert early.exit_code == 2
    assert said(early).startswith("too early: 1,000 token units (0.001000 tBAL) can be withdrawn from 20")
    opened.wait(PARAMETERS.thaw_seconds)
    receiver = Account.create().address
    done = ballast("account", "withdraw", "--to", receiver)
    assert done.exit_code == 0, done.stderr
    assert opened.token.balanceOf(receiver).read(opened.anvil.rpc) == 1_000
    ballast("account", "thaw", "5")
    opened.wait(PARAMETERS.thaw_seconds)
    assert ballast("account", "withdraw").exit_code == 0
    assert opened.token.balanceOf(opened.key.address).read(opened.anvil.rpc) == 9 * SOME + 5


def test_a_thaw_is_cancelled(opened: Stand, ballast: Command) -> None:
    number = opened.escrow.account_of(opened.key.address).read(opened.anvil.rpc)
    ballast("account", "deposit", str(SOME))
    ballast("account", "thaw", "600")
    assert ballast("account", "thaw", "--cancel").exit_code == 0
    assert opened.escrow.balances(number).read(opened.anvil.rpc)[:3] == (SOME, 0, 0)
    assert ballast("account", "thaw", "--cancel").exit_code == 3
    for wrong in ((), ("5", "--cancel")):
        assert said(ballast("account", "thaw", *wrong)) == "give AMOUNT, or --cancel in its place"


@pytest.mark.parametrize(
    "arguments",
    [("open",), ("deposit", "5"), ("thaw", "5"), ("thaw", "--cancel"), ("withdraw",)],
)
def test_a_dry_run_sends_nothing(opened: Stand, ballast: Command, arguments: tuple[str, ...]) -> None:
    ballast("account", "deposit", str(SOME))
    if arguments[0] in ("withdraw", "thaw"):
        ballast("account", "thaw", "600")
        opened.wait(PARAMETERS.thaw_seconds)
    before = opened.nonce()
    done = ballast("account", *arguments, "--dry-run", "--json")
    assert done.exit_code == 0, done.stderr
    assert opened.nonce() == before
    if arguments[0] != "open":
        kinds = [deed["kind"] for deed in json.loads(done.stdout)["would_send"]]
        assert kinds == {"deposit": ["approve", "deposit"], "withdraw": ["withdraw"]}.get(
            arguments[0], ["cancel_thaw" if "--cancel" in arguments else "thaw"]
        )


def test_an_allowance_is_changed_by_way_of_zero(opened: Stand, ballast: Command) -> None:
    """Some tokens refuse to change one allowance to another."""
    token = opened.token
    opened.anvil.rpc.call("anvil_impersonateAccount", opened.key.address)
    token.approve(opened.escrow.address, 3).send(opened.anvil.rpc, opened.key.address)
    done = ballast("account", "deposit", "5", "--json")
    assert [t["kind"] for t in json.loads(done.stdout)["transactions"]] == ["approve", "approve", "deposit"]
    assert token.allowance(opened.key.address, opened.escrow.address).read(opened.anvil.rpc) == 0


# Mistakes: each is one line


def test_what_is_missing_is_named(stand: Stand, ballast: Command) -> None:
    me = stand.key.address
    done = ballast("account", "open")
    assert done.exit_code == 3
    assert said(done) == f"{me} has 0 token units (0.000000 tBAL), and the entry fee is {FEE:,}: send it {FEE:,} more"
    for arguments in (("deposit", "5"), ("thaw", "5"), ("withdraw",)):
        done = ballast("account", *arguments)
        assert done.exit_code == 3
        assert said(done) == f"{me} has no escrow account: open one with `ballast account open`"
    stand.fund(FEE)
    stand.anvil.rpc.call("anvil_setBalance", me, hex(10**9))
    done = ballast("account", "open")
    assert done.exit_code == 3
    assert said(done).endswith(f" for gas, and {me} has 1 gwei: send it more".replace("1 gwei", "0.000000001 ether"))
    assert stand.nonce() == 0


@pytest.mark.usefixtures("opened")
def test_too_much_is_refused(ballast: Command) -> None:
    done = ballast("account", "deposit", str(10 * SOME + 1))
    assert done.exit_code == 3
    assert said(done).endswith("and the deposit is 200,001: send it 1 more")
    ballast("account", "deposit", "100")
    done = ballast("account", "thaw", "101")
    assert done.exit_code == 3
    assert said(done).endswith("has 100 token units (0.000100 tBAL) free, which is less than 101")
    assert ballast("account", "withdraw").exit_code == 3


def test_stake_behind_capacity_is_not_thawed(opened: Stand, ballast: Command) -> None:
    participants = opened.deployment.contract(ParticipantRegistry)
    need = 10 * PARAMETERS.stake_per_unit
    opened.fund(need + 7)
    ballast("account", "deposit", str(need + 7))
    opened.anvil.rpc.call("anvil_impersonateAccount", opened.key.address)
    participants.register(2, 10, 0, 0).send(opened.anvil.rpc, opened.key.address)
    done = ballast("account", "thaw", "8")
    assert done.exit_code == 3
    assert said(done).startswith("no more than 7 token units (0.000007 tBAL) can be thawed: the rest of account ")
    assert ballast("account", "thaw", "7").exit_code == 0


def test_deposits_that_are_paused(opened: Stand, ballast: Command) -> None:
    opened.escrow.pause_deposits(True).send(opened.anvil.rpc, opened.owner)
    done = ballast("account", "deposit", "5")
    assert done.exit_code == 2
    assert said(done) == "the owner of the escrow has paused deposits and new accounts: try again later"


@pytest.mark.parametrize("amount", ["-5", "+5", "1.5", "-0.5", "1e6", "1_000", "1,000", "0x10", "five", "", "0", "٣"])
def test_amounts_that_are_none(stand: Stand, ballast: Command, amount: str) -> None:
    for name in ("deposit", "thaw"):
        done = ballast("account", name, amount)
        assert done.exit_code == 2
        wanted = f"a whole number of token units, 1 or more, is wanted, not {amount!r}; "
        assert wanted in said(done)
        assert said(done).startswith("Invalid value for ")
    assert stand.nonce() == 0


def test_other_mistakes(ballast: Command) -> None:
    assert "more than an account can hold" in said(ballast("account", "deposit", str(2**96)))
    assert "more than an account can hold" in said(ballast("account", "deposit", "9" * 50))
    for wrong in ("me", "0x12", "0x" + "00" * 20, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267"):
        done = ballast("account", "withdraw", "--to", wrong)
        assert done.exit_code == 2
        assert (
            said(done)
            == f"--to is {wrong!r}: the address of a receiver is wanted, in small letters or with its checksum"
        )
    assert "a number above 0 and of at most 1,000,000 is wanted" in said(
        ballast("account", "open", "--wait-seconds", "-1")
    )
    done = ballast("account", "balance", account="nobody")
    assert done.exit_code == 2
    assert said(done).startswith("there is no keystore 'nobody': ")
    assert ballast("account", "open", env={"BALLAST_KEEPER_PASSPHRASE": "wrong"}).exit_code == 2
    done = ballast("account", "open", "--rpc", "http://127.0.0.1:1", "--max-fee-gwei", "0")
    assert said(done) == "--max-fee-gwei is 0.0: must be between 0.000000001 and 1,000,000,000"


def test_no_node(stand: Stand) -> None:
    arguments = ["--rpc", "http://127.0.0.1:1", "--account", str(stand.folder / "key.json")]
    arguments += ["--deployment", str(stand.folder / "deployment.json"), "--journal", "sqlite://"]
    for name in ("open", "balance"):
        done = plain("account", name, *arguments)
        assert done.exit_code == 1
        assert said(done).startswith("no usable answer from the node at http://127.0.0.1:1: ")


def test_gas_that_is_too_dear(opened: Stand, ballast: Command) -> None:
    opened.anvil.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**10))
    opened.anvil.rpc.call("evm_mine")
    done = ballast("account", "deposit", "5", "--max-fee-gwei", "1")
    assert done.exit_code == 1
    assert said(done).endswith("more than the highest price allowed, 1 gwei: wait, or --max-fee-gwei")


def test_a_journal_that_cannot_be_written(stand: Stand, ballast: Command) -> None:
    (stand.folder / "journal.db").write_bytes(b"my letters" * 100)
    stand.fund(FEE)
    assert ballast("account", "open").exit_code == 5
    assert stand.nonce() == 0


def test_a_keeper_with_the_key_is_not_disturbed(opened: Stand, ballast: Command) -> None:
    with Journal.open(f"sqlite:///{opened.folder / 'journal.db'}") as journal:
        journal.claim(opened.key.address)
        done = ballast("account", "deposit", "5")
    assert done.exit_code == 2
    assert said(done).startswith("another process works with the key ")


# What is under way


def test_what_was_cut_short_is_seen_through_and_done_once(opened: Stand, ballast: Command) -> None:
    rpc = opened.anvil.rpc
    number = opened.escrow.account_of(opened.key.address).read(opened.anvil.rpc)
    opened.anvil.rpc.call("anvil_impersonateAccount", opened.key.address)
    opened.token.approve(opened.escrow.address, SOME).send(opened.anvil.rpc, opened.key.address)
    rpc.call("evm_setAutomine", False)
    short = ballast("account", "deposit", str(SOME), "--wait-seconds", "0.2")
    assert short.exit_code == 1
    assert "deposit is not included after 0.2 s" in said(short)
    told = json.loads(ballast("account", "balance", "--json").stdout)
    assert [(row["kind"], row["state"]) for row in told["under_way"]] == [("deposit", "sent")]
    rpc.call("anvil_dropAllTransactions")
    rpc.call("evm_setAutomine", True)
    again = ballast("account", "deposit", str(SOME))
    assert again.exit_code == 2
    assert "an earlier deposit was under way and is included now" in said(again)
    assert opened.escrow.balances(number).read(opened.anvil.rpc)[0] == SOME
    told = json.loads(ballast("account", "balance", "--json").stdout)
    assert [row["state"] for row in told.get("under_way", [])] in ([], ["mined"]), (
        "included, be it final already or not"
    )


def test_an_account_that_is_not_final_takes_no_deposit(stand: Stand, ballast: Command) -> None:
    """Its number may become another's."""
    stand.fund(FEE + SOME)
    assert ballast("account", "open").exit_code == 0
    done = ballast("account", "deposit", "5", confirmations=2)
    assert done.exit_code == 2
    assert "is not final yet" in said(done)
    stand.anvil.rpc.call("anvil_mine", "0x2")
    assert ballast("account", "deposit", "5", "--wait-seconds", "0.3", confirmations=2).exit_code == 1
    stand.anvil.rpc.call("anvil_mine", "0x2")
    number = stand.escrow.account_of(stand.key.address).read(stand.anvil.rpc)
    assert stand.escrow.balances(number).read(stand.anvil.rpc)[0] == 5


def test_confirmations_are_waited_for(stand: Stand, ballast: Command) -> None:
    stand.fund(FEE)
    stand.anvil.rpc.call("anvil_mine", "0x3")
    stand.anvil.rpc.call("evm_setIntervalMining", 1)
    try:
        done = ballast("account", "open", "--json", confirmations=1)
    finally:
        stand.anvil.rpc.call("evm_setIntervalMining", 0)
    assert done.exit_code == 0, done.stderr
    sent = json.loads(done.stdout)["transactions"][-1]
    head = int(stand.anvil.rpc.call("eth_blockNumber"), 16)
    assert sent["block"] < head
    assert "; waiting for 1 confirmation\n" in done.stderr


def test_a_keeper_leaves_what_the_owner_wants(opened: Stand, ballast: Command) -> None:
    """A deposit that waits too long is replaced at a higher fee, and not taken back."""
    rpc = opened.anvil.rpc
    number = opened.escrow.account_of(opened.key.address).read(opened.anvil.rpc)
    opened.anvil.rpc.call("anvil_impersonateAccount", opened.key.address)
    opened.token.approve(opened.escrow.address, SOME).send(opened.anvil.rpc, opened.key.address)
    rpc.call("evm_setAutomine", False)
    ballast("account", "deposit", str(SOME), "--wait-seconds", "0.1")
    rpc.call("anvil_dropAllTransactions")
    rpc.call("anvil_mine", "0x6")
    kept = ballast("keeper", "once", "--json")
    assert "REPLACED" in kept.stderr
    assert "CANCELLED" not in kept.stderr
    rpc.call("evm_mine")
    assert opened.escrow.balances(number).read(opened.anvil.rpc)[0] == SOME
