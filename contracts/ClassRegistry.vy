# pragma version 0.4.3
# pragma optimize gas
"""
@title Class registry
@license MIT
@notice Where an AVS registers its immutable task classes and gives operators mandates. The words the task registry
        reads at every step are kept there; what only disputes and off-chain readers need stays here.
@dev Only an operator opens tasks, within a mandate: nobody can bind another's collateral. A mandate's money is locked
     in the pool account when it is given, leaves it task by task, and returns to the AVS when the mandate is reduced.
@custom:security A class freezes the protocol fee in force when it was registered, and its AVS says how much it takes
                 at most, so nobody can change the terms of tasks that use it.
@custom:kill Nothing to stop: the task registry's pause stops opening tasks. An AVS suspends mandates and takes back
             what is or comes to be undrawn.
"""

from contracts.interfaces import ICollateralEscrow
from contracts.interfaces import ITaskRegistry
from contracts.modules import class_packing
from contracts.modules import constants
from contracts.modules import deadlines
from contracts.modules import move_packing
from contracts.modules import ownable_2step

initializes: ownable_2step

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.offer_ownership,
    ownable_2step.accept_ownership,
)

struct Dispute:
    risk: uint256  # ppm; informs the success probability off chain
    audit_share: uint256  # ppm of the results audited without a challenge
    comparator: uint256  # 0 exact, 1 absolute difference, 2 Hamming distance
    tolerance: uint256
    adjudicator: address

event ClassRegistered:
    class_id: indexed(uint256)
    avs: indexed(uint256)
    auction: class_packing.Auction
    opening: class_packing.Opening
    dispute: Dispute

event FeeSet:
    fee: uint256

MIN_STEPS: constant(uint256) = 2
MAX_STEPS: constant(uint256) = 63
MAX_STEP_SECONDS: constant(uint256) = 2**16 - 1
MAX_WINDOW: constant(uint256) = 2**18 - 1
MAX_MALUS: constant(uint256) = 8 * constants.PPM
MAX_WEIGHT: constant(uint256) = 4 * constants.PPM
MAX_GAIN: constant(uint256) = constants.PPM // 5
MAX_COLLATERAL: constant(uint256) = 4 * constants.PPM
MAX_MIN_REWARD: constant(uint256) = 2**80 - 1
MAX_COMPARATOR: constant(uint256) = 2
MAX_FEE: constant(uint256) = constants.PPM // 5

ESCROW: public(immutable(ICollateralEscrow))
TASK_REGISTRY: public(immutable(ITaskRegistry))

disputes: public(HashMap[uint256, Dispute])
fee: public(uint256)  # ppm of the price


@deploy
def __init__(
    escrow: ICollateralEscrow, task_registry: ITaskRegistry, fee: uint256, owner: address
):
    """
    @param fee Ppm of a task's price.
    @param owner May set the fee of classes yet to come.
    """
    ownable_2step.__init__(owner)
    ESCROW = escrow
    TASK_REGISTRY = task_registry
    self._set_fee(fee)


# AVS


@external
def register_class(
    auction: class_packing.Auction, opening: class_packing.Opening, dispute: Dispute
) -> uint256:
    """
    @notice Registers an immutable class of the caller's, who needs an escrow account. `auction.fee` is the largest fee
            the caller accepts; the fee in force and the caller's account are filled in here. Reverts where a term is
            out of its bounds, and where it is no multiple of the unit its word counts in.
    @return The class's number.
    """
    account: uint256 = self._own_account()
    ppm: uint256 = constants.PPM
    assert auction.steps >= MIN_STEPS and auction.steps <= MAX_STEPS, "class: steps"
    assert auction.step_seconds > 0 and auction.step_seconds <= MAX_STEP_SECONDS, "class: step seconds"
    assert auction.cap <= ppm, "class: price above reward"
    assert auction.floor_ > 0, "class: zero price"
    assert auction.floor_ <= auction.cap, "class: floor above cap"
    assert opening.start >= auction.floor_ and opening.start <= auction.cap, "class: start price"
    assert opening.gain <= MAX_GAIN and opening.target <= ppm, "class: start gain or target"
    assert auction.tick > 0 and auction.tick <= ppm, "class: tick"
    assert max(auction.idle, auction.bonus) <= ppm and auction.malus <= MAX_MALUS, "class: load discount"
    assert auction.weight <= MAX_WEIGHT and auction.level <= ppm, "class: record discount"
    assert auction.hard <= 1, "class: hard quality"
    assert max(auction.min_reputation, opening.min_reputation) <= ppm, "class: minimum reputation"
    assert auction.collateral >= auction.cap, "class: collateral below price"
    assert auction.collateral <= MAX_COLLATERAL, "class: collateral"
    assert auction.stake_share <= ppm, "class: stake share"
    # An AVS gains the operator's penalty; an accomplice's lateness costs at least half a slash more than it finds.
    assert auction.operator_share <= auction.slash_factor // 2, "class: operator share"
    assert auction.slash_factor > 0 and auction.slash_factor <= ppm, "class: slash factor"
    assert opening.wrong_factor >= auction.slash_factor and opening.wrong_factor <= ppm, "class: wrong factor"
    assert opening.complexity < 2**16, "class: complexity"
    assert opening.min_reward > 0 and opening.min_reward <= MAX_MIN_REWARD, "class: minimum reward"
    assert auction.submit_seconds > 0 and auction.submit_seconds <= MAX_WINDOW, "class: submit seconds"
    assert auction.rescue_seconds > 0 and auction.rescue_seconds <= MAX_WINDOW, "class: rescue seconds"
    assert auction.challenge_seconds > 0 and auction.challenge_seconds <= MAX_WINDOW, "class: challenge seconds"
    for term: uint256 in [
        auction.cap,
        auction.floor_,
        auction.tick,
        auction.idle,
        auction.bonus,
        auction.malus,
        auction.weight,
        auction.level,
        auction.min_reputation,
        opening.min_reputation,
        opening.target,
    ]:
        assert term % class_packing.PERMILLE == 0, "class: not in permille"
    for term: uint256 in [auction.stake_share, auction.operator_share, opening.gain]:
        assert term % class_packing.BASIS_POINT == 0, "class: not in basis points"
    life: uint256 = deadlines._longest_life(
        auction.steps,
        auction.step_seconds,
        auction.submit_seconds,
        auction.rescue_seconds,
        auction.challenge_seconds,
    )
    assert life <= constants.MAX_TASK_LIFE, "class: task life"
    assert max(dispute.risk, dispute.audit_share) <= ppm, "class: risk or audit share"
    assert dispute.comparator <= MAX_COMPARATOR, "class: comparator"
    assert self.fee <= auction.fee, "class: fee above maximum"
    hot: class_packing.Auction = auction
    hot.fee = self.fee
    cold: class_packing.Opening = opening
    cold.avs = account
    class_id: uint256 = extcall TASK_REGISTRY.add_class(
        class_packing._pack_auction(hot), class_packing._pack_opening(cold)
    )
    self.disputes[class_id] = dispute
    log ClassRegistered(class_id=class_id, avs=account, auction=hot, opening=cold, dispute=dispute)
    return class_id


@external
def fund_mandate(class_id: uint256, operator: uint256, amount: uint256):
    """
    @notice Lets an operator draw rewards on one of the caller's classes; the amount moves from the AVS's
            free balance into the pool account's locked one. Reverts if it backs a capacity of the caller's.
    @param operator Escrow account.
    @param amount Token units.
    """
    account: uint256 = self._own_class(class_id)
    assert amount > 0 and amount <= constants.MAX_AMOUNT, "class: amount"
    assert amount <= staticcall ESCROW.spendable_of(account), "class: stake backs capacity"
    extcall TASK_REGISTRY.change_mandate(class_id, operator, amount, 0)
    extcall ESCROW.move(
        [
            move_packing._move(account, 0, amount, 0, 0),
            move_packing._move(constants.POOL_ACCOUNT, 0, 0, amount, 0),
        ]
    )


@external
def reduce_mandate(class_id: uint256, operator: uint256, amount: uint256):
    """
    @notice Takes back what an operator has not drawn. Tasks already open are not touched. AVS of the class only.
    @param amount Token units, at most what remains.
    """
    account: uint256 = self._own_class(class_id)
    assert amount > 0 and amount <= constants.MAX_AMOUNT, "class: amount"
    extcall TASK_REGISTRY.change_mandate(class_id, operator, 0, amount)
    extcall ESCROW.move(
        [
            move_packing._move(account, amount, 0, 0, 0),
            move_packing._move(constants.POOL_ACCOUNT, 0, 0, 0, amount),
        ]
    )


@external
def suspend_mandate(class_id: uint256, operator: uint256):
    """
    @notice Lets an operator open no more tasks of a class until its mandate is funded again. What open tasks return
            then stays there to be taken back, however fast the operator. AVS of the class only.
    @param operator Escrow account.
    """
    self._own_class(class_id)
    extcall TASK_REGISTRY.suspend_mandate(class_id, operator)


# Owner


@external
def set_fee(fee: uint256):
    """
    @notice Sets the fee of classes registered from now on. Owner only.
    @param fee Ppm of the price, a multiple of 100, at most a fifth.
    """
    ownable_2step._check_owner()
    self._set_fee(fee)


# Internal


@internal
def _set_fee(fee: uint256):
    """
    @notice Checks and stores a fee.
    """
    assert fee <= MAX_FEE and fee % class_packing.BASIS_POINT == 0, "class: fee"
    self.fee = fee
    log FeeSet(fee=fee)


@internal
@view
def _own_account() -> uint256:
    """
    @notice The caller's escrow account. Reverts if there is none.
    """
    account: uint256 = staticcall ESCROW.account_of(msg.sender)
    assert account != 0, "class: no escrow account"
    return account


@internal
@view
def _own_class(class_id: uint256) -> uint256:
    """
    @notice The caller's escrow account. Reverts unless the class is the caller's.
    """
    account: uint256 = self._own_account()
    assert staticcall TASK_REGISTRY.avs_of(class_id) == account, "class: not the caller's"
    return account
