"""The outside yardsticks: German STS benchmark and XQuAD-de. They are measured, never trained on."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data.errors import UserError

Matrix = npt.NDArray[np.float32]
Encode = Callable[[list[str]], Matrix]
"""Texts → (n, d) float32 of unit length."""


class Sts(NamedTuple):
    """Sentence pairs with a human score of 0 to 5 each."""

    first: list[str]
    second: list[str]
    scores: npt.NDArray[np.float64]


class Xquad(NamedTuple):
    """Questions, paragraphs, and for each question the position of its paragraph."""

    questions: list[str]
    paragraphs: list[str]
    gold: npt.NDArray[np.int64]


def read_sts(folder: Path, split: str) -> Sts:
    """The pairs of `split`, dev or test."""
    return sts_of(folder / f"stsb-de-{split}.csv")


def sts_of(path: Path) -> Sts:
    """A file of rows ``sentence1,sentence2,score`` in UTF-8; a heading in these words may stand first.

    Raises:
        UserError: a file or row that is not so, or scores that are all the same, so that nothing can be ranked.
    """
    rows = []
    for number, row in enumerate(csv.reader(io.StringIO(_text(path), newline="")), 1):
        if row and row[0] != "sentence1":
            rows.append(_pair(row, f"{path.name}, Satzpaar {number}"))
    if len({score for _, _, score in rows}) < 2:
        raise UserError(f"{path.name}: erwartet werden Satzpaare mit verschiedenen Werten, gefunden {len(rows)} Paare.")
    return Sts([row[0] for row in rows], [row[1] for row in rows], np.array([row[2] for row in rows]))


def _pair(row: list[str], where: str) -> tuple[str, str, float]:
    try:
        first, second, score = row
        value = float(score)
    except ValueError as error:
        raise UserError(f"{where}: erwartet Satz, Satz, Zahl, gefunden {','.join(row)[:60]!r}.") from error
    if not np.isfinite(value):
        raise UserError(f"{where}: erwartet eine Zahl als Wert, gefunden {score!r}.")
    return first, second, value


def read_xquad(folder: Path) -> Xquad:
    """All paragraphs and questions."""
    return xquad_of(folder / "xquad.de.json")


def xquad_of(path: Path) -> Xquad:
    """A file in the form of SQuAD: ``data → paragraphs → context, qas → question``.

    Raises:
        UserError: not in this form, or without a question.
    """
    try:
        articles = json.loads(_text(path))["data"]
        paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
        texts = [str(paragraph["context"]) for paragraph in paragraphs]
        asked = [(str(qa["question"]), i) for i, paragraph in enumerate(paragraphs) for qa in paragraph["qas"]]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path.name}: erwartet wird JSON der Form data → paragraphs → context, qas → question ({error})."
        ) from error
    if not asked:
        raise UserError(f"{path.name}: erwartet wird mindestens eine Frage (qas → question), gefunden keine.")
    return Xquad([question for question, _ in asked], texts, np.array([gold for _, gold in asked]))


def _text(path: Path) -> str:
    if not path.is_file():
        raise UserError(f"Vergleichsdaten fehlen: {path} nicht gefunden; --benchmarks DIR nennt den Ordner.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} ist nicht in UTF-8 gespeichert (Byte {error.start}).") from error


def sts_spearman(encode: Encode, sts: Sts) -> float:
    """Spearman's correlation of cosine and human score, in [-1, 1]."""
    cosines = (encode(sts.first) * encode(sts.second)).sum(axis=1)
    return float(np.corrcoef(ranks(cosines), ranks(sts.scores))[0, 1])


def ranks(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Ranks from 0, ties share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: npt.NDArray[np.float64] = (ends - (counts + 1) / 2)[inverse]
    return means


def xquad_retrieval(encode: Encode, xquad: Xquad) -> tuple[float, float]:
    """Share of questions whose paragraph comes first among all, and the mean reciprocal rank."""
    scores = encode(xquad.questions) @ encode(xquad.paragraphs).T
    own = scores[np.arange(len(xquad.gold)), xquad.gold]
    places = 1 + (scores > own[:, None]).sum(axis=1)
    return float((places == 1).mean()), float((1 / places).mean())
