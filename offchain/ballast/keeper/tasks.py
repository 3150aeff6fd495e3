"""Finding tasks that anyone can move on: all slots of all operators, a bounded part of them each pass."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ballast.keeper.observe import MAX_ACCOUNTS, Observer
from ballast.keeper.view import Overdue
from ballast.model import (
    activity,
    card_packing,
    class_packing,
    deadlines,
    load_curve,
    slash_split,
    task_number,
    task_packing,
)
from ballast.model.constants import MAX_TASK_SLOTS, OPERATOR
from ballast.model.parameters import NetworkParameters
from ballast.model.task_packing import DISPUTED, LATE, LIVE, SUBMITTED, WON, TaskProgress, TaskTerms
from ballast.transact.blocks import Tip

TaskWords = tuple[int, int, int]


class TaskScan:
    """Goes round the slots of all operators.

    Parameters
    ----------
    observer : Observer
        Reads the deployment.
    parameters : NetworkParameters
        What it was deployed with.
    slots : int
        Slots read each pass.

    Attributes
    ----------
    seen : set of tuple of int
        Operators and slots read in the last pass.
    """

    def __init__(self, observer: Observer, parameters: NetworkParameters, slots: int) -> None:
        self._observer = observer
        self._fee_per_unit = parameters.fee_per_unit
        self._stake_per_unit = parameters.stake_per_unit
        self._slots = slots
        self.seen: set[tuple[int, int]] = set()
        self._round: Iterator[tuple[int, int]] = iter(())
        self._classes: dict[int, class_packing.Auction] = {}
        self._owners: dict[int, int] = {}

    def overdue(self, tip: Tip, account: int) -> tuple[Overdue, ...]:
        """Tasks of the next part that can be moved on, at the confirmed and at the newest block alike.

        Parameters
        ----------
        tip : Tip
            Where the chain stands.
        account : int
            The keeper's escrow account.
        """
        part = list(islice(self._round, self._slots))
        if not part:
            self._round = iter(self._all_slots(tip))
            part = list(islice(self._round, self._slots))
        self.seen = set(part)
        found = {}
        for (operator, slot), task_words in zip(part, self._task_words(part, tip.block.pinned), strict=True):
            terms = task_packing.terms(task_words[0])
            if terms.sequence and terms.outcome == LIVE:
                found[operator, slot] = task_words
        self._learn({task_packing.terms(task_words[0]).class_id for task_words in found.values()}, tip)
        steps = {
            place: self.step(task_words, place[0], account, tip.head.timestamp) for place, task_words in found.items()
        }
        due = [place for place, step in steps.items() if step]
        newest = self._task_words(due, tip.head.pinned) if tip.head != tip.block else [found[place] for place in due]
        due = [place for place, task_words in zip(due, newest, strict=True) if task_words[:2] == found[place][:2]]
        chosen = []
        for operator, slot in due:
            terms = task_packing.terms(found[operator, slot][0])
            step = steps[operator, slot]
            gain = self._gain(step, found[operator, slot], operator, account, tip)
            chosen.append(Overdue(task_number.pack(operator, slot, terms.sequence), step, gain))
        return tuple(chosen)

    def step(self, task_words: TaskWords, operator: int, account: int, now: int) -> str:
        """Name what anyone can do with a live task; empty for nothing."""
        t, p = task_packing.terms(task_words[0]), task_packing.progress(task_words[1])
        c = self._classes[t.class_id]
        status = p.status if p.sequence == t.sequence else task_packing.NOBODY
        closing = deadlines.closing(t.opened, c.steps, c.step_seconds)
        chance = closing - 1 if account == operator else deadlines.chance_until(closing, c.rescue_seconds)
        last = deadlines.due(p.time, p.window)
        due = {
            task_packing.NOBODY: ("expire", chance),
            WON: ("slash", last),
            SUBMITTED: ("settle", deadlines.challenge_until(p.time, c.challenge_seconds)),
            DISPUTED: ("settle", deadlines.dispute_until(p.time)),
            LATE: ("fail", deadlines.rescue_until(last, p.rescued, c.rescue_seconds)),
        }
        step, last = due[status]
        return step if now > last else ""

    # Reading

    def _all_slots(self, tip: Tip) -> list[tuple[int, int]]:
        """All slots of all operators; those who left may have tasks in any."""
        o, at = self._observer, tip.block.pinned
        count = o.accounts(o.nodes, at)
        parts = [(first, min(MAX_ACCOUNTS, count - first)) for first in range(0, count, MAX_ACCOUNTS)]
        found = o.many([o.participants.activity_words(first, number) for first, number in parts], at)
        roles = [activity.unpack(word).role for part in found for word in part]
        operators = [a for a, role in enumerate(roles) if role & activity.ROLE_MASK == OPERATOR]
        owners = o.many([o.escrow.owner_of(operator) for operator in operators], at)
        cards = o.many([o.tasks.card(owner) for owner in owners], at)
        slots = []
        for operator, card in zip(operators, cards, strict=True):
            left = roles[operator] & activity.LEFT
            number = MAX_TASK_SLOTS if left else card_packing.unpack(card).slots
            slots += [(operator, slot) for slot in range(number)]
        return slots

    def _task_words(self, places: list[tuple[int, int]], at: object) -> list[TaskWords]:
        o = self._observer
        return o.many([o.tasks.task_words(task_number.pack(operator, slot, 0)) for operator, slot in places], at)

    def _learn(self, classes: set[int], tip: Tip) -> None:
        """Read classes not seen before; they never change."""
        o, new = self._observer, sorted(classes - self._classes.keys())
        for class_id, (auction, opening) in zip(
            new, o.many([o.tasks.class_words(class_id) for class_id in new], tip.block.pinned), strict=True
        ):
            self._classes[class_id] = class_packing.auction(auction)
            self._owners[class_id] = class_packing.opening(opening).avs

    # What it brings

    def _gain(self, step: str, task_words: TaskWords, operator: int, account: int, tip: Tip) -> int:
        """Compute what the keeper's account gains, token units."""
        t, p = task_packing.terms(task_words[0]), task_packing.progress(task_words[1])
        c = self._classes[t.class_id]
        collateral = class_packing.collateral(c, t.reward, p.capacity * self._stake_per_unit)
        penalty = class_packing.penalty(c, class_packing.collateral(c, t.reward, 0))
        if not account:
            return 0
        if step == "slash":
            return self._finder_share(t, p, c, collateral, tip)
        if step == "settle":
            price = task_packing.pay(t.reward, p.price)
            fee = class_packing.fee(c, price, self._fee_per_unit * t.difficulty)
            as_executor = price - fee + collateral if p.executor == account else 0
            return as_executor + (t.reward - price + penalty if operator == account else 0)
        receiver = operator if step == "expire" else self._owners[t.class_id]
        return penalty if receiver == account else 0

    def _finder_share(self, t: TaskTerms, p: TaskProgress, c: class_packing.Auction, collateral: int, tip: Tip) -> int:
        """Share of a slash under the present terms; those of the epoch of opening may differ."""
        o, at = self._observer, tip.block.pinned
        curve = o.one(o.participants.curve_in(o.clock(t.opened)[0]), at)
        terms = o.one(o.slasher.terms(), at)
        amplifier = load_curve.amplifier(curve, p.x)
        amount = slash_split.late_amount(t.reward, collateral, c.slash_factor, amplifier, terms.lateness_floor)
        return slash_split.split(amount, terms)[1]
