"""A small network on one Anvil: traded for three epochs, then set back to the same moment before every run.

Blocks are mined only when a test says so, at the moments it says. The network is set back by the node's snapshots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from random import Random
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from ballast.chain.anvil import Anvil
from ballast.chain.contract import Contract, send_all
from ballast.client.contracts import (
    PROTOCOL,
    CollateralEscrow,
    GasReputation,
    MockToken,
    ParticipantRegistry,
    TaskRegistry,
)
from ballast.client.events import decoded
from ballast.deployment import Deployment, deploy
from ballast.deployment.file import ContractType
from ballast.devnet import DERIVATION, MNEMONIC, Devnet, populate
from ballast.model import fee_record, load_curve, page_packing, reputation_filter
from ballast.model.activity import unpack
from ballast.model.constants import MAX_PAGE, PAGE, PPM
from ballast.model.parameters import NetworkParameters
from tests.keeper.trade import Trade

GENESIS = 1_700_000_000
EPOCH_SECONDS = 3_600
OPERATORS, COPROCESSORS, KEEPERS = 4, 8, 4
DEPOSIT = 10**9
BOND = 10**6
TRADED = (2, 3, 4)
"""Epochs whose trade is over when a run starts."""
PRESENT = 5
"""Epoch in which a run starts; it has been traded in, and the values of the one before are not posted."""
QUIET_BLOCKS = 3
"""Empty blocks between the last trade and a run, the confirmations a keeper asks for."""
STATES_KEPT = "256"
GWEI = 10**9
WEALTH = 10**20
"""Wei of everybody at the start of a run."""


@cache
def key(index: int) -> LocalAccount:
    """One of Anvil's development accounts."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"{DERIVATION}/{index}")
    return account


@dataclass(frozen=True)
class Poster:
    """Somebody who can post.

    Attributes
    ----------
    account : LocalAccount
        Its key.
    number : int
        Its escrow account.
    """

    account: LocalAccount
    number: int


class Network:
    """The protocol with participants, keepers (the first one bonded) and some epochs of trade, on a node of its own.

    Parameters
    ----------
    operators, coprocessors, keepers : int
        How many there are.
    traded : sequence of int
        Epochs to trade in; the run starts in the one after the last.
    """

    def __init__(
        self,
        operators: int = OPERATORS,
        coprocessors: int = COPROCESSORS,
        keepers: int = KEEPERS,
        traded: Sequence[int] = TRADED,
    ) -> None:
        people = 2 + operators + coprocessors + keepers
        flags = ("--no-mining", "--order", "fees", "--prune-history", STATES_KEPT, "--accounts", str(people + 2))
        self.anvil = Anvil(*flags, timestamp=GENESIS)
        self._resets = 0
        try:
            self.rpc = self.anvil.rpc
            self.deployment: Deployment = deploy(self.rpc, NetworkParameters(epoch_seconds=EPOCH_SECONDS))
            self.devnet: Devnet = populate(self.rpc, self.deployment, operators, coprocessors)
            self.keepers = [self._join(people - keepers + i) for i in range(keepers)]
            self.bond(self.keepers[0])
            self.stranger = key(people)
            self.trade = Trade(self, Random("trade"))
            for epoch in traded:
                self.go(epoch, 1)
                self.trade.finish()
                if epoch > traded[0]:
                    self.poke(epoch - 1)
                self.trade.begin(epoch)
            self.present = traded[-1] + 1
            self.go(self.present, 1)
            self.trade.finish()
            for address in self.rpc.call("eth_accounts"):
                self.rpc.call("anvil_setBalance", address, hex(WEALTH))
            self._snapshot = self.rpc.call("evm_snapshot")
            self.start = self.head()
            self.reset()
        except BaseException:
            self.anvil.stop()
            raise

    def stop(self) -> None:
        """Stop the node."""
        self.anvil.stop()

    def reset(self, quiet: int = QUIET_BLOCKS) -> None:
        """Set the chain back to the start of a run, with nothing waiting to be mined.

        Parameters
        ----------
        quiet : int
            Empty blocks to mine first; a reorg may not reach beyond them.
        """
        self.rpc.call("anvil_dropAllTransactions")
        assert self.rpc.call("evm_revert", self._snapshot)
        self._snapshot = self.rpc.call("evm_snapshot")
        # Each run's blocks have hashes of their own: the node forgets states by hash, oldest first.
        self._resets += 1
        self.rpc.call("anvil_setCoinbase", f"0x{self._resets:040x}")
        self.mine(self.now() + 1, quiet)

    def contract(self, kind: type[ContractType]) -> ContractType:
        """Give one of the contracts."""
        return self.deployment.contract(kind)

    @cached_property
    def reputation(self) -> GasReputation:
        """The contract keepers post to."""
        return self.contract(GasReputation)

    @cached_property
    def accounts(self) -> int:
        """How many escrow accounts there are."""
        return self.contract(CollateralEscrow).account_count().read(self.rpc)

    @property
    def pages(self) -> int:
        """How many pages hold them."""
        return -(-self.accounts // PAGE)

    def _join(self, index: int) -> Poster:
        account = key(index)
        escrow, token = self.contract(CollateralEscrow), self.contract(MockToken)
        send_all(self.rpc, [token.approve(escrow.address, 2**256 - 1).request(account.address)])
        send_all(self.rpc, [escrow.open_account().request(account.address)])
        number = escrow.account_of(account.address).read(self.rpc)
        send_all(self.rpc, [escrow.deposit(number, DEPOSIT).request(account.address)])
        return Poster(account, number)

    def bond(self, poster: Poster) -> None:
        """Give a keeper its bond."""
        send_all(self.rpc, [self.reputation.bond(BOND).request(poster.account.address)])

    # Time

    def head(self) -> int:
        """Ask for the number of the latest block."""
        return int(self.rpc.call("eth_blockNumber"), 16)

    def now(self) -> int:
        """Ask for the time of the latest block."""
        return int(self.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def epoch(self) -> int:
        """Epoch of the latest block."""
        return self.epoch_of(self.now())

    @staticmethod
    def epoch_of(timestamp: int) -> int:
        """Epoch of a time."""
        return (timestamp - GENESIS) // EPOCH_SECONDS + 1

    def mine(self, timestamp: int, blocks: int = 1) -> None:
        """Mine a block at a moment, and more in the seconds after it."""
        self.rpc.call("evm_mine", {"timestamp": timestamp, "blocks": blocks})

    def go(self, epoch: int, second: int) -> None:
        """Mine a block at a second of an epoch, or a second after the latest if that is later."""
        self.mine(max(self.moment(epoch, second), self.now() + 1))

    @staticmethod
    def moment(epoch: int, second: int) -> int:
        """Time of a second of an epoch."""
        return GENESIS + (epoch - 1) * EPOCH_SECONDS + second

    # Trade

    def poke(self, epoch: int) -> None:
        """Have the contract compute the values of an epoch, for which nobody is paid."""
        assert self.epoch() == epoch + 1
        send_all(self.rpc, [self.reputation.poke(list(range(self.pages))).request(self.stranger.address)])

    # What must come out

    def step(self, account: int, epoch: int, held: int, fees: tuple[int, int]) -> int:
        """One step of the model over what the chain measured of an account in an epoch."""
        bonus = overload = 0
        if fees[0]:
            a = unpack(self.contract(ParticipantRegistry).activity_in(account, epoch).read(self.rpc))
            bonus = min(a.bonus // EPOCH_SECONDS * PPM // self._peak, PPM)
            overload = a.overload * PPM // EPOCH_SECONDS
        return self.step_of(held, *fees, bonus, overload)

    @cached_property
    def _peak(self) -> int:
        return load_curve.peak(load_curve.pack(self.deployment.parameters.chosen_curve))

    def step_of(self, held: int, n: int, k: int, bonus: int, overload: int) -> int:
        """One step of the model under the network's parameters."""
        return reputation_filter.step(self.deployment.parameters.filter, held, n, k, bonus, overload)

    def fees(self, epoch: int) -> dict[int, tuple[int, int]]:
        """Fees of an epoch, all and good ones, of those who have any."""
        parts = [(first, min(MAX_PAGE, self.accounts - first), epoch) for first in range(0, self.accounts, MAX_PAGE)]
        words = [word for part in parts for word in self.contract(TaskRegistry).fee_words(*part).read(self.rpc)]
        found = {account: fee_record.unpack(word, epoch) for account, word in enumerate(words)}
        return {account: fees for account, fees in found.items() if fees[0]}

    def values(self, epoch: int, held: Sequence[int]) -> list[int]:
        """Logits of all accounts after an epoch, from those that hold in the next."""
        fees = self.fees(epoch)
        idle = {phi: self.step_of(phi, 0, 0, 0, 0) for phi in set(held)}
        return [self.step(a, epoch, phi, fees[a]) if a in fees else idle[phi] for a, phi in enumerate(held)]

    @cached_property
    def undisturbed(self) -> dict[int, list[int]]:
        """Logits of all accounts after the two epochs before the run and the two in it, nothing lost.

        To be asked for at the start of a run. Nobody trades during one, so what it measures is known at its start.
        """
        e = self.present - 1
        before = [self.stored(e - 2), self.stored(e - 1)]
        last = self.values(e, before[1])
        # Nothing changes any more in the present epoch but time, which the ring of activities does not show yet.
        mark = self.rpc.call("evm_snapshot")
        self.go(self.present + 1, 1)
        this = self.values(e + 1, last)
        self.go(self.present + 2, 1)
        following = self.values(e + 2, this)
        self.rpc.call("evm_revert", mark)
        return {e - 2: before[0], e - 1: before[1], e: last, e + 1: this, e + 2: following}

    def page_words(self) -> list[tuple[int, int]]:
        """Both words of every page."""
        flat = self.reputation.page_words(0, self.pages).read(self.rpc)
        return list(zip(flat[::2], flat[1::2], strict=True))

    def stored(self, epoch: int) -> list[int]:
        """Logits of all accounts as they are stored for an epoch.

        Raises
        ------
        AssertionError
            If a page holds none for the epoch.
        """
        logits: list[int] = []
        for page, pair in enumerate(self.page_words()):
            word = pair[epoch & 1]
            assert page_packing.epoch_of(word) == epoch, f"page {page} of epoch {epoch} was lost"
            logits += [page_packing.logit(word, i) for i in range(PAGE)]
        return logits

    # What happened

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Events of the reputation contract since the start of the run, on the chain as it is now."""
        span = {"address": self.reputation.address, "fromBlock": hex(self.start + 1), "toBlock": "latest"}
        if self.head() == self.start:
            return []
        found = [decoded(log) for log in self.rpc.call("eth_getLogs", span)]
        return [(type(event).__name__, vars(event)) for event in found if event]

    def transactions(self, sender: str) -> list[dict[str, Any]]:
        """Transactions of an address since the start of the run, with function, status and the epoch of the block."""
        numbers = range(self.start + 1, self.head() + 1)
        found = []
        for block in self.rpc.batch("eth_getBlockByNumber", [(hex(number), True) for number in numbers]):
            for t in block["transactions"]:
                if t["from"].lower() == sender.lower():
                    receipt = self.rpc.call("eth_getTransactionReceipt", t["hash"])
                    name = self._selectors.get(t["input"][:10], "")
                    epoch = self.epoch_of(int(block["timestamp"], 16))
                    found.append({**t, "name": name, "status": int(receipt["status"], 16), "epoch": epoch})
        return found

    @cached_property
    def _selectors(self) -> dict[str, str]:
        kinds: tuple[type[Contract], ...] = (*PROTOCOL, MockToken)
        return {function.selector: name for kind in kinds for name, function in kind.functions().items()}

    def waiting(self, sender: str) -> int:
        """How many transactions of an address the node has accepted and not mined."""
        counts = [int(self.rpc.call("eth_getTransactionCount", sender, tag), 16) for tag in ("pending", "latest")]
        return counts[0] - counts[1]

    def bond_of(self, poster: Poster) -> int:
        """Bond of a keeper, token units."""
        return self.reputation.keeper(poster.number).read(self.rpc).bond

    def bonded_by(self, poster: Poster) -> int:
        """Bond a keeper gave, on the chain as it is now: a reorg may have undone that; token units."""
        changes = [v for name, v in self.events() if name == "BondChanged" and v["keeper"] == poster.number]
        if changes:
            return int(changes[-1]["bonded"])
        return BOND if poster == self.keepers[0] else 0

    def succeeded(self, digest: str) -> bool:
        """Whether a transaction is part of the chain as it is now, and did not revert."""
        receipt = self.rpc.call("eth_getTransactionReceipt", digest)
        return receipt is not None and int(receipt["status"], 16) == 1
