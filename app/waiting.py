"""The waiting room: beyond a number of answers under way, a further one is refused at once, in German.

Without it everybody waits longer the more there are, until browsers and proxies give up, and the work done for those
who have gone is lost. Gradio's page shows nothing of a refused request, so pages are refused where they are answered
(`Turns`), and callers of the API before anything is done for them, with the status and header HTTP has for it.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from starlette.types import ASGIApp, Receive, Scope, Send

from data.errors import UserError

BUSY = "Gerade sind zu viele Anfragen auf einmal unterwegs; bitte in einigen Sekunden noch einmal versuchen."
RETRY_AFTER = 3  # seconds
_API = re.compile(r"/gradio_api/(?:run|api|call)/(?:match|batch|decide)/?$")  # those that compute an answer


class BusyError(UserError):
    """Too many answers are under way."""


class Turns:
    """Lets `at_once` threads work, on long work one less, and `most_waiting` wait for their turn, in the order they came."""

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self.most = at_once + most_waiting
        self._turn, self._count, self._inside = _InOrder(at_once), threading.Lock(), 0
        self._long = _InOrder(max(1, at_once - 1))

    @property
    def full(self) -> bool:
        """Whether a further one would be refused."""
        return self._inside >= self.most

    @contextlib.contextmanager
    def turn(self, long: bool = False) -> Iterator[None]:
        """Wait for a turn, and have it while the block runs; `long` work always leaves a turn to the others.

        Raises:
            BusyError: as many as may are waiting already.
        """
        with self._place(), self._work(long):
            yield

    @contextlib.contextmanager
    def in_parts(self) -> Iterator[Callable[[], AbstractContextManager[None]]]:
        """A place for work of many parts; what is given makes the turn of each part, and others have theirs in between.

        Raises:
            BusyError: as many as may are waiting already; never for a later part.
        """
        with self._place():
            yield lambda: self._work(long=True)

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        with self._count:
            if self.full:
                raise BusyError(BUSY)
            self._inside += 1
        try:
            yield
        finally:
            with self._count:
                self._inside -= 1

    @contextlib.contextmanager
    def _work(self, long: bool) -> Iterator[None]:
        with self._long if long else contextlib.nullcontext(), self._turn:
            yield


class _InOrder:
    """A semaphore that is given to whoever has waited longest: with Python's own, who gives it back may take it again at once."""

    def __init__(self, free: int) -> None:
        self._free, self._lock, self._waiting = free, threading.Lock(), deque[threading.Event]()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Event()
            self._waiting.append(mine)
        mine.wait()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


class WaitingRoom:
    """Answers 503 to calls of the API that compute beyond what `turns` hold; everything else passes."""

    def __init__(self, app: ASGIApp, turns: Turns) -> None:
        self.app, self._turns, self._inside = app, turns, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not _API.search(scope["path"]):
            await self.app(scope, receive, send)
        elif self._inside >= self._turns.most or self._turns.full:
            await _turn_away(send)
        else:
            self._inside += 1
            try:
                await self.app(scope, receive, send)
            finally:
                self._inside -= 1


async def _turn_away(send: Send) -> None:
    body = json.dumps({"error": BUSY}, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(RETRY_AFTER).encode()),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
