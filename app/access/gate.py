"""Lets a request in or not: who is behind it, whether a foreign page sent it, and what it may reach."""

from __future__ import annotations

import json
import re
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.person import Person, desk_person
from app.logs import log_fault
from data.errors import UserError

COOKIE = "isek-sitzung"
SIGN_IN, SIGN_OUT, STYLE = "/anmelden", "/abmelden", "/anmelden.css"
OPEN = ("/health", SIGN_IN, SIGN_OUT, STYLE, "/favicon.ico")
SAFE = ("GET", "HEAD", "OPTIONS")
NO_DATABASE = "Die Datenbank der Konten ist gerade nicht zu erreichen; bitte gleich noch einmal versuchen."
# What Gradio offers and these pages use; everything else of it is closed.
_USED = re.compile(
    r"/gradio_api/(info|openapi\.json|upload|upload_progress|queue/(join|data|status)|cancel|reset|startup-events|"
    r"theme\.css|heartbeat/[^/]+|(run|api)/[^/]+|call/(v2/)?[^/]+(/[^/]+)?|file=.+|mcp(/.*)?)/?",
    re.DOTALL,
)
_CLOSED = re.compile(r"/(gradio_api|login|logout|monitoring|svelte|manifest\.json|pwa_icon)(/.*)?", re.DOTALL)
_CORS = [
    f"access-control-{name}"
    for name in ("allow-origin", "allow-credentials", "allow-headers", "allow-methods", "max-age")
]


class People(Protocol):
    """Who there is: what the gate asks of the accounts."""

    def person_of_session(self, token: str) -> Person | None: ...
    def person_of_key(self, token: str) -> Person | None: ...
    def person_of_proxy(self, name: str, role: str) -> Person | None: ...


class Refused(Exception):
    """A request that goes no further, with its status and one German sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Gate:
    """Puts the person into the state of each request, or answers it itself: sign-in page, 401, 403 or 404.

    `people` are those who can sign in; None means that this is a single desk, where nobody has to.

    In the state: `person`, and `session`, which is whether the person came by a cookie and can sign out here.
    """

    def __init__(self, app: ASGIApp, people: People | None, proxy_role: str) -> None:
        self.app, self.people, self.proxy_role = app, people, proxy_role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            try:
                await self._admit(Request(scope))
            except Refused as refused:
                await _answer(scope, send, refused)
            else:
                await self.app(scope, receive, _without_cors(send))

    async def _admit(self, request: Request) -> None:
        """Find the person; raises Refused."""
        scope = request.scope
        scope["query_string"] = _without_deep_link(scope["query_string"])
        scope["state"].pop("person", None)
        path = scope["path"]
        if _CLOSED.fullmatch(path) and not _USED.fullmatch(path):
            raise Refused(404, "Diese Adresse gibt es hier nicht.")
        try:
            person, ambient = await run_in_threadpool(self._person, request)
        except UserError as error:
            log_fault(error)
            raise Refused(503, NO_DATABASE) from error
        if ambient and request.method not in SAFE and not same_origin(request):
            raise Refused(403, "Die Anfrage kommt von einer fremden Seite und wird nicht ausgeführt.")
        if person is not None:
            scope["state"]["person"] = person
        elif path not in OPEN:
            raise Refused(401, _how_to_sign_in(request))

    def _person(self, request: Request) -> tuple[Person | None, bool]:
        """The person, and whether a browser sends what shows it by itself (then a foreign page could make it do so)."""
        state = request.scope["state"]
        state["session"] = False
        if self.people is None:
            if state["forwarded"]:
                raise Refused(403, _BEHIND_PROXY)
            return desk_person(), True
        if named := [name for name in state["proxy_user"] if name.strip()]:  # it may bring a token of its own as well
            return _named_by_proxy(self.people, named, self.proxy_role), True
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self.people.person_of_key(token.strip()), False
        person = self.people.person_of_session(request.cookies.get(COOKIE, ""))
        state["session"] = person is not None
        return person, True


def _named_by_proxy(people: People, named: list[str], role: str) -> Person:
    name = _readable(named[0]).strip()
    if len(named) > 1 or not name.isprintable() or len(name) > 100:
        raise Refused(400, "Der Proxy nennt keinen eindeutigen Namen; bitte der Verwaltung des Servers melden.")
    person = people.person_of_proxy(name, role)
    if person is None:
        raise Refused(403, "Dieses Konto ist gesperrt.")
    return person


_BEHIND_PROXY = (
    "Diese Anfrage kommt über einen Proxy, der Server ist aber für einen einzelnen Arbeitsplatz ohne Anmeldung gestartet. "
    "Bitte in settings.yaml «trusted_proxies» setzen (und «root_path», «host_names», wo nötig) und ein Konto anlegen."
)


def same_origin(request: Request) -> bool:
    """Whether the request came from one of our own pages, or from no page at all, as far as the browser says.

    `Sec-Fetch-Site` is what browsers send to https and loopback addresses, `Origin` what they send with any POST from
    another origin. A program that is no browser sends neither.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _how_to_sign_in(request: Request) -> str:
    if request.headers.get("authorization"):
        return "Der Zugangsschlüssel gilt nicht (mehr); «isek user token NAME» stellt einen neuen aus."
    return (
        "Bitte anmelden. Programme senden einen Zugangsschlüssel: Authorization: Bearer …; "
        "«isek user token NAME» stellt ihn aus."
    )


async def _answer(scope: Scope, send: Send, refused: Refused) -> None:
    """A browser that wants a page is sent to sign in; everything else gets the sentence as JSON."""
    headers = Headers(scope=scope)
    body = json.dumps({"error": refused.sentence}, ensure_ascii=False).encode()
    wants_page = scope["method"] in ("GET", "HEAD") and "text/html" in headers.get("accept", "")
    if refused.status == 401 and wants_page and not scope["path"].startswith("/gradio_api/"):
        query = scope["query_string"].decode("latin-1")
        wanted = scope["path"] + ("?" + query if query else "")
        more = [(b"location", f"{SIGN_IN}?weiter={quote(wanted, safe='/')}".encode())]
        status, body = 303, b""
    else:
        more = [(b"www-authenticate", b'Bearer realm="isek"')] if refused.status == 401 else []
        status = refused.status
    given = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": given + more})
    await send({"type": "http.response.body", "body": body})


def _without_cors(send: Send) -> Send:
    """Gradio lets pages of foreign origins read its answers; ours are for our own pages alone."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name in _CORS:
                del headers[name]
        await send(message)

    return sent


def _without_deep_link(query: bytes) -> bytes:
    """Gradio would load the state of somebody's page from a file named there."""
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    kept = [(name, value) for name, value in given if name != "deep_link"]
    return query if len(kept) == len(given) else urlencode(kept).encode()


def _readable(value: str) -> str:
    """A header's value as UTF-8, which proxies send for names with umlauts."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
