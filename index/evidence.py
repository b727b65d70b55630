"""Why a goal: the passage that speaks for it, the goal's own text it resembles, and which channel heard it."""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.features import FeatureMaker, Features, SparseVector
from index.lexical import spread
from index.passages import Passage, Reading
from index.result import Evidence
from index.ridge import Floats
from index.store import GoalIndex, all_similarities

MAX_SPAN_WORDS = 12
HEARD_WORD, HEARD_MEANING = 0.15, 0.5  # cosines from which on a channel counts as having heard a resemblance
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_SHOWN = {"title", "meaning", "term", "example", "crosscutting"}  # never another applicant's text


class Explainer:
    """Finds evidence with the weights that decided, so that the reason given is the reason that counted."""

    def __init__(self, index: GoalIndex, maker: FeatureMaker) -> None:
        self.index, self.maker = index, maker
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(index.texts):
            if text.kind in _SHOWN:
                rows.setdefault(text.goal, []).append(row)
        self.rows = {goal: np.array(members, np.int64) for goal, members in rows.items()}
        self.lexical = {goal: index.rows.selected(members) for goal, members in self.rows.items()}

    def about(self, reading: Reading, features: Features) -> Explanation:
        """The explanations of one answer; what several goals need is computed once."""
        parts = features.passage_dense
        heard = {
            part: HeardPassage(self, reading.passages[part], features.passage_lexical[part], dense)
            for part, dense in parts.items()
        }
        return Explanation(heard)


class HeardPassage:
    """One passage and what the index says of it, for all goals; computed when first asked for."""

    def __init__(
        self, explainer: Explainer, passage: Passage, lexical: SparseVector, dense: NDArray[np.float32]
    ) -> None:
        self._explainer, self._index, self.passage = explainer, explainer.index, passage
        self._lexical, self._dense = lexical, dense
        self.scores: Floats = explainer.maker.scores_of(lexical, dense)  # (columns,) raw

    @cached_property
    def _by_meaning(self) -> NDArray[np.float32]:
        """Cosines with every text of the index, in their order; 0 where an approximate index found none."""
        rows, similarities = all_similarities(self._index.vectors, self._dense[None, :])
        result = np.zeros(self._index.vectors.ntotal, np.float32)
        result[rows] = similarities
        return result

    @cached_property
    def _spread(self) -> NDArray[np.float32]:
        return spread(self._lexical.columns, self._lexical.weights, len(self._index.lexicon.idf))

    @cached_property
    def _words(self) -> list[tuple[re.Match[str], NDArray[np.int64], NDArray[np.float32]]]:
        lexicon = self._index.lexicon
        return [(word, *lexicon.vector(word.group())) for word in _WORD.finditer(self.passage.text)]

    def counterpart(self, goal: str) -> tuple[str, str]:
        """The goal's own text the passage resembles most, and the channel; two empty strings for a goal without texts."""
        if goal not in self._explainer.rows:
            return "", ""
        rows, kernel = self._explainer.rows[goal], self._index.manifest["tuning"]["areas"]
        by_word, by_meaning = self._explainer.lexical[goal].similarities(self._spread), self._by_meaning[rows]
        best = int(np.argmax(kernel["lexical"] * by_word + kernel["dense"] * by_meaning))
        return self._index.texts[int(rows[best])].text, _channel(float(by_word[best]), float(by_meaning[best]))

    def narrow(self, column: int) -> Passage:
        """The run of at most MAX_SPAN_WORDS words with the largest lexical contribution; short passages as they are."""
        if len(self._words) <= MAX_SPAN_WORDS // 2:
            return self.passage
        weights = self._index.weights.lexical
        gains = np.array([float(values @ weights[columns, column]) for _, columns, values in self._words])
        if gains.max(initial=0.0) <= 0.0:
            return self.passage
        first, last = _best_run(gains - max(0.0, float(gains.mean())), MAX_SPAN_WORDS)
        chosen = [word for word, _, _ in self._words[first : last + 1]]
        carried = float(gains[first : last + 1].sum() / np.maximum(gains, 0.0).sum())
        if carried < 0.4 or not any(len(word.group()) >= 5 or word.group().isupper() for word in chosen):
            return self.passage
        start, end = chosen[0].start(), chosen[-1].end()
        return Passage(self.passage.start + start, self.passage.start + end, self.passage.text[start:end])


class Explanation:
    """Evidence for the goals of one answer."""

    def __init__(self, heard: dict[int, HeardPassage]) -> None:
        self._heard = heard

    def evidence(self, goal: str, column: int) -> tuple[Evidence, ...]:
        """The best passage for this goal, narrowed to the words that carry it; empty where nothing speaks for it."""
        if not self._heard:
            return ()
        best = max(self._heard, key=lambda part: (self._heard[part].scores[column], -part))
        heard = self._heard[best]
        if heard.scores[column] <= 0.0:
            return ()
        matched, channel = heard.counterpart(goal)
        if not matched:
            return ()
        span = heard.narrow(column)
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
