# pragma version 0.4.3
# pragma optimize gas
"""
@title GAS reputation
@license MIT
@notice Reputations of all participants, one logit each, stepped once an epoch by the filter of
        modules/reputation_filter.vy. Keepers post the values of a closed epoch in pages of eight, under a bond; anyone
        can have any page recomputed here.
@dev Timetable: what epoch e measured is posted in the first half of epoch e + 1, challenged and poked until its end,
     and holds from the start of epoch e + 2, so a reputation is constant within an epoch and every post rests on a
     final predecessor. A page is posted once an epoch (I9); a wrong one can be corrected by `challenge` until the end
     of epoch e + 1; `poke` computes a page that nobody posted, so the network lives without keepers.
     Two words a page, by parity of the epoch: the one to hold next and the one that holds.
@custom:security A keeper risks its bond and nothing else is trusted: posted values are judged by the contract's own
                 step. The contracts called are fixed at deployment, and deployment verifies them, so hot calls skip the
                 look for code.
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
from contracts.modules import fee_record
from contracts.modules import fixed_point
from contracts.modules import keeper_packing
from contracts.modules import load_curve
from contracts.modules import move_packing
from contracts.modules import ownable_2step
from contracts.modules import page_packing
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

MAX_PAGES: constant(uint256) = 128

ESCROW: public(immutable(ICollateralEscrow))
SLASHER: public(immutable(ISlasher))
PARTICIPANTS: public(immutable(IParticipantRegistry))
TASK_REGISTRY: public(immutable(ITaskRegistry))
BOND_PER_VALUE: public(immutable(uint256))
PAY_PER_VALUE: public(immutable(uint256))

_pages: uint256[2**31]  # page * 2 + parity of the epoch, see modules/page_packing.vy
_posted: HashMap[uint256, uint256]  # group * 2 + parity of the epoch: marks of its pages, see modules/page_packing.vy
_keepers: HashMap[uint256, uint256]  # by account, see modules/keeper_packing.vy


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
    parameters: reputation_filter.FilterParameters,
    owner: address,
):
    """
    @param bond_per_value Token units a keeper loses for each value of a page that is wrong in any of them.
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
    k: keeper_packing.KeeperRecord = keeper_packing._unpack(self._keepers[keeper])
    k.bond += amount
    assert amount > 0 and k.bond <= constants.MAX_AMOUNT, "reputation: amount"
    self._keepers[keeper] = keeper_packing._pack(k)
    log IGasReputation.BondChanged(keeper=keeper, bonded=k.bond)
    extcall ESCROW.move([move_packing._move(keeper, 0, amount, amount, 0)])


@external
def unbond(amount: uint256):
    """
    @notice Returns bond to the caller's free funds. Reverts for what values still open to challenge put at risk.
    @param amount Token units.
    """
    keeper: uint256 = self._own_account()
    k: keeper_packing.KeeperRecord = keeper_packing._unpack(self._keepers[keeper])
    assert amount > 0 and amount <= k.bond, "reputation: amount"
    k.bond -= amount
    at_risk: uint256 = k.at_risk if k.epoch == epoch_clock._epoch() else 0
    assert k.bond >= at_risk * BOND_PER_VALUE, "reputation: bond at risk"
    self._keepers[keeper] = keeper_packing._pack(k)
    log IGasReputation.BondChanged(keeper=keeper, bonded=k.bond)
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
    group: uint256 = first_page // page_packing.GROUP
    assert last_page // page_packing.GROUP == group, "reputation: pages span groups"
    marked: uint256 = self._marks(group, epoch)
    before: uint256 = self._marks(group, epoch - 1)
    header: uint256 = page_packing._header(epoch, keeper)
    page: uint256 = first_page
    bit: uint256 = page_packing._bit(first_page)
    posted: uint256 = 0
    for logits: uint256 in pages:
        if marked & bit == 0:
            marked |= bit
            posted += 1
            if before & bit == 0:
                self._carry(page, epoch)
            self._pages[page * 2 + epoch % 2] = (logits & page_packing.LOGITS) | header
        page += 1
        bit = unsafe_mul(bit, 2)  # the next page's, for all are of one group
    assert posted > 0, "reputation: pages already posted"
    self._put_at_risk(keeper, posted * constants.PAGE, present)
    self._posted[group * 2 + epoch % 2] = page_packing._pack_marks(marked, epoch)
    log IGasReputation.Posted(epoch=epoch, poster=keeper, first_page=first_page, pages=posted)


@external
def collect() -> uint256:
    """
    @notice Pays the caller from the pool for values posted and not corrected, or poked, in earlier epochs, as far as
            the epoch's keeper budget reaches; the rest stays due.
    @return Token units paid.
    """
    keeper: uint256 = self._own_account()
    k: keeper_packing.KeeperRecord = keeper_packing._mature(self._keepers[keeper], epoch_clock._epoch())
    paid: uint256 = 0
    self._keepers[keeper] = keeper_packing._pack(k)
    if PAY_PER_VALUE > 0 and k.unpaid > 0:
        paid = extcall SLASHER.pay_keeper(keeper, k.unpaid, PAY_PER_VALUE)
        k.unpaid -= paid
        self._keepers[keeper] = keeper_packing._pack(k)
    return paid * PAY_PER_VALUE


# Anyone


@external
def challenge(epoch: uint256, pages: DynArray[uint256, constants.MAX_BATCH], finder: uint256):
    """
    @notice Recomputes posted pages. One that is wrong in any value is corrected as a whole, and its poster loses all
            the bond behind it: half to the finder, the rest burned. Anyone. A page that is right or that nobody posted
            (poked, corrected, never written) is left alone, so that nobody can spoil a list by correcting one page
            of it first. Reverts if no page was wrong, and unless the epoch is the last that ended.
    @param finder Escrow account that gets its half, the caller's by custom; 0 burns all. Reverts from 2**32 on.
    """
    assert epoch + 1 == epoch_clock._epoch(), "reputation: not the last epoch"
    assert finder < 2**32, "reputation: no such account"
    p: reputation_filter.FilterParameters = reputation_filter._unpack(epoch_parameter._at(epoch))
    debtor: uint256 = 0  # who posted the wrong pages found last
    wrong: uint256 = 0  # how many of them it has not yet been charged for
    for page: uint256 in pages:
        index: uint256 = page * 2 + epoch % 2
        word: uint256 = self._pages[index]
        poster: uint256 = page_packing._poster(word)
        if poster == 0 or page_packing._epoch_of(word) != epoch:
            continue
        right: uint256 = 0
        logits: int256[constants.PAGE] = empty(int256[constants.PAGE])
        right, logits = self._computed_page(page, epoch, p)
        if word & page_packing.LOGITS == right:
            continue
        self._pages[index] = right | page_packing._header(epoch, 0)
        log IGasReputation.Corrected(epoch=epoch, page=page, poster=poster, logits=logits)
        if wrong > 0 and poster != debtor:
            self._forfeit(debtor, wrong, finder)
            wrong = 0
        debtor = poster
        wrong += 1
    assert wrong > 0, "reputation: nothing to correct"
    self._forfeit(debtor, wrong, finder)


@external
def poke(pages: DynArray[uint256, constants.MAX_BATCH]):
    """
    @notice Computes and stores pages of the last epoch that nobody has posted. The caller's escrow account (if it has
            one) can collect for eight values each in the next epoch, like a poster. A page already there is left
            alone. Anyone. Reverts in epoch 1 and for a page beyond the accounts.
    """
    present: uint256 = epoch_clock._epoch()
    epoch: uint256 = present - 1
    assert epoch > 0, "reputation: no epoch over"
    accounts: uint256 = staticcall ESCROW.account_count()
    p: reputation_filter.FilterParameters = reputation_filter._unpack(epoch_parameter._at(epoch))
    done: uint256 = 0
    for page: uint256 in pages:
        assert page * constants.PAGE < accounts, "reputation: page beyond accounts"
        group: uint256 = page // page_packing.GROUP
        bit: uint256 = page_packing._bit(page)
        marked: uint256 = self._marks(group, epoch)
        if marked & bit != 0:
            continue
        word: uint256 = 0
        logits: int256[constants.PAGE] = empty(int256[constants.PAGE])
        word, logits = self._computed_page(page, epoch, p)
        if self._marks(group, epoch - 1) & bit == 0:
            self._carry(page, epoch)
        self._pages[page * 2 + epoch % 2] = word | page_packing._header(epoch, 0)
        self._posted[group * 2 + epoch % 2] = page_packing._pack_marks(marked | bit, epoch)
        done += constants.PAGE
        log IGasReputation.Poked(epoch=epoch, page=page, logits=logits)
    caller: uint256 = staticcall ESCROW.account_of(msg.sender)
    if done > 0 and caller != 0 and PAY_PER_VALUE > 0:
        k: keeper_packing.KeeperRecord = keeper_packing._mature(self._keepers[caller], present)
        k.epoch = present
        k.poked += done
        self._keepers[caller] = keeper_packing._pack(k)


# Owner


@external
def set_parameters(parameters: reputation_filter.FilterParameters):
    """
    @notice Schedules filter parameters for the next epoch boundary. Owner only. Reverts where the filter would not be
            stable, see modules/reputation_filter.vy, and while the parameters before the present ones may be needed.
    """
    ownable_2step._check_owner()
    reputation_filter._check(parameters)
    epoch_parameter._schedule(reputation_filter._pack(parameters))
    log IGasReputation.ParametersScheduled(parameters=parameters, from_epoch=epoch_clock._epoch() + 1)


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
    epoch: uint256 = epoch_clock._epoch() - 1
    return self._computed(account, epoch, reputation_filter._unpack(epoch_parameter._at(epoch)))


@external
@view
def parameters() -> reputation_filter.FilterParameters:
    """
    @notice Filter parameters in force now.
    """
    return reputation_filter._unpack(epoch_parameter._at(epoch_clock._epoch()))


@external
@view
def page_words(first_page: uint256, count: uint256) -> DynArray[uint256, constants.MAX_PAGE]:
    """
    @notice Both words of consecutive pages, even epoch first, for readers that watch many.
    @param count At most 32.
    """
    words: DynArray[uint256, constants.MAX_PAGE] = []
    for i: uint256 in range(2 * count, bound=constants.MAX_PAGE):
        words.append(self._pages[first_page * 2 + i])
    return words


@external
@view
def keeper(account: uint256) -> (uint256, uint256, uint256, uint256, uint256):
    """
    @notice A keeper's bond in token units, the epoch of its last post or poke, values posted in it, values unpaid of
            earlier ones, values poked in it.
    """
    k: keeper_packing.KeeperRecord = keeper_packing._unpack(self._keepers[account])
    return k.bond, k.epoch, k.at_risk, k.unpaid, k.poked


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
@view
def _marks(group: uint256, epoch: uint256) -> uint256:
    """
    @notice Bits of a group's pages that were posted or poked for an epoch.
    """
    return page_packing._marks(self._posted[group * 2 + epoch % 2], epoch)


@internal
def _carry(page: uint256, epoch: uint256):
    """
    @notice Before a page's word for an epoch is written although the epoch before has none: keeps the word that still
            holds, if the new one would overwrite it.
    """
    target: uint256 = self._pages[page * 2 + epoch % 2]
    other: uint256 = self._pages[page * 2 + 1 - epoch % 2]
    if page_packing._epoch_of(target) > page_packing._epoch_of(other):
        self._pages[page * 2 + 1 - epoch % 2] = target


@internal
@view
def _holding(account: uint256, epoch: uint256) -> int256:
    """
    @notice The logit that holds in an epoch, see modules/page_packing.vy and modules/reputation_filter.vy.
    """
    index: uint256 = unsafe_add(unsafe_mul(account // constants.PAGE, 2), epoch % 2)
    word: uint256 = self._pages[index]
    posted: uint256 = 0
    phi: int256 = 0
    posted, phi = page_packing._written(word, account)
    # The usual case needs neither the other word nor the parameters: nothing is newer, and this cannot be stale.
    if posted != 0 and unsafe_add(posted, 2) == epoch:
        return reputation_filter._clamp(phi)
    word = page_packing._holding(word, self._pages[index ^ 1], epoch)
    posted, phi = page_packing._written(word, account)
    return reputation_filter._holding(epoch_parameter._at(epoch), phi, posted, epoch)


@internal
@view
def _computed(account: uint256, epoch: uint256, p: reputation_filter.FilterParameters) -> int256:
    """
    @notice The filter's step over an epoch that is over, from the logit that holds in the epoch after it.
    @param p The epoch's parameters.
    """
    fees: uint256 = 0
    good_fees: uint256 = 0
    fees, good_fees = staticcall TASK_REGISTRY.fees_in(account, epoch)
    return self._stepped(account, epoch, p, self._holding(account, epoch + 1), fees, good_fees)


@internal
@view
def _computed_page(
    page: uint256, epoch: uint256, p: reputation_filter.FilterParameters
) -> (uint256, int256[constants.PAGE]):
    """
    @notice `_computed` of a page's eight accounts, which costs less than asking for one after the other: their logits
            as the bits of a page and one by one.
    """
    first: uint256 = page * constants.PAGE
    records: DynArray[uint256, constants.MAX_PAGE] = staticcall TASK_REGISTRY.fee_words(first, constants.PAGE, epoch)
    present: uint256 = epoch + 1
    index: uint256 = page * 2 + present % 2
    word: uint256 = page_packing._holding(self._pages[index], self._pages[index ^ 1], present)
    parameters: uint256 = epoch_parameter._at(present)
    bits: uint256 = 0
    logits: int256[constants.PAGE] = empty(int256[constants.PAGE])
    for j: uint256 in range(constants.PAGE):
        posted: uint256 = 0
        phi: int256 = 0
        posted, phi = page_packing._written(word, j)
        phi = reputation_filter._holding(parameters, phi, posted, present)
        fees: uint256 = 0
        good_fees: uint256 = 0
        fees, good_fees = fee_record._unpack(records[j], epoch)
        logits[j] = self._stepped(first + j, epoch, p, phi, fees, good_fees)
        bits |= page_packing._bits(logits[j], j)
    return bits, logits


@internal
@view
def _stepped(
    account: uint256,
    epoch: uint256,
    p: reputation_filter.FilterParameters,
    phi: int256,
    fees: uint256,
    good_fees: uint256,
) -> int256:
    """
    @notice The filter's step over an epoch that is over.
    @param p The epoch's parameters.
    @param phi The logit that holds in the epoch after it.
    """
    bonus: uint256 = 0
    overload: uint256 = 0
    if fees > 0:
        bonus, overload = activity._integrals(staticcall PARTICIPANTS.activity_in(account, epoch))
        peak: uint256 = load_curve._peak(staticcall PARTICIPANTS.curve_in(epoch))
        bonus, overload = activity._shares(bonus, overload, peak, epoch_clock.EPOCH_SECONDS)
    return reputation_filter._step(p, phi, fees, good_fees, bonus, overload)


@internal
def _put_at_risk(keeper: uint256, values: uint256, epoch: uint256):
    """
    @notice Puts bond behind values posted now.
    @param epoch The present one.
    """
    k: keeper_packing.KeeperRecord = keeper_packing._mature(self._keepers[keeper], epoch)
    k.epoch = epoch
    k.at_risk += values
    assert k.at_risk * BOND_PER_VALUE <= k.bond, "reputation: bond too small"
    self._keepers[keeper] = keeper_packing._pack(k)


@internal
def _forfeit(keeper: uint256, pages: uint256, finder: uint256):
    """
    @notice Takes the bond behind pages that were posted wrong.
    @param finder Account that gets half of it, 0 for none.
    """
    values: uint256 = pages * constants.PAGE
    bond: uint256 = values * BOND_PER_VALUE
    self._keepers[keeper] = keeper_packing._corrected(self._keepers[keeper], values, bond)
    share: uint256 = bond // 2 if finder != 0 else 0
    extcall ESCROW.move(
        [
            move_packing._move(keeper, 0, 0, 0, bond),
            move_packing._move(finder, share, 0, 0, 0),
            move_packing._move(constants.BURN_ACCOUNT, bond - share, 0, 0, 0),
        ],
        skip_contract_check=True,
    )
    extcall PARTICIPANTS.trim(keeper, skip_contract_check=True)
