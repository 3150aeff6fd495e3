"""The official state tests of Ethereum, run on the EVM within the process: ``python -m ballast.evm.official FOLDER``.

The folder holds lists of cases in JSON, compressed (``.json.gz``) or not (``.json``). A case has a name, the time and
number of its block, accounts before (``pre``), transactions, and storage after (``post``). What is compared is the
storage of every account afterwards, word by word: gas, balances, nonces and logs are not kept here, and a tester tells
by storage what it saw of them.

A case that uses what ``ballast.evm`` leaves out is counted by that reason, any other has to agree. Most of what is left
out is an error that names itself; what is not, values and limits, counts as a reason only where a case differs.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from ballast.errors import ResultsError, UnsupportedError, UserError
from ballast.evm.bytecode import disassemble
from ballast.evm.chain import BlockContext, Chain, EvmTransaction, encoded
from ballast.wording import counted

CHAIN_ID: Final = 1
SECONDS: Final = 2.0
"""Of the processor a case gets. Nothing but gas ends those that take longer."""
ENDLESS: Final = "a loop that gas alone ends"
VALUE: Final = "the value of a transaction, which CALLVALUE asks for"
GAS: Final = "an amount of gas"
MEMORY: Final = "more than 1 MiB of memory"
BLOCK: Final = "a field of the block that the case does not give"
HEADER: Final = BlockContext("0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba", 0x20000, 100_000_000, 10)
"""What blocks of most official tests say of themselves."""
OTHER: Final = BlockContext("0x945304eb96065b2a98b57a48a06ae28d285a71b5", 2**255 + 1, 30_000_001, 11, 12)
"""What another block might say."""
LIMITS: Final = {
    "stBadOpcode/measureGas_*": GAS,
    "stBadOpcode/operationDiffGas_*": GAS,
    "stEIP1153-transientStorage/17_tstoreGas_*": GAS,
    "stEIP5656-MCOPY/MCOPY_copy_cost_*": GAS,
    "stRandom/randomStatetest263_*": MEMORY,
    "stRandom/randomStatetest36_*": MEMORY,
    "stRandom/randomStatetest308_*": GAS,
    "stReturnDataTest/returndatacopy_after_failing_staticcall_*": GAS,
    "stReturnDataTest/revertRetDataSize_*": GAS,
    "vmIOandFlowOperations/gas_*": GAS,
    "vmIOandFlowOperations/msize_d5*": MEMORY,
    "vmTests/sha3_d3*": MEMORY,
}
"""Cases whose storage afterwards depends on a limit that no instruction names, and on which."""
FILLER: Final = bytes.fromhex("5f5b80361460165780602001358135556040016001565b")
"""Code that writes its calldata, pairs of slot and value, into storage."""


class Account(NamedTuple):
    """A contract before a case: its code, and its words by slot."""

    code: bytes
    storage: Mapping[int, int]


class StateTest(NamedTuple):
    """A state test.

    Attributes
    ----------
    name : str
        Folder and name.
    timestamp, number : int
        Of the block.
    before : mapping of str to Account
        Accounts with code or storage, by address.
    transactions : list of EvmTransaction
        What is executed.
    value : bool
        Whether one of them sends ether.
    after : mapping of str to dict
        Storage afterwards: words by slot, without zeros, by address.
    """

    name: str
    timestamp: int
    number: int
    before: Mapping[str, Account]
    transactions: Sequence[EvmTransaction]
    value: bool
    after: Mapping[str, Mapping[int, int]]


class StateTestOutcome(NamedTuple):
    """What came of a case: it agrees, unless one of these says otherwise.

    Attributes
    ----------
    reason : str
        Why it is not compared: what it uses is left out.
    difference : str
        Where it differs.
    """

    reason: str = ""
    difference: str = ""


def read(folder: Path) -> list[StateTest]:
    """Read the cases of a folder.

    Raises
    ------
    ResultsError
        If there are none, or a file holds something else.
    """
    paths = sorted((*folder.glob("*.json"), *folder.glob("*.json.gz")))
    found = []
    for path in paths:
        opened = gzip.open if path.suffix == ".gz" else open
        try:
            with opened(path, "rt", encoding="utf-8") as file:
                found += [_case(path.name.partition(".")[0], given) for given in json.load(file)]
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ResultsError(f"{path} is no list of state tests") from error
    if not found:
        raise ResultsError(f"{folder} holds no state tests; a folder with lists of them in .json or .json.gz is wanted")
    return found


def _case(folder: str, given: Mapping[str, Any]) -> StateTest:
    before = {
        address: Account(bytes.fromhex(account["code"][2:]), _storage_words(account["storage"]))
        for address, account in given["pre"].items()
    }
    sent = [(t["sender"], t["to"], t["data"], int(t["value"], 16)) for t in given["transactions"]]
    return StateTest(
        f"{folder}/{given['name']}",
        int(given["timestamp"], 16),
        int(given["number"], 16),
        {address: account for address, account in before.items() if any(account)},
        [EvmTransaction(encoded(sender), encoded(to), bytes.fromhex(data[2:])) for sender, to, data, _ in sent],
        any(value for *_, value in sent),
        {address: _storage_words(words) for address, words in given["post"].items()},
    )


def _storage_words(given: Mapping[str, str]) -> dict[int, int]:
    words = {int(slot, 16): int(value, 16) for slot, value in given.items()}
    return {slot: value for slot, value in words.items() if value}


def run(case: StateTest) -> StateTestOutcome:
    """Run a case."""
    try:
        chain = _executed(case, HEADER)
    except UnsupportedError as error:
        return StateTestOutcome(reason=error.what)
    difference = _difference(case.after, chain)
    reason = _unseen(case, chain) if difference else ""
    return StateTestOutcome(reason, "" if reason else difference)


def _executed(case: StateTest, header: BlockContext) -> Chain:
    chain = Chain(CHAIN_ID)
    for address, account in case.before.items():
        if account.storage:
            chain.install(address, FILLER)
            words = b"".join(word.to_bytes(32) for pair in account.storage.items() for word in pair)
            chain.execute([EvmTransaction(encoded(address), encoded(address), words)])
        chain.install(address, account.code)
    chain.begin_block(case.timestamp, case.number, header)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        chain.execute(case.transactions)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return chain


def _difference(after: Mapping[str, Mapping[int, int]], chain: Chain) -> str:
    """Say which word of storage is not as it should be, if one is."""
    for address, expected in after.items():
        found = chain.storage(address)
        for slot in sorted({*expected, *found}):
            is_, should = found.get(slot, 0), expected.get(slot, 0)
            if is_ != should:
                return f"slot {slot:#x} of {address} is {is_:#x}, not {should:#x}"
    return ""


def _unseen(case: StateTest, chain: Chain) -> str:
    """Say what a case uses of what is left out without an error."""
    if any(_difference({address: chain.storage(address)}, _executed(case, OTHER)) for address in case.after):
        return BLOCK
    names = {i.name for account in case.before.values() for i in disassemble(account.code)}
    if case.value and "CALLVALUE" in names:
        return VALUE
    return next((reason for pattern, reason in LIMITS.items() if fnmatchcase(case.name, pattern)), "")


def outcomes(cases: Sequence[StateTest], workers: int) -> Iterator[tuple[StateTest, StateTestOutcome]]:
    """Run cases in processes of their own, which those that never end do not outlive. They come as they are done."""
    context = get_context("spawn")
    left = iter(cases)
    busy: dict[Connection, tuple[BaseProcess, StateTest]] = {}

    def begin(process: BaseProcess, pipe: Connection) -> None:
        if (case := next(left, None)) is None:
            pipe.close()
            process.join()
        else:
            pipe.send(case)
            busy[pipe] = process, case

    def hire() -> tuple[BaseProcess, Connection]:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        return process, ours

    for _ in range(min(workers, len(cases))):
        begin(*hire())
    while busy:
        for pipe in wait(list(busy)):
            assert isinstance(pipe, Connection)
            process, case = busy.pop(pipe)
            try:
                yield case, pipe.recv()
            except EOFError:
                process.join()
                ended = process.exitcode == -signal.SIGPROF
                yield (
                    case,
                    StateTestOutcome(reason=ENDLESS)
                    if ended
                    else StateTestOutcome(difference=f"ended by {process.exitcode}"),
                )
                pipe.close()
                process, pipe = hire()
            begin(process, pipe)


def _work(pipe: Connection) -> None:
    """Run cases that come through a pipe."""
    while True:
        try:
            case = pipe.recv()
        except EOFError:
            return
        pipe.send(run(case))


def main(arguments: Sequence[str]) -> int:
    """Run the cases of a folder, and print how many agree, what is left out, and what differs.

    Returns
    -------
    int
        Status: 1 if a case differs, 2 if there are none.
    """
    if len(arguments) != 1:
        click.echo("the folder of the tests is wanted: python -m ballast.evm.official FOLDER", err=True)
        return 2
    try:
        cases = read(Path(arguments[0]))
    except UserError as error:
        click.echo(error, err=True)
        return 2
    reasons, differences = Counter[str](), []
    with click.progressbar(
        outcomes(cases, os.cpu_count() or 1), len(cases), "running", show_pos=True, file=sys.stderr
    ) as shown:
        for case, outcome in shown:
            reasons[outcome.reason] += not outcome.difference
            if outcome.difference:
                differences.append(f"{case.name}: {outcome.difference}")
    click.echo(f"{reasons.pop('', 0):,} of {counted(len(cases), 'case')} agree")
    for reason, count in reasons.most_common():
        click.echo(f"{count:,} left out: {reason}")
    for line in sorted(differences):
        click.echo(f"differs: {line}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
