"""Puts the parts together as the settings say: catalogue, labels, encoder, index → a matcher."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import Settings, isek_home
from data.background import load_background
from data.catalogue import Catalogue, load_catalogue
from data.errors import UserError
from data.labelled import LabelledCase, labelled_path, load_labelled, of_split
from index.decision import Thresholds
from index.encoder import Encoder, load_encoder, loaded, start_encoder
from index.learning import Tuning
from index.matcher import Matcher
from index.store import build_index, index_key, load_index, open_index
from index.texts import Corpus, corpus_of

Say = Callable[[str], None]


def to_stderr(message: str) -> None:
    """Progress and remarks go to standard error: standard output carries the answer alone."""
    print(message, file=sys.stderr, flush=True)


def the_catalogue(settings: Settings) -> Catalogue:
    """The catalogue of the settings; edited catalogues in the home folder come before the shipped ones."""
    return load_catalogue(settings.catalogue, (isek_home() / "catalogues",))


def training_labels(catalogue: Catalogue, settings: Settings, home: Path | None = None) -> list[LabelledCase]:
    """The labelled cases to learn from: the dev split of the shipped set, and where the settings say so that of the
    installation's own decisions; never a test split."""
    if not settings.labels:
        return []
    path = labelled_path(catalogue)
    cases = load_labelled(path) if path.is_file() else []
    if settings.decided_labels:
        from app.decisions.labels import decided_cases  # brings half the evaluation along: felt at every start

        cases = [*cases, *decided_cases(catalogue, home)]
    return of_split(cases, "dev")


def thresholds_of(settings: Settings) -> Thresholds:
    """The matcher's thresholds as the settings have them."""
    return Thresholds(
        suggest=settings.suggest_from,
        suggest_citywide=settings.suggest_citywide_from,
        any_goal=settings.no_goal_below,
        any_area_goal=settings.no_area_goal_below,
    )


def open_matcher(
    settings: Settings,
    say: Say = to_stderr,
    *,
    catalogue: Catalogue | None = None,
    encoder: Encoder | None = None,
    home: Path | None = None,
    keep: bool = True,
) -> Matcher:
    """A ready matcher; a missing or stale index is built on the way, and kept on disk unless `keep` is false.

    Raises:
        UserError: catalogue, labelled set, model or home folder are at fault.
    """
    model = encoder or start_encoder(settings.model)
    chosen = catalogue or the_catalogue(settings)
    labels = training_labels(chosen, settings, home)
    corpus: Corpus = corpus_of(chosen, load_background(), labels)
    if len(corpus.labels) < len(labels):
        say(
            f"{len(labels) - len(corpus.labels)} beurteilte Texte nennen Ziele, die es in «{chosen.name}» nicht gibt; sie bleiben außen vor."
        )
    make = open_index if keep else build_index
    index = make(home or isek_home(), chosen, corpus, model, Tuning(), factory=settings.faiss_factory, say=say)
    return Matcher(chosen, index, loaded(model), thresholds_of(settings))


@dataclass(frozen=True)
class IndexState:
    """How the index of the settings stands: its manifest where it is sound, a sentence where it is damaged, else neither."""

    catalogue: Catalogue
    encoder: Encoder
    folder: Path
    manifest: dict[str, Any] | None = None
    fault: str = ""


def index_state(settings: Settings) -> IndexState:
    """Look at the index on disk without building one.

    Raises:
        UserError: catalogue, labelled set or model are at fault.
    """
    catalogue, encoder = the_catalogue(settings), load_encoder(settings.model)
    corpus = corpus_of(catalogue, load_background(), training_labels(catalogue, settings))
    folder = isek_home() / "index" / index_key(catalogue, corpus, encoder, Tuning(), settings.faiss_factory)
    try:
        manifest = load_index(folder).manifest if folder.is_dir() else None
    except UserError as error:
        return IndexState(catalogue, encoder, folder, fault=str(error))
    return IndexState(catalogue, encoder, folder, manifest)
