"""Rules that the protocol's auction is compared with, a file each.

A file is a rule, and its name is the rule's: a scenario's ``allocation``, and one of the rules of ``ballast compare``.
It holds ``ABOUT`` and either ``CLOCK`` and ``choose``, or ``clear``:

==============  =====================================================================================================
``ABOUT``       what the rule is, in a few words
``TERMS``       optional: what else it changes in a scenario under ``ballast compare``, by field
``CLOCK``       ``none``; or ``falling``, ``handicaps`` or ``rising`` if bidders enter at a step of the clock of
                `ballast.sim.handicaps`, whose price is paid
``choose``      who gets a task, compiled; tasks are auctioned one after the other; with ``handicaps`` and ``rising`` a
                score and a hash decide instead
``clear``       who gets the tasks of a wave and a class, all cleared together, compiled
==============  =====================================================================================================

``choose(bidders, task, task_class, key, best, begin, draw)`` answers with the winner's position and the price, ppm of
the reward (with a clock, the price does not count). It is given all bidders, the task and its class; the keys of those
who see the auction, of which the first is the bidder at ``begin``; the smallest key; and three uniform random numbers.
A key is what the bidder asks, or with a clock its rank: ``NOT_AT_ALL`` for who cannot or does not want to take the
task. There is at least one who does. Where nothing else decides a tie, it goes to whoever comes first in the order.

``clear(bidders, batch, task_class)`` writes into a `ballast.sim.batch.Batch` who gets each of its tasks, at what price,
and what bidders pay besides, and answers with what buyers pay more than sellers get, token units. All bidders see all
tasks, whatever ``watch`` says. The loads and free funds of the bidders count what was given to them: the rule changes
them as it goes, by ``give`` of that module. Then the awards are entered one by one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

NAMES: Final = tuple(sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py")))
"""Of all rules."""
