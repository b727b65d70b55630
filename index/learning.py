"""From the texts of an index to weights and probabilities: what is computed once, when the index is built.

All decisions are columns of one ridge regression over one kernel (lexical plus dense similarity): the product-area
goals with three further classes ("only city-wide goals fit", "no goal fits", "says nothing"), the areas, and the city-wide goals. A text
that says nothing about a column has the target 0 there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.catalogue import Catalogue
from data.labelled import LabelledCase
from index.calibration import Calibration, Curve, score_features
from index.columns import Columns, Float32s, Split, Weights
from index.features import Encode, FeatureMaker
from index.lexical import Lexicon
from index.passages import Reading, read
from index.ridge import Extended, Floats, Ridge, folds_of, one_hot
from index.texts import CITYWIDE_ONLY, GoalText, class_of


@dataclass(frozen=True)
class Kernel:
    """One regression: weights of the lexical and the dense kernel (0 switches a channel off) and the ridge penalty."""

    lexical: float
    dense: float
    penalty: float


@dataclass(frozen=True)
class Tuning:
    """What was tuned on the dev split (the ablation in the README shows what each part brings).

    City-wide goals are a regression of their own: they cut across the product areas, and a product-area example says
    nothing about whether one of them applies.
    """

    areas: Kernel = Kernel(lexical=1.0, dense=2.0, penalty=1.0)
    citywide: Kernel = Kernel(lexical=0.3, dense=1.0, penalty=1.0)
    label_weight: float = 1.0  # how many profile texts one labelled text counts for

    def only(self, lexical: bool) -> Tuning:
        """With one channel switched off, for the ablation: the dense one if `lexical`, else the lexical one."""
        off = {"dense": 0.0} if lexical else {"lexical": 0.0}
        return replace(self, areas=replace(self.areas, **off), citywide=replace(self.citywide, **off))


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


class Learner:
    """What a catalogue's profiles teach, ready to be extended by labelled cases.

    The large systems are solved once, over the profile texts; labelled cases, of which there are few, are added to the
    solution. A cross-check with some labels left out therefore costs next to nothing.
    """

    def __init__(self, catalogue: Catalogue, texts: Sequence[GoalText], encode: Encode, tuning: Tuning) -> None:
        """`texts` are those of a corpus less the labelled ones."""
        self._catalogue, self._encode, self._tuning = catalogue, encode, tuning
        self._columns = Columns.of(catalogue)
        self.lexicon, self._lexical = Lexicon.fit([text.text for text in texts])
        self._dense = encode([text.text for text in texts])
        targets, start = _profile_targets(catalogue, self._columns, texts), self._columns.citywide_start
        citywide = set(self._columns.citywide)
        rows = np.flatnonzero([text.kind != "crosscutting" for text in texts])
        city = np.flatnonzero([text.goal in citywide or text.kind == "goalless" for text in texts])
        share = _shares(texts)
        parts = (rows, targets[rows, :start], tuning.areas), (city, targets[city, start:], tuning.citywide)
        self._parts = [_Part(self._lexical[r], self._dense[r], t, kernel, share[r]) for r, t, kernel in parts]
        self._weights = _side_by_side([part.weights() for part in self._parts])

    def learn(self, labels: Sequence[LabelledCase]) -> Learned:
        """The solution with these labelled cases, and the calibration on what it says of each without its fold.

        A labelled text is represented as a text of a user will be, by the passages that say most; what says most is
        judged by the solution from the profiles alone.
        """
        if not labels:
            return Learned(self.lexicon, self._lexical, self._dense, self._weights, None, {})
        from scipy.sparse import vstack

        maker = FeatureMaker(self.lexicon, self._weights, self._columns, self._encode)
        lexical, dense = _label_rows(maker, [maker.reconsidered(read(case.text)) for case in labels], self.lexicon)
        targets, start = _label_targets(self._columns, labels), self._columns.citywide_start
        penalty = 1.0 / self._tuning.label_weight
        sides = [
            part.extended(lexical, dense, side, penalty)
            for part, side in zip(self._parts, (targets[:, :start], targets[:, start:]), strict=True)
        ]
        held_out = held_out_scores(labels, [extended for _, extended in sides])
        return Learned(
            self.lexicon,
            vstack([self._lexical, lexical], format="csr"),
            np.vstack([self._dense, dense]),
            _side_by_side([weights for weights, _ in sides]),
            calibrate(self._catalogue, labels, held_out),
            held_out,
        )


class _Part:
    """One of the two regressions, over the profile texts that speak to its columns."""

    def __init__(self, lexical: Any, dense: Float32s, targets: Floats, kernel: Kernel, share: Floats) -> None:
        self._lexical, self._dense, self._kernel = lexical, dense, kernel
        similarity = self._similarity(lexical, dense, lexical, dense)
        self._ridge = Ridge(similarity, kernel.penalty / share, targets)

    def weights(self) -> Weights:
        return self._primal(self._lexical, self._dense, self._ridge.dual)

    def extended(self, lexical: Any, dense: Float32s, targets: Floats, share: float) -> tuple[Weights, Extended]:
        """With labelled rows, whose penalty is `share` of a profile text's."""
        from scipy.sparse import vstack

        cross = self._similarity(self._lexical, self._dense, lexical, dense)
        among = self._similarity(lexical, dense, lexical, dense)
        solution = self._ridge.extended(cross, among, share * self._kernel.penalty, targets)
        rows, vectors = vstack([self._lexical, lexical], format="csr"), np.vstack([self._dense, dense])
        return self._primal(rows, vectors, solution.dual), solution

    def _similarity(self, lexical: Any, dense: Float32s, other_lexical: Any, other_dense: Float32s) -> Float32s:
        similarity: Float32s = (lexical @ other_lexical.T).toarray()
        similarity *= self._kernel.lexical
        similarity += self._kernel.dense * (dense @ other_dense.T)
        return similarity

    def _primal(self, lexical: Any, dense: Float32s, dual: Floats) -> Weights:
        return Weights(
            (self._kernel.lexical * (lexical.T @ dual)).astype(np.float32),
            (self._kernel.dense * (dense.T @ dual)).astype(np.float32),
        )


def _shares(texts: Sequence[GoalText]) -> Floats:
    """How much each text counts: 1, and less for background texts where they outnumber the goals' own."""
    background = np.array([text.kind in ("goalless", "neutral") for text in texts], bool)
    excess = max(1.0, background.sum() / max(1, (~background).sum()))
    return np.where(background, 1.0 / excess, 1.0)


def _side_by_side(parts: Sequence[Weights]) -> Weights:
    return Weights(np.hstack([part.lexical for part in parts]), np.hstack([part.dense for part in parts]))


def _label_rows(maker: FeatureMaker, readings: Sequence[Reading], lexicon: Lexicon) -> tuple[Any, Float32s]:
    from scipy.sparse import csr_matrix

    features = maker.features(readings)
    ends = np.cumsum([0, *(len(item.lexical.columns) for item in features)])
    indices = np.concatenate([item.lexical.columns for item in features])
    values = np.concatenate([item.lexical.weights for item in features])
    lexical = csr_matrix((values, indices, ends), shape=(len(features), len(lexicon.idf)), dtype=np.float32)
    return lexical, np.stack([item.dense for item in features])


def _profile_targets(catalogue: Catalogue, columns: Columns, texts: Sequence[GoalText]) -> Floats:
    targets = np.zeros((len(texts), columns.citywide_start + len(columns.citywide)))
    parts = columns.split(targets)
    for row, text in enumerate(texts):
        _set_class(parts, columns, row, _goal_class(text, columns))
        _set_row(parts.areas[row], columns.areas, _area_of(catalogue, text))
        if text.goal in columns.citywide or text.kind == "goalless":
            _set_citywide(parts.citywide[row], columns, {text.goal})
    return targets


def _label_targets(columns: Columns, cases: Sequence[LabelledCase]) -> Floats:
    targets = np.zeros((len(cases), columns.citywide_start + len(columns.citywide)))
    parts = columns.split(targets)
    for row, case in enumerate(cases):
        _set_class(parts, columns, row, class_of(case))
        _set_row(parts.areas[row], columns.areas, None if case.area is None else str(case.area))
        _set_citywide(parts.citywide[row], columns, set(case.citywide))
    return targets


def _set_class(parts: Split, columns: Columns, row: int, name: str | None) -> None:
    names = (*columns.goals, *columns.classes)
    if name in names:
        target = one_hot([names.index(name)], len(names))[0]
        parts.goals[row], parts.classes[row] = target[: len(columns.goals)], target[len(columns.goals) :]


def _set_citywide(row: Floats, columns: Columns, marked: set[str]) -> None:
    for position, goal in enumerate(columns.citywide):
        row[position] = 1.0 if goal in marked else -1.0 / max(1, len(columns.citywide) - 1)


def _set_row(row: Floats, names: Sequence[str], name: str | None) -> None:
    if name is not None and name in names:
        row[:] = one_hot([names.index(name)], len(names))[0]


def _goal_class(text: GoalText, columns: Columns) -> str | None:
    if text.goal in columns.citywide:
        return None if text.kind == "crosscutting" else CITYWIDE_ONLY
    return text.goal


def _area_of(catalogue: Catalogue, text: GoalText) -> str | None:
    if text.kind == "group":
        return text.goal[1:-1]
    goal = catalogue.by_id.get(text.goal)
    return None if goal is None or goal.area is None else str(goal.area)


def held_out_scores(cases: Sequence[LabelledCase], sides: Sequence[Extended]) -> dict[str, Floats]:
    """Cross-fitted scores (columns,) of the labelled texts by case id: each predicted without the labels of its fold."""
    folds = folds_of(range(len(cases)), [f"{case.primary or ''}{case.style}" for case in cases])
    parts = [side.held_out(folds) for side in sides]
    return {case.id: np.concatenate([part[row] for part in parts]) for row, case in enumerate(cases)}


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
    """(n, n_areas, 3) from the score of the best goal in an area; its own score decides where no goal speaks."""
    lowest = parts.goals.min(axis=1, initial=0.0)
    best = [parts.goals[:, list(group)].max(axis=1) if group else lowest for group in members]
    return score_features(np.stack(best, axis=1) + 0.1 * parts.areas, np.zeros((len(parts.areas), 1)))


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
