"""Steps of a task's life, compiled: each changes the state as the contracts would.

``task`` is a task's record; amounts come from the rules. Nothing is checked here that a contract would refuse: agents
ask first, and the engines compare every account after each period.
"""

from __future__ import annotations

from typing import Any

from ballast.model import activity, task_packing
from ballast.model.class_packing import PERMILLE
from ballast.model.constants import BURN_ACCOUNT, POOL_ACCOUNT
from ballast.sim.compiled import compiled
from ballast.sim.market.records import Market
from ballast.sim.market.rules import (
    accrue,
    amplifier,
    awarded,
    collateral_of,
    delegated,
    due,
    fee_of,
    late_amount,
    load_bps,
    lowered,
    next_epoch,
    of_load,
    pay_of,
    penalty_of,
    position,
    raised,
    split,
    task_number_of,
    wrong_amount,
)

LIVE, SETTLED, EXPIRED = task_packing.LIVE, task_packing.SETTLED, task_packing.EXPIRED
FAILED, FORFEITED = task_packing.FAILED, task_packing.FORFEITED
NOBODY, WON, SUBMITTED = task_packing.NOBODY, task_packing.WON, task_packing.SUBMITTED
DISPUTED, LATE = task_packing.DISPUTED, task_packing.LATE


# Time


@compiled
def set_time(market: Market, now: int) -> None:
    """Let it be a later time."""
    ledger, rules = market.ledger[0], market.rules[0]
    ledger.now = now
    ledger.epoch, ledger.clock = position(rules.genesis, rules.epoch_seconds, now)


@compiled
def keep(account_row: Any, now: Any) -> None:
    """Keep what is known of an account's activity."""
    account_row.capacity, account_row.epoch, account_row.clock, account_row.bonus, account_row.overload = (
        now.capacity,
        now.epoch,
        now.clock,
        now.bonus,
        now.overload,
    )


@compiled
def touch(market: Market, account: int) -> None:
    """Bring a participant's activity up to now."""
    account_row = market.accounts[account]
    if account_row.epoch != market.ledger[0].epoch:
        keep(account_row, next_epoch(account_row, market.ledger[0].epoch))
    if account_row.clock != market.ledger[0].clock:
        keep(account_row, accrue(account_row, market, market.ledger[0].clock))


# Participants


@compiled
def open_account(market: Market, deposit: int) -> int:
    """Open an account with a deposit; its number. The entry fee is burned."""
    ledger = market.ledger[0]
    account = ledger.accounts
    market.accounts[account].free = deposit
    market.accounts[BURN_ACCOUNT].free += market.rules[0].entry_fee
    ledger.accounts += 1
    return int(account)


@compiled
def register(market: Market, account: int, role: int, capacity: int) -> None:
    """Register a participant; its capacity counts from the next epoch."""
    resize(market, account, capacity)
    market.accounts[account].role = role


@compiled
def resize(market: Market, account: int, capacity: int) -> None:
    """Change a participant's capacity from the next epoch on."""
    account_row = market.accounts[account]
    touch(market, account)
    account_row.next_capacity = capacity


@compiled
def leave(market: Market, account: int) -> None:
    """End a participation without load in flight."""
    account_row = market.accounts[account]
    touch(market, account)
    account_row.role |= activity.LEFT
    account_row.next_capacity = 0


@compiled
def capacity_of(market: Market, account: int) -> int:
    """Capacity of a participant now."""
    account_row = market.accounts[account]
    return int(account_row.capacity if account_row.epoch == market.ledger[0].epoch else account_row.next_capacity)


@compiled
def room_of(market: Market, account: int) -> int:
    """Largest load a participant may reach now."""
    return int(min(capacity_of(market, account), market.accounts[account].next_capacity))


@compiled
def change_load(market: Market, account: int, change: int) -> None:
    """Add or free load."""
    touch(market, account)
    market.accounts[account].load += change


@compiled
def end_fault(market: Market, account: int, released: int) -> None:
    """Free the load of slashed tasks and hold the capacity to what the stake covers."""
    touch(market, account)
    account_row = market.accounts[account]
    account_row.load -= released
    bound = max((account_row.free + account_row.locked) // market.rules[0].stake_per_unit, account_row.load)
    account_row.capacity = min(account_row.capacity, bound)
    account_row.next_capacity = min(account_row.next_capacity, bound)


@compiled
def lock(market: Market, account: int, amount: int) -> None:
    """Lock free funds."""
    market.accounts[account].free -= amount
    market.accounts[account].locked += amount


@compiled
def fund_mandate(market: Market, class_id: int, operator: int, amount: int) -> None:
    """Move an AVS's free funds behind an operator's mandate."""
    market.accounts[market.classes[class_id].avs].free -= amount
    market.accounts[POOL_ACCOUNT].locked += amount
    market.mandates[class_id, operator] += amount
    if market.starts[class_id, operator] == 0:
        market.starts[class_id, operator] = market.classes[class_id].start


@compiled
def write_table(market: Market, class_id: int) -> None:
    """Write a class's discounts for all loads."""
    task_class = market.classes[class_id]
    for x in range(market.discounts.shape[1]):
        market.discounts[class_id, x] = of_load(market, task_class.idle, task_class.bonus, task_class.malus, x)


@compiled
def backing_of(market: Market, account: int) -> int:
    """Stake that backs a participant's capacity now, token units."""
    return capacity_of(market, account) * int(market.rules[0].stake_per_unit)


@compiled
def locked_for(market: Market, task: Any) -> int:
    """Collateral that a task's executor has locked for it, token units."""
    backing = task.capacity * market.rules[0].stake_per_unit
    return int(collateral_of(market.classes[task.class_id], task.reward, backing))


@compiled
def penalty_for(market: Market, task: Any) -> int:
    """Penalty that a task's operator has locked for it, token units."""
    task_class = market.classes[task.class_id]
    return int(penalty_of(task_class, collateral_of(task_class, task.reward, 0)))


# Opening, and finding an executor


@compiled
def start_task(market: Market, task: Any, row: int) -> None:
    """Open a task in the operator's next free slot; ``row`` is the operator's in the table of slots."""
    market.tops[row] -= 1
    task.slot = market.slots[row, market.tops[row]]
    market.sequences[row, task.slot] += 1
    task.number = task_number_of(task.operator, task.slot, market.sequences[row, task.slot])
    task.opened = market.ledger[0].now
    market.mandates[task.class_id, task.operator] -= task.reward
    lock(market, task.operator, penalty_for(market, task))


@compiled
def put_up(market: Market, task: Any) -> None:
    """Put a task that was opened up for auction: at its mandate's start price, which falls for the next one."""
    task_class, start = market.classes[task.class_id], market.starts[task.class_id, task.operator]
    task.start = start // PERMILLE * PERMILLE
    market.starts[task.class_id, task.operator] = lowered(start, task_class.gain, task_class.target, task_class.floor_)


@compiled
def leave_unsold(market: Market, task: Any) -> None:
    """Have the start price of a task's mandate rise, since the first auction left it."""
    task_class, start = market.classes[task.class_id], market.starts[task.class_id, task.operator]
    market.starts[task.class_id, task.operator] = raised(start, task_class.gain, task_class.cap)


@compiled
def take_own(market: Market, task: Any) -> None:
    """Make an operator the executor of its task, as it opens it or after an auction without a bid."""
    task_class = market.classes[task.class_id]
    change_load(market, task.operator, task.difficulty)
    account_row = market.accounts[task.operator]
    task.capacity = account_row.capacity
    lock(market, task.operator, locked_for(market, task))
    task.opened = market.ledger[0].now
    task.executor, task.own, task.status = task.operator, 1, WON
    task.x = load_bps(account_row.load, account_row.capacity)
    task.time, task.due = task.opened, due(task.opened, task_class.submit_seconds)
    task.price = pay_of(task.reward, task_class.cap)


@compiled
def reopen(market: Market, task: Any) -> None:
    """Give a task nobody bid for a last call, on the rising clock."""
    leave_unsold(market, task)
    task.opened, task.rising = market.ledger[0].now, 1


@compiled
def win(market: Market, task: Any, bidder: int, step: int, x: int, price: int) -> None:
    """Enter the bid that wins a task, at a price in ppm of the reward."""
    task_class = market.classes[task.class_id]
    change_load(market, bidder, task.difficulty)
    task.executor, task.status, task.step, task.x = bidder, WON, step, x
    task.capacity = market.accounts[bidder].capacity
    lock(market, bidder, locked_for(market, task))
    task.time = awarded(task.opened, step, task_class.step_seconds)
    task.due = due(task.time, task_class.submit_seconds)
    task.price = pay_of(task.reward, price)


# Results


@compiled
def submit(market: Market, task: Any) -> None:
    """Submit a result."""
    change_load(market, task.executor, -task.difficulty)
    task.status, task.time = SUBMITTED, market.ledger[0].now


@compiled
def slash(market: Market, task: Any, finder: int, proved: bool) -> int:
    """Take a late or wrong executor's collateral in part or whole; the amount. Its load is freed by `end_fault`."""
    rules, ledger = market.rules[0], market.ledger[0]
    task_class = market.classes[task.class_id]
    collateral = locked_for(market, task)
    if proved:
        amount = wrong_amount(task.reward, collateral, task_class.wrong_factor)
    else:
        task.status = LATE
        more = amplifier(market, task.x)
        amount = late_amount(task.reward, collateral, task_class.slash_factor, more, rules.lateness_floor)
    compensation, found, burned, pooled = split(amount, rules)
    harmed = task_class.avs if task.executor == task.operator else task.operator
    market.accounts[task.executor].locked -= collateral
    market.accounts[task.executor].free += collateral - amount
    market.accounts[harmed].free += compensation
    market.accounts[finder].free += found
    market.accounts[BURN_ACCOUNT].free += burned
    market.accounts[POOL_ACCOUNT].free += pooled
    ledger.slashed += amount
    ledger.compensated += compensation
    ledger.found += found
    ledger.burned += burned
    ledger.pooled += pooled
    return amount


@compiled
def take_over(market: Market, task: Any, rescuer: int, at_cap: bool) -> None:
    """Make a coprocessor the executor of a late task, at the highest price, or else at that which it was won at."""
    task_class = market.classes[task.class_id]
    change_load(market, rescuer, task.difficulty)
    account_row = market.accounts[rescuer]
    write_record(market, task.executor, fee_due(market, task), False)
    task.culprit, task.executor, task.status, task.rescued = task.executor, rescuer, WON, 1
    task.x, task.capacity = load_bps(account_row.load, account_row.capacity), account_row.capacity
    lock(market, rescuer, locked_for(market, task))
    if at_cap:
        task.price = pay_of(task.reward, task_class.cap)
    task.time, task.due = market.ledger[0].now, due(market.ledger[0].now, task_class.submit_seconds)


@compiled
def settle(market: Market, task: Any, row: int) -> int:
    """Pay a submitted task whose window has passed; the fee."""
    ledger = market.ledger[0]
    fee = fee_due(market, task)
    write_record(market, task.executor, fee, True)
    if task.executor != task.operator:
        write_record(market, task.operator, fee, True)
    lock(market, task.operator, -penalty_for(market, task))
    lock(market, task.executor, -locked_for(market, task))
    market.accounts[POOL_ACCOUNT].locked -= task.reward
    market.accounts[task.operator].free += task.reward - task.price
    market.accounts[task.executor].free += task.price - fee
    market.accounts[POOL_ACCOUNT].free += fee
    finish(market, task, row, SETTLED)
    ledger.fees += fee
    ledger.rewards += task.reward
    ledger.prices += task.price
    return fee


@compiled
def end_unpaid(market: Market, task: Any, row: int, outcome: int) -> None:
    """End a task that failed, was forfeited or found nobody; the reward returns to the mandate."""
    task_class = market.classes[task.class_id]
    penalty = penalty_for(market, task)
    market.accounts[task.operator].locked -= penalty
    if outcome == EXPIRED:
        market.accounts[task.operator].free += penalty
    else:
        market.accounts[task_class.avs].free += penalty
        fee = fee_due(market, task)
        write_record(market, task.executor, fee, False)
        if task.own == 0:
            write_record(market, task.operator, delegated(fee), False)
    market.mandates[task.class_id, task.operator] += task.reward
    finish(market, task, row, outcome)


@compiled
def finish(market: Market, task: Any, row: int, outcome: int) -> None:
    """Note an outcome and free the slot."""
    task.outcome = outcome
    market.slots[row, market.tops[row]] = task.slot
    market.tops[row] += 1


@compiled
def fee_due(market: Market, task: Any) -> int:
    """Fee of a task at its price."""
    return int(fee_of(market.classes[task.class_id], task.price, market.rules[0].fee_per_unit * task.difficulty))


@compiled
def write_record(market: Market, account: int, fee: int, good: bool) -> None:
    """Enter a finished task's fee in an account's record."""
    account_row = market.accounts[account]
    account_row.fees += fee
    if good:
        account_row.good_fees += fee
