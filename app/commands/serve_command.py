"""`isek serve`: the page in the browser."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import Any

from app.address import take_port, web_address
from app.commands.options import add_model, command, positive, settings_from
from app.leftovers import swept


def add_to(commands: Any) -> None:
    parser = command(commands, "serve", "Startet die Oberfläche im Browser.", run)
    parser.add_argument("--host", default="127.0.0.1", metavar="ADRESSE", help="Adresse (Standard: 127.0.0.1)")
    parser.add_argument("--port", type=positive, default=7860, metavar="PORT", help="Port (Standard: 7860)")
    add_model(parser)


def run(options: argparse.Namespace) -> None:
    from app.settings import isek_home

    signal.signal(signal.SIGTERM, _end)
    settings = settings_from(options)
    # Uploads wait in our own folder, not in the system's; gradio reads this once, when it is imported.
    uploads = isek_home() / "zwischenlager" / str(options.port)
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    with take_port(options.host, options.port) as taken, swept(uploads):
        from app.service import open_matcher, to_stderr

        to_stderr("ISEK-Zielfinder wird gestartet …")
        from app.desk import Desk
        from app.server import build_app, serve

        app = build_app(Desk(open_matcher(settings), settings), options.host)
        to_stderr(f"Bereit: {web_address(options.host, options.port)} (beenden mit Strg+C)")
        try:
            serve(app, taken, settings.log_json)
        except KeyboardInterrupt:  # uvicorn repeats the signal once everything is closed
            to_stderr("Beendet.")


def _end(*_: object) -> None:
    sys.exit(0)
