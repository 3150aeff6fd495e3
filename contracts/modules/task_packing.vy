# pragma version 0.4.3
"""
@title Task words
@license MIT
@notice A task lives in one of its operator's slots, three words: its terms, its progress, its result.
        Python twin: ballast.model.task_packing.
@dev A task's number holds, from the lowest bit: sequence 32, slot 16, operator 32; the sequence counts the tasks
     that have used the slot.
     Terms: sequence 32, class 27, opened 36, difficulty 32, reward 92, outcome 3, rising 1, complexity 16, start 10 in
     permille, minimum reputation 7 in percent. The complexity is the class's, so that whoever takes a task reads one
     slot less.
     Progress: sequence 32, executor 32, step 6, status 3, own 1, rescued 1, x 14, rho 20, price 20, time 40, window 18,
     difficulty 32, capacity 32. The difficulty is the terms', so that submitting reads one slot.
     Where the sequence of the progress differs from that of the terms the task has no executor yet, so that opening a
     task writes one slot.
"""

from contracts.modules import class_packing
from contracts.modules import constants

struct TaskTerms:
    sequence: uint256
    class_id: uint256
    opened: uint256  # timestamp
    difficulty: uint256
    reward: uint256
    outcome: uint256
    rising: uint256  # 1 on the last call
    complexity: uint256  # that of the class
    start: uint256  # start price of its clock, ppm of the reward; the mandate's, rounded down
    min_reputation: uint256  # of its executor, ppm, beside the class's; its operator's choice

struct TaskProgress:
    sequence: uint256
    executor: uint256  # account
    step: uint256
    status: uint256
    own: uint256  # 1 if the operator executes the task itself
    rescued: uint256  # 1 if a rescuer took it over
    x: uint256  # executor's load with the task when it won it, basis points
    rho: uint256  # its reputation then, ppm; 0 if the operator took the task itself
    price: uint256  # what it is paid, ppm of the reward
    time: uint256  # timestamp of the award, or of what came last: take-over, submission, hold; 0 once upheld
    window: uint256  # seconds that it has for the result, from the award on
    difficulty: uint256  # that of the terms
    capacity: uint256  # its capacity when it won the task, resource units; its collateral depends on it

# Outcomes
LIVE: constant(uint256) = 0
SETTLED: constant(uint256) = 1
EXPIRED: constant(uint256) = 2
FAILED: constant(uint256) = 3
FORFEITED: constant(uint256) = 4

MAX_REWARD: constant(uint256) = 2**92 - 1  # token units
PERCENT: constant(uint256) = constants.PPM // 100  # unit of the smallest reputation that an operator names, ppm

# Status
NOBODY: constant(uint256) = 0  # no executor yet
WON: constant(uint256) = 1  # leading, and awarded once the leader's step has ended
SUBMITTED: constant(uint256) = 2
DISPUTED: constant(uint256) = 3
LATE: constant(uint256) = 4  # executor slashed, waiting for a rescuer


@internal
@pure
def _pack_terms(t: TaskTerms) -> uint256:
    """
    @notice The word of a task's terms.
    """
    low: uint256 = t.sequence | (t.class_id << 32) | (t.opened << 59) | (t.difficulty << 95) | (t.reward << 127)
    low |= (t.outcome << 219) | (t.rising << 222) | (t.complexity << 223)
    return low | (t.start // class_packing.PERMILLE << 239) | (t.min_reputation // PERCENT << 249)


@internal
@pure
def _terms(word: uint256) -> TaskTerms:
    """
    @notice The terms of a word.
    """
    return TaskTerms(
        sequence=word & (2**32 - 1),
        class_id=(word >> 32) & (2**27 - 1),
        opened=(word >> 59) & (2**36 - 1),
        difficulty=(word >> 95) & (2**32 - 1),
        reward=(word >> 127) & (2**92 - 1),
        outcome=(word >> 219) & (2**3 - 1),
        rising=(word >> 222) & 1,
        complexity=(word >> 223) & (2**16 - 1),
        start=unsafe_mul((word >> 239) & (2**10 - 1), class_packing.PERMILLE),
        min_reputation=unsafe_mul(word >> 249, PERCENT),
    )


@internal
@pure
def _outcome(word: uint256) -> uint256:
    """
    @notice The outcome in a word of terms.
    """
    return (word >> 219) & (2**3 - 1)


@internal
@pure
def _with_outcome(word: uint256, outcome: uint256) -> uint256:
    """
    @notice A live task's word of terms with its outcome.
    """
    return word | (outcome << 219)


@internal
@pure
def _pack_progress(p: TaskProgress) -> uint256:
    """
    @notice The word of a task's progress.
    """
    low: uint256 = p.sequence | (p.executor << 32) | (p.step << 64) | (p.status << 70) | (p.own << 73)
    low |= (p.rescued << 74) | (p.x << 75) | (p.rho << 89) | (p.price << 109)
    return low | (p.time << 129) | (p.window << 169) | (p.difficulty << 187) | (p.capacity << 219)


@internal
@pure
def _progress(word: uint256) -> TaskProgress:
    """
    @notice The progress of a word.
    """
    return TaskProgress(
        sequence=word & (2**32 - 1),
        executor=(word >> 32) & (2**32 - 1),
        step=(word >> 64) & (2**6 - 1),
        status=(word >> 70) & (2**3 - 1),
        own=(word >> 73) & 1,
        rescued=(word >> 74) & 1,
        x=(word >> 75) & (2**14 - 1),
        rho=(word >> 89) & (2**20 - 1),
        price=(word >> 109) & (2**20 - 1),
        time=(word >> 129) & (2**40 - 1),
        window=(word >> 169) & (2**18 - 1),
        difficulty=(word >> 187) & (2**32 - 1),
        capacity=word >> 219,
    )


@internal
@pure
def _with_status(word: uint256, status: uint256) -> uint256:
    """
    @notice A word of progress with another status.
    """
    return (word & ~(7 << 70)) | (status << 70)


@internal
@pure
def _with_status_at(word: uint256, status: uint256, time: uint256) -> uint256:
    """
    @notice A word of progress with another status, reached at a time.
    """
    return (word & ~((7 << 70) | ((2**40 - 1) << 129))) | (status << 70) | (time << 129)


@internal
@pure
def _pay(reward: uint256, price: uint256) -> uint256:
    """
    @notice Pay of an executor.
    @param price Ppm of the reward.
    @return Token units, rounded down: against the executor.
    """
    return unsafe_mul(reward, price) // constants.PPM  # below 2**112
