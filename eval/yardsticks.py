"""How good vectors are: outside yardsticks, goal titles on labelled texts, and the agreement of two readings of one model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue
from data.labelled import LabelledCase
from eval.metrics import hit_at
from index.encoder import Vectors
from index.training.measure import Sts, Xquad, read_sts, read_xquad, sts_of, sts_spearman, xquad_of, xquad_retrieval

Encode = Callable[[list[str]], Vectors]


@dataclass(frozen=True)
class Yardsticks:
    """Named sentence pairs and named questions."""

    sts: dict[str, Sts]
    questions: dict[str, Xquad]

    @property
    def texts(self) -> list[str]:
        """All texts, each once, in order."""
        pairs = [text for sts in self.sts.values() for text in (*sts.first, *sts.second)]
        asked = [text for qa in self.questions.values() for text in (*qa.questions, *qa.paragraphs)]
        return list(dict.fromkeys([*pairs, *asked]))

    def figures(self, encode: Encode) -> dict[str, float]:
        """Spearman's correlation of every set of pairs; hit@1 and MRR of every set of questions."""
        found = {f"{name}: Spearman": sts_spearman(encode, sts) for name, sts in self.sts.items()}
        for name, questions in self.questions.items():
            found[f"{name}: hit@1"], found[f"{name}: MRR"] = xquad_retrieval(encode, questions)
        return found


def read_yardsticks(folder: Path | None, sts: Sequence[Path] = (), questions: Sequence[Path] = ()) -> Yardsticks:
    """The known benchmarks of `folder` (STS-b de, XQuAD-de) and the user's own files, named after their files.

    Raises:
        UserError: a file is missing or not of its form.
    """
    pairs = {f"STS-b de {split}": read_sts(folder, split) for split in ("dev", "test")} if folder else {}
    asked = {"XQuAD-de": read_xquad(folder)} if folder else {}
    return Yardsticks(
        pairs | {name: sts_of(path) for name, path in _named(sts).items()},
        asked | {name: xquad_of(path) for name, path in _named(questions).items()},
    )


def _named(paths: Sequence[Path]) -> dict[str, Path]:
    """The files by name, those of the same name by their whole path."""
    names = [path.name for path in paths]
    return {path.name if names.count(path.name) == 1 else str(path): path for path in paths}


def first_goals(encode: Encode, catalogue: Catalogue, cases: Sequence[LabelledCase]) -> list[str]:
    """For each case the product-area goal whose title is nearest by cosine; the catalogue's order breaks ties."""
    titles = encode([goal.title for goal in catalogue.area_goals]).astype(np.float64)
    nearest = (encode([case.text for case in cases]).astype(np.float64) @ titles.T).argmax(axis=1)
    return [catalogue.area_goals[place].id for place in nearest]


def title_hit(first: Sequence[str], cases: Sequence[LabelledCase]) -> float | None:
    """Share of the cases with a primary goal whose first goal is that; None without such cases."""
    hits = [hit_at([goal], {case.primary}, 1) for goal, case in zip(first, cases, strict=True) if case.primary]
    return float(np.mean([hit for hit in hits if hit is not None])) if hits else None


@dataclass(frozen=True)
class Agreement:
    """Two readings of the same weights: cosines of their vectors, and how many texts get the same first goal.

    `same_first` is None without labelled texts; `n_cosine` and `n_first` are the numbers of texts.
    """

    cosine_min: float
    cosine_mean: float
    n_cosine: int
    same_first: float | None
    n_first: int


def cosines(one: Vectors, other: Vectors) -> NDArray[np.float64]:
    """Row by row, (n,), in double precision; vectors need not be of unit length."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    result: NDArray[np.float64] = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return result


def agreement(one: Vectors, other: Vectors, first: Sequence[str], other_first: Sequence[str]) -> Agreement:
    """Of two readings' vectors of the same texts, and of their first goals for the labelled ones."""
    found = cosines(one, other)
    same = [a == b for a, b in zip(first, other_first, strict=True)]
    share = float(np.mean(same)) if same else None
    return Agreement(float(found.min()), float(found.mean()), len(found), share, len(same))
