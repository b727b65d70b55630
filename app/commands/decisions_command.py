"""`isek decisions`: what was decided, as a list, a table to take away, or a backup."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.options import positive
from data.errors import UserError, grouped

if TYPE_CHECKING:
    from app.backup_file import Backup
    from app.decisions.store import DecisionStore, Wanted
    from app.settings import Settings


def add_to(commands: Any) -> None:
    summary = "Zeigt, exportiert, sichert und löscht Entscheidungen."
    parser = commands.add_parser("decisions", help=summary, description=summary)
    actions = parser.add_subparsers(dest="action", metavar="AKTION", required=True)
    listed = _action(actions, "list", "Zeigt die Entscheidungen in Kraft, die neueste zuerst.", _list)
    _add_filters(listed)
    listed.add_argument("--limit", type=positive, default=50, metavar="N", help="höchstens so viele (Standard: 50)")
    shown = _action(actions, "show", "Zeigt alle Fassungen der Entscheidung zu einem Projekt.", _show)
    shown.add_argument("project", type=positive, metavar="NUMMER", help="Nummer des Projekts")
    exported = _action(
        actions, "export", "Schreibt Entscheidungen in Kraft als Tabelle, ohne die Antragstexte.", _export
    )
    exported.add_argument("file", type=Path, metavar="DATEI", help=".csv, .xlsx oder .jsonl")
    exported.add_argument("--catalogue", metavar="NAME|DATEI", help="Zielkatalog, der die Produktbereiche benennt")
    _add_filters(exported)
    forgotten = _action(
        actions, "forget", "Löscht Titel, Text, Aktenzeichen, Begründungen und Textstellen eines Projekts.", _forget
    )
    forgotten.add_argument("project", type=positive, metavar="NUMMER", help="Nummer des Projekts")
    saved = _action(
        actions, "backup", "Sichert Entscheidungen und Konten in eine Datei, auch im laufenden Betrieb.", _backup
    )
    saved.add_argument("file", type=Path, metavar="DATEI", help="zum Beispiel sicherung.jsonl.gz")
    saved.add_argument("--force", action="store_true", help="eine vorhandene Datei ersetzen")
    restored = _action(
        actions, "restore", "Spielt eine Sicherung ein, in SQLite oder PostgreSQL, ganz oder gar nicht.", _restore
    )
    restored.add_argument("file", type=Path, metavar="DATEI", help="eine Datei von «isek decisions backup»")
    restored.add_argument("--force", action="store_true", help="ersetzen, was die Datenbank schon enthält")


def _action(actions: Any, name: str, summary: str, act: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary)
    parser.set_defaults(run=act)
    return parser


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--words", default="", metavar="WÖRTER", help="kommen alle vor")
    parser.add_argument("--goal", metavar="ID", help="dieses Ziel ist angenommen oder ergänzt")
    parser.add_argument("--area", metavar="N", help="ein Ziel dieses Produktbereichs ist angenommen oder ergänzt")
    parser.add_argument("--by", default="", metavar="NAME", help="wer entschieden hat")
    parser.add_argument("--since", default="", metavar="TAG", help="ab diesem Tag, zum Beispiel 1.11.2026")
    parser.add_argument("--until", default="", metavar="TAG", help="bis zu diesem Tag einschließlich")


def _wanted(options: argparse.Namespace) -> Wanted:
    from app.german_time import day_start

    return {
        "words": options.words,
        "goal": options.goal,
        "area": options.area,
        "by": options.by,
        "since": day_start(options.since, "--since"),
        "until": day_start(options.until, "--until", later=1),
    }


@contextlib.contextmanager
def _store() -> Iterator[DecisionStore]:
    """The store of the settings, closed at the end."""
    from app.decisions.store import open_store

    with contextlib.closing(open_store(_settings())) as store:
        yield store


def _settings() -> Settings:
    """The settings, where there is a database already: these commands never make an empty one."""
    from app.database import database_file
    from app.settings import load_settings

    settings = load_settings()
    path = database_file(settings)
    if path is not None and not path.exists():
        raise UserError(f"Es gibt noch keine Entscheidungen: die Datenbank «{path}» fehlt; bitte ISEK_HOME prüfen.")
    return settings


def _list(options: argparse.Namespace) -> None:
    from app.decisions_text import decisions_table

    wanted = _wanted(options)
    with _store() as store:
        found, total = store.search(limit=options.limit, **wanted), store.count(**wanted)
    if found:
        print(decisions_table(found))
    print(f"{len(found)} von {total} Entscheidungen." if found else "Keine Entscheidung gefunden.", file=sys.stderr)


def _show(options: argparse.Namespace) -> None:
    from app.decisions_text import history_text

    with _store() as store:
        print(history_text(store.history(options.project)))


def _export(options: argparse.Namespace) -> None:
    from app.decision_export import write_decisions
    from app.service import the_catalogue

    catalogue = the_catalogue(_settings().changed(catalogue=options.catalogue))
    with _store() as store:
        rows = write_decisions(store.search(limit=None, **_wanted(options)), options.file, catalogue)
    print(f"{grouped(rows)} Entscheidungen in «{options.file}» geschrieben.")


def _forget(options: argparse.Namespace) -> None:
    from app.access.person import desk_person

    with _store() as store:
        store.forget(options.project, desk_person().name)
    print(f"Die persönlichen Texte zum Projekt {options.project} sind gelöscht; Ziele und Zahlen bleiben.")


def _backup(options: argparse.Namespace) -> None:
    from app.backup import write_backup
    from app.database import open_database

    with contextlib.closing(open_database(_settings(), upgrade=False)) as database:
        backup = write_backup(database, options.file, options.force)
    print(f"Gesichert und geprüft: {_counted(backup)} in «{options.file}».")


def _restore(options: argparse.Namespace) -> None:
    from app.backup import restore_backup
    from app.german_time import moment_text
    from app.settings import load_settings

    restored = restore_backup(options.file, load_settings(), replace=options.force)
    print(f"Eingespielt: {_counted(restored.backup)}, gesichert am {moment_text(restored.backup.made_at)}.")
    if restored.forgotten:
        print(f"Nach der Sicherung gelöschte Texte sind wieder gelöscht: {grouped(restored.forgotten)} Projekt(e).")
    if restored.aside:
        print(f"Die beschädigte Datei liegt jetzt unter «{restored.aside}».")


def _counted(backup: Backup) -> str:
    projects, revisions = backup.rows.get("projects", 0), backup.rows.get("revisions", 0)
    accounts = f" und {grouped(backup.rows['accounts'])} Konten" if backup.rows.get("accounts") else ""
    return f"{grouped(projects)} Projekte mit {grouped(revisions)} Fassungen{accounts}"
