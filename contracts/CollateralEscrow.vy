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
@custom:security A token that charges on transfer or rebases is refused by measuring balances. A donation is credited to
                 nobody, but counts towards the 2**96 - 1 tokens held at most: the token's supply must be below 2**96.
@custom:kill The owner pauses deposits and new accounts. Thawing and withdrawing cannot be paused.
"""

from ethereum.ercs import IERC20
from contracts.interfaces import ICollateralEscrow
from contracts.interfaces import IParticipantRegistry
from contracts.modules import constants
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
MAX_PAGE: constant(uint256) = 1024

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

# free 96, locked 96; on the pool's word also the epoch of the last change, 24
_balances: uint256[2**32]
_thawing: HashMap[uint256, uint256]  # amount 96, releasable timestamp 64
_pool_closings: uint256[constants.EPOCH_RING + 1]  # amount 96, epoch 24


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
        self._close_pool()
    self._credit(account, amount)
    log ICollateralEscrow.Deposited(account=account, amount=amount)


@external
def flush_burned():
    """
    @notice Sends everything burned so far to an address nobody holds the key of. Anyone may call.
    """
    amount: uint256 = self._balances[constants.BURN_ACCOUNT] & constants.MAX_AMOUNT
    assert amount > 0, "escrow: nothing burned"
    self._balances[constants.BURN_ACCOUNT] = 0
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
    assert amount <= word & constants.MAX_AMOUNT, "escrow: not enough free"
    assert amount <= self._spendable(account), "escrow: stake backs capacity"
    self._balances[account] = word - amount
    thawing: uint256 = (self._thawing[account] & constants.MAX_AMOUNT) + amount
    releasable: uint256 = block.timestamp + THAW_SECONDS
    self._thawing[account] = thawing | (releasable << 96)
    log ICollateralEscrow.ThawStarted(account=account, amount=amount, releasable=releasable)


@external
def cancel_thaw():
    """
    @notice Returns everything that thaws to the caller's free balance.
    """
    account: uint256 = self._own_account()
    amount: uint256 = self._thawing[account] & constants.MAX_AMOUNT
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
    word: uint256 = self._thawing[account]
    amount: uint256 = word & constants.MAX_AMOUNT
    assert receiver != empty(address), "escrow: zero receiver"
    assert amount > 0, "escrow: nothing thawing"
    assert block.timestamp >= word >> 96, "escrow: still thawing"
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
    for i: uint256 in range(len(moves), bound=constants.MAX_MOVES):
        account: uint256 = 0
        free: uint256 = 0
        locked: uint256 = 0
        account, free, locked = move_packing._unpack(moves[i])
        # Changes are in two's complement, so a sum below zero wraps around and is above MAX_AMOUNT too.
        total = unsafe_add(total, unsafe_add(free, locked))
        word: uint256 = self._balances[account]
        if account == constants.POOL_ACCOUNT:
            word = self._close_pool()
        free = unsafe_add(free, word & constants.MAX_AMOUNT)
        locked = unsafe_add(locked, (word >> 96) & constants.MAX_AMOUNT)
        assert free <= constants.MAX_AMOUNT, "escrow: free out of range"
        assert locked <= constants.MAX_AMOUNT, "escrow: locked out of range"
        self._balances[account] = ((word >> 192) << 192) | (locked << 96) | free
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
    word: uint256 = self._balances[account]
    return (word & constants.MAX_AMOUNT) + ((word >> 96) & constants.MAX_AMOUNT)


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
    word: uint256 = self._balances[account]
    thawing: uint256 = self._thawing[account]
    return (
        word & constants.MAX_AMOUNT,
        (word >> 96) & constants.MAX_AMOUNT,
        thawing & constants.MAX_AMOUNT,
        thawing >> 96,
    )


@external
@view
def balance_words(first: uint256, count: uint256) -> DynArray[uint256, MAX_PAGE]:
    """
    @notice Free (96 bits) and locked (96 bits) balances of consecutive accounts, for readers that watch many.
    @param count At most 1,024.
    """
    words: DynArray[uint256, MAX_PAGE] = []
    for i: uint256 in range(count, bound=MAX_PAGE):
        words.append(self._balances[first + i] & (2**192 - 1))
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
    word: uint256 = self._balances[constants.POOL_ACCOUNT]
    if word >> 192 <= epoch:
        return word & constants.MAX_AMOUNT
    closing: uint256 = self._pool_closings[epoch % (constants.EPOCH_RING + 1)]
    assert closing >> 96 == epoch, "escrow: epoch forgotten"
    return closing & constants.MAX_AMOUNT


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
    word: uint256 = self._balances[account]
    stake: uint256 = (word & constants.MAX_AMOUNT) + ((word >> 96) & constants.MAX_AMOUNT)
    required: uint256 = staticcall PARTICIPANTS.required_stake(account)
    return stake - min(stake, required)


@internal
def _credit(account: uint256, amount: uint256):
    """
    @notice Adds to a free balance. Reverts above 2**96 - 1.
    """
    word: uint256 = self._balances[account]
    assert (word & constants.MAX_AMOUNT) + amount <= constants.MAX_AMOUNT, "escrow: amount too large"
    self._balances[account] = word + amount


@internal
def _close_pool() -> uint256:
    """
    @notice Records, at the first change of the pool in an epoch, its balance at the end of each epoch since the last.
    @return The pool's word, with the present epoch in it.
    """
    now_epoch: uint256 = epoch_clock._epoch()
    word: uint256 = self._balances[constants.POOL_ACCOUNT]
    last: uint256 = word >> 192
    if last == now_epoch:
        return word
    for i: uint256 in range(constants.EPOCH_RING + 1):
        epoch: uint256 = now_epoch - 1 - i
        if epoch < last or epoch == 0:
            break
        self._pool_closings[epoch % (constants.EPOCH_RING + 1)] = (word & constants.MAX_AMOUNT) | (epoch << 96)
    word = (word & (2**192 - 1)) | (now_epoch << 192)
    self._balances[constants.POOL_ACCOUNT] = word
    return word


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
