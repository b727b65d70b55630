"""`isek eval`: how good the matching is on a labelled set, with its uncertainty."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from app.commands.options import add_model, command, settings_from


def add_to(commands: Any) -> None:
    parser = command(
        commands,
        "eval",
        "Misst die Güte der Zuordnung an einem Prüfsatz beurteilter Texte.",
        run,
        epilog="Beispiel: isek eval --split test --compare labels=off --compare baseline=tfidf-titles",
    )
    parser.add_argument("--set", type=Path, metavar="DATEI", help="Prüfsatz als .jsonl (Standard: der mitgelieferte)")
    parser.add_argument("--split", choices=("dev", "test", "all"), help="Teil des Prüfsatzes (Standard: test)")
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="SCHLÜSSEL=WERT",
        help="daneben mit dieser Änderung messen (mehrfach möglich): model=…, catalogue=…, labels=off, profiles=off, "
        "baseline=tfidf-titles, baseline=english-titles oder eine Einstellung",
    )
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt statt der Tabelle")
    add_model(parser)


def run(options: argparse.Namespace) -> None:
    from app.evaluation import run_evaluation
    from app.evaluation_text import evaluation_table

    settings = settings_from(options)
    evaluation = run_evaluation(settings, options.set, options.split, options.compare)
    print(json.dumps(evaluation.to_json(), ensure_ascii=False) if options.json else evaluation_table(evaluation))
