"""Nothing leaves the machine: every process of the program reports each connection and look-up it makes."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_fixtures import Visit, start_server

from index.matcher import Matcher

CHECKOUT = Path(__file__).parents[1]
CYCLING = "Fahrradstraße am Stadtwald mit überdachten Abstellanlagen"
WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto")
# Python imports a module of this name by itself at every start, in child processes too.
HOOK = f"""
import json, os, sys

def report(*event):
    number = os.open(os.environ["ISEK_TEST_RECORD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(number, (json.dumps(event, default=repr) + "\\n").encode())
    os.close(number)

def hook(name, arguments):
    if name in {WATCHED!r}:
        address = arguments[1] if name in ("socket.connect", "socket.sendto") else arguments[0]
        report(name, address[0] if isinstance(address, tuple) else address)

sys.addaudithook(hook)
report("started", sys.orig_argv)
"""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file in which processes started from now on write what they connect to."""
    folder = tmp_path_factory.mktemp("hook")
    (folder / "sitecustomize.py").write_text(HOOK, "utf-8")
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("PYTHONPATH", os.pathsep.join((str(folder), str(CHECKOUT))))
        changed.setenv("ISEK_TEST_RECORD", str(folder / "record.jsonl"))
        yield folder / "record.jsonl"


@pytest.fixture(scope="module")
def site(record: Path, matcher: Matcher) -> Iterator[str]:  # noqa: ARG001 - the index is built
    server = start_server(record.parent)
    yield server.address
    assert server.stop() == 0


def reported(record: Path) -> list[tuple[str, object]]:
    events = [tuple(json.loads(line)) for line in record.read_text("utf-8").splitlines()]
    assert "started" in {name for name, _ in events}  # the hook was at work
    return [(str(name), told) for name, told in events]


def foreign(events: list[tuple[str, object]]) -> list[tuple[str, object]]:
    """What goes further than this machine."""
    return [event for event in events if event[0] != "started" and not at_home(event[1])]


def at_home(host: object) -> bool:
    if host in (None, "", "localhost"):
        return True
    if isinstance(host, str) and host.startswith("/"):  # a socket in the file system
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def test_the_hook_sees_what_goes_out(record: Path) -> None:
    before = record.read_text("utf-8") if record.is_file() else ""
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"  # sends nothing
    subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert foreign(reported(record)) == [("socket.connect", "192.0.2.1")]
    record.write_text(before, "utf-8")


def test_no_command_connects_to_another_machine(record: Path, matcher: Matcher, tmp_path: Path) -> None:  # noqa: ARG001
    table, cases = tmp_path / "ein.csv", tmp_path / "satz.jsonl"
    table.write_text(f"id;text\n1;{CYCLING}\n", "utf-8")
    lines = (CHECKOUT / "data/labelled/neumuenster.jsonl").read_text("utf-8").splitlines()
    cases.write_text("\n".join([line for line in lines if '"split": "test"' in line][:3]), "utf-8")
    for arguments in (
        ["match", CYCLING],
        ["batch", str(table), "--output", str(tmp_path / "aus.xlsx")],
        ["goals"],
        ["eval", "--set", str(cases), "--split", "test"],
        ["doctor"],
    ):
        done = subprocess.run([sys.executable, "-m", "app", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode in ((0, 2) if arguments == ["doctor"] else (0,)), done.stderr
    events = reported(record)
    assert len([name for name, _ in events if name == "started"]) >= 5
    assert foreign(events) == []


@pytest.mark.slow
@pytest.mark.browser
def test_a_served_page_its_answers_and_its_uploads_stay_on_the_machine(
    record: Path, visit: Visit, tmp_path: Path
) -> None:
    page = visit.open()
    document, table = tmp_path / "antrag.txt", tmp_path / "projekte.csv"
    document.write_text("Lastenräder zum Ausleihen", "utf-8")
    page.set_input_files("input[type=file]", document)
    page.wait_for_selector("#antwort .karte")
    assert page.input_value("#text textarea").startswith("Lastenräder")
    visit.ask(CYCLING)
    table.write_text(f"id;text\n1;{CYCLING}\n", "utf-8")
    page = visit.open("stapel")
    page.set_input_files("input[type=file]", table)
    page.wait_for_selector("text=Geöffnet: projekte.csv")
    page.click("#zuordnen")
    page.wait_for_selector(".durchsicht details")
    for path in ("assistent", "entscheidungen", "katalog", "hilfe"):
        visit.open(path)
    assert foreign(reported(record)) == []


@pytest.mark.parametrize("said", [None, "0"], ids=["unsaid", "allowed"])
def test_the_runtime_of_the_model_keeps_no_id_and_no_events_to_send(
    tmp_path: Path,
    matcher: Matcher,  # noqa: ARG001 - the index is built
    said: str | None,
) -> None:
    """It is no Python: the hook does not hear it. What it would send it first writes into these folders."""
    places = {name: str(tmp_path / name) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    for place in places.values():
        Path(place).mkdir()
    quiet = ("CI", "ORT_RUNNING_UNIT_TESTS", "ORT_DISABLE_TELEMETRY", "GITHUB_ACTIONS")  # silence it by themselves
    environment = {name: value for name, value in os.environ.items() if name not in quiet} | places
    if said is not None:
        environment["ORT_DISABLE_TELEMETRY"] = said
    command = [sys.executable, "-m", "app", "match", CYCLING]
    subprocess.run(command, cwd=CHECKOUT, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
