"""`isek eval AKTION`: what belongs to measuring besides the measurement itself."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.options import add_model, command, settings_from
from data.errors import UserError

if TYPE_CHECKING:
    from eval.evaluation import Evaluation


def add_actions(parser: argparse.ArgumentParser) -> None:
    """Declare agreement, check, import, catalogues and thresholds below `isek eval`."""
    actions = parser.add_subparsers(dest="action", metavar="AKTION", title="Aktionen statt einer Messung")
    two = command(
        actions, "agreement", "Übereinstimmung zweier Personen, die dieselben Texte beurteilt haben.", _agreement
    )
    two.add_argument("first", type=Path, metavar="A.jsonl")
    two.add_argument("second", type=Path, metavar="B.jsonl")
    check = command(
        actions, "check", "Prüft einen Prüfsatz: Kennungen, Ziele, doppelte Texte, Texte in Profilen.", _check
    )
    check.add_argument("set", nargs="?", type=Path, metavar="DATEI", help="Standard: der mitgelieferte")
    grow = command(
        actions,
        "import",
        "Nimmt beurteilte Texte aus einer Tabelle oder die Entscheidungen in einen Prüfsatz auf.",
        _import,
    )
    grow.add_argument(
        "table", nargs="?", type=Path, metavar="TABELLE", help=".csv, .xlsx oder .jsonl mit text und primary"
    )
    grow.add_argument(
        "--output",
        type=Path,
        metavar="DATEI",
        help="Prüfsatz .jsonl für die Tabelle; wird er ergänzt, bleiben alte Fälle, wo sie sind",
    )
    grow.add_argument(
        "--decisions",
        action="store_true",
        help="statt einer Tabelle die gespeicherten Entscheidungen übernehmen; danach gilt isek eval --set decisions",
    )
    changes = command(actions, "catalogues", "Vergleicht zwei Fassungen eines Zielkatalogs.", _catalogues)
    changes.add_argument("old", metavar="ALT")
    changes.add_argument("new", metavar="NEU")
    changes.add_argument(
        "--answers", action="store_true", help="auch messen, welche Zuordnungen und Kennzahlen sich dadurch ändern"
    )
    changes.add_argument("--set", type=Path, metavar="DATEI", help="Prüfsatz dafür (Standard: der mitgelieferte)")
    changes.add_argument("--split", choices=("dev", "test", "all"), default="all", help="sein Teil (Standard: all)")
    add_model(changes)
    tune = command(actions, "thresholds", "Wählt die Schwellen auf dev und misst sie auf test.", _thresholds)
    tune.add_argument("--write", action="store_true", help="die gewählten Schwellen in die Einstellungen schreiben")
    add_model(tune)
    for action in (two, check, changes, tune):
        action.add_argument("--json", action="store_true", help="ein JSON-Objekt statt der Tabelle")


def _agreement(options: argparse.Namespace) -> None:
    from app.action_text import agreement_table, pair_json
    from app.service import the_catalogue
    from data.labelled import load_labelled
    from eval.agreement import agreement, pairs_of

    catalogue = the_catalogue(settings_from(options))
    first, second = load_labelled(options.first, catalogue), load_labelled(options.second, catalogue)
    found = agreement(pairs_of(first, second), catalogue, len({case.id for case in (*first, *second)}))
    if options.json:
        record = {
            "levels": {level.name: level.to_json() for level in found.levels},
            "second_person": {name: figure.to_json() for name, figure in found.second.items()},
            "disagreements": [pair_json(pair) for pair in found.disagreements],
            "left_out": found.left_out,
        }
        print(json.dumps(record, ensure_ascii=False))
    else:
        print(agreement_table(found))


def _check(options: argparse.Namespace) -> None:
    from app.service import the_catalogue
    from data.labelled import labelled_path, load_labelled
    from eval.leakage import across_splits, in_profiles

    catalogue = the_catalogue(settings_from(options))
    path = options.set or labelled_path(catalogue)
    cases = load_labelled(path, catalogue)
    across, profiles = across_splits(cases), in_profiles(cases, catalogue)
    if options.json:
        found = {"across_splits": [t._asdict() for t in across], "in_profiles": [t._asdict() for t in profiles]}
        print(json.dumps({"set": path.name, "n": len(cases), **found}, ensure_ascii=False))
    else:
        from app.action_text import check_table

        print(check_table(path.name, cases, across, profiles))


def _import(options: argparse.Namespace) -> None:
    if options.decisions == (options.table is not None):
        raise UserError("Erwartet wird entweder eine TABELLE oder --decisions; bitte eines von beiden angeben.")
    if options.decisions:
        _import_decisions(options)
    else:
        _import_table(options)


def _import_decisions(options: argparse.Namespace) -> None:
    from app.decisions.labels import decided_path, take_over
    from app.decisions.store import open_store
    from app.service import the_catalogue, to_stderr

    if options.output is not None:
        raise UserError("Entscheidungen kommen in einen eigenen Prüfsatz; bitte --output weglassen.")
    settings = settings_from(options)
    catalogue = the_catalogue(settings)
    done = take_over(open_store(settings).every(), catalogue)
    for project, reason in done.aside.items():
        to_stderr(f"Projekt {project} bleibt außen vor: {reason}")
    to_stderr(f"{done.sentence()} {decided_path(catalogue)}")


def _import_table(options: argparse.Namespace) -> None:
    from app.evaluation_files import write_cases
    from app.service import the_catalogue, to_stderr
    from data.labelled import load_labelled
    from data.tables import read_projects
    from eval.growth import cases_of, grown

    if options.output is None:
        raise UserError("Mit --output DATEI bitte den Prüfsatz (.jsonl) nennen, der die beurteilten Texte aufnimmt.")
    if options.output.suffix.lower() != ".jsonl":
        raise UserError(f"Ein Prüfsatz ist eine .jsonl-Datei, verlangt war {options.output.name!r}.")
    settings = settings_from(options)
    catalogue = the_catalogue(settings)
    table = read_projects(options.table, None, settings.max_rows, settings.max_unpacked_mb * 1_000_000)
    old = load_labelled(options.output, catalogue) if options.output.is_file() else []
    cases = grown(old, cases_of(table, catalogue, options.table.name, options.table.name))
    write_cases(cases, options.output)
    new = cases[len(old) :]
    in_test = sum(case.split == "test" for case in new)
    to_stderr(
        f"{len(new)} Fälle aufgenommen ({len(new) - in_test} dev, {in_test} test), {len(old)} alte unverändert: {options.output}"
    )


def _catalogues(options: argparse.Namespace) -> None:
    from app.action_text import changes_table
    from app.evaluation_text import comparison_table
    from app.settings import isek_home
    from data.catalogue import load_catalogue
    from eval.catalogue_changes import catalogue_changes

    folders = (isek_home() / "catalogues",)
    found = catalogue_changes(load_catalogue(options.old, folders), load_catalogue(options.new, folders))
    measured = _answers(options) if options.answers else None
    if options.json:
        answers = {"answers": measured.to_json()} if measured else {}
        print(json.dumps({**found.to_json(), **answers}, ensure_ascii=False))
        return
    print(changes_table(found, measured is not None))
    if measured:
        print(f"\n{comparison_table(measured.comparisons[0], measured.run)}")


def _answers(options: argparse.Namespace) -> Evaluation:
    """The old catalogue measured, and the new one beside it."""
    from app.evaluation import Task, run_evaluation

    settings = settings_from(options).changed(catalogue=options.old)
    return run_evaluation(settings, Task(options.set, options.split, [f"catalogue={options.new}"]))


def _thresholds(options: argparse.Namespace) -> None:
    from app.action_text import thresholds_table
    from app.service import to_stderr
    from app.thresholds import tune_thresholds, write_thresholds

    tuned = tune_thresholds(settings_from(options))
    print(json.dumps(tuned.to_json(), ensure_ascii=False) if options.json else thresholds_table(tuned))
    if options.write:
        to_stderr(f"Die Schwellen stehen jetzt in {write_thresholds(tuned.new)}.")
