"""Texts that appear twice where they must not: in both splits, or in a goal profile and in the labelled set.

Likeness is the share of common character 5-grams (Jaccard). A profile entry that repeats a labelled text would make the
matching look better than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from data.catalogue import Catalogue
from data.labelled import LabelledCase

_CHUNK = 500  # texts compared with all others at a time
NEAR = 0.5  # from this share of common 5-grams on two texts count as near-duplicates


class Twin(NamedTuple):
    """Two texts that are (nearly) the same; `second` is a case id, or goal and entry of a profile; likeness in [0, 1]."""

    case: str
    second: str
    likeness: float


def across_splits(cases: Sequence[LabelledCase], near: float = NEAR) -> list[Twin]:
    """Near-duplicates of which one is in ``dev`` and the other in ``test``."""
    dev, test = [c for c in cases if c.split == "dev"], [c for c in cases if c.split == "test"]
    return twins(test, dev, near)


def twins(first: Sequence[LabelledCase], second: Sequence[LabelledCase], near: float = NEAR) -> list[Twin]:
    """Near-duplicates between two lists of cases, the most alike first."""
    names = [case.id for case in second]
    return _alike([(case.id, case.text) for case in first], names, [case.text for case in second], near)


def in_profiles(cases: Sequence[LabelledCase], catalogue: Catalogue, near: float = NEAR) -> list[Twin]:
    """Labelled texts that an entry of a goal profile (nearly) repeats."""
    entries = [
        (goal.id, text)
        for goal in catalogue.goals
        for text in (goal.title, goal.meaning, *goal.terms, *goal.examples, *goal.crosscutting)
        if text
    ]
    names = [f"{goal}: {text}" for goal, text in entries]
    return _alike([(case.id, case.text) for case in cases], names, [text for _, text in entries], near)


def _alike(first: Sequence[tuple[str, str]], names: Sequence[str], texts: Sequence[str], near: float) -> list[Twin]:
    if not first or not texts:
        return []
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(analyzer="char_wb", ngram_range=(5, 5), binary=True, dtype=np.float64)
    matrix: Any = vectorizer.fit_transform([*(text for _, text in first), *texts])
    a, b = matrix[: len(first)], matrix[len(first) :]
    sizes = np.asarray(b.sum(axis=1)).T
    found = []
    for start in range(0, len(first), _CHUNK):
        rows = a[start : start + _CHUNK]
        common = (rows @ b.T).toarray()
        either = np.asarray(rows.sum(axis=1)) + sizes - common
        likeness = np.divide(common, either, out=np.zeros_like(common), where=either > 0)
        found += [
            Twin(first[start + row][0], names[column], float(likeness[row, column]))
            for row, column in zip(*np.nonzero(likeness >= near), strict=True)
        ]
    return sorted(found, key=lambda twin: (-twin.likeness, twin.case, twin.second))
