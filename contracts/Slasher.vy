# pragma version 0.4.3
# pragma optimize gas
"""
@title Slasher
@license MIT
@notice Turns faults into slashes and says where they go; keeps the incentive pool and pays uptime rewards from it. Sets
        the load curve, whose word the participant registry keeps because it reads it at every change of load. Where the
        owner gave rules for it, the severity of slashes and the curve's F and B follow what epochs have shown.
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
from contracts.modules import adaptation
from contracts.modules import constants
from contracts.modules import epoch_clock
from contracts.modules import epoch_parameter
from contracts.modules import fault_packing
from contracts.modules import load_curve
from contracts.modules import move_packing
from contracts.modules import observation
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

LATEST: constant(uint256) = 2**24  # an epoch after all others

_budgets: Budget[constants.EPOCH_RING]
_closed_epoch: uint256  # last epoch whose budget was set
keeper_budget: public(uint256)  # what keepers may still be paid in this epoch
_weights: uint256[constants.EPOCH_RING]  # of all who entered, at epoch % EPOCH_RING, see modules/share_packing.vy
_shares: HashMap[uint256, uint256]  # by account, see modules/share_packing.vy
_rules: uint256  # see modules/adaptation.vy; 0 before the owner gave any
_state: uint256
_base: uint256  # packed load curve whose B and F move
_observed: uint256[2 * constants.EPOCH_RING]  # two words at 2 * (epoch % EPOCH_RING), see modules/observation.vy


@deploy
def __init__(
    escrow: ICollateralEscrow,
    participants: IParticipantRegistry,
    task_registry: ITaskRegistry,
    reputation: address,
    genesis: uint256,
    epoch_seconds: uint256,
    terms: slash_split.SlashTerms,
    rules: adaptation.AdaptationRules,
    owner: address,
):
    """
    @param participants Deployed before, if there are rules.
    @param reputation May pay keepers from the pool.
    @param genesis Start of epoch 1.
    @param terms First slash terms.
    @param rules By which parameters adapt, zeros for none.
    @param owner May schedule terms and curves, and set rules.
    """
    epoch_clock.__init__(genesis, epoch_seconds)
    ownable_2step.__init__(owner)
    slash_split._check(terms)
    epoch_parameter._initialize(slash_split._with_severity(slash_split._pack(terms), constants.PPM))
    ESCROW = escrow
    PARTICIPANTS = participants
    TASK_REGISTRY = task_registry
    REPUTATION = reputation
    self._closed_epoch = epoch_clock._epoch() - 1
    if rules.most_severe > 0:
        self._set_adaptation(rules)


# Anyone


@external
def claim(accounts: DynArray[uint256, constants.MAX_BATCH]):
    """
    @notice Pays the uptime reward that waits for each account to its free balance, and enters each that worked in the
            last epoch for a share of that epoch's budget. Anyone may call for anyone. An account with neither is
            skipped and reported. Where parameters adapt, what an account did in the last epoch is observed with its
            entry, be it good or bad.
    @dev A share waits until the next epoch, when nobody can enter beside it any more. It is paid as long as the ring
         holds its budget, and given up at the first call after that.
    """
    self._close_epochs()
    last: uint256 = epoch_clock._epoch() - 1
    observes: bool = self._rules != 0
    observed: observation.Observation = empty(observation.Observation)
    if observes:
        observed = self._observation(last)
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
            if weight > 0:
                amount = self._take_share(epoch, weight, bound)
            a: activity.Activity = empty(activity.Activity)
            fees: uint256 = 0
            good_fees: uint256 = 0
            a, fees, good_fees = self._work_in(account, last)
            weight = uptime_reward._weight(a.capacity, a.bonus)
            bound = uptime_reward._bound(good_fees, terms.rebate)
            following = 0
            if weight > 0 and bound > 0:
                following = share_packing._pack(last, weight, bound)
            if observes and fees > 0:
                observed = observation._with_account(observed, fees, good_fees, a.capacity, a.area, a.overload)
                following = max(following, share_packing._pack(last, 0, 0))
        if amount > 0:
            moves.append(move_packing._move(account, amount, 0, 0, 0))
            paid += amount
            log ISlasher.UptimePaid(account=account, epoch=epoch, amount=amount)
        if following != word:
            self._shares[account] = following
            epoch, weight, bound = share_packing._unpack(following)
            if weight > 0:
                entered += weight
                log ISlasher.UptimeEntered(account=account, epoch=last, weight=weight)
            elif amount == 0:
                log ISlasher.UptimeSkipped(account=account, epoch=last)
        else:
            log ISlasher.UptimeSkipped(account=account, epoch=last)
    place: uint256 = last % constants.EPOCH_RING
    if observed.fees > 0:
        self._observed[2 * place], self._observed[2 * place + 1] = observation._pack(observed)
    if entered > 0:
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


@external
def adapt():
    """
    @notice Moves the severity of slashes, F and B by one step, after what was observed of the epoch before the last
            one: nobody can be entered for it any more. What has moved is in force from the next epoch on, or once the
            change before it is long enough ago. Anyone, once an epoch. Reverts if the owner gave no rules, if the step
            was made, and if nobody who worked was entered.
    """
    rules: uint256 = self._rules
    assert rules != 0, "slasher: nothing adapts"
    epoch: uint256 = epoch_clock._epoch()
    s: adaptation.AdaptationState = adaptation._unpack_state(self._state)
    assert s.epoch + 2 < epoch, "slasher: adapted already"
    observed: observation.Observation = self._observation(epoch - 2)
    assert observed.fees > 0 and observed.capacity > 0, "slasher: nothing observed"
    faults: uint256 = 0
    load: uint256 = 0
    overload: uint256 = 0
    faults, load, overload = observation._shares(observed, epoch_clock.EPOCH_SECONDS)
    s = adaptation._adapted_to(adaptation._unpack_rules(rules), s, epoch - 2, faults, load, overload)
    self._state = adaptation._pack_state(s)
    log ISlasher.Adapted(
        epoch=epoch - 2,
        faults=faults,
        load=load,
        overload=overload,
        severity=s.severity,
        full=s.full,
        best=s.best,
    )
    terms: uint256 = epoch_parameter._at(LATEST)
    if s.severity != slash_split._severity(terms) and epoch_parameter._may_change():
        epoch_parameter._schedule(slash_split._with_severity(terms, s.severity))
        log ISlasher.SeverityScheduled(severity=s.severity, from_epoch=epoch + 1)
    b: uint256 = s.best // adaptation.PPM_PER_BPS
    f: uint256 = s.full // adaptation.PPM_PER_BPS
    now_b: uint256 = 0
    now_f: uint256 = 0
    now_b, now_f = load_curve._turns(staticcall PARTICIPANTS.curve_in(LATEST))
    if (b != now_b or f != now_f) and staticcall PARTICIPANTS.may_change_curve():
        self._schedule_curve(load_curve._moved(load_curve._unpack(self._base), b, f))


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
    severity: uint256 = 0
    curve: uint256 = 0
    for i: uint256 in range(len(faults) // 2, bound=constants.MAX_BATCH):
        fault: fault_packing.Fault = fault_packing._unpack(
            faults[unsafe_mul(2, i)], faults[unsafe_add(unsafe_mul(2, i), 1)]
        )
        epoch: uint256 = epoch_clock._epoch_at(fault.opened)
        if epoch != last_epoch:
            last_epoch = epoch
            word: uint256 = epoch_parameter._at(epoch)
            terms = slash_split._unpack(word)
            severity = slash_split._severity(word)
            if finder == 0:
                terms.finder = 0
            curve = staticcall PARTICIPANTS.curve_in(epoch)
        amount: uint256 = 0
        factor: uint256 = slash_split._severe(fault.factor, severity)
        if fault.proved:
            amount = slash_split._wrong_amount(fault.reward, fault.collateral, factor)
        else:
            amount = slash_split._late_amount(
                fault.reward,
                fault.collateral,
                factor,
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
            it was opened last (reopening and late own execution count). Owner only. Reverts out of bounds, and too soon
            after the last change. The severity stays.
    """
    ownable_2step._check_owner()
    slash_split._check(terms)
    severity: uint256 = slash_split._severity(epoch_parameter._at(LATEST))
    epoch_parameter._schedule(slash_split._with_severity(slash_split._pack(terms), severity))
    log ISlasher.TermsScheduled(terms=terms, from_epoch=epoch_clock._epoch() + 1)


@external
def set_curve(curve: load_curve.Curve):
    """
    @notice Schedules a load curve for the next epoch boundary. Owner only. Reverts unless the constants fit together,
            see modules/load_curve.vy, and too soon after the last change. Where B and F adapt, they go on from this
            curve's, and it reverts if the rules for them do not suit it.
    """
    ownable_2step._check_owner()
    load_curve._check(curve)
    if self._rules != 0:
        self._adapt_from(adaptation._unpack_rules(self._rules), curve)
    self._schedule_curve(curve)


@external
def set_adaptation(rules: adaptation.AdaptationRules):
    """
    @notice Says how the severity of slashes, F and B follow what is observed from the next epoch on. Owner only. Takes
            the load curve scheduled last as the one whose F and B move; the severity stays where it is. Reverts out of
            bounds, see modules/adaptation.vy, and where a curve they lead to is not allowed.
    """
    ownable_2step._check_owner()
    self._set_adaptation(rules)


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
def severity() -> uint256:
    """
    @notice By how much slash factors are multiplied for tasks opened now, ppm.
    """
    return slash_split._severity(epoch_parameter._at(epoch_clock._epoch()))


@external
@view
def adaptation_rules() -> adaptation.AdaptationRules:
    """
    @notice Rules by which parameters adapt; zeros before the owner gave any.
    """
    return adaptation._unpack_rules(self._rules)


@external
@view
def adaptation_state() -> adaptation.AdaptationState:
    """
    @notice Where the parameters that adapt have got to, and the last epoch that moved them.
    """
    return adaptation._unpack_state(self._state)


@external
@view
def observed_in(epoch: uint256) -> observation.Observation:
    """
    @notice What those did in an epoch who were entered for it; zeros if it is not known.
    """
    return self._observation(epoch)


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
def _work_in(account: uint256, epoch: uint256) -> (activity.Activity, uint256, uint256):
    """
    @notice What a coprocessor did in an epoch that is over: its activity, and the fees at stake in its tasks that ended
            and in the good ones. Zeros for anybody else.
    """
    a: activity.Activity = activity._unpack(staticcall PARTICIPANTS.activity_in(account, epoch))
    if a.role & activity.ROLE_MASK != constants.COPROCESSOR:
        return empty(activity.Activity), 0, 0
    fees: uint256 = 0
    good_fees: uint256 = 0
    fees, good_fees = staticcall TASK_REGISTRY.fees_in(account, epoch)
    return a, fees, good_fees


@internal
@view
def _observation(epoch: uint256) -> observation.Observation:
    """
    @notice What was observed of an epoch so far; nothing if its place holds another.
    """
    place: uint256 = 2 * (epoch % constants.EPOCH_RING)
    found: observation.Observation = observation._unpack(self._observed[place], self._observed[place + 1])
    if found.epoch != epoch:
        found = empty(observation.Observation)
        found.epoch = epoch
    return found


@internal
def _set_adaptation(rules: adaptation.AdaptationRules):
    """
    @notice Stores rules, and begins to adapt with the load curve scheduled last.
    """
    self._rules = adaptation._pack_rules(rules)
    self._adapt_from(rules, load_curve._unpack(staticcall PARTICIPANTS.curve_in(LATEST)))
    log ISlasher.AdaptationSet(rules=rules)


@internal
def _adapt_from(rules: adaptation.AdaptationRules, curve: load_curve.Curve):
    """
    @notice Begins to adapt with a curve: what is observed from the next epoch on moves its B and F.
    """
    adaptation._check(rules, curve)
    self._base = load_curve._pack(curve)
    s: adaptation.AdaptationState = adaptation.AdaptationState(
        epoch=epoch_clock._epoch(),
        severity=slash_split._severity(epoch_parameter._at(LATEST)),
        full=curve.f * adaptation.PPM_PER_BPS,
        best=curve.b * adaptation.PPM_PER_BPS,
    )
    self._state = adaptation._pack_state(s)


@internal
def _schedule_curve(curve: load_curve.Curve):
    """
    @notice Puts a curve that passed its check into force at the next epoch boundary.
    """
    extcall PARTICIPANTS.schedule_curve(load_curve._pack(curve))
    log ISlasher.CurveScheduled(curve=curve, from_epoch=epoch_clock._epoch() + 1)


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
