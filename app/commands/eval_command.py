"""`isek eval`: how good the matching is on a labelled set, with its uncertainty."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.eval_actions import add_actions
from app.commands.options import add_model, command, settings_from
from data.errors import UserError

if TYPE_CHECKING:
    from eval.evaluation import Evaluation


def add_to(commands: Any) -> None:
    parser = command(
        commands,
        "eval",
        "Misst die Güte der Zuordnung an einem Prüfsatz beurteilter Texte.",
        run,
        epilog="Beispiel: isek eval --split test --compare labels=off --compare baseline=tfidf-titles",
    )
    parser.add_argument(
        "--set",
        type=Path,
        metavar="DATEI",
        help="Prüfsatz als .jsonl (Standard: der mitgelieferte; «decisions»: die übernommenen Entscheidungen)",
    )
    parser.add_argument("--split", choices=("dev", "test", "all"), help="Teil des Prüfsatzes (Standard: test)")
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="SCHLÜSSEL=WERT",
        help="daneben mit dieser Änderung messen (mehrfach möglich): model=…, catalogue=…, labels=off, profiles=off, channel=wort|sinn, "
        "baseline=tfidf-titles, baseline=english-titles oder eine Einstellung",
    )
    parser.add_argument(
        "--errors", type=Path, metavar="DATEI", help="falsche Fälle als Tabelle schreiben (.csv, .xlsx, .jsonl)"
    )
    parser.add_argument(
        "--entries", action="store_true", help="zeigen, welche Einträge der Zielprofile zu Treffern und Fehlern führen"
    )
    parser.add_argument(
        "--report", type=Path, metavar="ORDNER", help="Bericht zum Lesen und Drucken (HTML) und als JSON schreiben"
    )
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt statt der Tabelle")
    parser.add_argument(
        "--baseline", type=Path, metavar="DATEI", help="mit einem gespeicherten Lauf (--json) vergleichen"
    )
    parser.add_argument(
        "--second", type=Path, metavar="DATEI", help="Urteile einer zweiten Person daneben zeigen (.jsonl)"
    )
    add_model(parser)
    add_actions(parser)


def run(options: argparse.Namespace) -> None:
    from app.evaluation import Task, run_evaluation
    from app.evaluation_text import evaluation_table

    if options.errors is not None and options.errors.suffix.lower() not in (".csv", ".xlsx", ".jsonl"):
        raise UserError(f"--errors schreibt .csv, .xlsx oder .jsonl, verlangt war {options.errors.name!r}.")
    task = Task(options.set, options.split, options.compare, options.baseline, options.second)
    evaluation = run_evaluation(settings_from(options), task)
    _write_files(evaluation, options)
    if options.json:
        print(json.dumps(evaluation.to_json(), ensure_ascii=False))
        return
    print(evaluation_table(evaluation))
    if options.entries:
        from app.evaluation_text import entries_table

        print(f"\n{entries_table(evaluation.run.records)}")


def _write_files(evaluation: Evaluation, options: argparse.Namespace) -> None:
    from datetime import date

    from app.evaluation_files import write_errors, write_report
    from app.service import to_stderr

    if options.errors is not None:
        n = write_errors(evaluation, options.errors)
        to_stderr(f"{n} Fälle mit Fehlern: {options.errors}")
    if options.report is not None:
        page, _ = write_report(evaluation, options.report, date.today())
        to_stderr(f"Bericht: {page}")
