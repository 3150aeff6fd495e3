"""Executes recorded calls on verbs, and says how long that took. Runs in the peers' environment: no project imports.

verbs advances the clock of its blocks by itself; an environment made of a snapshot has the snapshot's clock, so each
block is executed in an environment of its own. Making these is not timed.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from verbs.envs import EmptyEnvRandom

NUMBER, TIMESTAMP = 0, 2
"""Places in a snapshot's block, little-endian words."""
WEALTH = 10**30


def in_block(env: Any, number: int, timestamp: int) -> Any:
    """Take an environment over into a block."""
    block, *state = env.export_snapshot()
    fields = list(block)
    fields[NUMBER] = number.to_bytes(32, "little")
    fields[TIMESTAMP] = timestamp.to_bytes(32, "little")
    return EmptyEnvRandom(1, (tuple(fields), *state))


def main() -> None:
    """Read the record, execute it, print the result as JSON."""
    recorded = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    deployer = bytes.fromhex(recorded["deployer"])
    blocks = [(at, [tuple(bytes.fromhex(part) for part in call) for call in calls]) for at, calls in recorded["blocks"]]
    env = in_block(EmptyEnvRandom(1), 1, recorded["genesis"])
    for account in {deployer, *(call[0] for _, calls in blocks for call in calls)}:
        env.create_account(account, WEALTH)
    for code in recorded["codes"]:
        env.deploy_contract(deployer, "contract", bytes.fromhex(code))
    seconds = 0.0
    gas = 0
    for i, (timestamp, calls) in enumerate(blocks):
        env = in_block(env, i + 2, timestamp)
        execute = env.execute
        used = 0
        started = time.process_time()
        for sender, to, data in calls:
            used += execute(sender, to, data, 0)[2]  # raises if the call reverts
        if i >= recorded["setting_up"]:
            seconds += time.process_time() - started
            gas += used
    words = [
        bytes(env.call(deployer, bytes.fromhex(to), bytes.fromhex(data), 0)[0]).hex() for to, data in recorded["views"]
    ]
    print(json.dumps({"seconds": seconds, "gas": gas, "words": words, "version": version("verbs")}))


if __name__ == "__main__":
    main()
