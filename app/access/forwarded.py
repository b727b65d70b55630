"""What a reverse proxy says about a request: believed from trusted proxies, taken out in any other case."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.rules import Rules

PROXY_HEADERS = (
    *(f"x-forwarded-{name}" for name in ("for", "host", "proto", "port", "prefix", "server")),
    *("x-real-ip", "forwarded", "x-gradio-server"),
)
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


class Forwarded:
    """Brings each request into the form it would have without a proxy: scheme, host, client address, and no sub-path.

    A path is taken with the prefix of the rules or without it, for a proxy may strip it or leave it; redirects get it.
    In the state of the request: `proxy_user` (the names a trusted proxy gave) and `forwarded` (by a proxy not trusted).
    """

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self.app, self.rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        headers = Headers(scope=scope)
        peer = (scope.get("client") or ("", 0))[0]
        trusted = self.rules.trusts(peer)
        state["proxy_user"] = headers.getlist(self.rules.user_header) if trusted and self.rules.user_header else []
        state["forwarded"] = not trusted and any(name in headers for name in PROXY_HEADERS)
        if trusted:
            _believe(scope, headers, self.rules)
        _forget(scope, (*PROXY_HEADERS, self.rules.user_header))
        prefix = self.rules.prefix
        if prefix:
            _strip(scope, prefix)
            send = _Prefixing(send, prefix, Headers(scope=scope).get("host", ""))
        await self.app(scope, receive, send)


class GivenOnce:
    """Answers 404 to a path that has the prefix twice: what routes the request would strip it again, behind the gate's back."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and self.prefix and _below(scope["path"], self.prefix):
            await PlainTextResponse("Diese Seite gibt es nicht.", 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _believe(scope: Scope, headers: Headers, rules: Rules) -> None:
    """Scheme, host and client as the proxy saw them."""
    scheme = headers.get("x-forwarded-proto", "").split(",")[0].strip()
    if scheme in ("http", "https"):
        scope["scheme"] = scheme
    host = headers.get("x-forwarded-host", "").split(",")[0].strip()
    if _HOST.fullmatch(host):
        MutableHeaders(scope=scope)["host"] = host
    came_through = [part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]
    others = [address for address in came_through if not rules.trusts(address)]
    if others:  # the last one is what a trusted proxy saw; those before it anybody can write
        scope["client"] = (others[-1], 0)


def _forget(scope: Scope, names: tuple[str, ...]) -> None:
    gone = {name.encode("latin-1") for name in names if name}
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() not in gone]


def _strip(scope: Scope, prefix: str) -> None:
    path: str = scope["path"]
    if _below(path, prefix):
        scope["path"] = path[len(prefix) :] or "/"
        raw: bytes = scope.get("raw_path") or b""
        if raw.startswith(prefix.encode()):
            scope["raw_path"] = raw[len(prefix) :] or b"/"


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix + "/")


class _Prefixing:
    """Puts the prefix before the path of a redirect within this server."""

    def __init__(self, send: Send, prefix: str, host: str) -> None:
        self._send, self._prefix, self._host = send, prefix, host

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            place = headers.get("location")
            if place is not None:
                headers["location"] = self._prefixed(place)
        await self._send(message)

    def _prefixed(self, place: str) -> str:
        parts: Any = urlsplit(place)
        ours = not parts.netloc or parts.netloc == self._host
        if not ours or not parts.path.startswith("/") or (parts.path + "/").startswith(self._prefix + "/"):
            return place
        return str(parts._replace(path=self._prefix + parts.path).geturl())
