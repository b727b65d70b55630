"""Which of many projects may be the same one: pairs that share a goal and whose texts are alike in meaning and in words.

How alike two texts are is the mean of two cosines, that of their sentence vectors and that of their character n-grams.
`LIKE_FROM` was chosen on the dev split: of 1,414 pairs of different projects with a goal in common two reach it, of 30
hand-written paraphrases 28 do, and of 143 texts handed in again in another form, shortened and reordered, 138
(`tests/test_overlap.py`). Two texts that tell different halves of one project are not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.features import Features, SparseVector
from index.passages import Passage, Reading

LIKE_FROM = 0.45


@dataclass(frozen=True)
class Sketch:
    """What is compared of one text: its passages that say most, with their lexical and dense vectors of any length."""

    reading: Reading
    features: Features

    @cached_property
    def meaning(self) -> NDArray[np.float32]:
        """(d,) float32, L2 norm 1."""
        dense = self.features.dense
        return (dense / max(float(np.linalg.norm(dense)), 1e-9)).astype(np.float32)

    @cached_property
    def words(self) -> SparseVector:
        """L2 norm 1; without features where no word is known."""
        return _unit(self.features.lexical)


@dataclass(frozen=True)
class Overlap:
    """Two projects by their positions, `first` < `second`, the goals both serve, and two cosines in [-1, 1]."""

    first: int
    second: int
    goals: frozenset[str]
    words: float
    meaning: float

    @property
    def likeness(self) -> float:
        """The mean of both cosines."""
        return (self.words + self.meaning) / 2


def overlaps(
    sketches: Sequence[Sketch],
    goals: Sequence[frozenset[str]],
    least: float = LIKE_FROM,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Overlap]:
    """The pairs with a goal in common and a likeness of `least` or more, the likest first.

    `goals` are those of each project; a project without goals is in no pair.
    """
    if not sketches:
        return []
    meanings = np.stack([sketch.meaning for sketch in sketches])
    width = 1 + max((int(sketch.words.columns.max(initial=0)) for sketch in sketches), default=0)
    members = _members(goals)
    found = []
    for first, sketch in enumerate(sketches):
        progress(first, len(sketches))
        others = _others(first, goals[first], members)
        others = others[meanings[others] @ sketch.meaning >= 2 * least - 1.0]
        if len(others):
            spread = _spread(sketch.words, width)
            found += [
                pair for pair in _pairs(first, others, sketches, goals, meanings, spread) if pair.likeness >= least
            ]
    return sorted(found, key=lambda pair: (-pair.likeness, pair.first, pair.second))


def pairs_with_common_goal(goals: Sequence[frozenset[str]]) -> int:
    """How many pairs of projects were compared."""
    members = _members(goals)
    return sum(len(_others(first, own, members)) for first, own in enumerate(goals))


def likest_passages(one: Sketch, two: Sketch) -> tuple[Passage, Passage]:
    """The passage of each text that is most like one of the other."""
    best, found = -2.0, (0, 0)
    for mine in one.features.passage_dense:
        for other in two.features.passage_dense:
            likeness = _passage_likeness(one.features, mine, two.features, other)
            if likeness > best:
                best, found = likeness, (mine, other)
    return one.reading.passages[found[0]], two.reading.passages[found[1]]


def _members(goals: Sequence[frozenset[str]]) -> dict[str, NDArray[np.int64]]:
    found: dict[str, list[int]] = {}
    for position, own in enumerate(goals):
        for goal in own:
            found.setdefault(goal, []).append(position)
    return {goal: np.array(positions, np.int64) for goal, positions in found.items()}


def _others(first: int, own: frozenset[str], members: dict[str, NDArray[np.int64]]) -> NDArray[np.int64]:
    """Positions after `first` with a goal in common, each once."""
    if not own:
        return np.zeros(0, np.int64)
    sharing = np.unique(np.concatenate([members[goal] for goal in own]))
    result: NDArray[np.int64] = sharing[sharing > first]
    return result


def _pairs(
    first: int,
    others: NDArray[np.int64],
    sketches: Sequence[Sketch],
    goals: Sequence[frozenset[str]],
    meanings: NDArray[np.float32],
    spread: NDArray[np.float32],
) -> Iterator[Overlap]:
    alike = meanings[others] @ meanings[first]
    for second, meaning in zip(others.tolist(), alike.tolist(), strict=True):
        words = sketches[second].words
        shared = float(spread[words.columns] @ words.weights)
        yield Overlap(first, second, goals[first] & goals[second], shared, float(meaning))


def _spread(vector: SparseVector, width: int) -> NDArray[np.float32]:
    result = np.zeros(width, np.float32)
    result[vector.columns] = vector.weights
    return result


def _unit(vector: SparseVector) -> SparseVector:
    norm = float(np.linalg.norm(vector.weights))
    return SparseVector(vector.columns, vector.weights / norm if norm else vector.weights)


def _passage_likeness(one: Features, mine: int, two: Features, other: int) -> float:
    first, second = _unit(one.passage_lexical[mine]), _unit(two.passage_lexical[other])
    shared, left, right = np.intersect1d(first.columns, second.columns, return_indices=True)
    words = float(first.weights[left] @ second.weights[right]) if len(shared) else 0.0
    dense = one.passage_dense[mine], two.passage_dense[other]
    norm = float(np.linalg.norm(dense[0]) * np.linalg.norm(dense[1]))
    return (words + float(dense[0] @ dense[1]) / max(norm, 1e-9)) / 2
