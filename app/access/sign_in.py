"""Signing in and out: the routes behind the form."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.access.accounts import Accounts
from app.access.gate import COOKIE, NO_DATABASE, SIGN_IN, SIGN_OUT, STYLE
from app.access.rules import Rules
from app.access.throttle import Throttle
from app.logs import log_event, log_fault
from app.page.plain import plain_style
from app.page.sign_in import sign_in_html
from data.errors import UserError

WRONG = "Name oder Kennwort stimmt nicht, oder das Konto ist gesperrt."


def add_sign_in(app: FastAPI, accounts: Accounts, rules: Rules, city: str, slowed: Throttle, colours: str = "") -> None:
    """Add the sign-in page, its style sheet, and what its form and the button «Abmelden» send to."""

    @app.get(STYLE)
    def style() -> Response:
        return Response(plain_style(colours), media_type="text/css")

    @app.get(SIGN_IN)
    def page(request: Request, weiter: str = "/") -> Response:
        if getattr(request.state, "person", None):
            return _to(rules, weiter)
        return HTMLResponse(sign_in_html(city, own_path(weiter)))

    @app.post(SIGN_IN)
    def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        kennwort: Annotated[str, Form()] = "",
        weiter: Annotated[str, Form()] = "/",
    ) -> Response:
        given, address = name.strip()[:256], request.client.host if request.client else ""
        wait = slowed.attempt(accounts.folded(given), address)
        if wait > 0:
            log_event("sign_in", outcome="slowed", address=address)
            told = f"Zu viele Fehlversuche. Bitte in {waiting(wait)} noch einmal versuchen."
            after = {"Retry-After": str(math.ceil(wait))}
            return HTMLResponse(sign_in_html(city, own_path(weiter), given, told), 429, after)
        try:
            account = accounts.checked(given, kennwort)
            token = accounts.open_session(account) if account else ""
            accounts.close_session(request.cookies.get(COOKIE, ""))  # a session from before is never taken over
        except UserError as error:
            log_fault(error)
            return HTMLResponse(sign_in_html(city, own_path(weiter), given, NO_DATABASE), 503)
        if account is None:
            log_event("sign_in", outcome="refused", address=address)
            return HTMLResponse(sign_in_html(city, own_path(weiter), given, WRONG), 401)
        slowed.succeeded(accounts.folded(given), address)
        log_event("sign_in", outcome="done", account=account.name, address=address)
        answer = _to(rules, weiter)
        answer.set_cookie(
            COOKIE,
            token,
            path=rules.prefix or "/",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    @app.post(SIGN_OUT)
    def sign_out(request: Request) -> Response:
        accounts.close_session(request.cookies.get(COOKIE, ""))
        answer = _to(rules, SIGN_IN)
        answer.delete_cookie(COOKIE, path=rules.prefix or "/")
        return answer


def own_path(wanted: str) -> str:
    """The path to go on to, if it is one of this server; else the first page."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if plain and "\\" not in wanted else "/"


def waiting(seconds: float) -> str:
    """``einer Sekunde``, ``30 Sekunden``, ``3 Minuten``."""
    whole = math.ceil(seconds)
    if whole == 1:
        return "einer Sekunde"
    return f"{whole} Sekunden" if whole < 120 else f"{math.ceil(whole / 60)} Minuten"


def _to(rules: Rules, path: str) -> RedirectResponse:
    return RedirectResponse(rules.prefix + own_path(path), 303)
