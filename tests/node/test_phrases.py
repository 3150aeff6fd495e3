"""Each kind of error in the words of the clients and providers that say it."""

from __future__ import annotations

import pytest

from ballast.node.phrases import MAX_READ, Kind, kind_of

TEXTS: dict[Kind, list[tuple[str, int, str]]] = {
    Kind.REVERTED: [
        ("geth", 3, "execution reverted: escrow: too late"),
        ("geth", -32000, "execution reverted"),
        ("Besu", -32000, "Execution reverted"),
        ("Anvil", 3, "execution reverted: nonce too low"),
        ("Hardhat", -32603, "Error: VM Exception while processing transaction: reverted with reason string 'no'"),
        ("code alone", 3, "no"),
    ],
    Kind.KNOWN: [
        ("geth, Reth", -32000, "already known"),
        ("old geth", -32000, "known transaction: 3f2a"),
        ("Nethermind", -32010, "AlreadyKnown"),
        ("Nethermind", -32010, "already known"),
        ("Erigon", -32000, "ALREADY_EXISTS: already known"),
        ("Erigon", -32000, "existing txn with same hash"),
        ("old Erigon", -32000, "INTERNAL_ERROR: existing tx with same hash"),
        ("Besu", -32000, "Known transaction"),
        ("Anvil", -32003, "transaction already imported"),
        ("Anvil", -32603, "Tx: [0x8a3c] already Imported"),
        ("OpenEthereum", -32010, "Transaction with the same hash was already imported."),
        ("Ethermint", -32000, "tx already in mempool"),
        ("words of others", -32000, "duplicate tx"),
        ("words of others", -32000, "internal error: txn already present"),
        ("words of others", -32000, "Transaction already submitted"),
        ("words of others", -32000, "transaction was already received"),
        ("words of others", -32000, "already in the transaction pool"),
        ("spellings", 0, "ALREADY_KNOWN"),
        ("spellings", 0, "alreadyknown"),
        ("spellings", 0, "Already Known."),
    ],
    Kind.NONCE_TOO_LOW: [
        ("geth", -32000, "nonce too low: next nonce 5, tx nonce 4"),
        ("Nethermind", -32010, "OldNonce, Current nonce: 5, nonce of rejected tx: 4"),
        ("Besu", -32001, "Nonce too low"),
        ("Erigon, Anvil", -32003, "nonce too low"),
        ("OpenEthereum", -32010, "Transaction nonce is too low. Try incrementing the nonce."),
        ("spellings", 0, "NONCE_TOO_LOW"),
        ("spellings", 0, "NonceTooLow"),
    ],
    Kind.REPLACEMENT_UNDERPRICED: [
        ("geth, Reth, Erigon", -32000, "replacement transaction underpriced"),
        ("Nethermind", -32010, "ReplacementNotAllowed, TxType: EIP1559"),
        ("Erigon", -32000, "could not replace existing tx"),
        ("Besu", -32000, "Replacement transaction underpriced"),
        ("Anvil", -32003, "Tx: [0x8a3c] insufficient gas price to replace existing transaction"),
        (
            "OpenEthereum",
            -32010,
            "Transaction gas price 1wei is too low. There is another transaction with same nonce in the queue with gas",
        ),
    ],
    Kind.UNDERPRICED: [
        ("geth", -32000, "transaction underpriced: tip needed 1, tip permitted 0"),
        ("geth", -32000, "transaction gas price below minimum: gas tip cap 0, minimum needed 1"),
        ("Nethermind", -32010, "FeeTooLow, FeePerGas needs to be higher than 1"),
        ("Nethermind", -32010, "FeeTooLowToCompete"),
        ("Erigon", -32000, "fee too low"),
        ("Erigon", -32000, "underpriced"),
        ("Besu", -32009, "Gas price below configured minimum gas price"),
        ("Reth", -32003, "transaction priority fee below minimum required priority fee 1"),
    ],
    Kind.FEE_BELOW_BASE: [
        ("geth", -32000, "max fee per gas less than block base fee: address 0xAb, maxFeePerGas: 1, baseFee: 7"),
        ("Reth, Anvil", -32000, "max fee per gas less than block base fee"),
        ("Erigon", -32000, "fee cap less than block base fee: address 0xAb, feeCap: 1 baseFee: 7"),
        ("Nethermind", -32010, "MaxFeePerGas (1) is less than block base fee (7)"),
        ("Besu", -32009, "Gas price below current base fee"),
    ],
    Kind.FUNDS: [
        ("geth", -32000, "insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1"),
        ("Nethermind", -32010, "InsufficientFunds, Account balance: 1, cumulative cost: 2"),
        ("Erigon", -32000, "insufficient funds"),
        ("Besu", -32004, "Upfront cost exceeds account balance"),
        ("Anvil", -32003, "Insufficient funds for gas * price + value"),
        ("Arbitrum", -32000, "not enough funds for gas"),
    ],
    Kind.INTRINSIC_GAS: [
        ("geth", -32000, "intrinsic gas too low: gas 20000, minimum needed 21000"),
        ("Reth, Anvil", -32000, "intrinsic gas too low"),
        ("Erigon", -32000, "IntrinsicGas"),
        ("Besu", -32003, "Intrinsic gas exceeds gas limit"),
        ("geth", -32000, "insufficient gas for floor data gas cost: gas 21000, minimum needed 30000"),
    ],
    Kind.GAS_LIMIT: [
        ("geth", -32000, "exceeds block gas limit"),
        ("geth", -32000, "gas required exceeds allowance (30000000)"),
        ("geth", -32000, "transaction gas limit too high (cap: 16777216, tx: 30000000)"),
        ("Nethermind", -32010, "GasLimitExceeded, Gas limit: 30000000, gas limit of rejected tx: 50000000"),
        ("Erigon", -32000, "gas limit is too high"),
        ("Besu", -32005, "Transaction gas limit exceeds block gas limit"),
        ("Reth", -32000, "intrinsic gas too high"),
        ("Anvil", -32003, "intrinsic gas too high -- tx.gas_limit > env.cfg.tx_gas_limit_cap"),
    ],
    Kind.BATCH: [
        ("geth", -32600, "batch too large"),
        ("Nethermind", -32005, "Batch size limit exceeded"),
        (
            "Erigon",
            -32000,
            "batch limit 100 exceeded (can increase by --rpc.batch.limit)",
        ),
        ("Besu", -32005, "Number of requests exceeds max batch size"),
        ("Reth", -32010, "The batch request was too large"),
        ("Reth", -32011, "The batch response was too large"),
        ("Reth", -32005, "Batched requests are not supported by this server"),
        ("provider", -32600, "Batch of more than 10 requests are not allowed on free tier"),
        ("provider", -32000, "maximum batch size is 20"),
        ("provider", -32000, "exceeded batch limit"),
    ],
    Kind.RATE: [
        ("Infura", -32005, "project ID request rate exceeded"),
        ("Infura", -32005, "daily request count exceeded, request rate limited"),
        ("Alchemy", 429, "Your app has exceeded its compute units per second capacity."),
        ("QuickNode", -32007, "25/second request limit reached - reduce calls per second or upgrade your account"),
        ("Ankr", -32097, "Too many requests, reason: call rate limit exhausted, retry in 10s"),
        ("code alone", 429, "no"),
    ],
    Kind.PRUNED: [
        ("geth", -32000, "missing trie node 5d3a (path ) state 0x5d3a is not available, not found"),
        ("geth", -32000, "historical state 5d3a is not available"),
        ("geth", 4444, "pruned history unavailable"),
        ("geth", -32000, "required historical state unavailable (reexec=128)"),
        ("Nethermind", -32002, "No state available for block 100 (0x5d3a)"),
        ("Erigon", -32000, "old data not available due to pruning"),
        ("Besu", -32000, "World state unavailable"),
        ("Reth", -32000, "state at block #100 is pruned"),
        ("Reth", -32602, "distance to target block exceeds maximum proof window"),
        ("Anvil", -32000, "Required data unavailable"),
        ("provider", -32601, "public endpoint only serves recent blocks"),
        ("code alone", 4444, "no"),
    ],
    Kind.NO_BLOCK: [
        ("geth", -32000, "header not found"),
        ("geth", -32000, "header for hash not found"),
        ("geth", -32000, "hash is not currently canonical"),
        ("Nethermind", -32001, "0x5d3a could not be found: block not found"),
        ("Erigon", -32000, "block not found: 0x5d3a"),
        ("Besu", -39001, "Unknown block"),
        ("Reth", -32001, "block not found: hash 0x5d3a"),
        ("Reth", -32000, "block range extends beyond current head block: requested 9, head 8"),
        ("Anvil", -32001, "Resource not found"),
        ("Anvil", -32602, "BlockOutOfRangeError: block height is 5 but requested was 9"),
    ],
    Kind.RANGE: [
        ("Infura, geth", -32005, "query returned more than 10000 results"),
        ("Infura", -32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2]."),
        (
            "Alchemy",
            -32602,
            "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on "
            "the response size, or you can request any block range with a cap of 10K logs in the response.",
        ),
        ("Alchemy", -32600, "You can make eth_getLogs requests with up to a 500 block range."),
        ("Alchemy", -32000, "Query timeout exceeded. Consider reducing your block range."),
        ("QuickNode", -32614, "eth_getLogs is limited to a 10,000 range"),
        ("QuickNode", -32602, "eth_getLogs and eth_newFilter are limited to a 10,000 blocks range"),
        ("Ankr", -32600, "block range is too wide"),
        ("Reth", -32602, "query exceeds max block range 100000"),
        ("Reth", -32602, "query exceeds max results 20000, retry with the range 1-9"),
        ("Besu", -32005, "Requested range exceeds maximum RPC range limit"),
        ("BNB Chain", -32701, "exceed maximum block range: 5000"),
        ("dRPC", 35, "ranges over 10000 blocks are not supported on freetier"),
        ("Cloudflare", -32047, "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: 800"),
        ("Klaytn", -32000, "requested too many blocks from 0 to 5000, maximum is set to 1024"),
        ("a proxy", -32600, "at most 500 blocks"),
    ],
    Kind.SIZE: [
        ("geth", -32003, "response too large"),
        ("Reth", -32007, "Request is too big"),
        ("Reth", -32008, "Response is too big"),
        ("EIP-1474", -32005, "Limit exceeded"),
        ("nginx", 413, "Request Entity Too Large"),
        ("code alone", -32005, "no"),
    ],
    Kind.NO_METHOD: [
        ("geth", -32601, "the method eth_foo does not exist/is not available"),
        ("Nethermind", -32601, "Method eth_foo is not supported"),
        ("Besu", -32604, "Method not enabled"),
        ("Reth", -32601, "Method not found"),
        ("Anvil", -32603, "Rpc Endpoint not implemented"),
        ("Hardhat", -32004, "Method eth_foo is not supported"),
        ("code alone", -32601, "no"),
    ],
    Kind.OTHER: [
        ("Besu, Reth", -32603, "Internal error"),
        ("anybody", -32000, "Unknown transaction"),
        ("anybody", -32602, "invalid argument 0: hex string without 0x prefix"),
        ("nobody", 0, ""),
    ],
}
UNREAD = [
    ("geth of old", -32602, "invalid argument 1: json: cannot unmarshal object into Go value of type string"),
    ("Wasp", -32602, "invalid argument 1: hex string without 0x prefix"),
    ("Polygon Edge", -32602, "Invalid Params"),
    ("Godwoken", -32602, "invalid argument 1: blockParameter block number -> hexNumber argument must be a string type"),
    ("Axon", -32602, "Invalid block hash: 24d0 at line 2 column 91"),
    ("Ganache", -32000, "Cannot convert string to buffer. toBuffer only supports 0x-prefixed hex strings"),
    ("a proxy", -32602, "invalid block parameter"),
]


@pytest.mark.parametrize(
    ("kind", "code", "text"), [(kind, code, text) for kind, rows in TEXTS.items() for _, code, text in rows]
)
def test_an_error_means_what_its_client_means(kind: Kind, code: int, text: str) -> None:
    assert kind_of(code, text) == kind
    assert kind_of(code, text.lower()) == kind
    assert kind_of(code, text.upper()) == kind


def test_every_kind_has_phrases() -> None:
    assert set(TEXTS) | {Kind.NO_BLOCK_HASH} == set(Kind)


@pytest.mark.parametrize(("code", "text"), [row[1:] for row in UNREAD])
def test_a_block_hash_that_is_not_understood(code: int, text: str) -> None:
    assert kind_of(code, text, pinned=True) == Kind.NO_BLOCK_HASH
    assert kind_of(code, text) != Kind.NO_BLOCK_HASH


def test_a_block_that_is_not_there_is_no_lack_of_the_node() -> None:
    assert kind_of(-32000, "header for hash not found", pinned=True) == Kind.NO_BLOCK
    assert kind_of(-32603, "Internal error", pinned=True) == Kind.OTHER


def test_what_matters_may_be_in_the_data() -> None:
    assert kind_of(-32602, "Invalid parameters: tx", "tx already exist") == Kind.KNOWN
    assert kind_of(-32015, "VM execution error.", "Reverted 0x08c379a0") == Kind.REVERTED
    assert kind_of(-32015, "VM execution error.", "OutOfGas") == Kind.OTHER
    assert kind_of(-32000, "no", "0x08c379a0") == Kind.OTHER


def test_the_beginning_of_a_text_is_enough() -> None:
    assert kind_of(-32000, "-" * MAX_READ + "already known") == Kind.OTHER
