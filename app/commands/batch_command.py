"""`isek batch`: a table of projects → a table of goals."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from app.commands.options import add_areas, add_model, command, positive, settings_from
from data.errors import UserError


def add_to(commands: Any) -> None:
    parser = command(commands, "batch", "Ordnet eine Tabelle von Projekten den Zielen zu.", run)
    parser.add_argument("input", type=Path, metavar="EINGABE", help="Tabelle als .csv, .xlsx oder .jsonl")
    parser.add_argument("--output", type=Path, metavar="AUSGABE", required=True, help=".csv, .xlsx oder .jsonl")
    parser.add_argument("--text-column", metavar="NAME", help="Spalte mit der Beschreibung")
    parser.add_argument("--top", type=positive, default=5, metavar="K", help="so viele Ziele je Zeile (Standard: 5)")
    add_areas(parser)
    add_model(parser)


def run(options: argparse.Namespace) -> None:
    from app.batch import BatchRow, match_projects, output_columns, output_row
    from app.service import open_matcher, to_stderr
    from data.tables import TableWriter, read_projects

    settings = settings_from(options)
    if options.output.resolve() == options.input.resolve():
        raise UserError("Ein- und Ausgabe sind dieselbe Datei; bitte für --output einen anderen Namen wählen.")
    table = read_projects(options.input, options.text_column, settings.max_rows, settings.max_unpacked_mb * 1_000_000)
    for remark in table.remarks:
        to_stderr(f"Hinweis: {remark}")
    matcher = open_matcher(settings)
    as_json = options.output.suffix.lower() == ".jsonl"
    columns = output_columns(table.columns, options.top, len(matcher.catalogue.citywide_goals))
    replaced = [name for name in table.columns if name in columns[columns.index("no_goal") :]]
    if replaced and not as_json:
        to_stderr(f"Hinweis: diese Spalten der Eingabe werden durch die des Ergebnisses ersetzt: {', '.join(replaced)}")
    faulty = 0
    signal.signal(signal.SIGTERM, _stop)
    with TableWriter(options.output, columns) as writer:
        rows = match_projects(matcher, table.projects, options.area, options.top, settings.max_text_characters)
        row: BatchRow
        for number, row in enumerate(rows, 1):
            faulty += row.match is None
            writer.write(row.to_json() if as_json else output_row(row, columns))
            _progress(number, len(table.projects))
        writer.commit()
    to_stderr(f"{_rows(len(table.projects))} bearbeitet, {faulty} davon fehlerhaft. Ergebnis: {options.output}")


def _stop(*_: object) -> None:
    """A termination unwinds the writer, so that no temporary file stays."""
    raise SystemExit(143)


def _rows(count: int) -> str:
    return "1 Zeile" if count == 1 else f"{count} Zeilen"


def _progress(done: int, total: int) -> None:
    """A running line in a terminal, a line at every tenth of the way elsewhere."""
    if sys.stderr.isatty():
        print(f"\r{done} von {_rows(total)}", end="\n" if done == total else "", file=sys.stderr, flush=True)
    elif done == total or done * 10 // total > (done - 1) * 10 // total:
        print(f"{done} von {_rows(total)}", file=sys.stderr, flush=True)
