"""Make the machine code of the market before the first run wants it: ``python -m ballast.sim.ready``, called by `make`.

The work takes most of a minute, so a line every few seconds says how far it is.
"""

from __future__ import annotations

import time
from typing import Final

import click
from numba.core import event

from ballast.sim.run import get_ready

PAUSE: Final = 10.0
"""Seconds between two lines."""


class CompilationProgress(event.Listener):
    """Print a line from time to time while Numba compiles."""

    def __init__(self) -> None:
        self._functions = 0
        self._said = time.monotonic()

    def on_start(self, _: event.Event) -> None:
        """Nothing is told of a function before it is done."""

    def on_end(self, _: event.Event) -> None:
        """Count a function that was compiled."""
        self._functions += 1
        if time.monotonic() - self._said >= PAUSE:
            self._said = time.monotonic()
            click.echo(f"Compiling the market: {self._functions} functions so far")


def main() -> None:
    """Compile the market, or load it if that was done before."""
    click.echo("Compiling the market, which takes up to a minute")
    with event.install_listener("numba:compile", CompilationProgress()):
        get_ready()


if __name__ == "__main__":
    main()
