"""A whole evaluation: the figures of one answerer on one set, its slices, and the comparisons with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from data.catalogue import Catalogue
from data.labelled import STYLES
from eval.answer_changes import AnswerChange, goal_changes
from eval.baseline import fallen, outcomes
from eval.comparison import Difference, Flip
from eval.errors import confusions, goal_support, wrong_cases
from eval.figures import HEADLINE, Figure, figures
from eval.run import Answerer, Record

SLICES: dict[str, Callable[[Record], str | None]] = {
    "style": lambda record: record.case.style,
    "area": lambda record: None if record.case.area is None else str(record.case.area),
    "goal": lambda record: record.case.primary,
}
FEW = 5  # with fewer cases a goal's figure says next to nothing


@dataclass(frozen=True)
class Run:
    """One answerer over the cases; `labels` says how many labelled texts it learned from (`decided` of them decisions of
    this installation), `crossfitted` how many of the cases were answered by a matcher that had not seen them. `unjudged` are answers to cases whose labels name goals that
    the catalogue does not have: no figure counts them."""

    name: str
    catalogue: Catalogue
    model: str
    labels: int
    records: Sequence[Record]
    metrics: dict[str, Figure]
    unjudged: Sequence[Record] = ()
    decided: int = 0

    @classmethod
    def of(cls, name: str, answerer: Answerer, records: Sequence[Record]) -> Run:
        """Of the answers to all cases."""
        known = answerer.catalogue.by_id.keys()
        judged = [record for record in records if known >= record.case.acceptable | set(record.case.citywide)]
        kept = {record.case.id for record in judged}
        rest = [record for record in records if record.case.id not in kept]
        made = figures(judged)
        return cls(name, answerer.catalogue, answerer.model, answerer.labels, judged, made, rest, answerer.decided)

    @property
    def answered(self) -> list[Record]:
        """All answers, the judged ones first."""
        return [*self.records, *self.unjudged]

    @property
    def crossfitted(self) -> int:
        return sum(record.fold is not None for record in self.records)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "catalogue": self.catalogue.name,
            "model": self.model,
            "labels": self.labels_json(),
            "metrics": {name: figure.to_json() for name, figure in self.metrics.items()},
            "unjudged": [record.case.id for record in self.unjudged],
        }

    def labels_json(self) -> dict[str, Any]:
        return {"used": self.labels > 0, "n": self.labels, "decided": self.decided, "crossfitted": self.crossfitted}


@dataclass(frozen=True)
class Comparison:
    """Another run beside the first: the differences by metric (second minus first), the cases that flip between right and
    wrong, and every text of `answered` in all that is assigned otherwise."""

    run: Run
    differences: dict[str, Difference]
    flips: Sequence[Flip]
    changes: Sequence[AnswerChange] = ()
    answered: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            **self.run.to_json(),
            "differences": {name: difference.to_json() for name, difference in self.differences.items()},
            "flips": [asdict(flip) for flip in self.flips],
            "answered": self.answered,
            "changes": [change.to_json() for change in self.changes],
            "goal_changes": [
                {"goal": goal, "gained": gained, "lost": lost} for goal, gained, lost in goal_changes(self.changes)
            ],
        }


@dataclass(frozen=True)
class Since:
    """What changed since a stored run: this run minus that one, over the cases of both."""

    file: str
    differences: dict[str, Difference]

    def to_json(self) -> dict[str, Any]:
        differences = {name: difference.to_json() for name, difference in self.differences.items()}
        return {"file": self.file, "differences": differences, "fallen": fallen(self.differences)}


@dataclass(frozen=True)
class Evaluation:
    """What `isek eval` reports. `set` is the file name of the labelled set, `split` dev, test or all.

    `human` are the figures of a second person on the same cases: the ceiling.
    """

    set: str
    split: str
    run: Run
    comparisons: Sequence[Comparison] = field(default=())
    since: Since | None = None
    human: dict[str, Figure] | None = None

    def to_json(self) -> dict[str, Any]:
        """The fixed JSON object; everything after `metrics` is beyond the contract."""
        run = self.run
        return {
            "catalogue": run.catalogue.name,
            "model": run.model,
            "set": self.set,
            "split": self.split,
            "n": len(run.records),
            "metrics": {name: figure.to_json() for name, figure in run.metrics.items()},
            "labels": run.labels_json(),
            "cases": outcomes(run.records),
            "errors": errors_json(run.records),
            "confusions": [asdict(pair) for pair in confusions(run.records)],
            "support": [asdict(goal) for goal in goal_support(run.records, run.catalogue)],
            "slices": slices_json(run.records),
            "milliseconds_per_text": round(1000 * median(record.seconds for record in run.records), 1),
            "baseline": self.since.to_json() if self.since else None,
            "second_person": {name: figure.to_json() for name, figure in (self.human or {}).items()} or None,
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
        }


def errors_json(records: Sequence[Record]) -> list[dict[str, Any]]:
    """The wrong cases by id, without their texts."""
    return [
        {
            "id": wrong.record.case.id,
            "errors": list(wrong.kinds),
            "gold": wrong.record.case.primary,
            "answer": wrong.record.first,
            "rank": wrong.record.rank,
            "evidence": asdict(wrong.misled),
        }
        for wrong in wrong_cases(records)
    ]


def sliced(records: Sequence[Record], name: str) -> dict[str, list[Record]]:
    """The records by the value of a slice (style, area, goal), in order; cases without a value are left out."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        value = SLICES[name](record)
        if value is not None:
            groups.setdefault(value, []).append(record)
    return dict(sorted(groups.items(), key=_place))


def _place(group: tuple[str, list[Record]]) -> tuple[int, str]:
    """Styles from short to long, everything else by its name."""
    return (STYLES.index(group[0]) if group[0] in STYLES else len(STYLES), group[0])


def slices_json(records: Sequence[Record]) -> dict[str, dict[str, Any]]:
    """For each slice and value: the support and the headline figures; shares with Wilson intervals."""
    return {
        name: {
            value: {
                "n": len(group),
                "metrics": {key: figure.to_json() for key, figure in figures(group, HEADLINE, quick=True).items()},
            }
            for value, group in sliced(records, name).items()
        }
        for name in SLICES
    }
