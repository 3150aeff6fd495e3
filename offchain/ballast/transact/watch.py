"""Watching the chain's blocks: which is the newest, which counts as final, which node is wrong, and what was undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from ballast.errors import ChainError, DisagreementError, NodeError
from ballast.node.endpoint import Endpoint
from ballast.transact.blocks import Header, Tip
from ballast.transact.journal import Journal
from ballast.transact.log import Code, Say
from ballast.transact.nodes import Nodes

MIN_LAG = 2
"""Blocks a node may always be behind the others."""


class Watch:
    """Follows the chain.

    Parameters
    ----------
    nodes : Nodes
    journal : Journal
        Remembers the blocks seen.
    confirmations : int
        Blocks behind the newest at which the chain is read.
    say : callable
        Tells of conditions.
    rewound : callable
        Called with the last block that is still part of the chain when others are not.
    first : int
        Block of the deployment; before it there is nothing to read.
    """

    def __init__(
        self, nodes: Nodes, journal: Journal, confirmations: int, say: Say, rewound: Callable[[int], None], first: int
    ) -> None:
        self._nodes = nodes
        self._journal = journal
        self._confirmations = confirmations
        self._say = say
        self._rewound = rewound
        self._first = first

    def tip(self) -> Tip:
        """Read where the chain stands.

        Raises
        ------
        DisagreementError
            If nodes contradict each other and it cannot be told which is right.
        ChainError
            If no node answers, or the deployment does not have the confirmations yet.
        """
        heads = self._heads()
        chains = self._chains(heads)
        chain = self._agreed(chains)
        self._check_depth(chain)
        self._compare(chain)
        self._journal.see([(h.number, h.hash, h.timestamp) for h in chain])
        return Tip(head=chain[-1], block=chain[0])

    def _check_depth(self, chain: list[Header]) -> None:
        """Whether the deployment stands at the confirmed block; raises ChainError."""
        head, missing = chain[-1].number, self._first - chain[0].number
        if head < self._first:
            raise ChainError(f"the newest block is {head}, the deployment's {self._first}: the nodes lag far behind")
        if missing > 0:
            depth = head - self._first
            raise ChainError(
                f"the deployment is {depth} blocks deep, {self._confirmations} confirmations are asked for: "
                f"give --confirmations {depth}, or wait for {missing} block{'s' * (missing > 1)}"
            )

    def header(self, endpoint: Endpoint, number: int) -> Header:
        """Block of a number, as an endpoint has it."""
        return self._range(endpoint, number, number)[0]

    def stands(self, header: Header | None, tip: Tip) -> bool:
        """Whether a block seen before is still part of the chain, and confirmed."""
        if header is None or header.number > tip.block.number:
            return False
        return header == tip.block or self._header(header.number).hash == header.hash

    def _header(self, number: int) -> Header:
        header: Header = self._nodes.call("eth_getBlockByNumber", hex(number), False, as_=Header.of)
        return header

    def _range(self, endpoint: Endpoint, first: int, last: int) -> list[Header]:
        requests = [(hex(number), False) for number in range(first, last + 1)]
        found: list[Header] = self._nodes.ask(endpoint, "eth_getBlockByNumber", requests, Header.of)
        if [h.number for h in found] != list(range(first, last + 1)):
            failure = "blocks of other numbers than asked for"
            self._nodes.rest(endpoint, Code.NODE_FAILED, error=failure)
            raise NodeError(failure)
        return found

    def _heads(self) -> list[tuple[Endpoint, int]]:
        """Newest block of each endpoint, none higher than a majority has; those far behind that one rest."""
        heads = self._nodes.poll("eth_getBlockByNumber", "latest", False, as_=Header.of)
        heights = sorted((head.number for _, head in heads), reverse=True)
        needed = self._nodes.majority([endpoint for endpoint, _ in heads])
        if needed > len(heads):
            raise NodeError("no more nodes tell the newest block than lag behind")
        newest = heights[needed - 1]
        allowed = max(MIN_LAG, self._confirmations)
        kept = []
        for endpoint, head in heads:
            behind = newest - head.number
            if behind > allowed:
                self._nodes.rest(endpoint, Code.NODE_LAGS, behind=behind)
                continue
            if -behind > allowed:
                self._say(Code.NODE_AHEAD, node=endpoint.name, ahead=-behind)
            kept.append((endpoint, min(head.number, newest)))
        return kept

    def _chains(self, heads: list[tuple[Endpoint, int]]) -> list[tuple[Endpoint, list[Header]]]:
        """Blocks from the confirmed to the newest of each endpoint, each block the parent of the next."""
        first = max(0, min(head for _, head in heads) - self._confirmations)
        chains = []
        failure: ChainError = NodeError("no node tells the newest blocks")
        for endpoint, head in heads:
            try:
                chain = self._range(endpoint, first, head)
                if not _linked(chain):  # the chain may have changed while it was read
                    chain = self._range(endpoint, first, head)
            except ChainError as error:
                failure = error
                continue
            if _linked(chain):
                chains.append((endpoint, chain))
            else:
                failure = NodeError(f"{endpoint.name} tells of blocks that do not follow each other")
                self._nodes.rest(endpoint, Code.NODE_LIES, block=head)
        if not chains:
            raise failure
        return chains

    def _agreed(self, chains: list[tuple[Endpoint, list[Header]]]) -> list[Header]:
        """Blocks that a majority has, to the newest such; endpoints with another confirmed block rest."""
        needed = self._nodes.majority([endpoint for endpoint, _ in chains])
        digest, votes = Counter(chain[0].hash for _, chain in chains).most_common(1)[0]
        if votes < needed:
            told = {endpoint.name: chain[0].hash for endpoint, chain in chains}
            self._say(Code.NODES_DISAGREE, block=chains[0][1][0].number, told=told)
            raise DisagreementError(f"nodes disagree on block {chains[0][1][0].number}")
        for endpoint, chain in chains:
            if chain[0].hash != digest:
                self._nodes.rest(endpoint, Code.NODE_LIES, block=chain[0].number)
        agreeing = [(e, c) for e, c in chains if c[0].hash == digest]
        having = Counter(header.hash for _, chain in agreeing for header in chain)
        chain = self._consistent([(e, [h for h in c if having[h.hash] >= needed]) for e, c in agreeing])
        return chain[max(0, len(chain) - 1 - self._confirmations) :]

    def _consistent(self, chains: list[tuple[Endpoint, list[Header]]]) -> list[Header]:
        """Blocks of the first endpoint that tells of each block what most tell of it; the others rest."""
        told = Counter(header for _, chain in chains for header in chain)
        most: dict[str, list[int]] = {}
        for header, count in told.items():
            most.setdefault(header.hash, []).append(count)
        for endpoint, chain in chains:
            if any(most[h.hash].count(max(most[h.hash])) > 1 for h in chain):
                self._say(Code.NODES_DISAGREE, block=chain[-1].number, told=endpoint.name)
                raise DisagreementError(f"nodes disagree on what the blocks up to {chain[-1].number} hold")
        good = [(e, c) for e, c in chains if all(told[h] == max(most[h.hash]) for h in c)]
        for endpoint, chain in chains:
            if (endpoint, chain) not in good:
                self._nodes.rest(endpoint, Code.NODE_LIES, block=chain[-1].number)
        return max((c for _, c in good or chains), key=len)

    def _compare(self, chain: list[Header]) -> None:
        """Find blocks seen before that are no longer part of the chain, and forget them."""
        known = self._journal.blocks()
        now = {h.number: h.hash for h in chain}
        now[chain[0].number - 1] = chain[0].parent
        older = sorted((n for n in known if n <= chain[-1].number), reverse=True)
        undone = 0
        for number in older:
            digest = now.get(number) or self._header(number).hash
            if digest == known[number]:
                break
            undone = number
        if undone:
            depth = older[0] - undone + 1
            self._say(Code.REORG, block=chain[-1].number, depth=depth, first=undone, was=known[undone])
            self._journal.rewind(undone - 1)
            self._rewound(undone - 1)


def _linked(chain: list[Header]) -> bool:
    pairs = pairwise(chain)
    return all(b.parent == a.hash and b.timestamp >= a.timestamp for a, b in pairs)
