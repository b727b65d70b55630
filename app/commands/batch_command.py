"""`isek batch`: a table of projects → a table of goals."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.commands.options import add_areas, add_model, command, positive, settings_from
from data.errors import UserError

_NOTHING = "Hinweis: es gibt keinen Zwischenstand zu dieser Ausgabe; der Lauf beginnt von vorn."


def add_to(commands: Any) -> None:
    parser = command(commands, "batch", "Ordnet eine Tabelle von Projekten den Zielen zu.", run)
    parser.add_argument("input", type=Path, metavar="EINGABE", help="Tabelle als .csv, .xlsx oder .jsonl")
    parser.add_argument("--output", type=Path, metavar="AUSGABE", required=True, help=".csv, .xlsx oder .jsonl")
    parser.add_argument("--text-column", metavar="NAME", help="Spalte mit der Beschreibung")
    parser.add_argument("--top", type=positive, default=5, metavar="K", help="so viele Ziele je Zeile (Standard: 5)")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="einen unterbrochenen Lauf mit denselben Angaben dort fortsetzen, wo er war",
    )
    add_areas(parser)
    add_model(parser)


def run(options: argparse.Namespace) -> None:
    from app.batch import BatchRow, job_of, match_projects, output_columns, output_row
    from app.journal import Journal, journal_path, resumed
    from app.service import open_matcher, to_stderr
    from data.tables import TableWriter, check_target, read_projects

    settings = settings_from(options)
    if options.output.resolve() == options.input.resolve():
        raise UserError("Ein- und Ausgabe sind dieselbe Datei; bitte für --output einen anderen Namen wählen.")
    check_target(options.output)
    table = read_projects(options.input, options.text_column, settings.max_rows, settings.max_unpacked_mb * 1_000_000)
    for remark in table.remarks:
        to_stderr(f"Hinweis: {remark}")
    matcher = open_matcher(settings)
    as_json = options.output.suffix.lower() == ".jsonl"
    columns = output_columns(table.columns, options.top, len(matcher.catalogue.citywide_goals))
    replaced = [name for name in table.columns if name in columns[columns.index("no_goal") :]]
    if replaced and not as_json:
        to_stderr(f"Hinweis: diese Spalten der Eingabe werden durch die des Ergebnisses ersetzt: {', '.join(replaced)}")
    given = (options.area, options.top, settings.max_text_characters)
    job, path = job_of(matcher, options.input, options.text_column, *given), journal_path(options.output)
    found, faulty, total = path.is_file(), 0, len(table.projects)
    with TableWriter(options.output, columns) as writer, Journal(path, job, options.resume) as journal:
        writer.sweep()
        if options.resume:
            to_stderr(resumed(journal.done, total) if journal.done else _NOTHING)
        elif found:
            to_stderr(f"Hinweis: der Zwischenstand «{path}» eines früheren Laufs wurde ersetzt.")
        try:
            row: BatchRow
            for done, row in enumerate(match_projects(matcher, table.projects, *given, journal), 1):
                faulty += row.match is None
                writer.write(row.to_json() if as_json else output_row(row, columns))
                _progress(done, total)
            writer.commit()
        except BaseException:  # whatever ends the run early: a signal, a full disk
            if journal.done:
                to_stderr(f"Unterbrochen nach {journal.done} von {_rows(total)}; mit --resume geht es dort weiter.")
            raise
        journal.remove()
    to_stderr(f"{_rows(total)} bearbeitet, {faulty} davon fehlerhaft. Ergebnis: {options.output}")


def _rows(count: int) -> str:
    return "1 Zeile" if count == 1 else f"{count} Zeilen"


def _progress(done: int, total: int) -> None:
    """A running line in a terminal, a line at every tenth of the way elsewhere."""
    if sys.stderr.isatty():
        print(f"\r{done} von {_rows(total)}", end="\n" if done == total else "", file=sys.stderr, flush=True)
    elif done == total or done * 10 // total > (done - 1) * 10 // total:
        print(f"{done} von {_rows(total)}", file=sys.stderr, flush=True)
