# pragma version 0.4.3
"""
@title Task class words
@license MIT
@notice What the task registry keeps of a class: the auction word, read at every step of a task, and the opening word,
        read when a mandate is funded and where a task ends badly. Python twin: ballast.model.class_packing.
@dev The arithmetic cannot overflow: amounts are below 2**118, fractions below 2**24. Prices, discounts and gates are
     kept in permille (p), shares in basis points (b); all are given and taken in ppm.
     Auction word from the lowest bit: steps 6, step seconds 16, cap p 10, floor p 10, tick p 10, idle p 10, bonus p 10,
     malus p 13, weight p 12, level p 10, hard 1, minimum executor reputation p 10, collateral 22, stake share b 14,
     operator share b 14, submit 18, rescue 18, challenge 18, fee b 11, slash factor 20.
     Opening word: minimum operator reputation p 10, complexity 16, minimum reward 80, gain b 11, target p 10, start 20,
     avs 32, wrong factor 20.
"""

from contracts.modules import constants

PERMILLE: constant(uint256) = constants.PPM // 1000  # unit of prices, discounts and gates in a word, ppm
BASIS_POINT: constant(uint256) = constants.PPM // 10_000  # unit of shares in a word, ppm
WHOLE: constant(uint256) = constants.PPM // BASIS_POINT  # a share of one in a word

struct Auction:
    steps: uint256
    step_seconds: uint256
    cap: uint256  # highest price, ppm of the reward
    floor_: uint256  # lowest price, ppm of the reward
    tick: uint256  # by how much the falling clock falls each step, ppm of the reward
    idle: uint256  # discount for load where f is zero, ppm of the reward
    bonus: uint256  # by how much f lessens it up to F, ppm of f
    malus: uint256  # by how much f adds to it above F, ppm of f
    weight: uint256  # discount for a missing share of good results, ppm
    level: uint256  # reputation from which nothing is missing, ppm
    hard: uint256  # 1 if the discount for the record does not give way in the last call
    min_reputation: uint256  # of the executor, ppm
    collateral: uint256  # at least, ppm of the reward
    stake_share: uint256  # collateral at least, ppm of the stake behind the executor's capacity
    operator_share: uint256  # of the collateral by the reward, the operator's penalty, ppm
    submit_seconds: uint256
    rescue_seconds: uint256
    challenge_seconds: uint256
    fee: uint256  # ppm of the price
    slash_factor: uint256  # s, ppm

struct Opening:
    min_reputation: uint256  # of the operator, ppm
    complexity: uint256
    min_reward: uint256
    gain: uint256  # by how much a task that the first auction left moves the start price, ppm of the reward
    target: uint256  # share of the tasks that the first auction shall leave, ppm
    start: uint256  # start price of a new mandate, ppm of the reward
    avs: uint256  # escrow account
    wrong_factor: uint256  # share of the collateral that a wrong result costs, ppm


@internal
@pure
def _pack_auction(a: Auction) -> uint256:
    """
    @notice The auction word of a checked class.
    """
    word: uint256 = a.steps | (a.step_seconds << 6) | (a.cap // PERMILLE << 22) | (a.floor_ // PERMILLE << 32)
    word |= (a.tick // PERMILLE << 42) | (a.idle // PERMILLE << 52) | (a.bonus // PERMILLE << 62)
    word |= (a.malus // PERMILLE << 72) | (a.weight // PERMILLE << 85) | (a.level // PERMILLE << 97) | (a.hard << 107)
    word |= (a.min_reputation // PERMILLE << 108) | (a.collateral << 118) | (a.stake_share // BASIS_POINT << 140)
    word |= (a.operator_share // BASIS_POINT << 154) | (a.submit_seconds << 168) | (a.rescue_seconds << 186)
    return word | (a.challenge_seconds << 204) | (a.fee // BASIS_POINT << 222) | (a.slash_factor << 233)


@internal
@pure
def _auction(word: uint256) -> Auction:
    """
    @notice The fields of an auction word.
    """
    return Auction(
        steps=word & (2**6 - 1),
        step_seconds=(word >> 6) & (2**16 - 1),
        cap=unsafe_mul((word >> 22) & (2**10 - 1), PERMILLE),
        floor_=unsafe_mul((word >> 32) & (2**10 - 1), PERMILLE),
        tick=unsafe_mul((word >> 42) & (2**10 - 1), PERMILLE),
        idle=unsafe_mul((word >> 52) & (2**10 - 1), PERMILLE),
        bonus=unsafe_mul((word >> 62) & (2**10 - 1), PERMILLE),
        malus=unsafe_mul((word >> 72) & (2**13 - 1), PERMILLE),
        weight=unsafe_mul((word >> 85) & (2**12 - 1), PERMILLE),
        level=unsafe_mul((word >> 97) & (2**10 - 1), PERMILLE),
        hard=(word >> 107) & 1,
        min_reputation=unsafe_mul((word >> 108) & (2**10 - 1), PERMILLE),
        collateral=(word >> 118) & (2**22 - 1),
        stake_share=unsafe_mul((word >> 140) & (2**14 - 1), BASIS_POINT),
        operator_share=unsafe_mul((word >> 154) & (2**14 - 1), BASIS_POINT),
        submit_seconds=(word >> 168) & (2**18 - 1),
        rescue_seconds=(word >> 186) & (2**18 - 1),
        challenge_seconds=(word >> 204) & (2**18 - 1),
        fee=unsafe_mul((word >> 222) & (2**11 - 1), BASIS_POINT),
        slash_factor=word >> 233,
    )


@internal
@pure
def _pack_opening(o: Opening) -> uint256:
    """
    @notice The opening word of a checked class.
    """
    low: uint256 = o.min_reputation // PERMILLE | (o.complexity << 10) | (o.min_reward << 26)
    low |= (o.gain // BASIS_POINT << 106) | (o.target // PERMILLE << 117) | (o.start << 127)
    return low | (o.avs << 147) | (o.wrong_factor << 179)


@internal
@pure
def _opening(word: uint256) -> Opening:
    """
    @notice The fields of an opening word.
    """
    return Opening(
        min_reputation=unsafe_mul(word & (2**10 - 1), PERMILLE),
        complexity=(word >> 10) & (2**16 - 1),
        min_reward=(word >> 26) & (2**80 - 1),
        gain=unsafe_mul((word >> 106) & (2**11 - 1), BASIS_POINT),
        target=unsafe_mul((word >> 117) & (2**10 - 1), PERMILLE),
        start=(word >> 127) & (2**20 - 1),
        avs=(word >> 147) & (2**32 - 1),
        wrong_factor=word >> 179,
    )


@internal
@pure
def _cap_of(a: uint256) -> uint256:
    """
    @notice The highest price in an auction word, ppm of the reward.
    """
    return unsafe_mul((a >> 22) & (2**10 - 1), PERMILLE)


@internal
@pure
def _floor_of(a: uint256) -> uint256:
    """
    @notice The lowest price in an auction word, ppm of the reward.
    """
    return unsafe_mul((a >> 32) & (2**10 - 1), PERMILLE)


@internal
@pure
def _challenge_seconds_of(a: uint256) -> uint256:
    """
    @notice The time for a challenge in an auction word.
    """
    return (a >> 204) & (2**18 - 1)


@internal
@pure
def _stake_share_of(a: uint256) -> uint256:
    """
    @notice The share of the stake behind the executor's capacity in an auction word, ppm.
    """
    return unsafe_mul((a >> 140) & (2**14 - 1), BASIS_POINT)


@internal
@pure
def _slash_factor_of(a: uint256) -> uint256:
    """
    @notice s in an auction word, ppm.
    """
    return a >> 233


@internal
@pure
def _collateral(a: uint256, reward: uint256, backing: uint256) -> uint256:
    """
    @notice Collateral an executor locks for a task: l of the paper, by the task and by the executor.
    @param a The class's auction word.
    @param backing Stake that backs the executor's capacity, token units; a capacity was covered by a stake.
    @return Token units, both shares rounded up: against the executor.
    """
    return max(
        unsafe_add(unsafe_mul(reward, (a >> 118) & (2**22 - 1)), constants.PPM - 1) // constants.PPM,
        unsafe_add(unsafe_mul(backing, self._stake_share_of(a)), constants.PPM - 1) // constants.PPM,
    )


@internal
@pure
def _penalty(a: uint256, collateral: uint256) -> uint256:
    """
    @notice Penalty an operator locks for a task.
    @param a The class's auction word.
    @param collateral The task's collateral, token units.
    @return Token units, rounded up: against the operator.
    """
    return unsafe_add(unsafe_mul(collateral, (a >> 154) & (2**14 - 1)), WHOLE - 1) // WHOLE


@internal
@pure
def _fee(a: uint256, price: uint256, minimum: uint256) -> uint256:
    """
    @notice Protocol fee of a task: the class's share of the price, at least a minimum.
    @param a The class's auction word.
    @param minimum Fee per unit of difficulty times the difficulty, token units.
    @return Token units, the share of the price rounded up: against the payer.
    """
    return max(unsafe_add(unsafe_mul(price, (a >> 222) & (2**11 - 1)), WHOLE - 1) // WHOLE, minimum)
