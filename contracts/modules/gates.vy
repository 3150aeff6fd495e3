# pragma version 0.4.3
"""
@title Gates
@license MIT
@notice Why somebody may not take a task, as a code of modules/reasons.vy, or 0 if it may. Funds are not asked for: who
        lacks them fails where they are locked. Python twin: ballast.model.gates.
"""

from contracts.modules import reasons


@internal
@pure
def _for_coprocessor(
    sequence: uint256,
    able: uint256,
    complexity: uint256,
    min_reputation: uint256,
    load: uint256,
    room: uint256,
    x: uint256,
    max_load: uint256,
    rho: uint256,
) -> uint256:
    """
    @notice Why a coprocessor may not take a task, or 0.
    @param sequence The task's, 0 if there is no such task.
    @param able Complexity of the hardest class the coprocessor executes.
    @param complexity The task's.
    @param min_reputation The class's, ppm.
    @param load Load with the task, resource units.
    @param room Largest load allowed, resource units.
    @param x Load with the task, basis points.
    @param max_load Largest load the coprocessor accepts, basis points.
    @param rho Its reputation, ppm.
    """
    if sequence == 0:
        return reasons.NO_TASK
    if complexity > able:
        return reasons.COMPLEXITY
    if load > room:
        return reasons.CAPACITY
    if x > max_load:
        return reasons.LOAD_LIMIT
    if rho < min_reputation:
        return reasons.REPUTATION
    return 0


@internal
@pure
def _for_operator(able: uint256, complexity: uint256, load: uint256, room: uint256) -> uint256:
    """
    @notice Why an operator may not execute its task itself, or 0.
    @param able Complexity of the hardest class the operator executes.
    @param complexity The class's.
    @param load Load with the task, resource units.
    @param room Largest load allowed, resource units.
    """
    if complexity > able:
        return reasons.COMPLEXITY
    if load > room:
        return reasons.CAPACITY
    return 0
