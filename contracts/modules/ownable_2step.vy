# pragma version 0.4.3
"""
@title Two-step ownership
@license MIT
@notice An owner who hands over only to an address that accepts, so that a typing error cannot orphan a contract.
"""

event OwnershipOffered:
    owner: indexed(address)
    pending_owner: indexed(address)

event OwnershipTransferred:
    previous_owner: indexed(address)
    owner: indexed(address)

owner: public(address)
pending_owner: public(address)


@deploy
def __init__(owner: address):
    """
    @param owner First owner.
    """
    assert owner != empty(address), "ownable: zero owner"
    self.owner = owner
    log OwnershipTransferred(previous_owner=empty(address), owner=owner)


@external
def offer_ownership(pending_owner: address):
    """
    @notice Offers ownership; the zero address withdraws an offer. Owner only.
    @param pending_owner Who may accept.
    """
    self._check_owner()
    self.pending_owner = pending_owner
    log OwnershipOffered(owner=self.owner, pending_owner=pending_owner)


@external
def accept_ownership():
    """
    @notice Takes an offered ownership. The offered address only.
    """
    assert msg.sender == self.pending_owner, "ownable: not the pending owner"
    previous: address = self.owner
    self.owner = msg.sender
    self.pending_owner = empty(address)
    log OwnershipTransferred(previous_owner=previous, owner=msg.sender)


@internal
@view
def _check_owner():
    """
    @notice Reverts unless the caller owns the contract.
    """
    assert msg.sender == self.owner, "ownable: not the owner"
