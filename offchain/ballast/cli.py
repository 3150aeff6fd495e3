"""The command ``ballast``.

A mistake the user can mend ends in one line on stderr and exit status 2, a failure of the chain in one line and status
1, an interrupt in one line and status 130; none shows a traceback.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem, get_completion_class

from ballast.errors import BallastError, UserError
from ballast.wording import plainly

CHAIN_ERROR = 1
USER_ERROR = 2
INTERRUPTED = 130
SHELLS = ("bash", "zsh", "fish")
COMPLETION_VARIABLE = "_BALLAST_COMPLETE"

# Commands of packages that build on this one: where they are, and what ``--help`` says. Imported when called.
ELSEWHERE = {
    "account": ("ballast.account.command:account", "Make a key, open an escrow account, and move its funds."),
    "claims": ("ballast.studies.claims.command:claims", "Test the paper's claims, C1 to C20, over many seeds."),
    "compare": (
        "ballast.studies.compare.command:compare",
        "Compare the auction with other rules and with the optimum.",
    ),
    "figures": ("ballast.studies.figures.command:figures", "Draw the paper's figures 1 to 9 from a run or a sweep."),
    "gas": (
        "ballast.scoring.command:gas",
        "Fit score-driven time series models; check them against published results.",
    ),
    "keeper": ("ballast.keeper.command:keeper", "Post reputations, challenge wrong ones, end overdue tasks."),
    "parity": ("ballast.sim.command:parity", "Run one scenario on several engines; fail unless every balance matches."),
    "plan": ("ballast.studies.planning.command:plan", "Forecast demand; size capacity and stake for a service level."),
    "report": ("ballast.studies.report.command:report", "Write one HTML page about a run or a sweep."),
    "risk": ("ballast.studies.risk.command:risk", "Say what somebody who has a stake may lose."),
    "simulate": ("ballast.sim.command:simulate", "Run a market of operators and coprocessors."),
    "stress": (
        "ballast.studies.stress.command:stress",
        "Measure what stresses and attacks cost, and what attackers gain.",
    ),
    "sweep": ("ballast.studies.sweep.command:sweep", "Run many scenarios and seeds on Dask; collect tables."),
}
GROUPS = {
    "Run a market": ("simulate", "sweep", "parity", "devnet"),
    "Study it": ("report", "figures", "claims", "compare", "stress", "plan", "risk", "gas"),
    "Take part": ("account", "keeper", "verify"),
    "Set up": ("compile", "completion", "version"),
}
"""Commands by what they are for, in the order in which ``--help`` shows them."""


class BallastGroup(click.Group):
    """Commands, some of them imported when they are called; known errors become one line.

    Parameters
    ----------
    elsewhere : mapping of str to (str, str)
        By name: ``module:attribute`` of a command, and its line in the help.
    groups : mapping of str to tuple of str
        Headings of the help, and the commands under each; what is in none comes last.
    """

    def __init__(
        self,
        *args: Any,
        elsewhere: Mapping[str, tuple[str, str]] | None = None,
        groups: Mapping[str, tuple[str, ...]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._elsewhere = dict(elsewhere or {})
        self._groups = dict(groups or {})

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

    def summaries(self) -> dict[str, str]:
        """One line about each command, by name; imports none of them."""
        lines = {name: text for name, (_, text) in self._elsewhere.items()}
        lines |= {name: command.get_short_help_str(80) for name, command in self.commands.items()}
        return dict(sorted(lines.items()))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands, by group."""
        lines = self.summaries()
        groups = dict(self._groups)
        rest = tuple(name for name in lines if all(name not in names for names in groups.values()))
        if rest:
            groups["Other commands"] = rest
        width = max(map(len, lines))
        for heading, names in groups.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{width}}", lines[name]) for name in names if name in lines])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command; its own options complete themselves."""
        found = [CompletionItem(n, help=text) for n, text in self.summaries().items() if n.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

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
    return f"{plainly(error).format_message().rstrip('.')}; see `{place} --help`"


def _stop(message: str, status: int) -> NoReturn:
    click.echo(f"ballast: {' '.join(message.split())}", err=True)
    sys.exit(status)


@click.group(
    cls=BallastGroup, elsewhere=ELSEWHERE, groups=GROUPS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="ballast", prog_name="ballast", message="%(prog)s %(version)s")
def main() -> None:
    """Ballast, an open compute market that keeps its own load in balance."""


@main.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version  # which takes longer than all else of this file

    click.echo(f"ballast {installed_version('ballast')}")


@main.command()
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print a script that completes commands and options in your shell.

    \b
    bash   add to ~/.bashrc:  source <(ballast completion bash)
    zsh    add to ~/.zshrc:   source <(ballast completion zsh)
    fish   ballast completion fish > ~/.config/fish/completions/ballast.fish
    """  # noqa: D301 (Click keeps the lines of a paragraph that begins with a backspace)
    kind = get_completion_class(shell)
    assert kind is not None
    # Click's `source` starts the shell to ask for its version; the script alone needs no shell.
    made = kind(main, {}, "ballast", COMPLETION_VARIABLE)
    click.echo(made.source_template % made.source_vars())


@main.command(name="compile")
def compile_contracts() -> None:
    """Compile the contracts if a source changed; print their sizes.

    Also writes abi/<contract>.json, the ABIs for web3.py, ethers and other libraries, and abi/layouts.json, the fields
    of packed words.
    """
    from ballast.chain.artifacts import artifacts, write_abis
    from ballast.model import layouts

    write_abis({"layouts": layouts.text()})
    for artifact in artifacts().values():
        click.echo(f"{artifact.name:<20} {artifact.runtime_size:>6} bytes")


@main.command()
@click.option(
    "--rpc",
    "url",
    default="http://127.0.0.1:8545",
    show_default=True,
    help="Address of the node (http, https, ws, wss).",
)
@click.argument("record", required=False, type=click.Path(dir_okay=False, path_type=Path))
def verify(url: str, record: Path | None) -> None:
    """Check a deployment against its chain.

    RECORD is a deployment file; the one in deployments/ that stands on the node's chain by default.
    """
    from ballast.chain.rpc import connected
    from ballast.deployment import Deployment, find
    from ballast.deployment import verify as check

    with connected(url) as rpc:
        path, deployment = (record, Deployment.load(record)) if record else find(rpc)
        for change in check(rpc, deployment):
            click.echo(f"changed by the owner: {change}")
    click.echo(f"{len(deployment.contracts)} contracts stand as recorded in {path}")


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: a free one]")
@click.option("--host", default="127.0.0.1", show_default=True, help="IPv4 address to listen on; 0.0.0.0 for all.")
@click.option("--operators", type=click.IntRange(1, 100), help="Number of operators to register.  [default: 3]")
@click.option(
    "--coprocessors",
    type=click.IntRange(1, 100),
    help="Number of coprocessors to register.  [default: 3]",
)
@click.option("--epoch-seconds", type=int, help="Length of an epoch, at least 60 seconds.  [default: 300]")
@click.option(
    "--block-time",
    type=click.IntRange(1, 12),
    default=1,
    show_default=True,
    help="Seconds from one block to the next.",
)
@click.option(
    "--bots",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    help="Run a market: operators open tasks, and this many coprocessors bid for them, submit and settle.",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to continue from, if it exists, and to save the chain to at the end.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when the chain is ready.")
def devnet(**given: Any) -> None:
    """Run a local chain with the protocol and funded accounts.

    The chain runs until Ctrl-C. The command prints its address, the contracts, the accounts with their keys, the terms
    of a class of tasks, and a script that opens a task and bids for it.
    """
    from ballast.devnet.running import Options, run

    run(Options(**given))


if __name__ == "__main__":
    main(prog_name="ballast")
