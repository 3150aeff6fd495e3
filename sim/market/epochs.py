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
from ballast.sim.market.rules import accrue, idle, next_epoch, reward, reward_bound, reward_weight, weighed

DOUBT: Final = 1e-6
"""Distance to a half, in ppm, below which a floating-point logistic function is not trusted to round as the exact one.
Far above the errors of both: 1e-9 and 2e-7."""


@compiled
def logistic(market: Market, doubt: float) -> int:
    """Set everybody's reputation from its logit; the first account that could not be told, or -1."""
    unsure = -1
    for account in range(market.ledger[0].accounts):
        account_row = market.accounts[account]
        exact = 1e6 / (1.0 + np.exp(-account_row.logit / 1e6))
        account_row.reputation = int(np.floor(exact + 0.5))
        if abs(exact - np.floor(exact) - 0.5) < doubt:
            account_row.reputation = -1
            unsure = account
    return unsure


def set_reputations(market: Market, doubt: float = DOUBT) -> None:
    """Set everybody's reputation from its logit, exactly as `ballast.model.fixed_point.sigmoid`.

    Parameters
    ----------
    market : Market
        The market.
    doubt : float
        Distance to a half below which the exact function is asked, ppm.
    """
    if logistic(market, doubt) >= 0:
        for account in np.flatnonzero(market.accounts["reputation"] == -1):
            market.accounts[account]["reputation"] = fixed_point.sigmoid(int(market.accounts[account]["logit"]))


@compiled
def begin_epoch(market: Market) -> None:
    """Complete everybody's last epoch, hand the logits on, and set the last epoch's budgets aside."""
    ledger, rules = market.ledger[0], market.rules[0]
    epoch = ledger.epoch
    for account in range(ledger.accounts):
        account_row = market.accounts[account]
        if account_row.epoch == epoch - 1:
            closed = accrue(account_row, market, rules.epoch_seconds)
        else:
            closed = accrue(next_epoch(account_row, epoch - 1), market, rules.epoch_seconds)
        account_row.closed_capacity, account_row.closed_bonus, account_row.closed_overload = (
            closed.capacity,
            closed.bonus,
            closed.overload,
        )
        account_row.last_fees, account_row.last_good_fees = account_row.fees, account_row.good_fees
        account_row.fees, account_row.good_fees = 0, 0
    while ledger.closed_epoch < epoch - 1:
        closing = ledger.closed_epoch + 1
        reserved = 0
        for earlier in market.budgets:
            if earlier.epoch + EPOCH_RING > closing:
                reserved += earlier.total - earlier.claimed
        unreserved = max(market.accounts[POOL_ACCOUNT].free - reserved, 0)
        budget = market.budgets[closing % EPOCH_RING]
        budget.epoch, budget.total = closing, unreserved * rules.budget // PPM
        budget.claimed, budget.weight = 0, 0
        ledger.keeper_pot = unreserved * rules.keeper_budget // PPM
        ledger.closed_epoch = closing


@compiled
def claim(market: Market, accounts: Integers) -> None:
    """Pay the uptime rewards that wait, and enter who worked in the last epoch."""
    rules, ledger = market.rules[0], market.ledger[0]
    last = ledger.epoch - 1
    for account in accounts:
        account_row = market.accounts[account]
        budget = market.budgets[account_row.share_epoch % EPOCH_RING]
        if account_row.share_weight > 0 and budget.epoch == account_row.share_epoch:
            amount = reward(budget.total, account_row.share_weight, budget.weight, account_row.share_bound)
            account_row.free += amount
            market.accounts[POOL_ACCOUNT].free -= amount
            budget.claimed += amount
            ledger.uptime += amount
        account_row.share_epoch = account_row.share_weight = account_row.share_bound = 0
        weight = reward_weight(account_row.closed_capacity, account_row.closed_bonus)
        most = reward_bound(account_row.last_good_fees, rules.rebate)
        if account_row.role & activity.ROLE_MASK == COPROCESSOR and weight > 0 and most > 0:
            account_row.share_epoch, account_row.share_weight, account_row.share_bound = last, weight, most
            market.budgets[last % EPOCH_RING].weight += weight


@compiled
def post(market: Market) -> int:
    """Step all accounts over the last closed epoch and put the keeper's bond at risk; the number of accounts posted."""
    rules, ledger = market.rules[0], market.ledger[0]
    values = -(-ledger.accounts // PAGE) * PAGE
    for account in range(values):
        account_row = market.accounts[account]
        if account_row.last_fees == 0:
            account_row.next_logit = idle(rules, account_row.logit)
            continue
        bonus = min(account_row.closed_bonus // rules.epoch_seconds * PPM // rules.peak, PPM)
        overload = account_row.closed_overload * PPM // rules.epoch_seconds
        account_row.next_logit = weighed(
            rules,
            account_row.logit,
            account_row.reputation,
            account_row.last_fees,
            account_row.last_good_fees,
            bonus,
            overload,
        )
    mature(market)
    ledger.risk_epoch = ledger.epoch
    ledger.at_risk += values
    return int(values)


@compiled
def mature(market: Market) -> None:
    """Move values no longer open to challenge to those to be paid."""
    ledger = market.ledger[0]
    if ledger.risk_epoch != ledger.epoch:
        ledger.unpaid += ledger.at_risk
        ledger.at_risk = ledger.risk_epoch = 0


@compiled
def collect(market: Market, keeper: int) -> int:
    """Pay the keeper for values no longer open to challenge; token units paid."""
    rules, ledger = market.rules[0], market.ledger[0]
    mature(market)
    if rules.pay_per_value == 0 or ledger.unpaid == 0:
        return 0
    values = min(ledger.unpaid, ledger.keeper_pot // rules.pay_per_value)
    paid = values * rules.pay_per_value
    ledger.keeper_pot -= paid
    ledger.unpaid -= values
    market.accounts[POOL_ACCOUNT].free -= paid
    market.accounts[keeper].free += paid
    ledger.keepers += paid
    return int(paid)


@compiled
def turn(market: Market, claimants: Integers, keeper: int) -> int:
    """Claim uptime rewards, post the last epoch's reputations, collect the keeper's pay; the accounts posted."""
    begin_epoch(market)
    claim(market, claimants)
    posted = post(market)
    collect(market, keeper)
    return posted
