# pragma version 0.4.3
"""
@title Slash amounts and where they go
@license MIT
@notice Python twin: ballast.model.slash_split.
@dev Slash terms are packed into one word: lateness floor 20, compensation 20, finder 20, burn 20, uptime budget 20,
     rebate 24, keeper budget 20, from the lowest bit, all ppm. What no share takes, and all dust, goes to the pool.
"""

from contracts.modules import constants

struct SlashTerms:
    lateness_floor: uint256
    compensation: uint256
    finder: uint256
    burn: uint256
    budget: uint256
    rebate: uint256
    keeper_budget: uint256

MAX_LATENESS_FLOOR: constant(uint256) = constants.PPM // 2
MAX_FINDER: constant(uint256) = constants.PPM // 4  # with the penalty, a half of the slash, a ring still pays a quarter
MAX_RETURNED: constant(uint256) = constants.PPM * 3 // 4  # compensation and finder: what a ring may get back of a slash
MIN_BURN: constant(uint256) = constants.PPM // 10
MAX_BUDGET: constant(uint256) = constants.PPM // 8  # four epochs' budgets never reserve more than half the pool
MAX_REBATE: constant(uint256) = 10 * constants.PPM


@internal
@pure
def _check(terms: SlashTerms):
    """
    @notice Reverts unless the shares are within their bounds.
    """
    assert terms.lateness_floor <= MAX_LATENESS_FLOOR, "slash_split: lateness floor"
    assert terms.finder <= MAX_FINDER, "slash_split: finder share"
    assert terms.burn >= MIN_BURN, "slash_split: burn share"
    assert terms.compensation <= constants.PPM, "slash_split: compensation share"
    assert terms.compensation + terms.finder <= MAX_RETURNED, "slash_split: returned shares"
    assert terms.compensation + terms.finder + terms.burn <= constants.PPM, "slash_split: shares exceed one"
    assert terms.budget <= MAX_BUDGET and terms.keeper_budget <= MAX_BUDGET, "slash_split: budget"
    assert terms.rebate <= MAX_REBATE, "slash_split: rebate"


@internal
@pure
def _pack(terms: SlashTerms) -> uint256:
    """
    @notice One word of terms that passed `_check`.
    """
    shares: uint256 = terms.lateness_floor | (terms.compensation << 20) | (terms.finder << 40) | (terms.burn << 60)
    return shares | (terms.budget << 80) | (terms.rebate << 100) | (terms.keeper_budget << 124)


@internal
@pure
def _unpack(word: uint256) -> SlashTerms:
    """
    @notice The terms of a word.
    """
    mask: uint256 = 2**20 - 1
    return SlashTerms(
        lateness_floor=word & mask,
        compensation=(word >> 20) & mask,
        finder=(word >> 40) & mask,
        burn=(word >> 60) & mask,
        budget=(word >> 80) & mask,
        rebate=(word >> 100) & (2**24 - 1),
        keeper_budget=(word >> 124) & mask,
    )


@internal
@pure
def _late_amount(
    reward: uint256, collateral: uint256, factor: uint256, amplifier: uint256, lateness_floor: uint256
) -> uint256:
    """
    @notice Slash for a late or missing result: max(lateness floor * reward, l * s * m), at most l.
    @param factor s, ppm.
    @param amplifier m(x) frozen when the task was won, ppm.
    @return Token units; all three products are rounded down, in favour of the slashed.
    """
    # amounts below 2**96, fractions below 2**24
    by_floor: uint256 = unsafe_mul(reward, lateness_floor) // constants.PPM
    by_load: uint256 = unsafe_mul(collateral, unsafe_mul(factor, amplifier) // constants.PPM) // constants.PPM
    return min(collateral, max(by_floor, by_load))


@internal
@pure
def _wrong_amount(reward: uint256, collateral: uint256, factor: uint256) -> uint256:
    """
    @notice Slash for a result proved wrong: max(reward, l * w), at most l.
    @param factor w, ppm.
    @return Token units; the product is rounded down, in favour of the slashed.
    """
    return min(collateral, max(reward, unsafe_mul(collateral, factor) // constants.PPM))


@internal
@pure
def _split(amount: uint256, terms: SlashTerms) -> (uint256, uint256, uint256, uint256):
    """
    @notice Shares of a slash.
    @return Compensation, finder, burn, pool. The finder's is rounded up, so that somebody is paid for the smallest
            slash; the other two down, and the pool takes the rest, so they sum exactly.
    """
    # amounts below 2**96, fractions below 2**20, and `_check` holds the sum of the fractions to one
    compensation: uint256 = unsafe_mul(amount, terms.compensation) // constants.PPM
    finder: uint256 = unsafe_add(unsafe_mul(amount, terms.finder), constants.PPM - 1) // constants.PPM
    burn: uint256 = unsafe_mul(amount, terms.burn) // constants.PPM
    return compensation, finder, burn, amount - unsafe_add(unsafe_add(compensation, finder), burn)
