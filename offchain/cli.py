"""The command ``ballast``.

A mistake the user can mend ends in one line on stderr and exit status 2, a failure of the chain in one line and status
1, an interrupt in one line and status 130; none shows a traceback.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, NoReturn

import click

from offchain.errors import BallastError, UserError

CHAIN_ERROR = 1
USER_ERROR = 2
INTERRUPTED = 130

# Commands of packages that build on this one: where they are, and what ``--help`` says. Imported when called.
ELSEWHERE = {
    "claims": ("sim.claims.command:claims", "Judge the paper's claims, C1 to C20, over seeds."),
    "compare": ("sim.compare.command:compare", "Compare the auction with other rules and with the optimum."),
    "figures": ("sim.figures.command:figures", "Draw the paper's figures 2 to 9 from a run or a sweep."),
    "gas": ("offchain.gas.command:gas", "Score-driven time series models: fit, and check against published results."),
    "keeper": ("offchain.keeper.command:keeper", "Post reputations, challenge wrong ones, end overdue tasks."),
    "parity": ("sim.command:parity", "Run a scenario on several engines; fail unless they agree to the last token."),
    "plan": ("sim.planning.command:plan", "Forecast the demand, and the capacity and stake it will need."),
    "report": ("sim.report.command:report", "Write one HTML page about a run or a sweep."),
    "simulate": ("sim.command:simulate", "Run a market of operators and coprocessors."),
    "stress": ("sim.stress.command:stress", "Say what stresses and attacks cost, and what attackers gain."),
    "sweep": ("sim.sweep.command:sweep", "Run many scenarios on Dask: points of parameters, and many seeds."),
}


class BallastGroup(click.Group):
    """Commands, some of them imported when they are called; known errors become one line.

    Parameters
    ----------
    elsewhere : mapping of str to (str, str)
        By name: ``module:attribute`` of a command, and its line in the help.
    """

    def __init__(self, *args: Any, elsewhere: Mapping[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._elsewhere = dict(elsewhere or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return sorted({*super().list_commands(ctx), *self._elsewhere})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command, importing it if it lives elsewhere."""
        if cmd_name not in self._elsewhere:
            return super().get_command(ctx, cmd_name)
        module, attribute = self._elsewhere[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing any."""
        lines = {name: text for name, (_, text) in self._elsewhere.items()}
        lines |= {name: command.get_short_help_str(80) for name, command in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the group's own options; a mistake in them ends the process with one line."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            _stop(_explained(error), USER_ERROR)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a known error ends the process with one line."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            _stop(_explained(error), USER_ERROR)
        except UserError as error:
            _stop(str(error), USER_ERROR)
        except BallastError as error:
            _stop(str(error), CHAIN_ERROR)
        except KeyboardInterrupt:
            _stop("stopped", INTERRUPTED)


def _explained(error: click.UsageError) -> str:
    """Message of a usage error, and where to look."""
    place = error.ctx.command_path if error.ctx else "ballast"
    return f"{error.format_message().rstrip('.')}; see `{place} --help`"


def _stop(message: str, status: int) -> NoReturn:
    click.echo(f"ballast: {' '.join(message.split())}", err=True)
    sys.exit(status)


@click.group(cls=BallastGroup, elsewhere=ELSEWHERE, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Ballast, an open compute market that keeps its own load in balance."""


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"ballast {installed_version('ballast')}")


@main.command(name="compile")
def compile_contracts() -> None:
    """Compile the contracts, if their sources changed, and print their sizes."""
    from offchain.chain.artifacts import artifacts

    for artifact in artifacts().values():
        click.echo(f"{artifact.name:<20} {artifact.runtime_size:>6} bytes")


@main.command()
@click.option("--rpc", "url", default="http://127.0.0.1:8545", show_default=True, help="Address of the node.")
@click.argument("record", required=False, type=click.Path(dir_okay=False, path_type=Path))
def verify(url: str, record: Path | None) -> None:
    """Check a deployment against the chain it stands on.

    RECORD is a deployment file; the one in deployments/ that belongs to the node's chain by default.
    """
    from offchain.chain.deployment import Deployment, record_path
    from offchain.chain.deployment import verify as check
    from offchain.chain.rpc import JsonRpc

    rpc = JsonRpc(url)
    path = record or record_path(int(rpc.call("eth_chainId"), 16))
    deployment = Deployment.load(path)
    for change in check(rpc, deployment):
        click.echo(f"changed by the owner: {change}")
    click.echo(f"{len(deployment.contracts)} contracts stand as recorded in {path}")


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port on 127.0.0.1; a free one by default.")
@click.option("--operators", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--coprocessors", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option(
    "--epoch-seconds", type=int, default=300, show_default=True, help="Length of an epoch, at least 60 seconds."
)
def devnet(port: int | None, operators: int, coprocessors: int, epoch_seconds: int) -> None:
    """Run a local chain with the protocol, funded participants and an open class until Ctrl-C."""
    from offchain.devnet import run

    run(port, operators, coprocessors, epoch_seconds, click.echo)


if __name__ == "__main__":
    main(prog_name="ballast")
