"""What to do, decided from a view alone: no clock, no network, no memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from eth_utils.crypto import keccak

from ballast.chain.contract import Call
from ballast.keeper.settings import KeeperSettings
from ballast.keeper.view import View
from ballast.model import task_number
from ballast.model.constants import MAX_BATCH, PAGE
from ballast.model.page_packing import GROUP, LOGITS, logit, poster
from ballast.transact.action import Action

CHALLENGE_TURNS: Final = 16
"""Turns in an epoch at challenging what others posted wrong."""

# Gas of what is done if it pays, rounded up from receipts; the node's own estimate decides before sending.
GAS_POKE_PAGE: Final = 120_000  # a challenged page is computed in the same way
GAS_CHALLENGE: Final = 80_000  # besides its pages
GAS_COLLECT: Final = 120_000
GAS_TASK: Final = {"settle": 60_000, "slash": 100_000, "fail": 80_000, "expire": 60_000}


def decide(view: View, settings: KeeperSettings) -> list[Action]:
    """List what to do now, the most urgent first.

    Parameters
    ----------
    view : View
        What the chain says.
    settings : KeeperSettings
        What the operator of the keeper wants.

    Returns
    -------
    list of Action
        Of the kinds ``post``, ``poke`` and ``challenge``, for the epoch that closed, and ``bond``, ``collect``,
        ``settle``, ``slash``, ``fail`` and ``expire``, for the present one.
    """
    if view.epoch < 2:
        return _endings(view, settings)
    actions = []
    short = needed_bond(view) - view.own.bond
    if settings.bond and 0 < short <= view.own.free and not own_wrong_pages(view):
        actions.append(Action(view.reputation.bond(short), view.epoch, ("bond",)))
    if my_turn(view, settings):
        actions += _posts(view, settings)
    actions += _pokes(view, settings)
    actions += _challenges(view, settings)  # last of the three: wrong pages must not crowd out the right ones
    if view.own.payable and _pays(view, settings, view.own.payable, GAS_COLLECT):
        actions.append(Action(view.reputation.collect(), view.epoch, ("collect",), view.own.payable, True))
    return actions + _endings(view, settings)


def post_item(epoch: int, page: int, settings: KeeperSettings) -> str:
    """Name the unit of work a post of a page belongs to: its part of a fixed division of all pages."""
    place = page % GROUP
    return f"post:{epoch}:{page - place % settings.post_pages}"


def poke_item(epoch: int, page: int) -> str:
    """Name the unit of work of a poke."""
    return f"poke:{epoch}:{page}"


def challenge_item(epoch: int, page: int) -> str:
    """Name the unit of work of a challenge of a page."""
    return f"challenge:{epoch}:{page}"


def task_item(task: int) -> str:
    """Name the unit of work of whatever moves a task on."""
    return f"task:{task}"


def place_of(item: str) -> tuple[int, int]:
    """Operator and slot of the task whose unit of work this is."""
    operator, slot, _ = task_number.unpack(int(item.removeprefix("task:")))
    return operator, slot


def needed_bond(view: View) -> int:
    """Bond that posting all pages needs, token units."""
    return len(view.expected) * PAGE * view.bond_per_value


def order(epoch: int, keepers: list[int]) -> list[int]:
    """Order of the keepers in an epoch: another one each epoch, the same for everybody who looks."""
    return sorted(keepers, key=lambda account: keccak(epoch.to_bytes(32, "big") + account.to_bytes(32, "big")))


def turn_begins(view: View, settings: KeeperSettings) -> int:
    """Second of the half epoch at which the keeper's turn begins: the first at once, those behind one after another."""
    half = view.epoch_seconds // 2
    return half * min(view.rank, settings.stand_ins) // (settings.stand_ins + 1)


def margin(view: View, settings: KeeperSettings) -> int:
    """Seconds before the end of a window within which nothing more is sent for it."""
    return min(settings.margin_seconds, view.epoch_seconds // 100)


def posting(view: View, settings: KeeperSettings) -> bool:
    """Whether a post sent now will be in time."""
    return view.epoch > 1 and view.clock + margin(view, settings) < view.epoch_seconds // 2


def my_turn(view: View, settings: KeeperSettings) -> bool:
    """Whether the keeper may post now."""
    return posting(view, settings) and view.clock >= turn_begins(view, settings) and view.own.account != 0


def _missing(view: View) -> list[int]:
    """Pages nobody has written, at neither block."""
    pages = zip(view.confirmed, view.written, strict=True)
    return [page for page, (confirmed, written) in enumerate(pages) if not confirmed and not written]


def _posts(view: View, settings: KeeperSettings) -> Iterator[Action]:
    """Post the missing pages: one post for each part of a fixed division, so that no two ever overlap."""
    room = view.own.bond // view.bond_per_value // PAGE - view.own.at_risk // PAGE
    missing = set(_missing(view))
    for start in range(0, GROUP * -(-len(view.expected) // GROUP), GROUP):
        for first in range(start, start + GROUP, settings.post_pages):
            part = [p for p in range(first, min(first + settings.post_pages, start + GROUP)) if p in missing][:room]
            if not part:
                continue
            room -= len(part)
            pages = view.expected[part[0] : part[-1] + 1]
            gain = len(part) * PAGE * view.pay_per_value
            items = (post_item(view.closed, first, settings),)
            yield Action(view.reputation.post(view.closed, part[0], pages), view.closed, items, gain)


def _pokes(view: View, settings: KeeperSettings) -> Iterator[Action]:
    """Poke what nobody posted in time, in the second half, by the same order as the posts."""
    half = view.epoch_seconds // 2
    late = view.clock - half >= turn_begins(view, settings)
    if settings.poke == "never" or not late or view.clock + margin(view, settings) >= view.epoch_seconds:
        return
    missing = _missing(view)
    for start in range(0, len(missing), settings.poke_pages):
        part = missing[start : start + settings.poke_pages]
        gain = len(part) * PAGE * view.pay_per_value if view.own.account else 0
        if settings.poke == "always" or _pays(view, settings, gain, GAS_POKE_PAGE * len(part)):
            items = tuple(poke_item(view.closed, page) for page in part)
            yield Action(view.reputation.poke(part), view.closed, items, gain, settings.poke == "pays")


def wrong_pages(view: View) -> list[int]:
    """List the posted pages that are not as computed, at the confirmed and at the newest block alike."""
    return [
        page
        for page, (expected, *words) in enumerate(zip(view.expected, view.confirmed, view.written, strict=True))
        if all(poster(word) != 0 and word & LOGITS != expected for word in words)
    ]


def wrong_values(view: View) -> list[int]:
    """Accounts of the wrong pages whose posted value is not the computed one."""
    return [
        account
        for page in wrong_pages(view)
        for account in range(page * PAGE, page * PAGE + PAGE)
        if logit(view.confirmed[page], account) != logit(view.expected[page], account)
    ]


def own_wrong_pages(view: View) -> list[int]:
    """Find those of the wrong pages that the keeper posted itself; more bond behind more of them would be foolish."""
    return [page for page in wrong_pages(view) if poster(view.confirmed[page]) == view.own.account]


def challenges_now(view: View, settings: KeeperSettings, page: int) -> bool:
    """Whether it is the keeper's turn to challenge a page: turns go round, so that not all pay for the same challenge.

    From three quarters of the epoch on it is everybody's.
    """
    takers = min(view.keepers, settings.stand_ins)
    if takers == 0 or view.clock * 4 >= view.epoch_seconds * 3:
        return True
    turn = view.clock * CHALLENGE_TURNS // view.epoch_seconds
    return (turn + page) % takers == view.rank


def _challenges(view: View, settings: KeeperSettings) -> Iterator[Action]:
    """Challenge the wrong pages in lists: what a transaction costs is paid once for all pages of one."""
    if settings.challenge == "never" or view.clock + margin(view, settings) >= view.epoch_seconds:
        return
    pays = settings.challenge == "pays"
    wrong = [page for page in wrong_pages(view) if challenges_now(view, settings, page)]
    for start in range(0, len(wrong), settings.poke_pages):
        part = wrong[start : start + settings.poke_pages]
        gain = len(part) * PAGE * view.bond_per_value // 2 if view.own.account else 0
        if not pays or _pays(view, settings, gain, GAS_CHALLENGE + GAS_POKE_PAGE * len(part)):
            items = tuple(challenge_item(view.closed, page) for page in part)
            call = view.reputation.challenge(view.closed, part, view.own.account)
            yield Action(call, view.closed, items, gain, pays)


def _endings(view: View, settings: KeeperSettings) -> list[Action]:
    """Settle, slash, fail and expire what is overdue, as far as each task pays for itself."""
    if settings.tasks == "never":
        return []
    actions = []
    for step, gas in GAS_TASK.items():
        due = [o for o in view.overdue if o.step == step]
        chosen = [o for o in due if settings.tasks == "always" or _pays(view, settings, o.gain, gas)]
        for start in range(0, len(chosen), MAX_BATCH):
            part = chosen[start : start + MAX_BATCH]
            tasks = [o.task for o in part]
            items = tuple(task_item(task) for task in tasks)
            gain = sum(o.gain for o in part)
            actions.append(Action(_ending(view, step, tasks), view.epoch, items, gain, settings.tasks == "pays"))
    return actions


def _ending(view: View, step: str, tasks: list[int]) -> Call[None]:
    """Call that moves overdue tasks on."""
    if step == "slash":
        return view.tasks.slash(tasks, view.own.account, strict=False)
    ends = {"settle": view.tasks.settle, "fail": view.tasks.fail, "expire": view.tasks.expire}
    return ends[step](tasks, strict=False)


def _pays(view: View, settings: KeeperSettings, gain: int, gas: int) -> bool:
    return gain * settings.token_wei > gas * view.gas_price
