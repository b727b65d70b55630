"""From the texts of an index to weights and probabilities: what is computed once, when the index is built.

All decisions are columns of one ridge regression over one kernel (lexical plus dense similarity): the product-area
goals with three further classes ("only city-wide goals fit", "no goal fits", "says nothing"), the areas, and the city-wide goals. A text
that says nothing about a column has the target 0 there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.catalogue import Catalogue
from data.labelled import LabelledCase
from index.calibration import Calibration, Curve, score_features
from index.columns import Columns, Float32s, Split, Weights
from index.features import FeatureMaker
from index.lexical import Lexicon
from index.passages import Reading, read
from index.ridge import Floats, Ridge, folds_of, one_hot
from index.texts import CITYWIDE_ONLY, Corpus, GoalText


@dataclass(frozen=True)
class Tuning:
    """What was tuned on the dev split (the ablation in the README shows what each brings)."""

    lexical: float = 1.0  # weight of the lexical kernel; 0 switches the channel off
    dense: float = 1.0  # weight of the dense kernel
    penalty: float = 0.5  # ridge penalty of a profile text
    label_weight: float = 3.0  # how many profile texts one labelled text counts for
    min_df: int = 1  # n-grams rarer than this are dropped


@dataclass(frozen=True)
class Learned:
    """What was computed from a corpus.

    `lexical` (n, n_features) scipy CSR and `dense` (n, d) are the vectors of its texts; `held_out` are the scores
    (columns,) of each labelled case by its id, predicted without the labels of its fold.
    """

    lexicon: Lexicon
    lexical: Any
    dense: Float32s
    weights: Weights
    calibration: Calibration | None
    held_out: dict[str, Floats]


def learn(catalogue: Catalogue, corpus: Corpus, encode: Callable[[list[str]], Float32s], tuning: Tuning) -> Learned:
    """Solve the regression and fit the calibration on held-out scores of the labelled texts.

    A labelled text is represented as a text of a user will be, by the passages that say most; what says most is
    judged by a first solution from the profiles alone.
    """
    from scipy.sparse import vstack

    n_profile = len(corpus.texts) - len(corpus.labels)
    readings = [read(case.text) for case in corpus.labels]
    profile = [text.text for text in corpus.texts[:n_profile]]
    lexicon, lexical = Lexicon.fit([*profile, *(reading.content for reading in readings)], tuning.min_df)
    lexical, dense = lexical[:n_profile], encode(profile)
    columns, targets = Columns.of(catalogue), _targets(catalogue, Columns.of(catalogue), corpus)
    weights, ridge = _solve(lexical, dense, targets[:n_profile], np.full(n_profile, tuning.penalty), tuning)
    held_out: dict[str, Floats] = {}
    if corpus.labels:
        label_lexical, label_dense = _label_rows(FeatureMaker(lexicon, weights, columns, encode), readings, lexicon)
        lexical, dense = vstack([lexical, label_lexical], format="csr"), np.vstack([dense, label_dense])
        penalty = np.full(len(corpus.texts), tuning.penalty)
        penalty[n_profile:] /= tuning.label_weight
        weights, ridge = _solve(lexical, dense, targets, penalty, tuning)
        held_out = held_out_scores(corpus, ridge)
    calibration = calibrate(catalogue, corpus.labels, held_out)
    return Learned(lexicon, lexical, dense, weights, calibration, held_out)


def _solve(lexical: Any, dense: Float32s, targets: Floats, penalty: Floats, tuning: Tuning) -> tuple[Weights, Ridge]:
    kernel = tuning.lexical * (lexical @ lexical.T).toarray().astype(np.float64)
    kernel += tuning.dense * (dense @ dense.T)
    ridge = Ridge(kernel, penalty, targets)
    by_word, by_meaning = lexical.T @ ridge.dual, dense.T @ ridge.dual
    return Weights((tuning.lexical * by_word).astype(np.float32), (tuning.dense * by_meaning).astype(np.float32)), ridge


def _label_rows(maker: FeatureMaker, readings: Sequence[Reading], lexicon: Lexicon) -> tuple[Any, Float32s]:
    from scipy.sparse import csr_matrix

    features = maker.features(readings)
    ends = np.cumsum([0, *(len(item.lexical.columns) for item in features)])
    indices = np.concatenate([item.lexical.columns for item in features])
    values = np.concatenate([item.lexical.weights for item in features])
    lexical = csr_matrix((values, indices, ends), shape=(len(features), len(lexicon.idf)), dtype=np.float32)
    return lexical, np.stack([item.dense for item in features])


def _targets(catalogue: Catalogue, columns: Columns, corpus: Corpus) -> Floats:
    classes = (*columns.goals, *columns.classes)
    goals = np.zeros((len(corpus.texts), len(classes)))
    areas = np.zeros((len(corpus.texts), len(columns.areas)))
    citywide = np.zeros((len(corpus.texts), len(columns.citywide)))
    cases = iter(corpus.labels)
    for row, text in enumerate(corpus.texts):
        case = next(cases) if text.kind == "label" else None
        _set_row(goals[row], classes, _goal_class(text, columns))
        _set_row(areas[row], columns.areas, _area_of(catalogue, text, case))
        marked = set(case.citywide) if case else {text.goal} & set(columns.citywide)
        for position, goal in enumerate(columns.citywide):
            if marked or case or text.kind == "goalless":
                citywide[row, position] = 1.0 if goal in marked else -1.0 / max(1, len(columns.citywide) - 1)
    return np.hstack([goals, areas, citywide])


def _set_row(row: Floats, names: Sequence[str], name: str | None) -> None:
    if name is not None and name in names:
        row[:] = one_hot([names.index(name)], len(names))[0]


def _goal_class(text: GoalText, columns: Columns) -> str | None:
    if text.goal in columns.citywide:
        return None if text.kind == "crosscutting" else CITYWIDE_ONLY
    return text.goal


def _area_of(catalogue: Catalogue, text: GoalText, case: LabelledCase | None) -> str | None:
    if case is not None:
        return None if case.area is None else str(case.area)
    if text.kind == "group":
        return text.goal.strip("[]")
    goal = catalogue.by_id.get(text.goal)
    return None if goal is None or goal.area is None else str(goal.area)


def held_out_scores(corpus: Corpus, ridge: Ridge) -> dict[str, Floats]:
    """Cross-fitted scores of the labelled texts by case id: each predicted without the labels of its fold."""
    first = len(corpus.texts) - len(corpus.labels)
    rows = list(range(first, len(corpus.texts)))
    folds = folds_of(rows, [f"{case.primary or ''}{case.style}" for case in corpus.labels])
    return {corpus.labels[row - first].id: scores for row, scores in ridge.held_out(folds).items()}


def calibrate(catalogue: Catalogue, cases: Sequence[LabelledCase], scores: dict[str, Floats]) -> Calibration | None:
    """Fit the curves on scores the model gave without having seen the case; None where the labels do not suffice."""
    if not cases:
        return None
    columns = Columns.of(catalogue)
    parts = columns.split(np.array([scores[case.id] for case in cases]))
    try:
        return Calibration(
            goal=Curve.fit(
                goal_features(parts).reshape(-1, 3),
                [goal in case.acceptable for case in cases for goal in columns.goals],
            ),
            area=Curve.fit(*_area_rows(columns, cases, parts, catalogue)),
            citywide=Curve.fit(
                citywide_features(parts).reshape(-1, 3),
                [goal in case.citywide for case in cases for goal in columns.citywide],
            )
            if columns.citywide
            else Curve((0.0, 0.0, 0.0), 0.0),
            any_area_goal=Curve.fit(any_area_goal_features(parts), [bool(case.acceptable) for case in cases]),
            any_goal=Curve.fit(any_goal_features(parts), [not case.goalless for case in cases]),
            origin=f"{len(cases)} beurteilte Texte zum Katalog {catalogue.name}, über Kreuz vorhergesagt",
            n=len(cases),
        )
    except ValueError:
        return None


def goal_features(parts: Split) -> Floats:
    """(n, n_goals, 3) features of "this goal is acceptable"."""
    return score_features(parts.goals, parts.classes[:, :2])


def citywide_features(parts: Split) -> Floats:
    """(n, n_citywide, 3) features of "this city-wide goal applies"."""
    return score_features(parts.citywide, parts.classes[:, 1:2])


def any_area_goal_features(parts: Split) -> Floats:
    """(n, 2) features of "some product-area goal fits": the best score, and its lead over the classes beside."""
    return _best_and_lead(parts.goals, parts.classes[:, :2])


def any_goal_features(parts: Split) -> Floats:
    """(n, 2) features of "some goal of either level fits"."""
    return _best_and_lead(np.hstack([parts.goals, parts.classes[:, :1]]), parts.classes[:, 1:2])


def _best_and_lead(scores: Floats, against: Floats) -> Floats:
    best = scores.max(axis=1, initial=-1.0)
    return np.stack([best, best - against.max(axis=1)], axis=1)


def area_features(parts: Split, members: Sequence[Sequence[int]]) -> Floats:
    """(n, n_areas, 3) from the area's own score plus that of the best goal in it."""
    lowest = parts.areas.min(axis=1)
    best = [parts.goals[:, list(group)].max(axis=1) if group else lowest for group in members]
    return score_features(parts.areas + np.stack(best, axis=1), np.zeros((len(parts.areas), 1)))


def members_of(catalogue: Catalogue, columns: Columns) -> list[list[int]]:
    """For each area the positions of its goals among the area goals."""
    area_of = [str(catalogue.by_id[goal].area) for goal in columns.goals]
    return [[position for position, area in enumerate(area_of) if area == wanted] for wanted in columns.areas]


def _area_rows(
    columns: Columns, cases: Sequence[LabelledCase], parts: Split, catalogue: Catalogue
) -> tuple[Floats, list[bool]]:
    known = [row for row, case in enumerate(cases) if case.area is not None]
    features = area_features(Split(*(part[known] for part in parts)), members_of(catalogue, columns))
    truths = [str(cases[row].area) == area for row in known for area in columns.areas]
    return features.reshape(-1, features.shape[2]), truths
