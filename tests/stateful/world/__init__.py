"""A market in which anything may happen: what actors do, a ledger of what must follow, and the invariants.

The ledger knows every balance, load, capacity and task by itself, from the rules in `ballast.model` and the steps
taken; after each step it must agree with the chain to the last unit. Beside it, what needs no ledger (solvency,
allowed transitions, loads against tasks in flight, slashes in another order, the places of live storage) is checked on
the chain's own words.
"""

from tests.stateful.world.ending import World

__all__ = ["World"]
