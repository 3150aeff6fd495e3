"""Conditions of a keeper's own, beside those of every sender."""

from __future__ import annotations

from typing import Final

from ballast.transact.log import Code, Condition


class KeeperCode(Condition):
    """Conditions of a keeper's own."""

    STARTED = ("info", "the keeper began its work")
    STOPPED = ("info", "the keeper ended its work as it was asked to")
    PASS = ("info", "a pass is complete", ("epoch", "block", "missing", "in_flight"))
    BOUNDARY = ("info", "the new epoch has no confirmed block yet")
    BOUNDARY_LONG = ("error", "half of the epoch is over and none of its blocks has the confirmations asked for")
    WAITS_TURN = ("info", "another keeper's turn comes first")
    WRONG_VALUE = ("warning", "a keeper posted a value other than the computed one")
    OWN_WRONG_VALUE = ("error", "this keeper's own post differs from the computed value")
    VALUE_MISMATCH = ("error", "the contract computes another value than the keeper from what a node told it")
    LOW_BALANCE = ("warning", "the account will run dry")
    NO_ACCOUNT = ("error", "the address has no escrow account, so that it cannot post")
    BOND_SHORT = ("error", "the bond does not cover the pages that are to be posted", (), False)
    EPOCH_LOST = ("error", "an epoch ended with pages that nobody wrote")


CONDITIONS: Final[dict[str, Condition]] = {condition.name: condition for condition in (*Code, *KeeperCode)}
"""All conditions a keeper can be in, by their codes."""
