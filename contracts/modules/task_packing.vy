# pragma version 0.4.3
"""
@title Task words
@license MIT
@notice A task lives in one of its operator's slots, three words: its terms, its progress, its result.
        Python twin: ballast.model.task_packing.
@dev A task's number holds, from the lowest bit: sequence 32, slot 16, operator 32; the sequence counts the tasks
     that have used the slot.
     Terms: sequence 32, class 24, opened 40, difficulty 32, reward 96, outcome 4, rising 1, complexity 16; the last is
     the class's, so that whoever takes a task reads one slot less.
     Progress: sequence 32, executor 32, step 8, status 4, own 1, rescued 1, x 14, score 34, time 40, due 40, difficulty
     32; the last is the terms', so that submitting reads one slot.
     Where the sequence of the progress differs from that of the terms the task has no executor yet, so that opening a
     task writes one slot.
"""

from contracts.modules import class_packing
from contracts.modules import constants
from contracts.modules import dutch_auction

struct TaskTerms:
    sequence: uint256
    class_id: uint256
    opened: uint256  # timestamp
    difficulty: uint256
    reward: uint256
    outcome: uint256
    rising: uint256  # 1 on the second chance
    complexity: uint256  # that of the class

struct TaskProgress:
    sequence: uint256
    executor: uint256  # account
    step: uint256
    status: uint256
    own: uint256  # 1 if the operator executes the task itself
    rescued: uint256  # 1 if a rescuer took it over
    x: uint256  # executor's load with the task when it won it, basis points
    score: uint256
    time: uint256  # timestamp of the award, or of what came last: take-over, submission, hold; 0 once upheld
    due: uint256  # last timestamp at which the executor may submit
    difficulty: uint256  # that of the terms

# Outcomes
LIVE: constant(uint256) = 0
SETTLED: constant(uint256) = 1
EXPIRED: constant(uint256) = 2
FAILED: constant(uint256) = 3
FORFEITED: constant(uint256) = 4

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
    low: uint256 = t.sequence | (t.class_id << 32) | (t.opened << 56) | (t.difficulty << 96)
    return low | (t.reward << 128) | (t.outcome << 224) | (t.rising << 228) | (t.complexity << 229)


@internal
@pure
def _terms(word: uint256) -> TaskTerms:
    """
    @notice The terms of a word.
    """
    return TaskTerms(
        sequence=word & (2**32 - 1),
        class_id=(word >> 32) & (2**24 - 1),
        opened=(word >> 56) & (2**40 - 1),
        difficulty=(word >> 96) & (2**32 - 1),
        reward=(word >> 128) & (2**96 - 1),
        outcome=(word >> 224) & (2**4 - 1),
        rising=(word >> 228) & 1,
        complexity=word >> 229,
    )


@internal
@pure
def _outcome(word: uint256) -> uint256:
    """
    @notice The outcome in a word of terms.
    """
    return (word >> 224) & (2**4 - 1)


@internal
@pure
def _with_outcome(word: uint256, outcome: uint256) -> uint256:
    """
    @notice A live task's word of terms with its outcome.
    """
    return word | (outcome << 224)


@internal
@pure
def _pack_progress(p: TaskProgress) -> uint256:
    """
    @notice The word of a task's progress.
    """
    low: uint256 = p.sequence | (p.executor << 32) | (p.step << 64) | (p.status << 72) | (p.own << 76)
    high: uint256 = (p.x << 78) | (p.score << 92) | (p.time << 126) | (p.due << 166) | (p.difficulty << 206)
    return low | (p.rescued << 77) | high


@internal
@pure
def _progress(word: uint256) -> TaskProgress:
    """
    @notice The progress of a word.
    """
    return TaskProgress(
        sequence=word & (2**32 - 1),
        executor=(word >> 32) & (2**32 - 1),
        step=(word >> 64) & (2**8 - 1),
        status=(word >> 72) & (2**4 - 1),
        own=(word >> 76) & 1,
        rescued=(word >> 77) & 1,
        x=(word >> 78) & (2**14 - 1),
        score=(word >> 92) & (2**34 - 1),
        time=(word >> 126) & (2**40 - 1),
        due=(word >> 166) & (2**40 - 1),
        difficulty=word >> 206,
    )


@internal
@pure
def _with_status(word: uint256, status: uint256) -> uint256:
    """
    @notice A word of progress with another status.
    """
    return (word & ~(15 << 72)) | (status << 72)


@internal
@pure
def _with_status_at(word: uint256, status: uint256, time: uint256) -> uint256:
    """
    @notice A word of progress with another status, reached at a time.
    """
    return (word & ~((15 << 72) | ((2**40 - 1) << 126))) | (status << 72) | (time << 126)


@internal
@pure
def _clock_prices(a: class_packing.Auction, rising: uint256) -> (uint256, uint256):
    """
    @notice Start and floor of a task's clock: the class's own, or on the second chance the lower price first.
    """
    if rising == 1:
        return min(a.start, a.floor_), max(a.start, a.floor_)
    return a.start, a.floor_


@internal
@pure
def _price(a: class_packing.Auction, t: TaskTerms, step: uint256, own: uint256) -> uint256:
    """
    @notice What an executor is paid: the price of the winning step, or of the best step for a self-executed task.
    @return Token units, rounded down: against the executor.
    """
    ppm: uint256 = max(a.start, a.floor_)
    if own == 0:
        start: uint256 = 0
        floor_: uint256 = 0
        start, floor_ = self._clock_prices(a, t.rising)
        ppm = dutch_auction._price_at(start, floor_, a.steps, step)
    return unsafe_mul(t.reward, ppm) // constants.PPM  # below 2**116
