"""Labelled cases through a matcher → one record for each case, with the answer exactly as `isek batch` writes it.

A matcher that has learned from a case may not be measured on it. Cases whose text is among the learned ones are
therefore answered by a second matcher, built the same way from everything but the fold of that case (cross-fitting);
its probabilities have not seen the fold either. All other cases are answered by the matcher itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from data.catalogue import Catalogue
from data.labelled import LabelledCase
from eval.metrics import PRIMARY_GAIN, SECONDARY_GAIN
from index.matcher import Matcher
from index.ridge import folds_of
from index.texts import Corpus

SHOWN = 5  # product-area goals that `match` and `batch` list by default; every figure is about these
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Record:
    """A case and the answer to it: the JSON object of `match --json`, but with all product-area goals.

    `fold` is the number of the fold the answering matcher was built without, None for the matcher itself.
    """

    case: LabelledCase
    answer: dict[str, Any]
    fold: int | None = None
    seconds: float = 0.0

    @cached_property
    def ranking(self) -> list[str]:
        """All product-area goals, best first."""
        return [goal["id"] for goal in self.answer["goals"]]

    @property
    def shown(self) -> list[str]:
        """The product-area goals that a person sees."""
        return self.ranking[:SHOWN]

    @cached_property
    def citywide(self) -> list[str]:
        """All city-wide goals, best first."""
        return [goal["id"] for goal in self.answer["citywide"]]

    @cached_property
    def suggested(self) -> frozenset[str]:
        """Product-area goals among the shown ones that the software recommends."""
        return frozenset(goal["id"] for goal in self.answer["goals"][:SHOWN] if goal["suggested"])

    @cached_property
    def suggested_citywide(self) -> frozenset[str]:
        return frozenset(goal["id"] for goal in self.answer["citywide"] if goal["suggested"])

    @property
    def first(self) -> str | None:
        return self.ranking[0] if self.ranking else None

    @property
    def rank(self) -> int | None:
        """Rank of the primary goal among all product-area goals, from 1; None where there is none."""
        ranking, primary = self.ranking, self.case.primary
        return ranking.index(primary) + 1 if primary in ranking else None

    @property
    def grades(self) -> dict[str, float]:
        """Gain of each goal that is right."""
        gains = dict.fromkeys(self.case.secondary, SECONDARY_GAIN)
        return gains | ({self.case.primary: PRIMARY_GAIN} if self.case.primary else {})

    @property
    def confidence(self) -> float | None:
        """Probability that the first product-area goal is acceptable; None where a baseline gives none."""
        goals = self.answer["goals"]
        return goals[0]["confidence"] if goals else None

    @property
    def best_confidence(self) -> float | None:
        """The highest confidence of any goal on either level: how sure the answer is that some goal fits."""
        said = [goals[0]["confidence"] for goals in (self.answer["goals"], self.answer["citywide"]) if goals]
        return None if not said or None in said else max(said)

    @property
    def evidence(self) -> list[dict[str, Any]]:
        """All evidence of the shown goals of both levels."""
        goals = self.answer["goals"][:SHOWN] + self.answer["citywide"]
        return [item for goal in goals for item in goal["evidence"]]


class Answerer(Protocol):
    """Anything that answers a case in the JSON of `match --json`; `labels` is how many labelled texts it learned from,
    `decided` how many of them are decisions of this installation."""

    @property
    def catalogue(self) -> Catalogue: ...

    @property
    def model(self) -> str: ...

    @property
    def labels(self) -> int: ...

    @property
    def decided(self) -> int: ...

    def answer(self, case: LabelledCase) -> tuple[dict[str, Any], int | None]: ...


class CrossFitted:
    """A matcher that answers a text it has learned from as if it had not."""

    def __init__(self, matcher: Matcher, corpus: Corpus, build: Callable[[Corpus], Matcher]) -> None:
        """`corpus` is what `matcher` was built from; `build` makes another one, the same way, from less."""
        self._matcher, self._corpus, self._build = matcher, corpus, build
        self._folds = folds_by_text(corpus.labels)
        self._built: dict[int, Matcher] = {}

    @property
    def catalogue(self) -> Catalogue:
        return self._matcher.catalogue

    @property
    def model(self) -> str:
        return self._matcher.encoder.name

    @property
    def labels(self) -> int:
        return len(self._corpus.labels)

    @property
    def decided(self) -> int:
        return sum(case.decided for case in self._corpus.labels)

    def answer(self, case: LabelledCase) -> tuple[dict[str, Any], int | None]:
        matcher, fold = self.matcher_for(case)
        top = max(SHOWN, len(self.catalogue.area_goals))
        return matcher.match(case.text, top=top, identity=case.id).to_json(), fold

    def matcher_for(self, case: LabelledCase) -> tuple[Matcher, int | None]:
        """The matcher that has not seen this case, and the fold it was built without."""
        fold = self._folds.get(same_text(case.text))
        return (self._matcher if fold is None else self._without(fold)), fold

    def _without(self, fold: int) -> Matcher:
        if fold not in self._built:
            left_out = {text for text, number in self._folds.items() if number == fold}
            self._built[fold] = self._build(without_labels(self._corpus, left_out))
        return self._built[fold]


def same_text(text: str) -> str:
    """What two copies of one text have in common: its words, whatever the case and the line breaks."""
    return " ".join(text.split()).casefold()


def folds_by_text(cases: Sequence[LabelledCase]) -> dict[str, int]:
    """Text → fold; the goals are spread over the folds as evenly as when the index learns its probabilities."""
    folds = folds_of(list(cases), [f"{case.primary or ''}{case.style}" for case in cases])
    numbers: dict[str, int] = {}
    for number, fold in enumerate(folds):
        for case in fold:
            numbers.setdefault(same_text(case.text), number)
    return numbers


def without_labels(corpus: Corpus, left_out: set[str]) -> Corpus:
    """The corpus without the labelled cases whose text (see `same_text`) is in `left_out`."""
    cases = iter(corpus.labels)
    texts, labels = [], []
    for text in corpus.texts:
        if text.kind != "label":
            texts.append(text)
            continue
        case = next(cases)
        if same_text(case.text) not in left_out:
            texts.append(text)
            labels.append(case)
    return Corpus(tuple(texts), tuple(labels))


def evaluate(
    answerer: Answerer, cases: Iterable[LabelledCase], progress: Progress = lambda _done, _total: None
) -> list[Record]:
    """Answer every case, in order."""
    records, chosen = [], list(cases)
    for number, case in enumerate(chosen, 1):
        start = time.perf_counter()
        answer, fold = answerer.answer(case)
        records.append(Record(case, answer, fold, time.perf_counter() - start))
        progress(number, len(chosen))
    return records
