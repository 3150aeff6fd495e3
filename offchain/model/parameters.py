"""Parameters of a network and of a task class, refused exactly where the contracts would revert.

``NetworkParameters`` holds what the constructors take besides addresses, ``ClassParameters`` what an AVS registers. Both
are read from TOML files whose keys are the field names:

    entry_fee = 1_000_000
    preset = "hump"          # or a table [curve] with the nine constants a to i

    [slash]                  # fields of slash_split.Terms
    finder = 200_000

    [filter]                 # fields of reputation_filter.Parameters
    alpha = 900_000

What a file leaves out keeps its default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from offchain.errors import ParameterError
from offchain.model import class_packing, constants, load_curve, reputation_filter, slash_split

# Bounds, by the names they have in the contracts

MIN_EPOCH_SECONDS = 60
MAX_EPOCH_SECONDS = 10**6
MAX_FEE = constants.PPM // 5
MAX_FEE_PER_UNIT = 2**64 - 1
MAX_BOND = 2**64 - 1

MIN_STEPS = 2
MAX_STEPS = 63
MAX_STEP_SECONDS = 2**16 - 1
MAX_WINDOW = 2**18 - 1
MAX_HANDICAPS = constants.PPM // 2
MAX_COLLATERAL = 4 * constants.PPM
MAX_COMPARATOR = 2
MAX_COMPLEXITY = 2**16 - 1
MAX_UINT256 = 2**256 - 1
