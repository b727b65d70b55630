"""The columns of the regression: which number of a score row means what, and the weights that make the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue
from index.ridge import Floats
from index.texts import CITYWIDE_ONLY, NEUTRAL, NO_GOAL

Float32s = NDArray[np.float32]


class Split(NamedTuple):
    """Scores (n, …) of n texts by kind of column; `classes` are "only city-wide goals", "no goal", "says nothing"."""

    goals: Floats
    classes: Floats
    areas: Floats
    citywide: Floats


@dataclass(frozen=True)
class Columns:
    """The columns of the regression, in order: the area goals, the `classes` beside them, the areas, the city-wide goals."""

    goals: tuple[str, ...]
    classes: tuple[str, ...]
    areas: tuple[str, ...]
    citywide: tuple[str, ...]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Columns:
        return cls(
            tuple(goal.id for goal in catalogue.area_goals),
            (CITYWIDE_ONLY, NO_GOAL, NEUTRAL),
            tuple(str(area.id) for area in catalogue.areas),
            tuple(goal.id for goal in catalogue.citywide_goals),
        )

    @property
    def citywide_start(self) -> int:
        """The position of the first city-wide goal."""
        return len(self.goals) + len(self.classes) + len(self.areas)

    def split(self, scores: Floats) -> Split:
        """(n, columns) → its parts."""
        ends = np.cumsum([len(self.goals), len(self.classes), len(self.areas)])
        return Split(*np.split(scores, ends.tolist(), axis=1))


@dataclass(frozen=True)
class Weights:
    """Primal weights: `lexical` (n_features, columns), `dense` (d, columns), float32."""

    lexical: Float32s
    dense: Float32s
