"""Gates; twin of ``contracts/modules/gates.vy``.

Why somebody may not take a task, as a code of `ballast.model.reasons`, or 0 if it may. Funds are not asked for: who
lacks them fails where they are locked.
"""

from __future__ import annotations

from ballast.model import reasons


def for_coprocessor(
    sequence: int,
    able: int,
    complexity: int,
    min_reputation: int,
    load: int,
    room: int,
    x: int,
    max_load: int,
    rho: int,
) -> int:
    """Why a coprocessor may not take a task.

    Parameters
    ----------
    sequence : int
        The task's, 0 if there is no such task.
    able : int
        Complexity of the hardest class the coprocessor executes.
    complexity : int
        The task's.
    min_reputation : int
        The class's, ppm.
    load, room : int
        Load with the task, and the largest allowed, resource units.
    x, max_load : int
        Load with the task, and the largest the coprocessor accepts, basis points.
    rho : int
        Its reputation, ppm.

    Returns
    -------
    int
        Code of a reason, or 0.
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


def for_operator(able: int, complexity: int, load: int, room: int) -> int:
    """Why an operator may not execute its task itself.

    Parameters
    ----------
    able : int
        Complexity of the hardest class the operator executes.
    complexity : int
        The class's.
    load, room : int
        Load with the task, and the largest allowed, resource units.

    Returns
    -------
    int
        Code of a reason, or 0.
    """
    if complexity > able:
        return reasons.COMPLEXITY
    if load > room:
        return reasons.CAPACITY
    return 0
