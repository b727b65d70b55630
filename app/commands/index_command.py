"""`isek index`: build the index, or say how it stands."""

from __future__ import annotations

import argparse
from typing import Any

from app.commands.options import add_model, command, settings_from


def add_to(commands: Any) -> None:
    parser = command(commands, "index", "Baut den Suchindex (build) oder zeigt seinen Stand (status).", run)
    parser.add_argument("action", nargs="?", choices=("build", "status"), default="status", metavar="build|status")
    add_model(parser)


def run(options: argparse.Namespace) -> None:
    from app import service
    from app.settings import isek_home
    from data.background import load_background
    from data.errors import UserError
    from index.encoder import load_encoder
    from index.learning import Tuning
    from index.store import index_key, load_index
    from index.texts import corpus_of

    settings = settings_from(options)
    catalogue, encoder = service.the_catalogue(settings), load_encoder(settings.model)
    if options.action == "build":
        service.open_matcher(settings, catalogue=catalogue, encoder=encoder)
    corpus = corpus_of(catalogue, load_background(), service.training_labels(catalogue, settings))
    key = index_key(catalogue, corpus, encoder, Tuning(), settings.faiss_factory)
    folder = isek_home() / "index" / key
    print(f"Zielkatalog  {catalogue.name} ({len(catalogue.goals)} Ziele)")
    print(f"Sprachmodell {encoder.name} ({encoder.fingerprint})")
    print(f"Ordner       {folder}")
    try:
        manifest = load_index(folder).manifest if folder.is_dir() else None
    except UserError as error:
        print(f"Stand        beschädigt, wird beim nächsten Gebrauch neu gebaut: {error}")
        return
    if manifest is None:
        print("Stand        fehlt oder veraltet, wird beim nächsten Gebrauch gebaut")
    else:
        print(f"Stand        aktuell: {manifest['texts']} Texte, davon {manifest['labels']} beurteilte Fälle")
