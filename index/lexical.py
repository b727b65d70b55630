"""The lexical channel: TF-IDF over character n-grams inside words.

Character n-grams see through German compounds (``Radweg`` in ``Radwegesanierung``), inflection and typos. The
vocabulary and the weights are computed by scikit-learn when the index is built; applying them needs numpy alone,
because importing scikit-learn would cost every start more than a second.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "\u00ad": None, "\u200b": None, "\u200d": None})
SIZES = (3, 4, 5)
REMEMBERED_WORDS, REMEMBERED_LETTERS = 20_000, 60  # of texts that were read: some ten megabytes


def fold(text: str) -> str:
    """Lower case, umlauts and ß written out, soft hyphens dropped, so that all spellings of a word meet."""
    return unicodedata.normalize("NFC", text).lower().translate(_FOLD)


def ngrams(text: str) -> list[str]:
    """Character 3- to 5-grams of each word of `text`, the word padded with a space at both ends."""
    return [gram for word in _WORD.findall(fold(text)) for gram in _of_word(word)]


def _of_word(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[start : start + size] for size in SIZES for start in range(max(1, len(padded) - size + 1))]


@dataclass(frozen=True)
class Lexicon:
    """Vocabulary and inverse document frequencies: `idf` is (n_features,) float32."""

    vocabulary: dict[str, int]
    idf: NDArray[np.float32]
    _seen: dict[str, tuple[int, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def fit(cls, texts: Sequence[str]) -> tuple[Lexicon, Any]:
        """Learn from texts; returns the lexicon and their (n, n_features) scipy CSR matrix, rows of L2 norm 1."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer=ngrams, sublinear_tf=True, dtype=np.float32)
        matrix = vectorizer.fit_transform(texts)
        vocabulary = {str(key): int(value) for key, value in vectorizer.vocabulary_.items()}
        return cls(vocabulary, np.asarray(vectorizer.idf_, np.float32)), matrix

    def vector(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Feature numbers and weights of a text (L2 norm 1), as scikit-learn's TfidfVectorizer computes them."""
        counts = Counter(column for word in _WORD.findall(fold(text)) for column in self._columns(word))
        columns = np.fromiter(counts.keys(), np.int64, len(counts))
        weights = np.fromiter((1.0 + math.log(count) for count in counts.values()), np.float32, len(counts))
        weights *= self.idf[columns]
        norm = float(np.linalg.norm(weights))
        return columns, weights / norm if norm else weights

    def _columns(self, word: str) -> tuple[int, ...]:
        """The known n-grams of a folded word; words come again, and a long text is read three times as fast for it."""
        found = self._seen.get(word)
        if found is None:
            found = tuple(self.vocabulary[gram] for gram in _of_word(word) if gram in self.vocabulary)
            if len(word) <= REMEMBERED_LETTERS:
                if len(self._seen) >= REMEMBERED_WORDS:
                    self._seen.clear()
                self._seen[word] = found
        return found


@dataclass(frozen=True)
class SparseRows:
    """The TF-IDF rows of the goal texts in CSR form: `indptr` (n + 1,), `indices` and `values` (nnz,)."""

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    values: NDArray[np.float32]

    def selected(self, rows: NDArray[np.int64]) -> SparseRows:
        """These rows alone, in this order."""
        starts, counts = self.indptr[rows], np.diff(self.indptr)[rows]
        ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        chosen = np.arange(ends[-1]) + np.repeat(starts - ends[:-1], counts)
        return SparseRows(ends, self.indices[chosen], self.values[chosen])

    def similarities(self, vector: NDArray[np.float32]) -> NDArray[np.float64]:
        """Cosine of every row with one vector (n_features,) of L2 norm 1 → (n,)."""
        result = np.zeros(len(self.indptr) - 1, np.float64)
        filled = self.indptr[1:] > self.indptr[:-1]
        if filled.any():
            products = vector.take(self.indices) * self.values
            result[filled] = np.add.reduceat(products, self.indptr[:-1][filled], dtype=np.float64)
        return result


def spread(columns: NDArray[np.int64], weights: NDArray[np.float32], n_features: int) -> NDArray[np.float32]:
    """The whole vector (n_features,) of which `columns` and `weights` name what is not 0."""
    vector = np.zeros(n_features, np.float32)
    vector[columns] = weights
    return vector
