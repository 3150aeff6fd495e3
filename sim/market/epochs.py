"""What happens between epochs, compiled: uptime rewards, the reputation step, the keeper's pay.

The runner calls these once at the beginning of each epoch, in the order of this file.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ballast.model import activity, fixed_point
from ballast.model.constants import COPROCESSOR, EPOCH_RING, PAGE, POOL_ACCOUNT, PPM
from ballast.sim.compiled import compiled
from ballast.sim.market.records import Integers, Market
from ballast.sim.market.rules import accrue, idle, next_epoch, reward, weighed

DOUBT: Final = 1e-6
"""Distance to a half, in ppm, below which a floating-point logistic function is not trusted to round as the exact one.
Far above the errors of both: 1e-9 and 2e-7."""


@compiled
def logistic(m: Market, doubt: float) -> int:
    """Set everybody's reputation from its logit; the first account that could not be told, or -1."""
    unsure = -1
    for account in range(m.ledger[0].accounts):
        a = m.accounts[account]
        exact = 1e6 / (1.0 + np.exp(-a.logit / 1e6))
        a.reputation = int(np.floor(exact + 0.5))
        if abs(exact - np.floor(exact) - 0.5) < doubt:
            a.reputation = -1
            unsure = account
    return unsure


def set_reputations(m: Market, doubt: float = DOUBT) -> None:
    """Set everybody's reputation from its logit, exactly as `ballast.model.fixed_point.sigmoid`.

    Parameters
    ----------
    m : Market
        The market.
    doubt : float
        Distance to a half below which the exact function is asked, ppm.
    """
    if logistic(m, doubt) >= 0:
        for account in np.flatnonzero(m.accounts["reputation"] == -1):
            m.accounts[account]["reputation"] = fixed_point.sigmoid(int(m.accounts[account]["logit"]))


@compiled
def begin_epoch(m: Market) -> None:
    """Complete everybody's last epoch, hand the logits on, and set the last epoch's budgets aside."""
    ledger, rules = m.ledger[0], m.rules[0]
    epoch = m.ledger[0].epoch
    for account in range(ledger.accounts):
        a = m.accounts[account]
        if a.epoch == epoch - 1:
            closed = accrue(a, m, rules.epoch_seconds)
        else:
            closed = accrue(next_epoch(a, epoch - 1), m, rules.epoch_seconds)
        a.closed_capacity, a.closed_bonus, a.closed_overload = closed.capacity, closed.bonus, closed.overload
        a.last_n, a.last_k, a.n, a.k = a.n, a.k, 0, 0
    m.budgets[epoch % EPOCH_RING].capacity = ledger.next_total
    while ledger.closed_epoch < epoch - 1:
        closing = ledger.closed_epoch + 1
        reserved = 0
        for b in m.budgets:
            if b.epoch + EPOCH_RING > closing:
                reserved += b.total - b.claimed
        unreserved = max(m.accounts[POOL_ACCOUNT].free - reserved, 0)
        budget = m.budgets[closing % EPOCH_RING]
        budget.epoch, budget.total, budget.claimed = closing, unreserved * rules.budget // PPM, 0
        ledger.keeper_pot = unreserved * rules.keeper_budget // PPM
        ledger.closed_epoch = closing


@compiled
def claim(m: Market, accounts: Integers) -> None:
    """Pay the last epoch's uptime rewards."""
    rules, ledger = m.rules[0], m.ledger[0]
    budget = m.budgets[(m.ledger[0].epoch - 1) % EPOCH_RING]
    for account in accounts:
        a = m.accounts[account]
        if a.role & activity.ROLE_MASK != COPROCESSOR:
            continue
        mean = a.closed_bonus // rules.epoch_seconds
        amount = reward(budget.total, a.closed_capacity, budget.capacity, mean, rules.peak, a.last_k, rules.rebate)
        a.free += amount
        m.accounts[POOL_ACCOUNT].free -= amount
        budget.claimed += amount
        ledger.uptime += amount


@compiled
def post(m: Market) -> int:
    """Step all accounts over the last closed epoch and put the keeper's bond at risk; the number of accounts posted."""
    rules, ledger = m.rules[0], m.ledger[0]
    values = -(-ledger.accounts // PAGE) * PAGE
    for account in range(values):
        a = m.accounts[account]
        if a.last_n == 0:
            a.next_logit = idle(rules, a.logit)
            continue
        bonus = min(a.closed_bonus // rules.epoch_seconds * PPM // rules.peak, PPM)
        overload = a.closed_overload * PPM // rules.epoch_seconds
        a.next_logit = weighed(rules, a.logit, a.reputation, a.last_n, a.last_k, bonus, overload)
    mature(m)
    ledger.risk_epoch = m.ledger[0].epoch
    ledger.at_risk += values
    return int(values)


@compiled
def mature(m: Market) -> None:
    """Move values no longer open to challenge to those to be paid."""
    ledger = m.ledger[0]
    if ledger.risk_epoch != m.ledger[0].epoch:
        ledger.unpaid += ledger.at_risk
        ledger.at_risk = ledger.risk_epoch = 0


@compiled
def collect(m: Market, keeper: int) -> int:
    """Pay the keeper for values no longer open to challenge; token units paid."""
    rules, ledger = m.rules[0], m.ledger[0]
    mature(m)
    if rules.pay_per_value == 0 or ledger.unpaid == 0:
        return 0
    values = min(ledger.unpaid, ledger.keeper_pot // rules.pay_per_value)
    paid = values * rules.pay_per_value
    ledger.keeper_pot -= paid
    ledger.unpaid -= values
    m.accounts[POOL_ACCOUNT].free -= paid
    m.accounts[keeper].free += paid
    ledger.keepers += paid
    return int(paid)


@compiled
def turn(m: Market, claimants: Integers, keeper: int) -> int:
    """Claim the last epoch's uptime rewards, post its reputations, collect the keeper's pay; the accounts posted."""
    begin_epoch(m)
    claim(m, claimants)
    posted = post(m)
    collect(m, keeper)
    return posted
