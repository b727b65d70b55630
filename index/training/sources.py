"""The training corpora: which files, which licence, which checksum, and how to read them."""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from data.errors import UserError


@dataclass(frozen=True)
class Source:
    """One corpus file; `sha256` is that of the file as stored (compressed)."""

    name: str
    file: str
    sha256: str
    licence: str
    origin: str


class Pair(NamedTuple):
    """A German text and its English translations (one, or several synonyms)."""

    german: str
    english: tuple[str, ...]


SOURCES = {
    source.name: source
    for source in (
        Source(
            "ding",
            "ding.de-en.txt.gz",
            "5c8d6d7f21d794074137bb5f2db15d2c06029fc9a455f3a8e3305ba8cff3ea74",
            "GPL-2.0-or-later",
            "Ding dictionary, Frank Richter, TU Chemnitz, https://dict.tu-chemnitz.de/",
        ),
        Source(
            "tatoeba",
            "tatoeba.de-en.tsv.gz",
            "b7e075922d43c265dbb33895db58e16d8b69fe0b86c91a92caacb0afd04eda43",
            "CC-BY 2.0 FR",
            "Tatoeba contributors, https://tatoeba.org, by way of https://www.manythings.org/anki/",
        ),
        Source(
            "integreat",
            "integreat.de-en.tsv.gz",
            "9e5438654b5bc04ee4a052d6ebbee15d7c42bc42cba9966c7282c2c0d6e9baa3",
            "CC-BY 4.0",
            "OMoS-QA and Integreat pages, https://github.com/digitalfabrik/integreat-qa-dataset",
        ),
        Source(
            "mlqe",
            "mlqe-pe.de-en.tsv.gz",
            "1e8e66a368c8b553e8f86113e3a0228290ec9aa72220afbf4dd80102fa8156e0",
            "CC0-1.0",
            "MLQE-PE, https://github.com/sheffieldnlp/mlqe-pe",
        ),
        Source(
            "osm",
            "osm-tags.de-en.tsv.gz",
            "cb6c43b1ecb96b5e77b96b3d335860b93af9ef1f103d0292546d9711a7f40c86",
            "ISC",
            "https://github.com/openstreetmap/id-tagging-schema",
        ),
        Source(
            "froide",
            "froide.de-en.tsv.gz",
            "abde7c8304677554288716421d457e26cf032eb1c33386b2c649ef266e7f05e6",
            "MIT",
            "https://github.com/okfde/froide",
        ),
        Source(
            "gesetze",
            "gesetze.de.txt.gz",
            "f2ee375226c8f42c87cb84c557f66aa9a8f4fcd443029abc26e3002ebef241db",
            "public domain (§ 5 UrhG)",
            "https://github.com/bundestag/gesetze",
        ),
    )
}
"""NTREX is left out: CC-BY-SA 4.0 joins the GPL only in version 3, the dictionary comes under version 2 or later."""


def verify(folder: Path) -> None:
    """Check every corpus in `folder` against its checksum.

    Raises:
        UserError: a file is missing or differs.
    """
    for source in SOURCES.values():
        path = folder / source.file
        if not path.is_file():
            raise UserError(f"Trainingsdaten fehlen: {path} nicht gefunden; --corpora DIR nennt den Ordner.")
        found = file_sha256(path)
        if found != source.sha256:
            raise UserError(f"{path} ist verändert: erwartet sha256 {source.sha256}, gefunden {found}.")


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def lines(folder: Path, name: str) -> Iterator[str]:
    """The lines of the corpus `name` without their line ends."""
    with gzip.open(folder / SOURCES[name].file, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield line.rstrip("\n")


def read_pairs(folder: Path, name: str) -> list[Pair]:
    """The distinct pairs of a `German TAB English` corpus, in file order."""
    pairs = {}
    for line in lines(folder, name):
        german, _, english = line.partition("\t")
        german, english = german.strip(' "'), english.strip(' "')
        if german and english:
            pairs[german, english] = Pair(german, (english,))
    return list(pairs.values())
