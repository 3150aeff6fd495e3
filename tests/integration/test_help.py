"""Help, version and completion: complete, quick, and the same in all places."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ballast.cli import ELSEWHERE, GROUPS, SHELLS, main
from ballast.sim.scenario import Scenario
from tests.integration.conftest import BIN, ROOT, Run

SLOW = ("numba", "numpy", "pyarrow", "scipy", "matplotlib", "eth_abi", "distributed", "statsmodels")
"""Modules that take long to import."""


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands below a group, with the words that call them."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands(main))
FAST = [path for path in ALL if path[0] not in ("gas", "keeper", "account")]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_and_option_says_what_it_is(path: tuple[str, ...]) -> None:
    command = ALL[path]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            text = parameter.help or ""
            assert re.match(r"[A-Z].*[.\]]$", text), f"{parameter.name}: {text!r}"
    if path[0] in ELSEWHERE and len(path) == 1:
        assert command.get_short_help_str(200) == ELSEWHERE[path[0]][1]


def test_the_help_shows_each_command_once_in_its_group() -> None:
    shown = CliRunner().invoke(main, ["--help"], terminal_width=120).output
    names = [path[0] for path in ALL if len(path) == 1]
    assert sorted(name for group in GROUPS.values() for name in group) == sorted(names)
    headings = [line.removesuffix(":") for line in shown.splitlines() if re.match(r"\w.*:$", line)]
    assert headings == ["Options", *GROUPS]
    for heading, group in GROUPS.items():
        section = shown[shown.index(f"{heading}:") :].split("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()[1:]] == list(group)
    assert "..." not in shown.partition("\n\n")[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        *[[*path, "--help"] for path in FAST],
        ["simulate", "--periods", "0", "--out", "new"],
        ["simulate", "--scenario", "papre", "--out", "new"],
        ["simulate", "--engine", "evm", "--scenario", "deterrence", "--out", "new"],
        ["simulate", "--out", "/"],
        ["parity", "--engines", "twin"],
        ["sweep", "--scenario", "papre", "--out", "new"],
        ["compare", "--rules", "lottery"],
        ["compare", "--seeds", "1"],
        ["stress", "--stress", "rain"],
        ["claims", "--seeds", "1"],
        ["plan", "--season", "1"],
    ],
    ids=" ".join,
)
def test_arguments_are_looked_at_before_anything_slow_is_imported(
    arguments: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "ballast.cli", *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    mistaken = not {"--help", "--version"} & {*arguments}
    assert done.returncode == (2 if mistaken else 0), done.stderr
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time")}
    assert "click" in imported
    assert not imported & {*SLOW}
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time")]
    assert len(said) == mistaken
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


@pytest.mark.parametrize("name", ["simulate", "parity", "compare", "stress"])
def test_defaults_are_said_to_be_the_scenario_s(name: str) -> None:
    text = " ".join(CliRunner().invoke(main, [name, "--help"]).output.split())
    for field in ("operators", "periods", "tasks_per_period", "slashing", "preset", "seed"):
        option = f"--{field.replace('_', '-')} "
        said = text[text.index(option) :]
        assert said[: said.index("]") + 1].endswith(f"[default: the scenario's; market: {getattr(Scenario, field)}]")
    assert "Options you give override it" in text


def test_options_override_a_scenario_wherever_they_stand(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text("[ours]\noperators = 3\ncoprocessors = 3\nperiods = 2\ntasks_per_period = 5\nseed = 4")
    options = ["--scenario", str(scenario)], ["--periods", "3"]
    for i, order in enumerate((options, options[::-1])):
        out = tmp_path / str(i)
        arguments = [*order[0], *order[1], "--engine", "twin", "--out", str(out)]
        done = CliRunner().invoke(main, ["simulate", *arguments])
        assert done.exit_code == 0, done.output
        assert "15 tasks on twin, seed 4" in done.output


def test_version_is_the_same_in_both_ways(ballast: Run) -> None:
    version = ballast("version").stdout
    assert re.fullmatch(r"ballast \d+\.\d+\.\d+.*\n", version)
    assert ballast("--version").stdout == version


# Completion


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_prints_a_script(shell: str, ballast: Run) -> None:
    done = ballast("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert "_BALLAST_COMPLETE" in done.stdout


def test_an_unknown_shell_is_one_line(ballast: Run) -> None:
    done = ballast("completion", "tcsh")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "bash" in done.stderr


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["com"], {"compare", "compile", "completion"}),
        (["simulate", "--co"], {"--coprocessors"}),
        (["simulate", "--engine", ""], {"twin", "evm", "anvil"}),
        (["keeper", "re"], {"replay"}),
        (["completion", ""], {*SHELLS}),
        (["--ver"], {"--version"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_real_bash_completes(typed: list[str], expected: set[str], environment: dict[str, str]) -> None:
    quoted = " ".join(f"'{word}'" for word in ("ballast", *typed))
    script = (
        f"source <(ballast completion bash); COMP_WORDS=({quoted}); COMP_CWORD={len(typed)}; "
        "$(complete -p ballast | sed 's/.*-F \\([^ ]*\\) .*/\\1/') ballast; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    path = f"{BIN}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env={**environment, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert {*done.stdout.split()} == expected


def test_help_on_a_simulation_loads_nothing_that_takes_time() -> None:
    heavy = ("rich", "multiprocessing", "importlib.metadata")
    program = (
        "import sys\nfrom ballast.cli import main\n"
        "main(['simulate', '--help'], standalone_mode=False)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "--like" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
