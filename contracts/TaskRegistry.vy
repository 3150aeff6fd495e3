# pragma version 0.4.3
# pragma optimize codesize
"""
@title Task registry
@license MIT
@notice The life of every task, from opening to its end.
@dev Compiled for size: the code would not fit otherwise, and a task's whole life costs 600 gas more.
     States (I2), each transition by the function named:
         none      --open_tasks-->   OPEN, or WON by the operator itself
         OPEN      --bid-->          WON: a bid leads; awarded, with no further bids, once the leader's step has ended
         OPEN      --reopen-->       OPEN, in the last call         OPEN --self_execute--> WON by the operator itself
         OPEN      --expire-->       EXPIRED
         WON       --submit-->       SUBMITTED
         WON       --slash-->        LATE
         LATE      --take_over-->    WON by a rescuer               LATE --fail--> FAILED
         SUBMITTED --settle-->       SETTLED                        DISPUTED --settle--> SETTLED, left undecided
         SUBMITTED --hold-->         DISPUTED
         DISPUTED  --uphold-->       SUBMITTED, its window over     DISPUTED --overturn--> FORFEITED
     A task pays at most once and slashes each executor at most once (I3): SETTLED, EXPIRED, FAILED and FORFEITED are
     final, and WON is reached twice only through one rescue. Load (I4) rises in `open_tasks`, `bid`, `self_execute` and
     `take_over` and falls in `submit`, `slash` and displacement, by the task's difficulty. Storage is bounded (I12):
     three words a task slot, five records a participant.
     Unchecked sums are of at most a batch of amounts below 2**97, or of loads of 32 bits.
     Every step of a task but `reopen` and `self_execute` takes a list. With `strict` the first item that does not apply
     reverts with its reason; without, it is skipped and reported by an event, so that one poisoned item cannot stop a
     batch.
@custom:security Trusts the contracts fixed at deployment, and the court for held tasks. Nothing here calls a
                 participant's code, so there is no reentrancy lock. The contracts called are fixed at
                 deployment, and deployment verifies them, so hot calls skip the look for code.
@custom:kill The owner pauses opening; the participant registry's owner pauses bidding. Everything that ends a task goes
             on.
"""

from contracts.interfaces import ICollateralEscrow
from contracts.interfaces import IGasReputation
from contracts.interfaces import IParticipantRegistry
from contracts.interfaces import ISlasher
from contracts.interfaces import ITaskRegistry
from contracts.modules import activity
from contracts.modules import card_packing
from contracts.modules import class_packing
from contracts.modules import constants
from contracts.modules import controller
from contracts.modules import deadlines
from contracts.modules import discounts
from contracts.modules import dutch_auction
from contracts.modules import epoch_clock
from contracts.modules import fault_packing
from contracts.modules import fee_record
from contracts.modules import gates
from contracts.modules import mandate_packing
from contracts.modules import move_packing
from contracts.modules import ownable_2step
from contracts.modules import reasons
from contracts.modules import task_packing

implements: ITaskRegistry
initializes: epoch_clock
initializes: ownable_2step

exports: (
    epoch_clock.clock,
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.offer_ownership,
    ownable_2step.accept_ownership,
)

# `ICollateralEscrow.move` with one word: through the other interface, memory for 67 would be paid for.
interface ISingleMove:
    def move(moves: DynArray[uint256, 1]): nonpayable

U16: constant(uint256) = 2**16 - 1
U32: constant(uint256) = 2**32 - 1
FEE_RING: constant(uint256) = constants.EPOCH_RING + 1
MAX_BATCH: constant(uint256) = constants.MAX_BATCH
MAX_CALLS: constant(uint256) = 4  # in one transaction, see `multicall`
MAX_CALL: constant(uint256) = 40 * 32  # bytes of one

ESCROW: public(immutable(ICollateralEscrow))
PARTICIPANTS: public(immutable(IParticipantRegistry))
SLASHER: public(immutable(ISlasher))
REPUTATION: public(immutable(IGasReputation))
CLASS_REGISTRY: public(immutable(address))
COURT: public(immutable(address))
FEE_PER_UNIT: public(immutable(uint256))  # below 2**64, so its product with a difficulty is below 2**96
STAKE_PER_UNIT: public(immutable(uint256))  # the participant registry's

paused: public(bool)

_cards: HashMap[address, uint256]  # see modules/card_packing.vy

_auctions: HashMap[uint256, uint256]  # class -> words of modules/class_packing.vy
_openings: HashMap[uint256, uint256]
class_count: public(uint256)
# class -> operator -> word of modules/mandate_packing.vy
_mandates: HashMap[uint256, HashMap[uint256, uint256]]

_terms: uint256[2**48]  # operator * 2**16 + slot, see modules/task_packing.vy
_progress: uint256[2**48]
_results: uint256[2**48]

_fees: uint256[2**35]  # account * FEE_RING + epoch % FEE_RING, see modules/fee_record.vy


@deploy
def __init__(
    escrow: ICollateralEscrow,
    participants: IParticipantRegistry,
    slasher: ISlasher,
    reputation: IGasReputation,
    class_registry: address,
    court: address,
    genesis: uint256,
    epoch_seconds: uint256,
    fee_per_unit: uint256,
    stake_per_unit: uint256,
    owner: address,
):
    """
    @param court May hold a submitted task and decide on it.
    @param genesis Start of epoch 1.
    @param fee_per_unit Smallest fee for a unit of difficulty, token units.
    @param stake_per_unit Token units of stake a unit of capacity needs, as in the participant registry.
    @param owner May pause.
    """
    assert court != empty(address), "registry: zero court"
    assert fee_per_unit < 2**64, "registry: fee per unit"
    epoch_clock.__init__(genesis, epoch_seconds)
    ownable_2step.__init__(owner)
    ESCROW = escrow
    PARTICIPANTS = participants
    SLASHER = slasher
    REPUTATION = reputation
    CLASS_REGISTRY = class_registry
    COURT = court
    FEE_PER_UNIT = fee_per_unit
    STAKE_PER_UNIT = stake_per_unit


# Operators


@external
def open_tasks(class_id: uint256, orders: DynArray[ITaskRegistry.Order, MAX_BATCH], strict: bool) -> uint256:
    """
    @notice Opens tasks of one class on the caller's mandate and locks the operator's penalty for each. A task is
            auctioned from the mandate's start price, which then falls a little; with `own` the operator executes it
            itself at the cap and locks the executor's collateral too. Registered operators only. Reverts while paused
            and below the class's reputation. Reverts if the free funds do not suffice. Skips, by position: slot (not
            the operator's, or taken), mandate exhausted or suspended, task terms (no difficulty or one above
            2**32 - 1, reward below the class's minimum or above 2**92 - 1, fee above the lowest price, minimum
            reputation no whole percent up to 100), complexity, capacity.
    @return The number of the last task opened, 0 if none was.
    """
    self._require(not self.paused, reasons.PAUSED)
    card: card_packing.Card = card_packing._unpack(self._cards[msg.sender])
    self._require(card.role == constants.OPERATOR, reasons.ROLE)
    operator: uint256 = card.account
    a: uint256 = self._auctions[class_id]
    mandate: uint256 = self._mandates[class_id][operator]
    o: class_packing.Opening = class_packing._opening(mandate_packing._opening(mandate))
    remaining: uint256 = 0
    if o.min_reward > 0:
        remaining = mandate_packing._remaining(mandate)
    if o.min_reputation > 0:
        self._require(self._reputation_of(card) >= o.min_reputation, reasons.REPUTATION)
    start: uint256 = mandate_packing._start(mandate)
    floor_price: uint256 = class_packing._floor_of(a)
    load: uint256 = 0
    capacity: uint256 = 0
    room: uint256 = 0
    taken: uint256 = 0
    locked: uint256 = 0
    drawn: uint256 = 0
    task: uint256 = 0
    for position: uint256 in range(len(orders), bound=MAX_BATCH):
        order: ITaskRegistry.Order = orders[position]
        index: uint256 = (operator << 16) | (order.slot & U16)
        previous: uint256 = self._terms[index]
        lock: uint256 = 0
        code: uint256 = 0
        if order.slot >= card.slots:
            code = reasons.SLOT
        elif previous != 0 and task_packing._outcome(previous) == task_packing.LIVE:
            code = reasons.SLOT
        elif order.reward > unsafe_sub(remaining, drawn):
            code = reasons.MANDATE
        elif (
            order.reward < max(o.min_reward, 1)
            or order.reward > task_packing.MAX_REWARD
            or order.difficulty == 0
            or order.difficulty > activity.MAX_UNITS
            or order.min_reputation > constants.PPM
            or order.min_reputation % task_packing.PERCENT != 0
        ):
            code = reasons.TASK_TERMS
        else:
            lowest: uint256 = task_packing._pay(order.reward, floor_price)
            lock = class_packing._penalty(a, class_packing._collateral(a, order.reward, 0))
            if class_packing._fee(a, lowest, unsafe_mul(FEE_PER_UNIT, order.difficulty)) > lowest:
                code = reasons.TASK_TERMS
            elif order.own:
                if capacity == 0:
                    load, capacity, room = self._load_of(operator)
                lock = unsafe_add(
                    lock, class_packing._collateral(a, order.reward, unsafe_mul(capacity, STAKE_PER_UNIT))
                )
                with_task: uint256 = unsafe_add(unsafe_add(load, taken), order.difficulty)
                code = gates._for_operator(card.complexity, o.complexity, with_task, room)
        if code != 0:
            self._skip(position, code, strict)
            continue
        t: task_packing.TaskTerms = task_packing.TaskTerms(
            sequence=unsafe_add(previous, 1) & U32,
            class_id=class_id,
            opened=block.timestamp,
            difficulty=order.difficulty,
            reward=order.reward,
            outcome=task_packing.LIVE,
            rising=0,
            complexity=o.complexity,
            start=0,
            min_reputation=order.min_reputation,
        )
        if not order.own:
            t.start = unsafe_sub(start, start % class_packing.PERMILLE)
            start = controller._lowered(start, o.gain, o.target, floor_price)
        task = (index << 32) | t.sequence
        self._terms[index] = task_packing._pack_terms(t)
        log ITaskRegistry.TaskOpened(
            task=task,
            class_id=class_id,
            difficulty=t.difficulty,
            reward=t.reward,
            start=t.start,
            min_reputation=t.min_reputation,
        )
        if order.own:
            taken = unsafe_add(taken, order.difficulty)
            self._take_own(task, t, a, activity._load_bps(unsafe_add(load, taken), capacity), capacity)
        drawn = unsafe_add(drawn, order.reward)
        locked = unsafe_add(locked, lock)
    if task == 0:
        return 0
    self._mandates[class_id][operator] = mandate_packing._with_start(unsafe_sub(mandate, drawn), start)
    self._take_on(operator, taken, locked)
    return task


@external
def reopen(task: uint256):
    """
    @notice Gives a task nobody bid for a last call on the rising clock, once; the mandate's start price rises. Its
            operator only, until the class's rescue time after the end of the first auction has passed. Reverts while
            paused.
    """
    t: task_packing.TaskTerms = empty(task_packing.TaskTerms)
    a: uint256 = 0
    t, a = self._unsold(task)
    self._require(t.rising == 0, reasons.STATE)
    mandate: uint256 = self._mandates[t.class_id][task >> 48]
    self._mandates[t.class_id][task >> 48] = self._after_unsold(mandate, a)
    t.rising = 1
    t.opened = block.timestamp
    self._terms[task >> 32] = task_packing._pack_terms(t)
    log ITaskRegistry.TaskReopened(task=task)


@external
def self_execute(task: uint256):
    """
    @notice Takes a task nobody bid for into own execution; unless this was in the last call, the mandate's start price
            rises. Its operator only, with capacity, complexity and collateral as in `open_tasks`, until the class's
            rescue time after the end of the auction has passed. Reverts while paused.
    """
    t: task_packing.TaskTerms = empty(task_packing.TaskTerms)
    a: uint256 = 0
    t, a = self._unsold(task)
    operator: uint256 = task >> 48
    load: uint256 = 0
    capacity: uint256 = 0
    room: uint256 = 0
    load, capacity, room = self._load_of(operator)
    load = unsafe_add(load, t.difficulty)
    card: card_packing.Card = card_packing._unpack(self._cards[msg.sender])
    code: uint256 = gates._for_operator(card.complexity, t.complexity, load, room)
    self._require(code == 0, code)
    if t.rising == 0:
        mandate: uint256 = self._mandates[t.class_id][operator]
        self._mandates[t.class_id][operator] = self._after_unsold(mandate, a)
    t.opened = block.timestamp
    self._terms[task >> 32] = task_packing._pack_terms(t)
    self._take_own(task, t, a, activity._load_bps(load, capacity), capacity)
    self._take_on(operator, t.difficulty, class_packing._collateral(a, t.reward, unsafe_mul(capacity, STAKE_PER_UNIT)))


# Coprocessors


@external
def bid(orders: DynArray[ITaskRegistry.Bid, MAX_BATCH], strict: bool):
    """
    @notice Bids for open tasks, in the order given. On the falling clock a bid enters at the first step, not before the
            present one, that is as far below the start price as its discounts for load and record ask for, and it must
            be paid its minimum there. In the last call it enters at the first step that pays its minimum and the
            discounts, and is paid less by these. Minimum and price are before the fee is taken. A bid must lead to be
            accepted: an earlier step, then a better score, then the smaller hash. Collateral and load are taken at
            once; those of a displaced leader come back at once. Registered coprocessors only. Reverts while bidding is
            paused, and if the free funds do not suffice. Skips: no such task, task terms (other than the bid's), wrong
            state, too late, complexity, capacity, load limit, reputation, price, not leading.
    """
    card: card_packing.Card = card_packing._unpack(self._cards[msg.sender])
    self._require(card.role == constants.COPROCESSOR, reasons.ROLE)
    bidder: uint256 = card.account
    load: uint256 = 0
    capacity: uint256 = 0
    room: uint256 = 0
    curve: uint256 = 0
    load, capacity, room, curve = staticcall PARTICIPANTS.load_for_bid(bidder)
    rho: uint256 = self._reputation_of(card)
    taken: uint256 = 0
    locked: uint256 = 0
    moves: DynArray[uint256, MAX_BATCH + 1] = []
    class_id: uint256 = 0
    a: uint256 = 0
    c: class_packing.Auction = empty(class_packing.Auction)
    for order: ITaskRegistry.Bid in orders:
        t: task_packing.TaskTerms = empty(task_packing.TaskTerms)
        p: task_packing.TaskProgress = empty(task_packing.TaskProgress)
        t, p = self._find(order.task)
        if t.class_id != class_id:
            class_id = t.class_id
            a = self._auctions[class_id]
            c = class_packing._auction(a)
        step: uint256 = 0
        price: uint256 = 0
        with_task: uint256 = unsafe_add(unsafe_add(load, taken), t.difficulty)
        x: uint256 = activity._load_bps(with_task, capacity)
        code: uint256 = gates._for_coprocessor(
            t.sequence,
            card.complexity,
            t.complexity,
            max(c.min_reputation, t.min_reputation),
            with_task,
            room,
            x,
            order.max_load,
            rho,
        )
        if t.sequence != 0:
            if not self._as_seen(t, order):
                code = reasons.TASK_TERMS
            elif p.status > task_packing.WON or p.own + p.rescued > 0:
                code = reasons.STATE
            elif block.timestamp >= deadlines._closing(t.opened, c.steps, c.step_seconds) or (
                p.status == task_packing.WON and block.timestamp >= p.time
            ):
                code = reasons.TOO_LATE
        if code == 0:
            present: uint256 = deadlines._present_step(t.opened, c.step_seconds, block.timestamp)
            of_load: uint256 = discounts._of_load(curve, c.idle, c.bonus, c.malus, x)
            of_record: uint256 = discounts._of_record(c.weight, c.level, rho)
            if t.rising == 0:
                step, price = dutch_auction._entry_falling(
                    t.start, c.floor_, c.steps, c.tick, order.min_price, unsafe_add(of_load, of_record), present
                )
            else:
                step, price = dutch_auction._entry_rising(
                    t.start, c.floor_, c.cap, c.steps, order.min_price, of_load, of_record, c.hard, present
                )
            if step >= c.steps:
                code = reasons.PRICE
            elif p.status == task_packing.WON and not dutch_auction._leads(
                order.task,
                bidder,
                step,
                dutch_auction._score(x, rho),
                p.executor,
                p.step,
                dutch_auction._score(p.x, p.rho),
            ):
                code = reasons.NOT_LEADING
        if code != 0:
            self._skip(order.task, code, strict)
            continue
        taken = unsafe_add(taken, t.difficulty)
        locked = unsafe_add(locked, class_packing._collateral(a, t.reward, unsafe_mul(capacity, STAKE_PER_UNIT)))
        self._store_award(
            order.task,
            task_packing.TaskProgress(
                sequence=t.sequence,
                executor=bidder,
                step=step,
                status=task_packing.WON,
                own=0,
                rescued=0,
                x=x,
                rho=rho,
                price=price,
                time=deadlines._awarded(t.opened, step, c.step_seconds),
                window=c.submit_seconds,
                difficulty=t.difficulty,
                capacity=capacity,
            ),
        )
        if p.status == task_packing.WON:
            freed: uint256 = class_packing._collateral(a, t.reward, unsafe_mul(p.capacity, STAKE_PER_UNIT))
            moves.append(move_packing._move(p.executor, freed, 0, 0, freed))
            extcall PARTICIPANTS.change_load(p.executor, 0, t.difficulty, skip_contract_check=True)
    if taken == 0:
        return
    extcall PARTICIPANTS.change_load(bidder, taken, 0, skip_contract_check=True)
    moves.append(move_packing._move(bidder, 0, locked, locked, 0))
    extcall ESCROW.move(moves, skip_contract_check=True)


@external
def submit(submissions: DynArray[ITaskRegistry.Submission, MAX_BATCH], strict: bool):
    """
    @notice Submits results of awarded tasks and frees their load. The executor only, after the moment of the award and
            until the task is due. Never paused. Skips: no such task, wrong state, caller, too early, too late.
    """
    executor: uint256 = card_packing._account_of(self._cards[msg.sender])
    freed: uint256 = 0
    for submission: ITaskRegistry.Submission in submissions:
        progress: uint256 = self._find_progress(submission.task)
        p: task_packing.TaskProgress = task_packing._progress(progress)
        code: uint256 = 0
        if p.status != task_packing.WON:  # then whether there is such a task is for its terms to say
            terms: uint256 = 0
            terms, progress = self._find_words(submission.task)
            code = reasons.NO_TASK if terms == 0 else reasons.STATE
        elif p.executor != executor:
            code = reasons.CALLER
        elif block.timestamp <= p.time:
            code = reasons.TOO_EARLY
        elif block.timestamp > deadlines._due(p.time, p.window):
            code = reasons.TOO_LATE
        if code != 0:
            self._skip(submission.task, code, strict)
            continue
        freed = unsafe_add(freed, p.difficulty)
        self._progress[submission.task >> 32] = task_packing._with_status_at(
            progress, task_packing.SUBMITTED, block.timestamp
        )
        self._results[submission.task >> 32] = submission.result
        log ITaskRegistry.ResultSubmitted(task=submission.task, result=submission.result)
    if freed > 0:
        extcall PARTICIPANTS.change_load(executor, 0, freed, skip_contract_check=True)


@external
def take_over(orders: DynArray[ITaskRegistry.Bid, MAX_BATCH], strict: bool):
    """
    @notice Takes over late tasks, whose executors were slashed; their records suffer now. Registered coprocessors only,
            with the gates and the collateral of a bid, once a task, until its rescue deadline. The rescuer is paid the
            cap; whoever slashed has the finder's share. Reverts if the free funds do not suffice. Skips: no such task,
            task terms (other than the order's), wrong state, too late, caller, complexity, capacity, load limit,
            reputation, price (the cap is below the order's).
    """
    card: card_packing.Card = card_packing._unpack(self._cards[msg.sender])
    self._require(card.role == constants.COPROCESSOR, reasons.ROLE)
    rescuer: uint256 = card.account
    rho: uint256 = self._reputation_of(card)
    for order: ITaskRegistry.Bid in orders:
        task: uint256 = order.task
        t: task_packing.TaskTerms = empty(task_packing.TaskTerms)
        p: task_packing.TaskProgress = empty(task_packing.TaskProgress)
        t, p = self._find(task)
        a: uint256 = self._auctions[t.class_id]
        c: class_packing.Auction = class_packing._auction(a)
        load: uint256 = 0
        capacity: uint256 = 0
        room: uint256 = 0
        load, capacity, room = self._load_of(rescuer)
        load = unsafe_add(load, t.difficulty)
        x: uint256 = activity._load_bps(load, capacity)
        code: uint256 = gates._for_coprocessor(
            t.sequence,
            card.complexity,
            t.complexity,
            max(c.min_reputation, t.min_reputation),
            load,
            room,
            x,
            order.max_load,
            rho,
        )
        if t.sequence != 0:
            if not self._as_seen(t, order):
                code = reasons.TASK_TERMS
            elif p.status != task_packing.LATE or p.rescued == 1:
                code = reasons.STATE
            elif block.timestamp > deadlines._rescue_until(
                deadlines._due(p.time, p.window), p.rescued, c.rescue_seconds
            ):
                code = reasons.TOO_LATE
            elif p.executor == rescuer:
                code = reasons.CALLER
        if code == 0 and order.min_price > c.cap:
            code = reasons.PRICE
        if code != 0:
            self._skip(task, code, strict)
            continue
        self._record_fee(p.executor, epoch_clock._epoch(), self._fee_of(t, p, a), False)
        p.executor = rescuer
        p.status = task_packing.WON
        p.rescued = 1
        p.x = x
        p.rho = rho
        p.price = c.cap
        p.time = block.timestamp
        p.capacity = capacity
        self._progress[task >> 32] = task_packing._pack_progress(p)
        log ITaskRegistry.TaskTakenOver(
            task=task, executor=rescuer, load=x, due=deadlines._due(p.time, p.window)
        )
        lock: uint256 = class_packing._collateral(a, t.reward, unsafe_mul(capacity, STAKE_PER_UNIT))
        self._take_on(rescuer, t.difficulty, lock)


# Anyone


@external
def settle(tasks: DynArray[uint256, MAX_BATCH], strict: bool):
    """
    @notice Pays submitted tasks whose challenge window has passed or that the court upheld, and held ones the court
            left undecided for DISPUTE_SECONDS: operator reward - price, executor price - fee, pool the fee, all locks
            free. Anyone. Consecutive tasks of the same operator and executor share their moves and records. Skips: no
            such task, wrong state, too early.
    """
    moves: DynArray[uint256, constants.MAX_MOVES] = []
    class_id: uint256 = 0
    a: uint256 = 0
    operator: uint256 = 0
    executor: uint256 = 0
    margin: uint256 = 0  # of the run: reward - price
    payment: uint256 = 0  # of the run: price - fee
    charge: uint256 = 0  # of the run: fee
    penalty: uint256 = 0
    collateral: uint256 = 0
    rewards: uint256 = 0
    fees: uint256 = 0
    to_operator: uint256 = 0
    to_executor: uint256 = 0
    for task: uint256 in tasks:
        terms: uint256 = 0
        progress: uint256 = 0
        terms, progress = self._find_words(task)
        t: task_packing.TaskTerms = task_packing._terms(terms)
        p: task_packing.TaskProgress = task_packing._progress(progress)
        if t.class_id != class_id:
            class_id = t.class_id
            a = self._auctions[class_id]
        until: uint256 = deadlines._challenge_until(p.time, class_packing._challenge_seconds_of(a))
        code: uint256 = self._needs(t.sequence, p.status, task_packing.SUBMITTED)
        if p.status == task_packing.DISPUTED:
            until = deadlines._dispute_until(p.time)
            code = 0
        if code == 0 and block.timestamp <= until:
            code = reasons.TOO_EARLY
        if code != 0:
            self._skip(task, code, strict)
            continue
        if task >> 48 != operator or p.executor != executor:
            if operator != 0:
                to_operator, to_executor = self._pay_out(
                    operator, executor, margin, payment, charge, penalty, collateral
                )
                moves.append(to_operator)
                moves.append(to_executor)
            operator = task >> 48
            executor = p.executor
            margin = 0
            payment = 0
            charge = 0
            penalty = 0
            collateral = 0
        price: uint256 = task_packing._pay(t.reward, p.price)
        fee: uint256 = class_packing._fee(a, price, unsafe_mul(FEE_PER_UNIT, t.difficulty))
        self._terms[task >> 32] = task_packing._with_outcome(terms, task_packing.SETTLED)
        margin = unsafe_add(margin, unsafe_sub(t.reward, price))
        payment = unsafe_add(payment, price - fee)
        charge = unsafe_add(charge, fee)
        lock: uint256 = class_packing._collateral(a, t.reward, 0)
        penalty = unsafe_add(penalty, class_packing._penalty(a, lock))
        if class_packing._stake_share_of(a) != 0:
            lock = class_packing._collateral(a, t.reward, unsafe_mul(p.capacity, STAKE_PER_UNIT))
        collateral = unsafe_add(collateral, lock)
        rewards = unsafe_add(rewards, t.reward)
        fees = unsafe_add(fees, fee)
        log ITaskRegistry.TaskSettled(task=task, price=price, fee=fee)
    if operator == 0:
        return
    to_operator, to_executor = self._pay_out(operator, executor, margin, payment, charge, penalty, collateral)
    moves.append(to_operator)
    moves.append(to_executor)
    moves.append(move_packing._move(constants.POOL_ACCOUNT, fees, 0, 0, rewards))
    extcall ESCROW.move(moves, skip_contract_check=True)


@external
def slash(tasks: DynArray[uint256, MAX_BATCH], finder: uint256, strict: bool):
    """
    @notice Slashes the executors of overdue tasks and frees their load. Anyone. Never reverts for a reason an executor
            controls (I8). Skips: no such task, wrong state, too early.
    @param finder Escrow account that gets the finder's share, the caller's by custom; 0 leaves it to the pool. Reverts
                  from 2**32 on.
    """
    faults: DynArray[uint256, 2 * MAX_BATCH] = []
    class_id: uint256 = 0
    a: uint256 = 0
    for task: uint256 in tasks:
        terms: uint256 = 0
        progress: uint256 = 0
        terms, progress = self._find_words(task)
        p: task_packing.TaskProgress = task_packing._progress(progress)
        code: uint256 = self._needs(terms, p.status, task_packing.WON)
        if code == 0 and block.timestamp <= deadlines._due(p.time, p.window):
            code = reasons.TOO_EARLY
        if code != 0:
            self._skip(task, code, strict)
            continue
        t: task_packing.TaskTerms = task_packing._terms(terms)
        if t.class_id != class_id:
            class_id = t.class_id
            a = self._auctions[class_id]
        first: uint256 = 0
        second: uint256 = 0
        first, second = self._fault(task, t, p, a, False)
        faults.append(first)
        faults.append(second)
        self._progress[task >> 32] = task_packing._with_status(progress, task_packing.LATE)
    if len(faults) > 0:
        self._punish(faults, finder)


@external
def fail(tasks: DynArray[uint256, MAX_BATCH], strict: bool):
    """
    @notice Ends late tasks nobody rescued in time, or whose rescuer was late too: the reward returns to the mandate,
            the operator's penalty goes to the AVS and its capacity is held to what its stake still covers; the record
            of the executor suffers, and less so that of an operator that delegated the task. Anyone. Skips: no such
            task, wrong state, too early.
    """
    self._close(tasks, task_packing.FAILED, strict)


@external
def expire(tasks: DynArray[uint256, MAX_BATCH], strict: bool):
    """
    @notice Ends tasks nobody bid for: the reward returns to the mandate, the penalty to the operator; unless there was
            a last call, the mandate's start price rises. The operator at once, anyone after the time for a last call.
            Skips: no such task, wrong state, too early, caller.
    """
    self._close(tasks, task_packing.EXPIRED, strict)


@external
def multicall(calls: DynArray[Bytes[MAX_CALL], MAX_CALLS]):
    """
    @notice Takes several steps of the caller in one transaction, all or none: what reverts in one, reverts them all
            with its reason. Each is a call of this contract, encoded as for a transaction of its own, and meets the
            same checks. What a step returns is lost; what it does is told by its events. Anyone, and not payable: no
            step of this contract takes value.
    @param calls At most 4, each of at most 1,280 bytes, which are six bids.
    """
    for data: Bytes[MAX_CALL] in calls:
        raw_call(self, data, is_delegate_call=True)


# Court


@external
def hold(tasks: DynArray[uint256, MAX_BATCH], strict: bool):
    """
    @notice Holds submitted tasks for a dispute. Court only, within the challenge window. Skips: no such task, wrong
            state, too late.
    """
    self._mark(tasks, task_packing.SUBMITTED, strict)


@external
def uphold(tasks: DynArray[uint256, MAX_BATCH], strict: bool):
    """
    @notice Ends the hold of tasks whose results stand: anyone may settle them at once. Court only. Skips: no such task,
            wrong state.
    """
    self._mark(tasks, task_packing.DISPUTED, strict)


@external
def overturn(tasks: DynArray[uint256, MAX_BATCH], finder: uint256, strict: bool):
    """
    @notice Forfeits held tasks whose results were proved wrong: the executor is slashed by the class's wrong factor,
            the reward returns to the mandate, the operator's penalty goes to the AVS. Court only. Skips: no such task,
            wrong state.
    @param finder Escrow account that gets the finder's share, 0 for none. Reverts from 2**32 on.
    """
    self._check_court()
    faults: DynArray[uint256, 2 * MAX_BATCH] = []
    operators: DynArray[uint256, MAX_BATCH] = []
    moves: DynArray[uint256, constants.MAX_MOVES] = []
    for task: uint256 in tasks:
        t: task_packing.TaskTerms = empty(task_packing.TaskTerms)
        p: task_packing.TaskProgress = empty(task_packing.TaskProgress)
        t, p = self._find(task)
        code: uint256 = self._needs(t.sequence, p.status, task_packing.DISPUTED)
        if code != 0:
            self._skip(task, code, strict)
            continue
        a: uint256 = self._auctions[t.class_id]
        first: uint256 = 0
        second: uint256 = 0
        first, second = self._fault(task, t, p, a, True)
        faults.append(first)
        faults.append(second)
        unlocked: uint256 = 0
        penalty: uint256 = 0
        unlocked, penalty = self._end(task, t, p, a, task_packing.FORFEITED)
        moves.append(unlocked)
        moves.append(penalty)
        operators.append(task >> 48)
    if len(faults) > 0:
        self._move_all(moves)
        self._punish(faults, finder)
        self._trim(operators)


# The protocol's contracts


@external
def enroll(owner: address, account: uint256, role: uint256, complexity: uint256, slots: uint256):
    """
    @notice Keeps what tasks need to know of a participant. Participant registry only.
    @param role 0 when a participant leaves.
    """
    self._require(msg.sender == PARTICIPANTS.address, reasons.SENDER)
    assert (slots > 0) == (role == constants.OPERATOR) and slots <= constants.MAX_TASK_SLOTS, "registry: slots"
    assert complexity <= card_packing.MAX_COMPLEXITY, "registry: complexity"
    self._cards[owner] = card_packing._pack(
        card_packing.Card(account=account, slots=slots, complexity=complexity, role=role, reputation=0, epoch=0)
    )


@external
def add_class(auction: uint256, opening: uint256) -> uint256:
    """
    @notice Keeps a class the class registry has checked. Class registry only.
    @return The class's number.
    """
    self._require(msg.sender == CLASS_REGISTRY, reasons.SENDER)
    class_id: uint256 = self.class_count + 1
    assert class_id < 2**27, "registry: too many classes"
    self.class_count = class_id
    self._auctions[class_id] = auction
    self._openings[class_id] = opening
    return class_id


@external
def change_mandate(class_id: uint256, operator: uint256, increase: uint256, decrease: uint256):
    """
    @notice Changes what an operator may still draw; an increase ends a suspension, and the first gives the mandate the
            class's start price. Class registry only. Reverts below zero.
    """
    self._require(msg.sender == CLASS_REGISTRY, reasons.SENDER)
    mandate: uint256 = self._mandates[class_id][operator]
    remaining: uint256 = mandate_packing._remaining(mandate) + increase
    self._require(remaining >= decrease, reasons.MANDATE)
    opening: uint256 = mandate_packing._opening(mandate)
    start: uint256 = mandate_packing._start(mandate)
    if increase > 0:
        opening = self._openings[class_id]
        if start == 0:
            start = class_packing._opening(opening).start
    self._mandates[class_id][operator] = mandate_packing._pack(remaining - decrease, opening, start)
    log ITaskRegistry.MandateChanged(class_id=class_id, operator=operator, remaining=remaining - decrease)


@external
def suspend_mandate(class_id: uint256, operator: uint256):
    """
    @notice Lets an operator draw nothing until its mandate is increased; rewards of open tasks still return to it.
            Class registry only.
    """
    self._require(msg.sender == CLASS_REGISTRY, reasons.SENDER)
    mandate: uint256 = self._mandates[class_id][operator]
    self._mandates[class_id][operator] = mandate_packing._pack(
        mandate_packing._remaining(mandate), 0, mandate_packing._start(mandate)
    )
    log ITaskRegistry.MandateSuspended(class_id=class_id, operator=operator)


# Owner


@external
def pause(paused: bool):
    """
    @notice Stops or allows opening tasks. Owner only.
    """
    ownable_2step._check_owner()
    self.paused = paused
    log ITaskRegistry.Paused(paused=paused)


# Views


@external
@view
def card(owner: address) -> uint256:
    """
    @notice What tasks need to know of an address, packed as in modules/card_packing.vy.
    """
    return self._cards[owner]


@external
@view
def avs_of(class_id: uint256) -> uint256:
    """
    @notice Escrow account of the AVS a class belongs to, 0 for no class.
    """
    return self._avs_of(class_id)


@external
@view
def mandate_of(class_id: uint256, operator: uint256) -> uint256:
    """
    @notice What an operator may still draw on a class, token units.
    """
    return mandate_packing._remaining(self._mandates[class_id][operator])


@external
@view
def class_words(class_id: uint256) -> (uint256, uint256):
    """
    @notice The auction and the opening word of a class.
    """
    return self._auctions[class_id], self._openings[class_id]


@external
@view
def task_words(task: uint256) -> (uint256, uint256, uint256):
    """
    @notice Terms, progress and result in a task's slot, be it still the task's or already another's.
    """
    return self._terms[task >> 32], self._progress[task >> 32], self._results[task >> 32]


@external
@view
def fees_in(account: uint256, epoch: uint256) -> (uint256, uint256):
    """
    @notice Fees at stake in a participant's tasks that finished in an epoch, and in the good ones among them, token
            units; zeros for an epoch the ring has forgotten.
    """
    return fee_record._unpack(self._fees[account * FEE_RING + epoch % FEE_RING], epoch)


@external
@view
def fee_words(first: uint256, count: uint256, epoch: uint256) -> DynArray[uint256, constants.MAX_PAGE]:
    """
    @notice Fee records of consecutive accounts in the place an epoch has in the ring, for readers that watch many; see
            modules/fee_record.vy.
    @param count At most 64.
    """
    words: DynArray[uint256, constants.MAX_PAGE] = []
    for i: uint256 in range(count, bound=constants.MAX_PAGE):
        words.append(self._fees[(first + i) * FEE_RING + epoch % FEE_RING])
    return words


# Internal: finding and storing


@internal
@view
def _find(task: uint256) -> (task_packing.TaskTerms, task_packing.TaskProgress):
    """
    @notice Terms and progress of a live task: empty terms if there is no such task or it has ended, empty progress if
            it has no executor.
    """
    terms: uint256 = 0
    progress: uint256 = 0
    terms, progress = self._find_words(task)
    return task_packing._terms(terms), task_packing._progress(progress)


@internal
@view
def _find_words(task: uint256) -> (uint256, uint256):
    """
    @notice As `_find`, packed.
    """
    if task >> 80 != 0:
        return 0, 0
    terms: uint256 = self._terms[task >> 32]
    if terms & U32 != task & U32 or task_packing._outcome(terms) != task_packing.LIVE:
        return 0, 0
    return terms, self._find_progress(task)


@internal
@view
def _find_progress(task: uint256) -> uint256:
    """
    @notice Progress in a task's slot, packed: 0 if the task has no executor. It may be that of a task that has ended,
            but no task ends while it is WON.
    """
    if task >> 80 != 0:
        return 0
    progress: uint256 = self._progress[task >> 32]
    if progress & U32 != task & U32:
        return 0
    return progress


@internal
@view
def _avs_of(class_id: uint256) -> uint256:
    """
    @notice Escrow account of a class's AVS.
    """
    return class_packing._opening(self._openings[class_id]).avs


@internal
def _store_award(task: uint256, p: task_packing.TaskProgress):
    """
    @notice Stores who won a task.
    """
    self._progress[task >> 32] = task_packing._pack_progress(p)
    log ITaskRegistry.TaskWon(
        task=task,
        executor=p.executor,
        step=p.step,
        price=p.price,
        load=p.x,
        due=deadlines._due(p.time, p.window),
    )


@internal
def _take_own(task: uint256, t: task_packing.TaskTerms, a: uint256, x: uint256, capacity: uint256):
    """
    @notice Makes an operator the executor of its task, at the cap.
    """
    c: class_packing.Auction = class_packing._auction(a)
    self._store_award(
        task,
        task_packing.TaskProgress(
            sequence=t.sequence,
            executor=task >> 48,
            step=0,
            status=task_packing.WON,
            own=1,
            rescued=0,
            x=x,
            rho=0,
            price=c.cap,
            time=block.timestamp,
            window=c.submit_seconds,
            difficulty=t.difficulty,
            capacity=capacity,
        ),
    )


@internal
@view
def _fee_of(t: task_packing.TaskTerms, p: task_packing.TaskProgress, a: uint256) -> uint256:
    """
    @notice Fee at stake in a task that somebody executes, token units.
    """
    price: uint256 = task_packing._pay(t.reward, p.price)
    return class_packing._fee(a, price, unsafe_mul(FEE_PER_UNIT, t.difficulty))


@internal
def _pay_out(
    operator: uint256,
    executor: uint256,
    margin: uint256,
    payment: uint256,
    fee: uint256,
    penalty: uint256,
    collateral: uint256,
) -> (uint256, uint256):
    """
    @notice Enters the fee of tasks of one operator and one executor that ended well in the records of both, once if
            they are one.
    @return The moves that pay them: what the operator keeps of the rewards and its penalty, and the executor's payment
            and collateral.
    """
    epoch: uint256 = epoch_clock._epoch()
    self._record_fee(executor, epoch, fee, True)
    if executor != operator:
        self._record_fee(operator, epoch, fee, True)
    return (
        move_packing._move(operator, unsafe_add(margin, penalty), 0, 0, penalty),
        move_packing._move(executor, unsafe_add(payment, collateral), 0, 0, collateral),
    )


@internal
def _record_fee(account: uint256, epoch: uint256, fee: uint256, good: bool):
    """
    @notice Enters a fee in a participant's record of the epoch.
    """
    index: uint256 = account * FEE_RING + epoch % FEE_RING
    self._fees[index] = fee_record._add(self._fees[index], epoch, fee, good)


# Internal: checks


@internal
@pure
def _require(condition: bool, code: uint256):
    """
    @notice Reverts with the text of a code unless a condition holds.
    """
    if not condition:
        raise reasons._text(code)


@internal
@view
def _check_court():
    """
    @notice Reverts unless the court calls.
    """
    self._require(msg.sender == COURT, reasons.SENDER)


@internal
def _reputation_of(c: card_packing.Card) -> uint256:
    """
    @notice The caller's reputation, ppm. It is constant within an epoch, so it is asked for once an epoch and kept in
            the caller's card.
    """
    epoch: uint256 = epoch_clock._epoch()
    if c.epoch == epoch:
        return c.reputation
    card: card_packing.Card = c
    card.reputation = staticcall REPUTATION.reputation(card.account)
    card.epoch = epoch
    self._cards[msg.sender] = card_packing._pack(card)
    return card.reputation


@internal
@view
def _load_of(account: uint256) -> (uint256, uint256, uint256):
    """
    @notice Load, capacity and room of a participant, resource units.
    """
    return staticcall PARTICIPANTS.load_of(account)


@internal
def _skip(item: uint256, code: uint256, strict: bool):
    """
    @notice Reports an item that does not apply.
    """
    self._require(not strict, code)
    log ITaskRegistry.Skipped(item=item, code=code)


@internal
@pure
def _needs(terms: uint256, present: uint256, status: uint256) -> uint256:
    """
    @notice Why a task is not in a status: NO_TASK, STATE, or 0 if it is.
    @param terms Its terms or their sequence, 0 if there is no such task.
    """
    if terms == 0:
        return reasons.NO_TASK
    if present != status:
        return reasons.STATE
    return 0


@internal
@view
def _unsold(task: uint256) -> (task_packing.TaskTerms, uint256):
    """
    @notice Terms of a task of the caller's that nobody bid for, and its class's auction word. Reverts outside the time
            for another chance.
    """
    self._require(not self.paused, reasons.PAUSED)
    t: task_packing.TaskTerms = empty(task_packing.TaskTerms)
    p: task_packing.TaskProgress = empty(task_packing.TaskProgress)
    t, p = self._find(task)
    a: uint256 = self._auctions[t.class_id]
    c: class_packing.Auction = class_packing._auction(a)
    closing: uint256 = deadlines._closing(t.opened, c.steps, c.step_seconds)
    code: uint256 = self._needs(t.sequence, p.status, task_packing.NOBODY)
    if code == 0:
        if card_packing._account_of(self._cards[msg.sender]) != task >> 48:
            code = reasons.CALLER
        elif block.timestamp < closing:
            code = reasons.TOO_EARLY
        elif block.timestamp > deadlines._chance_until(closing, c.rescue_seconds):
            code = reasons.TOO_LATE
    self._require(code == 0, code)
    return t, a


@internal
@pure
def _after_unsold(mandate: uint256, a: uint256) -> uint256:
    """
    @notice A mandate's word after its first auction left a task: its start price rises, unless it is suspended.
    @param a The class's auction word.
    """
    gain: uint256 = class_packing._opening(mandate_packing._opening(mandate)).gain
    start: uint256 = controller._raised(mandate_packing._start(mandate), gain, class_packing._cap_of(a))
    return mandate_packing._with_start(mandate, start)


# Internal: the auction


@internal
@pure
def _as_seen(t: task_packing.TaskTerms, order: ITaskRegistry.Bid) -> bool:
    """
    @notice Whether a task has the terms that somebody asks for it by.
    """
    return t.class_id == order.class_id and t.difficulty == order.difficulty and t.reward == order.reward


@internal
def _take_on(account: uint256, load: uint256, amount: uint256):
    """
    @notice Raises the load of whoever takes tasks, if it executes any, and locks what these ask for.
    """
    if load > 0:
        extcall PARTICIPANTS.change_load(account, load, 0, skip_contract_check=True)
    lock: uint256 = move_packing._move(account, 0, amount, amount, 0)
    extcall ISingleMove(ESCROW.address).move([lock], skip_contract_check=True)


# Internal: ends


@internal
def _mark(tasks: DynArray[uint256, MAX_BATCH], status: uint256, strict: bool):
    """
    @notice Holds submitted tasks, or upholds disputed ones, whose window is over then. Court only.
    @param status SUBMITTED or DISPUTED, that of the tasks now.
    """
    self._check_court()
    for task: uint256 in tasks:
        terms: uint256 = 0
        progress: uint256 = 0
        terms, progress = self._find_words(task)
        p: task_packing.TaskProgress = task_packing._progress(progress)
        code: uint256 = self._needs(terms, p.status, status)
        if code == 0 and status == task_packing.SUBMITTED:
            a: uint256 = self._auctions[task_packing._terms(terms).class_id]
            if block.timestamp > deadlines._challenge_until(p.time, class_packing._challenge_seconds_of(a)):
                code = reasons.TOO_LATE
        if code != 0:
            self._skip(task, code, strict)
        elif status == task_packing.SUBMITTED:
            self._progress[task >> 32] = task_packing._with_status_at(
                progress, task_packing.DISPUTED, block.timestamp
            )
            log ITaskRegistry.TaskHeld(task=task)
        else:
            self._progress[task >> 32] = task_packing._with_status_at(progress, task_packing.SUBMITTED, 0)
            log ITaskRegistry.TaskUpheld(task=task)


@internal
@view
def _fault(
    task: uint256,
    t: task_packing.TaskTerms,
    p: task_packing.TaskProgress,
    a: uint256,
    proved: bool,
) -> (uint256, uint256):
    """
    @notice What the slasher needs to know, as two words. A delegated task harms its operator, a self-executed one its
            AVS.
    """
    harmed: uint256 = task >> 48
    factor: uint256 = class_packing._slash_factor_of(a)
    if proved or p.executor == harmed:
        o: class_packing.Opening = class_packing._opening(self._openings[t.class_id])
        if proved:
            factor = o.wrong_factor
        if p.executor == harmed:
            harmed = o.avs
    return fault_packing._pack(
        fault_packing.Fault(
            executor=p.executor,
            harmed=harmed,
            collateral=class_packing._collateral(a, t.reward, unsafe_mul(p.capacity, STAKE_PER_UNIT)),
            reward=t.reward,
            factor=factor,
            x=p.x,
            opened=t.opened,
            proved=proved,
            released=0 if proved else t.difficulty,
            task=task,
        )
    )


@internal
def _punish(faults: DynArray[uint256, 2 * MAX_BATCH], finder: uint256):
    """
    @notice Slashes, then frees the executors' loads and holds their capacities to what their stakes still cover.
    """
    extcall SLASHER.slash(faults, finder, skip_contract_check=True)
    executor: uint256 = 0
    released: uint256 = 0
    for i: uint256 in range(len(faults) // 2, bound=MAX_BATCH):
        following: uint256 = fault_packing._executor(faults[unsafe_mul(2, i)])
        if following != executor and executor != 0:
            extcall PARTICIPANTS.end_fault(executor, released, skip_contract_check=True)
            released = 0
        executor = following
        released = unsafe_add(released, fault_packing._released(faults[unsafe_add(unsafe_mul(2, i), 1)]))
    extcall PARTICIPANTS.end_fault(executor, released, skip_contract_check=True)


@internal
def _close(tasks: DynArray[uint256, MAX_BATCH], outcome: uint256, strict: bool):
    """
    @notice Expires or fails tasks.
    """
    expiring: bool = outcome == task_packing.EXPIRED
    caller: uint256 = card_packing._account_of(self._cards[msg.sender])
    failed: DynArray[uint256, MAX_BATCH] = []
    moves: DynArray[uint256, constants.MAX_MOVES] = []
    for task: uint256 in tasks:
        t: task_packing.TaskTerms = empty(task_packing.TaskTerms)
        p: task_packing.TaskProgress = empty(task_packing.TaskProgress)
        t, p = self._find(task)
        a: uint256 = self._auctions[t.class_id]
        c: class_packing.Auction = class_packing._auction(a)
        code: uint256 = self._needs(t.sequence, p.status, task_packing.NOBODY if expiring else task_packing.LATE)
        if code == 0:
            if expiring:
                closing: uint256 = deadlines._closing(t.opened, c.steps, c.step_seconds)
                if block.timestamp < closing:
                    code = reasons.TOO_EARLY
                elif caller != task >> 48 and block.timestamp <= deadlines._chance_until(closing, c.rescue_seconds):
                    code = reasons.CALLER
            elif block.timestamp <= deadlines._rescue_until(
                deadlines._due(p.time, p.window), p.rescued, c.rescue_seconds
            ):
                code = reasons.TOO_EARLY
        if code != 0:
            self._skip(task, code, strict)
            continue
        unlocked: uint256 = 0
        penalty: uint256 = 0
        unlocked, penalty = self._end(task, t, p, a, outcome)
        moves.append(unlocked)
        moves.append(penalty)
        if not expiring:
            failed.append(task >> 48)
    if len(moves) > 0:
        self._move_all(moves)
        self._trim(failed)


@internal
def _move_all(moves: DynArray[uint256, constants.MAX_MOVES]):
    """
    @notice Moves balances. Steps of every day call the escrow themselves, which saves a copy of the list.
    """
    extcall ESCROW.move(moves, skip_contract_check=True)


@internal
def _trim(operators: DynArray[uint256, MAX_BATCH]):
    """
    @notice Holds capacities to what the stakes still cover after the operators paid penalties.
    """
    last: uint256 = 0
    for operator: uint256 in operators:
        if operator != last:
            last = operator
            extcall PARTICIPANTS.trim(operator, skip_contract_check=True)


@internal
def _end(
    task: uint256, t: task_packing.TaskTerms, p: task_packing.TaskProgress, a: uint256, outcome: uint256
) -> (uint256, uint256):
    """
    @notice Ends a task without payment: its reward returns to the mandate. If it expired, the operator's penalty
            returns to it, and the mandate's start price rises unless there was a last call. Else the penalty goes to
            the AVS, and the record of the executor suffers; if the operator delegated the task, its own does too, by
            less.
    @return The two moves of the penalty: out of the operator's lock, and to where it goes.
    """
    operator: uint256 = task >> 48
    penalty: uint256 = class_packing._penalty(a, class_packing._collateral(a, t.reward, 0))
    mandate: uint256 = unsafe_add(self._mandates[t.class_id][operator], t.reward)
    receiver: uint256 = operator
    if outcome != task_packing.EXPIRED:
        receiver = self._avs_of(t.class_id)
        epoch: uint256 = epoch_clock._epoch()
        fee: uint256 = self._fee_of(t, p, a)
        self._record_fee(p.executor, epoch, fee, False)
        if p.own == 0:
            self._record_fee(operator, epoch, fee_record._delegated(fee), False)
    elif t.rising == 0:
        mandate = self._after_unsold(mandate, a)
    self._terms[task >> 32] = task_packing._with_outcome(self._terms[task >> 32], outcome)
    self._mandates[t.class_id][operator] = mandate
    log ITaskRegistry.TaskClosed(task=task, outcome=outcome)
    return move_packing._move(operator, 0, 0, 0, penalty), move_packing._move(receiver, penalty, 0, 0, 0)
