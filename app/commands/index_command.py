"""`isek index`: build the index, or say how it stands."""

from __future__ import annotations

import argparse
from typing import Any

from app.commands.options import add_model, command, settings_from
from data.errors import UserError


def add_to(commands: Any) -> None:
    parser = command(commands, "index", "Baut den Suchindex (build) oder zeigt seinen Stand (status).", run)
    parser.add_argument("action", nargs="?", choices=("build", "status"), default="status", metavar="build|status")
    add_model(parser)


def run(options: argparse.Namespace) -> None:
    from app import service

    settings = settings_from(options)
    if options.action == "build":
        service.open_matcher(settings)
    state = service.index_state(settings)
    if options.action == "build" and state.manifest is None:
        raise UserError(
            state.fault or f"Der Suchindex ließ sich nicht ablegen; bitte die Rechte an «{state.folder.parent}» prüfen."
        )
    print(f"Zielkatalog  {state.catalogue.name} ({len(state.catalogue.goals)} Ziele)")
    print(f"Sprachmodell {state.encoder.name} ({state.encoder.fingerprint})")
    print(f"Ordner       {state.folder}")
    if state.fault:
        print(f"Stand        nicht zu gebrauchen, wird beim nächsten Gebrauch neu gebaut: {state.fault}")
    elif state.manifest is None:
        print("Stand        fehlt oder veraltet, wird beim nächsten Gebrauch gebaut")
    else:
        print(
            f"Stand        aktuell: {state.manifest['texts']} Texte, davon {state.manifest['labels']} beurteilte Fälle"
        )
