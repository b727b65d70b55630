"""`isek match`: one text → its goals, as a table for people or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.options import add_areas, add_model, command, positive, settings_from
from data.errors import UserError

if TYPE_CHECKING:
    from app.settings import Settings


def add_to(commands: Any) -> None:
    parser = command(
        commands,
        "match",
        "Ordnet eine Projektbeschreibung den Zielen zu.",
        run,
        epilog="Beispiel: isek match 'Fahrradstraße am Stadtwald mit Abstellanlagen'",
    )
    parser.add_argument("text", nargs="*", metavar="TEXT", help="Projektbeschreibung; - liest von der Standardeingabe")
    parser.add_argument("--file", type=Path, metavar="DATEI", help="Antrag als PDF, DOCX, ODT oder TXT")
    parser.add_argument("--top", type=positive, default=5, metavar="K", help="so viele Ziele zeigen (Standard: 5)")
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt statt der Tabelle")
    add_areas(parser)
    add_model(parser)


def run(options: argparse.Namespace) -> None:
    settings = settings_from(options)
    text = text_of(options, settings)
    if not text.strip():
        raise UserError("Der Text ist leer; bitte eine Projektbeschreibung angeben.")
    from app.service import open_matcher
    from app.tables_text import match_table

    match = open_matcher(settings).match(text, options.area, options.top, max_characters=settings.max_text_characters)
    print(json.dumps(match.to_json(), ensure_ascii=False) if options.json else match_table(match))


def text_of(options: argparse.Namespace, settings: Settings) -> str:
    """The text of the call: argument, file or standard input.

    Raises:
        UserError: none or two of them, or an unreadable file.
    """
    if bool(options.text) == (options.file is not None):
        raise UserError(
            "Bitte entweder einen TEXT oder eine Datei mit --file angeben; TEXT - liest die Standardeingabe."
        )
    if options.file is not None:
        from data.documents import read_document

        return read_document(
            options.file,
            settings.max_upload_mb * 1_000_000,
            settings.max_pages,
            settings.max_unpacked_mb * 1_000_000,
        )
    if options.text == ["-"]:
        from data.tables import decode

        if sys.stdin is None:
            raise UserError("Die Standardeingabe ist geschlossen; bitte den Text angeben oder hineinleiten.")
        return decode(sys.stdin.buffer.read(4 * settings.max_text_characters + 4))
    return " ".join(options.text)  # several words: the quotation marks were forgotten
