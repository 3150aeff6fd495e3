# pragma version 0.4.3
# pragma optimize gas
"""
@title GAS reputation
@license MIT
@notice Reputations of all participants, one logit each, stepped once an epoch by the filter of
        modules/reputation_filter.vy. Keepers post the values of a closed epoch in pages of eight, under a bond; anyone
        can have any value recomputed here, or a whole page computed.
@dev Timetable: what epoch e measured is posted in the first half of epoch e + 1, challenged and poked until its end,
     and holds from the start of epoch e + 2, so a reputation is constant within an epoch and every post rests on a
     final predecessor. A page is posted once an epoch (I9); a wrong value can be corrected by `challenge` until the end
     of epoch e + 1; `poke` computes a page that nobody posted, so the network lives without keepers.
     A page word: eight logits of 24 bits in two's complement, epoch 24, poster 32. Two words a page, by parity of the
     epoch: the one to hold next and the one that holds.
@custom:security A keeper risks its bond and nothing else is trusted: posted values are judged by the contract's own
                 step.
@custom:kill Nothing to stop; the owner can only change the filter's parameters within their bounds.
"""

from contracts.interfaces import ICollateralEscrow
from contracts.interfaces import IGasReputation
from contracts.interfaces import IParticipantRegistry
from contracts.interfaces import ISlasher
from contracts.interfaces import ITaskRegistry
from contracts.modules import activity
from contracts.modules import constants
from contracts.modules import epoch_clock
from contracts.modules import epoch_parameter
from contracts.modules import fixed_point
from contracts.modules import load_curve
from contracts.modules import move_packing
from contracts.modules import ownable_2step
from contracts.modules import reputation_filter

implements: IGasReputation
initializes: epoch_clock
initializes: epoch_parameter[epoch_clock := epoch_clock]
initializes: ownable_2step

exports: (
    epoch_clock.clock,
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.offer_ownership,
    ownable_2step.accept_ownership,
)

LOGIT_BITS: constant(uint256) = 24
LOGITS_MASK: constant(uint256) = 2**192 - 1
GROUP: constant(uint256) = 232  # pages one bitmap word covers
MAX_PAGES: constant(uint256) = 128

ESCROW: public(immutable(ICollateralEscrow))
SLASHER: public(immutable(ISlasher))
PARTICIPANTS: public(immutable(IParticipantRegistry))
TASK_REGISTRY: public(immutable(ITaskRegistry))
BOND_PER_VALUE: public(immutable(uint256))
PAY_PER_VALUE: public(immutable(uint256))

_pages: uint256[2**31]  # page * 2 + parity of the epoch
_posted: HashMap[uint256, uint256]  # group * 2 + parity of the epoch: bits of posted pages 232, epoch 24
# account -> bond 96, epoch of the last post 24, values at risk 32, values unpaid 32
_keepers: HashMap[uint256, uint256]


@deploy
def __init__(
    escrow: ICollateralEscrow,
    slasher: ISlasher,
    participants: IParticipantRegistry,
    task_registry: ITaskRegistry,
    genesis: uint256,
    epoch_seconds: uint256,
    bond_per_value: uint256,
    pay_per_value: uint256,
    parameters: reputation_filter.Parameters,
    owner: address,
):
    """
    @param bond_per_value Token units a keeper loses for a wrong value.
    @param pay_per_value Token units the pool pays for a value, at most a tenth of the bond.
    @param parameters First parameters of the filter.
    @param owner May schedule parameters.
    """
    epoch_clock.__init__(genesis, epoch_seconds)
    ownable_2step.__init__(owner)
    assert bond_per_value > 0 and bond_per_value < 2**64, "reputation: bond per value"
    assert pay_per_value * 10 <= bond_per_value, "reputation: pay per value"
    reputation_filter._check(parameters)
    epoch_parameter._initialize(reputation_filter._pack(parameters))
    ESCROW = escrow
    SLASHER = slasher
    PARTICIPANTS = participants
    TASK_REGISTRY = task_registry
    BOND_PER_VALUE = bond_per_value
    PAY_PER_VALUE = pay_per_value


# Keepers


@external
def bond(amount: uint256):
    """
    @notice Locks free funds of the caller's escrow account as a keeper's bond.
    @param amount Token units.
    """
    keeper: uint256 = self._own_account()
    word: uint256 = self._keepers[keeper]
    bonded: uint256 = (word & constants.MAX_AMOUNT) + amount
    assert amount > 0 and bonded <= constants.MAX_AMOUNT, "reputation: amount"
    self._keepers[keeper] = (word & ~constants.MAX_AMOUNT) | bonded
    log IGasReputation.BondChanged(keeper=keeper, bonded=bonded)
    extcall ESCROW.move([move_packing._move(keeper, 0, amount, amount, 0)])


@external
def unbond(amount: uint256):
    """
    @notice Returns bond to the caller's free funds. Reverts for what values still open to challenge put at risk.
    @param amount Token units.
    """
    keeper: uint256 = self._own_account()
    word: uint256 = self._keepers[keeper]
    bonded: uint256 = word & constants.MAX_AMOUNT
    assert amount > 0 and amount <= bonded, "reputation: amount"
    at_risk: uint256 = 0
    if (word >> 96) & (2**24 - 1) == epoch_clock._epoch():
        at_risk = (word >> 120) & (2**32 - 1)
    assert bonded - amount >= at_risk * BOND_PER_VALUE, "reputation: bond at risk"
    self._keepers[keeper] = word - amount
    log IGasReputation.BondChanged(keeper=keeper, bonded=bonded - amount)
    extcall ESCROW.move([move_packing._move(keeper, amount, 0, 0, amount)])


@external
def post(epoch: uint256, first_page: uint256, pages: DynArray[uint256, MAX_PAGES]):
    """
    @notice Posts the logits of an epoch for consecutive pages. Anyone with an escrow account and bond enough for eight
            values a page. A page already posted or poked is left alone. Reverts unless the epoch is the last that ended
            and the present one is in its first half, beyond the last account, across the border of two groups of 232
            pages, and if no page is left to post.
    @param pages Eight logits of 24 bits each, lowest account first; what lies above them is ignored.
    """
    present: uint256 = 0
    clock: uint256 = 0
    present, clock = epoch_clock._position()
    assert epoch > 0 and epoch + 1 == present, "reputation: not the last epoch"
    assert clock < epoch_clock.EPOCH_SECONDS // 2, "reputation: posting is over"
    assert len(pages) > 0, "reputation: no pages"
    last_page: uint256 = first_page + len(pages) - 1
    assert last_page * constants.PAGE < staticcall ESCROW.account_count(), "reputation: page beyond accounts"
    keeper: uint256 = self._own_account()
    group: uint256 = first_page // GROUP
    assert last_page // GROUP == group, "reputation: pages span groups"
    marked: uint256 = self._marks(group, epoch)
    before: uint256 = self._marks(group, epoch - 1)
    header: uint256 = (epoch << 192) | (keeper << 216)
    page: uint256 = first_page
    posted: uint256 = 0
    for i: uint256 in range(len(pages), bound=MAX_PAGES):
        bit: uint256 = 1 << (page % GROUP)
        if marked & bit == 0:
            marked |= bit
            posted += 1
            if before & bit == 0:
                self._carry(page, epoch)
            self._pages[page * 2 + (epoch & 1)] = (pages[i] & LOGITS_MASK) | header
        page += 1
    assert posted > 0, "reputation: pages already posted"
    self._put_at_risk(keeper, posted * constants.PAGE)
    self._posted[group * 2 + (epoch & 1)] = marked | (epoch << GROUP)
    log IGasReputation.Posted(epoch=epoch, poster=keeper, first_page=first_page, pages=posted)


@external
def collect() -> uint256:
    """
    @notice Pays the caller from the pool for values whose challenge window has passed, as far as the epoch's keeper
            budget reaches; the rest stays due.
    @return Token units paid.
    """
    keeper: uint256 = self._own_account()
    word: uint256 = self._mature(self._keepers[keeper])
    unpaid: uint256 = word >> 152
    paid: uint256 = 0
    self._keepers[keeper] = word
    if PAY_PER_VALUE > 0 and unpaid > 0:
        paid = extcall SLASHER.pay_keeper(keeper, unpaid, PAY_PER_VALUE)
        self._keepers[keeper] = (word & (2**152 - 1)) | ((unpaid - paid) << 152)
    return paid * PAY_PER_VALUE


# Anyone


@external
def challenge(epoch: uint256, account: uint256, finder: uint256):
    """
    @notice Recomputes a posted value and, if it is wrong, corrects it and takes the poster's bond for it: half to the
            finder, the rest burned. Anyone. Reverts if the value is right, was not posted (but poked, or never
            written), or is not of the last epoch.
    @param finder Escrow account that gets its half, the caller's by custom; 0 burns all. Reverts from 2**32 on.
    """
    assert epoch + 1 == epoch_clock._epoch(), "reputation: not the last epoch"
    assert finder < 2**32, "reputation: no such account"
    page: uint256 = account // constants.PAGE
    index: uint256 = page * 2 + (epoch & 1)
    word: uint256 = self._pages[index]
    poster: uint256 = word >> 216
    assert (word >> 192) & (2**24 - 1) == epoch and poster != 0, "reputation: not posted"
    posted: int256 = self._logit(word, account)
    computed: int256 = self._computed(account, epoch)
    assert posted != computed, "reputation: value is right"
    offset: uint256 = (account % constants.PAGE) * LOGIT_BITS
    self._pages[index] = (word & ~((2**LOGIT_BITS - 1) << offset)) | (self._bits(computed) << offset)
    keeper: uint256 = self._keepers[poster]
    keeper -= BOND_PER_VALUE + (1 << 120)
    self._keepers[poster] = keeper
    log IGasReputation.Corrected(epoch=epoch, account=account, poster=poster, posted=posted, computed=computed)
    share: uint256 = BOND_PER_VALUE // 2
    if finder == 0:
        share = 0
    extcall ESCROW.move(
        [
            move_packing._move(poster, 0, 0, 0, BOND_PER_VALUE),
            move_packing._move(finder, share, 0, 0, 0),
            move_packing._move(constants.BURN_ACCOUNT, BOND_PER_VALUE - share, 0, 0, 0),
        ]
    )
    extcall PARTICIPANTS.trim(poster)


@external
def poke(pages: DynArray[uint256, constants.MAX_BATCH]):
    """
    @notice Computes and stores pages of the last epoch that nobody has posted; the caller's escrow account (if it has
            one) is paid for eight values each, as far as the epoch's keeper budget reaches. A page already there is
            left alone. Anyone. Reverts in epoch 1 and for a page beyond the accounts.
    """
    epoch: uint256 = epoch_clock._epoch() - 1
    assert epoch > 0, "reputation: no epoch over"
    accounts: uint256 = staticcall ESCROW.account_count()
    done: uint256 = 0
    for i: uint256 in range(len(pages), bound=constants.MAX_BATCH):
        page: uint256 = pages[i]
        assert page * constants.PAGE < accounts, "reputation: page beyond accounts"
        group: uint256 = page // GROUP
        bit: uint256 = 1 << (page % GROUP)
        marked: uint256 = self._marks(group, epoch)
        if marked & bit != 0:
            continue
        word: uint256 = epoch << 192
        for j: uint256 in range(constants.PAGE):
            word |= self._bits(self._computed(page * constants.PAGE + j, epoch)) << (j * LOGIT_BITS)
        if self._marks(group, epoch - 1) & bit == 0:
            self._carry(page, epoch)
        self._pages[page * 2 + (epoch & 1)] = word
        self._posted[group * 2 + (epoch & 1)] = marked | bit | (epoch << GROUP)
        done += constants.PAGE
        log IGasReputation.Poked(epoch=epoch, page=page, word=word)
    caller: uint256 = staticcall ESCROW.account_of(msg.sender)
    if done > 0 and caller != 0 and PAY_PER_VALUE > 0:
        extcall SLASHER.pay_keeper(caller, done, PAY_PER_VALUE)


# Owner


@external
def set_parameters(parameters: reputation_filter.Parameters):
    """
    @notice Schedules filter parameters for the next epoch boundary. Owner only. Reverts where the filter would not be
            stable, see modules/reputation_filter.vy, and while the parameters before the present ones may be needed.
    """
    ownable_2step._check_owner()
    reputation_filter._check(parameters)
    packed: uint256 = reputation_filter._pack(parameters)
    epoch_parameter._schedule(packed)
    log IGasReputation.ParametersScheduled(parameters=packed, from_epoch=epoch_clock._epoch() + 1)


# Views


@external
@view
def reputation(account: uint256) -> uint256:
    """
    @notice Reputation that holds now, ppm.
    """
    return fixed_point._sigmoid(self._holding(account, epoch_clock._epoch()))


@external
@view
def logit(account: uint256) -> int256:
    """
    @notice Logit that holds now, micro-logits.
    """
    return self._holding(account, epoch_clock._epoch())


@external
@view
def computed(account: uint256) -> int256:
    """
    @notice Logit the filter gives for the last epoch that ended, micro-logits: what a post must say.
    """
    return self._computed(account, epoch_clock._epoch() - 1)


@external
@view
def parameters() -> reputation_filter.Parameters:
    """
    @notice Filter parameters in force now.
    """
    return reputation_filter._unpack(epoch_parameter._at(epoch_clock._epoch()))


@external
@view
def page_words(first_page: uint256, count: uint256) -> DynArray[uint256, 2 * MAX_PAGES]:
    """
    @notice Both words of consecutive pages, even epoch first, for readers that watch many.
    @param count At most 128.
    """
    words: DynArray[uint256, 2 * MAX_PAGES] = []
    for i: uint256 in range(2 * count, bound=2 * MAX_PAGES):
        words.append(self._pages[first_page * 2 + i])
    return words


@external
@view
def keeper(account: uint256) -> (uint256, uint256, uint256, uint256):
    """
    @notice A keeper's bond in token units, the epoch of its last post, values that were at risk since, values unpaid.
    """
    word: uint256 = self._keepers[account]
    return word & constants.MAX_AMOUNT, (word >> 96) & (2**24 - 1), (word >> 120) & (2**32 - 1), word >> 152


# Internal


@internal
@view
def _own_account() -> uint256:
    """
    @notice The caller's escrow account. Reverts if there is none.
    """
    account: uint256 = staticcall ESCROW.account_of(msg.sender)
    assert account != 0, "reputation: no escrow account"
    return account


@internal
@pure
def _bits(phi: int256) -> uint256:
    """
    @notice The 24 bits of a logit.
    """
    return convert(convert(phi, bytes32), uint256) & (2**LOGIT_BITS - 1)


@internal
@pure
def _logit(word: uint256, account: uint256) -> int256:
    """
    @notice An account's logit in its page, as it was written.
    """
    offset: uint256 = unsafe_sub(232, unsafe_mul(account % constants.PAGE, LOGIT_BITS))
    return convert(convert(word << offset, bytes32), int256) >> 232


@internal
@view
def _marks(group: uint256, epoch: uint256) -> uint256:
    """
    @notice Bits of a group's pages that were posted or poked for an epoch.
    """
    word: uint256 = self._posted[group * 2 + (epoch & 1)]
    if word >> GROUP != epoch:
        return 0
    return word & (2**GROUP - 1)


@internal
def _carry(page: uint256, epoch: uint256):
    """
    @notice Before a page's word for an epoch is written although the epoch before has none: keeps the word that still
            holds, if the new one would overwrite it.
    """
    target: uint256 = self._pages[page * 2 + (epoch & 1)]
    other: uint256 = self._pages[page * 2 + 1 - (epoch & 1)]
    if (target >> 192) & (2**24 - 1) > (other >> 192) & (2**24 - 1):
        self._pages[page * 2 + 1 - (epoch & 1)] = target


@internal
@view
def _holding(account: uint256, epoch: uint256) -> int256:
    """
    @notice The logit that holds in an epoch: the newest posted for an epoch at least two before, the newcomer value if
            there is none, and at most the newcomer value if it is stale.
    """
    index: uint256 = unsafe_mul(account // constants.PAGE, 2)
    word: uint256 = self._pages[unsafe_add(index, epoch & 1)]
    posted: uint256 = (word >> 192) & (2**24 - 1)
    if posted != 0 and posted + 2 == epoch:
        return reputation_filter._clamp(self._logit(word, account))
    other: uint256 = self._pages[unsafe_add(index, 1 - (epoch & 1))]
    other_posted: uint256 = (other >> 192) & (2**24 - 1)
    if posted + 2 > epoch or (other_posted + 2 <= epoch and other_posted > posted):
        word = other
        posted = other_posted
    p: reputation_filter.Parameters = reputation_filter._unpack(epoch_parameter._at(epoch))
    if posted == 0:
        return p.newcomer
    phi: int256 = reputation_filter._clamp(self._logit(word, account))
    if posted + p.stale_epochs < epoch:
        return min(phi, p.newcomer)
    return phi


@internal
@view
def _computed(account: uint256, epoch: uint256) -> int256:
    """
    @notice The filter's step over an epoch that is over, from the logit that holds in the epoch after it.
    """
    n: uint256 = 0
    k: uint256 = 0
    n, k = staticcall TASK_REGISTRY.fees_in(account, epoch)
    bonus: uint256 = 0
    overload: uint256 = 0
    if n > 0:
        a: activity.Activity = activity._unpack(staticcall PARTICIPANTS.activity_in(account, epoch))
        peak: uint256 = load_curve._peak(staticcall PARTICIPANTS.curve_in(epoch))
        bonus = min(a.bonus // epoch_clock.EPOCH_SECONDS * constants.PPM // peak, constants.PPM)
        overload = a.overload * constants.PPM // epoch_clock.EPOCH_SECONDS
    p: reputation_filter.Parameters = reputation_filter._unpack(epoch_parameter._at(epoch))
    return reputation_filter._step(p, self._holding(account, epoch + 1), n, k, bonus, overload)


@internal
@view
def _mature(word: uint256) -> uint256:
    """
    @notice A keeper's word after values from before this epoch have left the challenge window and become payable.
    """
    if (word >> 96) & (2**24 - 1) == epoch_clock._epoch():
        return word
    at_risk: uint256 = (word >> 120) & (2**32 - 1)
    unpaid: uint256 = min((word >> 152) + at_risk, 2**32 - 1)
    return (word & constants.MAX_AMOUNT) | (unpaid << 152)


@internal
def _put_at_risk(keeper: uint256, values: uint256):
    """
    @notice Puts bond behind values posted now.
    """
    word: uint256 = self._mature(self._keepers[keeper])
    at_risk: uint256 = ((word >> 120) & (2**32 - 1)) + values
    assert at_risk * BOND_PER_VALUE <= word & constants.MAX_AMOUNT, "reputation: bond too small"
    word = (word & constants.MAX_AMOUNT) | ((word >> 152) << 152)
    self._keepers[keeper] = word | (epoch_clock._epoch() << 96) | (at_risk << 120)
