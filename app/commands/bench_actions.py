"""`isek bench AKTION`: load, scale and peers."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.options import add_model, command, positive, settings_from
from data.errors import UserError

if TYPE_CHECKING:
    from eval.benchmark_load import Plan, Step


def add_actions(parser: argparse.ArgumentParser) -> None:
    """Declare load, scale and peers below `isek bench`."""
    actions = parser.add_subparsers(
        dest="action", metavar="AKTION", title="Aktionen statt der Messung des Sprachmodells"
    )
    load = command(
        actions,
        "load",
        "Misst Wartezeiten und Speicher des Dienstes, während viele zugleich arbeiten.",
        _load,
        epilog="Beispiel: isek bench load --users 1,5,20,50 --minutes 30 --output messung. Die Texte sind erfunden.",
    )
    load.add_argument("--url", metavar="ADRESSE", help="laufender Dienst auf diesem Rechner (Standard: ein eigener)")
    load.add_argument(
        "--users", type=_numbers, default=(1, 5, 20, 50), metavar="N,N,…", help="Personen (Standard: 1,5,20,50)"
    )
    load.add_argument(
        "--seconds", type=positive, default=20, metavar="S", help="Sekunden je Zahl von Personen (Standard: 20)"
    )
    load.add_argument(
        "--think", type=_seconds, default=3.0, metavar="S", help="mittlere Lesezeit zwischen zwei Fragen (Standard: 3)"
    )
    load.add_argument(
        "--minutes", type=positive, metavar="M", help="danach ein Dauerlauf mit 20 Personen: wächst der Speicher?"
    )
    add_model(load)
    scale = command(
        actions, "scale", "Misst einen Stapel mit sehr vielen Zeilen und eine Suche in sehr vielen Texten.", _scale
    )
    scale.add_argument("--texts", type=_count, default=100_000, metavar="N", help="Zeilen (Standard: 100000, 0: keine)")
    scale.add_argument(
        "--vectors", type=_count, default=1_000_000, metavar="N", help="Vektoren (Standard: 1000000, 0: keine)"
    )
    scale.add_argument(
        "--factory", action="append", metavar="ANGABE", help="FAISS-Angabe neben Flat (mehrfach möglich)"
    )
    add_model(scale)
    peers = command(
        actions,
        "peers",
        "Misst dieselbe Aufgabe mit dem, was man sonst nähme: sentence-transformers, txtai, Annif.",
        _peers,
        epilog="Die Vergleichsprogramme werden beim ersten Mal in eigene Umgebungen unter .isek/peers installiert (GB).",
    )
    peers.add_argument("--only", action="append", metavar="NAME", help="nur dieses (mehrfach möglich)")
    add_model(peers)
    for action in (load, scale, peers):
        action.add_argument("--output", type=Path, metavar="ORDNER", help="als .md und .json dorthin schreiben")
        action.add_argument("--json", action="store_true", help="ein JSON-Objekt statt der Tabelle")


def _load(options: argparse.Namespace) -> None:
    from datetime import date

    from eval.benchmark_load import Plan
    from eval.benchmark_load_table import load_json, load_markdown
    from eval.benchmark_process import machine

    _check_bounds(options)
    plan, before = Plan(options.users, options.seconds, options.think), os.getloadavg()[0]
    steps = _loaded(options, plan)
    given = (steps, plan, machine(), (before, os.getloadavg()[0]), date.today())
    _deliver(options, "load", load_json(*given), load_markdown(*given))


def _check_bounds(options: argparse.Namespace) -> None:
    from eval.benchmark_load import MOST_SECONDS, MOST_USERS

    longest = max(options.seconds, 60 * (options.minutes or 0))
    if max(options.users) > MOST_USERS or longest > MOST_SECONDS:
        raise UserError(
            f"Erlaubt sind höchstens {MOST_USERS} Personen und {MOST_SECONDS} Sekunden, "
            f"angegeben waren {max(options.users)} und {longest}."
        )


def _loaded(options: argparse.Namespace, plan: Plan) -> list[Step]:
    """The steps on the server of the options: a running one, or one of our own for as long as this takes."""
    from urllib.parse import urlsplit

    from app.address import take_port, web_address
    from app.service import to_stderr
    from eval.benchmark_load import listener, own_address
    from eval.benchmark_process import PYTHON, server

    if options.url is not None:
        site = own_address(options.url)
        return _steps(site, plan, options.minutes, listener(urlsplit(site).port or 80))
    with take_port("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    settings, site = settings_from(options), web_address("127.0.0.1", port)
    chosen = ["--model", settings.model, "--catalogue", str(settings.catalogue)]
    chosen += [] if settings.labels else ["--no-labels"]
    to_stderr("Ein eigener Dienst wird gestartet …")
    with server([*PYTHON, "-m", "app", "serve", "--port", str(port), *chosen], f"{site}/health") as process:
        return _steps(site, plan, options.minutes, process)


def _steps(site: str, plan: Plan, minutes: int | None, process: int | None) -> list[Step]:
    from dataclasses import replace

    from app.service import to_stderr
    from eval.benchmark_load import run_load

    steps = run_load(site, plan, process, to_stderr)
    if minutes:
        steps += run_load(site, replace(plan, users=(20,), seconds=60.0 * minutes), process, to_stderr)
    return steps


def _scale(options: argparse.Namespace) -> None:
    from datetime import date

    from app.journal import journal_path
    from app.service import to_stderr
    from eval.benchmark_process import PYTHON, machine
    from eval.benchmark_scale import FACTORIES, run_batch, run_index
    from eval.benchmark_scale_table import scale_json, scale_markdown
    from index.encoder import load_encoder

    settings, before = settings_from(options), os.getloadavg()[0]
    chosen = ["--model", settings.model, "--catalogue", str(settings.catalogue)]

    def batch(source: Path, target: Path, resume: bool) -> list[str]:
        further = ["--resume"] if resume else []
        return [*PYTHON, "-m", "app", "batch", str(source), "--output", str(target), *chosen, *further]

    table, indexes = None, []
    if options.texts:
        to_stderr(f"{options.texts} Zeilen …")
        table = run_batch(batch, journal_path, options.texts)
    if options.vectors:
        factories = ("Flat", *options.factory) if options.factory else FACTORIES
        encoder = load_encoder(settings.model)
        indexes = run_index(encoder.encode, options.vectors, factories, 300, to_stderr)
    given = (table, indexes, options.vectors, machine(), (before, os.getloadavg()[0]), date.today())
    _deliver(options, "scale", scale_json(*given), scale_markdown(*given))


def _peers(options: argparse.Namespace) -> None:
    from dataclasses import asdict
    from datetime import date

    from app.service import open_matcher, the_catalogue, to_stderr, training_labels
    from app.settings import isek_home
    from data.background import load_background
    from data.labelled import labelled_path, load_labelled, of_split
    from eval.benchmark_process import machine
    from eval.benchmark_texts import SHORT
    from eval.peers.run import PEERS, job_of, peers_json, peers_markdown, run_peers
    from index.encoder import english_folder, weights_of
    from index.texts import corpus_of

    wanted = [peer for peer in PEERS if options.only is None or peer.kind in options.only]
    if not wanted:
        raise UserError(
            f"--only kennt {', '.join(peer.kind for peer in PEERS)}; angegeben war {', '.join(options.only)}."
        )
    settings, before = settings_from(options), os.getloadavg()[0]
    catalogue = the_catalogue(settings)
    matcher, labels = open_matcher(settings), training_labels(catalogue, settings)
    test = of_split(load_labelled(labelled_path(catalogue)), "test")
    texts = [(text.goal, text.text) for text in corpus_of(catalogue, load_background(), labels).profile_texts]
    places = {
        "catalogue": str(settings.catalogue),
        "index": str(isek_home() / "index" / str(matcher.index.manifest["key"])),
        "own": weights_of(settings.model),
        "english": english_folder(),
        "single": SHORT,
    }
    job, area_goals = job_of(catalogue, texts, labels, test, **places), [goal.id for goal in catalogue.area_goals]
    found, where = run_peers(wanted, job, test, area_goals, isek_home(), to_stderr), machine()
    load = {"before": before, "after": os.getloadavg()[0]}
    record = {"date": date.today().isoformat(), "machine": asdict(where), "load": load, "peers": peers_json(found)}
    head = (
        f"Gemessen am {date.today().isoformat()}, Stand {where.commit}, auf {where.processor}, {where.cores} Kerne, Auslastung "
        f"{load['before']:.1f} zu Beginn und {load['after']:.1f} am Ende. {len(job['texts'])} Profiltexte von "
        f"{len(catalogue.goals)} Zielen und {len(job['labels'])} beurteilte Texte (dev) gelernt, {len(test)} Texte (test) beantwortet.\n\n"
    )
    _deliver(options, "peers", record, head + peers_markdown(found))


def _deliver(options: argparse.Namespace, name: str, record: dict[str, Any], page: str) -> None:
    """Print a measurement, and write it where the options ask for it."""
    from app.evaluation_files import write_benchmark
    from app.service import to_stderr

    if options.output is not None:
        for path in write_benchmark(record, page, options.output, name):
            to_stderr(f"Geschrieben: {path}")
    print(json.dumps(record, ensure_ascii=False) if options.json else page, end="\n" if options.json else "")


def _numbers(text: str) -> tuple[int, ...]:
    """Whole numbers from 1 on, separated by commas, for argparse."""
    return tuple(positive(part) for part in text.split(","))


def _count(text: str) -> int:
    """A whole number from 0 on, for argparse."""
    return 0 if text == "0" else positive(text)


def _seconds(text: str) -> float:
    """Seconds from 0 on, for argparse."""
    value = float(text)
    if not 0.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"erwartet werden Sekunden ab 0, angegeben war {text!r}")
    return value
