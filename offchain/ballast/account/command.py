"""The command ``ballast account``."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy import select

from ballast.account.desk import Desk, Receipt
from ballast.account.funds import Funds, Purse
from ballast.chain.address import checked
from ballast.chain.contract import Call
from ballast.client.contracts import CollateralEscrow
from ballast.deployment import ZERO_ADDRESS
from ballast.errors import UserError
from ballast.keeper.config import blamed
from ballast.keeper.discover import network_of
from ballast.keeper.observe import Observer
from ballast.keeper.options import (
    FILE,
    PASSPHRASE_VARIABLE,
    asked,
    check_deployment,
    deployment_of,
    discreet,
    journal_of,
    key_options,
    network_options,
    nodes_of,
    options,
    passphrase_option,
    sending_options,
    settings_of,
    statuses,
    unlocked,
    waiting_options,
)
from ballast.keeper.show import show
from ballast.keeper.waiting import DEEDS
from ballast.model.constants import MAX_AMOUNT
from ballast.signals import interruptible
from ballast.transact import log
from ballast.transact.accounts import address_named, first_line, key_of, make, passphrase, refuse_taken
from ballast.transact.journal import Journal
from ballast.transact.tables import OPEN, TRANSACTIONS
from ballast.transact.watch import Watch

deed_options = options(network_options, key_options, sending_options, waiting_options)


class WholeUnits(click.ParamType):
    """A number of whole token units, as everywhere in Ballast."""

    name = "units"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read an amount."""
        if isinstance(value, int):
            return value
        amount = int(value) if re.fullmatch("[0-9]{1,4000}", value) else 0
        if amount < 1:
            self.fail(f"a whole number of token units, 1 or more, is wanted, not {value!r}", param, ctx)
        if amount > MAX_AMOUNT:
            self.fail(f"{value} token units are more than an account can hold, {MAX_AMOUNT}", param, ctx)
        return amount


class AmountCommand(click.Command):
    """A command with an amount, which may be given with a sign by mistake."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take a negative number for what it is, and not for an option."""
        for before, given in zip(["", *args], args, strict=False):
            if re.fullmatch(r"-[0-9.].*", given) and not before.startswith("-"):
                amount = next(p for p in self.params if p.name == "amount")
                WholeUnits().convert(given, amount, ctx)
        return super().parse_args(ctx, args)


AMOUNT: Final = WholeUnits()


@click.group()
def account() -> None:
    """Make a key, open an escrow account, and move its funds.

    Amounts are whole token units, the smallest amount of the token. Exit statuses: 0 done, 1 the chain failed, 2 a
    mistake in the arguments, 3 tokens, ether or the escrow account are missing, 4 nodes contradict each other, 5 the
    journal cannot be used.
    """


@account.command()
@click.argument("file", type=FILE)
@click.option(
    "--private-key-file",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Take the private key in the first line of this file, or of stdin (-), instead of a new one.",
)
@passphrase_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def new(file: Path, private_key_file: str | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Make a keystore FILE that only you can read, and print its address."""
    refuse_taken(file)
    key = None
    if private_key_file is not None:
        key = key_of(
            sys.stdin.readline() if private_key_file == "-" else first_line(Path(private_key_file), "private key")
        )
    secret = passphrase(passphrase_file, PASSPHRASE_VARIABLE, lambda: asked(twice=True))
    address = make(file, secret, key)
    show({"address": address, "keystore": str(file)}, as_json, "keystore made: keep it and its passphrase safe")


@account.command("open")
@deed_options
def open_(**given: Any) -> None:
    """Open the escrow account of a key and pay the entry fee. If it is open already, nothing changes."""
    with _desk(given, CollateralEscrow.open_account) as (desk, funds):
        if funds.account:
            _tell_funds(given, funds, [], f"account {funds.account} is open already")
            return
        funds.check_open()
        deeds = [*_approval(desk, funds, funds.entry_fee), desk.escrow.open_account()]
        _do(desk, deeds, given, lambda after: f"account {after.account} is open")


@account.command(cls=AmountCommand)
@deed_options
@click.argument("amount", type=AMOUNT)
def deposit(amount: int, **given: Any) -> None:
    """Move AMOUNT token units from the key's address into its account, where they are free."""
    with _desk(given, CollateralEscrow.deposit) as (desk, funds):
        funds.check_deposit(amount)
        deeds = [*_approval(desk, funds, amount), desk.escrow.deposit(funds.account, amount)]
        _do(desk, deeds, given, lambda after: f"{after.told(amount)} deposited")


@account.command(cls=AmountCommand)
@deed_options
@click.option("--cancel", is_flag=True, help="Return all that thaws to the free funds instead.")
@click.argument("amount", type=AMOUNT, required=False)
def thaw(amount: int | None, cancel: bool, **given: Any) -> None:
    """Begin to thaw AMOUNT token units of the free funds. Withdraw them later.

    If some funds thaw already, the delay starts anew for all of them.
    """
    if cancel == (amount is not None):
        raise UserError("give AMOUNT, or --cancel in its place")
    with _desk(given, CollateralEscrow.cancel_thaw if amount is None else CollateralEscrow.thaw) as (desk, funds):
        if amount is None:
            funds.check_cancel()
            _do(desk, [desk.escrow.cancel_thaw()], given, lambda _: f"{funds.told(funds.thawing)} free again")
        else:
            funds.check_thaw(amount)
            if funds.thawing:
                _say(f"{funds.told(funds.thawing)} thaws already: the delay starts anew for all of it")
            _do(
                desk,
                [desk.escrow.thaw(amount)],
                given,
                lambda after: f"thawing; to be withdrawn from {after.thaw_ends}",
            )


@account.command()
@deed_options
@click.option("--to", "receiver", help="Address that takes the tokens.  [default: the key's own]")
def withdraw(receiver: str | None, **given: Any) -> None:
    """Send all that has thawed from the account to an address."""
    if receiver is not None and checked(receiver) in (None, ZERO_ADDRESS):
        raise UserError(
            f"--to is {receiver!r}: the address of a receiver is wanted, in small letters or with its checksum"
        )
    with _desk(given, CollateralEscrow.withdraw) as (desk, funds):
        funds.check_withdraw()
        to = checked(receiver) or funds.address
        _do(desk, [desk.escrow.withdraw(to)], given, lambda _: f"{funds.told(funds.thawing)} sent to {to}")


@account.command()
@network_options
@click.option("--account", required=True, help="Keystore, name of an account, or address to look at.")
def balance(account: str, **given: Any) -> None:
    """Show the funds of an account and of its address; needs no passphrase."""
    settings = settings_of(given)
    with blamed("account"):
        address = address_named(account)
    with statuses(), contextlib.ExitStack() as stack:
        nodes = stack.enter_context(contextlib.closing(nodes_of(given, settings)))
        stack.enter_context(discreet(nodes))
        deployment = deployment_of(nodes, given)
        memory = stack.enter_context(Journal.open("sqlite://"))
        watch = Watch(nodes, memory, settings.confirmations, log.nothing, log.nothing, deployment.block)
        purse = Purse(deployment, nodes, Observer(deployment, nodes, settings))
        funds = purse.read(address, watch.tip())
        with blamed("journal_url"):
            journal = Journal.to_read(given["journal_url"], network_of(deployment))
        waiting = _under_way(stack.enter_context(journal), address) if journal is not None else []
        content = funds.table() if given["as_json"] else funds.lines()
        show({**content, **({"under_way": waiting} if waiting else {})}, given["as_json"], "funds")


# Putting it together


@contextlib.contextmanager
def _desk(given: dict[str, Any], deed: Callable[..., Call[Any]]) -> Iterator[tuple[Desk, Funds]]:
    """Open key, nodes and journal for a deed, see earlier ones through, and read the funds."""
    with statuses(), interruptible(), contextlib.ExitStack() as stack:
        settings = settings_of(given)
        check_deployment(given)  # a mistake here should not cost a passphrase
        nodes = stack.enter_context(contextlib.closing(nodes_of(given, settings)))
        key = unlocked(given)
        journal = stack.enter_context(journal_of(given))
        stack.enter_context(discreet(nodes, journal))
        journal.claim(key.address)
        deployment = deployment_of(nodes, given, verified=True)
        desk = Desk(deployment, nodes, key, journal, settings, given["wait_seconds"], _say)
        try:
            if not settings.dry_run:
                desk.clear(deed.__name__)
            yield desk, desk.funds()
        except KeyboardInterrupt:
            _say("what was sent stays sent: `ballast account balance` tells what is under way")
            raise


def _approval(desk: Desk, funds: Funds, amount: int) -> list[Call[Any]]:
    """Let the escrow take an amount, if it may not; some tokens change an allowance by way of zero only."""
    if funds.allowance >= amount:
        return []
    amounts = [0, amount] if funds.allowance else [amount]
    return [desk.token.approve(desk.escrow.address, each) for each in amounts]


def _do(desk: Desk, deeds: list[Call[Any]], given: dict[str, Any], done: Callable[[Funds], str]) -> None:
    """Do deeds in order, the last one until it is final, and tell what came of it."""
    if given["dry_run"]:
        desk.do(deeds[0])
        would = [{"kind": deed.function, "arguments": list(deed.arguments)} for deed in deeds]
        told = {deed.function: " ".join(map(str, deed.arguments)) or "-" for deed in deeds}
        show({"dry_run": True, "would_send": would} if given["as_json"] else told, given["as_json"], "would be sent")
        return
    receipts = [desk.do(deed, final=deed is deeds[-1]) for deed in deeds]
    after = desk.funds()
    _tell_funds(given, after, [receipt for receipt in receipts if receipt is not None], done(after))


def _tell_funds(given: dict[str, Any], funds: Funds, receipts: list[Receipt], title: str) -> None:
    """Print what was sent, and the funds after it."""
    sent = [receipt.table() for receipt in receipts]
    if given["as_json"]:
        show({"transactions": sent, **funds.table()}, True, title)
    else:
        show({**({"transactions": sent} if sent else {}), **funds.lines()}, False, title)


def _under_way(journal: Journal, address: str) -> list[dict[str, Any]]:
    """Deeds of an address that are not final, as the journal knows them."""
    t = TRANSACTIONS.c
    wanted = select(t.kind, t.nonce, t.state, t.mined_block, t.hash)
    return journal.read(wanted.where(t.sender == address, t.state.in_(OPEN), t.kind.in_(DEEDS)).order_by(t.nonce))


def _say(line: str) -> None:
    click.echo(line, err=True)
