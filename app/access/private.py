"""Keeps what belongs to one person from another: uploads, result files, and the state of an open page.

Gradio tells apart neither files nor sessions by person: who knows a path or the random name of a session could use it.
Here each belongs to the first person who is seen with it, and only to that one.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import gradio as gr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.person import Person, person_of
from app.guard import refuse, replayed, whole_body

MOST_KEPT = 50_000
_FILE = re.compile(r"/gradio_api/file[=/](.+)", re.DOTALL)
_NAMED = re.compile(r"/gradio_api/(?:heartbeat|call/(?:v2/)?[^/]+)/([^/]+)/?")
_GIVES = re.compile(r"/gradio_api/(?:upload|queue/join|call/(?:v2/)?[^/]+)/?")
_NOT_YOURS = "Diese Datei oder Sitzung gehört einer anderen Person oder ist nicht mehr vorhanden."
_OWNER: ContextVar[Person | None] = ContextVar("owner", default=None)


class Owners:
    """Whose each file and each session is; the oldest are forgotten, and then belong to nobody."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, set[str]] = OrderedDict()
        self._sessions: OrderedDict[str, str] = OrderedDict()
        self._shared: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def give(self, path: str, person: Person) -> None:
        """The person may read the file; two who upload the same file share it without knowing."""
        with self._lock:
            self._files.setdefault(_real(path), set()).add(person.name)
            self._files.move_to_end(_real(path))
            if len(self._files) > MOST_KEPT:
                self._files.popitem(last=False)

    def share(self, config: Any) -> None:
        """The files that the pages themselves show are for everybody who may see the pages."""
        self._shared = frozenset(_real(path) for path in file_paths(config))

    def may_read(self, path: str, person: Person) -> bool:
        with self._lock:
            return _real(path) in self._shared or person.name in self._files.get(_real(path), ())

    def claim(self, session: str, person: Person) -> bool:
        """Whether the session is the person's; one that was nobody's becomes so."""
        with self._lock:
            owner = self._sessions.setdefault(session, person.name)
            self._sessions.move_to_end(session)
            if len(self._sessions) > MOST_KEPT:
                self._sessions.popitem(last=False)
            return owner == person.name


def _real(path: str) -> str:
    return os.path.realpath(path)


class PrivateBlocks(gr.Blocks):
    """Blocks that take no file and no session from a person whose it is not."""

    def __init__(self, owners: Owners, **options: Any) -> None:
        super().__init__(**options)
        self.owners = owners

    async def process_api(self, *given: Any, **named: Any) -> dict[str, Any]:
        request = named.get("request")
        person = person_of(request[0] if isinstance(request, list) else request)
        session = named.get("session_hash")
        if session and not self.owners.claim(session, person):
            raise gr.Error(_NOT_YOURS, print_exception=False, title="Zugriff")
        token = _OWNER.set(person)
        try:
            return await super().process_api(*given, **named)
        finally:
            _OWNER.reset(token)

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *given: Any, **named: Any) -> Any:
        person = _OWNER.get()
        if person is not None and not all(self.owners.may_read(path, person) for path in file_paths(inputs)):
            raise gr.Error(_NOT_YOURS, print_exception=False, title="Zugriff")
        return await super().preprocess_data(block_fn, inputs, *given, **named)

    async def postprocess_data(self, *given: Any, **named: Any) -> Any:
        data = await super().postprocess_data(*given, **named)
        person = _OWNER.get()
        if person is not None:
            for path in file_paths(data):
                self.owners.give(path, person)
        return data


def file_paths(value: Any) -> Iterator[str]:
    """The paths of all files in the data of a call: Gradio describes a file by an object with a `path`."""
    if isinstance(value, dict):
        if isinstance(path := value.get("path"), str):
            yield path
        for part in value.values():
            yield from file_paths(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from file_paths(part)


class Private:
    """The same for what does not go through Blocks: uploads, downloads, streams of answers, and cancelling."""

    def __init__(self, app: ASGIApp, owners: Owners) -> None:
        self.app, self.owners = app, owners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/gradio_api/"):
            await self.app(scope, receive, send)
            return
        person, path = scope["state"].get("person"), scope["path"]
        if path.rstrip("/") in ("/gradio_api/cancel", "/gradio_api/reset"):
            body = await whole_body(receive)
            receive = replayed(body, receive)
            allowed = all(self.owners.claim(name, person) for name in _sessions_in(body))
        else:
            allowed = self._allowed(scope, person)
        if not allowed:
            await refuse(send, 403, _NOT_YOURS)
            return
        if scope["method"] == "POST" and _GIVES.fullmatch(path):
            send = _Listening(send, self.owners, person)
        await self.app(scope, receive, send)

    def _allowed(self, scope: Scope, person: Person) -> bool:
        path = scope["path"]
        if found := _FILE.fullmatch(path):
            return self.owners.may_read(found[1], person)
        sessions = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])
        if scope["method"] == "GET" and (found := _NAMED.fullmatch(path)):
            sessions.append(found[1])
        return all(self.owners.claim(session, person) for session in sessions)


def _sessions_in(body: bytes) -> list[str]:
    """The session and event that a small JSON body names."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found = [given.get("session_hash"), given.get("event_id")] if isinstance(given, dict) else []
    return [name for name in found if isinstance(name, str)]


class _Listening:
    """Notes the paths of uploaded files and the names of events in Gradio's short JSON answers."""

    def __init__(self, send: Send, owners: Owners, person: Person) -> None:
        self._send, self._owners, self._person = send, owners, person
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                self._note()
        await self._send(message)

    def _note(self) -> None:
        try:
            answer = json.loads(self._body)
        except ValueError:
            return
        if isinstance(answer, list):
            for path in answer:
                self._owners.give(str(Path(path)), self._person)
        elif isinstance(answer, dict) and isinstance(answer.get("event_id"), str):
            self._owners.claim(answer["event_id"], self._person)
