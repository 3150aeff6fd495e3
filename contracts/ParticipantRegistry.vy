# pragma version 0.4.3
# pragma optimize gas
"""
@title Participant registry
@license MIT
@notice Operators and coprocessors: their capacity, bounded by their stake, and their load, measured here and never
        reported by themselves.
@dev Load equals the difficulties in flight (I4): only the task registry changes it, and `change_load` refuses what
     exceeds the room, the smaller of the present and the next capacity. A capacity changes at an epoch boundary, except
     that a loss of stake (a slash, a penalty, a lost bond) cuts it at once. Storage is bounded (I12): five words a
     participant.
@custom:security Trusts the task registry for loads, the slasher for curves, the escrow for stakes. Nothing here calls a
                 participant's code, so there is no reentrancy lock.
@custom:kill The owner pauses registering and bidding. Resizing and leaving cannot be paused.
"""

from contracts.interfaces import ICollateralEscrow
from contracts.interfaces import IParticipantRegistry
from contracts.interfaces import ITaskRegistry
from contracts.modules import activity
from contracts.modules import constants
from contracts.modules import epoch_clock
from contracts.modules import epoch_parameter
from contracts.modules import load_curve
from contracts.modules import ownable_2step

implements: IParticipantRegistry
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
TASK_REGISTRY: public(immutable(ITaskRegistry))
SLASHER: public(immutable(address))
STAKE_PER_UNIT: public(immutable(uint256))

_activities: uint256[2**32]  # by account, see modules/activity.vy
_closed: uint256[2**34]  # account * EPOCH_RING + epoch % EPOCH_RING: the activity of a closed epoch


@deploy
def __init__(
    escrow: ICollateralEscrow,
    task_registry: ITaskRegistry,
    slasher: address,
    genesis: uint256,
    epoch_seconds: uint256,
    stake_per_unit: uint256,
    curve: load_curve.Curve,
    owner: address,
):
    """
    @param slasher May schedule load curves.
    @param genesis Start of epoch 1.
    @param stake_per_unit Token units of stake a unit of capacity needs.
    @param curve First load curve.
    @param owner May pause.
    """
    assert stake_per_unit > 0 and stake_per_unit <= constants.MAX_AMOUNT, "participants: stake per unit"
    epoch_clock.__init__(genesis, epoch_seconds)
    ownable_2step.__init__(owner)
    load_curve._check(curve)
    epoch_parameter._initialize(load_curve._pack(curve))
    ESCROW = escrow
    TASK_REGISTRY = task_registry
    SLASHER = slasher
    STAKE_PER_UNIT = stake_per_unit


# Participants


@external
def register(role: uint256, capacity: uint256, complexity: uint256, slots: uint256):
    """
    @notice Makes the caller, who needs an escrow account, a participant. The capacity counts from the next epoch.
            Reverts while paused, if registered, for a capacity of 0, above 2**32 - 1 or beyond what the stake covers,
            and for another role than before: an account in both could claim a rebate twice on one fee.
    @param role 1 operator, 2 coprocessor.
    @param capacity Resource units, at most stake / STAKE_PER_UNIT.
    @param complexity Largest complexity of a task the participant executes.
    @param slots Tasks an operator may have open at a time, 1 to 1,024; 0 for a coprocessor.
    """
    assert not epoch_parameter._flagged(), "participants: paused"
    account: uint256 = self._own_account()
    a: activity.Activity = self._touch(account)
    assert a.role == 0 or a.role & activity.LEFT != 0, "participants: already registered"
    assert role == constants.OPERATOR or role == constants.COPROCESSOR, "participants: role"
    assert a.role == 0 or a.role == role | activity.LEFT, "participants: role is for ever"
    a.role = role
    self._set_capacity(account, a, capacity)
    extcall TASK_REGISTRY.enroll(msg.sender, account, role, complexity, slots)
    log IParticipantRegistry.Registered(
        account=account, role=role, capacity=capacity, complexity=complexity, slots=slots
    )


@external
def resize(capacity: uint256):
    """
    @notice Changes the caller's capacity from the next epoch on. Reverts below the present load, and if the stake does
            not cover the capacity.
    @param capacity Resource units.
    """
    account: uint256 = self._own_account()
    a: activity.Activity = self._touch(account)
    assert a.role != 0 and a.role & activity.LEFT == 0, "participants: not registered"
    assert capacity >= a.load, "participants: load in flight"
    self._set_capacity(account, a, capacity)


@external
def leave():
    """
    @notice Ends the caller's participation. Only when no load is in flight; tasks that wait for settlement go on, and
            their collateral stays locked until they are done.
    """
    account: uint256 = self._own_account()
    a: activity.Activity = self._touch(account)
    assert a.role != 0 and a.role & activity.LEFT == 0, "participants: not registered"
    assert a.load == 0, "participants: load in flight"
    a.role |= activity.LEFT
    a.next_capacity = 0
    self._activities[account] = activity._pack(a)
    extcall TASK_REGISTRY.enroll(msg.sender, account, 0, 0, 0)
    log IParticipantRegistry.Left(account=account)


# Task registry


@external
@view
def load_for_bid(account: uint256) -> (uint256, uint256, uint256, uint256):
    """
    @notice As `load_of`, and the packed load curve in force now; reverts while bidding is paused.
    """
    assert not epoch_parameter._flagged(), "participants: paused"
    epoch: uint256 = epoch_clock._epoch()
    load: uint256 = 0
    capacity: uint256 = 0
    room: uint256 = 0
    load, capacity, room = activity._load(self._activities[account], epoch)
    return load, capacity, room, epoch_parameter._at(epoch)


@external
@view
def load_of(account: uint256) -> (uint256, uint256, uint256):
    """
    @notice Load, capacity and room of a participant now, resource units. Room is the largest load it may reach: its
            capacity, or the smaller one it will have from the next epoch on.
    """
    return self._load_of(account)


@external
def change_load(account: uint256, added: uint256, removed: uint256):
    """
    @notice Adds and removes load. Task registry only. Reverts if load is added beyond the room.
    """
    self._check_task_registry()
    a: activity.Activity = self._touch(account)
    a.load = a.load + added - removed
    assert added == 0 or a.load <= min(a.capacity, a.next_capacity), "participants: over capacity"
    self._activities[account] = activity._pack(a)


@external
def end_fault(account: uint256, released: uint256):
    """
    @notice After a slash: removes load, and trims the capacity to what the stake still covers. Task registry only.
    """
    self._check_task_registry()
    a: activity.Activity = self._touch(account)
    a.load -= released
    self._trim(account, a)


@external
def trim(account: uint256):
    """
    @notice Trims a capacity that has lost its stake, as a slash does. Anyone.
    """
    if self._activities[account] != 0:
        self._trim(account, self._touch(account))


# Slasher


@external
def schedule_curve(curve: uint256):
    """
    @notice Puts a load curve the slasher has checked into force at the next epoch boundary. Slasher only.
    """
    assert msg.sender == SLASHER, "participants: not the slasher"
    epoch_parameter._schedule(curve)


# Owner


@external
def pause(paused: bool):
    """
    @notice Stops or allows registering and bidding. Owner only.
    """
    ownable_2step._check_owner()
    epoch_parameter._set_flag(paused)
    log IParticipantRegistry.Paused(paused=paused)


# Views


@external
@view
def required_stake(account: uint256) -> uint256:
    """
    @notice Stake that must stay for a participant's capacity, present and scheduled. Token units.
    """
    a: activity.Activity = activity._unpack(self._activities[account])
    if a.epoch < epoch_clock._epoch():
        return a.next_capacity * STAKE_PER_UNIT
    return max(a.capacity, a.next_capacity) * STAKE_PER_UNIT


@external
@view
def activity_words(first: uint256, count: uint256) -> DynArray[uint256, constants.MAX_PAGE]:
    """
    @notice Activity words of consecutive accounts as last stored, for readers that watch many.
    @param count At most 64.
    """
    words: DynArray[uint256, constants.MAX_PAGE] = []
    for i: uint256 in range(count, bound=constants.MAX_PAGE):
        words.append(self._activities[first + i])
    return words


@external
@view
def activity_in(account: uint256, epoch: uint256) -> uint256:
    """
    @notice Activity of a closed epoch, complete to its end; zero if the ring has forgotten it or the account was not
            yet registered. Reverts for an epoch that has not ended.
    """
    assert epoch < epoch_clock._epoch(), "participants: epoch not over"
    a: activity.Activity = activity._unpack(self._activities[account])
    if a.epoch == 0:
        return 0
    if a.epoch <= epoch:
        return activity._pack(self._complete(a, epoch))
    closed: uint256 = self._closed[account * constants.EPOCH_RING + epoch % constants.EPOCH_RING]
    if activity._unpack(closed).epoch != epoch:
        return 0
    return closed


@external
@view
def curve_in(epoch: uint256) -> uint256:
    """
    @notice The packed load curve in force in an epoch.
    """
    return epoch_parameter._at(epoch)


# Internal


@internal
@view
def _load_of(account: uint256) -> (uint256, uint256, uint256):
    """
    @notice Load, capacity and room of a participant now.
    """
    return activity._load(self._activities[account], epoch_clock._epoch())


@internal
@view
def _check_task_registry():
    """
    @notice Reverts unless the task registry calls.
    """
    assert msg.sender == TASK_REGISTRY.address, "participants: not task registry"


@internal
@view
def _own_account() -> uint256:
    """
    @notice The caller's escrow account. Reverts if there is none.
    """
    account: uint256 = staticcall ESCROW.account_of(msg.sender)
    assert account != 0, "participants: no escrow account"
    return account


@internal
@view
def _complete(a: activity.Activity, epoch: uint256) -> activity.Activity:
    """
    @notice The activity of an epoch that is over, from the last one stored at or before it.
    """
    start: activity.Activity = a
    if a.epoch != epoch:
        start = activity._next_epoch(a, epoch)
    return activity._accrue(start, epoch_parameter._at(epoch), epoch_clock.EPOCH_SECONDS)


@internal
def _touch(account: uint256) -> activity.Activity:
    """
    @notice A participant's activity with its integrals complete up to now. Epochs that closed since the last touch move
            into the ring; the caller stores the activity.
    """
    a: activity.Activity = activity._unpack(self._activities[account])
    epoch: uint256 = 0
    clock: uint256 = 0
    epoch, clock = epoch_clock._position()
    if a.epoch == 0:
        a.epoch = epoch
        a.clock = clock
    if a.epoch != epoch:
        for i: uint256 in range(constants.EPOCH_RING):
            past: uint256 = epoch - 1 - i
            if past < a.epoch:
                break
            self._closed[account * constants.EPOCH_RING + past % constants.EPOCH_RING] = activity._pack(
                self._complete(a, past)
            )
        a = activity._next_epoch(a, epoch)
    return activity._accrue(a, epoch_parameter._at(epoch), clock)


@internal
def _set_capacity(account: uint256, a: activity.Activity, capacity: uint256):
    """
    @notice Checks a capacity against the stake, puts it into force at the next epoch boundary and stores the activity.
    """
    assert capacity > 0 and capacity <= activity.MAX_UNITS, "participants: capacity"
    assert capacity * STAKE_PER_UNIT <= staticcall ESCROW.stake_of(account), "participants: stake too small"
    following: activity.Activity = a
    following.next_capacity = capacity
    self._activities[account] = activity._pack(following)
    log IParticipantRegistry.Resized(account=account, capacity=capacity, from_epoch=a.epoch + 1)


@internal
def _trim(account: uint256, a: activity.Activity):
    """
    @notice Lowers a capacity, present and scheduled, to what the stake covers, but not below the load, and stores the
            activity.
    """
    after: activity.Activity = a
    bound: uint256 = max(staticcall ESCROW.stake_of(account) // STAKE_PER_UNIT, a.load)
    if max(a.capacity, a.next_capacity) > bound:
        after.capacity = min(a.capacity, bound)
        after.next_capacity = min(a.next_capacity, bound)
        log IParticipantRegistry.CapacityCut(account=account, capacity=bound)
    self._activities[account] = activity._pack(after)
