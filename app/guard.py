"""What stands before the pages: security headers, a limit on request bodies, and German in the bare HTML."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from anyio.to_thread import run_sync
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# `{script}` is the nonce of a page: only scripts the server itself wrote into it may run, no inline event handlers.
POLICY = (
    "default-src 'self'; script-src 'self'{script}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY.format(script=""),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers send «Origin: null» with our own forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
_FOREIGN_META = re.compile(rb"<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*>")
_MANIFEST = re.compile(rb"<link\s+rel=\"manifest\"[^>]*>")
_ICON_LINK = (
    b'<link rel="icon" href="./favicon.ico">'  # without one browsers ask the root of the host, outside of our path
)
_CALL = re.compile(r"/gradio_api/(?:run|api|call)/(\w+)/?$")
_SUSPECT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
# An escape in JSON: a whole pair of surrogates, what is no character (group 1), or any other.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}|u0000)|.)",
    re.DOTALL,
)
_SCRIPT = re.compile(rb"<script(?=[\s>])")


class SecurityHeaders:
    """Adds the headers of HEADERS to every answer; pages are not kept in caches."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(("/assets/", "/static/")):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, sent if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses a request whose body is larger than `most` bytes (`most_upload` for files), before it is read."""

    def __init__(self, app: ASGIApp, most: int, most_upload: int) -> None:
        self.app, self.most, self.most_upload = app, most, most_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length")
        limit = self.most_upload if scope["path"].endswith("/upload") else self.most
        if length is None or not length.isdecimal():
            await refuse(send, 411, "Die Anfrage nennt ihre Länge nicht.")
        elif int(length) > limit:
            await refuse(send, 413, f"Die Anfrage ist zu groß; erlaubt sind {limit // 1_000_000} MB.")
        else:
            await self.app(scope, receive, send)


async def refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"error": sentence}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class GermanPage:
    """Rewrites the bare HTML: it is German, has our icon, its scripts carry a nonce, and it advertises nothing to social networks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            send = _Rewriting(send)
        await self.app(scope, receive, send)


class _Rewriting:
    """Holds back an HTML answer until it is whole, and rewrites it; lets everything else through."""

    def __init__(self, send: Send) -> None:
        self._send, self._body = send, b""
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and "text/html" in Headers(raw=message["headers"]).get(
            "content-type", ""
        ):
            self._start = message
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)
        else:
            await self._send(message)

    async def _finish(self, start: Message) -> None:
        nonce = secrets.token_urlsafe(16)
        body = _FOREIGN_META.sub(b"", self._body).replace(b'lang="en"', b'lang="de"', 1)
        body = _MANIFEST.sub(_ICON_LINK, body)
        body = _SCRIPT.sub(b'<script nonce="%s"' % nonce.encode(), body)
        headers = MutableHeaders(scope=start)
        headers["content-length"] = str(len(body))
        headers["Content-Security-Policy"] = POLICY.format(script=f" 'nonce-{nonce}'")
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


class MissingPage:
    """A browser that asks for a page there is none of gets `page`, HTML; what programs ask for is answered as before."""

    def __init__(self, app: ASGIApp, page: str) -> None:
        self.app, self._page = app, page.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reads = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if not reads or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        missing = False

        async def sent(message: Message) -> None:
            nonlocal missing
            if message["type"] == "http.response.start" and message["status"] == 404:
                missing = True
                headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(self._page))]
                await send({**message, "headers": headers})
                await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self._page})
            elif not missing:
                await send(message)

        await self.app(scope, receive, sent)


class WholeCharacters:
    """Replaces in JSON what is no character to a database or an answer, NUL and halves of surrogate pairs, by U+FFFD.

    Positions in the text stay as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        posted = scope["type"] == "http" and scope["method"] == "POST"
        if posted and "json" in Headers(scope=scope).get("content-type", ""):
            body = await whole_body(receive)
            if _SUSPECT.search(body):
                body = await run_sync(_whole, body)
                MutableHeaders(scope=scope)["content-length"] = str(len(body))
            receive = replayed(body, receive)
        await self.app(scope, receive, send)


def _whole(body: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body)


class OptionalArguments:
    """Lets a plain HTTP call leave the last arguments out, as an endpoint's defaults promise; Gradio insists on all inputs.

    `defaults` are for each endpoint by name: how many arguments are needed, and the values of the others in order.
    """

    def __init__(self, app: ASGIApp, defaults: Mapping[str, tuple[int, Sequence[Any]]]) -> None:
        self.app, self.defaults = app, defaults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        called = _CALL.search(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if called is not None and called[1] in self.defaults:
            body = _completed(await whole_body(receive), *self.defaults[called[1]])
            MutableHeaders(scope=scope)["content-length"] = str(len(body))
            receive = replayed(body, receive)
        await self.app(scope, receive, send)


async def whole_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _completed(body: bytes, needed: int, others: Sequence[Any]) -> bytes:
    try:
        call = json.loads(body)
        if isinstance(call, dict) and needed <= len(call["data"]) < needed + len(others):
            call["data"] = [*call["data"], *others[len(call["data"]) - needed :]]
            return json.dumps(call).encode()
    except (ValueError, KeyError, TypeError, RecursionError):  # not for us to judge: Gradio answers it
        pass
    return body


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once and then whatever follows, such as the disconnect."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
