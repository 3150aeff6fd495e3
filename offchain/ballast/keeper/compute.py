"""What a post must say: the step of every account over a closed epoch, bit for bit as the contract takes it.

``ballast.model.reputation_filter.step`` defines the step; here it is applied to whole networks. Idle accounts share
few logits and the logistic function is the costly part, so both are remembered by logit within a computation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ballast.model import activity, page_packing, reputation_filter
from ballast.model.constants import PAGE
from ballast.model.fixed_point import sigmoid
from ballast.model.page_packing import epoch_of
from ballast.model.reputation_filter import FilterParameters, idle, weighed


@dataclass(frozen=True)
class Inputs:
    """All a step over an epoch depends on.

    Attributes
    ----------
    epoch : int
        The epoch that closed.
    epoch_seconds : int
        Length of an epoch.
    parameters, holding : FilterParameters
        Of the filter, in force in the epoch and in the one after it.
    peak : int
        Highest bonus rate of the epoch's load curve, ppm.
    page_words : sequence of int
        Words of all pages, two a page, the one of even epochs first.
    fees : mapping of int to (int, int)
        n and k in token units, of accounts with n above zero.
    activity : mapping of int to (int, int)
        Bonus (ppm seconds) and overload (seconds) of the same accounts.
    """

    epoch: int
    epoch_seconds: int
    parameters: FilterParameters
    holding: FilterParameters
    peak: int
    page_words: Sequence[int]
    fees: Mapping[int, tuple[int, int]]
    activity: Mapping[int, tuple[int, int]]

    @property
    def accounts(self) -> int:
        """Accounts in all pages, opened or not."""
        return len(self.page_words) // 2 * PAGE


def written(page_words: Sequence[int], epoch: int) -> list[int]:
    """Words of all pages for an epoch, zero for a page nobody wrote.

    Parameters
    ----------
    page_words : sequence of int
        Two a page, the one of even epochs first.
    epoch : int
        The epoch.
    """
    return [word if epoch_of(word) == epoch else 0 for word in page_words[epoch % 2 :: 2]]


def lost_pages(page_words: Sequence[int], epoch: int) -> int:
    """Count the pages written for the epoch before one, but not for it, when it is too late to write them.

    Parameters
    ----------
    page_words : sequence of int
        Two a page, the one of even epochs first.
    epoch : int
        The epoch, whose time of posting has passed.
    """
    pairs = zip(page_words[::2], page_words[1::2], strict=True)
    return sum(epoch > 1 and max(epoch_of(even), epoch_of(odd)) == epoch - 1 for even, odd in pairs)


def holding_logits(page_words: Sequence[int], epoch: int, p: FilterParameters) -> list[int]:
    """Logits of all accounts that hold in an epoch, micro-logits.

    Parameters
    ----------
    page_words : sequence of int
        Two a page, the one of even epochs first.
    epoch : int
        The epoch.
    p : FilterParameters
        In force in it.
    """
    parameters = reputation_filter.pack(p)
    logits: list[int] = []
    for page in range(0, len(page_words), 2):
        word = page_packing.holding(page_words[page], page_words[page + 1], epoch)
        posted = epoch_of(word)
        values = (page_packing.logit(word, place) for place in range(PAGE))
        logits += [reputation_filter.holding(parameters, phi, posted, epoch) for phi in values]
    return logits


def computed(inputs: Inputs) -> list[int]:
    """Logits of all accounts after the epoch, micro-logits: what a post must say."""
    p = inputs.parameters
    logits = holding_logits(inputs.page_words, inputs.epoch + 1, inputs.holding)
    drifted: dict[int, int] = {}
    following = []
    for phi in logits:
        value = drifted.get(phi)
        if value is None:
            value = drifted[phi] = idle(p, phi)
        following.append(value)
    rho: dict[int, int] = {}
    for account, (n, k) in inputs.fees.items():
        if account >= len(logits):
            continue
        phi = logits[account]
        reputation = rho.get(phi)
        if reputation is None:
            reputation = rho[phi] = sigmoid(phi)
        bonus, overload = activity.shares(*inputs.activity[account], inputs.peak, inputs.epoch_seconds)
        following[account] = weighed(p, phi, reputation, n, k, bonus, overload)
    return following


def pack(logits: Sequence[int]) -> list[int]:
    """Pages of logits as `GasReputation.post` takes them, lowest account first."""
    return [page_packing.pack(logits[first : first + PAGE], 0, 0) for first in range(0, len(logits), PAGE)]
