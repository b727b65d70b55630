"""The results of a table for review: one line a project, opened by Enter, with its goals below."""

from __future__ import annotations

from dataclasses import dataclass

from app.batch import BatchRow
from app.page.answer import brief_html
from app.page.confidence import in_full
from app.page.markup import element, escaped
from data.catalogue import Catalogue
from data.errors import grouped

MOST_SHOWN = 200
SURE = 0.7
CHOICES = ("Alle", "Unsichere", "Ohne Ziel", "Fehlerhafte")


@dataclass(frozen=True)
class Shown:
    """The first rows of a run as they were kept for the review, of `total` in all."""

    rows: tuple[BatchRow, ...]
    total: int
    faulty: int
    remarks: tuple[str, ...]


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


def review_html(shown: Shown, choice: str, catalogue: Catalogue) -> str:
    """The rows that the choice leaves, at most MOST_SHOWN of them."""
    kept = [row for row in shown.rows if _chosen(row, choice)]
    told = "Eine Zeile" if len(kept) == 1 else f"{grouped(len(kept))} Zeilen"
    if len(kept) > MOST_SHOWN:
        told = f"Die ersten {MOST_SHOWN} von {told}"
    if len(shown.rows) < shown.total:
        told += f"; durchgesehen werden die ersten {grouped(len(shown.rows))}, die Dateien enthalten alle {grouped(shown.total)}"
    remarks = element("ul", *(element("li", escaped(remark)) for remark in shown.remarks)) if shown.remarks else ""
    notes = element("section", element("h2", "Hinweise"), remarks, class_="hinweise") if remarks else ""
    lines = "".join(_line(row, catalogue) for row in kept[:MOST_SHOWN])
    return element("div", notes, element("p", f"{told}.", class_="leise"), lines, class_="katalog durchsicht")


def _chosen(row: BatchRow, choice: str) -> bool:
    match = row.match
    if choice == "Fehlerhafte":
        return match is None
    if choice == "Ohne Ziel":
        return match is not None and match.no_goal
    if choice == "Unsichere":
        return match is not None and max((h.confidence for h in (*match.goals, *match.citywide)), default=0.0) < SURE
    return True


def _line(row: BatchRow, catalogue: Catalogue) -> str:
    start = " ".join(row.project.text.split())
    name = element("span", element("span", escaped(row.project.id), class_="kennung"), " ", escaped(_cut(start)))
    summary = element("summary", name, element("span", escaped(_result(row)), class_="status"))
    body = element("p", escaped(row.error)) if row.match is None else brief_html(row.match, catalogue)
    return element("details", summary, element("div", body, class_="profil"))


def _result(row: BatchRow) -> str:
    if row.match is None:
        return "fehlerhaft"
    best = next((hit for hit in (*row.match.goals, *row.match.citywide) if hit.suggested), None)
    if best is None:
        return "kein Ziel"
    return f"{best.id} · {in_full(best.confidence)}"


def _cut(text: str, longest: int = 90) -> str:
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0] + " …"
