"""The web server: pages and API behind security headers and limits, on a socket that is taken before the work starts."""

from __future__ import annotations

import asyncio
import logging
import socket
import warnings
from collections.abc import Sequence
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import Response
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

from app.access.accounts import Accounts
from app.access.forwarded import Forwarded, GivenOnce
from app.access.gate import Gate
from app.access.private import Owners, Private
from app.access.rules import Rules, rules_of
from app.access.sign_in import add_sign_in
from app.access.throttle import Throttle
from app.address import allowed_hosts
from app.api import Function, optional, public_functions
from app.desk import MEGA, Desk
from app.guard import BodyLimit, GermanPage, MissingPage, OptionalArguments, SecurityHeaders, WholeCharacters
from app.logs import RequestLog, to_json_lines
from app.page.colours import palette
from app.page.plain import missing_html
from app.page.site import build_site
from app.page.theme import ICON, SCRIPT_PATH, page_css, page_head, page_script, page_theme
from app.reports import reports
from app.tools import PATH, ToolServer
from app.waiting import WaitingRoom
from data.errors import UserError

GRACE = 2  # seconds for requests under way when the server is told to stop


def build_app(
    desk: Desk, host: str = "127.0.0.1", accounts: Accounts | None = None, throttle: Throttle | None = None
) -> FastAPI:
    """The application: `/health`, the pages at `/`, and what guards them; where a sign-in is required, with its accounts.

    Raises:
        UserError: settings of the sign-in or the proxy that make no sense.
    """
    colours = palette(desk.settings.colour)
    rules, owners = rules_of(desk.settings, host), Owners()
    if rules.required and accounts is None:
        raise UserError(f"Unter der Adresse {host} und mit diesen Einstellungen geht es nicht ohne Anmeldung.")
    settings = desk.settings
    functions, most = public_functions(desk), 4 * settings.max_text_characters + 100_000
    tools = ToolServer(functions, most)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=tools.running)

    @app.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "bereit", "catalogue": desk.catalogue.name, "model": desk.matcher.encoder.name}

    @app.get(f"/{SCRIPT_PATH}")
    def script() -> Response:
        return Response(page_script(), media_type="text/javascript")

    if accounts is not None:
        add_sign_in(app, accounts, rules, desk.catalogue.title, throttle or Throttle(), colours)
    app.include_router(reports(desk.measurements))
    for path in (PATH, f"{PATH}/"):
        app.router.routes.append(Route(path, endpoint=tools))
    _mount(app, desk, functions, rules, owners, colours)
    # The last one added is the first to see a request.
    app.add_middleware(GermanPage)
    app.add_middleware(OptionalArguments, defaults={function.name: optional(function) for function in functions})
    app.add_middleware(WholeCharacters)
    app.add_middleware(WaitingRoom, turns=desk.turns)
    app.add_middleware(Private, owners=owners)
    app.add_middleware(Gate, people=accounts, proxy_role=rules.proxy_role)
    app.add_middleware(
        BodyLimit,
        most=most,
        most_upload=settings.max_upload_mb * MEGA + 10_000,
    )
    app.add_middleware(GivenOnce, prefix=rules.prefix)
    app.add_middleware(MissingPage, page=missing_html(desk.catalogue.title, f"{rules.prefix}/", colours))
    app.add_middleware(
        TrustedHostMiddleware, allowed_hosts=allowed_hosts(host, settings.host_names), www_redirect=False
    )
    app.add_middleware(SecurityHeaders)
    if settings.log_json:
        app.add_middleware(RequestLog)
    app.add_middleware(Forwarded, rules=rules)
    return app


def _mount(app: FastAPI, desk: Desk, functions: Sequence[Function], rules: Rules, owners: Owners, colours: str) -> None:
    """The pages at the root; what Gradio would offer beyond them is off."""
    with warnings.catch_warnings():  # Gradio warns that several pages exclude what ssr_mode=False excludes already
        warnings.simplefilter("ignore", UserWarning)
        site = build_site(desk, owners, functions)
        gr.mount_gradio_app(
            app,
            site,
            path="/",
            root_path=rules.prefix or None,
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=desk.settings.max_upload_mb * MEGA,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            favicon_path=str(ICON),
            theme=page_theme(),
            css=page_css(colours),
            head=page_head(),
        )
    owners.share(site.config)


class _NoShutdownNoise(logging.Filter):
    """Drops what uvicorn says about streams to open browser tabs that it cuts off when it is told to stop."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, asyncio.CancelledError) and "timeout graceful shutdown" not in record.getMessage()


def serve(app: FastAPI, taken: socket.socket, log_json: bool = False) -> None:
    """Serve until a signal ends it; with `log_json` what there is to log goes to standard error as JSON lines."""
    if log_json:
        to_json_lines()
    config = uvicorn.Config(
        app,
        log_config=None if log_json else uvicorn.config.LOGGING_CONFIG,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        proxy_headers=False,  # app.access.forwarded reads them, and believes only whom the settings name
        server_header=False,
        lifespan="on",
    )
    logging.getLogger("uvicorn.error").addFilter(_NoShutdownNoise())
    uvicorn.Server(config).run(sockets=[taken])
