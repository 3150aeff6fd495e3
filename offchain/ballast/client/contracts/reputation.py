"""The reputation contract: values that keepers post, and what stands behind them."""

from __future__ import annotations

from collections.abc import Sequence

from ballast.chain.contract import Call, function
from ballast.client.contracts.shared import Clocked
from ballast.model.keeper_packing import KeeperRecord
from ballast.model.reputation_filter import FilterParameters


class GasReputation(Clocked):
    """Reputations of all accounts, in pages of eight."""

    @function
    def bond(self, amount: int) -> Call[None]:
        """Lock free funds of the caller's as a keeper's bond."""

    @function
    def unbond(self, amount: int) -> Call[None]:
        """Return bond to the caller's free funds."""

    @function
    def post(self, epoch: int, first_page: int, pages: Sequence[int]) -> Call[None]:
        """Post logits of the epoch that closed last for consecutive pages, words of ``page_packing``."""

    @function
    def collect(self) -> Call[int]:
        """Pay the caller for values that can no longer be challenged; what was paid."""

    @function
    def challenge(self, epoch: int, pages: Sequence[int], finder: int) -> Call[None]:
        """Correct posted pages that are wrong; half of the bond behind them goes to a finder, 0 for none."""

    @function
    def poke(self, pages: Sequence[int]) -> Call[None]:
        """Have pages of the epoch that closed last computed that nobody has posted."""

    @function
    def set_parameters(self, parameters: FilterParameters) -> Call[None]:
        """Have the filter's parameters change with the next epoch. Owner only."""

    @function
    def reputation(self, account: int) -> Call[int]:
        """Reputation that holds now, ppm."""

    @function
    def logit(self, account: int) -> Call[int]:
        """Logit that holds now, micro-logits."""

    @function
    def computed(self, account: int) -> Call[int]:
        """Logit that a post for the epoch that closed last must say, micro-logits."""

    @function
    def parameters(self) -> Call[FilterParameters]:
        """Parameters of the filter in force."""

    @function
    def page_words(self, first_page: int, count: int) -> Call[tuple[int, ...]]:
        """Both words of ``page_packing`` of consecutive pages, the even epoch's first; at most 32 pages."""

    @function
    def keeper(self, account: int) -> Call[KeeperRecord]:
        """Bond and posts of a keeper, as last stored."""

    @function
    def ESCROW(self) -> Call[str]:
        """Address of the escrow."""

    @function
    def SLASHER(self) -> Call[str]:
        """Address of the slasher."""

    @function
    def PARTICIPANTS(self) -> Call[str]:
        """Address of the participant registry."""

    @function
    def TASK_REGISTRY(self) -> Call[str]:
        """Address of the task registry."""

    @function
    def BOND_PER_VALUE(self) -> Call[int]:
        """Bond that a posted value puts at risk."""

    @function
    def PAY_PER_VALUE(self) -> Call[int]:
        """Pay of a keeper for a value."""
