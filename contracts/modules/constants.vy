# pragma version 0.4.3
"""
@title Constants
@license MIT
@notice The one home of numbers shared by several files. Python twin: ballast.model.constants.
"""

# Units
PPM: constant(uint256) = 10**6  # fractions: parts per million
BPS: constant(uint256) = 10**4  # load: basis points of capacity in use
NANO: constant(uint256) = 10**9  # constants of the load curve
MICRO: constant(uint256) = 10**6  # logits

# Bounds
MAX_BATCH: constant(uint256) = 32  # items a batch call takes
MAX_MOVES: constant(uint256) = 2 * MAX_BATCH + 2  # balance changes one escrow call takes
MAX_PAGE: constant(uint256) = 64  # words a view of many returns: Vyper keeps memory for all of them
EPOCH_RING: constant(uint256) = 4  # closed epochs a participant's ring remembers
PAGE: constant(uint256) = 8  # reputations stored in one word
MAX_LOGIT: constant(uint256) = 8 * 10**6  # |phi| in micro-logits
MAX_AMPLIFIER: constant(uint256) = 10 * PPM  # m(x) at most tenfold
MAX_AMOUNT: constant(uint256) = 2**96 - 1  # token units in one balance
MAX_TASK_SLOTS: constant(uint256) = 1024  # of one operator

# Time
DISPUTE_SECONDS: constant(uint256) = 5 * 86_400  # a held task the court leaves undecided this long settles
MAX_TASK_LIFE: constant(uint256) = 14 * 86_400  # from opening to the end of a dispute; the thaw delay is at least this
MAX_THAW: constant(uint256) = 90 * 86_400  # longest thaw delay: nobody can be locked in

# Accounts of the escrow that belong to nobody
BURN_ACCOUNT: constant(uint256) = 0
POOL_ACCOUNT: constant(uint256) = 1  # free: the incentive pool; locked: the rewards of all mandates and live tasks

# Roles of a participant
OPERATOR: constant(uint256) = 1
COPROCESSOR: constant(uint256) = 2
