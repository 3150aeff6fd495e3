# pragma version 0.4.3
"""
@title Fault words
@license MIT
@notice What the task registry tells the slasher about a fault, in two words. Python twin:
        ballast.model.fault_packing.
@dev First word from the lowest bit: collateral 96, reward 96, executor 32, harmed 32.
     Second: factor 20, x 14, opened 40, proved 1, released 32, task 80.
"""

struct Fault:
    executor: uint256  # account
    harmed: uint256  # account compensated
    collateral: uint256  # locked for the task, all of it released with the slash
    reward: uint256
    factor: uint256  # s, or the wrong factor of a result proved wrong, ppm
    x: uint256  # executor's load when it won the task, basis points
    opened: uint256  # timestamp; the curve and the terms in force then apply
    proved: bool  # whether it is a result proved wrong
    released: uint256  # load that ends with the fault, resource units
    task: uint256


@internal
@pure
def _pack(f: Fault) -> (uint256, uint256):
    """
    @notice The two words of a fault.
    """
    first: uint256 = f.collateral | (f.reward << 96) | (f.executor << 192) | (f.harmed << 224)
    second: uint256 = f.factor | (f.x << 20) | (f.opened << 34)
    return first, second | ((1 if f.proved else 0) << 74) | (f.released << 75) | (f.task << 107)


@internal
@pure
def _executor(first: uint256) -> uint256:
    """
    @notice The executor in a fault's first word.
    """
    return (first >> 192) & (2**32 - 1)


@internal
@pure
def _released(second: uint256) -> uint256:
    """
    @notice The released load in a fault's second word.
    """
    return (second >> 75) & (2**32 - 1)


@internal
@pure
def _unpack(first: uint256, second: uint256) -> Fault:
    """
    @notice The fault of two words.
    """
    return Fault(
        executor=self._executor(first),
        harmed=first >> 224,
        collateral=first & (2**96 - 1),
        reward=(first >> 96) & (2**96 - 1),
        factor=second & (2**20 - 1),
        x=(second >> 20) & (2**14 - 1),
        opened=(second >> 34) & (2**40 - 1),
        proved=(second >> 74) & 1 == 1,
        released=self._released(second),
        task=second >> 107,
    )
