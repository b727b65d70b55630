"""`isek bench`: what serving costs and what the encoder is worth, beside torch and the English model."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.bench_actions import add_actions
from app.commands.options import command, positive, settings_from

if TYPE_CHECKING:
    from app.settings import Settings
    from eval.benchmark import Material


def add_to(commands: Any) -> None:
    parser = command(
        commands,
        "bench",
        "Misst Tempo, Speicher und Güte des Sprachmodells neben sentence-transformers und dem englischen Modell.",
        run,
        epilog="Beispiel: isek bench --benchmarks ../benchmarks --output messung. "
        "Rechnet Minuten; andere Programme sollten solange ruhen.",
    )
    parser.add_argument("--model", metavar="NAME", help="Sprachmodell: isek-de, lokaler Ordner oder Hub-Name")
    parser.add_argument(
        "--beside", action="append", default=[], metavar="NAME", help="weiteres Modell daneben (mehrfach möglich)"
    )
    parser.add_argument(
        "--benchmarks", type=Path, metavar="ORDNER", help="STS-b de (stsb-de-dev.csv, …-test.csv) und xquad.de.json"
    )
    parser.add_argument(
        "--sts", type=Path, action="append", default=[], metavar="DATEI", help="eigene Satzpaare: Satz,Satz,Wert (.csv)"
    )
    parser.add_argument(
        "--qa",
        type=Path,
        action="append",
        default=[],
        metavar="DATEI",
        help="eigene Fragen zu Absätzen, wie XQuAD (.json)",
    )
    parser.add_argument("--threads", type=positive, default=1, metavar="N", help="Threads je Prozess (Standard: 1)")
    parser.add_argument("--quick", action="store_true", help="wenige Wiederholungen: ein Eindruck, keine Messung")
    parser.add_argument("--output", type=Path, metavar="ORDNER", help="bench.md und bench.json dorthin schreiben")
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt statt der Tabelle")
    add_actions(parser)


def run(options: argparse.Namespace) -> None:
    from datetime import date

    from app.evaluation_files import make_folder, write_benchmark
    from app.service import to_stderr
    from eval.benchmark import QUICK, Bench, Plan, contenders
    from eval.benchmark_table import to_json, to_markdown

    settings = settings_from(options)
    material, models = _material(settings, options), contenders(settings.model, options.beside)
    if options.output is not None:
        make_folder(options.output)
    plan = QUICK if options.quick else Plan()
    benchmark = Bench(plan, options.threads, to_stderr).run(models, _commands(settings), material)
    record, page = to_json(benchmark, date.today()), to_markdown(benchmark, date.today())
    if options.output is not None:
        for path in write_benchmark(record, page, options.output):
            to_stderr(f"Geschrieben: {path}")
    print(json.dumps(record, ensure_ascii=False) if options.json else page, end="\n" if options.json else "")


def _material(settings: Settings, options: argparse.Namespace) -> Material:
    """Read before anything is measured: a faulty file shows at once."""
    from app.service import the_catalogue, training_labels
    from eval.benchmark import Material
    from eval.yardsticks import read_yardsticks

    catalogue = the_catalogue(settings)
    yardsticks = read_yardsticks(options.benchmarks, options.sts, options.qa)
    return Material(catalogue, training_labels(catalogue, settings.changed(labels=True)), yardsticks)


def _commands(settings: Settings) -> dict[str, list[str]]:
    """The whole commands whose start is measured, as a person would call them."""
    from eval.benchmark_process import PYTHON
    from eval.benchmark_table import IMPORT, SERVING
    from eval.benchmark_texts import SHORT

    chosen = ["--model", settings.model, "--catalogue", str(settings.catalogue)]
    return {
        SERVING: [*PYTHON, "-m", "app", "match", *chosen, "--", SHORT],
        IMPORT: [*PYTHON, "-c", "import sentence_transformers"],
    }
