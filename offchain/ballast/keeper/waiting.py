"""What transactions that wait mean to a keeper: the work they do, and whether they should still do it."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Final

from ballast.chain.contract import Call
from ballast.client.contracts import CollateralEscrow, MockToken
from ballast.keeper.decide import GAS_TASK, challenge_item, place_of, poke_item, post_item, task_item
from ballast.keeper.settings import KeeperSettings
from ballast.keeper.view import View
from ballast.model.page_packing import LOGITS
from ballast.transact.flight import CANCEL
from ballast.transact.tables import MINED, Transaction

DEEDS: Final = tuple(
    function.__name__
    for function in (
        MockToken.approve,
        CollateralEscrow.open_account,
        CollateralEscrow.deposit,
        CollateralEscrow.thaw,
        CollateralEscrow.cancel_thaw,
        CollateralEscrow.withdraw,
    )
)
"""Kinds of what the owner of the key does, by `ballast account`: nobody else decides that it is not wanted any more."""


def meaning(call: Call[Any], closed: int, settings: KeeperSettings) -> tuple[int, tuple[str, ...]] | None:
    """Tell what a call found waiting is for: epoch and units of work; None if it is none of a keeper's actions.

    Parameters
    ----------
    call : Call
        Of the reputation contract or of the task registry.
    closed : int
        The epoch that closed last, which a poke would be for.
    settings : KeeperSettings
    """
    arguments = call.arguments
    match call.function:
        case "post":
            return arguments[0], (post_item(arguments[0], arguments[1], settings),)
        case "challenge":
            return arguments[0], tuple(challenge_item(arguments[0], page) for page in arguments[1])
        case "poke":
            return closed, tuple(poke_item(closed, page) for page in arguments[0])
        case "bond" | "collect":
            return 0, (call.function,)
        case step if step in GAS_TASK:
            return 0, tuple(task_item(task) for task in arguments[0])
        case _:
            return None


def outdated(transaction: Transaction, view: View) -> bool:
    """Whether a transaction that waits would do the wrong thing if it was included now.

    So does one of an epoch that is over, or of the other half of this one; and a post that says of a page nobody
    has written what is not the computed value, or not any more, after a reorganisation that changed what the epoch
    measured.

    Parameters
    ----------
    transaction : Transaction
    view : View
    """
    if transaction.kind not in ("post", "poke", "challenge") or transaction.state == MINED:
        return False
    first_half = view.clock < view.epoch_seconds // 2
    if transaction.epoch != view.closed or transaction.kind == ("poke" if first_half else "post"):
        return True
    if transaction.kind != "post":
        return False
    _, first, pages = view.reputation.called(transaction.data).arguments
    places = range(first, min(first + len(pages), len(view.expected)))
    return any(not view.written[page] and pages[page - first] & LOGITS != view.expected[page] for page in places)


def unwanted(transaction: Transaction, due: Set[str], seen: Set[tuple[int, int]]) -> bool:
    """Whether a transaction's work need not be done any more.

    Parameters
    ----------
    transaction : Transaction
    due : set of str
        Units of work that are to be done.
    seen : set of tuple of int
        Operators and slots of the tasks looked at; the steps of others may still be due.
    """
    if transaction.kind in (CANCEL, *DEEDS) or any(item in due for item in transaction.items):
        return False
    return transaction.kind not in GAS_TASK or all(place_of(item) in seen for item in transaction.items)
