"""Steps of a task's life, compiled: each changes the state as the contracts would.

``m`` is always the market, ``t`` a task's record; amounts come from the rules. Nothing is checked
here that a contract would refuse: agents ask ``fits`` first, and the engines compare every account after each period.
"""

from __future__ import annotations

from typing import Any

from ballast.model import activity, task_packing
from ballast.model.constants import BURN_ACCOUNT, POOL_ACCOUNT, PPM
from ballast.sim.compiled import compiled
from ballast.sim.market.records import Market
from ballast.sim.market.rules import (
    accrue,
    amplifier,
    awarded,
    collateral_of,
    due,
    fee_of,
    late_amount,
    load_bps,
    next_epoch,
    penalty_of,
    position,
    price_of,
    split,
    task_number_of,
)

LIVE, SETTLED, EXPIRED = task_packing.LIVE, task_packing.SETTLED, task_packing.EXPIRED
FAILED, FORFEITED = task_packing.FAILED, task_packing.FORFEITED
NOBODY, WON, SUBMITTED = task_packing.NOBODY, task_packing.WON, task_packing.SUBMITTED
DISPUTED, LATE = task_packing.DISPUTED, task_packing.LATE


# Time


@compiled
def set_time(m: Market, now: int) -> None:
    """Let it be a later time."""
    ledger, rules = m.ledger[0], m.rules[0]
    ledger.now = now
    ledger.epoch, ledger.clock = position(rules.genesis, rules.epoch_seconds, now)


@compiled
def keep(a: Any, now: Any) -> None:
    """Keep what is known of an account's activity."""
    a.capacity, a.epoch, a.clock, a.bonus, a.overload = now.capacity, now.epoch, now.clock, now.bonus, now.overload


@compiled
def touch(m: Market, account: int) -> None:
    """Bring a participant's activity up to now."""
    a = m.accounts[account]
    if a.epoch != m.ledger[0].epoch:
        keep(a, next_epoch(a, m.ledger[0].epoch))
    if a.clock != m.ledger[0].clock:
        keep(a, accrue(a, m, m.ledger[0].clock))


# Participants


@compiled
def open_account(m: Market, deposit: int) -> int:
    """Open an account with a deposit; its number. The entry fee is burned."""
    ledger = m.ledger[0]
    account = ledger.accounts
    m.accounts[account].free = deposit
    m.accounts[BURN_ACCOUNT].free += m.rules[0].entry_fee
    ledger.accounts += 1
    return int(account)


@compiled
def register(m: Market, account: int, role: int, capacity: int) -> None:
    """Register a participant; its capacity counts from the next epoch."""
    a = m.accounts[account]
    touch(m, account)
    a.role = role
    a.next_capacity = capacity
    m.ledger[0].next_total += capacity


@compiled
def leave(m: Market, account: int) -> None:
    """End a participation without load in flight."""
    a = m.accounts[account]
    touch(m, account)
    a.role |= activity.LEFT
    m.ledger[0].next_total -= a.next_capacity
    a.next_capacity = 0


@compiled
def capacity_of(m: Market, account: int) -> int:
    """Capacity of a participant now."""
    a = m.accounts[account]
    return int(a.capacity if a.epoch == m.ledger[0].epoch else a.next_capacity)


@compiled
def room_of(m: Market, account: int) -> int:
    """Largest load a participant may reach now."""
    return int(min(capacity_of(m, account), m.accounts[account].next_capacity))


@compiled
def change_load(m: Market, account: int, change: int) -> None:
    """Add or free load."""
    touch(m, account)
    m.accounts[account].load += change


@compiled
def end_fault(m: Market, account: int, released: int) -> None:
    """Free the load of slashed tasks and hold the capacity to what the stake covers."""
    touch(m, account)
    a = m.accounts[account]
    a.load -= released
    bound = max((a.free + a.locked) // m.rules[0].stake_per_unit, a.load)
    if a.next_capacity > bound:
        m.ledger[0].next_total += bound - a.next_capacity
        a.next_capacity = bound
    a.capacity = min(a.capacity, bound)


@compiled
def lock(m: Market, account: int, amount: int) -> None:
    """Lock free funds."""
    m.accounts[account].free -= amount
    m.accounts[account].locked += amount


@compiled
def fund_mandate(m: Market, class_id: int, operator: int, amount: int) -> None:
    """Move an AVS's free funds behind an operator's mandate."""
    m.accounts[m.classes[class_id].avs].free -= amount
    m.accounts[POOL_ACCOUNT].locked += amount
    m.mandates[class_id, operator] += amount


# Opening, and finding an executor


@compiled
def start_task(m: Market, t: Any, row: int) -> None:
    """Open a task in the operator's next free slot; ``row`` is the operator's in the table of slots."""
    m.tops[row] -= 1
    t.slot = m.slots[row, m.tops[row]]
    m.sequences[row, t.slot] += 1
    t.number = task_number_of(t.operator, t.slot, m.sequences[row, t.slot])
    t.opened = m.ledger[0].now
    c = m.classes[t.class_id]
    collateral = collateral_of(c, t.reward)
    m.mandates[t.class_id, t.operator] -= t.reward
    lock(m, t.operator, penalty_of(c, collateral))


@compiled
def take_own(m: Market, t: Any) -> None:
    """Make an operator the executor of its task, as it opens it or after an auction without a bid."""
    c = m.classes[t.class_id]
    lock(m, t.operator, collateral_of(c, t.reward))
    change_load(m, t.operator, t.difficulty)
    a = m.accounts[t.operator]
    t.opened = m.ledger[0].now
    t.executor, t.own, t.status = t.operator, 1, WON
    t.x = load_bps(a.load, a.capacity)
    t.time, t.due = t.opened, due(t.opened, c.submit_seconds)
    t.price = price_of(c, t, 0, 1)


@compiled
def reopen(m: Market, t: Any) -> None:
    """Give a task nobody bid for a second auction on the rising clock."""
    t.opened, t.rising = m.ledger[0].now, 1


@compiled
def win(m: Market, t: Any, bidder: int, step: int, x: int, score: int, price: int) -> None:
    """Enter the bid that wins a task, at a price in ppm of the reward."""
    c = m.classes[t.class_id]
    lock(m, bidder, collateral_of(c, t.reward))
    change_load(m, bidder, t.difficulty)
    t.executor, t.status, t.step, t.x, t.score = bidder, WON, step, x, score
    t.time = awarded(t.opened, step, c.step_seconds)
    t.due = due(t.time, c.submit_seconds)
    t.price = t.reward * price // PPM


# Results


@compiled
def submit(m: Market, t: Any) -> None:
    """Submit a result."""
    change_load(m, t.executor, -t.difficulty)
    t.status, t.time = SUBMITTED, m.ledger[0].now


@compiled
def slash(m: Market, t: Any, finder: int, proved: bool) -> int:
    """Take a late or wrong executor's collateral in part or whole; the amount. Its load is freed by `end_fault`."""
    rules, ledger = m.rules[0], m.ledger[0]
    c = m.classes[t.class_id]
    collateral = collateral_of(c, t.reward)
    amount = collateral
    if not proved:
        t.status = LATE
        more = amplifier(m, t.x)
        amount = late_amount(t.reward, collateral, c.slash_factor, more, rules.lateness_floor)
    compensation, found, burned, pooled = split(amount, rules)
    harmed = c.avs if t.executor == t.operator else t.operator
    m.accounts[t.executor].locked -= collateral
    m.accounts[t.executor].free += collateral - amount
    m.accounts[harmed].free += compensation
    m.accounts[finder].free += found
    m.accounts[BURN_ACCOUNT].free += burned
    m.accounts[POOL_ACCOUNT].free += pooled
    ledger.slashed += amount
    ledger.compensated += compensation
    ledger.found += found
    ledger.burned += burned
    ledger.pooled += pooled
    return amount


@compiled
def take_over(m: Market, t: Any, rescuer: int) -> None:
    """Make a coprocessor the executor of a late task."""
    c = m.classes[t.class_id]
    lock(m, rescuer, collateral_of(c, t.reward))
    change_load(m, rescuer, t.difficulty)
    a = m.accounts[rescuer]
    write_record(m, t.executor, fee_due(m, t), False)
    t.culprit, t.executor, t.status, t.rescued = t.executor, rescuer, WON, 1
    t.x = load_bps(a.load, a.capacity)
    t.time, t.due = m.ledger[0].now, due(m.ledger[0].now, c.submit_seconds)


@compiled
def settle(m: Market, t: Any, row: int) -> int:
    """Pay a submitted task whose window has passed; the fee."""
    ledger = m.ledger[0]
    c = m.classes[t.class_id]
    fee = fee_due(m, t)
    write_record(m, t.executor, fee, True)
    if t.executor != t.operator:
        write_record(m, t.operator, fee, True)
    collateral = collateral_of(c, t.reward)
    lock(m, t.operator, -penalty_of(c, collateral))
    lock(m, t.executor, -collateral)
    m.accounts[POOL_ACCOUNT].locked -= t.reward
    m.accounts[t.operator].free += t.reward - t.price
    m.accounts[t.executor].free += t.price - fee
    m.accounts[POOL_ACCOUNT].free += fee
    finish(m, t, row, SETTLED)
    ledger.fees += fee
    ledger.rewards += t.reward
    ledger.prices += t.price
    return fee


@compiled
def end_unpaid(m: Market, t: Any, row: int, outcome: int) -> None:
    """End a task that failed, was forfeited or found nobody; the reward returns to the mandate."""
    c = m.classes[t.class_id]
    penalty = penalty_of(c, collateral_of(c, t.reward))
    m.accounts[t.operator].locked -= penalty
    if outcome == EXPIRED:
        m.accounts[t.operator].free += penalty
    else:
        m.accounts[c.avs].free += penalty
        fee = fee_due(m, t)
        write_record(m, t.executor, fee, False)
        if t.own == 0:
            write_record(m, t.operator, fee, False)
    m.mandates[t.class_id, t.operator] += t.reward
    finish(m, t, row, outcome)


@compiled
def finish(m: Market, t: Any, row: int, outcome: int) -> None:
    """Note an outcome and free the slot."""
    t.outcome = outcome
    m.slots[row, m.tops[row]] = t.slot
    m.tops[row] += 1


@compiled
def fee_due(m: Market, t: Any) -> int:
    """Fee of a task at its price."""
    return int(fee_of(m.classes[t.class_id], t.price, m.rules[0].fee_per_unit * t.difficulty))


@compiled
def write_record(m: Market, account: int, fee: int, good: bool) -> None:
    """Enter a finished task's fee in an account's record."""
    a = m.accounts[account]
    a.n += fee
    if good:
        a.k += fee
