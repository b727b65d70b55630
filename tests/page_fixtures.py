"""A running server and a browser for the tests of the page; imported by ``conftest.py``."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SCHEMES = ("light", pytest.param("dark", marks=pytest.mark.slow))  # the same rules find much the same in both
ARTEFACTS = Path(__file__).parents[1] / "test-artefacts"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
FLAGS += ["--disable-component-update", "--disable-sync"]


def chromium() -> str:
    """Path of Chromium; without it the test is skipped, or fails where a browser is required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        reason = "Chromium fehlt (Debian: apt install chromium)"
        if os.environ.get("ISEK_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@dataclass(frozen=True)
class Server:
    """A running `isek serve` with its address and the file its messages go to."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(sign)
        return self.process.wait(20)


def start_server(folder: Path, *arguments: str) -> Server:
    """Start `isek serve` on a free port and wait until it answers; ISEK_HOME is the test session's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"serve-{port}.log"
    command = [sys.executable, "-m", "app", "serve", "--port", str(port), *arguments]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, cwd=ARTEFACTS.parent)
    server = Server(process, f"http://127.0.0.1:{port}", log)
    until = time.monotonic() + 300  # the first one may build the index
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.address}/health", timeout=5) as answer:
                if answer.status == 200:
                    return server
        except OSError:
            time.sleep(0.1)
    process.kill()
    pytest.fail(f"isek serve ist nicht gestartet:\n{log.read_text('utf-8', 'replace')}")


@pytest.fixture(scope="session")
def site(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 - sets ISEK_HOME
    """Address of the page on the shipped default, served by a process of its own."""
    server = start_server(tmp_path_factory.mktemp("serve"))
    yield server.address
    status, log = server.stop(), server.log.read_text("utf-8")
    assert (status, "Traceback" in log) == (0, False), log


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


class Visit:
    """A browser page that remembers every request to a foreign host and every message of the console."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.foreign: list[str] = []
        self.messages: list[str] = []
        page.on("request", self._requested)
        page.on(
            "console", lambda said: self.messages.append(f"{said.type}: {said.text} {said.location.get('url', '')}")
        )
        page.on("pageerror", lambda error: self.messages.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.messages.append("dialog"), dialog.dismiss()))

    def _requested(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith((self.site + "/", "data:", "blob:")):
            self.foreign.append(url)

    def open(self, path: str = "", ready: str = "#inhalt") -> Page:
        self.page.goto(f"{self.site}/{path}")
        self.page.wait_for_selector(ready)
        self.page.wait_for_selector("#ansage", state="attached")
        self.page.wait_for_selector(".loading", state="detached")  # Gradio's splash, in no landmark
        return self.page

    def ask(self, text: str) -> None:
        """Paste a text, submit it, wait for the answer."""
        self.page.fill("#text textarea", text)
        self.page.click("#finden")
        self.page.locator("#ansage", has_text=re.compile("^(Ergebnis|Das ging)")).wait_for(state="attached")

    def shot(self, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)


def violations(visit: Visit) -> list[str]:
    """What axe objects to on the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(visit.page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """A fresh browser page, 1280 wide, light; nothing foreign is asked for and no script complains, or the test fails."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE", reduced_motion="reduce")
    visit = Visit(context.new_page(), site)
    yield visit
    context.close()
    assert visit.foreign == []
    assert [message for message in visit.messages if message.startswith(("error", "dialog"))] == []
