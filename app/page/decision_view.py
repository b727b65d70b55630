"""One decision in full: what holds, on what grounds, the text for the council paper, and every revision there was."""

from __future__ import annotations

from collections.abc import Sequence

from app.decisions.records import REJECTED, VERDICT_NAMES, Decision, GoalVerdict
from app.decisions.revision_changes import Change, revision_changes
from app.desk import Desk
from app.german_time import moment_text
from app.page.cards import catalogue_address
from app.page.confidence import in_full
from app.page.decision_list import marks_html, shown_title
from app.page.markup import element, escaped, spoken
from app.page.saved import paper_html
from app.paper_text import area_text, paper_text, short
from data.errors import grouped


def decision_html(history: Sequence[Decision], desk: Desk) -> str:
    """The last revision of a history (oldest first), and the history newest first."""
    decision = history[-1]
    title = element("h2", f"Nr. {decision.project}: ", escaped(shown_title(decision)), tabindex="-1", data_fokus=True)
    head = element("div", title, marks_html(decision, desk))
    parts = (head, _facts(decision, desk), _goals(decision, desk), _given(decision))
    paper = paper_html(decision, desk.catalogue)
    told = f"Projekt Nummer {decision.project} geöffnet, {_count(len(history))}."
    return element("article", *parts, paper, _history(history, desk), class_="einzeln", data_ansage=told)


def _count(revisions: int) -> str:
    return "eine Fassung" if revisions == 1 else f"{revisions} Fassungen"


def _facts(decision: Decision, desk: Desk) -> str:
    draft = decision.draft
    deleted = moment_text(decision.texts_deleted_at) if decision.texts_deleted_at else ""
    rows = (
        ("Stand", "zurückgenommen" if decision.withdrawn else "in Kraft"),
        (
            "Entschieden",
            f"von {decision.decided_by} am {moment_text(decision.decided_at)}, Fassung {decision.revision}",
        ),
        ("Aktenzeichen", draft.reference),
        ("Fachdienst", draft.department),
        ("Produktbereich", area_text(draft, desk.catalogue)),
        ("Begründung", draft.reason),
        ("Texte gelöscht", deleted),
        ("Zielkatalog", f"{draft.catalogue} ({short(draft.catalogue_fingerprint)})"),
        ("Sprachmodell", f"{draft.model} ({short(draft.model_fingerprint)})"),
        ("Erfasst über", draft.source),
    )
    return element("dl", *(_row(name, escaped(value)) for name, value in rows if value), class_="angaben")


def _row(name: str, value: str) -> str:
    return element("dt", escaped(name)) + element("dd", value)


def _goals(decision: Decision, desk: Desk) -> str:
    draft = decision.draft
    heading = element("h3", "Ziele")
    if draft.no_goal and not draft.goals:
        return element("section", heading, element("p", "Kein Ziel passt."))
    none = element("p", "Kein Ziel passt.") if draft.no_goal else ""
    decided_here = draft.catalogue_fingerprint == desk.catalogue.digest
    groups = (
        ("Produktbereiche", [item for item in draft.goals if item.area is not None]),
        ("Gesamtstädtisch", [item for item in draft.goals if item.area is None]),
    )
    lists = [
        element("h4", name)
        + element("ul", *(element("li", _goal(item, decided_here, desk)) for item in items), class_="zielliste")
        for name, items in groups
        if items
    ]
    return element("section", heading, none, *lists)


def _wording(goal: str, decided_here: bool, desk: Desk) -> str:
    """The goal's source and status as the catalogue of today has them, which may not be that of the decision."""
    known = desk.catalogue.by_id.get(goal)
    when = "" if decided_here else " im heutigen Katalog"
    if known is None:
        return "Dieses Ziel steht nicht mehr im Katalog."
    status = f" ({known.status})" if known.status else ""
    return f"Wortlaut{when}{status}: {known.source or known.title}"


def _goal(item: GoalVerdict, decided_here: bool, desk: Desk) -> str:
    link = element("a", escaped(item.goal), href=catalogue_address(item.goal), class_="kennung")
    proposed = f", vorgeschlagen auf Platz {item.rank}" if item.rank else ""
    certain = f" ({in_full(item.confidence, bool(item.rank))})" if item.confidence is not None else ""
    parts = [
        element("h4", link, " ", escaped(item.title)),
        element("p", element("b", VERDICT_NAMES[item.verdict]), escaped(f"{proposed}{certain}")),
        element("p", escaped(_wording(item.goal, decided_here, desk)), class_="leise"),
        *(element("p", "Beleg: ", element("q", escaped(passage))) for passage in item.evidence),
        element("p", "Grund: ", escaped(item.reason)) if item.reason else "",
    ]
    rejected = " abgelehnt" if item.verdict == REJECTED else ""
    return element("div", *parts, class_=f"ziel{rejected}")


def _given(decision: Decision) -> str:
    text = decision.draft.text
    if not text:
        return ""
    summary = element("summary", f"Text des Antrags ({grouped(len(text))} Zeichen)")
    body = element("div", escaped(text), class_="text", tabindex=0, role="region", aria_label="Text des Antrags")
    return element("details", summary, body)


def _history(history: Sequence[Decision], desk: Desk) -> str:
    entries = []
    for number in range(len(history) - 1, -1, -1):
        before = history[number - 1] if number else None
        entries.append(element("li", *_revision(before, history[number], desk)))
    heading = element("h3", "Geschichte")
    return element("section", heading, element("ol", *entries, class_="verlaufsliste"), class_="geschichte")


def _revision(before: Decision | None, decision: Decision, desk: Desk) -> list[str]:
    name = element("h4", f"Fassung {decision.revision}{', zurückgenommen' if decision.withdrawn else ''}")
    who = element("p", escaped(f"{decision.decided_by}, {moment_text(decision.decided_at)}"), class_="leise")
    if before is None:
        told = element("p", "Erste Fassung.")
    else:
        changes = revision_changes(before, decision)
        told = element("dl", *(_change(change) for change in changes)) if changes else element("p", "Nichts geändert.")
    whole = element(
        "details", element("summary", "Fassung ansehen"), element("pre", escaped(paper_text(decision, desk.catalogue)))
    )
    return [name, who, told, whole]


def _change(change: Change) -> str:
    before = element("del", spoken("vorher: "), escaped(change.before)) if change.before else ""
    after = element("ins", spoken("jetzt: "), escaped(change.after)) if change.after else "entfallen"
    return _row(change.what, f"{before} → {after}" if before else after)
