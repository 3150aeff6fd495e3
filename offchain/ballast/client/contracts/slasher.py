"""The slasher: what is lost, and rewards from the pool."""

from __future__ import annotations

from collections.abc import Sequence

from ballast.chain.contract import Call, function
from ballast.client.contracts.shared import Clocked
from ballast.model.load_curve import Curve
from ballast.model.slash_split import SlashTerms


class Slasher(Clocked):
    """Slashes, uptime rewards, keepers' pay, and the terms of all three."""

    @function
    def claim(self, accounts: Sequence[int]) -> Call[None]:
        """Pay coprocessors the uptime rewards that wait for them, and enter them for the last epoch."""

    @function
    def close_epochs(self) -> Call[None]:
        """Set the budgets of the epochs that have ended."""

    @function
    def slash(self, faults: Sequence[int], finder: int) -> Call[None]:
        """Slash by words of ``fault_packing``, two a fault. Task registry only."""

    @function
    def pay_keeper(self, account: int, values: int, pay: int) -> Call[int]:
        """Pay a keeper for values, as far as the budget reaches; how many were paid. Reputation contract only."""

    @function
    def set_terms(self, terms: SlashTerms) -> Call[None]:
        """Have slash terms change with the next epoch. Owner only."""

    @function
    def set_curve(self, curve: Curve) -> Call[None]:
        """Have the load curve change with the next epoch. Owner only."""

    @function
    def terms(self) -> Call[SlashTerms]:
        """Slash terms in force."""

    @function
    def budget_of(self, epoch: int) -> Call[tuple[int, int]]:
        """Budget of an epoch that is over and what was claimed of it; zeros if it is not known."""

    @function
    def weight_of(self, epoch: int) -> Call[int]:
        """Weight of all who entered for a share of an epoch's budget; zero if it is not known."""

    @function
    def share_of(self, account: int) -> Call[tuple[int, int, int]]:
        """Epoch, weight and bound of the uptime reward that waits for an account; zeros for none."""

    @function
    def rate(self, x: int) -> Call[tuple[int, int]]:
        """f(x) and m(x) of the load curve in force."""

    @function
    def ESCROW(self) -> Call[str]:
        """Address of the escrow."""

    @function
    def PARTICIPANTS(self) -> Call[str]:
        """Address of the participant registry."""

    @function
    def TASK_REGISTRY(self) -> Call[str]:
        """Address of the task registry."""

    @function
    def REPUTATION(self) -> Call[str]:
        """Address of the reputation contract."""

    @function
    def keeper_budget(self) -> Call[int]:
        """Rest of the keepers' budget in the epoch whose budget was set last."""
