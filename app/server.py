"""The web server: pages and API behind security headers and limits, on a socket that is taken before the work starts."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app.desk import Desk
from app.guard import BodyLimit, GermanPage, SecurityHeaders
from app.page.site import build_site
from app.page.theme import CSS, ICON, SCRIPT, SCRIPT_PATH, page_head, page_theme
from data.errors import UserError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
GRACE = 3  # seconds for requests under way when the server is told to stop


def build_app(desk: Desk, host: str = "127.0.0.1") -> FastAPI:
    """The application: `/health`, the pages at `/`, and what guards them."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "bereit", "catalogue": desk.catalogue.name, "model": desk.matcher.encoder.name}

    @app.get(f"/{SCRIPT_PATH}")
    def script() -> FileResponse:
        return FileResponse(SCRIPT, media_type="text/javascript")

    settings = desk.settings
    gr.mount_gradio_app(
        app,
        build_site(desk),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=settings.max_upload_mb * 1_000_000,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        favicon_path=str(ICON),
        theme=page_theme(),
        css_paths=CSS,
        head=page_head(),
    )
    # The last one added is the first to see a request.
    app.add_middleware(GermanPage)
    app.add_middleware(
        BodyLimit,
        most=4 * settings.max_text_characters + 100_000,
        most_upload=settings.max_upload_mb * 1_000_000 + 10_000,
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts(host), www_redirect=False)
    app.add_middleware(SecurityHeaders)
    return app


def allowed_hosts(host: str) -> list[str]:
    """Names a browser may use for this server: on loopback only its own, so that no foreign page can pose as it."""
    if host == "localhost":
        return list(LOOPBACK)
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    return [*LOOPBACK, host] if loopback else ["*"]


def take_port(host: str, port: int) -> socket.socket:
    """A socket bound to the address; it listens only when the server starts.

    Raises:
        UserError: port in use, forbidden or out of range, or an address that is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"Auf {host}:{port} lässt sich kein Dienst starten ({reason}); bitte mit --port oder PORT= einen anderen Port wählen."
        ) from error
    return taken


def serve(app: FastAPI, taken: socket.socket) -> None:
    """Serve until a signal ends it."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE, server_header=False, lifespan="on"
    )
    uvicorn.Server(config).run(sockets=[taken])
