"""`isek serve`: the page in the browser."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from app.address import take_port, web_address
from app.commands.options import add_model, command, positive, settings_from
from app.leftovers import swept
from data.errors import UserError

if TYPE_CHECKING:
    from app.access.accounts import Accounts
    from app.settings import Settings


def add_to(commands: Any) -> None:
    parser = command(commands, "serve", "Startet die Oberfläche im Browser.", run)
    parser.add_argument("--host", default="127.0.0.1", metavar="ADRESSE", help="Adresse (Standard: 127.0.0.1)")
    parser.add_argument("--port", type=positive, default=7860, metavar="PORT", help="Port (Standard: 7860)")
    parser.add_argument("--root-path", metavar="PFAD", help="Pfad hinter einem Proxy, etwa /zielfinder")
    add_model(parser)


def run(options: argparse.Namespace) -> None:
    from app.settings import isek_home
    from app.stack_runs import sweep_runs

    signal.signal(signal.SIGTERM, _end)
    settings = settings_from(options).changed(root_path=options.root_path)
    accounts = _accounts(settings, options.host)
    # Uploads wait in our own folder, not in the system's; gradio reads this once, when it is imported.
    uploads = isek_home() / "zwischenlager" / str(options.port)
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    with take_port(options.host, options.port) as taken, swept(uploads, also=sweep_runs):
        from app.service import open_matcher, to_stderr

        to_stderr("ISEK-Zielfinder wird gestartet …")
        from app.desk import Desk
        from app.server import build_app, serve

        app = build_app(Desk(open_matcher(settings), settings), options.host, accounts)
        to_stderr(f"Bereit: {web_address(options.host, options.port)} (beenden mit Strg+C)")
        try:
            serve(app, taken, settings.log_json)
        except KeyboardInterrupt:  # uvicorn repeats the signal once everything is closed
            to_stderr("Beendet.")


def _accounts(settings: Settings, host: str) -> Accounts | None:
    """The accounts, where a sign-in is required.

    Raises:
        UserError: it is required, and there is no way to sign in.
    """
    from app.access.rules import rules_of

    rules = rules_of(settings, host)
    if not rules.required:
        return None
    from app.access.accounts import open_accounts

    accounts = open_accounts(settings)
    if not rules.user_header and not accounts.let_anybody_in():
        raise UserError(
            f"{_reason(settings, host)}; dafür ist eine Anmeldung nötig, und es gibt noch kein Konto mit Kennwort. Bitte zuerst "
            "«isek user add NAME --role verwalten» eingeben, oder die Anmeldung einem Proxy überlassen (Einstellungen "
            "«proxy_user_header» und «trusted_proxies»)."
        )
    return accounts


def _reason(settings: Settings, host: str) -> str:
    from app.access.rules import is_loopback

    if not is_loopback(host):
        return f"Unter der Adresse {host} ist die Oberfläche von anderen Rechnern zu erreichen"
    if settings.sign_in:
        return "Die Einstellung «sign_in» verlangt eine Anmeldung"
    return "Nach den Einstellungen ist die Oberfläche über einen Proxy von anderen Rechnern zu erreichen"


def _end(*_: object) -> None:
    sys.exit(0)
