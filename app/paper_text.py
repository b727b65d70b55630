"""A decision as plain text for a council paper: what is proposed to the council, on what grounds, who decided and when."""

from __future__ import annotations

from collections.abc import Sequence

from app.decisions.records import ADDED, REJECTED, Decision, Draft, GoalVerdict
from app.german_time import moment_text
from data.catalogue import Catalogue

SHORT = 12  # characters of a fingerprint that tell one catalogue or model from another
OTHER_CATALOGUE = "Status nach dem heutigen Katalog; entschieden wurde auf einem anderen Stand"


def paper_text(decision: Decision, catalogue: Catalogue) -> str:
    """The text, lines ending in ``\\n``; statuses come from `catalogue`, which is named when it is not the one decided on."""
    draft = decision.draft
    blocks = [
        [f"Zuordnung zu den Zielen: {catalogue.title}"],
        _head(decision, catalogue),
        *_levels(draft, catalogue),
        _rejected(draft),
        _titled("Begründung", draft.reason.splitlines()),
        _origin(decision),
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def short(fingerprint: str) -> str:
    """The beginning of a fingerprint, as shown to people."""
    return fingerprint[:SHORT]


def kept_goals(draft: Draft) -> tuple[GoalVerdict, ...]:
    """The goals of a draft that were accepted or added, the primary one first."""
    return tuple(item for item in draft.goals if item.verdict != REJECTED)


def _head(decision: Decision, catalogue: Catalogue) -> list[str]:
    draft = decision.draft
    fields = (
        ("Projekt", draft.title or f"Nr. {decision.project} (persönliche Texte gelöscht)"),
        ("Aktenzeichen", draft.reference),
        ("Fachdienst", draft.department),
        ("Produktbereich", area_text(draft, catalogue)),
    )
    return [f"{name}: {value}" for name, value in fields if value]


def area_text(draft: Draft, catalogue: Catalogue) -> str:
    """Number and title of the primary goal's product area; "" where only city-wide goals or none were chosen."""
    area = next((item.area for item in kept_goals(draft) if item.area is not None), None)
    if area is None:
        return ""
    title = next((known.title for known in catalogue.areas if str(known.id) == str(area)), "")
    return f"{area} {title}".strip()


def _levels(draft: Draft, catalogue: Catalogue) -> list[list[str]]:
    if draft.no_goal:
        return [["Ergebnis: Kein Ziel passt."]]
    kept = kept_goals(draft)
    area = [item for item in kept if item.area is not None]
    citywide = [item for item in kept if item.area is None]
    sections = [
        _titled("Ziele der Produktbereiche", _goal_lines(area, catalogue)),
        _titled("Gesamtstädtische Ziele", _goal_lines(citywide, catalogue)),
    ]
    if kept and draft.catalogue_fingerprint != catalogue.digest:
        sections.append([f"({OTHER_CATALOGUE}.)"])
    return sections


def _goal_lines(items: Sequence[GoalVerdict], catalogue: Catalogue) -> list[str]:
    lines: list[str] = []
    several = sum(item.area is not None for item in items) > 1
    for number, item in enumerate(items):
        notes = ["Hauptziel"] if several and not number else []
        notes += [status_of(item.goal, catalogue)]
        notes += ["von Hand ergänzt"] if item.verdict == ADDED else []
        lines.append(f"- {item.goal} {item.title} ({', '.join(notes)})")
        lines += [f"  Beleg: „{' '.join(passage.split())}“" for passage in item.evidence]
        lines += [f"  Grund: {' '.join(item.reason.split())}"] if item.reason else []
    return lines


def status_of(goal: str, catalogue: Catalogue) -> str:
    """What the catalogue says of the goal's wording: decided or proposed."""
    known = catalogue.by_id.get(goal)
    if known is None:
        return "im heutigen Katalog nicht enthalten"
    return f"Wortlaut {known.status}" if known.status else "Status nicht angegeben"


def _rejected(draft: Draft) -> list[str]:
    lines = []
    for item in draft.goals:
        if item.verdict == REJECTED:
            why = f": {' '.join(item.reason.split())}" if item.reason else ""
            lines.append(f"- {item.goal} {item.title}{why}")
    return _titled("Von der Software vorgeschlagen, nicht übernommen", lines)


def _titled(title: str, lines: Sequence[str]) -> list[str]:
    return [title, *lines] if lines else []


def _origin(decision: Decision) -> list[str]:
    draft = decision.draft
    withdrawn = "Diese Entscheidung ist zurückgenommen.\n" if decision.withdrawn else ""
    return [
        f"{withdrawn}Entschieden von {decision.decided_by or 'unbekannt'} am {moment_text(decision.decided_at)} "
        f"(Projekt Nr. {decision.project}, Fassung {decision.revision}).",
        f"Grundlage: Zielkatalog {draft.catalogue} (Prüfsumme {short(draft.catalogue_fingerprint)}), "
        f"Sprachmodell {draft.model} (Prüfsumme {short(draft.model_fingerprint)}). "
        "Die Software hat vorgeschlagen; entschieden haben Menschen.",
    ]
