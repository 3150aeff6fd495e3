"""The class registry: terms of tasks, and mandates to open some."""

from __future__ import annotations

from ballast.chain.contract import Call, function
from ballast.client.contracts.shared import Owned
from ballast.model.class_packing import Auction, Opening
from ballast.model.parameters import Dispute


class ClassRegistry(Owned):
    """Classes of tasks, for the AVSs they belong to."""

    @function
    def register_class(self, auction: Auction, opening: Opening, dispute: Dispute) -> Call[int]:
        """Register a class of the caller's, whose fee and AVS are filled in; its number."""

    @function
    def fund_mandate(self, class_id: int, operator: int, amount: int) -> Call[None]:
        """Let an operator draw rewards on a class of the caller's."""

    @function
    def reduce_mandate(self, class_id: int, operator: int, amount: int) -> Call[None]:
        """Take back what an operator has not drawn. AVS of the class only."""

    @function
    def suspend_mandate(self, class_id: int, operator: int) -> Call[None]:
        """Let an operator draw nothing until its mandate is funded again. AVS of the class only."""

    @function
    def set_fee(self, fee: int) -> Call[None]:
        """Set the fee of later classes. Owner only."""

    @function
    def ESCROW(self) -> Call[str]:
        """Address of the escrow."""

    @function
    def TASK_REGISTRY(self) -> Call[str]:
        """Address of the task registry."""

    @function
    def disputes(self, class_id: int) -> Call[Dispute]:
        """Terms of a class for the court."""

    @function
    def fee(self) -> Call[int]:
        """Share of the price that classes registered now take as their fee."""
