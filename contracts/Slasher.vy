# pragma version 0.4.3
# pragma optimize gas
"""
@title Slasher
@license MIT
@notice Turns faults into slashes and says where they go; keeps the incentive pool and pays uptime rewards from it. Sets
        the load curve, whose word the participant registry keeps because it reads it at every change of load.
@dev A slash depends on nothing but the task's own frozen figures (I7), is at most the collateral (I6), and its shares
     sum to it exactly. The pool pays no more than it holds (I10): each epoch sets its budget aside when it ends, and
     what nobody claimed returns when the epoch leaves the ring. What the budgets still hold never exceeds the pool's
     balance, since each is a share of what was not yet set aside.
@custom:security Trusts the task registry for faults, the reputation contract for keepers' pay.
                 Nothing here calls a participant's code, so there is no reentrancy lock. The contracts called are fixed
                 at deployment, and deployment verifies them, so hot calls skip the look for code.
@custom:kill Nothing to stop: slashing and claiming must not be. The owner can set the budgets to zero.
"""

from contracts.interfaces import ICollateralEscrow
from contracts.interfaces import IParticipantRegistry
from contracts.interfaces import ISlasher
from contracts.interfaces import ITaskRegistry
from contracts.modules import activity
from contracts.modules import constants
from contracts.modules import epoch_clock
from contracts.modules import epoch_parameter
from contracts.modules import fault_packing
from contracts.modules import load_curve
from contracts.modules import move_packing
from contracts.modules import ownable_2step
from contracts.modules import share_packing
from contracts.modules import slash_split
from contracts.modules import uptime_reward

implements: ISlasher
initializes: epoch_clock
initializes: epoch_parameter[epoch_clock := epoch_clock]
initializes: ownable_2step

exports: (
    epoch_clock.clock,
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.offer_ownership,
    ownable_2step.accept_ownership,
)

ESCROW: public(immutable(ICollateralEscrow))
PARTICIPANTS: public(immutable(IParticipantRegistry))
TASK_REGISTRY: public(immutable(ITaskRegistry))
REPUTATION: public(immutable(address))

struct Budget:
    epoch: uint256
    total: uint256  # set aside when the epoch ended, token units
    claimed: uint256

_budgets: Budget[constants.EPOCH_RING]
_closed_epoch: uint256  # last epoch whose budget was set
keeper_budget: public(uint256)  # what keepers may still be paid in this epoch
_weights: uint256[constants.EPOCH_RING]  # of all who entered, at epoch % EPOCH_RING, see modules/share_packing.vy
_shares: HashMap[uint256, uint256]  # by account, see modules/share_packing.vy


@deploy
def __init__(
    escrow: ICollateralEscrow,
    participants: IParticipantRegistry,
    task_registry: ITaskRegistry,
    reputation: address,
    genesis: uint256,
    epoch_seconds: uint256,
    terms: slash_split.SlashTerms,
    owner: address,
):
    """
    @param reputation May pay keepers from the pool.
    @param genesis Start of epoch 1.
    @param terms First slash terms.
    @param owner May schedule terms and curves.
    """
    epoch_clock.__init__(genesis, epoch_seconds)
    ownable_2step.__init__(owner)
    slash_split._check(terms)
    epoch_parameter._initialize(slash_split._pack(terms))
    ESCROW = escrow
    PARTICIPANTS = participants
    TASK_REGISTRY = task_registry
    REPUTATION = reputation
    self._closed_epoch = epoch_clock._epoch() - 1


# Anyone


@external
def claim(accounts: DynArray[uint256, constants.MAX_BATCH]):
    """
    @notice Pays the uptime reward that waits for each account to its free balance, and enters each that worked in the
            last epoch for a share of that epoch's budget. Anyone may call for anyone. An account with neither is
            skipped and reported.
    @dev A share waits until the next epoch, when nobody can enter beside it any more. It is paid as long as the ring
         holds its budget, and given up at the first call after that.
    """
    self._close_epochs()
    last: uint256 = epoch_clock._epoch() - 1
    terms: slash_split.SlashTerms = slash_split._unpack(epoch_parameter._at(last))
    moves: DynArray[uint256, constants.MAX_MOVES] = []
    paid: uint256 = 0
    entered: uint256 = 0
    for account: uint256 in accounts:
        word: uint256 = self._shares[account]
        epoch: uint256 = 0
        weight: uint256 = 0
        bound: uint256 = 0
        epoch, weight, bound = share_packing._unpack(word)
        amount: uint256 = 0
        following: uint256 = word
        if epoch != last:
            if word != 0:
                amount = self._take_share(epoch, weight, bound)
            following = self._share(account, last, terms.rebate)
        if amount > 0:
            moves.append(move_packing._move(account, amount, 0, 0, 0))
            paid += amount
            log ISlasher.UptimePaid(account=account, epoch=epoch, amount=amount)
        if following != word:
            self._shares[account] = following
        if following != 0 and epoch != last:
            epoch, weight, bound = share_packing._unpack(following)
            entered += weight
            log ISlasher.UptimeEntered(account=account, epoch=epoch, weight=weight)
        elif amount == 0:
            log ISlasher.UptimeSkipped(account=account, epoch=last)
    if entered > 0:
        place: uint256 = last % constants.EPOCH_RING
        self._weights[place] = share_packing._pack_total(last, self._weight_of(last) + entered)
    if paid > 0:
        moves.append(move_packing._move(constants.POOL_ACCOUNT, 0, paid, 0, 0))
        extcall ESCROW.move(moves)


@external
def close_epochs():
    """
    @notice Sets the budgets of the epochs that have ended. Anyone; `claim` and keepers' pay do it too.
    """
    self._close_epochs()


# The protocol's contracts


@external
def slash(faults: DynArray[uint256, 2 * constants.MAX_BATCH], finder: uint256):
    """
    @notice Slashes collateral and releases what is left of it. Task registry only.
    @param faults Two words of `fault_packing` each.
    @param finder Account that gets the finder's share, 0 for none: then the pool gets it. Reverts from 2**32 on.
    """
    assert msg.sender == TASK_REGISTRY.address, "slasher: not the task registry"
    assert finder < 2**32, "slasher: no such account"
    moves: DynArray[uint256, constants.MAX_MOVES] = []
    burned: uint256 = 0
    found: uint256 = 0
    pooled: uint256 = 0
    last_epoch: uint256 = 0
    terms: slash_split.SlashTerms = empty(slash_split.SlashTerms)
    curve: uint256 = 0
    for i: uint256 in range(len(faults) // 2, bound=constants.MAX_BATCH):
        fault: fault_packing.Fault = fault_packing._unpack(
            faults[unsafe_mul(2, i)], faults[unsafe_add(unsafe_mul(2, i), 1)]
        )
        epoch: uint256 = epoch_clock._epoch_at(fault.opened)
        if epoch != last_epoch:
            last_epoch = epoch
            terms = slash_split._unpack(epoch_parameter._at(epoch))
            if finder == 0:
                terms.finder = 0
            curve = staticcall PARTICIPANTS.curve_in(epoch)
        amount: uint256 = 0
        if fault.proved:
            amount = slash_split._wrong_amount(fault.reward, fault.collateral, fault.factor)
        else:
            amount = slash_split._late_amount(
                fault.reward,
                fault.collateral,
                fault.factor,
                load_curve._amplifier(curve, fault.x),
                terms.lateness_floor,
            )
        compensation: uint256 = 0
        finder_share: uint256 = 0
        burn: uint256 = 0
        pool: uint256 = 0
        compensation, finder_share, burn, pool = slash_split._split(amount, terms)
        moves.append(move_packing._move(fault.executor, unsafe_sub(fault.collateral, amount), 0, 0, fault.collateral))
        moves.append(move_packing._move(fault.harmed, compensation, 0, 0, 0))
        # a batch of amounts below 2**96
        found = unsafe_add(found, finder_share)
        burned = unsafe_add(burned, burn)
        pooled = unsafe_add(pooled, pool)
        log ISlasher.Slashed(task=fault.task, executor=fault.executor, finder=finder, amount=amount)
    if found > 0:
        moves.append(move_packing._move(finder, found, 0, 0, 0))
    # The escrow gathers the pool's shares beside the burned ones, so that a slash writes one word for both.
    moves.append(move_packing._move(constants.BURN_ACCOUNT, burned, 0, pooled, 0))
    extcall ESCROW.move(moves, skip_contract_check=True)


@external
def pay_keeper(account: uint256, values: uint256, pay: uint256) -> uint256:
    """
    @notice Pays a keeper from the pool, as far as the epoch's keeper budget reaches. Reputation contract only.
    @param values Values to pay for.
    @param pay Token units for one, not zero.
    @return Values paid for.
    """
    assert msg.sender == REPUTATION, "slasher: not the reputation"
    self._close_epochs()
    affordable: uint256 = min(values, self.keeper_budget // pay)
    paid: uint256 = affordable * pay
    if paid > 0:
        self.keeper_budget -= paid
        log ISlasher.KeeperPaid(account=account, amount=paid)
        extcall ESCROW.move(
            [
                move_packing._move(constants.POOL_ACCOUNT, 0, paid, 0, 0),
                move_packing._move(account, paid, 0, 0, 0),
            ]
        )
    return affordable


# Owner


@external
def set_terms(terms: slash_split.SlashTerms):
    """
    @notice Schedules slash terms and budgets for the next epoch boundary. A task is judged by the terms in force when
            it was opened last (reopening and late own execution count). Owner only. Reverts out of bounds, and while
            tasks under the terms before these may live.
    """
    ownable_2step._check_owner()
    slash_split._check(terms)
    epoch_parameter._schedule(slash_split._pack(terms))
    log ISlasher.TermsScheduled(terms=terms, from_epoch=epoch_clock._epoch() + 1)


@external
def set_curve(curve: load_curve.Curve):
    """
    @notice Schedules a load curve for the next epoch boundary. Owner only. Reverts unless the constants fit together,
            see modules/load_curve.vy, and while tasks under the curve before the present one may live.
    """
    ownable_2step._check_owner()
    load_curve._check(curve)
    extcall PARTICIPANTS.schedule_curve(load_curve._pack(curve))
    log ISlasher.CurveScheduled(curve=curve, from_epoch=epoch_clock._epoch() + 1)


# Views


@external
@view
def terms() -> slash_split.SlashTerms:
    """
    @notice Slash terms in force now.
    """
    return slash_split._unpack(epoch_parameter._at(epoch_clock._epoch()))


@external
@view
def budget_of(epoch: uint256) -> (uint256, uint256):
    """
    @notice Budget of a closed epoch and what was claimed of it, token units; zeros if unknown.
    """
    budget: Budget = self._budgets[epoch % constants.EPOCH_RING]
    if budget.epoch != epoch:
        return 0, 0
    return budget.total, budget.claimed


@external
@view
def weight_of(epoch: uint256) -> uint256:
    """
    @notice Weight of all who entered for a share of a closed epoch's budget; zero if unknown.
    """
    return self._weight_of(epoch)


@external
@view
def share_of(account: uint256) -> (uint256, uint256, uint256):
    """
    @notice The share of an account that waits to be paid: its epoch, its weight, and the most it may be, token units;
            zeros for none.
    """
    return share_packing._unpack(self._shares[account])


@external
@view
def rate(x: uint256) -> (uint256, uint256):
    """
    @notice f(x) and m(x) of the curve in force now, ppm.
    @param x Load in basis points, at most 10,000.
    """
    curve: uint256 = staticcall PARTICIPANTS.curve_in(epoch_clock._epoch())
    assert x <= constants.BPS, "slasher: load above one"
    return load_curve._rate(curve, x), load_curve._amplifier(curve, x)


# Internal


@internal
@view
def _weight_of(epoch: uint256) -> uint256:
    """
    @notice Weight of all who entered for a share of a closed epoch's budget.
    """
    return share_packing._total(self._weights[epoch % constants.EPOCH_RING], epoch)


@internal
def _take_share(epoch: uint256, weight: uint256, bound: uint256) -> uint256:
    """
    @notice Takes a share out of its epoch's budget, token units; nothing once the budget has left the ring.
    """
    budget: Budget = self._budgets[epoch % constants.EPOCH_RING]
    if budget.epoch != epoch:
        return 0
    amount: uint256 = uptime_reward._reward(budget.total, weight, self._weight_of(epoch), bound)
    assert budget.claimed + amount <= budget.total, "slasher: budget exceeded"
    self._budgets[epoch % constants.EPOCH_RING].claimed = budget.claimed + amount
    return amount


@internal
@view
def _share(account: uint256, epoch: uint256, rebate: uint256) -> uint256:
    """
    @notice The word of a coprocessor's share in an epoch that is over; zero if it earned none.
    """
    a: activity.Activity = activity._unpack(staticcall PARTICIPANTS.activity_in(account, epoch))
    if a.role & activity.ROLE_MASK != constants.COPROCESSOR:
        return 0
    fees: uint256 = 0
    good_fees: uint256 = 0
    fees, good_fees = staticcall TASK_REGISTRY.fees_in(account, epoch)
    weight: uint256 = uptime_reward._weight(a.capacity, a.bonus)
    bound: uint256 = uptime_reward._bound(good_fees, rebate)
    if weight == 0 or bound == 0:
        return 0
    return share_packing._pack(epoch, weight, bound)


@internal
def _close_epochs():
    """
    @notice Sets aside the budgets of the epochs that ended since the last call, oldest first, from the pool's balance
            at each boundary less what older epochs still hold; an epoch that leaves the ring gives back what is left.
    @dev Nothing is paid between a boundary and this, since every payment comes here first, so it does not matter who
         calls when.
    """
    now_epoch: uint256 = epoch_clock._epoch()
    last: uint256 = self._closed_epoch
    if last + 1 == now_epoch:
        return
    for i: uint256 in range(constants.EPOCH_RING):
        if now_epoch + i <= last + constants.EPOCH_RING:
            continue
        epoch: uint256 = now_epoch + i - constants.EPOCH_RING
        reserved: uint256 = 0
        for j: uint256 in range(constants.EPOCH_RING):
            held: Budget = self._budgets[j]
            if held.epoch + constants.EPOCH_RING > epoch:
                reserved += held.total - held.claimed
        pool: uint256 = staticcall ESCROW.pool_at_end_of(epoch)
        terms: slash_split.SlashTerms = slash_split._unpack(epoch_parameter._at(epoch))
        unreserved: uint256 = pool - min(pool, reserved)
        total: uint256 = unreserved * terms.budget // constants.PPM
        self._budgets[epoch % constants.EPOCH_RING] = Budget(epoch=epoch, total=total, claimed=0)
        self.keeper_budget = unreserved * terms.keeper_budget // constants.PPM
        log ISlasher.BudgetSet(epoch=epoch, budget=total)
    self._closed_epoch = now_epoch - 1
