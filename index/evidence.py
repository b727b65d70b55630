"""Why a goal: the passage that speaks for it, the goal's own text it resembles, and which channel heard it."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from index.features import FeatureMaker, Features, SparseVector
from index.passages import Passage, Reading
from index.result import Evidence
from index.store import GoalIndex

MAX_SPAN_WORDS = 12
HEARD_WORD, HEARD_MEANING = 0.15, 0.5  # cosines from which on a channel counts as having heard a resemblance
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_SHOWN = {"title", "meaning", "term", "example", "crosscutting"}  # never another applicant's text


class Explainer:
    """Finds evidence with the weights that decided, so that the reason given is the reason that counted."""

    def __init__(self, index: GoalIndex, maker: FeatureMaker) -> None:
        self._index, self._maker = index, maker
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(index.texts):
            if text.kind in _SHOWN:
                rows.setdefault(text.goal, []).append(row)
        self._rows = {goal: np.array(members, np.int64) for goal, members in rows.items()}
        self._lexical = {goal: index.rows.selected(members) for goal, members in self._rows.items()}

    def about(self, reading: Reading, features: Features) -> Explanation:
        """The explanations of one answer; what several goals need is computed once."""
        return Explanation(self, reading, features)

    def passage_score(self, part: int, column: int, features: Features) -> float:
        """The raw score of one passage for one column."""
        return float(self._maker.scores_of(features.passage_lexical[part], features.passage_dense[part])[column])

    def dense_similarities(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine of a passage with every text of the index, in their order; 0 where an approximate index found none."""
        similarities, rows = self._index.vectors.search(vector[None, :], self._index.vectors.ntotal)
        result = np.zeros(self._index.vectors.ntotal, np.float32)
        found = rows[0] >= 0
        result[rows[0][found]] = similarities[0][found]
        return result

    def counterpart(self, goal: str, vector: SparseVector, dense: NDArray[np.float32]) -> tuple[str, str]:
        """The goal's own text a passage resembles most, and the channel; `dense` are its similarities with all texts."""
        if goal not in self._rows:
            return "", ""
        kernel = self._index.manifest["tuning"]["areas"]
        by_word = self._lexical[goal].similarities(vector.columns, vector.weights, len(self._index.lexicon.idf))
        by_meaning = dense[self._rows[goal]]
        best = int(np.argmax(kernel["lexical"] * by_word + kernel["dense"] * by_meaning))
        return self._index.texts[int(self._rows[goal][best])].text, _channel(
            float(by_word[best]), float(by_meaning[best])
        )

    def narrow(self, passage: Passage, column: int) -> Passage:
        """The run of at most MAX_SPAN_WORDS words with the largest lexical contribution; short passages as they are."""
        words = list(_WORD.finditer(passage.text))
        if len(words) <= MAX_SPAN_WORDS // 2:
            return passage
        gains = np.array([self._gain(match.group(), column) for match in words])
        if gains.max(initial=0.0) <= 0.0:
            return passage
        first, last = _best_run(gains - max(0.0, float(gains.mean())), MAX_SPAN_WORDS)
        chosen = [match.group() for match in words[first : last + 1]]
        carried = float(gains[first : last + 1].sum() / np.maximum(gains, 0.0).sum())
        if carried < 0.4 or not any(len(word) >= 5 or word.isupper() for word in chosen):
            return passage
        start, end = words[first].start(), words[last].end()
        return Passage(passage.start + start, passage.start + end, passage.text[start:end])

    def _gain(self, word: str, column: int) -> float:
        columns, weights = self._index.lexicon.vector(word)
        return float(weights @ self._index.weights.lexical[columns, column]) if len(columns) else 0.0


class Explanation:
    """Evidence for the goals of one answer."""

    def __init__(self, explainer: Explainer, reading: Reading, features: Features) -> None:
        self._explainer, self._reading, self._features = explainer, reading, features
        self._dense: dict[int, NDArray[np.float32]] = {}

    def evidence(self, goal: str, column: int) -> tuple[Evidence, ...]:
        """The best passage for this goal, narrowed to the words that carry it; empty where nothing speaks for it."""
        parts = self._features.passage_dense
        if not parts:
            return ()
        scores = {part: self._explainer.passage_score(part, column, self._features) for part in parts}
        best = max(scores, key=lambda part: (scores[part], -part))
        if scores[best] <= 0.0:
            return ()
        if best not in self._dense:
            self._dense[best] = self._explainer.dense_similarities(parts[best])
        lexical = self._features.passage_lexical[best]
        matched, channel = self._explainer.counterpart(goal, lexical, self._dense[best])
        if not matched:
            return ()
        span = self._explainer.narrow(self._reading.passages[best], column)
        return (Evidence(span.start, span.end, span.text, matched, channel),)


def _best_run(gains: np.ndarray, longest: int) -> tuple[int, int]:
    """First and last position of the run of at most `longest` with the largest sum; the shorter one on a tie."""
    sums = np.concatenate([[0.0], np.cumsum(gains)])
    runs = [
        (float(sums[end] - sums[start]), start - end, start, end - 1)
        for start in range(len(gains))
        for end in range(start + 1, min(len(gains), start + longest) + 1)
    ]
    _, _, first, last = max(runs)
    return first, last


def _channel(by_word: float, by_meaning: float) -> str:
    """Which channel heard the resemblance, from the two cosines."""
    if by_word >= HEARD_WORD and by_meaning >= HEARD_MEANING:
        return "beide"
    return "wort" if by_word >= HEARD_WORD else "sinn"
