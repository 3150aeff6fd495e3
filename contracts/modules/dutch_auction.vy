# pragma version 0.4.3
"""
@title Modified Dutch auction
@license MIT
@notice A clock of K steps, at prices in parts per million of the task's reward. In the first auction it falls by a
        fixed tick from the task's start price, and a bid enters as many ticks below it as its discounts for load and
        record ask for. In the last call, for what nobody took, it rises from the start price to the cap, and a bid
        enters where it pays the bid's minimum and the discounts. A score decides within a step, and a hash between
        equal scores. Python twin: ballast.model.dutch_auction.
@dev The unchecked arithmetic is on numbers below 2**28: only a bid's minimum price may be anything, and it is compared
     before it is used.
"""

from contracts.modules import constants


@internal
@pure
def _price_at(start: uint256, cap: uint256, steps: uint256, step: uint256) -> uint256:
    """
    @notice Price of a step of the rising clock.
    @param start Price of the first step, ppm of the reward.
    @param cap Price of the last step, not below the start.
    @param steps K, at least 2.
    @param step Below K.
    @return Parts per million of the reward, rounded down.
    """
    return unsafe_add(start, unsafe_div(unsafe_mul(unsafe_sub(cap, start), step), unsafe_sub(steps, 1)))


@internal
@pure
def _step_at(start: uint256, cap: uint256, steps: uint256, price: uint256) -> uint256:
    """
    @notice First step at which the rising clock has come to a price.
    @param price Parts per million of the reward, at most the cap.
    @return A step below K.
    """
    if price <= start:
        return 0
    distance: uint256 = unsafe_sub(cap, start)
    gone: uint256 = unsafe_mul(unsafe_sub(price, start), unsafe_sub(steps, 1))
    return unsafe_div(unsafe_sub(unsafe_add(gone, distance), 1), distance)


@internal
@pure
def _entry_falling(
    start: uint256,
    floor_: uint256,
    steps: uint256,
    tick: uint256,
    min_price: uint256,
    discount: uint256,
    present: uint256,
) -> (uint256, uint256):
    """
    @notice Step at which a bid enters the falling clock, and its price.
    @param start The task's start price, ppm of the reward.
    @param floor_ The lowest price, ppm of the reward.
    @param tick By how much the price falls each step, ppm of the reward.
    @param min_price The bid's, ppm of the reward.
    @param discount For load and record, ppm of the reward.
    @param present The step the clock is at, beyond the last one when its time is over.
    @return A step below K and its price, ppm of the reward; or K and 0 if the price would be below the minimum.
    """
    step: uint256 = max(unsafe_div(unsafe_sub(unsafe_add(discount, tick), 1), tick), present)
    ask: uint256 = max(floor_, min_price)
    if step >= steps or ask > start or unsafe_mul(step, tick) > unsafe_sub(start, ask):
        return steps, 0
    return step, unsafe_sub(start, unsafe_mul(step, tick))


@internal
@pure
def _entry_rising(
    start: uint256,
    floor_: uint256,
    cap: uint256,
    steps: uint256,
    min_price: uint256,
    of_load: uint256,
    of_record: uint256,
    hard: uint256,
    present: uint256,
) -> (uint256, uint256):
    """
    @notice Step at which a bid enters the last call, and its price. It is ranked by its minimum and its discounts, and
            paid less by these. Where the sum exceeds the cap, the discount for load gives way first, and then that for
            the record, so that nothing is left unsold for a discount alone.
    @param start The task's start price, ppm of the reward.
    @param floor_ The lowest price, ppm of the reward.
    @param cap The highest price, ppm of the reward.
    @param min_price The bid's, ppm of the reward.
    @param of_load Discount for load, ppm of the reward.
    @param of_record Discount for the record, ppm of the reward.
    @param hard 1 if the discount for the record does not give way.
    @param present The step the clock is at, beyond the last one when its time is over.
    @return A step below K, and what is paid, ppm of the reward; or K and 0 if there is none.
    """
    ask: uint256 = max(min_price, floor_)
    if ask > cap:
        return steps, 0
    room: uint256 = unsafe_sub(cap, ask)
    kept: uint256 = of_record if hard == 1 else min(of_record, room)
    if kept > room:
        return steps, 0
    discount: uint256 = unsafe_add(kept, min(of_load, unsafe_sub(room, kept)))
    step: uint256 = max(self._step_at(start, cap, steps, unsafe_add(ask, discount)), present)
    if step >= steps:
        return steps, 0
    return step, unsafe_sub(self._price_at(start, cap, steps, step), discount)


@internal
@pure
def _score(x: uint256, rho: uint256) -> uint256:
    """
    @notice Rank within a step, higher is better: (1 - x) rho.
    @return At most BPS * PPM, below 2**34.
    """
    return (constants.BPS - x) * rho


@internal
@pure
def _leads(
    task: uint256,
    bidder: uint256,
    step: uint256,
    score: uint256,
    leader: uint256,
    leader_step: uint256,
    leader_score: uint256,
) -> bool:
    """
    @notice Whether a bid displaces the leader: by an earlier step, then a better score, then the smaller hash. Nobody
            displaces itself.
    @param task The task's number.
    @param bidder Escrow account, as `leader`.
    """
    if leader == bidder:
        return False
    if step != leader_step:
        return step < leader_step
    if score != leader_score:
        return score > leader_score
    return self._tie_hash(task, bidder) < self._tie_hash(task, leader)


@internal
@pure
def _tie_hash(task: uint256, bidder: uint256) -> uint256:
    """
    @notice What decides between equal scores: the hash of a task's number and a bidder's account.
    """
    return convert(keccak256(concat(convert(task, bytes32), convert(bidder, bytes32))), uint256)
