"""A headless Chromium, driven by the Chrome DevTools Protocol."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.sync.client import connect
from websockets.sync.connection import Connection

OURS: Final = Path(__file__).resolve().parents[3] / ".make" / "chromium"
"""Where ``.ci/chromium`` puts one if the machine has none."""
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    *("--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
    "--remote-debugging-port=0",
)
PATIENCE: Final = 60.0
"""Seconds for an answer."""


def found() -> tuple[str, dict[str, str]] | None:
    """Path of a Chromium and the environment it runs in, or None where there is none."""
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path, dict(os.environ)
    if not (OURS / "chromium").exists():
        return None
    libraries = {"LD_LIBRARY_PATH": str(OURS / "lib"), "FONTCONFIG_FILE": str(OURS / "fonts.conf")}
    return str(OURS / "chromium"), {**os.environ, **libraries}


class Tab:
    """One page in the browser.

    Attributes
    ----------
    problems : list of str
        What the console called an error or a warning, exceptions, and what else the browser complained of.
    requests : list of str
        Addresses the page asked for.
    """

    def __init__(self, socket: Connection) -> None:
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command; its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def open(self, path: Path, width: int, scheme: str = "light") -> None:
        """Load a file in a window of a width and a colour scheme, and wait until it is there."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=path.as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def value(self, expression: str) -> Any:
        """Value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"]["value"]

    def picture(self) -> bytes:
        """PNG of the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=PATIENCE))
        content = message.get("params", {})
        match message.get("method"):
            case "Runtime.consoleAPICalled" if content["type"] in ("error", "warning", "assert"):
                self.problems.append(json.dumps(content["args"]))
            case "Runtime.exceptionThrown":
                self.problems.append(json.dumps(content["exceptionDetails"]))
            case "Log.entryAdded":
                self.problems.append(json.dumps(content["entry"]))
            case "Network.requestWillBeSent":
                self.requests.append(content["request"]["url"])
        return message


@contextmanager
def browser() -> Iterator[Tab]:
    """Start Chromium with a new profile and give a tab; it ends with the block."""
    program = found()
    assert program, "there is no Chromium"
    path, environment = program
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [path, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        silent = subprocess.DEVNULL
        with subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent, env=environment) as process:
            try:
                with connect(_address(process, Path(profile)), max_size=None, open_timeout=PATIENCE) as socket:
                    yield Tab(socket)
            finally:
                process.kill()


@contextmanager
def browser_or_skip() -> Iterator[Tab]:
    """Give a tab; where there is no Chromium the test is skipped, or fails if ``BALLAST_BROWSER`` is ``required``."""
    if not found():
        reason = "there is no Chromium: .ci/chromium brings one"
        if os.environ.get("BALLAST_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with browser() as opened:
        yield opened


def _address(process: subprocess.Popen[bytes], profile: Path) -> str:
    """Address that a new browser writes to its profile: a line with the port, a line with the path."""
    for _ in range(int(PATIENCE / 0.05)):
        assert process.poll() is None, f"Chromium ended with status {process.returncode}"
        place = profile / "DevToolsActivePort"
        lines = place.read_text().split() if place.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise AssertionError("Chromium does not listen")
