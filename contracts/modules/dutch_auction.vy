# pragma version 0.4.3
"""
@title Modified Dutch auction
@license MIT
@notice A clock of K steps between two prices, given as parts per million of the task's reward. With start above floor
        it falls, with start below floor the same code rises. On a falling clock load and reputation decide from which
        step a coprocessor may bid, on a rising one its minimum price; a score decides within a step, and a hash between
        equal scores. Python twin: ballast.model.dutch_auction.
@dev The unchecked arithmetic is on numbers below 2**20, but for `price` and `rho`, which are checked.
"""

from contracts.modules import constants


@internal
@pure
def _price_at(start: uint256, floor_: uint256, steps: uint256, step: uint256) -> uint256:
    """
    @notice Price of a step.
    @param steps K, at least 2.
    @param step Below K.
    @return Parts per million of the reward; the distance gone is rounded down.
    """
    if start >= floor_:
        return unsafe_sub(start, unsafe_mul(unsafe_sub(start, floor_), step) // (steps - 1))
    return unsafe_add(start, unsafe_mul(unsafe_sub(floor_, start), step) // (steps - 1))


@internal
@pure
def _step_at(start: uint256, floor_: uint256, steps: uint256, price: uint256) -> uint256:
    """
    @notice First step at which the clock has come to a price or passed it: the inverse of `_price_at` up to steps of
            equal price.
    @return A step below K, or K if the clock never gets there.
    """
    distance: uint256 = 0
    gap: uint256 = 0
    if start >= floor_:
        distance = start - floor_
        gap = start - price if price < start else 0
    else:
        distance = floor_ - start
        gap = price - start if price > start else 0
    if gap == 0:
        return 0
    if gap > distance:
        return steps
    return (gap * (steps - 1) + distance - 1) // distance


@internal
@pure
def _first_step(steps: uint256, handicap: uint256, reputation_handicap: uint256, x: uint256, rho: uint256) -> uint256:
    """
    @notice Step from which a coprocessor may take a falling clock.
    @param handicap Share of the clock lost at full load, ppm.
    @param reputation_handicap Share of the clock lost at reputation zero, ppm.
    @param x Load with the task at hand, basis points.
    @param rho Reputation, ppm.
    @return Step, rounded down: in favour of the bidder.
    """
    by_load: uint256 = unsafe_mul(unsafe_mul(handicap, x), constants.PPM // constants.BPS)
    by_record: uint256 = unsafe_mul(reputation_handicap, constants.PPM - rho)
    return unsafe_mul(steps - 1, unsafe_add(by_load, by_record)) // constants.PPM**2


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
def _entry_step(
    start: uint256,
    floor_: uint256,
    steps: uint256,
    handicap: uint256,
    reputation_handicap: uint256,
    min_price: uint256,
    x: uint256,
    rho: uint256,
    present: uint256,
) -> uint256:
    """
    @notice Step at which a bid enters: on a falling clock the first that load and reputation allow, on a rising one the
            first at which the price is the bid's minimum, but none before the present one.
    @param min_price Parts per million of the reward.
    @param present The step the clock is at, beyond the last one when its time is over.
    @return A step below K at which the price is at least the minimum, or K if there is none.
    """
    earliest: uint256 = 0
    if start >= floor_:
        earliest = self._first_step(steps, handicap, reputation_handicap, x, rho)
    else:
        earliest = self._step_at(start, floor_, steps, min_price)
    step: uint256 = max(earliest, present)
    # The price of a falling clock moves away from who has to wait.
    if step < steps and self._price_at(start, floor_, steps, step) >= min_price:
        return step
    return steps


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
