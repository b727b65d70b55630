"""Readings → what the weights are applied to: a lexical and a dense vector of the text, and those of its passages.

An application may fill hundreds of pages and say in three sentences what it is about. The passages with most to say
(its focus) are found by the words alone, and only they go through the encoder; within the focus, passages count by how
much they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.columns import Columns, Weights
from index.lexical import Lexicon
from index.passages import Passage, Reading
from index.ridge import Floats
from index.texts import NEUTRAL

FOCUS_PASSAGES = 12
SHARPNESS = 0.2  # score difference at which one passage counts e times another
VETO = 0.1  # an ignored part that says this much more than all others was no boilerplate
WHOLE_SHARE = 0.3  # share of the focus read as one text, the rest is the weighted mean of its passages

Encode = Callable[[list[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class SparseVector:
    """Feature numbers `columns` (k,) and their `weights` (k,) float32."""

    columns: NDArray[np.int64]
    weights: NDArray[np.float32]


@dataclass(frozen=True)
class Features:
    """Vectors of one text: `lexical` and `dense` (d,) of its focus, and the same of each focus passage by its number."""

    lexical: SparseVector
    dense: NDArray[np.float32]
    passage_lexical: dict[int, SparseVector]
    passage_dense: dict[int, NDArray[np.float32]]


class FeatureMaker:
    """Computes features with one encoder call for many texts."""

    def __init__(self, lexicon: Lexicon, weights: Weights, columns: Columns, encode: Encode) -> None:
        self._lexicon, self._weights, self._encode = lexicon, weights, encode
        self._neutral = len(columns.goals) + columns.classes.index(NEUTRAL)

    def features(self, readings: Sequence[Reading]) -> list[Features]:
        """Features of each reading, in order."""
        focuses = [self._focus(reading) for reading in readings]
        texts: list[str] = []
        for reading, focus in zip(readings, focuses, strict=True):
            texts.append(_joined(reading, focus))
            if len(focus) > 1:
                texts += [_joined(reading, [part]) for part in focus]
        vectors = iter(self._encode(texts))
        return [self._features(reading, focus, vectors) for reading, focus in zip(readings, focuses, strict=True)]

    def reconsidered(self, reading: Reading) -> Reading:
        """The reading with those ignored parts taken back that say clearly more than all that was kept."""
        if not reading.ignored:
            return reading
        kept = max(map(self._told_by, {part.text for part in reading.passages}), default=-1.0)
        told = {text: self._told_by(text) for text in {part.text for part in reading.ignored}}
        back = [part for part in reading.ignored if told[part.text] > max(kept, 0.0) + VETO]
        if not back:
            return reading
        passages = [*reading.passages, *(Passage(part.start, part.end, part.text) for part in back)]
        passages.sort(key=lambda part: part.start)
        taken = set(back)
        return Reading(tuple(passages), tuple(part for part in reading.ignored if part not in taken))

    def raw_scores(self, features: Features) -> Floats:
        """(1, columns) raw scores of a text."""
        return self.scores_of(features.lexical, features.dense)[None, :]

    def scores_of(self, lexical: SparseVector, dense: NDArray[np.float32]) -> Floats:
        """(columns,) raw scores from one lexical and one dense vector."""
        by_word = lexical.weights.astype(np.float64) @ self._weights.lexical[lexical.columns]
        result: Floats = by_word + dense.astype(np.float64) @ self._weights.dense
        return result

    def _focus(self, reading: Reading) -> dict[int, tuple[SparseVector, float]]:
        """The passages that say most, in order, each with its lexical vector and how much it says; repetitions once."""
        first: dict[str, int] = {}
        for number, part in enumerate(reading.passages):
            first.setdefault(part.text, number)
        told = {}
        for number in first.values():
            vector = SparseVector(*self._lexicon.vector(reading.passages[number].text))
            told[number] = (vector, self._told(vector))
        ranked = sorted(told, key=lambda number: (-told[number][1], number))
        # Passages nearer to "says nothing" than to anything else only dilute; the best one stays in any case.
        chosen = [number for number in ranked[:FOCUS_PASSAGES] if told[number][1] >= 0.0] or ranked[:1]
        return {number: told[number] for number in sorted(chosen)}

    def _told_by(self, text: str) -> float:
        return self._told(SparseVector(*self._lexicon.vector(text)))

    def _told(self, vector: SparseVector) -> float:
        """How much a passage says by its words: its best goal or class, less the "says nothing" class."""
        scores = vector.weights @ self._weights.lexical[vector.columns, : self._neutral + 1]
        return float(scores[:-1].max(initial=-1.0) - scores[-1])

    def _features(
        self, reading: Reading, focus: dict[int, tuple[SparseVector, float]], vectors: Iterator[NDArray[np.float32]]
    ) -> Features:
        whole = next(vectors)
        if len(focus) <= 1:
            lexical = SparseVector(*self._lexicon.vector(_joined(reading, focus)))
            return Features(lexical, whole, dict.fromkeys(focus, lexical), dict.fromkeys(focus, whole))
        passages = {part: next(vectors) for part in focus}
        told = np.array([strength for _, strength in focus.values()])
        shares = np.exp((told - told.max()) / SHARPNESS)
        mean = _unit(np.einsum("p,pd->d", shares, np.stack(list(passages.values()))))
        return Features(
            lexical=self._pooled(reading, focus, shares),
            dense=(WHOLE_SHARE * whole + (1.0 - WHOLE_SHARE) * mean).astype(np.float32),
            passage_lexical={part: vector for part, (vector, _) in focus.items()},
            passage_dense=passages,
        )

    def _pooled(self, reading: Reading, focus: dict[int, tuple[SparseVector, float]], shares: Floats) -> SparseVector:
        mean = np.zeros(len(self._lexicon.idf))
        for share, (vector, _) in zip(shares, focus.values(), strict=True):
            mean[vector.columns] += share * vector.weights
        mean = (1.0 - WHOLE_SHARE) * _unit(mean)
        columns, weights = self._lexicon.vector(_joined(reading, focus))
        mean[columns] += WHOLE_SHARE * weights
        used = np.flatnonzero(mean)
        return SparseVector(used, mean[used].astype(np.float32))


def _unit(vector: Floats) -> Floats:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _joined(reading: Reading, parts: Sequence[int] | dict[int, tuple[SparseVector, float]]) -> str:
    return " ".join(" ".join(reading.passages[part].text.split()) for part in parts)
