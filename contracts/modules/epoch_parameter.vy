# pragma version 0.4.3
"""
@title Epoch parameter
@license MIT
@notice One packed word of parameters that changes at an epoch boundary only, so that an epoch and a task can always be
        judged by the word they began under.
@dev In the steady state a reader loads one slot. A change waits in two more, announced by the highest bit of the first;
     the next change is possible once nothing younger than MAX_TASK_LIFE can refer to the word before this one. A fault
     slashed later than that is judged by the newer word.
"""

from contracts.modules import constants
from contracts.modules import epoch_clock

uses: epoch_clock

CHANGING: constant(uint256) = 2**255
FLAG: constant(uint256) = 2**254  # free for the contract's own use, kept through changes
PAYLOAD: constant(uint256) = 2**254 - 1

_word: uint256
_next: uint256
_from_epoch: uint256


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
    if word >= CHANGING and epoch >= self._from_epoch:
        return self._next
    return word & PAYLOAD


@internal
def _schedule(word: uint256):
    """
    @notice Puts a word into force at the next epoch boundary.
    @dev Anything that still refers to an older word is at most MAX_TASK_LIFE old, or EPOCH_RING epochs.
    """
    epoch: uint256 = epoch_clock._epoch()
    if self._word >= CHANGING:
        memory_: uint256 = constants.MAX_TASK_LIFE // epoch_clock.EPOCH_SECONDS + constants.EPOCH_RING + 1
        assert epoch > self._from_epoch + memory_, "parameter: change too soon"
        self._word = (self._word & FLAG) | self._next
    self._next = word
    self._from_epoch = epoch + 1
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
