# pragma version 0.4.3
"""
@title Deadlines
@license MIT
@notice The moments of a task's life: when its auction ends and who leads has it, and until when a result, a second
        chance, a rescue or a challenge is in time. Timestamps and seconds in, timestamps out. Python twin:
        ballast.model.deadlines.
@dev How they are compared, everywhere. `_closing` and `_awarded` are the first second after a part of the auction: bids
     are in time while `now < moment`. Everything else is a last second: in time while `now <= last`, over and the next
     thing possible when `now > last`. A result, too, comes when `now > awarded`, so that no block holds a bid and the
     result of the same task.
     The unchecked arithmetic is on timestamps of 40 bits and windows of 18 bits.
"""

from contracts.modules import constants


@internal
@pure
def _present_step(opened: uint256, step_seconds: uint256, now: uint256) -> uint256:
    """
    @notice Step a task's clock is at, beyond the last one when its time is over.
    """
    return unsafe_div(unsafe_sub(now, opened), step_seconds)


@internal
@pure
def _closing(opened: uint256, steps: uint256, step_seconds: uint256) -> uint256:
    """
    @notice Moment at which the clock has run through all its steps.
    """
    return unsafe_add(opened, unsafe_mul(steps, step_seconds))


@internal
@pure
def _awarded(opened: uint256, step: uint256, step_seconds: uint256) -> uint256:
    """
    @notice Moment at which whoever leads at a step has the task: the end of that step.
    """
    return unsafe_add(opened, unsafe_mul(unsafe_add(step, 1), step_seconds))


@internal
@pure
def _due(begun: uint256, submit_seconds: uint256) -> uint256:
    """
    @notice Last second for the result.
    @param begun Moment of the award, or the second in which an operator or a rescuer took the task.
    """
    return unsafe_add(begun, submit_seconds)


@internal
@pure
def _chance_until(closing: uint256, rescue_seconds: uint256) -> uint256:
    """
    @notice Last second in which the operator may give a task nobody bid for a second chance; then anyone may end it.
    """
    return unsafe_add(closing, rescue_seconds)


@internal
@pure
def _rescue_until(due: uint256, rescued: uint256, rescue_seconds: uint256) -> uint256:
    """
    @notice Last second in which a late task may be taken over; then anyone may fail it. After a rescuer's own lateness
            there is no time for another.
    @param rescued 1 if a rescuer was late.
    """
    return due if rescued == 1 else unsafe_add(due, rescue_seconds)


@internal
@pure
def _challenge_until(submitted: uint256, challenge_seconds: uint256) -> uint256:
    """
    @notice Last second in which the court may hold a result; then anyone may settle.
    @param submitted When the result came, 0 if the court has upheld it: the time is over.
    """
    return unsafe_add(submitted, challenge_seconds)


@internal
@pure
def _dispute_until(held: uint256) -> uint256:
    """
    @notice Last second of a hold; then anyone may settle a task the court left undecided.
    """
    return unsafe_add(held, constants.DISPUTE_SECONDS)


@internal
@pure
def _longest_life(
    steps: uint256, step_seconds: uint256, submit_seconds: uint256, rescue_seconds: uint256, challenge_seconds: uint256
) -> uint256:
    """
    @notice The longest a task can live: two auctions with the time between them, execution, rescue, the rescuer's
            execution, challenge and dispute. Seconds.
    """
    clock: uint256 = 2 * steps * step_seconds
    windows: uint256 = 2 * (submit_seconds + rescue_seconds) + challenge_seconds
    return clock + windows + rescue_seconds + constants.DISPUTE_SECONDS
