"""The results of a table for review: one line a project, opened by Enter, with its goals below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.batch import BatchRow
from app.page.answer import brief_html
from app.page.confidence import in_full
from app.page.markup import element, escaped
from app.stack_rows import Facts, Rows
from app.stack_runs import RowDecision
from data.catalogue import Catalogue
from data.errors import grouped

MOST_SHOWN = 200
SURE = 0.7
CHOICES = ("Alle", "Unsichere", "Ohne Ziel", "Fehlerhafte", "Noch nicht entschiedene")
CONFIDENCES = {"Jede": (0.0, 1.01), "ab 90 %": (0.9, 1.01), "70 bis 89 %": (0.7, 0.9), "unter 70 %": (0.0, 0.7)}


@dataclass(frozen=True)
class Shown:
    """The rows of the run `number`, for the review.

    `catalogue` and `model` are the fingerprints the answers rest on; `decided` is what was decided so far, by position.
    """

    number: str
    catalogue: str
    model: str
    rows: Rows
    remarks: tuple[str, ...]
    decided: Mapping[int, RowDecision] = field(default_factory=dict)


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted: one of CHOICES, ids of product areas (none: all), one of CONFIDENCES.

    `begin` is which of them, from 1, comes first in the list and in the review; None: the first one.
    """

    choice: str = CHOICES[0]
    areas: Sequence[str] = ()
    confidence: str = next(iter(CONFIDENCES))
    begin: int | None = 1

    def positions(self, shown: Shown) -> list[int]:
        """The positions of the rows that are wanted, in order."""
        return [n for n, row in enumerate(shown.rows.facts()) if self._wants(row, n in shown.decided)]

    def skipped(self, count: int) -> int:
        """How many of the `count` rows that are wanted come before the first one to show; one is left at least."""
        return min(max((self.begin or 1) - 1, 0), max(count - 1, 0))

    def _wants(self, row: Facts, decided: bool) -> bool:
        if not _chosen(row, self.choice, decided):
            return False
        low, high = CONFIDENCES[self.confidence]
        if (low, high) != (0.0, 1.01) and not (row.matched and low <= row.best < high):
            return False
        return not self.areas or row.area in self.areas


def progress_html(sentence: str, done: int | None = None, total: int = 1) -> str:
    """A bar with its text equivalent; the sentence is announced when nothing is left to do."""
    bar = ""
    if done is not None:
        percent = round(100 * done / max(1, total))
        bar = element(
            "div",
            element("span", style=f"width:{percent}%"),
            class_="balken gross",
            role="progressbar",
            aria_label="Fortschritt",
            aria_valuenow=percent,
            aria_valuemin=0,
            aria_valuemax=100,
        )
    finished = sentence if done is None or done == total else None
    return element("div", element("p", escaped(sentence)), bar, class_="fortschritt", data_ansage=finished)


def review_html(shown: Shown, wanted: Filter, catalogue: Catalogue) -> str:
    """The rows that the filter leaves, at most MOST_SHOWN of them.

    Raises:
        UserError: the run is gone.
    """
    kept = wanted.positions(shown)
    skipped = wanted.skipped(len(kept))
    window = kept[skipped : skipped + MOST_SHOWN]
    told = "Eine Zeile" if len(kept) == 1 else f"{grouped(len(kept))} Zeilen"
    if len(window) < len(kept):
        told = f"{grouped(skipped + 1)} bis {grouped(skipped + len(window))} von {told}"
    remarks = element("ul", *(element("li", escaped(remark)) for remark in shown.remarks)) if shown.remarks else ""
    notes = element("section", element("h2", "Hinweise"), remarks, class_="hinweise") if remarks else ""
    rows = zip(window, shown.rows.some(window), strict=True)
    lines = "".join(_line(row, shown.decided.get(position), catalogue) for position, row in rows)
    return element("div", notes, element("p", f"{told}.", class_="leise"), lines, class_="katalog durchsicht")


def _chosen(row: Facts, choice: str, decided: bool) -> bool:
    if choice == CHOICES[-1]:
        return row.matched and not decided
    if choice == "Fehlerhafte":
        return not row.matched
    if choice == "Ohne Ziel":
        return row.no_goal
    if choice == "Unsichere":
        return row.matched and row.best < SURE
    return True


def _line(row: BatchRow, made: RowDecision | None, catalogue: Catalogue) -> str:
    start = " ".join(row.project.text.split())
    name = element("span", element("span", escaped(row.project.id), class_="kennung"), " ", escaped(_cut(start)))
    summary = element("summary", name, element("span", escaped(_result(row, made)), class_="status"))
    body = element("p", escaped(row.error)) if row.match is None else brief_html(row.match, catalogue)
    return element("details", summary, element("div", body, class_="profil"))


def _result(row: BatchRow, made: RowDecision | None) -> str:
    if made is not None:
        return f"entschieden: {made.told}"
    if row.match is None:
        return "fehlerhaft"
    best = next((hit for hit in (*row.match.goals, *row.match.citywide) if hit.suggested), None)
    if best is None:
        return "kein Ziel"
    return f"{best.id} · {in_full(best.confidence, suggested=True)}"


def _cut(text: str, longest: int = 90) -> str:
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0] + " …"
