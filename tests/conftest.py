"""Settings of the whole suite: compile cache inside the checkout, Hypothesis profiles, one isolated chain a test."""

from __future__ import annotations

import fcntl
import gc
import os
import secrets
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import boa
import pytest
from boa.interpret import set_cache_dir
from hypothesis import HealthCheck, settings

from ballast.transact.log import LOGGER

ROOT = Path(__file__).resolve().parents[1]

LONGEST = ("test_market.py", "test_reputation.py")

set_cache_dir(str(ROOT / "build" / "titanoboa"))

# What tests start is to behave the same whoever started the tests: `make`, or a shell in the background, whose
# children ignore Ctrl-C.
for variable in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(variable, None)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
settings.register_profile("default", deadline=None, derandomize=True, print_blob=True, suppress_health_check=SLOW)
settings.register_profile("deep", settings.get_profile("default"), max_examples=5_000, derandomize=False)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default")
settings.load_profile(PROFILE)
# Of all fault runs; set here so that all workers share it.
os.environ.setdefault("BALLAST_FAULT_SEED", secrets.token_hex(4) if PROFILE == "deep" else "1")


@pytest.fixture(scope="module")
def only_ape() -> Iterator[None]:
    """Be the only one on this machine whose Ape starts a chain, until the end of the file.

    Ape tries the usual port first. Of two that do at the same time, one waits in vain for its chain.
    """
    with (Path(tempfile.gettempdir()) / f"ballast-ape-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(autouse=True)
def isolated_chain() -> Iterator[None]:
    """Undo on the in-process chain whatever a test did there."""
    with boa.env.anchor():
        yield


@pytest.fixture(autouse=True)
def log_of_the_test() -> Iterator[None]:
    """Let no command that a test runs keep its log from the tests after it."""
    yield
    LOGGER.handlers = []
    LOGGER.propagate = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the files that take longest, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish() -> None:
    """Look for garbage less often, and not among what was imported: counts of references free almost all of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)


@pytest.hookimpl(trylast=True, optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Keep the start to the one line that stands by now: pytest-xdist would write it again."""
    config.pluginmanager.getplugin("terminaldistreporter").ensure_show_status = lambda: None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests measured: errors against exact arithmetic, seeds, what was reached."""
    said = [
        report for report in terminalreporter.stats.get("passed", ()) if report.capstdout and "gas" not in report.nodeid
    ]
    if said:
        terminalreporter.section("measured")
        for line in sorted({line for report in said for line in report.capstdout.splitlines()}):
            terminalreporter.write_line(line[:160])
    _tell_faults(terminalreporter)


def _tell_faults(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many fault runs keepers and other senders survived, of each kind, and the seed they were drawn from."""
    survived: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            if name == "fault runs" and report.when == "call":
                survived.update(value)
    if not survived:
        return
    terminalreporter.section("faults survived")
    runs, webs = survived.pop("runs", 0), survived.pop("runs over WebSocket", 0)
    terminalreporter.write_line(
        f"fault runs survived: {runs}, {webs} of them with a node over WebSocket,"
        f" seed {os.environ['BALLAST_FAULT_SEED']}, of each kind:"
    )
    for kind, count in sorted(survived.items()):
        terminalreporter.write_line(f"  {kind} {count}")
