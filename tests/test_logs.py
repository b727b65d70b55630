"""The log tells what happened and where, and nothing of what people typed."""

from __future__ import annotations

import io
import json
import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from page_fixtures import start_server

from app.logs import fault_of, log_event, log_fault, shown_path, to_json_lines

SECRET = "Antrag von Erika Mustermann"


def fault() -> Exception:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        return error


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """JSON lines into memory; the loggers are as before afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("isek")
    before = root.handlers[:], root.level, ours.level
    stream = io.StringIO()
    to_json_lines(stream)
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    ours.setLevel(before[2])


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/gradio_api/run/match", "/gradio_api/run/match"),
        ("/gradio_api/file=/srv/uploads/Mustermann.pdf", "/gradio_api/file…"),
        ("/gradio_api/call/match/0123456789abcdef0123", "/gradio_api/call/match/…"),
        ("/entscheidungen", "/entscheidungen"),
    ],
)
def test_a_path_is_shown_without_names_of_files_and_sessions(path: str, shown: str) -> None:
    assert shown_path(path) == shown


def test_a_fault_tells_type_and_place_but_not_its_message() -> None:
    told = fault_of(fault())
    assert told["type"] == "ValueError" and told["where"][0].startswith("tests/test_logs.py:")
    assert SECRET not in json.dumps(told)


def test_our_events_and_those_of_libraries_are_json_lines(lines: io.StringIO) -> None:
    log_event("request", path="/", status=200)
    log_fault(fault())
    logging.getLogger("library").warning("could not read %s", SECRET)
    request, told, library = map(json.loads, lines.getvalue().splitlines())
    assert (request["event"], request["status"], request["level"]) == ("request", 200, "info")
    assert (told["event"], told["type"], told["level"]) == ("fault", "ValueError", "error")
    assert library["text"] == "could not read %s" and SECRET not in lines.getvalue()


def test_without_json_a_fault_is_one_line_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    log_fault(fault())
    told = capsys.readouterr().err
    assert told.startswith("Fehler im Programm: ValueError in tests/test_logs.py:") and told.count("\n") == 1
    assert SECRET not in told


@pytest.mark.slow
def test_the_server_logs_requests_without_their_texts(
    site: str,  # noqa: ARG001 - the index is built
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("log_json: true\n", "utf-8")
    monkeypatch.setenv("ISEK_SETTINGS", str(settings))
    server = start_server(tmp_path)
    httpx.post(f"{server.address}/gradio_api/run/match?{SECRET}", json={"data": [SECRET, []]}, timeout=30)
    server.stop(signal.SIGTERM)
    log = server.log.read_text("utf-8")
    told = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    request = next(line for line in told if line["event"] == "request" and line["method"] == "POST")
    assert (request["path"], request["status"]) == ("/gradio_api/run/match", 200) and request["ms"] > 0
    assert SECRET not in log and "Mustermann" not in log
