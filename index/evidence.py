"""Why a goal: the passage that speaks for it, the goal's own text it resembles, and which channel heard it."""

from __future__ import annotations

import re

import numpy as np

from index.features import FeatureMaker, Features
from index.passages import Passage, Reading
from index.result import Evidence
from index.store import GoalIndex

MAX_SPAN_WORDS = 12
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_SHOWN = {"title", "meaning", "term", "example", "crosscutting", "label"}


class Explainer:
    """Finds evidence with the weights that decided, so that the reason given is the reason that counted."""

    def __init__(self, index: GoalIndex, maker: FeatureMaker) -> None:
        self._index, self._maker = index, maker
        self._rows: dict[str, np.ndarray] = {}
        for goal in {text.goal for text in index.texts}:
            rows = [row for row, text in enumerate(index.texts) if text.goal == goal and text.kind in _SHOWN]
            self._rows[goal] = np.array(rows, np.int64)

    def evidence(self, goal: str, column: int, reading: Reading, features: Features) -> tuple[Evidence, ...]:
        """The best passage for this goal, narrowed to the words that carry it; empty where nothing speaks for it."""
        if not reading.passages or not features.passage_dense:
            return ()
        scores = {part: self._passage_score(part, column, features) for part in features.passage_dense}
        best = max(scores, key=lambda part: (scores[part], -part))
        if scores[best] <= 0.0:
            return ()
        matched, channel = self._counterpart(goal, best, features)
        if not matched:
            return ()
        span = self._narrow(reading.passages[best], column)
        return (Evidence(span.start, span.end, span.text, matched, channel),)

    def _passage_score(self, part: int, column: int, features: Features) -> float:
        return float(self._maker.scores_of(features.passage_lexical[part], features.passage_dense[part])[column])

    def _counterpart(self, goal: str, part: int, features: Features) -> tuple[str, str]:
        rows = self._rows.get(goal)
        if rows is None or not len(rows):
            return "", ""
        kernel = self._index.manifest["tuning"]["areas"]
        lexical = kernel["lexical"] * self._lexical_similarities(part, features)[rows]
        dense = kernel["dense"] * self._dense_similarities(part, features)[rows]
        best = int(np.argmax(lexical + dense))
        return self._index.texts[int(rows[best])].text, _channel(float(lexical[best]), float(dense[best]))

    def _lexical_similarities(self, part: int, features: Features) -> np.ndarray:
        vector = features.passage_lexical[part]
        return self._index.rows.similarities(vector.columns, vector.weights, len(self._index.lexicon.idf))

    def _dense_similarities(self, part: int, features: Features) -> np.ndarray:
        total = self._index.vectors.ntotal
        similarities, rows = self._index.vectors.search(features.passage_dense[part][None, :], total)
        result = np.zeros(total, np.float32)
        found = rows[0] >= 0  # an approximate index may return fewer
        result[rows[0][found]] = similarities[0][found]
        return result

    def _narrow(self, passage: Passage, column: int) -> Passage:
        """The run of at most MAX_SPAN_WORDS words with the largest lexical contribution; short passages as they are."""
        words = list(_WORD.finditer(passage.text))
        if len(words) <= MAX_SPAN_WORDS // 2:
            return passage
        gains = np.array([self._gain(match.group(), column) for match in words])
        if gains.max(initial=0.0) <= 0.0:
            return passage
        first, last = _best_run(gains - max(0.0, float(gains.mean())), MAX_SPAN_WORDS)
        start, end = words[first].start(), words[last].end()
        return Passage(passage.start + start, passage.start + end, passage.text[start:end])

    def _gain(self, word: str, column: int) -> float:
        columns, weights = self._index.lexicon.vector(word)
        return float(weights @ self._index.weights.lexical[columns, column]) if len(columns) else 0.0


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


def _channel(lexical: float, dense: float) -> str:
    if lexical > 2.0 * dense:
        return "wort"
    return "sinn" if dense > 2.0 * lexical else "beide"
