"""Why a value is what it is (inputs, formula, result), and how the network and the keeper stand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ballast.client.contracts import GasReputation
from ballast.errors import UserError
from ballast.keeper import compute
from ballast.keeper.decide import challenge_item, order, poke_item
from ballast.keeper.observe import Evidence, Observer
from ballast.model import activity, load_curve, page_packing, reputation_filter
from ballast.model.constants import PAGE, PPM
from ballast.model.fixed_point import sigmoid
from ballast.model.reputation_filter import scaled
from ballast.transact.blocks import Tip
from ballast.transact.journal import Journal
from ballast.transact.tables import EVENTS, TRANSACTIONS

RECENT = 10
"""Rows of each kind that the status shows."""


def describe_inputs(evidence: Evidence) -> dict[str, Any]:
    """Put the inputs of an epoch into the form the journal keeps; large numbers as text."""
    i = evidence.inputs
    busy = [[a, str(n), str(k), *map(str, i.activity[a])] for a, (n, k) in i.fees.items()]
    return {
        "epoch": i.epoch,
        "epoch_seconds": i.epoch_seconds,
        "words": [hex(word) for word in evidence.parameter_words],
        "pages": [hex(word) for word in i.page_words],
        "busy": busy,
    }


def inputs_of(table: dict[str, Any]) -> compute.Inputs:
    """Read back what `describe_inputs` wrote."""
    before, now, curve = (int(word, 16) for word in table["words"])
    busy = [tuple(map(int, row)) for row in table["busy"]]
    return compute.Inputs(
        epoch=table["epoch"],
        epoch_seconds=table["epoch_seconds"],
        parameters=reputation_filter.unpack(before),
        holding=reputation_filter.unpack(now),
        peak=load_curve.peak(curve),
        page_words=[int(word, 16) for word in table["pages"]],
        fees={account: (n, k) for account, n, k, _, _ in busy},
        activity={account: (bonus, overload) for account, _, _, bonus, overload in busy},
    )


def explain(inputs: compute.Inputs, account: int) -> dict[str, Any]:
    """Take one account's step again, by the model alone, and show every term of it.

    Parameters
    ----------
    inputs : compute.Inputs
        Of the epoch.
    account : int
        The account.

    Raises
    ------
    UserError
        If the account was on no page then.
    """
    if not 0 <= account < inputs.accounts:
        raise UserError(f"account {account} was on no page in epoch {inputs.epoch}: there were {inputs.accounts}")
    p = inputs.parameters
    page = account // PAGE * 2
    word = page_packing.holding(inputs.page_words[page], inputs.page_words[page + 1], inputs.epoch + 1)
    phi = compute.holding_logits(inputs.page_words[page : page + 2], inputs.epoch + 1, inputs.holding)[account % PAGE]
    n, k = inputs.fees.get(account, (0, 0))
    told: dict[str, Any] = {
        "epoch": inputs.epoch,
        "account": account,
        "inputs": {
            "phi": phi,
            "phi_written_for_epoch": page_packing.epoch_of(word),
            "n": n,
            "k": k,
            "parameters": {name: getattr(p, name) for name in p.__slots__},
        },
    }
    bonus = overload = 0
    if n == 0:
        told["formula"] = "phi - max(phi - newcomer, 0) * drift // PPM"
        told["terms"] = {"drift": -scaled(max(phi - p.newcomer, 0), p.drift, PPM)}
    else:
        bonus, overload = activity.shares(*inputs.activity[account], inputs.peak, inputs.epoch_seconds)
        seconds = dict(zip(("bonus", "overload"), inputs.activity[account], strict=True))
        told["inputs"] |= {f"{name}_integral": value for name, value in seconds.items()}
        told["inputs"] |= {"peak": inputs.peak, "rho": sigmoid(phi), "bonus": bonus, "overload": overload}
        told["formula"] = (
            "idle + q((active - idle) * min(n, n0), n0)"
            "; idle = phi - max(phi - newcomer, 0) * drift // PPM"
            "; active = clamp(omega + q(phi * beta, PPM) + q((k * PPM - rho * n) * alpha, n * PPM)"
            " + q((bonus - overload) * gamma, PPM))"
        )
        told["terms"] = {
            "omega": p.omega,
            "memory": scaled(phi, p.beta, PPM),
            "surprise": scaled(k * PPM - sigmoid(phi) * n, p.alpha, n * PPM),
            "load": scaled(bonus - overload, p.gamma, PPM),
        }
        told["active"] = reputation_filter.clamp(sum(told["terms"].values()))
        told["idle"] = reputation_filter.idle(p, phi)
    result = reputation_filter.step(p, phi, n, k, bonus, overload)
    told["result"] = {"phi": result, "rho": sigmoid(result)}
    return told


def sent_for(journal: Journal, reputation: GasReputation, epoch: int, account: int) -> list[dict[str, Any]]:
    """List the transactions that wrote or corrected an account's value for an epoch, as the journal knows them.

    Only a post says a value (``phi``); the contract computes those of pokes and challenges.
    """
    page = account // PAGE
    others = {poke_item(epoch, page), challenge_item(epoch, page)}
    kinds = ("post", "poke", "challenge")
    names = ("kind", "hash", "nonce", "state", "mined_block", "mined_hash", "gas_used")
    columns = [TRANSACTIONS.c[name] for name in (*names, "data", "items")]
    query = select(*columns).where(TRANSACTIONS.c.kind.in_(kinds), TRANSACTIONS.c.epoch == epoch)
    found = []
    for row in journal.read(query):
        phi = None
        if row["kind"] == "post":
            _, first, pages = reputation.called(row["data"]).arguments
            if not first <= page < first + len(pages):
                continue
            phi = page_packing.logit(pages[page - first], account)
        elif not others & set(row["items"].split()):
            continue
        found.append({**{name: row[name] for name in names}, "phi": phi})
    return found


def replay(journal: Journal | None, observer: Observer, tip: Tip, epoch: int, account: int) -> dict[str, Any]:
    """Explain a value: from the journal if it knows the epoch, else from the chain if the epoch closed last.

    Parameters
    ----------
    journal : Journal or None
    observer : Observer
    tip : Tip
        Where the chain stands.
    epoch : int
        Epoch the value was posted for; 0 for the one that closed last.
    account : int
        Escrow account.

    Raises
    ------
    UserError
        If neither knows the epoch.
    """
    last = observer.clock(tip.block.timestamp)[0] - 1
    epoch = epoch or last
    kept = journal.inputs_of(epoch) if journal is not None else []
    if kept:
        number, digest, table = kept[0]
        inputs, source = inputs_of(table), {"journal": True, "block": number, "hash": digest}
    elif epoch == last and epoch > 0:
        inputs = observer.evidence(observer.nodes, tip.block).inputs
        source = {"journal": False, "block": tip.block.number, "hash": tip.block.hash}
    else:
        raise UserError(f"nothing is known of epoch {epoch}: the chain shows epoch {last}, the journal not this one")
    told = {**explain(inputs, account), "read_at": source}
    page_words = observer.page_words(observer.nodes, inputs.accounts // PAGE, tip.block.pinned)
    word = compute.written(page_words, epoch)[account // PAGE]
    if word:
        told["on_chain"] = {"phi": page_packing.logit(word, account), "poster": page_packing.poster(word)}
    if journal is not None:
        told["transactions"] = sent_for(journal, observer.reputation, epoch, account)
    return told


def status(journal: Journal | None, observer: Observer, tip: Tip, address: str | None) -> dict[str, Any]:
    """Tell how the network stands, and a keeper with its journal.

    Parameters
    ----------
    journal : Journal or None
    observer : Observer
    tip : Tip
    address : str or None
        The keeper's.
    """
    epoch, clock = observer.clock(tip.head.timestamp)
    count = observer.accounts(observer.nodes, tip.block.pinned)
    pages = -(-count // PAGE)
    page_words = compute.written(observer.page_words(observer.nodes, pages, tip.block.pinned), epoch - 1)
    needed = pages * PAGE * observer.reputation.BOND_PER_VALUE().read(observer.nodes)
    told: dict[str, Any] = {
        "epoch": epoch,
        "clock": clock,
        "block": tip.block.number,
        "head": tip.head.number,
        "base_fee": tip.head.base_fee,
        "accounts": count,
        "pages": pages,
        "pages_written": sum(word > 0 for word in page_words),
        "posters": sorted({page_packing.poster(word) for word in page_words if word}),
        "keepers_in_order": order(epoch, observer.able(tip, needed)),
        "bond_needed": needed,
    }
    if address is not None:
        own = observer.own(address, epoch, tip.head.pinned)
        told["own"] = {"address": address, **{name: getattr(own, name) for name in own.__slots__}}
    if journal is not None:
        told["journal"] = journal.name
        told["transactions"] = journal.counts()
        shown = [c for c in TRANSACTIONS.c if c.name not in ("network", "data", "raw", "sender", "receiver")]
        told["latest"] = journal.read(select(*shown).order_by(TRANSACTIONS.c.nonce.desc()).limit(RECENT))
        events = [c for c in EVENTS.c if c.name != "network"]
        told["events"] = journal.read(select(*events).order_by(EVENTS.c.id.desc()).limit(RECENT))
    return told
