# pragma version 0.4.3
"""
@title Reasons
@license MIT
@notice Why a step does not apply. A batch skips the item and reports the code in an event; a strict call reverts with
        the text. Python twin: ballast.model.reasons.
"""

NO_TASK: constant(uint256) = 1
STATE: constant(uint256) = 2
TOO_EARLY: constant(uint256) = 3
TOO_LATE: constant(uint256) = 4
CALLER: constant(uint256) = 5
CAPACITY: constant(uint256) = 6
REPUTATION: constant(uint256) = 7
PRICE: constant(uint256) = 8
LOAD_LIMIT: constant(uint256) = 9
NOT_LEADING: constant(uint256) = 10
MANDATE: constant(uint256) = 11
SLOT: constant(uint256) = 12
TASK_TERMS: constant(uint256) = 13
COMPLEXITY: constant(uint256) = 14
PAUSED: constant(uint256) = 15
ROLE: constant(uint256) = 16
SENDER: constant(uint256) = 17


@internal
@pure
def _text(code: uint256) -> String[32]:
    """
    @notice The revert reason of a code.
    """
    if code == NO_TASK:
        return "registry: no such task"
    if code == STATE:
        return "registry: wrong state"
    if code == TOO_EARLY:
        return "registry: too early"
    if code == TOO_LATE:
        return "registry: too late"
    if code == CALLER:
        return "registry: not the caller's"
    if code == CAPACITY:
        return "registry: over capacity"
    if code == REPUTATION:
        return "registry: reputation too low"
    if code == PRICE:
        return "registry: price out of reach"
    if code == LOAD_LIMIT:
        return "registry: load above limit"
    if code == NOT_LEADING:
        return "registry: bid does not lead"
    if code == MANDATE:
        return "registry: mandate exhausted"
    if code == SLOT:
        return "registry: slot"
    if code == TASK_TERMS:
        return "registry: task terms"
    if code == COMPLEXITY:
        return "registry: too complex"
    if code == PAUSED:
        return "registry: paused"
    if code == ROLE:
        return "registry: wrong role"
    return "registry: sender not allowed"
