"""Many decisions as a list: number, title, goals, who and when, and what sets one apart."""

from __future__ import annotations

from collections.abc import Sequence

from app.decisions.records import Decision
from app.desk import Desk
from app.german_time import day_text
from app.page.markup import element, escaped, spoken
from app.page.saved import decision_address
from app.paper_text import kept_goals
from data.errors import grouped

PER_PAGE = 25
MOST_GOALS = 6  # goals named in a line of the list
NOTHING_YET = "Noch ist nichts entschieden. Unter «Zuordnen» einen Antrag einfügen, die Vorschläge annehmen oder ablehnen und speichern."
NOTHING_FOUND = "Keine Entscheidung passt zu dieser Suche."


def list_html(found: Sequence[Decision], total: int, page: int, filtered: bool, desk: Desk) -> str:
    """One page (from 0) of `total` decisions; `filtered` says whether a search narrows them."""
    told = _count(total, filtered)
    if not found:
        nothing = NOTHING_FOUND if filtered else NOTHING_YET
        return element("div", element("p", escaped(nothing)), class_="leer", data_ansage=told)
    where = f" Seite {page + 1} von {pages(total)}." if total > PER_PAGE else ""
    lines = element("ul", *(_line(decision, desk) for decision in found), class_="liste")
    return element("div", element("p", escaped(told + where), class_="leise"), lines, data_ansage=told + where)


def pages(total: int) -> int:
    """How many pages `total` decisions make; at least one."""
    return max(1, -(-total // PER_PAGE))


def shown_title(decision: Decision) -> str:
    """The title, or what stands in its place once it is deleted."""
    return decision.draft.title or "(persönliche Texte gelöscht)"


def marks(decision: Decision, desk: Desk) -> tuple[str, ...]:
    """What sets a decision apart from one made here and now."""
    draft = decision.draft
    found = (
        ("zurückgenommen", decision.withdrawn),
        ("Texte gelöscht", decision.texts_deleted_at is not None),
        ("anderer Katalogstand", draft.catalogue_fingerprint != desk.catalogue.digest),
        ("anderes Sprachmodell", draft.model_fingerprint != desk.matcher.encoder.fingerprint),
    )
    return tuple(mark for mark, holds in found if holds)


def marks_html(decision: Decision, desk: Desk) -> str:
    """The marks as a group; "" where there is none."""
    found = [element("span", mark, class_="marke") for mark in marks(decision, desk)]
    return element("span", *found, class_="marken") if found else ""


def _count(total: int, filtered: bool) -> str:
    number = "Eine Entscheidung" if total == 1 else f"{grouped(total) if total else 'Keine'} Entscheidungen"
    return f"{number} gefunden." if filtered else f"{number}."


def _line(decision: Decision, desk: Desk) -> str:
    draft, number = decision.draft, decision.project
    link = element("a", escaped(shown_title(decision)), href=decision_address(number), data_nr=number)
    kept = kept_goals(draft)
    goals = [element("span", escaped(item.goal), class_="kennung", title=item.title) for item in kept[:MOST_GOALS]]
    if draft.no_goal:
        goals = [element("span", "Kein Ziel passt")]
    if len(kept) > MOST_GOALS:
        goals.append(element("span", f"und {len(kept) - MOST_GOALS} weitere"))
    file = element("span", escaped(draft.reference), class_="leise") if draft.reference else ""
    who = element("b", day_text(decision.decided_at)) + spoken(" von ") + escaped(decision.decided_by)
    return element(
        "li",
        element("span", spoken("Projekt "), f"Nr. {number}", class_="nr"),
        element("h2", link),
        element("div", *goals, file, marks_html(decision, desk), class_="ziele"),
        element("span", who, class_="wer"),
    )
