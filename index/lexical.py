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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "\u00ad": None, "\u200b": None, "\u200d": None})
SIZES = (3, 4, 5)


def fold(text: str) -> str:
    """Lower case, umlauts and ß written out, soft hyphens dropped, so that all spellings of a word meet."""
    return unicodedata.normalize("NFC", text).lower().translate(_FOLD)


def ngrams(text: str) -> list[str]:
    """Character 3- to 5-grams of each word of `text`, the word padded with a space at both ends."""
    result: list[str] = []
    for word in _WORD.findall(fold(text)):
        padded = f" {word} "
        for size in SIZES:
            result.extend(padded[start : start + size] for start in range(max(1, len(padded) - size + 1)))
    return result


@dataclass(frozen=True)
class Lexicon:
    """Vocabulary and inverse document frequencies: `idf` is (n_features,) float32."""

    vocabulary: dict[str, int]
    idf: NDArray[np.float32]

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
        counts = Counter(self._known(ngrams(text)))
        columns = np.fromiter(counts.keys(), np.int64, len(counts))
        weights = np.fromiter((1.0 + math.log(count) for count in counts.values()), np.float32, len(counts))
        weights *= self.idf[columns]
        norm = float(np.linalg.norm(weights))
        return columns, weights / norm if norm else weights

    def _known(self, grams: Iterable[str]) -> Iterable[int]:
        found = (self.vocabulary.get(gram) for gram in grams)
        return (column for column in found if column is not None)


@dataclass(frozen=True)
class SparseRows:
    """The TF-IDF rows of the goal texts in CSR form: `indptr` (n + 1,), `indices` and `values` (nnz,)."""

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    values: NDArray[np.float32]

    def selected(self, rows: NDArray[np.int64]) -> SparseRows:
        """These rows alone, in this order."""
        pieces = [np.arange(self.indptr[row], self.indptr[row + 1]) for row in rows]
        chosen = np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
        ends = np.cumsum([0, *map(len, pieces)]).astype(np.int32)
        return SparseRows(ends, self.indices[chosen], self.values[chosen])

    def similarities(
        self, columns: NDArray[np.int64], weights: NDArray[np.float32], n_features: int
    ) -> NDArray[np.float64]:
        """Cosine of every row with one vector given by its `columns` and `weights` → (n,)."""
        dense = np.zeros(n_features, np.float32)
        dense[columns] = weights
        rows = np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))
        products = (dense[self.indices] * self.values).astype(np.float64)
        result: NDArray[np.float64] = np.bincount(rows, products, len(self.indptr) - 1).astype(np.float64)
        return result
