# pragma version 0.4.3
"""
@title Epoch parameter
@license MIT
@notice One packed word of parameters that changes at an epoch boundary only, so that an epoch and a task can always be
        judged by the word they began under.
@dev Before the first change a reader loads one slot, later three. A change waits in `_next`, announced by the highest
     bit of the first; words before are kept, newest last, in a ring. Changes are so far apart that the ring reaches as
     far back as a living task or a remembered epoch can. A fault slashed later than that is judged by the oldest word.
"""

from contracts.modules import constants
from contracts.modules import epoch_clock

uses: epoch_clock

struct Past:
    word: uint256
    since: uint256  # its first epoch

CHANGING: constant(uint256) = 2**255
FLAG: constant(uint256) = 2**254  # free for the contract's own use, kept through changes
PAYLOAD: constant(uint256) = 2**254 - 1
REMEMBERED: constant(uint256) = 1024  # words kept besides the last two
HALVINGS: constant(uint256) = 10  # of so many to one
MIN_APART: constant(uint256) = 2  # epochs between changes: of the last two epochs, one word or two tell

_word: uint256
_next: uint256
_from_epoch: uint256  # first epoch of the next word
_since: uint256  # first epoch of the word
_changes: uint256  # words that have gone into the ring
_past: Past[REMEMBERED]


@internal
def _initialize(word: uint256):
    """
    @notice The first word, in force from the start. For constructors.
    """
    self._word = word


@internal
@view
def _at(epoch: uint256) -> uint256:
    """
    @notice The word in force in an epoch not older than what the protocol remembers.
    """
    word: uint256 = self._word
    if word < CHANGING:
        return word & PAYLOAD
    if epoch >= self._from_epoch:
        return self._next
    word &= PAYLOAD
    if epoch >= self._since:
        return word
    # among those kept, the last that began no later: by halving, as they are many
    high: uint256 = self._changes
    low: uint256 = high - min(high, REMEMBERED)
    for i: uint256 in range(HALVINGS):
        if high - low <= 1:
            break
        middle: uint256 = (low + high) // 2
        if epoch >= self._past[middle % REMEMBERED].since:
            low = middle
        else:
            high = middle
    return self._past[low % REMEMBERED].word


@internal
@view
def _may_change() -> bool:
    """
    @notice Whether the last change is so long ago that another may be scheduled.
    """
    if self._word < CHANGING:
        return True
    memory_: uint256 = constants.MAX_TASK_LIFE // epoch_clock.EPOCH_SECONDS + constants.EPOCH_RING + 1
    apart: uint256 = max(memory_ // REMEMBERED + 1, MIN_APART)
    return epoch_clock._epoch() + 1 >= self._from_epoch + apart


@internal
def _schedule(word: uint256):
    """
    @notice Puts a word into force at the next epoch boundary. Reverts too soon after the last change.
    @dev Anything that still refers to an older word is at most MAX_TASK_LIFE old, or EPOCH_RING epochs.
    """
    assert self._may_change(), "parameter: change too soon"
    if self._word >= CHANGING:
        self._past[self._changes % REMEMBERED] = Past(word=self._word & PAYLOAD, since=self._since)
        self._changes += 1
        self._word = (self._word & FLAG) | self._next
        self._since = self._from_epoch
    self._next = word
    self._from_epoch = epoch_clock._epoch() + 1
    self._word |= CHANGING


@internal
@view
def _flagged() -> bool:
    """
    @notice Whether the contract's own flag is set.
    """
    return self._word & FLAG != 0


@internal
def _set_flag(on: bool):
    """
    @notice Sets or clears the contract's own flag.
    """
    self._word = (self._word | FLAG) if on else (self._word & ~FLAG)
