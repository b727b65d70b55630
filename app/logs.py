"""What the server writes about its work: one JSON object a line, with nothing that people typed or uploaded."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import CHECKOUT

_QUIET = ("/assets/", "/static/", "/svelte/", "/theme.css")  # a page asks for dozens of these
_GIVEN = re.compile(r"=.*$|(?<=/)[^/]{16,}(?=/|$)")  # file names after `file=`, and ids of events and sessions


def shown_path(path: str) -> str:
    """The path of a request without what could name a person, a file or a session: ``/gradio_api/file=…``."""
    return _GIVEN.sub("…", path)


def fault_of(error: BaseException) -> dict[str, Any]:
    """Type and places of an exception; its message is left out, for it may quote what somebody typed."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "type": type(error).__name__,
        "where": [f"{_place(frame.filename)}:{frame.lineno}" for frame in frames[-8:]],
    }


def _place(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(CHECKOUT) and "site-packages" not in path.parts:
        return path.relative_to(CHECKOUT).as_posix()
    return "/".join(path.parts[-2:])


class JsonLines(logging.Formatter):
    """Log records as JSON lines: ``{"time": …, "level": …, "event": …}`` and the fields of the event.

    A record without an event is some library's: its logger, its message template without the values, and the place of its
    fault.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **(
                getattr(record, "fields", None)
                or {"event": "library", "logger": record.name, "text": str(record.msg)[:200]}
            ),
        }
        if record.exc_info and record.exc_info[1]:
            line |= fault_of(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def to_json_lines(stream: TextIO | None = None) -> None:
    """From now on everything that is logged in this process goes to standard error as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    _LOG.setLevel(logging.INFO)


_LOG = logging.getLogger("isek")


def log_event(event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Log one event of ours; heard only after `to_json_lines`."""
    _LOG.log(level, event, extra={"fields": {"event": event, **fields}})


def log_fault(error: BaseException) -> None:
    """Log a fault of the program: always heard, as JSON or, without `to_json_lines`, as one line of text."""
    fault = fault_of(error)
    if _LOG.isEnabledFor(logging.INFO):
        log_event("fault", logging.ERROR, **fault)
    else:
        print(f"Fehler im Programm: {fault['type']} in {' < '.join(reversed(fault['where']))}", file=sys.stderr)


class RequestLog:
    """Logs each finished request: method, path, status and milliseconds until the answer was complete."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_QUIET):
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            took = round(1000 * (time.perf_counter() - begun), 1)
            log_event("request", method=scope["method"], path=shown_path(scope["path"]), status=status, ms=took)
