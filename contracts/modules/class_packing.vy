# pragma version 0.4.3
"""
@title Task class words
@license MIT
@notice What the task registry keeps of a class: the auction word, read at every step of a task, and the opening word,
        read when a mandate is funded and where a task ends badly. Python twin: ballast.model.class_packing.
@dev The arithmetic cannot overflow: amounts are below 2**118, fractions below 2**22.
     Auction word from the lowest bit: steps 6, step seconds 16, start 20, floor 20, handicap 19, reputation handicap
     19, minimum executor reputation 20, collateral 22, operator share 20, submit 18, rescue 18, challenge 18, fee 20,
     slash factor 20.
     Opening word: minimum operator reputation 20, complexity 16, minimum reward 96, avs 32.
"""

from contracts.modules import constants

struct Auction:
    steps: uint256
    step_seconds: uint256
    start: uint256  # ppm of the reward
    floor_: uint256  # ppm of the reward
    handicap: uint256  # ppm
    reputation_handicap: uint256  # ppm
    min_reputation: uint256  # of the executor, ppm
    collateral: uint256  # ppm of the reward
    operator_share: uint256  # of the collateral, the operator's penalty, ppm
    submit_seconds: uint256
    rescue_seconds: uint256
    challenge_seconds: uint256
    fee: uint256  # ppm of the price
    slash_factor: uint256  # s, ppm

struct Opening:
    min_reputation: uint256  # of the operator, ppm
    complexity: uint256
    min_reward: uint256
    avs: uint256  # escrow account


@internal
@pure
def _pack_auction(a: Auction) -> uint256:
    """
    @notice The auction word of a checked class.
    """
    low: uint256 = a.steps | (a.step_seconds << 6) | (a.start << 22) | (a.floor_ << 42) | (a.handicap << 62)
    low |= (a.reputation_handicap << 81) | (a.min_reputation << 100) | (a.collateral << 120) | (a.operator_share << 142)
    low |= (a.submit_seconds << 162) | (a.rescue_seconds << 180) | (a.challenge_seconds << 198)
    return low | (a.fee << 216) | (a.slash_factor << 236)


@internal
@pure
def _auction(word: uint256) -> Auction:
    """
    @notice The fields of an auction word.
    """
    return Auction(
        steps=word & (2**6 - 1),
        step_seconds=(word >> 6) & (2**16 - 1),
        start=(word >> 22) & (2**20 - 1),
        floor_=(word >> 42) & (2**20 - 1),
        handicap=(word >> 62) & (2**19 - 1),
        reputation_handicap=(word >> 81) & (2**19 - 1),
        min_reputation=(word >> 100) & (2**20 - 1),
        collateral=(word >> 120) & (2**22 - 1),
        operator_share=(word >> 142) & (2**20 - 1),
        submit_seconds=(word >> 162) & (2**18 - 1),
        rescue_seconds=(word >> 180) & (2**18 - 1),
        challenge_seconds=(word >> 198) & (2**18 - 1),
        fee=(word >> 216) & (2**20 - 1),
        slash_factor=word >> 236,
    )


@internal
@pure
def _pack_opening(o: Opening) -> uint256:
    """
    @notice The opening word of a checked class.
    """
    return o.min_reputation | (o.complexity << 20) | (o.min_reward << 36) | (o.avs << 132)


@internal
@pure
def _opening(word: uint256) -> Opening:
    """
    @notice The fields of an opening word.
    """
    return Opening(
        min_reputation=word & (2**20 - 1),
        complexity=(word >> 20) & (2**16 - 1),
        min_reward=(word >> 36) & (2**96 - 1),
        avs=(word >> 132) & (2**32 - 1),
    )


@internal
@pure
def _collateral(a: Auction, reward: uint256) -> uint256:
    """
    @notice Collateral an executor locks for a task.
    @return Token units, rounded up: against the executor.
    """
    return unsafe_add(unsafe_mul(reward, a.collateral), constants.PPM - 1) // constants.PPM


@internal
@pure
def _collateral_by_word(word: uint256, reward: uint256) -> uint256:
    """
    @notice As `_collateral`, for a slash, which needs little else of an auction word.
    """
    return unsafe_add(unsafe_mul(reward, (word >> 120) & (2**22 - 1)), constants.PPM - 1) // constants.PPM


@internal
@pure
def _slash_factor(word: uint256) -> uint256:
    """
    @notice The slash factor in an auction word, ppm.
    """
    return word >> 236


@internal
@pure
def _penalty(a: Auction, collateral: uint256) -> uint256:
    """
    @notice Penalty an operator locks for a task.
    @param collateral The task's collateral, token units.
    @return Token units, rounded up: against the operator.
    """
    return unsafe_add(unsafe_mul(collateral, a.operator_share), constants.PPM - 1) // constants.PPM


@internal
@pure
def _fee(a: Auction, price: uint256, minimum: uint256) -> uint256:
    """
    @notice Protocol fee of a task: the class's share of the price, at least a minimum.
    @param minimum Fee per unit of difficulty times the difficulty, token units.
    @return Token units, the share of the price rounded up: against the payer.
    """
    return max(unsafe_add(unsafe_mul(price, a.fee), constants.PPM - 1) // constants.PPM, minimum)
