# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title Collateral escrow
@license MIT
@notice Holds every token of the protocol. Each account has a free and a locked balance, and one amount thawing towards
        withdrawal. Only the protocol's four contracts fixed at deployment move balances; only this contract moves
        tokens.
@dev Solvency (I1): token.balanceOf(self) >= sum of free + locked + thawing, equal unless somebody donates tokens.
     Every entry keeps it: tokens come in and are measured before they are credited, `move` adds up to zero, tokens go
     out after they were debited.
     A slash writes one word for what is burned and what the pool gets: the pool's share is gathered in the locked
     balance of the burn account, and taken into the pool's word by the first change of the pool's funds, in either
     word, in a later epoch. All that tells balances counts it as the pool's at once; stakes do not, and nothing is
     backed by those of these accounts. The pool spends budgets only, shares of what it had when an epoch ended, so it
     never needs what the present epoch gathered.
@custom:security A token that charges on transfer or rebases is refused by measuring balances. A donation is credited to
                 nobody, but counts towards the 2**96 - 1 tokens held at most: the token's supply must be below 2**96.
@custom:kill The owner pauses deposits and new accounts. Thawing and withdrawing cannot be paused.
"""

from ethereum.ercs import IERC20
from contracts.interfaces import ICollateralEscrow
from contracts.interfaces import IParticipantRegistry
from contracts.modules import balance_packing
from contracts.modules import constants
from contracts.modules import dated_amount
from contracts.modules import epoch_clock
from contracts.modules import move_packing
from contracts.modules import ownable_2step

implements: ICollateralEscrow
initializes: epoch_clock
initializes: ownable_2step

exports: (
    epoch_clock.clock,
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.offer_ownership,
    ownable_2step.accept_ownership,
)

BURN_ADDRESS: constant(address) = 0x000000000000000000000000000000000000dEaD

TOKEN: public(immutable(IERC20))
ENTRY_FEE: public(immutable(uint256))
THAW_SECONDS: public(immutable(uint256))
PARTICIPANTS: public(immutable(IParticipantRegistry))
CLASS_REGISTRY: public(immutable(address))
TASK_REGISTRY: public(immutable(address))
SLASHER: public(immutable(address))
REPUTATION: public(immutable(address))

account_of: public(HashMap[address, uint256])  # 0 for none: account 0 belongs to nobody
owner_of: public(HashMap[uint256, address])
account_count: public(uint256)
deposits_paused: public(bool)

_balances: uint256[2**32]  # by account, see modules/balance_packing.vy
_thawing: HashMap[uint256, uint256]  # by account, from when it may go: see modules/dated_amount.vy
_pool_closings: uint256[constants.EPOCH_RING + 1]  # free balance when an epoch ended: see modules/dated_amount.vy


@deploy
def __init__(
    token: IERC20,
    entry_fee: uint256,
    thaw_seconds: uint256,
    genesis: uint256,
    epoch_seconds: uint256,
    participants: IParticipantRegistry,
    class_registry: address,
    task_registry: address,
    slasher: address,
    reputation: address,
    owner: address,
):
    """
    @param token Settlement token, one ERC-20.
    @param entry_fee Token units burned for opening an account: a new identity must cost something.
    @param thaw_seconds Delay of a withdrawal, from the life of a task with its dispute to 90 days.
    @param genesis Start of epoch 1.
    @param epoch_seconds Length of an epoch.
    @param participants Says what stake a participant's capacity needs.
    @param class_registry, task_registry, slasher, reputation The contracts that may move balances.
    @param owner May pause deposits.
    """
    assert token.address != empty(address), "escrow: zero token"
    assert entry_fee <= constants.MAX_AMOUNT, "escrow: entry fee"
    assert thaw_seconds >= constants.MAX_TASK_LIFE, "escrow: thaw shorter than a task"
    assert thaw_seconds <= constants.MAX_THAW, "escrow: thaw too long"
    epoch_clock.__init__(genesis, epoch_seconds)
    ownable_2step.__init__(owner)
    TOKEN = token
    ENTRY_FEE = entry_fee
    THAW_SECONDS = thaw_seconds
    PARTICIPANTS = participants
    CLASS_REGISTRY = class_registry
    TASK_REGISTRY = task_registry
    SLASHER = slasher
    REPUTATION = reputation
    self.account_count = 2  # the burn account and the pool
    self.owner_of[constants.POOL_ACCOUNT] = slasher


# Anyone


@external
def open_account() -> uint256:
    """
    @notice Opens the caller's account. The entry fee is taken from the caller's tokens (an allowance is needed) and
            counted as burned. Reverts while deposits are paused, or if the caller has an account.
    @return The account's number.
    """
    assert not self.deposits_paused, "escrow: deposits paused"
    assert self.account_of[msg.sender] == 0, "escrow: account exists"
    account: uint256 = self.account_count
    self.account_count = account + 1
    self.account_of[msg.sender] = account
    self.owner_of[account] = msg.sender
    log ICollateralEscrow.AccountOpened(owner=msg.sender, account=account)
    if ENTRY_FEE > 0:
        self._pull(ENTRY_FEE)
        self._credit(constants.BURN_ACCOUNT, ENTRY_FEE)
    return account


@external
def deposit(account: uint256, amount: uint256):
    """
    @notice Moves the caller's tokens (an allowance is needed) into an account's free balance. Reverts while deposits
            are paused, for an account nobody opened, and if the token does not arrive in full. The pool takes gifts.
    @param account One that is final on the chain: before that, its number may come to be somebody else's.
    @param amount Token units.
    """
    assert not self.deposits_paused, "escrow: deposits paused"
    assert account > constants.BURN_ACCOUNT and account < self.account_count, "escrow: no such account"
    assert amount > 0, "escrow: zero amount"
    self._pull(amount)
    if account == constants.POOL_ACCOUNT:
        self._close_pool(account)
    self._credit(account, amount)
    log ICollateralEscrow.Deposited(account=account, amount=amount)


@external
def flush_burned():
    """
    @notice Sends everything burned so far to an address nobody holds the key of. Anyone may call.
    """
    word: uint256 = self._balances[constants.BURN_ACCOUNT]
    amount: uint256 = balance_packing._free(word)
    assert amount > 0, "escrow: nothing burned"
    self._balances[constants.BURN_ACCOUNT] = balance_packing._moved(word, move_packing._move(0, 0, amount, 0, 0))
    log ICollateralEscrow.Burned(amount=amount)
    self._push(BURN_ADDRESS, amount)


# Account owners


@external
def thaw(amount: uint256):
    """
    @notice Starts to thaw free funds of the caller's account. Reverts if what stays does not cover the stake that the
            participant's capacity needs. A thaw already under way is joined, and the delay starts anew for all of it.
    @param amount Token units.
    """
    account: uint256 = self._own_account()
    assert amount > 0, "escrow: zero amount"
    word: uint256 = self._balances[account]
    assert amount <= balance_packing._free(word), "escrow: not enough free"
    assert amount <= self._spendable(account), "escrow: stake backs capacity"
    self._balances[account] = balance_packing._moved(word, move_packing._move(account, 0, amount, 0, 0))
    thawing: uint256 = dated_amount._amount(self._thawing[account]) + amount
    releasable: uint256 = block.timestamp + THAW_SECONDS
    self._thawing[account] = dated_amount._pack(thawing, releasable)
    log ICollateralEscrow.ThawStarted(account=account, amount=amount, releasable=releasable)


@external
def cancel_thaw():
    """
    @notice Returns everything that thaws to the caller's free balance.
    """
    account: uint256 = self._own_account()
    amount: uint256 = dated_amount._amount(self._thawing[account])
    assert amount > 0, "escrow: nothing thawing"
    self._thawing[account] = 0
    self._credit(account, amount)
    log ICollateralEscrow.ThawCancelled(account=account, amount=amount)


@external
def withdraw(receiver: address):
    """
    @notice Sends everything thawed from the caller's account to a receiver. Reverts before the delay has passed.
    @param receiver Not the zero address.
    """
    account: uint256 = self._own_account()
    amount: uint256 = 0
    releasable: uint256 = 0
    amount, releasable = dated_amount._unpack(self._thawing[account])
    assert receiver != empty(address), "escrow: zero receiver"
    assert amount > 0, "escrow: nothing thawing"
    assert block.timestamp >= releasable, "escrow: still thawing"
    self._thawing[account] = 0
    log ICollateralEscrow.Withdrawn(account=account, receiver=receiver, amount=amount)
    self._push(receiver, amount)


# The protocol's contracts


@external
@reentrant
def move(moves: DynArray[uint256, constants.MAX_MOVES]):
    """
    @notice Changes balances. Only the contracts fixed at deployment. Reverts if a balance would become negative or
            exceed 2**96 - 1, or the changes do not add up to zero.
    @dev An account may appear more than once. Calls nobody, and every entry that calls the token has finished with the
         balances before or reads them after, so it needs no lock.
    @param moves Words of `move_packing`.
    """
    assert (
        msg.sender == TASK_REGISTRY
        or msg.sender == SLASHER
        or msg.sender == REPUTATION
        or msg.sender == CLASS_REGISTRY
    ), "escrow: not a mover"
    total: uint256 = 0
    for change: uint256 in moves:
        account: uint256 = move_packing._account_of(change)
        if account <= constants.POOL_ACCOUNT:
            if account == constants.POOL_ACCOUNT or move_packing._locks(change):
                self._close_pool(account)
        total = unsafe_add(total, move_packing._net(change))
        self._balances[account] = balance_packing._moved(self._balances[account], change)
    assert total == 0, "escrow: moves do not balance"


# Owner


@external
def pause_deposits(paused: bool):
    """
    @notice Stops or allows deposits and new accounts. Owner only.
    """
    ownable_2step._check_owner()
    self.deposits_paused = paused
    log ICollateralEscrow.DepositsPaused(paused=paused)


# Views


@external
@view
@reentrant
def stake_of(account: uint256) -> uint256:
    """
    @notice Free and locked balance together, token units: what backs a participant's capacity.
    @dev Consistent at every moment, so it needs no lock.
    """
    return balance_packing._stake(self._balances[account])


@external
@view
def spendable_of(account: uint256) -> uint256:
    """
    @notice Stake beyond what the participant's capacity needs, token units: what may leave the account.
    """
    return self._spendable(account)


@external
@view
def balances(account: uint256) -> (uint256, uint256, uint256, uint256):
    """
    @notice Free, locked and thawing balance in token units, and the timestamp from which the last is releasable.
    """
    free: uint256 = 0
    locked: uint256 = 0
    marked: uint256 = 0
    free, locked, marked = balance_packing._unpack(self._counted(account))
    thawing: uint256 = 0
    releasable: uint256 = 0
    thawing, releasable = dated_amount._unpack(self._thawing[account])
    return free, locked, thawing, releasable


@external
@view
def balance_words(first: uint256, count: uint256) -> DynArray[uint256, constants.MAX_PAGE]:
    """
    @notice Free (96 bits) and locked (96 bits) balances of consecutive accounts, for readers that watch many.
    @param count At most 64.
    """
    words: DynArray[uint256, constants.MAX_PAGE] = []
    for i: uint256 in range(count, bound=constants.MAX_PAGE):
        words.append(self._counted(first + i))
    return words


@external
@view
def pool_at_end_of(epoch: uint256) -> uint256:
    """
    @notice Free balance of the pool when an epoch ended, token units. Reverts for an epoch that has not ended or that
            the ring has forgotten.
    """
    now_epoch: uint256 = epoch_clock._epoch()
    assert epoch < now_epoch, "escrow: epoch not over"
    if balance_packing._epoch_of(self._balances[constants.POOL_ACCOUNT]) <= epoch:
        return balance_packing._free(self._counted(constants.POOL_ACCOUNT))
    closing: uint256 = 0
    closed: uint256 = 0
    closing, closed = dated_amount._unpack(self._pool_closings[epoch % (constants.EPOCH_RING + 1)])
    assert closed == epoch, "escrow: epoch forgotten"
    return closing


# Internal


@internal
@view
def _own_account() -> uint256:
    """
    @notice The caller's account. Reverts if there is none.
    """
    account: uint256 = self.account_of[msg.sender]
    assert account != 0, "escrow: no account"
    return account


@internal
@view
def _spendable(account: uint256) -> uint256:
    """
    @notice Stake beyond what the participant's capacity needs, token units.
    """
    stake: uint256 = balance_packing._stake(self._balances[account])
    required: uint256 = staticcall PARTICIPANTS.required_stake(account)
    return stake - min(stake, required)


@internal
def _credit(account: uint256, amount: uint256):
    """
    @notice Adds to a free balance. Reverts above 2**96 - 1.
    """
    self._balances[account] = balance_packing._moved(
        self._balances[account], move_packing._move(account, amount, 0, 0, 0)
    )


@internal
@view
def _counted(account: uint256) -> uint256:
    """
    @notice The word of an account without a mark, what was gathered for the pool counted as the pool's.
    """
    word: uint256 = self._balances[account]
    if account == constants.BURN_ACCOUNT:
        return balance_packing._free(word)
    if account == constants.POOL_ACCOUNT and balance_packing._gathers(word):
        gathered: uint256 = balance_packing._locked(self._balances[constants.BURN_ACCOUNT])
        word = balance_packing._moved(word, move_packing._move(account, gathered, 0, 0, 0))
    return balance_packing._unmarked(word)


@internal
def _close_pool(account: uint256):
    """
    @notice Before the first change of a word in an epoch: takes what was gathered into the pool, records the pool's
            balance at the end of each epoch since its last change, and marks the word.
    @dev What is gathered is of the epoch that marks the pool's word, since whatever moves that mark takes it in.
    @param account The pool, or the burn account that gathers for it.
    """
    now_epoch: uint256 = epoch_clock._epoch()
    if balance_packing._epoch_of(self._balances[account]) == now_epoch:
        return
    pool: uint256 = self._balances[constants.POOL_ACCOUNT]
    last: uint256 = balance_packing._epoch_of(pool)
    if last != now_epoch:
        if balance_packing._gathers(pool):
            burned: uint256 = self._balances[constants.BURN_ACCOUNT]
            gathered: uint256 = balance_packing._locked(burned)
            pool = balance_packing._moved(pool, move_packing._move(constants.POOL_ACCOUNT, gathered, 0, 0, 0))
            self._balances[constants.BURN_ACCOUNT] = balance_packing._free(burned)
        free: uint256 = balance_packing._free(pool)
        for i: uint256 in range(constants.EPOCH_RING + 1):
            epoch: uint256 = now_epoch - 1 - i
            if epoch < last or epoch == 0:
                break
            self._pool_closings[epoch % (constants.EPOCH_RING + 1)] = dated_amount._pack(free, epoch)
        pool = balance_packing._marked(pool, now_epoch)
    if account == constants.BURN_ACCOUNT:
        self._balances[account] = balance_packing._marked(self._balances[account], now_epoch)
        pool = balance_packing._gathering(pool)
    self._balances[constants.POOL_ACCOUNT] = pool


@internal
def _pull(amount: uint256):
    """
    @notice Takes tokens from the caller. Reverts unless exactly the amount arrives.
    """
    before: uint256 = staticcall TOKEN.balanceOf(self)
    # With all tokens below the bound no sum of balances can exceed it, so no credit can ever revert.
    assert before <= constants.MAX_AMOUNT and amount <= constants.MAX_AMOUNT - before, "escrow: amount too large"
    assert extcall TOKEN.transferFrom(msg.sender, self, amount, default_return_value=True), "escrow: transfer failed"
    assert staticcall TOKEN.balanceOf(self) == before + amount, "escrow: token took a fee"


@internal
def _push(receiver: address, amount: uint256):
    """
    @notice Sends tokens. Reverts unless exactly the amount leaves.
    """
    before: uint256 = staticcall TOKEN.balanceOf(self)
    assert extcall TOKEN.transfer(receiver, amount, default_return_value=True), "escrow: transfer failed"
    assert staticcall TOKEN.balanceOf(self) + amount == before, "escrow: token took a fee"
