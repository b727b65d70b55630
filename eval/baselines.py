"""Two simple answers to beat: goal titles alone, compared by letters (TF-IDF) or by an encoder.

They rank; they know no probability, no abstention and no evidence. Their first goal is what they suggest, the area is
that of the first goal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from data.catalogue import Catalogue, Goal
from data.labelled import LabelledCase
from eval.metrics import Floats
from index.encoder import Encoder

TFIDF_TITLES = "tfidf-titles"
ENGLISH_TITLES = "english-titles"
BASELINES = (TFIDF_TITLES, ENGLISH_TITLES)
Similarities = Callable[[str], Floats]  # text → (n,) similarity to each goal title


class TitleBaseline:
    """Ranks the goals of a catalogue by the similarity of their titles to the text."""

    labels = decided = 0

    def __init__(self, name: str, catalogue: Catalogue, similarities: Similarities) -> None:
        """`similarities` gives one number for each goal of the catalogue, in its order."""
        self.model, self.catalogue, self._similarities = name, catalogue, similarities

    def answer(self, case: LabelledCase) -> tuple[dict[str, Any], int | None]:
        """The answer in the JSON of `match --json`, with null for every confidence."""
        scores = self._similarities(case.text)
        ranked = [self.catalogue.goals[place] for place in np.argsort(-scores, kind="stable")]
        goals = [goal for goal in ranked if goal.area is not None]
        citywide = [goal for goal in ranked if goal.area is None]
        area = self.catalogue.area(goals[0].area) if goals and goals[0].area is not None else None
        answer = {
            "id": case.id,
            "no_goal": False,
            "no_goal_reason": None,
            "area": {"id": area.id if area else "", "title": area.title if area else "", "confidence": None},
            "goals": _hits(goals),
            "citywide": _hits(citywide),
            "ignored": [],
            "catalogue": self.catalogue.name,
            "model": self.model,
            "warnings": [],
        }
        return answer, None


def _hits(goals: Sequence[Goal]) -> list[dict[str, Any]]:
    return [
        {
            "id": goal.id,
            "title": goal.title,
            "area": goal.area,
            "confidence": None,
            "suggested": rank == 0,
            "evidence": [],
        }
        for rank, goal in enumerate(goals)
    ]


def tfidf_titles(catalogue: Catalogue) -> TitleBaseline:
    """TF-IDF over character 2- to 5-grams inside words, cosine."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    titles = vectorizer.fit_transform([goal.title for goal in catalogue.goals])
    return TitleBaseline(
        TFIDF_TITLES, catalogue, lambda text: (titles @ vectorizer.transform([text]).T).toarray()[:, 0]
    )


def encoder_titles(catalogue: Catalogue, encoder: Encoder, name: str = ENGLISH_TITLES) -> TitleBaseline:
    """An encoder on the titles, cosine."""
    titles = encoder.encode([goal.title for goal in catalogue.goals]).astype(np.float64)
    return TitleBaseline(name, catalogue, lambda text: titles @ encoder.encode([text])[0].astype(np.float64))
